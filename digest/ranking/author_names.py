"""Whether two ways of writing a person's name can be the same person."""

import re

from digest.text.terms import fold


def same_person(one: str, other: str) -> bool:
    """Whether two names agree, whatever their order, accents and initials.

    ``LeCun, Y.`` is ``Yann LeCun``; ``Jane Smith`` is not ``John Smith``. Every part of the
    shorter name must be found in the longer one, equal or as its initial, and a family name (the
    part before a comma, else the last or first) must be equal in full.
    """
    (short, short_family), (long, long_family) = sorted(
        (_parts(one), _parts(other)), key=lambda name: len(name[0])
    )
    if not short_family & long_family:
        return False
    left = list(long)
    for part in sorted(short, key=len, reverse=True):
        match = next((p for p in left if p == part), None) or next(
            (p for p in left if _abbreviates(p, part)), None
        )
        if match is None:
            return False
        left.remove(match)
    return True


def _abbreviates(one: str, other: str) -> bool:
    return one[0] == other[0] and (len(one) == 1 or len(other) == 1)


def _parts(name: str) -> tuple[list[str], set[str]]:
    """The parts of a name, and those that can be its family name."""
    family, comma, given = fold(name).partition(",")
    parts = re.findall(r"[^\W\d_]+", f"{given} {family}")
    if comma:
        return parts, set(re.findall(r"[^\W\d_]{2,}", family)[-1:])
    return parts, {p for p in (*parts[:1], *parts[-1:]) if len(p) > 1}
