"""Papers that were read before, for who renders what many readers share."""

from collections.abc import Set

from sqlalchemy import Connection

from digest.ledger.papers import papers_with_keys
from digest.model import Paper, PaperKey

_Read = tuple[int, Paper]  # the newest dump when the paper was read, and the paper
_NEVER: tuple[int, None] = (-1, None)


class KeptPapers:
    """Papers by key; each is read again once another dump has been read, which may say more of it.
    One that has not changed stays the same object, so that whatever was rendered of it is found at
    once. Threads may share it."""

    def __init__(self, most: int) -> None:
        """``most``: how many are kept, at the most."""
        self._most = most
        self._kept: dict[PaperKey, _Read] = {}

    def of(
        self, connection: Connection, keys: Set[PaperKey], *, newest: int
    ) -> dict[PaperKey, Paper]:
        """The papers with these keys; ``newest`` is the newest dump that the connection sees."""
        kept, found = self._kept, dict[PaperKey, Paper]()
        for key in keys:
            at, known = kept.get(key, _NEVER)
            if known is not None and at == newest:
                found[key] = known
        if len(found) == len(keys):
            return found
        if len(kept) > self._most:
            kept.clear()
        for one in papers_with_keys(connection, keys - found.keys()):
            former = kept.get(one.key, _NEVER)[1]
            found[one.key] = same = former if former == one else one
            kept[one.key] = newest, same
        return found
