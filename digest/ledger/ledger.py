"""The ledger: one class over the parts that stand in a module each."""

from typing import Self

from digest.ledger.backup import Backups
from digest.ledger.commits import Commits
from digest.ledger.decisions import Decisions
from digest.ledger.deliveries import Deliveries
from digest.ledger.deliveries_admin import DeliveriesAdmin
from digest.ledger.exports import Exports
from digest.ledger.failures import Failures
from digest.ledger.feed_readers import FeedReaders
from digest.ledger.feedback import Feedback
from digest.ledger.file_stamps import FileStamps
from digest.ledger.finding import Finding
from digest.ledger.health import HealthCheck
from digest.ledger.leases import Leases
from digest.ledger.papers import Papers
from digest.ledger.pruning import Pruning
from digest.ledger.publications import Publications
from digest.ledger.sharding import Sharding
from digest.ledger.sources import Sources
from digest.ledger.subscriber_changes import SubscriberChanges
from digest.ledger.subscribers import Subscribers
from digest.ledger.suppressions import Suppressions


class Ledger(
    Papers,
    Finding,
    FileStamps,
    Sources,
    Subscribers,
    SubscriberChanges,
    Decisions,
    Feedback,
    Deliveries,
    Leases,
    Sharding,
    Commits,
    DeliveriesAdmin,
    Publications,
    FeedReaders,
    Suppressions,
    Failures,
    Exports,
    Pruning,
    Backups,
    HealthCheck,
):
    """Papers, subscribers, decisions and deliveries in SQLite or PostgreSQL."""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give back the connections."""
        self._database.close()

    @property
    def exists(self) -> bool:
        """Whether there is anything to open; the first method called creates it where not."""
        path = self._database.path
        return path is None or path.exists()

    @property
    def is_near(self) -> bool:
        """Whether it is a file on this machine, so that a look-up waits for no server."""
        return self._database.path is not None

    @property
    def file(self) -> tuple[int, int] | None:
        """Which file is at the path of the database now: device and number, which another one
        that replaces it does not have. None: there is none, or it is not a file."""
        path = self._database.path
        try:
            found = path and path.stat()
        except OSError:
            return None
        return (found.st_dev, found.st_ino) if found else None
