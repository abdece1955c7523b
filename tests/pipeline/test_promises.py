"""The promises of the whole line, through every order of events that Hypothesis thinks of.

Dumps arrive in any order, repeated and late; the clock jumps; profiles are edited; passes die at
any call of the ledger, before or after it took effect, and later ones take up what they left. What
is old is pruned, and readers change, so that dumps are read again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, rule, run_state_machine_as_test

import digest.ledger
from digest import sources
from digest.cli.dry import DryPublisher, DryTransport
from digest.explain import explanation
from digest.ledger import Ledger
from digest.model import Channel, Expected, Schedule, State, Subscriber
from digest.pipeline.publish import publish
from digest.pipeline.run import run
from digest.public.folder import FolderPublisher
from tests.conftest import examples
from tests.ledger.samples import feed_tokens
from tests.world import MEMORY, File, World, around, person, picked, snapshot, utc

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KINDS = ("Lighthouse", "Soup kitchen", "Gull colony")
LONG = 3650 * DAY
STEPS = (
    *("seen", "record_dump", "decided", "due", "papers", "record", "record"),
    *("claim", "commit", "commit", "settle", "settle", "stored", "newest_digests"),
)
"""What a pass asks of the ledger, and where it may die."""
FORWARD = (DAY, DAY, DAY, 5 * HOUR, 3 * DAY, 8 * DAY, 365 * DAY)
BACK = (-HOUR, -DAY, -9 * DAY, -365 * DAY)
DumpOf = int | tuple[list[tuple[str, int]], int | None] | None

DeathOf = tuple[DumpOf, timedelta, str, int, bool]


class Crash(Exception):
    """The process is gone; nothing that it still does reaches anybody."""


class Dying:
    """Lets a pass die at its ``nth`` call of ``step``, before or after that takes effect."""

    def __init__(self, step: str, nth: int, *, late: bool) -> None:
        self._step, self._left, self._late = step, nth, late
        self._dead = False

    def __call__(self, name: str, call: Callable[[], Any]) -> Any:
        if self._dead:
            raise Crash
        if name != self._step or self._left:
            self._left -= name == self._step
            return call()
        if self._late:
            call()
        self._dead = True
        raise Crash


class Home(World):
    """A home whose ledger stays open: passes are what dies here, the database is not at stake."""

    def __init__(self, folder: Path, url: str) -> None:
        super().__init__(folder, url)
        self.book = digest.ledger.open(url)
        self.book.status()

    @contextmanager
    def ledger(self) -> Iterator[Ledger]:
        """The one ledger."""
        yield self.book


titles = st.lists(st.tuples(st.sampled_from(KINDS), st.sampled_from([0, 0, 1, 2])), min_size=1)
papers = st.tuples(titles, st.sampled_from([None, 0, 1, 10]))
dumps = papers | papers | papers | st.none() | st.integers(0, 5)
"""Papers of this dump or of one or two before, and how many days ago it was listed; nothing;
an earlier file again."""
deaths = st.tuples(
    papers,
    st.sampled_from(FORWARD),
    st.sampled_from(STEPS),
    st.sampled_from([0, 0, 1]),
    st.booleans(),
)


class Promises(RuleBasedStateMachine):
    """Runs passes over a home, and looks at what people have after each that went through."""

    template: Path

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(dir=MEMORY)
        path = Path(self.folder.name) / "digest.db"
        copyfile(type(self).template, path)
        self.home = Home(path.parent, f"sqlite:///{path}")
        self.now = utc("2026-11-20T12:00")
        self.files = 10
        self.arrived: set[str] = set()
        self.kept: dict[str, bytes] = {}
        self.removed: dict[str, File] = {}
        self.version = sources.VERSION
        # Ada's profile is never edited, and nothing is too old for her first digest.
        ada = person("ada", zone="Asia/Tokyo", channels=("email", "feed"), backfill=LONG)
        ada = replace(ada, threshold=0.1, limit=1000)
        bob = person("bob", ["soup", "gull"], Schedule("day"), "America/New_York")
        self.people = [ada, bob]

    def teardown(self) -> None:
        try:
            self.goes_through(None, 40 * DAY, asked=False)
            self.ada_has_all_that_has_come()
        finally:
            sources.VERSION = self.version
            self.home.book.close()
            self.folder.cleanup()

    # --- events --------------------------------------------------------------------------

    @rule(interests=st.sets(st.sampled_from(["soup", "gull", "lighthouse"])), feed=st.booleans())
    def bob_edits_his_profile(self, interests: set[str], feed: bool) -> None:
        ada, bob = self.people
        channels: tuple[Channel, ...] = ("email", "feed") if feed else bob.channels
        profile = person("bob", sorted(interests)).profile
        self.people = [ada, replace(bob, profile=profile, channels=channels)]

    @rule(
        dump=dumps,
        jump=st.sampled_from(FORWARD + BACK),
        asked=st.sampled_from([False, False, False, True]),
    )
    def goes_through(self, dump: DumpOf, jump: timedelta, asked: bool) -> None:
        """A pass, and what must be so after it; before it, perhaps, a dry run and questions."""
        self.happens(dump, jump)
        if asked:
            self.nothing_is_changed_by(self.questions)
        report = self.home.run(self.people, self.now, expire_after=LONG)
        assert not report.failed
        self.nobody_gets_a_paper_twice()
        self.outbox_and_feeds_are_what_the_ledger_says()
        self.public_is_what_the_ledger_gives()
        self.nothing_is_changed_by(self.another_pass)

    @rule(deaths=st.lists(deaths, min_size=1, max_size=3))
    def dies(self, deaths: list[DeathOf]) -> None:
        """Passes of which nothing more is seen from some call of the ledger on."""
        for dump, jump, step, nth, late in deaths:
            self.happens(dump, jump)
            dying = Dying(step, nth, late=late)
            self.home.compile(self.people, self.now)
            with (
                suppress(Crash),
                self.home.context(self.now, expire_after=LONG) as context,
            ):
                doomed = replace(context, ledger=around(context.ledger, dying))
                run(doomed, now=self.now)
            self.nobody_gets_a_paper_twice()

    @rule(gone=st.booleans())
    def prunes(self, gone: bool) -> None:
        """What is old is forgotten: records of dumps whose files have gone, picks that no feed
        has."""
        book, files = self.home.book, self.home.inbox.files
        hashes = {file.hash for file in files.values()}
        if gone:
            read = book.seen(hashes, readers=sources.VERSION)
            self.home.inbox.files = {at: one for at, one in files.items() if one.hash not in read}
            self.removed |= {at: one for at, one in files.items() if one.hash in read}
            hashes -= read
        book.forget_records(book.old_dumps(self.now + LONG, present=hashes))
        book.forget_digests(book.old_digests(self.now + LONG, newest=50))
        self.nobody_gets_a_paper_twice()

    @rule()
    def files_come_back(self) -> None:
        """Files that have gone lie in the inbox again."""
        self.home.inbox.files |= self.removed

    @rule()
    def readers_change(self) -> None:
        """Every file is read again that may be."""
        sources.VERSION += "1"

    def happens(self, dump: DumpOf, jump: timedelta) -> None:
        """Time goes on, or back; a dump comes in; the dead are found to be dead."""
        self.now += jump
        self.files += 1
        name = f"{self.files:03}.json"
        earlier = sorted(self.home.inbox.files.items())
        match dump:
            case int() if earlier:
                file = earlier[dump % len(earlier)][1]
                data = file.data if dump % 2 else file.data + b"\n"
                self.home.inbox.files[name] = File(name, data)
            case (read, age):
                titles = [f"{kind} {self.files - before}" for kind, before in read]
                listed = None if age is None else (self.now - age * DAY).date()
                self.home.put(name, *titles, listed=listed)
                self.arrived |= set(titles)
        self.home.book.release(self.home.book.owners(), now=self.now, mode="resend")
        self.home.book.recover(now=self.now, mode="resend")

    def another_pass(self) -> None:
        """Nothing is left to do."""
        report = self.home.run(self.people, self.now, expire_after=LONG)
        assert (report.delivered.rows, report.ingested.dumps) == ([], ())
        assert report.published.written == 0

    def questions(self) -> None:
        """A dry run, previews and explanations."""
        with self.home.context(self.now) as context, self.home.draft() as book:
            dry = replace(
                context,
                ledger=book,
                transport=DryTransport(),
                publisher=DryPublisher(self.home.folder / "public"),
            )
            run(dry, now=self.now)
            for each in self.people:
                explanation.next_plan(book, each, expected=Expected("none"), now=self.now)
                for paper in book.papers(limit=2):
                    explanation.explain(book, each, paper, expected=Expected("none"), now=self.now)

    # --- what must be so -----------------------------------------------------------------

    def nobody_gets_a_paper_twice(self) -> None:
        """And a mail that was written stays as it is, to the byte."""
        outbox = snapshot(self.home.folder / "outbox")
        assert self.kept.items() <= outbox.items()
        self.kept = outbox
        for each in self.people:
            read = self.read_by(each)
            assert len(read) == len(set(read))

    def outbox_and_feeds_are_what_the_ledger_says(self) -> None:
        book = self.home.book
        assert {row.state for row in book.deliveries()} <= {State.SENT}
        assert picked(book, [each.id for each in self.people]) == self.home.mail()
        for each in self.people:
            if "feed" in each.channels:
                assert self.home.feed(each) == sorted(self.read_by(each))

    def public_is_what_the_ledger_gives(self) -> None:
        with (
            TemporaryDirectory(dir=MEMORY) as other,
            self.home.context(self.now) as context,
            self.home.draft() as draft,
        ):
            elsewhere = replace(context, ledger=draft, publisher=FolderPublisher(Path(other)))
            publish(elsewhere, now=self.now)
            rebuilt, public = snapshot(Path(other)), self.home.public()
        assert rebuilt.keys() == public.keys()
        # A digest's own page is made once, and shows the profile as it was then.
        bobs = feed_tokens(self.home.book, self.people[1].id)[self.people[1].id]
        pages = {name for name in public if name.startswith(f"archive/{bobs}/2")}
        assert [name for name in public.keys() - pages if rebuilt[name] != public[name]] == []

    def ada_has_all_that_has_come(self) -> None:
        """No paper for her was lost on the way, whatever happened."""
        hers = {title for title in self.arrived if title.startswith("Lighthouse")}
        assert set(self.read_by(self.people[0])) == hers

    def nothing_is_changed_by(self, act: Callable[[], object]) -> None:
        before = self.files_of_the_home()
        act()
        assert self.files_of_the_home() == before

    def files_of_the_home(self) -> dict[str, bytes]:
        """All but the index that SQLite keeps of its log while it is open."""
        found = snapshot(self.home.folder)
        return {name: data for name, data in found.items() if not name.endswith("-shm")}

    def read_by(self, subscriber: Subscriber) -> list[str]:
        """The titles in all mail to a subscriber."""
        mail = self.home.mail().items()
        return [
            title for name, read in mail if name.endswith(f"-{subscriber.id}") for title in read
        ]


@pytest.mark.no_cover
def test_promises(sqlite_template: Path) -> None:
    run_state_machine_as_test(
        type("Machine", (Promises,), {"template": sqlite_template}),
        settings=settings(
            max_examples=examples(10),
            stateful_step_count=8,
            report_multiple_bugs=False,
            phases=[Phase.reuse, Phase.generate],  # ten steps are few enough to read as they are
            suppress_health_check=list(HealthCheck),
        ),
    )
