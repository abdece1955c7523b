"""From evidence to scores, and whole steps shared out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ranking.calibration import KNEE, STEPS, apportion, score_steps
from tests.ranking import plain


def test_evidence_is_the_score_up_to_the_knee() -> None:
    below = np.arange(0.0, KNEE * STEPS + 1)
    assert np.array_equal(score_steps(below), below)


def test_more_evidence_never_lowers_the_score_and_1_is_its_end() -> None:
    scores = score_steps(np.arange(0.0, 10 * STEPS, 7))
    assert (np.diff(scores) >= 0).all()
    assert scores[-1] < STEPS
    assert score_steps(np.array([1e12]))[0] == STEPS


def test_evidence_against_ends_at_0() -> None:
    assert score_steps(np.array([-300.0]))[0] == 0


def shared_out(*groups: tuple[int, list[float]]) -> list[list[int]]:
    """The shares of each group of parts, all apportioned at once."""
    sizes = [len(parts) for _, parts in groups]
    shares = apportion(
        np.array([steps for steps, _ in groups], dtype=float),
        np.array([part for _, parts in groups for part in parts]),
        np.repeat(np.arange(len(groups)), sizes),
    )
    rest = iter(shares.tolist())
    return [[int(next(rest)) for _ in range(size)] for size in sizes]


@pytest.mark.parametrize(
    ("steps", "parts", "shares"),
    [
        (10, [1.0, 1.0, 1.0], [4, 3, 3]),
        (1, [0.2, 0.5, 0.3], [0, 1, 0]),
        (0, [1.0], [0]),
        (-3, [1.0, 1.0], [-1, -2]),
    ],
)
def test_steps_shared_out(steps: int, parts: list[float], shares: list[int]) -> None:
    assert shared_out((steps, parts)) == [shares]


PARTS = st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=30)


@given(st.lists(st.tuples(st.integers(-STEPS, STEPS), PARTS), max_size=4))
def test_shares_sum_to_the_whole_and_are_the_same_among_others(
    groups: list[tuple[int, list[float]]],
) -> None:
    found = shared_out(*groups)
    assert found == [plain.apportion(steps, parts) for steps, parts in groups]
    for (steps, parts), shares in zip(groups, found, strict=True):
        assert sum(shares) == steps
        total = sum(parts)
        each = zip(shares, parts, strict=True)
        assert all(abs(share - steps * part / total) < 1 + 1e-6 for share, part in each)
