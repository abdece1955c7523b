"""Wires ``digest run --workers`` and ``--cluster``: what workers need, and what must be set."""

import gc
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from pathlib import Path
from urllib.parse import urlsplit

from digest import __version__
from digest.cli import CYCLES_EVERY, app, logs
from digest.config.fields import is_loopback
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.model import PaperKey, Problem, SubscriberId
from digest.pipeline.context import RunContext
from digest.pipeline.run import Work
from digest.workers.shards import Opened, Pass

_ALIKE = ("base_url", "sender", "reply_to", "brand", "grace", "expected", "feeds", "public")
"""Settings on which decisions and messages depend."""
_PLACES = {
    "database_url": "an SQLite file cannot be shared by machines",
    "smtp": "an outbox of files cannot be shared by machines",
    "public": "files in public/ cannot be shared by machines",
    "secret": "machines have to sign links with the same key",
}
_REMEDIES = {
    "database_url": "set DIGEST_DATABASE_URL to a PostgreSQL database",
    "smtp": "add [smtp] with a `host`",
    "public": 'write mode = "serve" under [public]',
    "secret": "set DIGEST_SECRET to the same value on all machines",
}


def is_on_this_machine(url: str) -> bool:
    """Whether a scheduler's address leads to this machine, unencrypted."""
    place = urlsplit(url)
    return place.scheme == "tcp" and is_loopback(place.hostname or "")


def check(home: app.Home, url: str) -> None:
    """Make sure that a pass can be shared with the workers of a scheduler.

    Raises:
        ConfigError: The URL or settings do not allow it; every problem at once.
    """
    if is_on_this_machine(url):
        return
    settings, problems = home.settings, []
    if urlsplit(url).scheme != "tls" or not urlsplit(url).hostname:
        what = f"{url!r} is not a scheduler's address"
        if urlsplit(url).scheme == "tcp":
            what = f"what goes to {url} is not encrypted, and anybody could answer"
        remedy = "write tls://HOST:8786; tcp:// is for 127.0.0.1 alone"
        problems.append(Problem("--cluster", what, remedy))
    wrong = {
        "database_url": settings.database_url.startswith("sqlite"),
        "smtp": settings.smtp is None,
        "public": settings.public.mode == "files",
        "secret": settings.secret is None,
    }
    for name, is_wrong in wrong.items():
        if is_wrong:
            problems.append(Problem(name, _PLACES[name], _REMEDIES[name]))
    if problems:
        raise ConfigError(problems)


def by_workers(
    home: app.Home,
    context: RunContext[Ledger],
    *,
    count: int | None,
    url: str | None,
    now: datetime,
) -> Work:
    """What shares the two stages of a pass out: among ``count`` processes of this machine, or the
    workers of the scheduler at ``url``.

    Raises:
        ConfigError: Dask is not installed.
    """
    try:
        # Dask takes as long to import as all the rest, and few passes want it.
        from digest.workers import clusters  # noqa: PLC0415
        from digest.workers.coordinator import Coordinator  # noqa: PLC0415
    except ModuleNotFoundError as error:
        what, remedy = f"{error.name} is not installed", "pip install 'papers-digest[cluster]'"
        raise ConfigError([Problem("--cluster" if url else "--workers", what, remedy)]) from error
    of = Pass(
        name=f"digest-{secrets.token_hex(8)}",
        home=home.path,
        terms=_terms(home),
        now=now,
        ahead=now - datetime.now(UTC),
        until=PaperKey(0),
        papers_came=False,
        is_local=url is None,
    )
    return Coordinator(
        connect=partial(clusters.remote, url) if url else partial(clusters.local, count or 1),
        describe=lambda until, came: replace(of, until=until, papers_came=came),
        opener=join,
        ledger=context.ledger,
        take_over=lambda: app.take_over(home, context),
    )


@contextmanager
def join(of: Pass, stopping: Callable[[], bool]) -> Iterator[Opened]:
    """Open what a worker needs, by the settings and the environment that its own machine has.

    Raises:
        ConfigError: They differ from the coordinator's.
    """
    gc.set_threshold(CYCLES_EVERY)
    elsewhere = None if of.is_local else os.environ.get("DIGEST_HOME")
    home = app.open_home(Path(elsewhere or of.home))
    logs.start(home.settings.log.format, level="WARNING")
    own = _terms(home)
    if differing := [name for name, value in of.terms.items() if own.get(name) != value]:
        what = f"is not what it is where the pass was started: {home.path}"
        remedy = "give all machines the same program, settings and templates"
        raise ConfigError([Problem(name, what, remedy) for name in differing])
    with app.open_shared_context(home, now=of.now, stopping=stopping) as context:
        if context.ledger.newest_key() < of.until:
            what = "another ledger than the pass was started with"
            raise ConfigError([Problem("database_url", what, "give all machines the same")])
        yield Opened(
            replace(context, clock=lambda: datetime.now(UTC) + of.ahead),
            transport=lambda share: app.transport(_with_share(home, share), stopping),
            release=lambda: app.release(home, context),
        )


def _terms(home: app.Home) -> Mapping[str, str]:
    """What all machines have to agree on, by name: hashes, and a link to nobody."""
    settings = home.settings
    told: dict[str, object] = {name: getattr(settings, name) for name in _ALIKE}
    told["delivery"] = (settings.delivery.uncertain, settings.delivery.bounce_domain)
    own = sorted((home.path / "templates").glob("*"))
    told["templates"] = [(path.name, path.read_bytes()) for path in own if path.is_file()]
    hashed = {name: sha256(repr(value).encode()).hexdigest()[:16] for name, value in told.items()}
    nobody = app.signer(home).link("unsubscribe", SubscriberId("/"))
    return {"version": __version__, "secret": nobody, **hashed}


def _with_share(home: app.Home, share: float) -> app.Home:
    """A home whose limits are one worker's part of those of all."""
    limits = home.settings.delivery
    less = {
        "connections": max(1, int(limits.connections * share)),
        "per_second": limits.per_second * share,
        "per_domain": limits.per_domain and limits.per_domain * share,
    }
    delivery = limits.model_copy(update=less)
    return replace(home, settings=home.settings.model_copy(update={"delivery": delivery}))
