"""Stand-ins for a dry run: they say what would happen, and do nothing."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from digest.model import CommitAll, Message, Outcome, State
from digest.public.folder import FolderPublisher


class DryTransport:
    """Composes every message and sends none."""

    repeatable = True

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Each message as if it had been sent."""
        for message in messages:
            what = f"would go to {message.recipient}, {len(message.content) / 1000:.0f} kB"
            yield Outcome(message.delivery, State.SENT, what)


class DryPublisher(FolderPublisher):
    """Compares files with those in the public folder and changes none."""

    def publish(self, files: Mapping[str, bytes]) -> tuple[int, int]:
        """How many would be written, and would stay unchanged."""
        unchanged = sum(self._read(path) == content for path, content in files.items())
        return len(files) - unchanged, unchanged

    def write_marker(self, newest: str) -> None:
        """Record nothing."""

    def remove(self, paths: Collection[str]) -> None:
        """Remove nothing."""

    def _read(self, path: str) -> bytes | None:
        try:
            return (self._public / path).read_bytes()
        except OSError:
            return None
