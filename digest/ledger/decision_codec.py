"""A decision's picks, reasons and coverage as one small blob: compressed JSON. Papers stand in it
by key; they are read from their own table. Scores keep every digit."""

import json
import zlib
from collections.abc import Collection, Mapping
from datetime import date
from itertools import chain
from typing import Any

from digest.model import Coverage, Digest, Missing, Paper, PaperKey, Period, Pick, Reason, Skip, Why

_REASON = 6  # values of a reason, in the order of its fields


def pack(decision: Digest | Skip) -> bytes:
    """The blob of a digest or a skip."""
    seen, picks = decision.coverage, decision.picks if isinstance(decision, Digest) else ()
    left_out = {why.value: number for why, number in seen.left_out.items()}
    body = {
        "coverage": [seen.pages, seen.papers, left_out, [*map(_gap, seen.missing)], seen.expected],
        "picks": [_flat(pick) for pick in picks],
    }
    again = {pick.paper.key: pick.upvotes_before for pick in picks}
    if again := {key: before for key, before in again.items() if before is not None}:
        body["again"] = again
    return _packed(body)


def _packed(body: Mapping[str, Any]) -> bytes:
    return zlib.compress(json.dumps(body, separators=(",", ":")).encode("ascii"))


def unpack(blob: bytes) -> dict[str, Any]:
    """What ``pack`` wrote, still with paper keys."""
    body: dict[str, Any] = json.loads(zlib.decompress(blob))
    return body


def picked(body: Mapping[str, Any]) -> list[PaperKey]:
    """The keys of the papers in it, in the digest's order."""
    return [entry[0] for entry in body["picks"]]


def count(blob: bytes) -> int | None:
    """How many papers it holds; None: they are forgotten, and the blob is empty."""
    return len(unpack(blob)["picks"]) if blob else None


def without(blob: bytes, keys: Collection[PaperKey], *, but_first: bool) -> bytes:
    """The blob without the picks of these papers, or, with ``but_first``, all but the first one."""
    body = unpack(blob)
    doubled = [entry for entry in body["picks"] if entry[0] in keys][int(but_first) :]
    if not doubled:
        return blob
    body["picks"] = [entry for entry in body["picks"] if entry not in doubled]
    return _packed(body)


def picks(body: Mapping[str, Any], papers: Mapping[PaperKey, Paper]) -> tuple[Pick, ...]:
    """The picks in it, with their papers as the ledger knows them now."""
    again = body.get("again", {})  # the keys of JSON are text
    return tuple(
        Pick(papers[key], score, _reasons(values), bool(late), again.get(str(key)))
        for key, score, late, *values in body["picks"]
    )


def coverage(body: Mapping[str, Any]) -> Coverage:
    """What the decision was drawn from."""
    pages, considered, left_out, missing, expected = body["coverage"]
    why = {Why(value): number for value, number in left_out.items()}
    return Coverage(pages, considered, why, tuple(map(_missing, missing)), expected)


def _gap(page: Missing) -> str | list[str]:
    """A missing page; before there were sources it was its day alone."""
    day = page.day.isoformat()
    return day if page == Missing(page.day) else [day, page.source, page.fault]


def _missing(gap: str | list[Any]) -> Missing:
    day, *rest = [gap] if isinstance(gap, str) else gap
    return Missing(date.fromisoformat(day), *rest)


def period(key: str) -> Period:
    """The period whose ``str()`` this is."""
    if "W" in key:
        year, _, week = key.partition("-W")
        return Period(date.fromisocalendar(int(year), int(week), 1), "week")
    if key.count("-") == 1:
        return Period(date.fromisoformat(f"{key}-01"), "month")
    return Period(date.fromisoformat(key), "day")


def _reasons(values: list[Any]) -> tuple[Reason, ...]:
    starts = range(0, len(values), _REASON)
    return tuple(Reason._make(values[start : start + _REASON]) for start in starts)


def _flat(pick: Pick) -> list[Any]:
    # One flat list a pick: reading back is most of the cost of a claim, and lists most of that.
    return [pick.paper.key, pick.score, int(pick.late), *chain.from_iterable(pick.reasons)]
