"""Types of identifiers, channels, and problems."""

from dataclasses import dataclass
from typing import Literal, NewType

PaperId = NewType("PaperId", str)
"""The stable id of a paper: ``arxiv:2401.01234``, ``doi:10.1000/xyz``, or ``title:`` with 16
hexadecimal digits."""
PaperKey = NewType("PaperKey", int)
"""The ledger's integer key of a paper. Keys grow in order of arrival, so a key is also a cursor."""
DumpHash = NewType("DumpHash", str)
"""The SHA-256 of the bytes of a file in the inbox, in hexadecimal."""
SubscriberId = NewType("SubscriberId", str)
DeliveryId = NewType("DeliveryId", int)

Channel = Literal["email", "feed"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that the operator should know: where it is, what it is, and what to do about it."""

    where: str  # ``file:line``, ``file``, or a name such as ``ada/email``
    what: str
    remedy: str = ""

    def __str__(self) -> str:
        return f"{self.where}: {self.what}" + (f" ({self.remedy})" if self.remedy else "")
