"""Three weeks of ``digest serve`` with sources that fail in every way: the loop of the service, its
passes and its fetching, with the clock and the servers of the test."""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from itertools import pairwise
from pathlib import Path

import pytest
from freezegun import freeze_time

import digest.ledger
import digest.subscribers.reading  # its models cannot be built while the clock stands still
from digest.cli import app, serve
from digest.cli.fetching import Fetches
from digest.model import PageSeen
from digest.scheduling.service import Service
from digest.sources.fetch.exchange import Answer, FetchError, Request, Validators
from tests.cli import sample_home
from tests.sources.fetch.made import weeks
from tests.sources.fetch.play import URL, Play, Reply, Trouble, changed_markup, outage
from tests.world import read_mail, text, titles

FIRST, DAYS = date(2026, 11, 2), 21
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SETTINGS = f"""\
from = "Paper Digest <digest@example.org>"
[[sources]]
kind = "daily-papers"
url = "{URL}"
every = "6h"
[[sources]]
kind = "arxiv"
categories = ["cs.LG"]
url = "{URL}"
every = "12h"
[[sources]]
kind = "feed"
name = "journal"
url = "{URL}/feed"
every = "12h"
"""
EVERY = {"/api/daily_papers": 6 * HOUR, "/api/query": 12 * HOUR, "/feed": 12 * HOUR}
PROFILE = """\
  - id: {}
    email: {}@example.org
    timezone: UTC
    schedule: {{{}}}
    interests: [{{match: "/[a-z]{{3}}/"}}]
    limit: 50
    threshold: 0.01
"""
PROFILES = "subscribers:\n" + "".join(
    PROFILE.format(who, who, schedule)
    for who, schedule in (
        ("ada", 'every: day, at: "07:00"'),
        ("bob", 'every: week, on: monday, at: "05:00"'),
    )
)


HOPE = " and will be in your next digest if it comes"


def at(day: int, hour: float = 0) -> datetime:
    """An instant so many days after the first Monday."""
    return datetime(FIRST.year, FIRST.month, FIRST.day, tzinfo=UTC) + day * DAY + hour * HOUR


TROUBLES = [
    outage(at(1, 8), at(2, 16)),  # for more than a day, from Tuesday on
    outage(at(2, 16), at(3), "/feed"),
    outage(at(4, 20), at(7, 6)),  # over a weekend
    changed_markup(at(9, 6), at(9, 18), "/api/daily"),
    changed_markup(at(9, 6), at(9, 18), "/papers/date"),
    Trouble(at(10, 12), at(10, 16), Reply(429, headers={"Retry-After": "14400"})),
    outage(at(15, 11), at(15, 13), "&p=1", status=0),  # its answers are cut short
]


@dataclass
class Servers:
    """The servers of all sources, as the client of the program sees them."""

    now: datetime
    play: Play = field(init=False)

    def __post_init__(self) -> None:
        papers = weeks(FIRST, DAYS, 3)
        self.play = Play(papers, lambda: self.now, troubles=TROUBLES)

    def get(self, request: Request, known: Validators | None = None) -> Answer:
        reply = self.play.reply(request.url, known)
        if reply.status == 0:
            raise FetchError("the answer broke off")
        if reply.status == 429:
            wait = timedelta(seconds=int(reply.headers["Retry-After"]))
            raise FetchError("too many requests", retry_at=self.now + wait)
        if reply.status not in (200, 304):
            raise FetchError(f"status {reply.status}")
        content = None if reply.status == 304 else reply.body
        return Answer(content, Validators(reply.headers.get("ETag", "")))


@dataclass(frozen=True)
class Past:
    """What three weeks left."""

    home: Path
    servers: Servers

    def mails(self, who: str = "ada") -> dict[str, EmailMessage]:
        """The mails to somebody, by their periods."""
        paths = sorted((self.home / "outbox").glob(f"*-{who}.eml"))
        return {path.stem.removesuffix(f"-{who}"): read_mail(path) for path in paths}

    def pages(self, source: str) -> list[PageSeen]:
        with digest.ledger.open(f"sqlite:///{self.home / 'state' / 'digest.db'}") as ledger:
            return list(ledger.pages_read(since=FIRST)[source].values())


def live(home: Path, servers: Servers, end: datetime) -> None:
    """Run the service. Its clock goes on to the next instant at which something is due."""
    opened = app.open_home(home)
    passes = serve.Passes(opened)
    fetches = Fetches(opened, lambda *_: servers.get, clock=lambda: servers.now)
    fetch_at = due = servers.now

    def next_due() -> datetime | None:
        nonlocal due
        found = serve.next_due(opened)
        due = found or end
        return found

    def look() -> bool:
        nonlocal fetch_at
        servers.now = max(min(fetch_at, due), servers.now + timedelta(seconds=5))
        if servers.now >= end:
            service.stop()
            return False
        frozen.move_to(servers.now)
        if servers.now >= fetch_at:
            fetch_at = fetches.fetch_due() or end
        return passes.watch.changed()

    with freeze_time(servers.now, ignore=["digest.cli.app"]) as frozen:
        service = Service(
            run_pass=passes.run,
            next_due=next_due,
            profiles_changed=passes.profiles.changed,
            inbox_changed=look,
            clock=lambda: servers.now,
            look=timedelta(0),
            regular=timedelta(days=10_000),
        )
        service.run()


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Past:
    home = tmp_path_factory.mktemp("weeks") / "home"
    sample_home.make(home, SETTINGS, PROFILES)
    (home / "inbox" / "first.json").unlink()
    servers = Servers(at(0, 6))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(random, "random", lambda: 0.5)
        live(home, servers, at(DAYS, 8))
    return Past(home, servers)


@pytest.mark.parametrize("who", ["ada", "bob"])
def test_every_paper_is_in_a_digest_once(past: Past, who: str) -> None:
    found = Counter(title for mail in past.mails(who).values() for title in titles(mail))
    assert found == Counter(paper.named for paper in past.servers.play.papers)


def test_papers_that_came_too_late_for_their_digest_are_marked(past: Past) -> None:
    late = {day: text(mail).count(", late\n") for day, mail in past.mails().items()}
    assert {day: count for day, count in late.items() if count} == {"2026-11-04": 3}


def test_each_week_says_which_pages_came(past: Past) -> None:
    said = [re.search(r"Read from [^.]*", text(mail)) for mail in past.mails("bob").values()]
    assert [" ".join(found[0].split()) for found in said if found] == [
        "Read from 1 page, 3 papers",
        f"Read from 9 of 10 expected pages, 12 papers; Friday's arXiv page is missing{HOPE}",
        "Read from 10 of 10 expected pages, 15 papers",
        "Read from 10 of 10 expected pages, 15 papers",
    ]


def test_every_page_is_whole_in_the_end(past: Past) -> None:
    days = [FIRST + number * DAY for number in range(DAYS)]
    states = {one.day: one.state for one in past.pages("daily-papers")}
    assert [states[day] for day in days] == [
        "whole" if day.weekday() < 5 else "empty" for day in days
    ]
    assert all(state in ("whole", "empty") for state in states.values())
    arxiv = {one.day: one.state for one in past.pages("arxiv")}
    assert [arxiv[day] for day in days[:-1]] == [states[day] for day in days[:-1]]


def test_nothing_is_asked_twice_where_it_was_due_once(past: Past) -> None:
    asked: dict[str, list[datetime]] = {}
    for when, url in past.servers.play.log:
        asked.setdefault(url.removeprefix(URL), []).append(when)
    for url, instants in asked.items():
        every = next(least for path, least in EVERY.items() if path in f"{url}/api/daily_papers")
        for before, after in pairwise(instants):
            failed = any(one.since <= before < one.until for one in TROUBLES)
            assert after - before >= (timedelta(seconds=45) if failed else every), (url, before)


def test_pauses_grow_while_a_server_is_away(past: Past) -> None:
    first, last = TROUBLES[0].since, TROUBLES[0].until
    asked = [when for when, _ in past.servers.play.log if first <= when < last]
    assert len(asked) < 3 * 20


def test_a_server_that_asks_to_be_left_alone_is(past: Past) -> None:
    (busy,) = (one for one in TROUBLES if one.reply.status == 429)
    assert len([url for when, url in past.servers.play.log if busy.since <= when < busy.until]) <= 3
