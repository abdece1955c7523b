"""What becomes of papers of a dump that older readers misread, when it is read again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from digest.model import Former, Match, Paper, Record

from .papers import ABSTRACT, OTHER_ABSTRACT, known, record, sort

TITLE = "LoRA: Low-Rank Adaptation of Large Language Models"


def again(old: Record, *now: Record, others: tuple[Record, ...] = ()) -> list[Match]:
    """Read again a dump that older readers made ``old`` of; other dumps had ``others``."""
    paper = known(old, *others)
    former = Former(old.title, old.abstract, old.line, is_only=not others)
    return sort(now, [replace(paper, former=(former,))])


def only(matches: list[Match]) -> Paper:
    (match,) = matches
    assert not match.is_new
    return match.paper


def test_a_paper_that_only_this_dump_lists_gets_the_new_reading_even_where_it_is_less() -> None:
    old = record(f"87 {TITLE}", f"{ABSTRACT} Example Institute", author_count=40, line=9)
    paper = only(again(old, record(TITLE, author_count=4, published=date(2026, 11, 1), line=9)))
    assert (paper.title, paper.abstract, paper.author_count) == (TITLE, ABSTRACT, 4)
    assert paper.published == date(2026, 11, 1)


def test_identity_and_arrival_stay() -> None:
    old = record(f"87 {TITLE}", line=9)
    before, paper = known(old), only(again(old, record(TITLE, line=9)))
    assert (paper.key, paper.id, paper.arrived, paper.listed) == (
        before.key,
        before.id,
        before.arrived,
        before.listed,
    )


def test_what_another_dump_said_better_stays() -> None:
    old = record(f"87 {TITLE}", ABSTRACT[:200] + "…", line=9)
    better = record(TITLE, ABSTRACT, arxiv_id="2106.09685")
    paper = only(again(old, record(TITLE.upper(), ABSTRACT[:150] + "…", line=9), others=(better,)))
    assert (paper.title, paper.abstract) == (TITLE, ABSTRACT)


def test_a_title_that_ran_into_its_neighbours_is_known_by_its_place() -> None:
    """Neither titles nor abstracts tell that it is the same paper."""
    old = record(f"Upvote 12 {TITLE} Example Institute", "Short.", line=10)
    assert only(again(old, record(TITLE, "Another short one.", line=12))).title == TITLE
    old = record("87", f"{TITLE}\n\n{OTHER_ABSTRACT[:40]}", line=10)
    assert only(again(old, record(TITLE, "Another short one.", line=11))).title == TITLE


def test_another_place_or_another_title_is_another_paper() -> None:
    old = record(f"Upvote 12 {TITLE}", "Short.", line=10)
    for one in (record(TITLE, "New.", line=90), record("Walking in Snow", "New.", line=10)):
        (match,) = again(old, one)
        assert match.is_new


def test_two_papers_that_were_read_as_one_become_two() -> None:
    old = record(TITLE, f"{ABSTRACT}\n\nWalking in Snow\n\n{OTHER_ABSTRACT}", line=10)
    first, second = again(
        old, record(TITLE, line=10), record("Walking in Snow", OTHER_ABSTRACT, line=14)
    )
    assert (first.is_new, second.is_new) == (False, True)
    assert first.paper.abstract == ABSTRACT
    assert second.paper.abstract == OTHER_ABSTRACT
