"""One paper in many sources: ids, titles and links that decide, and the order that does not."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Paper, Record
from tests.conftest import examples

from .papers import ABSTRACT, OTHER_ABSTRACT, known, record, sort
from .test_laws import read

TITLE = "LoRA: Low-Rank Adaptation of Large Language Models"
PREPRINT, JOURNAL = "10.1101/2026.11.20.000001", "10.1038/s99999-026-00001-1"
SITE = "https://example.org/papers/"


def one_paper(*records: Record) -> bool:
    """Whether the records are one paper, in one dump and in dumps of their own in any order."""
    answers = {len(sort(records))}
    answers |= {len(read([[one] for one in order])) for order in permutations(records)}
    assert len(answers) == 1, "it depends on the order"
    return answers == {1}


# --- the same ----------------------------------------------------------------------------


def test_a_new_title_under_the_same_doi_is_the_same_paper() -> None:
    first = record("Robots in the wild: a first look", ABSTRACT, doi=PREPRINT)
    assert one_paper(first, record("What robots do", OTHER_ABSTRACT, doi=PREPRINT))
    assert one_paper(first, record("What robots do", "", doi=PREPRINT))


def test_a_doi_is_the_same_in_either_case() -> None:
    assert one_paper(record("A", "", doi="10.1000/abc"), record("B", "", doi="10.1000/ABC"))


@pytest.mark.parametrize(
    "title",
    [
        "87 {}",
        "(12) {}",
        "[30]{}",
        "[30] {}",
        "#12 {}",
        "1.2k {}",
        "1,234 {}",
        "12: {}",
        "3. {}",
        "{} (3 comments)",
        "{} (1 comment)",
        "{} [5]",
    ],
)
def test_a_counter_beside_a_title_is_no_part_of_it(title: str) -> None:
    counted = title.format(TITLE)
    assert one_paper(record(counted), record(TITLE))
    other = title.replace("3", "5").replace("87", "90").replace("12", "13").format(TITLE)
    assert one_paper(record(counted), record(other))
    assert one_paper(record(counted, "", url=SITE + "1"), record(TITLE, "", url=SITE + "1"))


@pytest.mark.parametrize("title", ["87 {}", "(12) {}", "{} (3 comments)"])
def test_the_title_without_counter_is_kept(title: str) -> None:
    paper = known(record(title.format(TITLE)), record(TITLE), record(title.format(TITLE)))
    assert paper.title == TITLE


def test_a_preprint_and_its_journal_version_are_one_whatever_their_dois() -> None:
    preprint = record(TITLE, ABSTRACT, doi=PREPRINT, url="https://www.biorxiv.org/content/1")
    assert one_paper(preprint, record(TITLE, ABSTRACT, doi=JOURNAL))
    assert one_paper(preprint, record("Narrow Matrices Adapt Large Models", doi=JOURNAL))
    assert one_paper(preprint, record(TITLE, "", doi=JOURNAL))
    assert one_paper(record(TITLE, arxiv_id="2106.09685"), record("Narrow matrices", doi=JOURNAL))


@pytest.mark.parametrize(
    "url",
    [
        "http://www.example.org/papers/1",
        "https://example.org/papers/1/",
        "https://example.org/papers/1?rss=1",
        "https://example.org/papers/1?utm_source=rss&utm_medium=feed",
        "https://example.org/papers/1v2",
        "https://example.org/papers/1v3.full.pdf",
        "https://example.org/papers/1#abstract",
    ],
)
def test_a_link_is_the_same_however_it_is_written(url: str) -> None:
    """Here the titles and links alone tell, since the abstracts are too short to."""
    assert one_paper(
        record("Editorial", "Short.", url=SITE + "1"), record("Editorial", "New.", url=url)
    )


def test_a_record_with_ids_of_two_papers_makes_them_one() -> None:
    by_doi, by_arxiv = record("A", "", doi=JOURNAL), record("B", "", arxiv_id="2106.09685")
    assert len(sort([by_doi, by_arxiv])) == 2
    assert one_paper(by_doi, by_arxiv, record("C", "", doi=JOURNAL, arxiv_id="2106.09685"))


# --- not the same ------------------------------------------------------------------------


@pytest.mark.parametrize("title", ["Editorial", "Letter to the Editor", "In this issue"])
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"doi": "10.1000/1"}, {"doi": "10.1000/2"}),
        ({"url": SITE + "1"}, {"url": SITE + "2"}),
        ({"doi": "10.1000/1"}, {"url": SITE + "2"}),
    ],
)
@pytest.mark.parametrize("texts", [("", ""), (ABSTRACT, OTHER_ABSTRACT), (ABSTRACT, "Short.")])
def test_a_title_of_many_papers_with_other_ids_is_another_paper(
    title: str, one: dict[str, str], other: dict[str, str], texts: tuple[str, str]
) -> None:
    assert not one_paper(record(title, texts[0], **one), record(title, texts[1], **other))


def test_an_equal_title_with_another_doi_and_another_abstract_is_another_paper() -> None:
    assert not one_paper(
        record(TITLE, ABSTRACT, doi="10.1000/1"), record(TITLE, OTHER_ABSTRACT, doi="10.1000/2")
    )


def test_papers_with_one_link_for_all_stay_apart() -> None:
    records = [
        record(title, text, url=SITE + "issue")
        for title, text in [("Walking in Snow", OTHER_ABSTRACT), (TITLE, ABSTRACT), ("Tides", "")]
    ]
    assert len(sort(records)) == len(read([[one] for one in records])) == 3


def test_papers_of_one_site_with_the_same_description_stay_apart() -> None:
    titles = ["Walking in Snow", TITLE, "Tides of the North Sea"]
    records = [record(title, ABSTRACT, url=f"{SITE}{title[:4]}") for title in titles]
    assert len(sort(records)) == len(read([[one] for one in records])) == 3


def test_a_correction_is_another_paper_even_in_another_place() -> None:
    first = record(TITLE, ABSTRACT, doi=JOURNAL)
    assert not one_paper(first, record(f"Correction to: {TITLE}", ABSTRACT, doi="10.1002/2"))


def test_a_number_before_a_title_makes_another_paper_where_the_abstracts_differ() -> None:
    assert not one_paper(record(f"87 {TITLE}", OTHER_ABSTRACT), record(TITLE))


def test_a_number_before_a_title_makes_another_paper_where_one_site_has_both() -> None:
    """Such as two studies, at 3 and at 7 tesla, whose abstracts are nearly the same."""
    pages = [record(f"{n} T imaging of the knee", url=f"{SITE}{n}") for n in (3, 7)]
    assert not one_paper(*pages)


def test_a_title_without_ids_is_not_the_bridge_between_two_editorials() -> None:
    ends = [record("Editorial", "", doi=f"10.1000/{n}") for n in (1, 2)]
    for order in permutations([*ends, record("Editorial", "")]):
        assert len(read([[one] for one in order])) == len(sort(order)) == 2


def test_papers_with_the_same_title_have_different_ids() -> None:
    dump = [record("Editorial", "", url=f"{SITE}{n}") for n in range(5)]
    assert len({paper.id for paper in read([[one] for one in dump])}) == 5
    assert len({match.paper.id for match in sort(dump)}) == 5


# --- what is kept ------------------------------------------------------------------------

PAGE = record(
    "LoRA: low-rank adaptation of large language models",
    ABSTRACT[:250] + "…",
    author_count=2,
    published=date(2026, 6, 17),
    comments=3,
)
API = record(
    TITLE,
    ABSTRACT,
    authors=("Ada Example", "Ben Example"),
    author_count=2,
    published=date(2021, 6, 17),
    arxiv_id="2106.09685",
    upvotes=40,
    url="https://huggingface.co/papers/2106.09685",
)
ARXIV = record(
    TITLE,
    ABSTRACT,
    authors=("A. Example", "B. Example"),
    author_count=2,
    published=date(2021, 6, 17),
    arxiv_id="2106.09685",
    url="https://arxiv.org/abs/2106.09685",
    venue="arXiv",
)
OPENALEX = record(
    "LoRA",
    ABSTRACT,
    authors=("Ada Example",),
    author_count=1,
    published=date(2022, 1, 1),
    doi=JOURNAL,
    venue="Journal of Narrow Matrices",
    url="https://arxiv.org/pdf/2106.09685",
)


@pytest.mark.parametrize("order", list(permutations([PAGE, API, ARXIV, OPENALEX])))
def test_metadata_is_that_of_the_best_source_in_any_order(order: tuple[Record, ...]) -> None:
    together = sort(order)[0].paper
    for paper in (known(*order), together):
        assert paper.title == TITLE
        assert paper.abstract == ABSTRACT
        assert (paper.authors, paper.author_count) == (("Ada Example", "Ben Example"), 2)
        assert paper.published == date(2021, 6, 17)
        assert paper.url == "https://arxiv.org/abs/2106.09685"
        assert (paper.arxiv_id, paper.doi) == ("2106.09685", JOURNAL)
        assert (paper.venue, paper.upvotes) == ("Journal of Narrow Matrices", 40)
        assert paper.comments == 3


def test_a_worse_source_changes_nothing() -> None:
    paper = known(ARXIV, PAGE)
    assert (paper.title, paper.abstract, paper.published) == (TITLE, ABSTRACT, ARXIV.published)
    assert known(ARXIV, record(TITLE, "")).abstract == ABSTRACT


def test_a_withdrawal_is_known_and_a_revision_does_not_mark_a_paper_that_was_announced() -> None:
    new, again = record(TITLE), record(TITLE, standing="revised")
    gone = record(TITLE, standing="withdrawn")
    assert known(new, again).standing is None
    assert known(again).standing == "revised"
    assert known(again, again).standing == "revised"
    assert known(again, new).standing is None
    for order in permutations([new, again, gone]):
        assert known(*order).standing == "withdrawn"


# --- any order ---------------------------------------------------------------------------

WORDS = "amber basil cedar delta ember fjord grove heron islet jetty knoll larch marsh north otter"


def appearances(number: int) -> list[Record]:
    """A made-up paper as its sources list it; two papers have no word of a title in common."""
    own = ["".join(chr(97 + (ord(x) + 5 * number) % 26) for x in word) for word in WORDS.split()]
    title = " ".join(own[:6]).capitalize()
    sentences = [" ".join((own[n:] + own[:n])[:12]).capitalize() for n in range(1, 13, 2)]
    text, name = ". ".join(sentences) + ".", f"26{number % 12 + 1:02}.{10000 + number}"
    preprint, journal = f"10.1101/{number}", f"10.1038/{number}"
    return [
        record(title, text),
        record(title, text[:300] + "…", comments=3),
        record(f"{number + 3} {title}", text),
        record(f"{title} (4 comments)", text, url=f"{SITE}{number}"),
        record(title, text, url=f"{SITE}{number}?rss=1"),
        record(title, text, arxiv_id=name, url=f"https://arxiv.org/abs/{name}"),
        record(title, text, doi=preprint, url=f"https://www.biorxiv.org/content/{preprint}v1"),
        record(" ".join(own[6:12]).capitalize(), text, doi=journal, arxiv_id=name),
        record(title, "", doi=preprint, arxiv_id=name),
    ]


@settings(max_examples=examples(60))
@given(st.data())
def test_in_any_order_and_any_dumps_the_papers_are_the_same(data: st.DataObject) -> None:
    listed = []
    for number in range(data.draw(st.integers(1, 4))):
        every = appearances(number)
        some = data.draw(st.lists(st.sampled_from(every), unique=True))
        # Of this one all others have something: the title, the arXiv id or the DOI.
        listed += [(number, one) for one in dict.fromkeys([every[5], *some])]
    truth = {one: number for number, one in listed}
    order = data.draw(st.permutations([one for _, one in listed]))
    dumps: list[list[Record]] = [[]]
    for one in order:
        if data.draw(st.booleans()):
            dumps.append([])
        dumps[-1].append(one)
    papers = read(dumps)
    assert len(papers) == len(set(truth.values()))
    assert not {paper.title for paper in papers} - {one.title for one in order}
    best: Paper
    for number in set(truth.values()):
        own = [one for one in order if truth[one] == number]
        (best,) = [p for p in papers if p.title in {one.title for one in own}]
        assert best.arxiv_id == next(filter(None, (one.arxiv_id for one in own)), None)
        assert len(best.abstract) == max(len(one.abstract) for one in own)


def test_a_paper_is_found_by_ledgers_of_before_links_and_dois_were_keys() -> None:
    """Their keys are those of title, sentences and arXiv id."""
    old = known(record(TITLE, url=SITE + "1"))
    old = replace(old, keys=known(record(TITLE)).keys)
    (match,) = sort([record(f"{TITLE} (3 comments)", url=SITE + "1", doi=JOURNAL)], [old])
    assert not match.is_new
    assert match.paper.doi == JOURNAL
