"""Keeps the newest answers that were rendered, in a bounded number of bytes."""

from collections import OrderedDict
from threading import Lock

_BESIDE = 500  # bytes, about, that an answer takes beside its content


class AnswerCache:
    """Contents by path, each with its ETag. Threads may share it."""

    def __init__(self, most: int) -> None:
        """``most``: how many bytes all contents may have together."""
        self._most, self._size = most, 0
        self._kept: OrderedDict[str, tuple[str, bytes]] = OrderedDict()
        self._lock = Lock()

    @property
    def size(self) -> int:
        """How many bytes are kept."""
        return self._size

    def get(self, path: str, etag: str) -> bytes | None:
        """The content of a path, if it was kept with this ETag."""
        with self._lock:
            kept = self._kept.get(path)
            if kept is None or kept[0] != etag:
                return None
            self._kept.move_to_end(path)
            return kept[1]

    def put(self, path: str, etag: str, content: bytes) -> None:
        """Keep a content in the place of an older one of the same path; what was not asked for the
        longest goes where there is no room."""
        with self._lock:
            if former := self._kept.pop(path, None):
                self._size -= len(former[1]) + _BESIDE
            self._kept[path] = etag, content
            self._size += len(content) + _BESIDE
            while self._size > self._most:
                _, (_, gone) = self._kept.popitem(last=False)
                self._size -= len(gone) + _BESIDE
