"""Writes mail to files: to try things out, to look at it, or for another program to send."""

import logging
import os
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from digest import private_files
from digest.disk_sync import sync_file_system
from digest.errors import LedgerError
from digest.model import CommitAll, DeliveryId, Message, Outcome, State

log = logging.getLogger(__name__)

BLOCK = 256  # messages that are made durable, and committed, together

UNFINISHED = ".unfinished"  # the folder in which files are until they get their names

_UNSAFE = re.compile(r"[^\w.@+-]|^\.", re.ASCII)
_LONGEST = 120  # the most characters of a file's name, below the limit of every file system


class Outbox:
    """Writes each message to ``folder`` as an ``.eml`` file with mode 0600. The name depends on the
    message only, so a message that is sent again replaces its file."""

    repeatable = True  # a message that is sent twice is there once, so it may be sent again

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Write the messages in turn, in blocks; the detail of an outcome is the path of the file.
        What ``messages`` has yielded is written also where it ends early or fails."""
        left = self._left_by_crashes()
        for block in _blocks(messages):
            for name in map(file_name, block) if left else ():
                for unfinished in left.get(name, ()):
                    with suppress(OSError):
                        unfinished.unlink()
            outcomes = _Block(self.folder, block).deliver(commit)
            for message in block:
                outcome = outcomes[message.delivery]
                if log.isEnabledFor(logging.INFO):
                    extra = {"delivery": message.delivery, "state": outcome.state}
                    which = message.name or message.delivery
                    log.info("delivery %s: %s", which, outcome.state, extra=extra)
                yield outcome

    def _left_by_crashes(self) -> dict[str, list[Path]]:
        """Unfinished files of killed processes, by the name that each was to have."""
        found: dict[str, list[Path]] = {}
        for path in (self.folder / UNFINISHED).glob("*.tmp"):
            found.setdefault(path.name.rsplit(".", 2)[0], []).append(path)
        return found


def _blocks(messages: Iterable[Message]) -> Iterator[list[Message]]:
    """Yield lists of ``BLOCK`` messages, the last one shorter, before any error of ``messages``."""
    block: list[Message] = []
    try:
        for message in messages:
            block.append(message)
            if len(block) == BLOCK:
                yield block
                block = []
    except Exception:
        if block:
            yield block
        raise
    if block:
        yield block


class _Block:
    """Messages on their way to files in three steps: all are written to a folder aside and made
    durable, all are committed, and those that may go on are moved to the place they are to have."""

    def __init__(self, folder: Path, messages: Iterable[Message]) -> None:
        self._folder, self._messages = folder, messages
        self._outcomes: dict[DeliveryId, Outcome] = {}
        self._unfinished: dict[DeliveryId, tuple[str, str]] = {}
        """The path of each file that is written, and the one that it is to have: as text, since
        making a ``Path`` takes as long as making the file."""

    def deliver(self, commit: CommitAll) -> dict[DeliveryId, Outcome]:
        """Write all messages; the outcome of each. A file that cannot be written stops no other."""
        try:
            private_files.make_folder(self._folder)
            private_files.make_folder(self._folder / UNFINISHED)
            with private_files.opened(self._folder) as folder:
                for message in self._messages:
                    self._write(message)
                sync_file_system(folder)
                self._commit(commit)
                self._finish()
                os.fsync(folder)
        except OSError as error:
            self._defer(f"{self._folder}: {error.strerror or error}")
        except LedgerError as error:
            self._defer(f"not written: {error}")
        finally:
            for unfinished, _ in self._unfinished.values():
                with suppress(OSError):
                    Path(unfinished).unlink()
        return self._outcomes

    def _write(self, message: Message) -> None:
        name, folder = file_name(message), str(self._folder)
        path = f"{folder}{os.sep}{name}"
        number = f"{os.getpid()}-{message.delivery}"
        unfinished = f"{folder}{os.sep}{UNFINISHED}{os.sep}{name}.{number}.tmp"
        self._unfinished[message.delivery] = unfinished, path
        try:
            private_files.write_new(unfinished, message.content)
        except OSError as error:
            self._leave_out(message.delivery, State.DEFERRED, _failed(path, error))

    def _commit(self, commit: CommitAll) -> None:
        asked = list(self._unfinished)
        allowed = set(commit(asked)) if asked else set()
        for delivery in asked:
            if delivery not in allowed:
                self._leave_out(delivery, State.CANCELLED, "withdrawn before it was written")

    def _finish(self) -> None:
        for delivery, (unfinished, path) in list(self._unfinished.items()):
            try:
                os.replace(unfinished, path)  # noqa: PTH105 — they are text
            except OSError as error:
                self._leave_out(delivery, State.DEFERRED, _failed(path, error))
            else:
                del self._unfinished[delivery]
                self._outcomes[delivery] = Outcome(delivery, State.SENT, path)

    def _leave_out(self, delivery: DeliveryId, state: State, why: str) -> None:
        self._outcomes[delivery] = Outcome(delivery, state, why)
        with suppress(OSError):
            Path(self._unfinished.pop(delivery)[0]).unlink()

    def _defer(self, why: str) -> None:
        """Defer all that have no other end, also those whose new names may not be durable."""
        for delivery in (message.delivery for message in self._messages):
            ended = self._outcomes.get(delivery)
            if ended is None or ended.state is State.SENT:
                self._outcomes[delivery] = Outcome(delivery, State.DEFERRED, why)


def file_name(message: Message) -> str:
    """``2026-W46-ada.eml``; if the name had to be changed, it gets the delivery's number too."""
    safe = _UNSAFE.sub("_", message.name)[:_LONGEST]
    if not safe:
        return f"delivery-{message.delivery}.eml"
    return f"{safe}.eml" if safe == message.name else f"{safe}-{message.delivery}.eml"


def _failed(path: str, error: OSError) -> str:
    return f"{path}: {error.strerror or error}"
