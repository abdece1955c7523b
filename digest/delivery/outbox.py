"""Writes mail to files: to try things out, to look at it, or for another program to send."""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from digest.errors import LedgerError
from digest.model import CommitAll, Message, Outcome, State

log = logging.getLogger(__name__)

_UNSAFE = re.compile(r"[^\w.@+-]|^\.", re.ASCII)
_LONGEST = 120  # the most characters of a file's name, below the limit of every file system


class Outbox:
    """Writes each message to ``folder`` as an ``.eml`` file with mode 0600. The name depends on the
    message only, so a message that is sent again replaces its file."""

    repeatable = True  # a message that is sent twice is there once, so it may be sent again

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Write the messages in turn; the detail of an outcome is the path of the file."""
        left = self._left_by_crashes()
        for message in messages:
            for unfinished in left.get(file_name(message), ()):
                with suppress(OSError):
                    unfinished.unlink()
            outcome = self._deliver(message, commit)
            extra = {"delivery": message.delivery, "state": outcome.state}
            log.info(
                "delivery %s: %s", message.name or message.delivery, outcome.state, extra=extra
            )
            yield outcome

    def _left_by_crashes(self) -> dict[str, list[Path]]:
        """Unfinished files of killed processes, by the name that each was to have."""
        found: dict[str, list[Path]] = {}
        for path in self.folder.glob(".*.tmp"):
            found.setdefault(path.name[1:].rsplit(".", 2)[0], []).append(path)
        return found

    def _deliver(self, message: Message, commit: CommitAll) -> Outcome:
        path = self.folder / file_name(message)
        partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            _write_durably(partial, message.content)
            if not commit([message.delivery]):
                return Outcome(message.delivery, State.CANCELLED, "withdrawn before it was written")
            partial.replace(path)
            _sync_folder(self.folder)
        except OSError as error:
            return Outcome(message.delivery, State.DEFERRED, f"{path}: {error.strerror or error}")
        except LedgerError as error:
            return Outcome(message.delivery, State.DEFERRED, f"not written: {error}")
        finally:
            with suppress(OSError):
                partial.unlink()
        return Outcome(message.delivery, State.SENT, str(path))


def file_name(message: Message) -> str:
    """``2026-W46-ada.eml``; if the name had to be changed, it gets the delivery's number too."""
    safe = _UNSAFE.sub("_", message.name)[:_LONGEST]
    if not safe:
        return f"delivery-{message.delivery}.eml"
    return f"{safe}.eml" if safe == message.name else f"{safe}-{message.delivery}.eml"


def _write_durably(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
