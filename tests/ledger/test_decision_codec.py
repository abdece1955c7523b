"""What is kept of a decision, and what was kept before there were sources."""

import json
import zlib
from datetime import date
from itertools import product

import pytest

from digest.ledger import decision_codec
from digest.model import (
    Coverage,
    Digest,
    Missing,
    Paper,
    PaperId,
    PaperKey,
    Pick,
    Reason,
    Skip,
    SkipReason,
    SubscriberId,
)
from tests.ledger.samples import NOW, WEEK

DAY = date(2025, 11, 12)
PLACES, FAULTS = ("", "arxiv"), ("missing", "partial", "unreadable")


@pytest.mark.parametrize(("source", "fault"), list(product(PLACES, FAULTS)))
def test_missing_pages_are_read_back(source: str, fault: str) -> None:
    seen = Coverage(2, 40, missing=(Missing(DAY), Missing(DAY, source, fault)), expected=5)  # type: ignore[arg-type]  # one of them
    who = SubscriberId("ada")
    skip = Skip(who, WEEK, NOW, PaperKey(7), SkipReason.NOTHING_PICKED, seen)
    assert decision_codec.coverage(decision_codec.unpack(decision_codec.pack(skip))) == seen


def _compressed(body: object) -> bytes:
    """A blob as it was written before reasons had a table."""
    return zlib.compress(json.dumps(body).encode())


def test_days_that_were_kept_before_there_were_sources_are_read() -> None:
    blob = _compressed({"coverage": [2, 40, {}, ["2025-11-12"], 5], "picks": []})
    seen = decision_codec.coverage(decision_codec.unpack(blob))
    assert seen == Coverage(2, 40, missing=(Missing(DAY),), expected=5)


def test_picks_that_were_compressed_are_read_counted_and_taken_out() -> None:
    reason = ["mixture of experts", "MoE", "title", 2.5, 0.1, "acronym"]
    picks = [[3, 0.1, 1, *reason], [5, 0.2, 0, *reason, *reason]]
    blob = _compressed({"coverage": [2, 40, {}, [], 5], "picks": picks, "again": {"5": 7}})
    papers = {PaperKey(key): _paper(key) for key in (3, 5)}
    found = decision_codec.picks(decision_codec.unpack(blob), papers)
    moe = Reason("mixture of experts", "MoE", "title", 2.5, 0.1, "acronym")
    assert found == (
        Pick(papers[PaperKey(3)], 0.1, (moe,), late=True),
        Pick(papers[PaperKey(5)], 0.2, (moe, moe), upvotes_before=7),
    )
    assert decision_codec.picked(blob) == (3, 5)
    assert decision_codec.count_picks(blob) == 2
    left = decision_codec.without(blob, {PaperKey(3)}, but_first=False)
    assert decision_codec.picks(decision_codec.unpack(left), papers) == found[1:]


@pytest.mark.parametrize("terms", [0, 1, 3, 255, 256, 257, 700])
def test_whatever_the_number_of_different_terms_is_a_digest_is_read_back(terms: int) -> None:
    odd = [f"term {number} \ud800\0é" for number in range(terms)]
    reasons = [
        Reason("/a+/", term, "abstract", 1 / 3, -0.1 / (place + 1), "pattern")
        for place, term in enumerate(odd)
    ]
    picks = tuple(
        Pick(_paper(key), key / 7, tuple(reasons[start : start + 40]), start == 40)
        for key, start in enumerate(range(0, terms + 1, 40), 1)
    )
    digest = Digest(SubscriberId("ada"), WEEK, NOW, PaperKey(99), picks, Coverage(1, 3))
    blob = decision_codec.pack(digest)
    papers = {pick.paper.key: pick.paper for pick in picks}
    assert decision_codec.picks(decision_codec.unpack(blob), papers) == picks
    assert decision_codec.picked(blob) == tuple(papers)
    assert decision_codec.count_picks(blob) == len(picks)
    dropped = {PaperKey(1)}
    left = decision_codec.without(blob, dropped, but_first=False)
    assert decision_codec.picks(decision_codec.unpack(left), papers) == picks[1:]
    assert decision_codec.without(blob, dropped, but_first=True) == blob


def _paper(key: int) -> Paper:
    return Paper(PaperKey(key), PaperId(f"title:{key}"), f"Paper {key}", "", NOW)
