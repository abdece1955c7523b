"""What other programs may read of the ledger, on both databases."""

from __future__ import annotations

import pytest

from digest.ledger import Ledger, exports
from digest.model import Paper, SubscriberId
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    NEXT_WEEK,
    NOW,
    arrive,
    digest_of,
    feed_tokens,
    recorded,
)
from tests.ledger.test_joining import join


@pytest.fixture(autouse=True)
def _small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "_PAPERS", 2)
    monkeypatch.setattr(exports, "_DIGESTS", 2)


def titles(batches: list[list[Paper]]) -> list[list[str]]:
    return [[one.title for one in batch] for batch in batches]


def test_papers_come_in_batches_oldest_first(ledger: Ledger) -> None:
    assert list(ledger.all_papers()) == []
    arrive(ledger, "A", "B", "C")
    arrive(ledger, "D", now=NOW + DAY)
    assert titles(list(ledger.all_papers())) == [["A", "B"], ["C", "D"]]
    assert titles(list(ledger.all_papers(since=NOW + DAY))) == [["D"]]


def test_picks_come_with_their_digest_and_what_became_of_it(ledger: Ledger) -> None:
    papers = arrive(ledger, "A", "B", "C")
    digests = [
        digest_of(papers[:2]),
        digest_of(papers[2:], subscriber=BOB),
        digest_of(papers[2:], period=NEXT_WEEK, now=NOW + DAY),
    ]
    recorded(ledger, digests, {ADA: BOTH, BOB: EMAIL})
    found = [pick for batch in ledger.all_picks() for pick in batch]
    assert [(one.subscriber, str(one.period), one.rank, one.paper) for one in found] == [
        ("ada", "2025-W46", 1, "title:a"),
        ("ada", "2025-W46", 2, "title:b"),
        ("bob", "2025-W46", 1, "title:c"),
        ("ada", "2025-W47", 1, "title:c"),
    ]
    assert [dict(one.states) for one in found[1:3]] == [
        {"email": "pending", "feed": "pending"},
        {"email": "pending"},
    ]
    assert found[0].pick.reasons == digests[0].picks[0].reasons
    hers = [pick for batch in ledger.all_picks(of=[ADA], since=NOW + DAY) for pick in batch]
    assert [str(one.period) for one in hers] == ["2025-W47"]


def test_a_pick_names_the_paper_that_its_own_turned_out_to_be(ledger: Ledger) -> None:
    one, two = arrive(ledger, "A", "B")
    recorded(ledger, [digest_of([two])], {ADA: EMAIL})
    join(ledger, one, two)
    (pick,) = next(ledger.all_picks())
    assert (pick.paper, [paper.id for paper in next(ledger.all_papers())]) == (one.id, [one.id])


def test_verdicts_of_everybody_come_one_subscriber_after_the_other(ledger: Ledger) -> None:
    papers = arrive(ledger, "A", "B", "C")
    cy = SubscriberId("cy")
    feed_tokens(ledger, ADA, BOB, cy)
    for name, paper in ((BOB, 0), (ADA, 2), (ADA, 0), (ADA, 1), (cy, 1)):
        ledger.record_verdict(name, papers[paper].key, "like", now=NOW + paper * DAY)
    batches = list(ledger.all_verdicts())
    assert [[(one.subscriber, one.verdict.paper.title) for one in batch] for batch in batches] == [
        [("ada", "A"), ("ada", "B")],
        [("ada", "C"), ("bob", "A")],
        [("cy", "B")],
    ]
    late = [one for batch in ledger.all_verdicts(since=NOW + DAY, of=[ADA, cy]) for one in batch]
    assert [(one.subscriber, one.verdict.paper.title) for one in late] == [
        ("ada", "B"),
        ("ada", "C"),
        ("cy", "B"),
    ]
