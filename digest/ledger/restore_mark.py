"""After an older backup was put back: what it may have forgotten is held, not sent again."""

from datetime import date, datetime

from sqlalchemy import Connection, delete, insert, select

from digest.ledger.tables import mark
from digest.model import Period

_RESTORED = "restored"


def mark_restored(connection: Connection, *, now: datetime) -> None:
    """Remember that what this ledger knows ends somewhere before ``now``."""
    connection.execute(delete(mark).where(mark.c.name == _RESTORED))
    connection.execute(insert(mark).values(name=_RESTORED, at=now))


def restored_on(connection: Connection) -> date | None:
    """The UTC day of the last restore; None: there was none."""
    at: datetime | None = connection.scalar(select(mark.c.at).where(mark.c.name == _RESTORED))
    return at.date() if at else None


def may_have_gone_out(period: Period, restored: date | None) -> bool:
    """Whether this period's digest can have been sent between the backup and the restore. The day
    of the restore itself counts: in the east the period may have ended by then."""
    return restored is not None and period.end <= restored
