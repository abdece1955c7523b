"""Plans digests against one archive that stays the same for a whole pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache, cached_property
from itertools import islice
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from digest import selection
from digest.model import (
    Expected,
    Paper,
    PaperKey,
    Period,
    Problem,
    Profile,
    SecondLook,
    Subscriber,
    SubscriberId,
    Verdicts,
)
from digest.pipeline.protocols import PlanningLedger
from digest.selection.coverage import Arrivals
from digest.selection.diversity import Twins

if TYPE_CHECKING:
    from digest.ranking import Block, Corpus, Ranking

ARCHIVE = 5000  # how many of the newest papers teach the ranking which words are common


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscriber for whom the digest of a period is to be planned."""

    subscriber: Subscriber
    period: Period
    after: PaperKey  # where the digest before it ended
    is_first: bool
    """The subscriber has had no digest: nothing in it is late, and no page is missing."""


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A window, and where its papers stand in the ranking."""

    window: selection.Window
    rows: Sequence[int]

    @cached_property
    def place(self) -> Mapping[int, int]:
        """The place in the window of each paper of the ranking that is in it."""
        return {row: index for index, row in enumerate(self.rows)}


class Planner:
    """Plans digests from papers up to the key ``until``. The newest ``ARCHIVE`` of these papers
    teach the ranking, and nothing else does. So a plan is the same whoever else is planned for.
    A ``corpus`` is what another planner learned from the same papers; without one it is learned
    when it is needed. With ``is_past`` a decision of the past is planned again: what its own digest
    sent does not count as sent before."""

    def __init__(
        self,
        ledger: PlanningLedger,
        *,
        until: PaperKey,
        expected: Expected,
        now: datetime,
        is_past: bool = False,
        corpus: Corpus | None = None,
    ) -> None:
        self._ledger, self._until, self._expected = ledger, until, expected
        self._now, self._is_past = now, is_past
        self._problems: dict[str, Problem] = {}
        if corpus:
            self.corpus = corpus
        self._todays: dict[str, date] = {}
        self._ranking: Ranking | None = None
        self._twins: Twins = {}  # by index in the ranking
        self._second_looks: list[SecondLook] | None = None
        """Those with keys greater than ``_after``; None: nobody has wanted any."""
        self._papers: list[Paper] = []
        """Those that are to be ranked: older ones for a second look, then those with keys greater
        than ``_after``."""
        self._keys: list[PaperKey] = []
        """The keys of ``_papers``, in the same order."""
        self._after = until

    @cached_property
    def _newest_paper(self) -> PaperKey:
        return self._ledger.newest_paper()

    def has_papers(self, after: PaperKey, subscriber: Subscriber) -> bool:
        """Whether anything came after ``after`` that the subscriber's digest may hold."""
        newest = self._until if subscriber.second_look else min(self._until, self._newest_paper)
        return after < newest

    @cached_property
    def corpus(self) -> Corpus:
        """What the ranking knows of the archive."""
        # SciPy takes long to import, and most passes have nobody to rank for.
        from digest.ranking import Corpus  # noqa: PLC0415

        return Corpus.learn(self._ledger.papers(until=self._until, limit=ARCHIVE))

    def plans(self, waiting: Sequence[Waiting]) -> Iterator[selection.Plan]:
        """Plan one digest for each of a batch, in order."""
        looking = any(one.subscriber.second_look for one in waiting)
        self._read_papers(min(one.after for one in waiting), second_looks=looking)
        names = [one.subscriber.id for one in waiting if one.subscriber.learn]
        verdicts = self._ledger.verdicts(names)
        ranking = self._ranked(verdicts.values())
        drawn = self._drawn(waiting)
        sent = self._sent(waiting, drawn)
        rest = iter(zip(waiting, drawn, sent, strict=True))
        profiles = (_with_verdicts(one.subscriber, verdicts) for one in waiting)
        for block in ranking.blocks(profiles):
            yield from self._planned(ranking, block, list(islice(rest, len(block.profiles))))
        for text, fault in ranking.faults.items():
            what = f"the pattern is switched off: {fault.what}"
            self._problems[text] = Problem(f"/{text}/", what, fault.remedy)

    def _planned(
        self,
        ranking: Ranking,
        block: Block,
        waiting: Sequence[tuple[Waiting, _Drawn, Collection[PaperKey]]],
    ) -> Iterator[selection.Plan]:
        """Plan the digests of a block, those with one window together."""
        from digest.selection.judging import Reader, plans  # noqa: PLC0415 — it needs NumPy

        rows_of: dict[int, list[int]] = {}
        for row, (_, drawn, _) in enumerate(waiting):
            rows_of.setdefault(id(drawn), []).append(row)
        made: dict[int, selection.Plan] = {}
        for rows in rows_of.values():
            drawn = waiting[rows[0]][1]
            readers = [
                Reader(one.subscriber, one.period, sent, marks_late=not one.is_first)
                for one, _, sent in map(waiting.__getitem__, rows)
            ]
            ranked = _of_window(ranking, block, rows, drawn, self._twins)
            found = plans(readers, drawn.window, ranked, now=self._now)
            made.update(zip(rows, found, strict=True))
        return (made[row] for row in range(len(waiting)))

    def _drawn(self, waiting: Sequence[Waiting]) -> list[_Drawn]:
        """The window of each reader; those who have the same share it."""
        arrivals = self._arrivals(min(one.period.start for one in waiting))
        known: dict[Hashable, _Drawn] = {}
        found = []
        for one in waiting:
            looks_back = one.subscriber.second_look and not one.is_first
            today = self._today(one.subscriber.timezone)
            which = one.after, one.period, one.is_first, today, looks_back
            if which not in known:
                looks = self._second_looks_of(one.after) if looks_back else ()
                known[which] = self._draw(one, looks, arrivals, today)
            found.append(known[which])
        return found

    def _draw(
        self, one: Waiting, looks: Sequence[SecondLook], arrivals: Arrivals, today: date
    ) -> _Drawn:
        start = bisect_right(self._keys, one.after)
        window = selection.window(
            self._papers[start:],
            arrivals,
            second_looks=looks,
            after=one.after,
            until=self._until,
            period=one.period,
            expected=Expected("none") if one.is_first else self._expected,
            today=today,
            now=self._now,
        )
        older = [bisect_left(self._keys, look.paper.key) for look in looks]
        fresh = range(start, len(self._papers))
        return _Drawn(window, [*older, *fresh] if older else fresh)

    def _today(self, timezone: str) -> date:
        if timezone not in self._todays:
            self._todays[timezone] = self._now.astimezone(ZoneInfo(timezone)).date()
        return self._todays[timezone]

    def _sent(
        self, waiting: Sequence[Waiting], drawn: Sequence[_Drawn]
    ) -> list[Collection[PaperKey]]:
        """The papers of each window that the reader has had."""
        if self._is_past:
            return [()] * len(waiting)
        cursors = {
            one.subscriber.id: min([one.after, *(PaperKey(key - 1) for key in its.upvotes_before)])
            for one, its in zip(waiting, (each.window for each in drawn), strict=True)
        }
        sent = self._ledger.sent(cursors)
        return [sent.get(one.subscriber.id, ()) for one in waiting]

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The patterns of profiles planned so far that could not be matched, each once."""
        return tuple(self._problems.values())

    def _read_papers(self, after: PaperKey, *, second_looks: bool) -> None:
        """Have every paper beyond ``after`` at hand, and perhaps those for a second look."""
        if after >= self._after and (self._second_looks is not None or not second_looks):
            return
        self._after, self._ranking = min(after, self._after), None
        self._papers = self._ledger.papers(after=self._after, until=self._until)
        if second_looks or self._second_looks is not None:
            self._second_looks = self._ledger.second_looks(after=self._after, until=self._until)
            looked_at = (look.paper for look in self._second_looks)
            older = (paper for paper in looked_at if paper.key <= self._after)
            self._papers = [*sorted(older, key=lambda paper: paper.key), *self._papers]
        self._keys = [paper.key for paper in self._papers]

    def _second_looks_of(self, after: PaperKey) -> list[SecondLook]:
        """The papers that an earlier digest passed over and whose upvotes jumped since."""
        return [look for look in self._second_looks or () if look.paper.key <= after < look.key]

    def _ranked(self, verdicts: Iterable[Verdicts]) -> Ranking:
        """The ranking of the papers at hand; it also knows the papers that somebody judged."""
        from digest.ranking import Ranking  # noqa: PLC0415 — it takes long to import
        from digest.selection.near_duplicates import near_duplicates  # noqa: PLC0415 — it needs NumPy

        if self._ranking is None:
            self._ranking = Ranking(self.corpus, self._papers)
            self._twins = near_duplicates(self._ranking.abstracts)
        judged = (paper for each in verdicts for paper in (*each.liked, *each.disliked))
        self._ranking.place_judged(judged)
        return self._ranking

    def _arrivals(self, first_day: date) -> Arrivals:
        begin = datetime.combine(first_day, time(), UTC) - timedelta(days=1)
        # Papers may have come before the period: a backfill, or a service that stood still.
        new = self._papers[bisect_right(self._keys, self._after) :]
        dumps = self._ledger.dumps(since=min([begin, *(paper.arrived for paper in new)]))
        if not self._expected.sources:
            return Arrivals(dumps)
        pages = self._ledger.pages_read(since=first_day)
        return Arrivals(dumps, pages, self._ledger.source_states())


def _with_verdicts(subscriber: Subscriber, verdicts: Mapping[SubscriberId, Verdicts]) -> Profile:
    if subscriber.id not in verdicts:
        return subscriber.profile
    judged = verdicts[subscriber.id]
    return replace(
        subscriber.profile,
        liked=tuple(paper.id for paper in judged.liked),
        disliked=tuple(paper.id for paper in judged.disliked),
    )


def _of_window(
    ranking: Ranking, block: Block, profiles: Sequence[int], drawn: _Drawn, twins: Twins
) -> selection.Ranked:
    """What a ranking says of the papers of a window, for some profiles of a block."""
    rows, place = drawn.rows, drawn.place

    def placed(found: Iterable[int]) -> Collection[int]:
        return frozenset(place[row] for row in found if row in place)

    is_whole = rows == range(len(ranking.papers))
    scores = block.scores if len(profiles) == len(block.profiles) else block.scores[profiles]
    return selection.Ranked(
        scores=scores if is_whole else scores[:, rows],
        excluded=[
            {place[row]: why for row, why in its.items() if row in place} if its else its
            for its in map(block.excluded.__getitem__, profiles)
        ],
        reasons=lambda picks: ranking.explain(
            block, [(profiles[reader], rows[index]) for reader, index in picks]
        ),
        reached=ranking.reached if is_whole else cache(lambda *its: placed(ranking.reached(*its))),
        holding=cache(lambda interest: placed(ranking.holding(interest))),
        twins={place[row]: placed(others) for row, others in twins.items() if row in place},
    )
