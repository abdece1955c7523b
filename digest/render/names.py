"""Names of people in their parts, as reference managers want them."""

import re
from functools import lru_cache
from typing import NamedTuple

_SUFFIX = re.compile(r"(?:jr|sr|jnr|snr)\.?|junior|senior|I{2,3}|IV|2nd|3rd", re.IGNORECASE)
_PARTICLE = re.compile(
    r"af|al|av|aus|bin|d|da|dal|dall|de|degli|dei|del|della|den|der|des|di|do|dos|du|e|el|ibn|las?"
    r"|le|los?|san|ten|ter|tho|van|vom|von|y|zum?|zur"
)
_GROUP = re.compile(
    r",|\band\b|&|\b(?:the|collaborations?|consortium|group|team|network|initiative|committee"
    r"|institut\w*|universit\w+|cent(?:er|re)|laborator(?:y|ies)|labs?|project|foundation|society"
    r"|company|inc|ltd|gmbh)\b",
    re.IGNORECASE,
)


class Name(NamedTuple):
    """The parts of a name; of a group, or of one word, ``surname`` is all of it."""

    surname: str  # with its particles: ``van der Berg``
    given: str = ""
    suffix: str = ""  # ``Jr.``

    @property
    def is_whole(self) -> bool:
        """Whether the name has no parts."""
        return not self.given


@lru_cache(maxsize=20_000)
def name_of(written: str) -> Name:
    """Split ``Given Surname`` into its parts. The surname is the last word with the particles
    before it: whatever follows the first small particle belongs to it."""
    words = written.split()
    if len(words) < 2 or _GROUP.search(written):
        return Name(written)
    suffix = words.pop() if len(words) > 2 and _SUFFIX.fullmatch(words[-1]) else ""
    first = next(
        (at for at, word in enumerate(words) if 0 < at < len(words) - 1 and _is_particle(word)),
        len(words) - 1,
    )
    if 1 < first < len(words) - 1 and _PARTICLE.fullmatch(words[first - 1].casefold()):
        first -= 1  # Van den Broeck
    elif first > 1 and words[first] in ("y", "e"):
        first -= 1  # Ortega y Gasset
    return Name(" ".join(words[first:]), " ".join(words[:first]), suffix)


def _is_particle(word: str) -> bool:
    return _PARTICLE.fullmatch(word.rstrip("'’.")) is not None
