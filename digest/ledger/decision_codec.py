"""A decision's picks, reasons and coverage as one small blob. Papers stand in it by key; they are
read from their own table. Scores keep every digit.

A blob begins with the byte 1, how long its JSON is, and how many picks and reasons it has. The
numbers of ``_fixed`` follow, then the JSON: the coverage, upvotes before, and a table of values.
Last come, column by column, the values of the reasons but for their contributions, as places in
that table: they repeat, and so a blob is a third of its JSON. It is not compressed, which would
take longer than everything else. Blobs of before are compressed JSON."""

import json
import zlib
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping
from datetime import date
from functools import lru_cache, partial
from itertools import accumulate, chain, count, pairwise
from struct import Struct
from typing import Any, NamedTuple

from digest.model import Coverage, Digest, Missing, Paper, PaperKey, Period, Pick, Reason, Skip, Why

_COMPRESSED = 0x78  # the first byte of what zlib has compressed
_HEAD = Struct("<BIII")
_REASON = len(Reason._fields)
_NARROW = 256  # as many values can be told apart by a byte
_LAYOUTS = 1024  # kept at once, of some kilobytes each: readers have few different ones
_reason = partial(tuple.__new__, Reason)
_pick = partial(tuple.__new__, Pick)
_json = json.JSONEncoder(separators=(",", ":"), check_circular=False).encode


Entry = tuple[PaperKey, float, bool, tuple[Reason, ...]]
"""A pick: the key of the paper, the score, whether it is late, the reasons."""


class Body(NamedTuple):
    """What a blob holds."""

    coverage: list[Any]
    again: Mapping[str, int]
    """The upvotes before, of second looks, by the key of the paper as text."""
    entries: list[Entry]


def pack(decision: Digest | Skip) -> bytes:
    """The blob of a digest or a skip."""
    seen, picks = decision.coverage, decision.picks if isinstance(decision, Digest) else ()
    left_out = {why.value: number for why, number in seen.left_out.items()}
    again = {
        str(pick.paper.key): pick.upvotes_before
        for pick in picks
        if pick.upvotes_before is not None
    }
    body = Body(
        [seen.pages, seen.papers, left_out, [*map(_gap, seen.missing)], seen.expected],
        again,
        [(pick.paper.key, pick.score, pick.late, pick.reasons) for pick in picks],
    )
    return _packed(body)


def _packed(body: Body) -> bytes:
    keys, scores, lates, own = zip(*body.entries, strict=True) if body.entries else [()] * 4
    flat = [*chain.from_iterable(own)]
    columns: Any = zip(*flat, strict=True) if flat else [()] * _REASON
    interests, terms, places, weights, contributions, vias = columns
    values = interests + terms + places + weights + vias
    table: defaultdict[Any, int] = defaultdict(count().__next__)
    indices = [*map(table.__getitem__, values)]
    text = _json([body.coverage, body.again, [*table]]).encode("ascii")
    sizes = [2 * len(reasons) + late for reasons, late in zip(own, lates, strict=True)]
    fixed = _fixed(len(keys), len(flat)).pack(*keys, *sizes, *scores, *contributions)
    head = _HEAD.pack(1, len(text), len(keys), len(flat))
    narrow = len(table) <= _NARROW
    return head + fixed + text + (bytes(indices) if narrow else _wide(len(values)).pack(*indices))


def unpack(blob: bytes) -> Body:
    """What ``pack`` wrote, still with paper keys."""
    if blob[0] == _COMPRESSED:
        return _unpack_compressed(blob)
    _, length, picks, reasons = _HEAD.unpack_from(blob)
    fixed = _fixed(picks, reasons)
    begin = _HEAD.size + fixed.size
    end = begin + length
    seen, again, table = json.loads(blob[begin:end])
    values = fixed.unpack_from(blob, _HEAD.size)
    number = (_REASON - 1) * reasons
    narrow = len(table) <= _NARROW
    indices = blob[end:] if narrow else _wide(number).unpack_from(blob, end)
    words = [*map(table.__getitem__, indices)]
    starts = range(0, number, reasons) if reasons else [0] * (_REASON - 1)
    interests, terms, places, weights, vias = (words[at : at + reasons] for at in starts)
    columns = zip(interests, terms, places, weights, values[3 * picks :], vias, strict=True)
    found = [*map(_reason, columns)]
    sizes = values[picks : 2 * picks]
    lates = [bool(size & 1) for size in sizes]
    ends = [*accumulate([size >> 1 for size in sizes], initial=0)]
    own = [tuple(found[start:end]) for start, end in pairwise(ends)]
    return Body(seen, again, [*zip(values[:picks], values[2 * picks :], lates, own, strict=False)])


@lru_cache(_LAYOUTS)
def _fixed(picks: int, reasons: int) -> Struct:
    """Of so many picks: the keys of the papers, how many reasons each has (twice, and one more
    where it is late), the scores; then the contributions of all reasons."""
    return Struct(f"<{picks}q{picks}I{picks + reasons}d")


@lru_cache(_LAYOUTS)
def _wide(number: int) -> Struct:
    return Struct(f"<{number}I")


def _unpack_compressed(blob: bytes) -> Body:
    body = json.loads(zlib.decompress(blob))
    entries = [
        (key, score, bool(late), tuple(_in_sixes(values)))
        for key, score, late, *values in body["picks"]
    ]
    return Body(body["coverage"], body.get("again", {}), entries)


def _in_sixes(values: list[Any]) -> Iterator[Reason]:
    for start in range(0, len(values), _REASON):
        yield Reason._make(values[start : start + _REASON])


def picked(blob: bytes) -> tuple[PaperKey, ...]:
    """The keys of the papers in it, in the digest's order."""
    if blob[0] == _COMPRESSED:
        return tuple(entry[0] for entry in _unpack_compressed(blob).entries)
    _, _, picks, reasons = _HEAD.unpack_from(blob)
    return _fixed(picks, reasons).unpack_from(blob, _HEAD.size)[:picks]


def count_picks(blob: bytes) -> int | None:
    """How many papers it holds; None: they are forgotten, and the blob is empty."""
    return len(picked(blob)) if blob else None


def without(blob: bytes, keys: Collection[PaperKey], *, but_first: bool) -> bytes:
    """The blob without the picks of these papers, or, with ``but_first``, all but the first one."""
    body = unpack(blob)
    doubled = [entry for entry in body.entries if entry[0] in keys][int(but_first) :]
    if not doubled:
        return blob
    return _packed(body._replace(entries=[each for each in body.entries if each not in doubled]))


def picks(body: Body, papers: Mapping[PaperKey, Paper]) -> tuple[Pick, ...]:
    """The picks in it, with their papers as the ledger knows them now."""
    again = body.again
    return tuple(
        [
            _pick((papers[key], score, reasons, late, again.get(str(key)) if again else None))
            for key, score, late, reasons in body.entries
        ]
    )


def coverage(body: Body) -> Coverage:
    """What the decision was drawn from."""
    pages, considered, left_out, missing, expected = body.coverage
    why = {Why(value): number for value, number in left_out.items()}
    return Coverage(pages, considered, why, tuple(map(_missing, missing)), expected)


def _gap(page: Missing) -> str | list[str]:
    """A missing page; before there were sources it was its day alone."""
    day = page.day.isoformat()
    return day if page == Missing(page.day) else [day, page.source, page.fault]


def _missing(gap: str | list[Any]) -> Missing:
    day, *rest = [gap] if isinstance(gap, str) else gap
    return Missing(date.fromisoformat(day), *rest)


@lru_cache
def period(key: str) -> Period:
    """The period whose ``str()`` this is."""
    if "W" in key:
        year, _, week = key.partition("-W")
        return Period(date.fromisocalendar(int(year), int(week), 1), "week")
    if key.count("-") == 1:
        return Period(date.fromisoformat(f"{key}-01"), "month")
    return Period(date.fromisoformat(key), "day")
