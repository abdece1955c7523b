"""What digests say of the pages of sources: a quiet day, an outage, a page that cannot be read."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest

from digest.explain import explanation
from digest.model import Expected, PageSeen, PageState, Schedule, Source
from digest.pipeline.ingest import ingest
from tests.world import LATE, File, World, answer, person, utc

ARXIV = Source("arxiv", "arxiv", categories=("cs.LG",), expect="weekday")
DAILY = Source("daily-papers", "daily-papers", expect="weekday")
BOTH = (ARXIV, DAILY)
ADA = person("ada")
WEEK = range(16, 21)  # Monday to Friday
BEFORE = utc("2026-11-14T09:00")
MONDAY = "2026-11-23T09:00"
FOOT = "and will be in your next digest if it comes."


@pytest.fixture
def home(either: World) -> World:
    """A home whose sources were added the week before, with a digest of then."""
    comes(either, ARXIV, 13, at=BEFORE)
    comes(either, DAILY, 13, at=BEFORE)
    either.run([ADA], "2026-11-16T09:00", sources=BOTH)
    return either


def comes(  # noqa: PLR0917  what, when and how are read in that order
    world: World,
    source: Source,
    day: int,
    state: PageState = "whole",
    content: bytes | None = None,
    version: int = 1,
    *,
    at: datetime | None = None,
) -> None:
    """Have a page fetched on the evening of its day."""
    listed = date(2026, 11, day)
    now = at or datetime(2026, 11, day, 20, tzinfo=BEFORE.tzinfo)
    with world.ledger() as book:
        known = book.source_states().get(source.name)
        tried = known.tried if known else None
        assert book.claim_source(source.name, tried=tried, now=now, lease=timedelta(minutes=1))
        seen = PageSeen(source.name, listed, state, int(state == "whole"), now)
        book.record_page(seen, listing=None, memory="{}", busy_until=now)
        book.record_success(source.name)
    if state == "whole":
        data = content or answer(f"A lighthouse by {source.name}, {listed:%d %B}")
        name = f"fetched/{source.name}/{listed}.{version}.json.gz"
        world.inbox.files[name] = File(name, data, source.name, listed)


def week(world: World, *sources: Source, but: tuple[int, ...] = ()) -> None:
    for source in sources:
        for day in WEEK:
            if day not in but:
                comes(world, source, day)


def foot(world: World, name: str = "2026-W47-ada") -> str:
    """What the mail says of its pages."""
    text = " ".join(world.texts()[name].split())
    return text[text.index("Read from") :].partition(" Left out")[0].partition(" This digest")[0]


def test_a_page_that_did_not_come_is_named_with_its_source(home: World) -> None:
    week(home, DAILY)
    week(home, ARXIV, but=(17,))
    home.run([ADA], MONDAY, sources=BOTH)
    said = "Read from 9 of 10 expected pages, 9 papers; Tuesday's arXiv page is missing"
    assert foot(home) == f"{said} {FOOT}"


def test_with_one_source_the_day_says_it(either: World) -> None:
    comes(either, DAILY, 13, at=BEFORE)
    either.run([ADA], "2026-11-16T09:00", sources=(DAILY,))
    week(either, DAILY, but=(17,))
    either.run([ADA], MONDAY, sources=(DAILY,))
    said = "Read from 4 of 5 expected pages, 4 papers; Tuesday's is missing"
    assert foot(either) == f"{said} {FOOT}"


def test_a_quiet_day_is_not_missing_and_versions_of_a_page_are_one(home: World) -> None:
    comes(home, ARXIV, 18, "empty")
    week(home, ARXIV, but=(18,))  # so that it was fetched again on the days after
    week(home, DAILY)
    comes(home, DAILY, 20, content=answer("A lighthouse that was added"), version=2)
    home.run([ADA], MONDAY, sources=BOTH)
    assert foot(home) == "Read from 10 of 10 expected pages, 10 papers."


def test_holidays_and_days_that_are_left_out_are_not_expected(home: World) -> None:
    days_off = tuple(date(2026, 11, day) for day in (18, 19))
    sources = (
        Source("arxiv", "arxiv", categories=("cs.LG",), expect="weekday", holidays=days_off),
        Source("daily-papers", "daily-papers", expect="none"),
    )
    week(home, ARXIV, but=(18, 19))
    home.run([ADA], MONDAY, sources=sources)
    assert foot(home) == "Read from 3 of 3 expected pages, 3 papers."


def test_a_page_that_came_in_part_or_cannot_be_read_is_missing_and_said_so(home: World) -> None:
    week(home, ARXIV, but=(16, 17))
    comes(home, ARXIV, 16, "partial")
    comes(home, ARXIV, 17, "unreadable")
    week(home, DAILY)
    home.run([ADA], MONDAY, sources=BOTH)
    assert foot(home) == (
        "Read from 8 of 10 expected pages, 8 papers; Monday's arXiv page came only in part and "
        "Tuesday's arXiv page could not be read; the rest will be in your next digest if it comes."
    )


def test_a_page_that_no_reader_can_read_is_missing_until_a_version_of_it_is_read(
    home: World,
) -> None:
    week(home, ARXIV, but=(17, 18))
    comes(home, ARXIV, 17, content=b"<html><body>Please log in</body></html>")
    comes(home, ARXIV, 18, content=b"<html><body>Please wait</body></html>")
    home.run([], "2026-11-18T21:00")
    comes(home, ARXIV, 18, version=2)
    week(home, DAILY)
    with home.context(utc(MONDAY), sources=BOTH) as context:
        assert context.expected == Expected("none", BOTH)
    home.run([ADA], MONDAY, sources=BOTH)
    assert foot(home) == (
        "Read from 9 of 10 expected pages, 9 papers; Tuesday's arXiv page could not be read; the "
        "rest will be in your next digest if it comes."
    )


def test_a_source_added_in_the_middle_of_a_week_is_expected_from_then_on(either: World) -> None:
    comes(either, DAILY, 13, at=BEFORE)
    either.run([ADA], "2026-11-16T09:00", sources=(DAILY,))
    week(either, DAILY)
    comes(either, ARXIV, 19, at=utc("2026-11-19T10:00"))  # Friday's does not come
    either.run([ADA], MONDAY, sources=BOTH)
    said = "Read from 6 of 7 expected pages, 6 papers; Friday's arXiv page is missing"
    assert foot(either) == f"{said} {FOOT}"


def test_a_source_that_never_answered_misses_its_pages_since_it_was_added(home: World) -> None:
    week(home, ARXIV)
    feed = Source("journal", "feed", url="https://example.org/feed", expect="weekday")
    with home.ledger() as book:
        now = utc("2026-11-19T10:00")
        assert book.claim_source("journal", tried=None, now=now, lease=timedelta(minutes=1))
        book.record_failure("journal", "no answer", retry_at=now)
    home.run([ADA], MONDAY, sources=(ARXIV, feed))
    assert foot(home) == (
        "Read from 5 of 7 expected pages, 5 papers; Thursday's and Friday's journal pages are "
        "missing and will be in your next digest if they come."
    )


def test_days_to_come_and_pages_that_are_not_due_yet_are_not_expected(home: World) -> None:
    friday = person("fay", schedule=Schedule("week", on=5))
    home.run([friday], "2026-11-13T23:00", sources=BOTH)
    for source in BOTH:
        for day in (14, 15, 16, 17, 18, 19):
            comes(home, source, day)
    home.run([friday], "2026-11-20T08:00", sources=BOTH)
    # Today's daily papers should have come by now; arXiv lists today's papers tomorrow.
    assert foot(home, "2026-W47-fay").startswith(
        "Read from 8 of 9 expected pages, 12 papers; Friday's Daily Papers page is missing"
    )


def test_with_sources_the_inbox_counts_only_where_it_is_expected_to(home: World) -> None:
    week(home, *BOTH)
    home.put("mine.json", "A lighthouse of mine", listed=date(2026, 11, 17))
    home.run([ADA], MONDAY, sources=BOTH, expect="weekday")
    assert foot(home) == (
        "Read from 11 of 15 expected pages, 11 papers; Monday's, Wednesday's, Thursday's and "
        "Friday's inbox pages are missing and will be in your next digest if they come."
    )


def test_pages_of_a_source_that_was_removed_count_like_the_operators_own(home: World) -> None:
    week(home, DAILY, but=(19, 20))
    for day in (19, 20):
        home.put(f"{day}.json", f"A lighthouse saved on {day}", listed=date(2026, 11, day))
    home.run([ADA], MONDAY, expect="weekday")
    assert foot(home) == "Read from 5 of 5 expected pages, 5 papers."


def test_a_page_that_comes_after_an_outage_is_late_in_the_next_digest(home: World) -> None:
    week(home, DAILY)
    week(home, ARXIV, but=(20,))
    home.run([ADA], MONDAY, sources=BOTH)
    assert "Friday's arXiv page is missing" in foot(home)
    for day in (20, 23):
        comes(home, ARXIV, day, at=utc(MONDAY) + timedelta(days=2, minutes=day))
    home.run([ADA], "2026-11-30T09:00", sources=(ARXIV,))
    text = home.texts()["2026-W48-ada"]
    assert LATE.findall(text) == ["   From the page of 20 November, late"]
    assert home.mail()["2026-W48-ada"] == [
        "A lighthouse by arxiv, 20 November",
        "A lighthouse by arxiv, 23 November",
    ]


def test_a_preview_says_the_same_and_sees_what_it_cannot_read(home: World) -> None:
    week(home, DAILY)
    week(home, ARXIV, but=(17,))
    comes(home, ARXIV, 17, content=b"<html><body>Please log in</body></html>")
    with home.draft() as draft, home.context(utc(MONDAY), sources=BOTH) as context:
        ingest(home.inbox, draft, now=utc(MONDAY))
        plan = explanation.next_plan(draft, ADA, expected=context.expected, now=utc(MONDAY))
    assert [(one.day.day, one.source, one.fault) for one in plan.window.missing] == [
        (17, "arxiv", "unreadable")
    ]
