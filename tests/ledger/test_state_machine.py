"""The ledger against a model of it, through every order of events that Hypothesis thinks of.

Dumps arrive in any order, repeated and late; the clock jumps; runs decide from stale knowledge;
two workers claim, commit and settle; processes die between any two transactions and inside
one; operators step in. After every step the whole ledger must be what the model says.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.ledger.leases import Mode
from digest.model import (
    Channel,
    Claim,
    DeliveryId,
    Digest,
    Outcome,
    PaperKey,
    Period,
    Skip,
    SkipReason,
    State,
    SubscriberId,
)
from tests.conftest import MakeUrl, examples
from tests.ledger.expectations import CA, CL, CO, EDGES, D, E, F, Model, P, S, U
from tests.ledger.samples import (
    BOTH,
    DAY,
    HOUR,
    LEASE,
    MINUTE,
    NOW,
    digest_of,
    dump,
    keys_of,
    match_titles,
    progress,
    recorded,
    skip,
)

TITLES = ("a", "A", "b", "c", "d", "e", "f")
SUBSCRIBERS = (SubscriberId("ada"), SubscriberId("bob"))
PERIODS = tuple(Period(date(2025, 11, day), "day") for day in (18, 19, 20))
OWNERS = ("one", "two")
CHANNELS: tuple[Channel, ...] = BOTH
JUMPS = (MINUTE, LEASE, HOUR, 365 * DAY, -DAY, -365 * DAY)
EXPIRE_AFTER = 2 * DAY

picks = st.integers(0, 2)


class LedgerMachine(RuleBasedStateMachine):
    """Runs the ledger and its model side by side."""

    make_url: Callable[[], str]

    def __init__(self) -> None:
        super().__init__()
        self.url = type(self).make_url()
        self.ledger: Ledger = digest.ledger.open(self.url)
        self.model = Model()
        self.now = NOW
        self.plans: list[Digest] = []
        self.in_hand: list[Claim] = []
        self.seen: dict[DeliveryId, State] = {}
        self.fences: dict[DeliveryId, int] = {}

    def teardown(self) -> None:
        self.papers_are_kept_in_order_of_arrival()
        self.nobody_gets_a_paper_twice()
        self.ledger.close()

    # --- the world -----------------------------------------------------------------------

    @initialize()
    def begin(self) -> None:
        """Two digests are decided, so that four deliveries are under way."""
        self.arrive(["a", "b"], "first")
        for name in SUBSCRIBERS:
            self.decide(self.planned(name, PERIODS[0], 1))

    @rule(jump=st.sampled_from(JUMPS))
    def clock(self, jump: timedelta) -> None:
        self.now += jump

    @rule()
    def crash(self) -> None:
        """The process is gone between two transactions; the next one knows nothing of it."""
        self.ledger.close()
        self.ledger = digest.ledger.open(self.url)
        self.plans.clear()
        self.papers_are_kept_in_order_of_arrival()
        self.nobody_gets_a_paper_twice()

    # --- dumps and papers ----------------------------------------------------------------

    @rule(
        titles=st.lists(st.sampled_from(TITLES), max_size=3),
        name=st.sampled_from(["x", "y"]),
    )
    def arrive(self, titles: list[str], name: str) -> None:
        read = dump(*titles, name=name)
        match = partial(match_titles, arrived=self.now)

        stored = self.ledger.record_dump(read, keys_of(read), match, now=self.now)

        if read.hash in self.model.dumps:
            assert stored == []
            return
        self.model.dumps.add(read.hash)
        folded = list(dict.fromkeys(title.casefold() for title in titles))
        new = [title for title in folded if title not in self.model.papers]
        self.model.papers += new
        assert {found.paper.title.casefold(): found.is_new for found in stored} == {
            title: title in new for title in folded
        }
        self.papers_are_kept_in_order_of_arrival()

    @rule(title=st.sampled_from(TITLES))
    def die_while_matching(self, title: str) -> None:
        read = dump(title, name="z")

        def die(records: object, candidates: object) -> list[object]:
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            self.ledger.record_dump(read, keys_of(read), die, now=self.now)  # type: ignore[arg-type]  # never returns

    # --- decisions -----------------------------------------------------------------------

    def planned(self, name: SubscriberId, period: Period, most: int) -> Digest:
        """What a run would decide now."""
        cursor = progress(self.ledger, {name: period})[name].until or PaperKey(0)
        papers = self.ledger.papers(after=cursor)
        had = self.ledger.sent({name: cursor})[name]
        fresh = [paper for paper in papers if paper.key not in had]
        until = papers[-1].key if papers else PaperKey(0)
        return digest_of(fresh[:most], subscriber=name, period=period, now=self.now, until=until)

    @rule(name=st.sampled_from(SUBSCRIBERS), period=st.sampled_from(PERIODS), most=picks)
    def plan(self, name: SubscriberId, period: Period, most: int) -> None:
        """A run plans; whether and when it records is another matter."""
        self.plans.append(self.planned(name, period, most))

    @precondition(lambda self: self.plans)
    @rule(data=st.data(), keep=st.booleans())
    def record(self, data: st.DataObject, keep: bool) -> None:
        decision = data.draw(st.sampled_from(self.plans))
        if not keep:
            self.plans.remove(decision)
        self.decide(decision)

    @rule(name=st.sampled_from(SUBSCRIBERS), most=picks, title=st.sampled_from(TITLES))
    def race(self, name: SubscriberId, most: int, title: str) -> None:
        """Two runs plan from the same knowledge, on either side of midnight."""
        self.arrive([title], "just before")
        for decision in [self.planned(name, period, most) for period in PERIODS[1:]]:
            self.decide(decision)

    @rule(
        name=st.sampled_from(SUBSCRIBERS),
        period=st.sampled_from(PERIODS),
        reason=st.sampled_from(SkipReason),
    )
    def skip(self, name: SubscriberId, period: Period, reason: SkipReason) -> None:
        self.decide(skip(reason, subscriber=name, period=period, until=len(self.model.papers)))

    def decide(self, decision: Digest | Skip) -> None:
        """Record a decision, in the ledger and in the model."""
        new = self.model.decide(decision, CHANNELS)
        assert recorded(self.ledger, [decision], {decision.subscriber: CHANNELS}) == new
        if new:
            self.nobody_gets_a_paper_twice()

    # --- deliveries ----------------------------------------------------------------------

    @rule(
        owner=st.sampled_from(OWNERS),
        channel=st.sampled_from(CHANNELS),
        limit=st.integers(1, 3),
    )
    def claim(self, owner: str, channel: Channel, limit: int) -> None:
        now = self.now
        free = self.model.free(channel, now)
        claims = self.ledger.claim(channel, owner, now=now, lease=LEASE, limit=limit)
        assert [claim.delivery for claim in claims] == sorted(free[:limit])
        for claim in claims:
            one = self.model.deliveries[claim.delivery]
            assert claim.digest == self.model.decided[one.subscriber, one.period]
            assert claim.fence > self.fences.get(claim.delivery, 0)
            self.fences[claim.delivery] = claim.fence
            one.fence += 1
            assert claim.fence == one.fence
            one.wait(CL, now + LEASE, now)
            one.owner = owner
        self.in_hand += claims

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), expire=st.booleans())
    def commit(self, data: st.DataObject, expire: bool) -> None:
        """Some worker, perhaps one that died or lost its claim long ago, wants to go on."""
        some = data.draw(st.lists(st.sampled_from(self.in_hand[-6:]), min_size=1, max_size=3))
        pairs = [(claim.delivery, claim.fence) for claim in some]
        limit = EXPIRE_AFTER if expire else None
        allowed = {
            number
            for number, fence in set(pairs)
            if self.model.commit(number, fence, limit, self.now)
        }

        assert self.ledger.commit(pairs, now=self.now, expire_after=limit) == allowed
        assert self.ledger.commit(pairs, now=self.now, expire_after=limit) == set()

    @precondition(lambda self: self.in_hand)
    @rule(data=st.data(), state=st.sampled_from([S, D, F, U]))
    def settle(self, data: st.DataObject, state: State) -> None:
        claim = data.draw(st.sampled_from(self.in_hand[-6:]))
        retry_at = self.now + HOUR if state is D else None
        outcome = Outcome(claim.delivery, state, "said", retry_at)
        one = self.model.deliveries[claim.delivery]
        if one.fence == claim.fence and one.state in (CL, CO, U, P):
            one.rest(state, self.now) if retry_at is None else one.wait(D, retry_at, self.now)

        self.ledger.settle([(outcome, claim.fence)], now=self.now)

    @rule(mode=st.sampled_from(["hold", "resend"]))
    def recover(self, mode: Mode) -> None:
        lapsed = [
            one
            for one in self.model.deliveries.values()
            if one.state is CO and one.lapsed(self.now)
        ]
        for one in lapsed:
            one.give_up(mode, self.now)

        assert self.ledger.recover(now=self.now, mode=mode) == len(lapsed)

    @rule(owner=st.sampled_from(OWNERS), mode=st.sampled_from(["hold", "resend"]))
    def release(self, owner: str, mode: Mode) -> None:
        theirs = [one for one in self.model.deliveries.values() if one.owner == owner]
        committed = [one for one in theirs if one.state is State.COMMITTED]
        for one in theirs:
            one.give_up(mode, self.now)

        assert self.ledger.release([owner], now=self.now, mode=mode) == len(committed)

    @rule(owner=st.sampled_from(OWNERS))
    def renew(self, owner: str) -> None:
        theirs = [one for one in self.model.deliveries.values() if one.owner == owner]
        for one in theirs:
            one.due, one.updated = self.now + LEASE, self.now

        assert self.ledger.renew(owner, now=self.now, lease=LEASE) == len(theirs)

    # --- people --------------------------------------------------------------------------

    @rule(name=st.sampled_from(SUBSCRIBERS))
    def unsubscribe(self, name: SubscriberId) -> None:
        new = name not in self.model.off
        self.model.off.add(name)
        assert self.ledger.unsubscribe(name, now=self.now) == new

    @rule(name=st.sampled_from(SUBSCRIBERS))
    def resubscribe(self, name: SubscriberId) -> None:
        was_off = name in self.model.off
        self.model.off.discard(name)
        for one in self.model.deliveries.values():
            if one.subscriber == name and one.channel == "email" and one.state in (S, U):
                one.fence += 1
        assert self.ledger.resubscribe(name) == was_off

    @precondition(lambda self: self.model.deliveries)
    @rule(data=st.data(), word=st.sampled_from(["mark_sent", "resend", "cancel"]))
    def operator(self, data: st.DataObject, word: str) -> None:
        number = data.draw(st.sampled_from(sorted(self.model.deliveries)))
        one = self.model.deliveries[number]
        allowed = {
            "mark_sent": (U, F, E, D, P),
            "resend": (U, F, E, CA, D),
            "cancel": (P, D, CL, U),
        }[word]
        decide = getattr(self.ledger, word)
        if one.state not in allowed:
            with pytest.raises(LedgerError):
                decide(number, now=self.now)
            return
        decide(number, now=self.now)
        if word == "resend":
            one.since = self.now
            one.fence += 1
            one.wait(P, self.now, self.now)
        else:
            one.rest(S if word == "mark_sent" else CA, self.now)

    # --- what must always hold -----------------------------------------------------------

    @invariant()
    def deliveries_are_as_expected(self) -> None:
        rows = self.ledger.deliveries()
        assert {row.id: (row.state, row.due, row.owner, row.updated) for row in rows} == {
            number: (one.state, one.due, one.owner, one.updated)
            for number, one in self.model.deliveries.items()
        }
        assert len({(row.subscriber, row.channel, row.period) for row in rows}) == len(rows)
        for row in rows:
            before = self.seen.get(row.id, row.state)
            assert row.state is before or row.state in EDGES[before]
            self.seen[row.id] = row.state

    def papers_are_kept_in_order_of_arrival(self) -> None:
        papers = self.ledger.papers()
        assert [paper.key for paper in papers] == list(range(1, len(papers) + 1))
        assert [paper.title.casefold() for paper in papers] == self.model.papers

    def nobody_gets_a_paper_twice(self) -> None:
        for name in SUBSCRIBERS:
            digests = self.ledger.digests(name, limit=99)
            picked = [pick.paper.key for one in digests for pick in one.picks]
            assert len(picked) == len(set(picked))
            assert {(name, key) for key in picked} == {
                pair for pair in self.model.sent if pair[0] == name
            }
            standing = progress(self.ledger, {name: PERIODS[0]})[name]
            assert standing.until == self.model.cursors.get(name)
            assert standing.decided == ((name, PERIODS[0]) in self.model.decided)


def run(make_url: MakeUrl, tries: int, steps: int) -> None:
    """Run the machine on ledgers that ``make_url`` makes."""
    machine = type("Machine", (LedgerMachine,), {"make_url": staticmethod(make_url)})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=examples(tries),
            stateful_step_count=steps,
            suppress_health_check=list(HealthCheck),
        ),
    )


@pytest.mark.no_cover
def test_on_sqlite(sqlite_template: Path) -> None:
    with TemporaryDirectory() as folder:

        def make_url() -> str:
            path = Path(folder) / "digest.db"
            for leftover in path.parent.glob("digest.db*"):
                leftover.unlink()
            copyfile(sqlite_template, path)
            return f"sqlite:///{path}"

        run(make_url, tries=15, steps=30)


@pytest.mark.no_cover
def test_on_postgresql(emptied: MakeUrl) -> None:
    run(emptied, tries=3, steps=30)
