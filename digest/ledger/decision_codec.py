"""A decision's picks, reasons and coverage as one small blob: compressed JSON. Papers stand in it
by key; they are read from their own table. Scores keep every digit."""

import json
import zlib
from collections.abc import Mapping
from datetime import date
from itertools import chain
from typing import Any

from digest.model import Coverage, Digest, Paper, PaperKey, Period, Pick, Reason, Skip, Why

_REASON = 6  # values of a reason, in the order of its fields


def pack(decision: Digest | Skip) -> bytes:
    """The blob of a digest or a skip."""
    coverage = decision.coverage
    body = {
        "coverage": [
            coverage.dumps,
            coverage.papers,
            {why.value: number for why, number in coverage.left_out.items()},
            [day.isoformat() for day in coverage.missing],
            coverage.expected,
        ],
        "picks": [_flat(pick) for pick in (decision.picks if isinstance(decision, Digest) else ())],
    }
    return zlib.compress(json.dumps(body, separators=(",", ":")).encode("ascii"))


def unpack(blob: bytes) -> dict[str, Any]:
    """What ``pack`` wrote, still with paper keys."""
    body: dict[str, Any] = json.loads(zlib.decompress(blob))
    return body


def picked(body: Mapping[str, Any]) -> list[PaperKey]:
    """The keys of the papers in it, in the digest's order."""
    return [entry[0] for entry in body["picks"]]


def count(blob: bytes) -> int:
    """How many papers it holds."""
    return len(unpack(blob)["picks"])


def picks(body: Mapping[str, Any], papers: Mapping[PaperKey, Paper]) -> tuple[Pick, ...]:
    """The picks in it, with their papers as the ledger knows them now."""
    return tuple(
        Pick(
            papers[key],
            score,
            tuple(
                Reason._make(reasons[start : start + _REASON])
                for start in range(0, len(reasons), _REASON)
            ),
            bool(late),
        )
        for key, score, late, *reasons in body["picks"]
    )


def coverage(body: Mapping[str, Any]) -> Coverage:
    """What the decision was drawn from."""
    dumps, considered, left_out, missing, expected = body["coverage"]
    return Coverage(
        dumps,
        considered,
        {Why(value): number for value, number in left_out.items()},
        tuple(map(date.fromisoformat, missing)),
        expected,
    )


def period(key: str) -> Period:
    """The period whose ``str()`` this is."""
    if "W" in key:
        year, _, week = key.partition("-W")
        return Period(date.fromisocalendar(int(year), int(week), 1), "week")
    if key.count("-") == 1:
        return Period(date.fromisoformat(f"{key}-01"), "month")
    return Period(date.fromisoformat(key), "day")


def _flat(pick: Pick) -> list[Any]:
    # One flat list a pick: reading back is most of the cost of a claim, and lists most of that.
    return [pick.paper.key, pick.score, int(pick.late), *chain.from_iterable(pick.reasons)]
