"""Plans digests against one archive that stays the same for a whole pass."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cached_property
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
from digest.selection.diversity import NearDuplicates

if TYPE_CHECKING:
    from digest.ranking import Corpus, Ranking, Scored

ARCHIVE = 5000  # how many of the newest papers teach the ranking which words are common


@dataclass(frozen=True, slots=True)
class Waiting:
    """A subscriber for whom the digest of a period is to be planned."""

    subscriber: Subscriber
    period: Period
    after: PaperKey  # where the digest before it ended
    is_first: bool
    """The subscriber has had no digest: nothing in it is late, and no page is missing."""


class Planner:
    """Plans digests from papers up to the key ``until``. The newest ``ARCHIVE`` of these papers
    teach the ranking, and nothing else does. So a plan is the same whoever else is planned for.
    With ``is_past`` a decision of the past is planned again: what its own digest sent does not
    count as sent before."""

    def __init__(
        self,
        ledger: PlanningLedger,
        *,
        until: PaperKey,
        expected: Expected,
        now: datetime,
        is_past: bool = False,
    ) -> None:
        self._ledger, self._until, self._expected = ledger, until, expected
        self._now, self._is_past = now, is_past
        self._near_duplicates = NearDuplicates()
        self._problems: dict[str, Problem] = {}
        self._corpus: Corpus | None = None
        self._ranking: Ranking | None = None
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

    def plans(self, waiting: Sequence[Waiting]) -> Iterator[selection.Plan]:
        """Plan one digest for each of a batch, in order."""
        looking = any(one.subscriber.second_look for one in waiting)
        self._read_papers(min(one.after for one in waiting), second_looks=looking)
        names = [one.subscriber.id for one in waiting if one.subscriber.learn]
        verdicts = self._ledger.verdicts(names)
        profiles = [_with_verdicts(one.subscriber, verdicts) for one in waiting]
        ranking = self._ranked(verdicts.values())
        second_looks = [self._second_looks_of(one) for one in waiting]
        cursors = {
            one.subscriber.id: min([one.after, *(PaperKey(look.paper.key - 1) for look in looks)])
            for one, looks in zip(waiting, second_looks, strict=True)
        }
        sent = {} if self._is_past else self._ledger.sent(cursors)
        arrivals = self._arrivals(min(one.period.start for one in waiting))
        for one, profile, scored, looks in zip(
            waiting, profiles, ranking.rank_many(profiles), second_looks, strict=True
        ):
            start = bisect_right(self._keys, one.after)
            window = selection.window(
                self._papers[start:],
                arrivals,
                second_looks=looks,
                after=one.after,
                until=self._until,
                period=one.period,
                expected=Expected("none") if one.is_first else self._expected,
                today=self._now.astimezone(ZoneInfo(one.subscriber.timezone)).date(),
                now=self._now,
            )
            yield selection.plan(
                one.subscriber,
                one.period,
                window,
                _of_window(
                    ranking, profile, scored, [*self._rows(looks), *range(start, len(self._papers))]
                ),
                sent=sent.get(one.subscriber.id, ()),
                alike=self._near_duplicates,
                now=self._now,
                marks_late=not one.is_first,
            )
        for text, fault in ranking.faults.items():
            what = f"the pattern is switched off: {fault.what}"
            self._problems[text] = Problem(f"/{text}/", what, fault.remedy)

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

    def _second_looks_of(self, one: Waiting) -> list[SecondLook]:
        """The papers that an earlier digest passed over and whose upvotes jumped since."""
        if not one.subscriber.second_look or one.is_first:
            return []
        looks = self._second_looks or ()
        return [look for look in looks if look.paper.key <= one.after < look.key]

    def _rows(self, looks: Iterable[SecondLook]) -> Iterator[int]:
        return (bisect_left(self._keys, look.paper.key) for look in looks)

    def _ranked(self, verdicts: Iterable[Verdicts]) -> Ranking:
        """The ranking of the papers at hand; it also knows the papers that somebody judged."""
        # SciPy takes long to import, and most passes have nobody to rank for.
        from digest.ranking import Corpus, Ranking  # noqa: PLC0415

        if self._corpus is None:
            self._corpus = Corpus.learn(self._ledger.papers(until=self._until, limit=ARCHIVE))
        if self._ranking is None:
            self._ranking = Ranking(self._corpus, self._papers)
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
    ranking: Ranking, profile: Profile, scored: Scored, rows: Sequence[int]
) -> selection.Ranked:
    """What a ranking says of some of its papers, by their place in ``rows``."""
    place = {row: index for index, row in enumerate(rows)}
    return selection.Ranked(
        scores=scored.scores[rows],
        excluded={place[row]: term for row, term in scored.excluded.items() if row in place},
        reasons=lambda index: ranking.reasons(profile, rows[index]),
        alone=lambda interest: ranking.alone(interest)[rows],
        holding=lambda interest: [place[row] for row in ranking.holding(interest) if row in place],
    )
