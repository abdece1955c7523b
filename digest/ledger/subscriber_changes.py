"""Subscribers who come, change and go, with all that follows for deliveries and published files."""

import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from digest.errors import ConfigError
from digest.ledger.aggregate import INTAKE, SKEW, Aggregate, batches, next_key, rows_in
from digest.ledger.column_types import EPOCH
from digest.ledger.decisions import add_channels
from digest.ledger.deliveries import resting
from digest.ledger.publications import mark_behind
from digest.ledger.subscribers import STORED, TOKEN_BYTES, hold, stored
from digest.ledger.tables import compilation, decision, delivery, mark, subscriber
from digest.model import Channel, Origin, State, StoredSubscriber, Subscriber, SubscriberId
from digest.scheduling import periods
from digest.subscribers import changes, codec
from digest.subscribers.changes import Changes, First, Former, Known, New, Saved, folded

_NO_FILE = "none"  # stands for the hash where a host has no profile files
_CLOCK = "clock"
_BATCH = 1000
_CANCELLABLE = (State.PENDING, State.DEFERRED, State.CLAIMED)
_CHANNELS: tuple[Channel, ...] = ("email", "feed")
_REPLACED = ("origin", "profile", "address", "next_due", "open_since", "left_at")
_REPLACE = update(subscriber).where(subscriber.c.id == bindparam("which"))
_REPLACE = _REPLACE.values({column: bindparam(f"to_{column}") for column in _REPLACED})


class SubscriberChanges(Aggregate):
    """The profiles of the files and of the database, and what is due by them."""

    def planned(self, given: Sequence[Subscriber], origin: Origin, *, now: datetime) -> Changes:
        """What ``compile`` (origin ``file``) or ``save`` would change; nothing is written."""
        with self._database.reading() as connection:
            return _planned(connection, given, origin, now, "next")

    def compile(
        self, host: str, content: str | None, listed: Sequence[Subscriber], *, now: datetime
    ) -> Saved:
        """Replace all profiles of the files by those ``listed``, in one transaction.

        ``content`` is the hash of the files that ``host`` has; None: it has none.

        Raises:
            ConfigError: An id is taken or was somebody else's; nothing is changed.
        """
        with self._database.writing(INTAKE) as connection:
            found = _planned(connection, listed, "file", now, "now")
            _apply(connection, found, now=now)
            _note(connection, host, content or _NO_FILE, now=now)
        return found.saved

    def is_compiled(self, host: str, content: str | None) -> bool:
        """Whether there is nothing to compile: what this host has is what it compiled last. A host
        that never compiled anything may have an older copy: what another host compiled at any time,
        or no files at all, counts as compiled."""
        last = self._last_compiled(host)
        if last is not None:
            return last == (content or _NO_FILE)
        elsewhere = select(compilation.c.host).where(compilation.c.hash == content)
        if content is None:
            elsewhere = select(subscriber.c.name).where(subscriber.c.profile.is_not(None))
        return self._value(elsewhere.limit(1)) is not None

    def compiled(self, host: str, content: str | None, *, now: datetime) -> bool:
        """As ``is_compiled``; what counts as compiled is noted for a host that is new."""
        if not self.is_compiled(host, content):
            return False
        if self._last_compiled(host) is None:
            with self._database.writing(INTAKE) as connection:
                _note(connection, host, content or _NO_FILE, now=now)
        return True

    def _last_compiled(self, host: str) -> str | None:
        latest = select(compilation.c.hash).where(compilation.c.host == host)
        found: str | None = self._value(latest.order_by(compilation.c.at.desc()).limit(1))
        return found

    def save(self, given: Sequence[Subscriber], *, now: datetime, first: First = "next") -> Saved:
        """Give these subscribers of the database their profiles, in one transaction.

        Who has unsubscribed stays so.

        Raises:
            ConfigError: An id is taken or was somebody else's; nothing is changed.
        """
        with self._database.writing(INTAKE) as connection:
            found = _planned(connection, given, "database", now, first)
            _apply(connection, found, now=now)
        return found.saved

    def remove(self, names: Collection[SubscriberId], *, now: datetime) -> tuple[SubscriberId, ...]:
        """Take their profiles from these, wherever those came from; who had one."""
        with self._database.writing(INTAKE) as connection:
            rows = [one for one in _known(connection, names) if isinstance(one, StoredSubscriber)]
            _apply(connection, Changes(removed=tuple(rows)), now=now)
        gone = {row.subscriber.id for row in rows}
        return tuple(name for name in names if name in gone)

    def follow_clock(self, zone_data: str, *, now: datetime) -> int:
        """Compute all due times anew where they may be wrong; how many moved. They may be wrong
        where the time zone data has another version, or where the clock was put back: what was
        decided while it was ahead would not be looked at for as long."""
        last = next(iter(self._rows(select(mark).where(mark.c.name == _CLOCK))), None)
        put_back = last is not None and last.at > now + SKEW
        if last and last.value == zone_data and abs(last.at - now) <= SKEW:
            return 0
        moved = 0
        if last and (put_back or last.value != zone_data):
            moved = self._reschedule(put_back, now)
        with self._database.writing(INTAKE) as connection:
            connection.execute(delete(mark).where(mark.c.name == _CLOCK))
            connection.execute(insert(mark), {"name": _CLOCK, "at": now, "value": zone_data})
        return moved

    def _reschedule(self, put_back: bool, now: datetime) -> int:
        again = changes.due_anew if put_back else changes.rescheduled
        moved, after = 0, 0
        while True:
            with self._database.writing(INTAKE) as connection:
                query = STORED.where(subscriber.c.id > after).order_by(subscriber.c.id)
                rows = [stored(row) for row in connection.execute(query.limit(_BATCH))]
                if not rows:
                    return moved
                after = rows[-1].key
                new = [again(row, row.subscriber, now) for row in rows]
                differing = [one for row, one in zip(rows, new, strict=True) if row != one]
                _replace(connection, differing)
                moved += len(differing)


def _planned(
    connection: Connection, given: Sequence[Subscriber], origin: Origin, now: datetime, first: First
) -> Changes:
    token = partial(secrets.token_urlsafe, TOKEN_BYTES)
    new = New(next_key(connection, subscriber.c.id), token, first)
    known = list(_known(connection, [one.id for one in given]))
    if origin == "database":
        return changes.saved(known, given, origin, now=now, new=new)
    known += map(stored, connection.execute(STORED.where(subscriber.c.origin == "file")))
    return changes.compiled(known, given, now=now, new=new)


def _known(connection: Connection, names: Collection[SubscriberId]) -> Iterator[Known]:
    for row in rows_in(connection, select(subscriber), subscriber.c.name, names):
        if row.profile is not None:
            yield stored(row)
        else:
            left, name = row.left_at is not None, SubscriberId(row.name)
            yield Former(row.id, name, row.address, left, row.until, row.feed_token)


def _apply(connection: Connection, found: Changes, *, now: datetime) -> None:
    """Write changes and what follows from them. Raises ConfigError."""
    if found.problems:
        raise ConfigError(found.problems)
    new = [
        {"id": one.key, "name": one.subscriber.id, "feed_token": one.feed_token, **_values(one)}
        for one in found.added
    ]
    if new:
        connection.execute(insert(subscriber), new)
    known = [*found.returned, *(after for _, after in found.changed)]
    hold(connection, [one.key for one in (*known, *found.removed)])
    _replace(connection, known)
    gone = [{"which": one.key, "to_left_at": now} for one in found.removed]
    if gone:
        leave = update(subscriber).where(subscriber.c.id == bindparam("which"))
        nothing = {"origin": None, "profile": None, "next_due": None, "open_since": None}
        connection.execute(leave.values(left_at=bindparam("to_left_at"), **nothing), gone)
    behind = [one.key for one in (*found.returned, *found.removed)]
    behind += [pair[1].key for pair in found.changed if changes.needs_publishing(*pair)]
    # The addresses of their feeds are shown at once; the feeds of an import come with what is due.
    added = [one for one in found.added if one.origin == "file"]
    behind += [one.key for one in added if "feed" in one.subscriber.channels]
    # Before deliveries are touched, as a publisher does: neither waits for the other.
    mark_behind(connection, behind, since=EPOCH)
    _cancel(connection, found, now=now)
    _switch_on(connection, found, now=now)


def _values(row: StoredSubscriber) -> dict[str, Any]:
    return {
        "origin": row.origin,
        "profile": codec.encode(row.subscriber),
        "address": folded(row.subscriber.email) or None,
        "next_due": row.next_due,
        "open_since": row.open_since,
        "left_at": None,
    }


def _replace(connection: Connection, rows: Sequence[StoredSubscriber]) -> None:
    if rows:
        values = [(row.key, _values(row).items()) for row in rows]
        new = [{"which": key, **{f"to_{name}": to for name, to in own}} for key, own in values]
        connection.execute(_REPLACE, new)


def _cancel(connection: Connection, found: Changes, *, now: datetime) -> None:
    """Give up what waits for people and channels that went, unless it is being accepted."""
    for channel in _CHANNELS:
        detail = f"no longer a subscriber by {channel}"
        keys = [one.key for one in found.removed]
        keys += [old.key for old, new in found.changed if channel in _lost(old, new)]
        for batch in batches(keys):
            theirs = select(decision.c.id).where(decision.c.subscriber.in_(batch))
            waiting = (
                select(delivery.c.id)
                .where(delivery.c.channel == channel, delivery.c.due.is_not(None))
                .where(delivery.c.state.in_(_CANCELLABLE), delivery.c.decision.in_(theirs))
                .order_by(delivery.c.id)  # as senders do: two writers never wait for each other
                .with_for_update()
            )
            for numbers in batches(connection.scalars(waiting).all()):
                connection.execute(
                    update(delivery)
                    .where(delivery.c.id.in_(numbers))
                    .values(resting(State.CANCELLED, detail, now=now))
                    .values(fence=delivery.c.fence + 1)
                )


def _lost(old: StoredSubscriber, new: StoredSubscriber) -> set[Channel]:
    return set(old.subscriber.channels) - set(new.subscriber.channels)


def _switch_on(connection: Connection, found: Changes, *, now: datetime) -> None:
    """Deliver the digests of the periods that are due now on channels switched on since."""
    on = {one.subscriber.id: one.subscriber.channels for one in found.returned}
    for old, new in found.changed:
        if more := _lost(new, old):
            on[new.subscriber.id] = tuple(sorted(more))
    rows = [one for one in found.present if one.subscriber.id in on]
    due = {one.subscriber.id: periods.due_period(one.subscriber, now) for one in rows}
    add_channels(connection, due, on, now=now)


def _note(connection: Connection, host: str, content: str, *, now: datetime) -> None:
    """Remember what a host has compiled, as the latest of its rows whatever its clock does."""
    rows = connection.execute(select(compilation).where(compilation.c.host == host)).all()
    at = max([now, *(row.at + timedelta(microseconds=1) for row in rows)])
    same = (compilation.c.host == host) & (compilation.c.hash == content)
    connection.execute(delete(compilation).where(same))
    connection.execute(insert(compilation), {"host": host, "hash": content, "at": at})
