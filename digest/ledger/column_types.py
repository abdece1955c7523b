"""How the ledger keeps values in the columns of its tables. Instants are microseconds since 1970 in
UTC. Text that came from outside may hold what a database refuses (NUL, lone surrogates): readable
text has it replaced, raw text is kept as bytes."""

import json
import re
from datetime import UTC, datetime, timedelta

from sqlalchemy import BigInteger, Enum, Integer, LargeBinary, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator

from digest.model import State

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
LARGEST_COUNT = 2**31 - 1
_UNFIT = re.compile("[\0\ud800-\udfff]")


def microseconds(at: datetime) -> int:
    """An instant as it is kept."""
    return (at - EPOCH) // MICROSECOND


def instant(since_epoch: int) -> datetime:
    """The instant that ``microseconds`` was given."""
    return EPOCH + since_epoch * MICROSECOND


def fit(words: str) -> str:
    """The words without what a database cannot hold."""
    return _UNFIT.sub("\ufffd", words)


class Instant(TypeDecorator[datetime]):
    """An aware datetime as microseconds since 1970: exact, ordered, the same everywhere."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> int | None:
        return None if value is None else microseconds(value)

    def process_result_value(self, value: int | None, dialect: Dialect) -> datetime | None:
        return None if value is None else instant(value)


class Words(TypeDecorator[str]):
    """Readable text; what a database cannot hold becomes U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        return None if value is None else fit(value)


class Raw(TypeDecorator[str]):
    """Text exactly as it stood in a dump, whatever it holds, as UTF-8 bytes."""

    impl = LargeBinary
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else value.encode("utf-8", "surrogatepass")

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else value.decode("utf-8", "surrogatepass")


class Names(TypeDecorator[tuple[str, ...]]):
    """A tuple of strings as a JSON array in ASCII; NULL where there are none."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: tuple[str, ...] | None, dialect: Dialect) -> str | None:
        return json.dumps(value) if value else None

    def process_result_value(self, value: str | None, dialect: Dialect) -> tuple[str, ...]:
        return tuple(json.loads(value)) if value else ()


class Count(TypeDecorator[int]):
    """A number stated by a dump; one that nothing could count up to is left out."""

    impl = Integer
    cache_ok = True

    def process_bind_param(self, value: int | None, dialect: Dialect) -> int | None:
        return value if value is not None and 0 <= value <= LARGEST_COUNT else None


_VALUES = [state.value for state in State]
StateName = Enum(State, values_callable=lambda _: _VALUES, native_enum=False, length=9)
"""The state of a delivery, by its name."""
