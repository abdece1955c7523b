"""What a digest holds where more papers are good than fit, or some are nearly the same."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.selection.diversity import Chosen, Twins, choose
from digest.selection.near_duplicates import ALIKE, LEAST_TRIGRAMS, near_duplicates
from digest.text import terms


def both_ways(pairs: Collection[tuple[int, int]]) -> Twins:
    found: dict[int, list[int]] = {}
    for one, other in pairs:
        found.setdefault(one, []).append(other)
        found.setdefault(other, []).append(one)
    return found


def chosen(
    papers: int,
    limit: int,
    *,
    required: Collection[int] = (),
    twins: Collection[tuple[int, int]] = (),
    good: Mapping[str, Collection[int]] | None = None,
) -> Chosen:
    """Choose from papers 0, 1, 2 …, best first."""
    return choose(
        range(papers),
        limit=limit,
        required=required,
        twins=both_ways(twins),
        good=lambda: good or {},
    )


def test_the_best_are_chosen_up_to_the_limit() -> None:
    assert chosen(5, 3) == Chosen((0, 1, 2), {}, {})
    assert chosen(2, 3) == Chosen((0, 1), {}, {})


# --- what must be seen -------------------------------------------------------------------


def test_what_must_be_seen_is_chosen_beyond_the_limit_and_takes_places_of_it() -> None:
    assert chosen(6, 3, required=[4, 5]).picked == (0, 4, 5)
    assert chosen(6, 2, required=[1, 3, 4, 5]).picked == (1, 3, 4, 5)


def test_what_must_be_seen_never_makes_room() -> None:
    good = {"lamps": [0, 1], "soup": [2]}
    assert chosen(3, 2, required=[0, 1], good=good).picked == (0, 1)


# --- nearly the same ---------------------------------------------------------------------


def test_of_two_that_are_alike_the_better_is_chosen_and_the_place_goes_to_the_next() -> None:
    assert chosen(4, 2, twins=[(0, 1)]) == Chosen((0, 2), {1: 0}, {})


def test_one_that_must_be_seen_stands_for_a_better_one_that_is_alike() -> None:
    assert chosen(3, 2, required=[2], twins=[(0, 2)]) == Chosen((1, 2), {0: 2}, {})


def test_two_that_must_be_seen_and_are_alike_are_one() -> None:
    assert chosen(3, 1, required=[1, 2], twins=[(1, 2)]) == Chosen((1,), {2: 1}, {})


# --- balance -----------------------------------------------------------------------------


def test_an_interest_that_is_crowded_out_is_given_the_least_place() -> None:
    good = {"lamps": range(5), "soup": [5, 6]}
    assert chosen(7, 3, good=good) == Chosen((0, 1, 5), {}, {2: "soup"})


def test_a_paper_that_alone_stands_for_an_interest_keeps_its_place() -> None:
    good = {"lamps": [0, 1], "soup": [2], "gulls": [3]}
    assert chosen(4, 3, good=good) == Chosen((0, 2, 3), {}, {1: "gulls"})


def test_without_room_the_better_interests_stay() -> None:
    good = {"lamps": [0], "soup": [1], "gulls": [2]}
    assert chosen(3, 2, good=good) == Chosen((0, 1), {}, {})


def test_several_interests_are_given_places_the_best_match_first() -> None:
    good = {"lamps": range(4), "soup": [6], "gulls": [5], "tides": [7]}
    assert chosen(8, 4, good=good) == Chosen((0, 5, 6, 7), {}, {3: "gulls", 2: "soup", 1: "tides"})


def test_one_paper_can_stand_for_two_interests() -> None:
    good = {"lamps": [0, 1], "soup": [2, 3], "gulls": [2]}
    assert chosen(4, 2, good=good) == Chosen((0, 2), {}, {1: "gulls"})


def test_a_paper_like_one_that_is_chosen_does_not_stand_for_its_interest() -> None:
    good = {"lamps": [0, 1], "soup": [2, 3]}
    assert chosen(4, 2, twins=[(0, 2)], good=good).picked == (0, 3)


def test_where_all_fit_nobody_asks_for_balance() -> None:
    def ask() -> Mapping[str, Collection[int]]:
        raise AssertionError

    assert choose([2, 1], limit=2, required=(), twins={}, good=ask).picked == (2, 1)


GOOD = st.dictionaries(st.sampled_from("abcd"), st.sets(st.integers(0, 7)))


@given(
    papers=st.integers(0, 8),
    limit=st.integers(1, 5),
    required=st.sets(st.integers(0, 7), max_size=3),
    twins=st.sets(
        st.tuples(st.integers(0, 7), st.integers(0, 7)).filter(lambda p: p[0] < p[1]), max_size=4
    ),
    good=GOOD,
)
def test_whatever_is_offered(
    papers: int,
    limit: int,
    required: set[int],
    twins: set[tuple[int, int]],
    good: dict[str, set[int]],
) -> None:
    made = chosen(papers, limit, required=required, twins=twins, good=good)
    picked = set(made.picked)
    assert list(made.picked) == sorted(picked)
    assert not [pair for pair in twins if picked.issuperset(pair)]
    offered = set(range(papers))
    assert offered & required <= picked | made.twins.keys()
    assert len(picked) <= max(limit, len(offered & required))
    left_out = offered - picked - made.twins.keys()
    assert not left_out or len(picked) >= limit
    assert made.made_room.keys() <= left_out
    for name, papers_of in good.items():
        free = [
            i
            for i in left_out & papers_of
            if not any(i in pair and picked & {*pair} for pair in twins)
        ]
        if free and not picked & papers_of:
            # Nobody could make room: each is required, or alone stands for an interest.
            for one in picked - required:
                assert any(picked & papers == {one} for papers in good.values()), name


# --- what is nearly the same -------------------------------------------------------------

WORDS = [f"word{number}" for number in range(60)]


def near(*abstracts: str) -> Twins:
    """The papers that are nearly the same as others, read as the ranking reads them."""
    known: dict[str, int] = {}
    return near_duplicates(
        [
            np.array([known.setdefault(form, len(known)) for form in terms.forms(text)], dtype=int)
            for text in abstracts
        ]
    )


@pytest.mark.parametrize(
    ("abstract", "nearly"),
    [
        (" ".join(WORDS), True),
        (" ".join(WORDS).upper().replace(" ", "\n"), True),
        (" ".join([*WORDS[:50], *(f"new{number}" for number in range(10))]), True),
        (" ".join([*WORDS[:25], *(f"new{number}" for number in range(35))]), False),
        (" ".join(reversed(WORDS)), False),
        ("", False),
    ],
)
def test_abstracts_that_share_most_of_their_text_are_nearly_the_same(
    abstract: str, nearly: bool
) -> None:
    assert near(" ".join(WORDS), "", abstract) == ({0: [2], 2: [0]} if nearly else {})


def test_short_abstracts_are_not_compared() -> None:
    assert not near("We list data.", "We list data.")
    assert not near()


def plainly_alike(one: str, other: str) -> bool:
    mine, its = (set(zip(f, f[1:], f[2:], strict=False)) for f in map(terms.forms, (one, other)))
    return min(len(mine), len(its)) >= LEAST_TRIGRAMS and len(mine & its) >= ALIKE * len(mine | its)


@given(seed=st.integers(0, 10_000))
def test_the_pairs_that_are_found_are_those_of_comparing_each_with_each(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 — test data, not secrets
    texts = [chance.choices(WORDS[: chance.choice([4, 60])], k=chance.randint(20, 80))]
    for _ in range(9):
        text = list(chance.choice(texts))
        for _ in range(chance.randint(0, 16)):
            text[chance.randrange(len(text))] = chance.choice(WORDS)
        texts.append(text[: chance.randint(15, 90)])
    abstracts = [" ".join(text) for text in texts]
    pairs = {
        (n, m)
        for n in range(10)
        for m in range(n)
        if plainly_alike(*map(abstracts.__getitem__, (n, m)))
    }
    assert {(n, m) for n, others in near(*abstracts).items() for m in others if m < n} == pairs
