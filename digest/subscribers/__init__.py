"""Profiles: ``subscribers.yaml`` and ``subscribers/*.yaml`` → typed subscribers.

``document`` reads YAML with its lines, ``repair`` goes on behind errors, ``entries`` and ``values``
say what may stand there, ``patterns`` which are switched off, ``loading`` puts it together.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from digest.config.messages import nearest
from digest.errors import NotFound
from digest.model import Subscriber
from digest.subscribers.patterns import switched_off
from digest.subscribers.profile_files import load, profile_files
from digest.subscribers.schema import schema

__all__ = ["Stamp", "find", "load", "schema_file", "switched_off", "watch_stamp"]

Stamp = frozenset[tuple[str, int, int, int]]


def find(subscribers: Iterable[Subscriber], name: str) -> Subscriber:
    """The subscriber with this id; raises ``NotFound`` with the ids nearest to it."""
    known = {str(subscriber.id): subscriber for subscriber in subscribers}
    if name in known:
        return known[name]
    raise NotFound("subscriber", name, nearest(name, known))


def watch_stamp(home: Path) -> Stamp:
    """Differs once a profile file has been edited, added or removed.

    Take it before ``load``, so that an edit made meanwhile shows at the next look.
    """
    stamps = set()
    for path in profile_files(home):
        try:
            status = path.stat()
        except OSError:
            continue
        stamps.add((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return frozenset(stamps)


def schema_file() -> str:
    """The text of ``subscribers.schema.json``; ``python -m digest.subscribers`` prints it."""
    return json.dumps(schema(), indent=2, ensure_ascii=False) + "\n"
