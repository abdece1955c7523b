"""Which sources the operator is told of, and since when."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta

import pytest

from digest.model import Alarm, Pages, PageSeen, PageState, Source, SourceState
from digest.sources.fetch.alarms import alarms
from tests.world import utc

SOURCE = Source("daily-papers", "daily-papers", expect="weekday")
WELL = SourceState(
    "daily-papers",
    tried=utc("2026-11-26T09:00"),
    succeeded=utc("2026-11-26T09:00"),
    added=utc("2026-11-02T09:00"),
)
NOW = "2026-11-26T10:00"  # a Thursday
AFTER = timedelta(hours=6)


def pages(states: Mapping[int, PageState], source: str = "daily-papers") -> Pages:
    seen = (
        PageSeen(source, date(2026, 11, day), state, 9, utc(f"2026-11-{day}T20:00"))
        for day, state in states.items()
    )
    return {source: {page.day: page for page in seen}}


def usual(**changes: PageState) -> dict[int, PageState]:
    """Every weekday since the first, with the state of some changed (``day_26="empty"``)."""
    days: dict[int, PageState] = dict.fromkeys([16, 17, 18, 19, 20, 23, 24, 25, 26], "whole")
    return days | {int(day.removeprefix("day_")): state for day, state in changes.items()}


def found(
    seen: Pages,
    state: SourceState = WELL,
    *,
    source: Source = SOURCE,
    now: str = NOW,
) -> Alarm | None:
    return alarms([source], {source.name: state}, seen, after=AFTER, now=utc(now)).get(source.name)


def test_a_source_that_is_well_raises_no_alarm() -> None:
    assert found(pages(usual())) is None


def test_a_source_that_was_never_tried_raises_none() -> None:
    assert alarms([SOURCE], {}, {}, after=AFTER, now=utc(NOW)) == {}


@pytest.mark.parametrize(
    ("now", "rings"), [("2026-11-26T14:59", False), (f"{NOW[:11]}15:00", True)]
)
def test_a_source_that_fails_for_so_long_raises_one(now: str, rings: bool) -> None:
    since = utc("2026-11-26T09:00")
    fault = "its server answers 503"
    state = replace(WELL, failing_since=since, failures=5, fault=fault)
    what = "cannot be fetched, after 5 attempts: its server answers 503"
    alarm = Alarm("daily-papers", "fails", since, what) if rings else None
    assert found(pages(usual()), state, now=now) == alarm


def test_a_page_that_cannot_be_read_raises_one_until_a_newer_one_can() -> None:
    alarm = found(pages(usual(day_26="unreadable")))
    assert alarm == Alarm(
        "daily-papers",
        "unreadable",
        utc("2026-11-26T20:00"),
        "may have changed its form: its page of Thu 26 Nov cannot be read",
    )
    assert found(pages(usual(day_25="unreadable"))) is None
    assert found(pages(usual(day_25="unreadable", day_26="empty"))) is not None


def test_an_expected_page_that_is_not_there_though_fetching_went_well_raises_one() -> None:
    days = usual()
    del days[25], days[26]
    state = replace(WELL, succeeded=utc("2026-11-25T07:00"))
    assert found(pages(days), state) is None  # it may still come
    alarm = found(pages(days), replace(WELL, succeeded=utc("2026-11-25T07:16")))
    assert alarm is not None
    assert (alarm.why, alarm.since) == ("quiet", utc("2026-11-25T01:15"))
    assert alarm.what == "has no page of Wed 25 Nov, which was expected"


@pytest.mark.parametrize(
    "source",
    [
        replace(SOURCE, holidays=(date(2026, 11, 25),)),
        replace(SOURCE, expect="none"),
    ],
)
def test_days_that_are_left_out_raise_none(source: Source) -> None:
    days = usual()
    del days[25], days[26]
    state = replace(WELL, succeeded=utc("2026-11-25T20:00"))
    assert found(pages(days), state, source=source) is None


def test_a_page_that_was_missed_while_the_service_stood_still_raises_none() -> None:
    days = usual()
    del days[25]
    assert found(pages(days)) is None


def test_a_source_that_lists_nothing_on_three_expected_days_in_a_row_is_quiet() -> None:
    days = usual(day_23="empty", day_24="empty", day_25="empty", day_26="empty")
    alarm = found(pages(days))
    assert alarm is not None
    assert (alarm.why, alarm.since) == ("quiet", utc("2026-11-23T00:00"))
    assert alarm.what == "listed no paper on the last 3 days on which some were expected"
    assert found(pages(days | {24: "whole"})) is None
    seldom = replace(SOURCE, holidays=(date(2026, 11, 24),))
    assert found(pages(days), source=seldom) is None  # Monday, Wednesday, and Friday before them


def test_the_weekend_and_todays_page_are_no_sign_of_quiet() -> None:
    days = usual(day_20="empty", day_21="empty", day_22="empty", day_23="empty")
    now = "2026-11-23T22:00"
    here = {day: state for day, state in days.items() if day <= 23}
    state = replace(WELL, succeeded=utc("2026-11-23T21:00"))
    assert found(pages(here), state, now=now) is None
