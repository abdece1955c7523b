"""From scores to a decision: what a digest holds, what it was drawn from, why the rest is out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import selection
from digest.model import (
    Digest,
    DumpSeen,
    Expect,
    Expected,
    Interest,
    Missing,
    PageSeen,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Profile,
    Reason,
    Skip,
    SkipReason,
    Source,
    SourceState,
    Subscriber,
    SubscriberId,
    Why,
)
from digest.selection.coverage import Arrivals, expected_pages
from digest.selection.judging import Reader, plans
from tests.selection.test_diversity import both_ways

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
WEEK = Period(date(2026, 11, 16), "week")
AFTER = WEEK.end + timedelta(days=1)
MONDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 20)
ADA = Subscriber(SubscriberId("ada"), "ada@example.org", Profile(()), limit=3, threshold=0.2)


def paper(key: int, listed: date | None = MONDAY, name: str = "") -> Paper:
    arrived = datetime(2026, 11, 17, tzinfo=UTC)
    return Paper(PaperKey(key), PaperId(name or f"p{key:04}"), f"Paper {key}", "", arrived, listed)


def window(papers: Sequence[Paper]) -> selection.Window:
    return drawn(papers)


def drawn(
    papers: Sequence[Paper],
    dumps: Sequence[DumpSeen] = (),
    *,
    after: int = 0,
    expect: Expect = "none",
    today: date = AFTER,
) -> selection.Window:
    return selection.window(
        papers,
        Arrivals(dumps),
        after=PaperKey(after),
        until=PaperKey(max([3, *(paper.key for paper in papers)])),
        period=WEEK,
        expected=Expected(expect),
        today=today,
        now=NOW,
    )


def reasons(index: int) -> tuple[Reason, ...]:
    return (Reason("ferries", f"ferry {index}", "title", 1.0, 0.5),)


def plan(
    *scores: float,
    papers: Sequence[Paper] | None = None,
    subscriber: Subscriber = ADA,
    excluded: Mapping[int, str] | None = None,
    sent: Sequence[int] = (),
    by_interest: Mapping[str, Sequence[float]] | None = None,
    holding: Mapping[str, Sequence[int]] | None = None,
    twins: Sequence[tuple[int, int]] = (),
) -> selection.Plan:
    found = [paper(key) for key in range(1, len(scores) + 1)] if papers is None else papers
    found_by = ranked(
        *scores, excluded=excluded, by_interest=by_interest, holding=holding, twins=twins
    )
    return planned(window(found), found_by, subscriber=subscriber, sent=sent)


def planned(
    seen: selection.Window,
    found: selection.Ranked,
    *,
    subscriber: Subscriber = ADA,
    sent: Sequence[int] = (),
) -> selection.Plan:
    reader = Reader(subscriber, WEEK, {PaperKey(key) for key in sent})
    (made,) = plans([reader], seen, found, now=NOW)
    return made


def ranked(
    *scores: float,
    excluded: Mapping[int, str] | None = None,
    by_interest: Mapping[str, Sequence[float]] | None = None,
    holding: Mapping[str, Sequence[int]] | None = None,
    twins: Sequence[tuple[int, int]] = (),
) -> selection.Ranked:
    def reached(interest: Interest, threshold: float) -> set[int]:
        its = (by_interest or {})[interest.text]
        return {index for index, score in enumerate(its) if score >= threshold}

    return selection.Ranked(
        np.array([scores], dtype=float),
        [excluded or {}],
        lambda picks: [reasons(index) for _, index in picks],
        reached=reached,
        holding=lambda interest: (holding or {})[interest.text],
        twins=both_ways([(one - 1, other - 1) for one, other in twins]),
    )


def picked(made: selection.Plan) -> list[int]:
    assert isinstance(made.decision, Digest)
    return [pick.paper.key for pick in made.decision.picks]


def why_not(made: selection.Plan) -> list[Why | None]:
    found = (selection.why_left_out(made, index) for index in range(len(made.window.papers)))
    return [left_out.why if left_out else None for left_out in found]


# --- what is picked ----------------------------------------------------------------------


def test_the_best_come_first_with_their_scores_and_reasons() -> None:
    made = plan(0.3, 0.9, 0.6)
    assert isinstance(made.decision, Digest)
    assert [(p.paper.key, p.score, p.reasons) for p in made.decision.picks] == [
        (2, 0.9, reasons(1)),
        (3, 0.6, reasons(2)),
        (1, 0.3, reasons(0)),
    ]
    assert (made.decision.subscriber, made.decision.period) == ("ada", WEEK)
    assert (made.decision.composed, made.decision.until) == (NOW, 3)


def test_a_score_on_the_threshold_is_enough_and_one_step_below_is_not() -> None:
    assert picked(plan(0.2, 0.1999)) == [1]


def test_the_limit_keeps_the_best() -> None:
    made = plan(0.3, 0.4, 0.5, 0.6)
    assert picked(made) == [4, 3, 2]
    assert why_not(made) == [Why.OVER_LIMIT, None, None, None]


def test_equal_scores_are_taken_by_the_smaller_paper_id_whatever_came_first() -> None:
    papers = [paper(1, name="title:cc"), paper(2, name="title:aa"), paper(3, name="title:bb")]
    made = plan(0.5, 0.5, 0.5, papers=papers, subscriber=replace(ADA, limit=2))
    assert picked(made) == [2, 3]


def test_an_exclusion_rules_out_even_the_best() -> None:
    made = plan(0.9, 0.3, excluded={0: "survey in the title"})
    assert picked(made) == [2]
    assert why_not(made) == [Why.RULED_OUT, None]


def test_what_was_sent_before_leaves_its_place_to_others() -> None:
    made = plan(0.9, 0.8, 0.7, 0.6, sent=[1, 3])
    assert picked(made) == [2, 4]
    assert why_not(made) == [Why.SENT_BEFORE, None, Why.SENT_BEFORE, None]


def test_a_paper_of_an_earlier_dump_is_marked_late() -> None:
    before, first, undated = date(2026, 11, 15), MONDAY, None
    made = plan(0.9, 0.8, 0.7, papers=[paper(1, before), paper(2, first), paper(3, undated)])
    assert isinstance(made.decision, Digest)
    assert [pick.late for pick in made.decision.picks] == [True, False, False]


# --- what must be seen, is nearly the same, or is crowded out ------------------------------


def test_what_must_be_seen_comes_whatever_its_score_and_rank_unless_ruled_out_or_sent() -> None:
    interests = (Interest("ferries"), Interest("tides", must_see=True))
    keen = replace(ADA, profile=Profile(interests), limit=1)
    scores = (0.9, 0.8, 0.7, 0.1, 0.6, 0.5)
    made = plan(
        *scores,
        subscriber=keen,
        excluded={4: "survey"},
        sent=[6],
        holding={"tides": [2, 3, 4, 5]},
        by_interest={"ferries": scores, "tides": scores},
    )
    assert picked(made) == [3, 4]
    left_out = selection.why_left_out(made, 0)
    assert left_out is not None
    assert left_out.detail == "it ranks 1, and your limit is 1, filled by what must be seen"
    over = Why.OVER_LIMIT
    assert why_not(made) == [over, over, None, None, Why.RULED_OUT, Why.SENT_BEFORE]


def test_one_of_two_that_are_nearly_the_same_is_left_out_and_says_for_which() -> None:
    made = plan(0.9, 0.8, 0.7, 0.6, twins=[(1, 2)])
    assert picked(made) == [1, 3, 4]
    left_out = selection.why_left_out(made, 1)
    assert left_out is not None
    assert left_out.why is Why.DUPLICATE
    assert left_out.detail == "“Paper 1” is nearly the same and comes before it"
    assert made.decision.coverage.left_out == {Why.DUPLICATE: 1}


def test_a_paper_that_makes_room_says_for_which_interest() -> None:
    two = replace(ADA, profile=Profile((Interest("ferries"), Interest("tides"))), limit=2)
    made = plan(
        *(0.9, 0.8, 0.7, 0.6, 0.1),
        subscriber=two,
        by_interest={"ferries": (0.9, 0.8, 0.7, 0.1, 0.1), "tides": (0.0, 0.1, 0.1, 0.5, 0.1)},
    )
    assert picked(made) == [1, 4]
    assert [selection.why_left_out(made, index).detail for index in (1, 2)] == [  # type: ignore[union-attr]  # both are left out
        "it made room for “tides”",
        "it ranks 3, and your limit is 2",
    ]
    assert made.decision.coverage.left_out == {
        Why.MADE_ROOM: 1,
        Why.OVER_LIMIT: 1,
        Why.BELOW_THRESHOLD: 1,
    }


# --- digests that are not made -----------------------------------------------------------


def test_without_papers_nothing_is_new_and_the_cursor_stays() -> None:
    seen = drawn([], after=7)
    decision = planned(seen, ranked()).decision
    assert isinstance(decision, Skip)
    assert (decision.reason, decision.until) == (SkipReason.NOTHING_NEW, 7)


def test_papers_that_do_not_match_make_no_digest() -> None:
    made = plan(0.1, 0.0)
    assert isinstance(made.decision, Skip)
    assert (made.decision.reason, made.decision.until) == (SkipReason.NOTHING_PICKED, 3)
    assert made.decision.coverage.papers == 2
    assert made.decision.coverage.left_out == {Why.BELOW_THRESHOLD: 2}


def test_who_wants_empty_digests_gets_them_but_not_where_nothing_arrived() -> None:
    wants = replace(ADA, send_empty=True)
    assert picked(plan(0.1, subscriber=wants)) == []
    assert isinstance(plan(subscriber=wants).decision, Skip)


# --- why the others are left out, in words -----------------------------------------------


def test_every_left_out_paper_says_why_with_the_figure_or_term_that_decided() -> None:
    made = plan(
        *(0.9, 0.8, 0.7, 0.6, 0.5, 0.1999, 0.95, 0.94),
        excluded={6: "survey in the title"},
        sent=[8],
    )
    details = [selection.why_left_out(made, index) for index in range(8)]
    assert [left_out and (left_out.why, left_out.detail) for left_out in details] == [
        None,
        None,
        None,
        (Why.OVER_LIMIT, "it ranks 4, and your limit is 3"),
        (Why.OVER_LIMIT, "it ranks 5, and your limit is 3"),
        (Why.BELOW_THRESHOLD, "its score 0.1999 is below your threshold 0.2"),
        (Why.RULED_OUT, "your exclusion survey in the title"),
        (Why.SENT_BEFORE, "an earlier digest has it"),
    ]
    assert details[5] is not None
    assert (details[5].paper.key, details[5].score) == (6, 0.1999)


def test_a_paper_that_was_sent_and_is_ruled_out_now_counts_as_sent() -> None:
    made = plan(0.9, 0.8, excluded={0: "survey in the title"}, sent=[1])
    assert why_not(made) == [Why.SENT_BEFORE, None]
    assert made.decision.coverage.left_out == {Why.SENT_BEFORE: 1}


FATES = st.tuples(
    st.integers(0, 6).map(lambda tenth: tenth / 10), st.booleans(), st.booleans()
)  # its score, whether it was sent, whether it is ruled out


@given(fates=st.lists(FATES, max_size=12), limit=st.integers(1, 5))
def test_every_paper_is_picked_or_counted_once_as_what_it_is_said_to_be(
    fates: list[tuple[float, bool, bool]], limit: int
) -> None:
    made = plan(
        *(score for score, _, _ in fates),
        subscriber=replace(ADA, limit=limit),
        excluded={n: "survey" for n, (_, _, out) in enumerate(fates) if out},
        sent=[n for n, (_, sent, _) in enumerate(fates, 1) if sent],
    )
    picks = picked(made) if isinstance(made.decision, Digest) else []
    said = why_not(made)
    assert sorted(picks) == [n for n, why in enumerate(said, 1) if why is None]
    coverage = made.decision.coverage
    assert coverage.left_out == {why: said.count(why) for why in Why if why in said}
    assert coverage.papers == len(fates) == len(picks) + sum(coverage.left_out.values())
    good = [score for score, sent, out in fates if score >= 0.2 and not sent and not out]
    assert [fates[key - 1][0] for key in picks] == sorted(good, reverse=True)[:limit]


# --- what a digest is drawn from ---------------------------------------------------------


def dump(day: int, newest: int) -> DumpSeen:
    listed = date(2026, 11, day)
    arrived = datetime(2026, 11, day, 9, tzinfo=UTC)
    return DumpSeen(f"{listed}.txt", listed, arrived, PaperKey(newest))


def test_a_window_begins_after_the_last_digest() -> None:
    papers = [paper(key) for key in (3, 4, 5, 9)]
    seen = drawn(papers, [dump(16, 4), dump(17, 5), dump(18, 9)], after=4)
    assert [each.key for each in seen.papers] == [5, 9]
    assert (seen.until, seen.pages) == (9, 2)
    assert (seen.expected, seen.missing) == (0, ())


@pytest.mark.parametrize(
    ("expect", "expected", "missing"),
    [("weekday", 5, [17, 20]), ("day", 7, [17, 20, 21, 22]), ("none", 0, [])],
)
def test_days_without_their_dump_are_missing(
    expect: Expect, expected: int, missing: list[int]
) -> None:
    dumps = [dump(day, 1) for day in (16, 18, 19)]
    seen = drawn([], dumps, expect=expect)
    assert seen.expected == expected
    assert [page.day.day for page in seen.missing] == missing


def test_the_decision_tells_how_many_dumps_and_papers_and_which_days_are_missing() -> None:
    seen = drawn([paper(1)], [dump(16, 1)], expect="weekday")
    coverage = planned(seen, ranked(0.5)).decision.coverage
    assert (coverage.pages, coverage.papers, coverage.expected) == (1, 1, 5)
    assert [page.day.day for page in coverage.missing] == [17, 18, 19, 20]


@pytest.mark.parametrize(
    ("period", "days"),
    [
        (Period(date(2026, 11, 21), "day"), 0),  # a Saturday
        (Period(date(2026, 11, 20), "day"), 1),
        (Period(date(2026, 2, 1), "month"), 20),
    ],
)
def test_weekdays_of_a_period_are_expected(period: Period, days: int) -> None:
    nothing, weekdays = Arrivals(()), Expected("weekday")
    count, missing = expected_pages(nothing, weekdays, period.start, period.end, now=NOW)
    assert count == len(missing) == days
    assert all(page.day.isoweekday() <= 5 for page in missing)


@pytest.mark.parametrize(
    ("succeeded", "missing"),
    [(MONDAY, True), (MONDAY + timedelta(days=1), False)],
    ids=["an outage since the morning", "a quiet day"],
)
def test_a_page_that_was_empty_before_an_outage_is_missing(succeeded: date, missing: bool) -> None:
    first, last = (datetime.combine(day, time(2), UTC) for day in (MONDAY, succeeded))
    daily = Source("daily-papers", "daily-papers", expect="weekday")
    state = SourceState("daily-papers", succeeded=last, added=first)
    page = PageSeen("daily-papers", MONDAY, "empty", 0, first)
    arrivals = Arrivals((), {page.source: {page.day: page}}, {"daily-papers": state})
    _, found = expected_pages(arrivals, Expected("none", (daily,)), MONDAY, MONDAY, now=NOW)
    assert bool(found) is missing


def test_a_dump_that_is_yet_to_come_is_not_missed() -> None:
    thursday = WEEK.start + timedelta(days=3)
    seen = drawn([], expect="weekday", today=thursday)
    assert seen.expected == 4
    assert seen.missing[-1] == Missing(thursday)
