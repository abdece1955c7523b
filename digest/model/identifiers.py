"""Ids, channels and problems."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NewType

PaperId = NewType("PaperId", str)
"""Stable name of a paper: ``arxiv:2401.01234`` or ``title:`` + 16 hex digits."""
PaperKey = NewType("PaperKey", int)
"""The ledger's integer key of a paper; it grows in order of arrival, so it is also a cursor."""
DumpHash = NewType("DumpHash", str)
"""SHA-256 of a dump file's bytes as they lie in the inbox, in hex."""
SubscriberId = NewType("SubscriberId", str)
DeliveryId = NewType("DeliveryId", int)

Channel = Literal["email", "feed"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something the operator should know: where it is, what it is, what to do about it."""

    where: str
    """``file:line``, ``file`` or a name such as ``ada/email``."""
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")
