"""What is due is fetched, saved once for each different listing, and taken up where it stopped."""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from shutil import copyfile

import pytest

import digest.ledger
from digest.ledger import Ledger
from digest.model import PageSeen, Source
from digest.sources.fetch import fetcher, kinds
from digest.sources.fetch.context import FetchContext, SourceFetched
from digest.sources.fetch.exchange import Answer, FetchError, Identity, Request, Validators
from tests.sources.fetch import play
from tests.sources.fetch.made import Made, weeks
from tests.sources.fetch.play import URL, Play, Reply, Trouble, changed_markup, outage

MONDAY = date(2026, 11, 16)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
DAILY = Source("daily-papers", "daily-papers", url=URL, backfill=2 * DAY)
FEED = Source("feed", "feed", url=f"{URL}/feed")


def at(day: int, hour: float = 13) -> datetime:
    """An instant so many days after Monday."""
    midnight = datetime(MONDAY.year, MONDAY.month, MONDAY.day, tzinfo=UTC)
    return midnight + day * DAY + hour * HOUR


@dataclass
class World:
    """A home that fetches from the sources that are played."""

    folder: Path
    ledger: Ledger
    now: datetime = field(default_factory=lambda: at(0))
    play: Play = field(init=False)
    refusal: FetchError | None = None  # the next request is refused with it

    def __post_init__(self) -> None:
        self.play = Play(weeks(MONDAY - 7 * DAY, 28, 5), lambda: self.now)

    def get(self, request: Request, known: Validators | None = None) -> Answer:
        if self.refusal:
            self.play.log.append((self.now, request.url))
            raise self.refusal
        return self.play.get(request, known)

    @property
    def context(self) -> FetchContext:
        return FetchContext(
            folder=self.folder,
            ledger=self.ledger,
            identity=Identity("ada@example.org"),
            kind=kinds.of,
            connect=lambda source, kind: self.get,
            clock=lambda: self.now,
            jitter=lambda: 0.0,
        )

    def fetch(
        self, *sources: Source, now: datetime | None = None, at_once: bool = False
    ) -> list[SourceFetched]:
        self.now = now or self.now
        return list(fetcher.fetch(self.context, sources or (DAILY,), at_once=at_once))

    def asked(self) -> list[str]:
        """The requests since the last look, by path and query."""
        found = [url.removeprefix(URL) for _, url in self.play.log]
        self.play.log.clear()
        return found

    def days(self) -> list[str]:
        """The days that were asked for since the last look, each once."""
        return list(dict.fromkeys(url.split("date=")[1][:10] for url in self.asked()))

    def files(self, source: str = "daily-papers") -> list[str]:
        """The names of the files that a pass would read."""
        folder = self.folder / source
        return sorted(path.name for path in folder.iterdir()) if folder.exists() else []

    def page(self, day: date = MONDAY) -> PageSeen:
        return next(one for one in self.ledger.pages(since=day) if one.day == day)

    def papers(self) -> list[str]:
        """The ids of all papers in files of the daily papers."""
        found = []
        for name in self.files():
            content = gzip.decompress((self.folder / "daily-papers" / name).read_bytes())
            found += [each["paper"]["id"] for each in json.loads(content)]
        return found


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> Iterator[World]:
    copyfile(sqlite_template, tmp_path / "digest.db")
    with digest.ledger.open(f"sqlite:///{tmp_path / 'digest.db'}") as ledger:
        yield World(tmp_path / "fetched", ledger)


def states(world: World) -> list[tuple[int, str, int]]:
    """Day of the month, state and number of papers of all pages."""
    pages = world.ledger.pages(since=date.min)
    return [(one.day.day, one.state, one.papers) for one in pages]


def test_the_first_fetch_reaches_back_as_far_as_backfill(world: World) -> None:
    (found,) = world.fetch()
    assert (found.fault, found.skipped) == ("", "")
    assert states(world) == [(14, "empty", 0), (15, "empty", 0), (16, "whole", 5)]
    assert world.files() == ["2026-11-16.1.json.gz"]
    assert world.days() == ["2026-11-16", "2026-11-15", "2026-11-14"]
    assert (world.folder / "daily-papers" / world.files()[0]).stat().st_mode & 0o777 == 0o600


def test_nothing_is_asked_before_it_is_due(world: World) -> None:
    world.fetch()
    world.asked()
    (found,) = world.fetch(now=at(0, 13.9))
    assert found.skipped == "not due before Mon 16 Nov 14:00 UTC"
    assert fetcher.next_due([DAILY], world.ledger, world.now) == at(0, 14)
    assert world.asked() == []
    world.fetch(now=at(0, 14))
    assert world.days() == ["2026-11-16", "2026-11-15"]


def test_a_source_is_fetched_before_its_time_where_that_is_asked_for(world: World) -> None:
    world.fetch()
    world.asked()
    world.fetch(now=at(0, 13.2), at_once=True)
    assert "2026-11-16" in world.days()


def test_a_listing_that_has_not_changed_makes_no_new_file(world: World) -> None:
    votes = ((at(0, 13.5), 4), (at(0, 14.5), 7), (at(0, 15.5), 8))
    today = [replace(one, upvotes=votes) for one in world.play.papers if one.day == MONDAY]
    world.play.papers = today
    files = []
    for hour in range(13, 18):
        ((page, *_),) = [one.pages for one in world.fetch(now=at(0, hour))]
        files.append(page.files)
    # Nothing changed from 4 upvotes to 7, and at the end not even the answer.
    assert files == [1, 1, 0, 1, 0]
    assert world.files() == [f"2026-11-16.{number}.json.gz" for number in (1, 2, 3)]


@pytest.mark.parametrize(
    ("looks", "name"),
    [
        ((at(1, 9), at(1, 11)), "2026-11-16.2.2026-11-17.json.gz"),
        ((at(1, 11),), "2026-11-16.2.json.gz"),  # it may have been there since Monday
    ],
)
def test_what_is_added_to_a_page_is_as_old_as_the_look_before(
    world: World, looks: tuple[datetime, ...], name: str
) -> None:
    world.play.papers = [*world.play.papers, Made(900, MONDAY, at=at(1, 10.5))]
    for now in (at(0, 13), *looks):
        world.fetch(now=now)
    mine = [each for each in world.files() if each.startswith("2026-11-16")]
    assert mine == ["2026-11-16.1.json.gz", name]


def test_a_listing_that_grew_is_saved_beside_the_earlier_one(world: World) -> None:
    late = Made(900, MONDAY, at=at(0, 13.5))
    world.play.papers = [*world.play.papers, late]
    world.fetch()
    world.fetch(now=at(0, 14))
    assert world.page().papers == 6
    assert world.papers().count(late.arxiv) == 1
    assert len(world.files()) == 2


def test_a_page_of_many_answers_is_whole_with_the_last_one(world: World) -> None:
    world.play.most = 2
    world.fetch()
    assert world.page() == PageSeen("daily-papers", MONDAY, "whole", 5, at(0))
    assert len(world.files()) == 3
    assert len(set(world.papers())) == 5


def test_an_interrupted_page_goes_on_at_its_next_request(world: World) -> None:
    world.play.most = 2
    world.play.troubles = [outage(at(0), at(0, 13.01), "p=2")]
    (found,) = world.fetch()
    assert found.fault == "play.example answered 503"
    assert found.retry_at == at(0) + timedelta(minutes=1)
    assert world.page().state == "partial"
    assert [url.split("p=")[1] for url in world.asked()] == ["0", "1", "2"]
    world.fetch(now=at(0, 13.1))
    assert [url.split("p=")[1] for url in world.asked()][:2] == ["2", "3"]
    assert world.page().state == "whole"
    assert len(world.papers()) == 5


def test_a_whole_page_stays_whole_while_it_is_fetched_again(world: World) -> None:
    world.play.most = 2
    world.fetch()
    world.play.troubles = [outage(at(0, 14), at(0, 15), "p=2")]
    world.fetch(now=at(0, 14))
    assert world.page() == PageSeen("daily-papers", MONDAY, "whole", 5, at(0))
    world.fetch(now=at(0, 15))
    assert world.page() == PageSeen("daily-papers", MONDAY, "whole", 5, at(0, 15))


def test_a_page_that_does_not_get_on_begins_anew_after_the_others(world: World) -> None:
    world.play.most = 2
    world.play.troubles = [outage(at(0), at(0, 18), "2026-11-16&limit=100&p=2")]
    for minutes in (0, 1, 3, 7):
        world.asked()
        world.fetch(now=at(0) + timedelta(minutes=minutes))
    assert world.days() == ["2026-11-15", "2026-11-14", "2026-11-16"]
    assert [one[:2] for one in states(world)] == [(14, "empty"), (15, "empty"), (16, "partial")]
    world.fetch(now=at(0, 18))
    assert [url.split("p=")[1] for url in world.asked()] == ["0", "0", "1", "2", "3"]


def test_the_gap_after_an_outage_is_filled_back_to_the_last_success(world: World) -> None:
    world.fetch(now=at(0))
    world.asked()
    world.fetch(now=at(9))
    # The pages that could still change when they were fetched last are fetched again.
    assert world.days() == [f"2026-11-{day}" for day in range(25, 13, -1)]
    assert [one for one in states(world) if one[1] == "whole"] == [
        (day, "whole", 5) for day in (16, 17, 18, 19, 20, 23, 24, 25)
    ]


def test_a_page_is_fetched_once_more_when_its_list_can_no_longer_change(world: World) -> None:
    late = Made(901, MONDAY, at=at(0, 20))
    world.play.papers = [*world.play.papers, late]
    world.fetch(now=at(0))
    world.fetch(now=at(12))
    assert world.page().papers == 6
    world.asked()
    world.fetch(now=at(13))
    assert "2026-11-16" not in world.days()


def test_an_answer_in_an_unknown_form_is_kept_and_is_a_fault(world: World) -> None:
    world.play.troubles = [changed_markup(at(0), at(0, 16))]
    (found,) = world.fetch()
    assert "its form has changed" in found.fault
    assert {one.page.state for one in found.pages} == {"unreadable"}
    assert world.files() == [f"2026-11-{day}.unreadable.html.gz" for day in (14, 15, 16)]
    world.fetch(now=at(0, 14))
    assert len(world.files()) == 3
    assert world.ledger.source_states()["daily-papers"].failures == 2
    (found,) = world.fetch(now=at(0, 16))
    assert (found.fault, world.page().state) == ("", "whole")
    assert world.ledger.source_states()["daily-papers"].failures == 0


@pytest.mark.parametrize("has_end", [True, False], ids=["whole", "cut off"])
def test_a_feed_that_was_cut_off_is_no_page(world: World, has_end: bool) -> None:
    feed = world.play.reply(f"{URL}/feed").body
    cut = feed if has_end else feed[: len(feed) // 2]
    world.play.troubles = [Trouble(at(0), at(1), Reply(200, cut), "/feed")]
    (found,) = world.fetch(FEED)
    assert found.fault == ("" if has_end else "its answer was cut off")
    assert world.page().state == ("whole" if has_end else "unreadable")


def test_an_error_in_the_words_of_a_source_is_no_new_form(world: World) -> None:
    body = b"<feed><entry><id>http://arxiv.org/api/errors#x</id><summary>busy</summary></feed>"
    world.play.troubles = [Trouble(at(0), at(1), Reply(200, body))]
    (found,) = world.fetch(
        Source("arxiv", "arxiv", url=URL, categories=("cs.LG",), backfill=2 * DAY)
    )
    assert (found.fault, found.pages) == ("arXiv answered: “busy”", [])
    assert states(world) == []
    assert len(world.asked()) == 1


def test_a_list_that_does_not_end_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.sources.fetch.page.MOST_ANSWERS", 3)
    world.play.most = 1
    world.play.papers = weeks(MONDAY, 1, 9)
    (found,) = world.fetch(DAILY, now=at(0))
    assert "its list does not end" in found.fault
    assert [url for url in world.asked() if "2026-11-16" in url][-1].endswith("p=3")
    assert world.page().state == "unreadable"


def test_an_old_page_that_stays_unreadable_is_given_up(world: World) -> None:
    world.play.troubles = [changed_markup(at(0), at(20), "2026-11-14")]
    world.fetch(now=at(0))
    assert world.ledger.source_states()["daily-papers"].failures == 1
    world.fetch(now=at(9))
    assert world.ledger.source_states()["daily-papers"].failures == 0
    assert states(world)[0] == (14, "unreadable", 0)


def test_pauses_between_attempts_grow_up_to_every(world: World) -> None:
    world.play.troubles = [outage(at(0), at(1))]
    pauses = []
    for _ in range(9):
        (found,) = world.fetch()
        assert found.retry_at
        pauses.append((found.retry_at - world.now) // timedelta(minutes=1))
        world.now = found.retry_at
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    assert len(world.asked()) == 9


def test_a_server_is_not_asked_before_it_wants_to_be(world: World) -> None:
    world.refusal = FetchError("busy", retry_at=at(0, 17))
    (found,) = world.fetch()
    assert found.retry_at == at(0, 17)
    world.refusal = None
    assert world.fetch(now=at(0, 16.9))[0].skipped == "not due before Mon 16 Nov 17:00 UTC"
    assert world.fetch(now=at(0, 17))[0].fault == ""


def test_one_source_that_fails_does_not_stop_the_others(world: World) -> None:
    world.play.troubles = [outage(at(0), at(1), "/api/")]
    daily, feed = world.fetch(DAILY, FEED)
    assert daily.fault
    assert (feed.fault, [one.page.state for one in feed.pages]) == ("", ["whole"])


def test_a_bug_in_a_kind_is_a_fault_of_its_source(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.sources.fetch.kinds.daily_papers.step", lambda *_: 1 // 0)
    daily, feed = world.fetch(DAILY, FEED)
    assert daily.fault == "ZeroDivisionError: integer division or modulo by zero"
    assert feed.fault == ""


def test_a_disk_that_is_full_is_a_fault_with_its_remedy(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        (found,) = world.fetch()
    assert found.fault == "its answer cannot be saved: No space left on device"
    assert "make room" in found.remedy
    assert world.files() == []
    world.fetch(now=at(0, 13.1))
    assert world.files() == ["2026-11-16.1.json.gz"]


def test_two_processes_ask_once(world: World) -> None:
    now = world.now
    other = replace(world.context, connect=lambda *_: pytest.fail("it was asked twice"))

    def connect(source: Source, kind: object) -> Callable[..., Answer]:
        (found,) = fetcher.fetch(other, [DAILY], at_once=True)
        assert found.skipped == "another process is fetching it"
        assert next(fetcher.fetch(other, [DAILY])).skipped == found.skipped
        return world.get

    (found,) = fetcher.fetch(replace(world.context, connect=connect), [DAILY])
    assert (found.fault, found.skipped) == ("", "")
    assert next(fetcher.fetch(other, [DAILY])).skipped.startswith("not due before")
    assert world.now == now


def test_who_stops_in_between_goes_on_at_once_later(world: World) -> None:
    world.play.most = 2
    stopping = iter([False, False, False, True, True, True, True])
    context = replace(world.context, stopping=lambda: next(stopping))
    (found,) = fetcher.fetch(context, [DAILY])
    assert [one.page.state for one in found.pages] == ["partial"]
    assert fetcher.next_due([DAILY], world.ledger, world.now) == at(0)
    world.asked()
    world.fetch()
    assert world.asked()[0].endswith("p=1")
    assert (world.page().state, len(world.papers())) == ("whole", 5)


class Killed(BaseException):
    """The process is killed."""


def test_a_kill_between_any_two_steps_is_harmless(
    tmp_path: Path, sqlite_template: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    step, count = 0, 1

    def killing(call: Callable[..., object]) -> Callable[..., object]:
        def counted(*args: object, **options: object) -> object:
            nonlocal step
            step += 1
            if step == 2 * count - 1:
                raise Killed
            result = call(*args, **options)
            step += 1
            if step == 2 * count:
                raise Killed
            return result

        return counted

    killed = True
    while killed:
        step, killed = 0, False
        url = f"sqlite:///{tmp_path / f'{count}.db'}"
        copyfile(sqlite_template, tmp_path / f"{count}.db")
        with digest.ledger.open(url) as ledger:
            world = World(tmp_path / str(count), ledger)
            world.play.most = 2
            with monkeypatch.context() as patch:
                patch.setattr(os, "fsync", killing(os.fsync))
                patch.setattr(Path, "replace", killing(Path.replace))
                patch.setattr(play.Play, "get", killing(Play.get))
                for name in ("claim_source", "record_page", "record_success"):
                    patch.setattr(Ledger, name, killing(getattr(Ledger, name)))
                try:
                    world.fetch()
                except Killed:
                    killed = True
            world.fetch(now=at(0, 13.5))
            world.fetch(now=at(0, 14))
            assert world.page().state == "whole"
            files = [name for name in world.files() if not name.startswith(".")]
            assert len(set(files)) == len(files) == 3
            assert len(world.papers()) == 5
        count += 1
    assert count > 20


def test_a_page_that_is_still_open_is_fetched_again_even_before_backfill(world: World) -> None:
    late = Made(99_999, MONDAY, at=at(5))
    world.play.papers = [*world.play.papers, late]
    for day in range(6):
        world.fetch(now=at(day, 14))
    assert world.papers().count(late.arxiv) == 1
    assert world.page(MONDAY).papers == 6
