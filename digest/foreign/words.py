"""Words of other programs as ids and interests."""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable

from digest.text.clean import cut, one_line

MOST = 200  # interests that are taken from one reader
_LONGEST = 80  # characters of an interest
_JOINTS = re.compile(r"[_/\s]+")
_NO_SUBJECTS = {
    *("all", "archive", "blog", "blogs", "bookmarks", "cool", "customer", "customers"),
    *("done", "favorite", "favorites", "favourite", "favourites", "feed", "feeds"),
    *("free", "general", "good", "imported", "important", "inbox", "interesting"),
    *("later", "liked", "member", "members", "misc", "my", "new", "news", "newsletter"),
    *("nice", "null", "other", "paid", "paper", "papers", "prospect", "read"),
    *("research", "rss", "science", "starred", "subscriber", "subscribers", "tech"),
    *("test", "to", "todo", "toread", "unread", "vip"),
}
"""Words that name a list or a state, not what papers are about."""


def phrase(text: str) -> str | None:
    """A tag as an interest: words of a subject, or None where it names none."""
    found = _JOINTS.sub(" ", one_line(text)).strip(" #-.,;:")
    words = found.casefold().replace("-", " ").split()
    if len(found) > _LONGEST or not any(map(str.isalpha, found)) or len(found) < 2:
        return None
    return None if _NO_SUBJECTS.issuperset(words) else found


def phrases(texts: Iterable[str]) -> tuple[list[str], list[str]]:
    """The tags that are interests, each once and at most ``MOST``, and those that are none."""
    kept: dict[str, str] = {}
    left: list[str] = []
    for text in texts:
        found = phrase(text)
        if found is None or len(kept) >= MOST:
            left.append(text)
        else:
            kept.setdefault(found.casefold(), found)
    return list(kept.values()), left


def shown(text: str) -> str:
    """A text of another program in a message: on one line, not longer than a tag should be."""
    return f"“{cut(one_line(text), _LONGEST)}”"


class Ids:
    """Gives out ids, each once: of readers, or others. ``signs`` are those that an id may hold
    beside letters and digits, ``otherwise`` is the id of a name that has none of these."""

    def __init__(self, *, signs: str = "._-", longest: int = 56, otherwise: str = "reader") -> None:
        self._other, self._longest = re.compile(f"[^a-z0-9{signs}]+"), longest
        self._otherwise = otherwise
        self._used = Counter[str]()
        self._given = set[str]()

    def unused(self, name: str) -> str:
        """An id made of a name or an address, with a number after it where it is taken."""
        local = name.partition("@")[0]
        ascii_only = unicodedata.normalize("NFKD", local).encode("ascii", "ignore").decode()
        base = self._other.sub("-", ascii_only.casefold())[: self._longest].strip("._-")
        base = base or self._otherwise
        while True:
            self._used[base] += 1
            number = self._used[base]
            found = base if number == 1 else f"{base}-{number}"
            if found not in self._given:
                self._given.add(found)
                return found
