"""Sources and their pages are kept: who fetches, how it went, what came."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

import pytest

import digest.ledger
from digest.errors import LedgerError
from digest.model import PageSeen, PageState, SourceState
from tests.ledger.samples import HOUR, LEASE, MINUTE, NOW

if TYPE_CHECKING:
    from digest.ledger import Ledger

DAY = date(2025, 11, 20)


def claim(ledger: Ledger, name: str = "arxiv", now: datetime = NOW) -> bool:
    before = ledger.source_states().get(name)
    tried = before.tried if before else None
    return ledger.claim_source(name, tried=tried, now=now, lease=LEASE)


def record(
    ledger: Ledger,
    day: date = DAY,
    state: PageState = "whole",
    *,
    papers: int = 3,
    listing: str | None = None,
    now: datetime = NOW,
) -> PageSeen:
    seen = PageSeen("arxiv", day, state, papers, now)
    ledger.record_page(seen, listing=listing, memory="{}", busy_until=now + LEASE)
    return seen


def test_a_source_is_taken_by_one_process(ledger: Ledger, other: Ledger) -> None:
    assert ledger.source_states() == {}
    assert claim(ledger)
    assert not claim(other, now=NOW + MINUTE)
    assert claim(other, "feed")
    state = SourceState("arxiv", tried=NOW, busy_until=NOW + LEASE, added=NOW)
    assert other.source_states()["arxiv"] == state


def test_a_source_that_was_tried_meanwhile_is_not_taken(ledger: Ledger, other: Ledger) -> None:
    assert claim(ledger)
    ledger.record_success("arxiv")
    assert not other.claim_source("arxiv", tried=None, now=NOW + MINUTE, lease=LEASE)
    assert other.claim_source("arxiv", tried=NOW, now=NOW + HOUR, lease=LEASE)


def test_a_source_whose_process_died_is_free_after_its_lease(ledger: Ledger, other: Ledger) -> None:
    assert claim(ledger)
    record(ledger, now=NOW + 2 * MINUTE)
    assert not claim(other, now=NOW + LEASE)
    assert claim(other, now=NOW + 2 * MINUTE + LEASE)


def test_a_source_that_was_taken_before_the_clock_was_put_back_is_free(ledger: Ledger) -> None:
    assert claim(ledger)
    assert claim(ledger, now=NOW - 2 * HOUR)


def test_failures_are_counted_until_one_attempt_succeeds(ledger: Ledger) -> None:
    for hours in range(3):
        assert claim(ledger, now=NOW + hours * HOUR)
        ledger.record_failure("arxiv", f"fault {hours}", retry_at=NOW + (hours + 1) * HOUR)
    failing = SourceState(
        "arxiv",
        tried=NOW + 2 * HOUR,
        failing_since=NOW,
        retry_at=NOW + 3 * HOUR,
        failures=3,
        fault="fault 2",
        added=NOW,
    )
    assert ledger.source_states()["arxiv"] == failing
    assert claim(ledger, now=NOW + 3 * HOUR)
    ledger.record_success("arxiv")
    good = SourceState("arxiv", tried=NOW + 3 * HOUR, succeeded=NOW + 3 * HOUR, added=NOW)
    assert ledger.source_states()["arxiv"] == good


def test_an_attempt_that_was_broken_off_counts_as_none(ledger: Ledger) -> None:
    assert claim(ledger)
    ledger.release_source("arxiv", now=NOW + MINUTE)
    state = SourceState("arxiv", tried=NOW, retry_at=NOW + MINUTE, added=NOW)
    assert ledger.source_states()["arxiv"] == state


def test_it_is_kept_when_the_operator_was_told(ledger: Ledger) -> None:
    assert claim(ledger)
    ledger.record_failure("arxiv", "gone", retry_at=NOW + HOUR)
    assert ledger.record_alarm("arxiv", since=None, at=NOW)
    assert not ledger.record_alarm("arxiv", since=None, at=NOW + MINUTE)
    assert ledger.source_states()["arxiv"].alarmed == NOW
    assert ledger.record_alarm("arxiv", since=NOW, at=None)
    assert ledger.source_states()["arxiv"].alarmed is None


def test_pages_are_kept_as_seen_last(ledger: Ledger) -> None:
    assert claim(ledger)
    assert (ledger.pages(since=DAY), ledger.memory("arxiv")) == ([], None)
    record(ledger, state="partial", listing="a b")
    earlier = record(ledger, date(2025, 11, 19), "empty", papers=0)
    assert ledger.listings("arxiv", since=DAY) == {DAY: "a b"}
    last = record(ledger, papers=5, now=NOW + HOUR)
    assert ledger.pages(since=earlier.day) == [earlier, last]
    assert ledger.pages(since=DAY) == [last]
    assert ledger.listings("arxiv", since=earlier.day) == {}
    assert ledger.memory("arxiv") == "{}"


def test_a_draft_tells_of_sources_and_changes_nothing(ledger: Ledger, url: str) -> None:
    assert claim(ledger)
    seen = record(ledger)
    with digest.ledger.open_draft(url) as draft:
        assert draft.pages(since=DAY) == [seen]
        assert draft.source_states() == ledger.source_states()
        with pytest.raises(LedgerError):
            draft.record_success("arxiv")
