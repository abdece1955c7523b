"""Decides the digests of several readers who have one window."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import chain, pairwise

import numpy as np
from numpy.typing import NDArray

from digest import model
from digest.model import Why
from digest.selection.decision import RULED_OUT, SECOND_LOOK, Judgement, Plan, Ranked
from digest.selection.diversity import choose
from digest.selection.window import Window

_STEPS = 10_000  # scores are in steps of 0.0001
_made: Callable[[Iterable[object]], model.Pick] = partial(tuple.__new__, model.Pick)
_CODE = {why: code for code, why in enumerate(RULED_OUT) if why}


@dataclass(frozen=True, slots=True)
class Reader:
    """A subscriber for whom the digest of a period is decided."""

    subscriber: model.Subscriber
    period: model.Period
    sent: Collection[model.PaperKey] = ()
    marks_late: bool = True  # whether a paper of a dump before the period is marked


def plans(
    readers: Sequence[Reader],
    seen: Window,
    ranked: Ranked,
    *,
    now: datetime,
) -> list[Plan]:
    """Decide the digest of each reader, which holds one of several papers that are nearly the same;
    of equal scores, the smaller paper id comes first."""
    ruled_out = _ruled_out(readers, seen, ranked)
    judgements = _judgements(readers, seen, ranked, ruled_out)
    counts = _counts(ruled_out)
    chosen = [judgement.chosen.picked for judgement in judgements]
    rows = np.repeat(np.arange(len(chosen)), [*map(len, chosen)])
    indices = np.fromiter(chain.from_iterable(chosen), dtype=np.int64, count=len(rows))
    reasons = ranked.reasons([*zip(rows.tolist(), indices.tolist(), strict=True)])
    told = zip(ranked.scores[rows, indices].tolist(), reasons, strict=True)
    made = []
    for row, (reader, judgement) in enumerate(zip(readers, judgements, strict=True)):
        picks = tuple([_pick(reader, seen, index, next(told)) for index in chosen[row]])
        left_out = _left_out(judgement, counts[row], len(seen.papers))
        decision = _decision(reader, seen, picks, left_out, now)
        subscriber, period = reader.subscriber, reader.period
        made.append(Plan(subscriber, period, seen, ranked, row, judgement, decision))
    return made


def _judgements(
    readers: Sequence[Reader],
    seen: Window,
    ranked: Ranked,
    ruled_out: NDArray[np.int8],
) -> list[Judgement]:
    """Choose from the papers of the window for each reader."""
    required = [_required(reader.subscriber, ranked) for reader in readers]
    good = _good_enough(readers, seen, ranked)
    for row, papers in enumerate(required):
        if papers:
            good[row, list(papers)] = True
    good &= ruled_out == 0
    found = []
    for row, order in enumerate(_orders(good, seen, ranked)):
        subscriber = readers[row].subscriber
        chosen = choose(
            order,
            limit=subscriber.limit,
            required=required[row],
            twins=ranked.twins,
            good=partial(_good, subscriber, ranked),
        )
        found.append(Judgement(order, chosen, ruled_out[row]))
    return found


def _required(subscriber: model.Subscriber, ranked: Ranked) -> Collection[int]:
    """The papers that the subscriber must see."""
    musts = [interest for interest in subscriber.profile.interests if interest.must_see]
    return {index for interest in musts for index in ranked.holding(interest)} if musts else ()


def _good_enough(readers: Sequence[Reader], seen: Window, ranked: Ranked) -> NDArray[np.bool_]:
    """Readers × papers: whether the score reaches the threshold."""
    thresholds = np.array([reader.subscriber.threshold for reader in readers])[:, None]
    good: NDArray[np.bool_] = ranked.scores >= thresholds
    if looks := len(seen.upvotes_before):
        good[:, :looks] |= ranked.scores[:, :looks] >= thresholds * SECOND_LOOK
    return good


def _ruled_out(readers: Sequence[Reader], seen: Window, ranked: Ranked) -> NDArray[np.int8]:
    """Readers × papers: what keeps a paper out whatever its score, as a place in ``RULED_OUT``."""
    codes = np.zeros(ranked.scores.shape, dtype=np.int8)
    for row, excluded in enumerate(ranked.excluded):
        if excluded:
            codes[row, list(excluded)] = _CODE[Why.RULED_OUT]
    standing = np.array([paper.standing for paper in seen.papers], dtype=object)
    codes[:, standing == "withdrawn"] = _CODE[Why.WITHDRAWN]
    takes_no_revisions = [not reader.subscriber.revisions for reader in readers]
    codes[np.ix_(takes_no_revisions, standing == "revised")] = _CODE[Why.REVISED]
    if any(reader.sent for reader in readers):
        at = {paper.key: index for index, paper in enumerate(seen.papers)}
        for row, reader in enumerate(readers):
            had = [at[key] for key in reader.sent if key in at]
            codes[row, had] = _CODE[Why.SENT_BEFORE]
    return codes


def _orders(good: NDArray[np.bool_], seen: Window, ranked: Ranked) -> Iterator[list[int]]:
    """The good papers of each reader, best first."""
    ids = [paper.id for paper in seen.papers]
    by_id = np.array(sorted(range(len(ids)), key=ids.__getitem__), dtype=np.int64)
    # Numbers of 16 bits: these NumPy sorts by counting, without comparing any.
    place = np.empty(len(ids), dtype=np.min_scalar_type(len(ids)))
    place[by_id] = np.arange(len(ids))
    counts = np.count_nonzero(good, axis=1)
    rows = np.repeat(np.arange(len(good)), counts)
    found = np.flatnonzero(good) - rows * len(ids)
    steps = np.rint((1 - ranked.scores[rows, found]) * _STEPS).astype(np.uint16)
    every = found[np.lexsort((place[found], steps, rows.astype(np.uint16)))].tolist()
    ends = np.cumsum(counts).tolist()
    return (every[start:end] for start, end in pairwise([0, *ends]))


def _good(subscriber: model.Subscriber, ranked: Ranked) -> dict[str, Collection[int]]:
    """Each interest, as the profile writes it → the papers that reach the threshold by it alone."""
    found: dict[str, Collection[int]] = {}
    for interest in subscriber.profile.interests:
        papers, name = ranked.reached(interest, subscriber.threshold), str(interest)
        found[name] = {*found[name], *papers} if name in found else papers
    return found


def _counts(ruled_out: NDArray[np.int8]) -> list[dict[Why, int]]:
    """How many papers are ruled out for each reader, by reason."""
    found: list[dict[Why, int]] = [{} for _ in ruled_out]
    for why, code in _CODE.items():
        counts = np.count_nonzero(ruled_out == code, axis=1)
        for row in np.flatnonzero(counts).tolist():
            found[row][why] = int(counts[row])
    return found


def _left_out(
    judgement: Judgement, ruled_out: Mapping[Why, int], considered: int
) -> Mapping[Why, int]:
    """Count the papers that are left out by reason, of ``considered`` papers in all."""
    chosen, picked = judgement.chosen, len(judgement.chosen.picked)
    over_limit = len(judgement.order) - picked - len(chosen.twins) - len(chosen.made_room)
    below = considered - len(judgement.order) - sum(ruled_out.values())
    counts = {
        **ruled_out,
        Why.DUPLICATE: len(chosen.twins),
        Why.MADE_ROOM: len(chosen.made_room),
        Why.OVER_LIMIT: over_limit,
        Why.BELOW_THRESHOLD: below,
    }
    return {why: count for why, count in counts.items() if count}


def _pick(
    reader: Reader, seen: Window, index: int, told: tuple[float, tuple[model.Reason, ...]]
) -> model.Pick:
    paper, (score, reasons) = seen.papers[index], told
    before = seen.upvotes_before.get(paper.key) if seen.upvotes_before else None
    late = False
    if reader.marks_late and before is None:
        # Of an earlier dump, and its digest did not have it.
        start = reader.period.start
        late = (paper.listed or start) < start
    return _made((paper, score, reasons, late, before))


def _decision(
    reader: Reader,
    seen: Window,
    picks: tuple[model.Pick, ...],
    left_out: Mapping[Why, int],
    now: datetime,
) -> model.Digest | model.Skip:
    coverage = model.Coverage(
        pages=seen.pages,
        papers=len(seen.papers),
        left_out=left_out,
        missing=seen.missing,
        expected=seen.expected,
    )
    subscriber, period = reader.subscriber, reader.period
    if picks or (seen.papers and subscriber.send_empty):
        return model.Digest(subscriber.id, period, now, seen.until, picks, coverage)
    reason = model.SkipReason.NOTHING_PICKED if seen.papers else model.SkipReason.NOTHING_NEW
    return model.Skip(subscriber.id, period, now, seen.until, reason, coverage)
