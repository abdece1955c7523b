"""From evidence to scores, and whole steps shared out."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.ranking.calibration import KNEE, STEPS, apportion, score_steps


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
    assert apportion(steps, parts) == shares


@given(st.integers(-STEPS, STEPS), st.lists(st.floats(1e-6, 1e3), min_size=1, max_size=30))
def test_shares_sum_to_the_whole(steps: int, parts: list[float]) -> None:
    shares = apportion(steps, parts)
    assert sum(shares) == steps
    total = sum(parts)
    assert all(abs(s - steps * p / total) < 1 + 1e-6 for s, p in zip(shares, parts, strict=True))
