"""What becomes of the metadata when records come together."""

from __future__ import annotations

from datetime import date

import pytest

from digest.model import Paper

from .papers import ABSTRACT, MONDAY, OTHER_ABSTRACT, TUESDAY, known, record, sort

TITLE = "LoRA: Low-Rank Adaptation of Large Language Models"
CUT = ABSTRACT[:200] + "…"


def merged(first: Paper, *records: object, listed: date = date(2026, 11, 10)) -> Paper:
    (match,) = sort(list(records), [first], listed=listed)  # type: ignore[arg-type]  # records
    return match.paper


def test_the_first_sighting_stays() -> None:
    paper = merged(known(record(TITLE)), record("LoRA: Low-Rank Adaption of Large Language Models"))
    assert (paper.title, paper.arrived, paper.listed) == (TITLE, MONDAY, date(2026, 11, 9))


def test_a_new_paper_has_all_that_its_record_says() -> None:
    one = record(
        TITLE,
        authors=("Ada Example",),
        published=date(2021, 6, 17),
        comments=3,
        url="https://example.org/lora",
        arxiv_id="2106.09685",
    )
    (match,) = sort([one])
    assert match.paper == Paper(
        key=match.paper.key,
        id=match.paper.id,
        title=TITLE,
        abstract=ABSTRACT,
        arrived=TUESDAY,
        listed=date(2026, 11, 10),
        authors=("Ada Example",),
        published=date(2021, 6, 17),
        comments=3,
        url="https://example.org/lora",
        arxiv_id="2106.09685",
        provenance=match.paper.provenance,
    )


@pytest.mark.parametrize(
    ("first", "then", "kept"),
    [
        (CUT, ABSTRACT, ABSTRACT),
        (ABSTRACT, CUT, ABSTRACT),
        (ABSTRACT[:300], ABSTRACT, ABSTRACT),
        (ABSTRACT + " …", ABSTRACT, ABSTRACT),
        ("", ABSTRACT, ABSTRACT),
        (ABSTRACT, "", ABSTRACT),
        (CUT, "", CUT),
        (OTHER_ABSTRACT, ABSTRACT, OTHER_ABSTRACT),
    ],
)
def test_the_fuller_abstract_is_kept_unless_it_is_another_text(
    first: str, then: str, kept: str
) -> None:
    assert merged(known(record(TITLE, first)), record(TITLE, then)).abstract == kept


def test_names_are_kept_over_a_number_and_the_larger_number_over_the_smaller() -> None:
    names = ("Ada Example", "Ben Example")
    counted = known(record(TITLE, author_count=2))
    paper = merged(counted, record(TITLE, authors=names), record(TITLE, author_count=3))
    assert (paper.authors, paper.author_count) == (names, 3)


def test_a_date_from_a_source_with_ids_is_surer_than_a_page_without_years() -> None:
    page, feed = date(2026, 6, 17), date(2021, 6, 17)
    first = known(record(TITLE, published=page))
    by_id = record(TITLE, published=feed, arxiv_id="2106.09685")
    assert merged(first, by_id).published == feed
    assert merged(known(by_id), record(TITLE, published=page)).published == feed
    assert merged(known(record(TITLE)), record(TITLE, published=page)).published == page


def test_the_number_of_comments_is_that_of_the_newest_dump() -> None:
    first = known(record(TITLE, comments=5), listed=date(2026, 11, 9))
    now = record(TITLE, comments=4)
    assert merged(first, now, listed=date(2026, 11, 10)).comments == 4
    assert merged(first, now, listed=date(2026, 11, 2)).comments == 5
    assert merged(first, record(TITLE)).comments == 5
    uncounted = known(record(TITLE))
    assert merged(uncounted, now, listed=date(2026, 11, 2)).comments == 4


def test_links_and_ids_are_filled_in() -> None:
    paper = merged(
        known(record(TITLE)),
        record(TITLE, url="https://example.org/lora"),
        record(TITLE, arxiv_id="2106.09685"),
    )
    assert (paper.url, paper.arxiv_id) == ("https://example.org/lora", "2106.09685")
