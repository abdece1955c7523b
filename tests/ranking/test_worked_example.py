"""The example of docs/ranking.md, worked out by hand, gives what the program gives."""

from __future__ import annotations

from math import log, sqrt
from pathlib import Path

import pytest

from tests.ranking.samples import paper, profile, ranking_of

PAGE = (Path(__file__).parents[2] / "docs" / "ranking.md").read_text("utf-8")
EXAMPLE = PAGE.split("### An example")[1].split("\n### ")[0]
PAPER = paper(
    1,
    "Floes in winter",
    "A radar on a ship sees how sea ice drifts past the coast, and counts ridges, leads and melt "
    "ponds between the islands.",
)
# The title has 3 terms: floe, winter, floe winter. The abstract has 14 stems, and 11 pairs of them.
LENGTH = sqrt(3 * (1 + log(3)) ** 2 + 25)
WORDS = 3 * (1 / sqrt(3)) * (1 / LENGTH)  # sea, ice and the pair: all of the phrase
MENTION = 0.042
USE, UNSEEN = (1 + 1.5) / (1 + 100), 1.5 / (1 + 100)
RARITY = (0.0007 + UNSEEN) / (0.0007 + UNSEEN + USE)
MEANING = RARITY * 0.49 * (0.70 - 0.18)  # the table of word pieces gives a cosine of 0.70
EVIDENCE = WORDS + MENTION + MEANING - 0.018


def test_the_score_is_what_the_page_works_out() -> None:
    (score,) = ranking_of([PAPER]).rank(profile("sea ice")).scores.tolist()
    assert score == pytest.approx(1.8 * EVIDENCE, abs=0.001)
    assert f"**{score:.4f}**" in EXAMPLE


def test_above_the_knee_the_score_nears_1() -> None:
    (score,) = ranking_of([PAPER]).rank(profile("sea ice", "radar")).scores.tolist()
    alone = [ranking_of([PAPER]).rank(profile(each)).scores[0] for each in ("sea ice", "radar")]
    assert score == pytest.approx(1 - 0.25**2 / (sum(alone) - 0.5), abs=0.0002)
    assert f"**{score:.4f}**" in EXAMPLE


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("its length", LENGTH),
        ("the words", WORDS),
        ("rarity", RARITY),
        ("meaning", MEANING),
        ("evidence", EVIDENCE),
    ],
)
def test_the_page_says_each_part(part: str, value: float) -> None:
    (line,) = [line for line in EXAMPLE.splitlines() if line.startswith(f"| {part} |")]
    assert f" {value:.3f} |" in line
