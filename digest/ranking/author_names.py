"""Whether two ways of writing a person's name can be the same person."""

import re

from digest.text.terms import fold


def same_person(one: str, other: str) -> bool:
    """Whether two names agree, as ``LeCun, Y.`` and ``Yann LeCun``. Every part of the shorter name
    must be in the longer one, equal or as an initial, and a family name (the part before a comma,
    else the last or first) must be equal in full."""
    (short, short_family), (long, long_family) = sorted(
        (_parts(one), _parts(other)), key=lambda name: len(name[0])
    )
    if not short_family & long_family:
        return False
    left = list(long)
    for part in sorted(short, key=len, reverse=True):
        initials = [p for p in left if p[0] == part[0] and 1 in (len(p), len(part))]
        if part not in left and not initials:
            return False
        left.remove(part if part in left else initials[0])
    return True


def _parts(name: str) -> tuple[list[str], set[str]]:
    """The parts of a name, and those that can be its family name."""
    family, comma, given = fold(name).partition(",")
    parts = re.findall(r"[^\W\d_]+", f"{given} {family}")
    if comma:
        return parts, set(re.findall(r"[^\W\d_]{2,}", family)[-1:])
    return parts, {p for p in (*parts[:1], *parts[-1:]) if len(p) > 1}
