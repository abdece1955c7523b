"""What subscribers said of papers: the last word counts, and ranking reads it."""

from __future__ import annotations

import pytest

from digest.errors import NotFound
from digest.ledger import Ledger
from digest.model import PaperKey, Verdict, Verdicts
from tests.ledger.samples import ADA, BOB, DAY, HOUR, NOW, arrive


def test_a_verdict_is_kept_and_the_last_word_counts(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    assert ledger.record_verdict(ADA, one.key, "like", now=NOW)
    assert not ledger.record_verdict(ADA, one.key, "like", now=NOW + DAY)
    assert ledger.record_verdict(ADA, two.key, "like", now=NOW + HOUR)
    assert ledger.record_verdict(ADA, one.key, "dislike", now=NOW + DAY)

    assert ledger.verdicts_of(ADA) == [
        Verdict(one, "dislike", NOW + DAY),
        Verdict(two, "like", NOW + HOUR),
    ]


def test_a_verdict_can_be_taken_back(ledger: Ledger) -> None:
    (paper,) = arrive(ledger, "a")
    assert not ledger.record_verdict(ADA, paper.key, None, now=NOW)
    ledger.record_verdict(ADA, paper.key, "dislike", now=NOW)
    assert ledger.record_verdict(ADA, paper.key, None, now=NOW)

    assert ledger.verdicts_of(ADA) == []
    assert ledger.verdicts([ADA]) == {}


def test_each_one_s_verdicts_are_their_own_and_come_newest_first(ledger: Ledger) -> None:
    one, two, three = arrive(ledger, "a", "b", "c")
    for hour, paper in enumerate((two, one, three)):
        ledger.record_verdict(ADA, paper.key, "like", now=NOW + hour * HOUR)
    ledger.record_verdict(BOB, one.key, "dislike", now=NOW)

    assert ledger.verdicts([ADA, BOB]) == {
        ADA: Verdicts(liked=(three, one, two)),
        BOB: Verdicts(disliked=(one,)),
    }
    assert ledger.verdicts([BOB]) == {BOB: Verdicts(disliked=(one,))}


def test_a_paper_that_is_not_there_cannot_be_judged(ledger: Ledger) -> None:
    with pytest.raises(NotFound):
        ledger.record_verdict(ADA, PaperKey(7), "like", now=NOW)
    assert ledger.verdicts_of(ADA) == []
