"""The part of the ledger that people and the program's other commands use, beside the line."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from pathlib import Path

from digest.ledger import (
    copying,
    deliveries,
    health,
    lookup,
    operating,
    papers,
    putting_back,
    refusals,
    returning,
    spooling,
    verdicts,
)
from digest.ledger.copying import Content
from digest.ledger.database import INTAKE, REFUSALS, Database
from digest.ledger.deliveries import Mode
from digest.ledger.health import Health
from digest.ledger.operating import DeliveryRow, Status
from digest.ledger.putting_back import PutBack
from digest.ledger.refusals import Suppression, Unsubscription
from digest.model import (
    Channel,
    DeliveryId,
    Message,
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
            return operating.status(connection)

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
            return operating.deliveries(
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
            return operating.delivery_of(connection, subscriber, paper)

    def paper(self, name: str) -> Paper:
        """A paper by id, arXiv number or part of its title. Raises NotFound."""
        with self._database.reading() as connection:
            return lookup.find(connection, name)

    def rejected(self) -> list[papers.Rejected]:
        """Files that were no dumps, newest first."""
        with self._database.reading() as connection:
            return papers.rejected(connection)

    # --- deliveries ----------------------------------------------------------------------

    def spool(self, messages: Collection[tuple[Message, int]]) -> set[DeliveryId]:
        """Keep (message, fence) pairs until they are settled; those whose fence holds."""
        with self._database.writing() as connection:
            return spooling.keep(connection, messages)

    def spooled(self, deliveries: Collection[DeliveryId]) -> dict[DeliveryId, Message]:
        """The messages kept for these deliveries, byte for byte."""
        with self._database.reading() as connection:
            return spooling.kept(connection, deliveries)

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
            operating.mark_sent(connection, delivery, now=now)

    def resend(self, delivery: DeliveryId, *, now: datetime) -> None:
        """Have a delivery sent again. Raises NotFound, or LedgerError where its state forbids."""
        with self._database.writing() as connection:
            operating.resend(connection, delivery, now=now)

    def cancel(self, delivery: DeliveryId, *, now: datetime) -> None:
        """Give a delivery up. Raises NotFound, or LedgerError where its state forbids."""
        with self._database.writing() as connection:
            operating.cancel(connection, delivery, now=now)

    def restored(self, *, now: datetime) -> int:
        """Hold what may have gone out since the backup that was put back; how many emails."""
        with self._database.writing() as connection:
            return operating.restored(connection, now=now)

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
            return verdicts.record(connection, subscriber, paper, opinion, now=now)

    def verdicts_of(self, subscriber: SubscriberId) -> list[Verdict]:
        """A subscriber's verdicts, newest first."""
        with self._database.reading() as connection:
            return verdicts.given(connection, subscriber)

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

    def returned(self, delivery: DeliveryId, *, address: str, reason: str, now: datetime) -> bool:
        """Record that an email came back, and suppress its address; False: it was not sent, or
        has been returned before."""
        with self._database.writing(REFUSALS) as connection:
            return returning.returned(connection, delivery, address=address, reason=reason, now=now)

    def suppress(
        self,
        *,
        address: str | None = None,
        subscriber: SubscriberId | None = None,
        reason: str,
        now: datetime,
    ) -> bool:
        """Refuse all mail to an address, or to a subscriber; False: it was so already."""
        with self._database.writing(REFUSALS) as connection:
            return refusals.suppress(
                connection, address=address, subscriber=subscriber, reason=reason, now=now
            )

    def unsuppress(
        self, *, address: str | None = None, subscriber: SubscriberId | None = None
    ) -> bool:
        """Lift a suppression; False: there was none."""
        with self._database.writing(REFUSALS) as connection:
            return refusals.unsuppress(connection, address=address, subscriber=subscriber)

    def suppressed(self, addresses: Collection[str]) -> dict[str, str]:
        """Of these addresses, those suppressed, each with the reason."""
        with self._database.reading() as connection:
            return refusals.suppressed(connection, addresses)

    def suppressions(self) -> list[Suppression]:
        """All suppressed addresses and subscribers, oldest first."""
        with self._database.reading() as connection:
            return refusals.suppressions(connection)

    def unsubscribe(self, subscriber: SubscriberId, channel: Channel, *, now: datetime) -> bool:
        """Turn a channel off for good, whatever the profile says; False: it was off."""
        with self._database.writing(INTAKE, REFUSALS) as connection:
            return refusals.unsubscribe(connection, subscriber, channel, now=now)

    def resubscribe(self, subscriber: SubscriberId, channel: Channel) -> bool:
        """Turn a channel on again; False: it was not off."""
        with self._database.writing(REFUSALS) as connection:
            return refusals.resubscribe(connection, subscriber, channel)

    def unsubscriptions(self) -> list[Unsubscription]:
        """All channels that were turned off, oldest first."""
        with self._database.reading() as connection:
            return refusals.unsubscriptions(connection)
