"""What is kept of missing pages, and what was kept before there were sources."""

from datetime import date
from itertools import product

import pytest

from digest.ledger import decision_codec
from digest.model import Coverage, Missing, PaperKey, Skip, SkipReason, SubscriberId
from tests.ledger.samples import NOW, WEEK

DAY = date(2025, 11, 12)
PLACES, FAULTS = ("", "arxiv"), ("missing", "partial", "unreadable")


@pytest.mark.parametrize(("source", "fault"), list(product(PLACES, FAULTS)))
def test_missing_pages_are_read_back(source: str, fault: str) -> None:
    seen = Coverage(2, 40, missing=(Missing(DAY), Missing(DAY, source, fault)), expected=5)  # type: ignore[arg-type]  # one of them
    who = SubscriberId("ada")
    skip = Skip(who, WEEK, NOW, PaperKey(7), SkipReason.NOTHING_PICKED, seen)
    assert decision_codec.coverage(decision_codec.unpack(decision_codec.pack(skip))) == seen


def test_days_that_were_kept_before_there_were_sources_are_read() -> None:
    body = {"coverage": [2, 40, {}, ["2025-11-12"], 5], "picks": []}
    assert decision_codec.coverage(body) == Coverage(2, 40, missing=(Missing(DAY),), expected=5)
