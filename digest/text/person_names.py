"""Whether two ways of writing a person's name can be the same person.

A name is read in every way that its order allows: ``Bin Yu`` has the family name Yu, or, in the
order of Chinese names, Bin. Two names agree if a reading of one agrees with a reading of the other:
the family names are equal in full, and the given names are equal, or initials of each other, as far
as both have them.
"""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from digest.text.terms import fold

_WORD = re.compile(r"[^\W\d_]+(?:['’ʼ`][^\W\d_]+)*")
_CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\s]+")
_INITIALS = re.compile(r"[A-Z]{2,3}")
_SUFFIX = re.compile(
    r"(?:(?<=\w)\s+((?i:jr|sr)|II|III|IV)|,\s*((?i:jr|sr)|III))\.?\s*(?=,|$)", re.ASCII
)
_PARTICLES = frozenset(
    """
    af al av bin da dal das de degli del della den der des di do dos du el ibn la le lo ten ter van
    vom von zu zum zur
    """.split()  # noqa: SIM905 — words are read more easily than a list of strings
)
_UMLAUTS = {"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa"}
_SPELLED_OUT = str.maketrans(
    _UMLAUTS | {mark.upper(): letters.title() for mark, letters in _UMLAUTS.items()}
)


class _Word(NamedTuple):
    """A word of a name."""

    letters: str  # in lower case, without accents and apostrophes
    is_joined: bool = False  # whether a hyphen joins it to the word before
    is_particle: bool = False  # whether it can begin a family name, as in ``van Gogh``

    @property
    def is_initial(self) -> bool:
        return len(self.letters) == 1


class _Reading(NamedTuple):
    """A family name and the given names."""

    family: str
    given: tuple[_Word, ...]
    is_sure: bool = True
    """Whether given names may be initials or missing. Otherwise the order is a guess, and they have
    to be equal in full."""


class _Name(NamedTuple):
    readings: tuple[_Reading, ...]
    suffix: str  # ``jr``, ``iii``


def same_person(one: str, other: str) -> bool:
    """Whether two names agree, as ``LeCun, Y.`` and ``Yann LeCun``. A family name alone agrees with
    everybody who has it, a given name alone with nobody."""
    first, second = _name(one), _name(other)
    if first.suffix and second.suffix and first.suffix != second.suffix:
        return False
    return any(
        mine.family == theirs.family and _agree(mine, theirs)
        for mine in first.readings
        for theirs in second.readings
    )


def family_names(name: str) -> frozenset[str]:
    """What the family name can be. Names that agree have one of these in common."""
    return frozenset(reading.family for reading in _name(name).readings)


@lru_cache(maxsize=100_000)
def _name(name: str) -> _Name:
    name = unicodedata.normalize("NFKC", name).strip()
    suffixes = [(one or other).lower() for one, other in _SUFFIX.findall(name)]
    bare = _SUFFIX.sub("", name)
    if _CJK.fullmatch(bare):
        bare = "".join(bare.split())
    spellings = dict.fromkeys([bare, bare.translate(_SPELLED_OUT)])
    readings = dict.fromkeys(each for spelled in spellings for each in _readings(spelled))
    return _Name(tuple(readings), next(iter(suffixes), ""))


def _readings(name: str) -> Iterator[_Reading]:
    family, *others = [part for part in name.split(",") if part.strip()] or [""]
    words = _words(family)
    if not others:
        yield from _in_order(words)
        return
    given = _words(" ".join(others), has_initials=any(map(str.islower, name)))
    while given and given[-1].is_particle:  # ``Gogh, V. van``
        words.insert(0, given.pop())
    if any(not word.is_initial for word in (*words, *given)):
        yield _Reading(_letters(words), tuple(given))


def _in_order(words: Sequence[_Word]) -> Iterator[_Reading]:
    """The readings of a name without a comma."""
    starts = [at for at, word in enumerate(words) if at and not word.is_joined]
    if words and not words[0].is_initial and (words[0].is_particle or not starts):
        yield _Reading(_letters(words), ())  # the family name alone
    for at in starts:
        given, family = words[:at], words[at:]
        if (at == 1 or not given[-1].is_particle) and not _are_initials(words):
            yield _Reading(_letters(family), tuple(given), not _are_initials(family))
    if not starts or words[0].is_initial:
        return
    last = next(at for at in range(len(words), 0, -1) if not words[at - 1].is_initial)
    if last < len(words):  # ``Gogh V.``
        yield _Reading(_letters(words[:last]), tuple(words[last:]))
    yield _Reading(_letters(words[: starts[0]]), tuple(words[starts[0] :]), is_sure=False)


def _words(text: str, *, has_initials: bool = False) -> list[_Word]:
    """The words of a text; ``has_initials``: ``LJP`` is three of them."""
    found = []
    for word in _WORD.finditer(text):
        is_joined = text[: word.start()].endswith(("-", "‐", "‑"))
        if has_initials and _INITIALS.fullmatch(word[0]):
            found += [_Word(letter.lower()) for letter in word[0]]
        else:
            letters = re.sub(r"\W", "", fold(word[0]))
            found.append(_Word(letters, is_joined, word[0] in _PARTICLES))
    return found


def _letters(words: Sequence[_Word]) -> str:
    return "".join(word.letters for word in words)


def _are_initials(words: Sequence[_Word]) -> bool:
    return all(word.is_initial for word in words)


def _agree(one: _Reading, other: _Reading) -> bool:
    """Whether the given names of two readings with the same family name agree."""
    are_equal = _letters(one.given) == _letters(other.given)
    if not (one.is_sure and other.is_sure):
        return are_equal and not any(word.is_initial for word in (*one.given, *other.given))
    if are_equal or not (one.given and other.given):
        return True
    short, long = sorted((one.given, other.given), key=len)
    is_second = len(short) < len(long) and not short[0].is_initial and short[0] == long[1]
    if is_second and long[0].is_initial:  # ``Robert`` of ``J. Robert``
        long = long[1:]
    return _begins(short, long)


def _begins(short: Sequence[_Word], long: Sequence[_Word]) -> bool:
    """Whether all of the shorter given names agree with some of the longer ones, in their order,
    the first with the first. ``Jean`` and ``Jean-Pierre`` are two names."""
    left = list(long)
    is_whole = False  # whether the words before agreed in full
    for number, word in enumerate(short):
        while left:
            other = left.pop(0)
            if _alike(word, other):
                is_whole = not (word.is_initial or other.is_initial)
                break
            if not number or (other.is_joined and is_whole):
                return False
        else:
            return False
    return not (left and left[0].is_joined and is_whole)


def _alike(one: _Word, other: _Word) -> bool:
    if one.is_initial or other.is_initial:
        return one.letters[0] == other.letters[0]
    return one.letters == other.letters
