"""What is decided for many readers at once is what is decided for each the plain way."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from digest import selection
from digest.model import Digest, Interest, Paper, PaperKey, Profile, Reason, SubscriberId
from digest.model.papers import Standing
from digest.selection.judging import Reader, plans
from tests.selection.plain import Case, picked
from tests.selection.test_decisions import ADA, NOW, WEEK, paper, window
from tests.selection.test_diversity import both_ways

NAMES = ("ferries", "tides", "lamps", "gulls")
STANDINGS: Sequence[Standing | None] = [*[None] * 8, "withdrawn", "revised"]


def some_papers(chance: random.Random) -> list[Paper]:
    """Papers whose ids are in another order than their keys."""
    ids = chance.sample(range(100, 999), chance.randint(1, 14))
    papers = [paper(key, name=f"p{each}") for key, each in enumerate(ids, 1)]
    return [replace(each, standing=chance.choice(STANDINGS)) for each in papers]


def some_case(chance: random.Random, papers: Sequence[Paper]) -> Case:
    indices = range(len(papers))

    def some(share: float) -> set[int]:
        return {index for index in indices if chance.random() < share}

    names = chance.sample(NAMES, chance.randint(0, 4))
    must = chance.choice([*names, None, None, None])
    subscriber = replace(
        ADA,
        id=SubscriberId(f"s{chance.random()}"),
        profile=Profile(tuple(Interest(name, must_see=name == must) for name in names)),
        limit=chance.randint(1, 6),
        threshold=chance.choice([0.0, 0.2, 0.5]),
        revisions=chance.random() < 0.5,
    )
    return Case(
        subscriber,
        [chance.randint(0, 10) / 10 for _ in indices],
        excluded=some(chance.choice([0, 0.2])),
        sent=some(chance.choice([0, 0, 0.2])),
        required=some(0.2) if must else (),
        good={name: some(0.3) for name in names},
    )


@given(seed=st.integers(0, 100_000))
def test_picks_and_counts_are_those_of_the_plain_way(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 — test data, not secrets
    papers = some_papers(chance)
    looks = chance.choice([0, 0, min(2, len(papers))])
    seen = window(papers)
    seen = replace(seen, upvotes_before={PaperKey(key): 3 for key in range(1, looks + 1)})
    pairs = [
        (n, m) for n in range(len(papers)) for m in range(n) if chance.random() < 0.05
    ]  # nearly the same
    # The readers share what the ranking says of interests, so each case has names of its own.
    cases = [some_case(chance, papers) for _ in range(chance.randint(1, 5))]
    cases = [_renamed(case, number) for number, case in enumerate(cases)]
    good = {name: papers for case in cases for name, papers in case.good.items()}
    musts = {each.text: c.required for c in cases for each in c.subscriber.profile.interests}
    made = plans(
        [Reader(c.subscriber, WEEK, {papers[n].key for n in c.sent}) for c in cases],
        seen,
        selection.Ranked(
            np.array([case.scores for case in cases], dtype=float),
            [dict.fromkeys(case.excluded, "survey") for case in cases],
            lambda picks: [(Reason(f"{picks}", "", "title", 1.0, 0.5),) for _ in picks],
            reached=lambda interest, threshold: good[interest.text],
            holding=lambda interest: musts[interest.text],
            twins=both_ways(pairs),
        ),
        now=NOW,
    )
    for case, each in zip(cases, made, strict=True):
        chosen, left_out = picked(
            case, papers, looks, lambda n, m: (n, m) in pairs or (m, n) in pairs
        )
        decision = each.decision
        picks = decision.picks if isinstance(decision, Digest) else ()
        assert [pick.paper for pick in picks] == [papers[index] for index in chosen]
        assert [pick.score for pick in picks] == [case.scores[index] for index in chosen]
        assert decision.coverage.left_out == left_out
        assert decision.subscriber == case.subscriber.id
        said = [selection.why_left_out(each, index) for index in range(len(papers))]
        assert [index for index, why in enumerate(said) if why is None] == sorted(chosen)


def _renamed(case: Case, number: int) -> Case:
    interests = case.subscriber.profile.interests
    own = tuple(replace(each, text=f"{each.text} {number}") for each in interests)
    good = {f"{name} {number}": papers for name, papers in case.good.items()}
    return replace(case, subscriber=replace(case.subscriber, profile=Profile(own)), good=good)
