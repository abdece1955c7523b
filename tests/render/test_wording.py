"""The words that emails, feeds and pages share."""

from __future__ import annotations

from datetime import date

import pytest

from digest.model import Coverage, Period, Reason, Why
from digest.render import telling, wording
from tests.render.samples import paper


@pytest.mark.parametrize(
    ("names", "count", "said"),
    [
        ((), None, ""),
        ((), 1, "1 author"),
        ((), 6, "6 authors"),
        (("Ada King",), 1, "Ada King"),
        (("Ada King",), None, "Ada King"),
        (("A", "B"), 2, "A and B"),
        (("A", "B", "C"), 3, "A, B and C"),
        (("A", "B", "C", "D"), 4, "A, B and 2 more"),
        (("A", "B"), 7, "A, B and 5 more"),
        (("A", " \u202e", "B"), 2, "A and B"),
        (("A",) * 3000, 3000, "A, A and 2,998 more"),
    ],
)
def test_authors(names: tuple[str, ...], count: int | None, said: str) -> None:
    assert wording.authors(paper(authors=names, author_count=count)) == said


def test_facts_leave_out_what_is_unknown() -> None:
    assert wording.facts(paper()) == (
        "Grace Hopper and Alan Turing",
        "19 Nov 2026",
        "3 comments",
    )
    assert wording.facts(paper(comments=1))[-1] == "1 comment"
    unknown = paper(authors=(), author_count=None, published=None, comments=0)
    assert wording.facts(unknown) == ()


def test_a_title_is_never_empty() -> None:
    assert wording.title(paper(title="\u202e \x00")) == "Untitled"


@pytest.mark.parametrize(
    ("period", "said"),
    [
        (Period(date(2026, 11, 20), "day"), "20 November 2026"),
        (Period(date(2026, 11, 16), "week"), "Week 47, 16–22 November 2026"),
        (Period(date(2026, 10, 26), "week"), "Week 44, 26 October\u00a0– 1 November 2026"),
        (Period(date(2026, 12, 28), "week"), "Week 53, 28 December 2026\u00a0– 3 January 2027"),
        (Period(date(2026, 2, 1), "month"), "February 2026"),
    ],
)
def test_a_period_goes_by_its_dates(period: Period, said: str) -> None:
    assert wording.period_name(period) == said


def reason(term: str, place: str, adds: float, **changes: str) -> Reason:
    fields = {"interest": term, "via": "term"} | changes
    return Reason(fields["interest"], term, place, 1.0, adds, fields["via"])  # type: ignore[arg-type]  # from the cases below


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ([], ""),
        ([reason("pruning", "title", 0.2)], "“pruning” in the title"),
        (
            [
                reason("pruning", "abstract", 0.1),
                reason("Pruning", "title", 0.2, interest="pruning"),
            ],
            "“Pruning” in the title and abstract",
        ),
        (
            [
                reason("LoRA", "title", 0.1, interest="low-rank adaptation", via="acronym"),
                reason("Ada King", "authors", 0.3, via="author"),
            ],
            "By Ada King; “LoRA” in the title, for “low-rank adaptation”",
        ),
        (
            [reason("tuning", "abstract", 0.1, interest="fine-tuning", via="related")],
            "“tuning” in the abstract, related to “fine-tuning”",
        ),
        (
            [reason("scaling law", "title", 0.1, interest="/scaling laws?/", via="pattern")],
            "“scaling law” in the title, by the pattern /scaling laws?/",
        ),
        (
            [reason("pruning", "title", 0.2), reason("", "title", -0.1, via="several")],
            "“pruning” in the title",
        ),
        (
            [
                reason("pruning", "title", 0.2),
                reason("sparsity", "abstract", 0.2),
                reason("sparsity", "abstract", 0.1, interest="pruning", via="related"),
            ],
            "“pruning” in the title; “sparsity” in the abstract",
        ),
        (
            [
                reason("sparse", "abstract", 0.2),
                reason("ranks", "abstract", 0.2, interest="sparse", via="related"),
                reason("pruned", "title", 0.1, interest="sparse", via="related"),
                reason("Ranks", "title", 0.1, interest="sparse", via="related"),
            ],
            (
                "“sparse” in the abstract; "
                "“ranks” and “pruned” in the title and abstract, related to “sparse”"
            ),
        ),
        (
            [
                reason("error rate", "abstract", 0.3, interest="speech", via="related"),
                reason("Error rate", "abstract", 0.2, interest="audio", via="related"),
            ],
            "“error rate” in the abstract, related to “speech”",
        ),
        (
            [
                reason("data selection", "abstract", 0.3, interest="data selection"),
                reason("Data", "title", 0.2, interest="data selection"),
                reason("data", "abstract", 0.1, interest="synthetic data"),
            ],
            "“data selection” in the abstract; “data” in the abstract",
        ),
        (  # no word of the paper shows it: it is told only where there is nothing else
            [
                reason("", "abstract", 0.2, interest="speech", via="related"),
                reason("pruning", "title", 0.1),
            ],
            "“pruning” in the title",
        ),
        (
            [
                reason("", "abstract", 0.2, interest="speech", via="related"),
                reason("", "abstract", 0.1, interest="papers you liked", via="liked"),
            ],
            "Related to “speech”",
        ),
        (
            [reason("", "abstract", 0.1, interest="papers you liked", via="liked")],
            "Like papers you liked",
        ),
        ([reason("a\u202eb\nc", "title", 0.2)], "“ab c” in the title"),
    ],
)
def test_reasons_in_words_begin_with_the_weightiest(reasons: list[Reason], said: str) -> None:
    assert telling.why(tuple(reasons)) == said


def test_a_line_of_the_sum_says_what_no_single_word_shows() -> None:
    assert telling.found(reason("", "abstract", 0.1, via="related")) == "the text as a whole"


def test_what_was_left_out_is_counted_by_reason() -> None:
    left = {Why.OVER_LIMIT: 1200, Why.SENT_BEFORE: 2, Why.RULED_OUT: 0}
    assert (
        wording.left_out(Coverage(1, 1, left)) == "Left out: 2 sent before, 1,200 over the limit."
    )
    alike = Coverage(1, 1, {Why.DUPLICATE: 7})
    assert wording.left_out(alike) == "Left out: 7 nearly the same as another."
    assert wording.left_out(Coverage(1, 1)) == ""


@pytest.mark.parametrize(
    ("picks", "considered", "said"),
    [
        (0, 5, "No papers for you, out of 5"),
        (1, 5, "One paper for you, out of 5"),
        (12, 1234, "Twelve papers for you, out of 1,234"),
        (13, 20, "13 papers for you, out of 20"),
        (3, 3, "Three papers for you"),
    ],
)
def test_the_headline(picks: int, considered: int, said: str) -> None:
    assert wording.headline(picks, considered) == said
