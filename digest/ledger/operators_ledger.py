"""The part of the ledger that people and the program's other commands use, beside the line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from digest.ledger import (
    bounces,
    copying,
    deliveries,
    deliveries_admin,
    feedback,
    health,
    lookup,
    papers,
    putting_back,
    suppressions,
)
from digest.ledger.copying import Content
from digest.ledger.database import INTAKE, REFUSALS, Database
from digest.ledger.deliveries import Mode
from digest.ledger.deliveries_admin import DeliveryRow, Status
from digest.ledger.health import Health
from digest.ledger.putting_back import PutBack
from digest.ledger.suppressions import Suppression, Unsubscription
from digest.model import (
    Channel,
    DeliveryId,
    Opinion,
    Paper,
    PaperKey,
    Period,
    State,
    SubscriberId,
    Verdict,
)


class OperatorsLedger:
    """Recovery, suppression and questions; every method is one transaction."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @property
    def exists(self) -> bool:
        """Whether there is anything to open; the first method called creates it where not."""
        path = self._database.path
        return path is None or path.exists()

    # --- questions -----------------------------------------------------------------------

    def status(self) -> Status:
        """Counts, the oldest unfinished delivery and the latest troubles."""
        with self._database.reading() as connection:
            return deliveries_admin.status(connection)

    def deliveries(
        self,
        *,
        states: Collection[State] = (),
        subscribers: Collection[SubscriberId] = (),
        channel: Channel | None = None,
        period: Period | None = None,
        numbers: Collection[DeliveryId] = (),
        limit: int | None = None,
    ) -> list[DeliveryRow]:
        """Deliveries that fit every filter given, newest first."""
        with self._database.reading() as connection:
            return deliveries_admin.deliveries(
                connection,
                states=states,
                subscribers=subscribers,
                channel=channel,
                period=period,
                numbers=numbers,
                limit=limit,
            )

    def examine(self) -> Health:
        """Whether the database is well; it is read from end to end."""
        with self._database.reading() as connection:
            return health.examine(connection)

    def delivery_of(self, subscriber: SubscriberId, paper: PaperKey) -> list[DeliveryRow]:
        """The deliveries of the subscriber's digest that holds this paper; empty: none does."""
        with self._database.reading() as connection:
            return deliveries_admin.delivery_of(connection, subscriber, paper)

    def paper(self, name: str) -> Paper:
        """A paper by id, arXiv number or part of its title. Raises NotFound."""
        with self._database.reading() as connection:
            return lookup.find(connection, name)

    def rejected(self) -> list[papers.Rejected]:
        """Files that were no dumps, newest first."""
        with self._database.reading() as connection:
            return papers.rejected(connection)

    # --- deliveries ----------------------------------------------------------------------

    def renew(self, owner: str, *, now: datetime, lease: timedelta) -> int:
        """Extend the lease of everything an owner has in hand; how many deliveries that is."""
        with self._database.writing() as connection:
            return deliveries.renew(connection, owner, now=now, lease=lease)

    def owners(self) -> list[str]:
        """Everybody who has a delivery in hand."""
        with self._database.reading() as connection:
            return deliveries.owners(connection)

    def release(self, owners: Collection[str], *, now: datetime, mode: Mode = "hold") -> int:
        """Give up on everything these dead owners have in hand; how many deliveries."""
        with self._database.writing() as connection:
            return deliveries.release(connection, owners, now=now, mode=mode)

    def recover(self, *, now: datetime, mode: Mode = "hold") -> int:
        """Give up on what was committed under a lease that has lapsed; how many deliveries."""
        with self._database.writing() as connection:
            return deliveries.recover(connection, now=now, mode=mode)

    def expire(self, *, now: datetime, expire_after: timedelta) -> int:
        """End what has waited longer than ``expire_after``; how many deliveries."""
        with self._database.writing() as connection:
            return deliveries.expire(connection, now=now, expire_after=expire_after)

    def mark_sent(self, delivery: DeliveryId, *, now: datetime) -> None:
        """Settle a delivery as sent. Raises NotFound, or LedgerError where its state forbids."""
        with self._database.writing() as connection:
            deliveries_admin.mark_sent(connection, delivery, now=now)

    def resend(self, delivery: DeliveryId, *, now: datetime) -> None:
        """Have a delivery sent again. Raises NotFound, or LedgerError where its state forbids."""
        with self._database.writing() as connection:
            deliveries_admin.resend(connection, delivery, now=now)

    def cancel(self, delivery: DeliveryId, *, now: datetime) -> None:
        """Give a delivery up. Raises NotFound, or LedgerError where its state forbids."""
        with self._database.writing() as connection:
            deliveries_admin.cancel(connection, delivery, now=now)

    def restored(self, *, now: datetime) -> int:
        """Hold what may have gone out since the backup that was put back; how many emails."""
        with self._database.writing() as connection:
            return deliveries_admin.restored(connection, now=now)

    # --- verdicts ------------------------------------------------------------------------

    def record_verdict(
        self,
        subscriber: SubscriberId,
        paper: PaperKey,
        opinion: Opinion | None,
        *,
        now: datetime,
    ) -> bool:
        """Keep a subscriber's opinion of a paper, None to forget it; False: it was so already.

        Raises NotFound where there is no such paper.
        """
        with self._database.writing(INTAKE) as connection:
            return feedback.record(connection, subscriber, paper, opinion, now=now)

    def verdicts_of(self, subscriber: SubscriberId) -> list[Verdict]:
        """A subscriber's verdicts, newest first."""
        with self._database.reading() as connection:
            return feedback.given(connection, subscriber)

    # --- copies --------------------------------------------------------------------------

    def copy_into(self, target: OperatorsLedger) -> list[Content]:
        """Copy everything into an empty ledger, and prove it. Raises LedgerError."""
        return copying.copy(self._database, target._database)

    def back_up(self, path: Path) -> None:
        """Write a consistent copy into a new SQLite file. Raises LedgerError."""
        copying.back_up(self._database, path)

    def put_back(self, backup: Path, *, now: datetime) -> PutBack:
        """Replace this ledger by a backup, and do what ``restored`` does. Raises LedgerError."""
        return putting_back.put_back(self._database, backup, now=now)

    # --- who must not be mailed ----------------------------------------------------------

    def returned(
        self, delivery: DeliveryId, fence: int | None, *, address: str, reason: str, now: datetime
    ) -> bool:
        """Record that an email came back, and suppress its address; False: it was not sent, has
        been returned before, or is an older attempt than the one that counts."""
        with self._database.writing(REFUSALS) as connection:
            return bounces.returned(
                connection, delivery, fence, address=address, reason=reason, now=now
            )

    def suppress(self, address: str, *, reason: str, now: datetime) -> bool:
        """Refuse all mail to an address; False: it was so already."""
        with self._database.writing(REFUSALS) as connection:
            return suppressions.suppress(connection, address, reason=reason, now=now)

    def suppressed(self, addresses: Collection[str]) -> dict[str, str]:
        """Of these addresses, those suppressed, each with the reason."""
        with self._database.reading() as connection:
            return suppressions.suppressed(connection, addresses)

    def suppressions(self) -> list[Suppression]:
        """All suppressed addresses, oldest first."""
        with self._database.reading() as connection:
            return suppressions.suppressions(connection)

    def unsubscribe(self, subscriber: SubscriberId, *, now: datetime) -> bool:
        """Send no more mail, whatever the profile says; False: it was so already."""
        with self._database.writing(INTAKE, REFUSALS) as connection:
            return suppressions.unsubscribe(connection, subscriber, now=now)

    def unsubscriptions(self) -> list[Unsubscription]:
        """All who have unsubscribed, oldest first."""
        with self._database.reading() as connection:
            return suppressions.unsubscriptions(connection)

    def resubscribe(self, subscriber: SubscriberId, address: str | None = None) -> bool:
        """Mail a subscriber again, and an address that is suppressed; False: neither was
        refused. Reports of what was sent so far count no more."""
        with self._database.writing(REFUSALS) as connection:
            return suppressions.resubscribe(connection, subscriber, address)
