"""Notes on interests that tell nothing in the archive, each with a way out."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from digest.explain.archive import Archive
from digest.explain.lint import LEAST_PAPERS, notes
from digest.model import Interest, Paper, PaperId, PaperKey, Problem, Subscriber
from tests.world import person

ARRIVED = datetime(2026, 11, 16, tzinfo=UTC)


def paper(key: int, title: str, *authors: str) -> Paper:
    return Paper(PaperKey(key), PaperId(f"p{key}"), title, "", ARRIVED, authors=authors)


def archive_of(*titles: str, authors: tuple[str, ...] = ()) -> Archive:
    """These titles, and as many that say nothing as it takes."""
    filled = [*titles, *(f"Nothing {number}" for number in range(LEAST_PAPERS))]
    return Archive([paper(key, title, *authors) for key, title in enumerate(filled, 1)])


@pytest.fixture(scope="module")
def archive() -> Archive:
    """60 papers: ten about lamps, half of them with quantization and mirrors."""
    return archive_of(
        *["Quantized lamps: quantization with mirrors"] * 5,
        *["Sparse mixture of experts for lamps"] * 5,
        authors=("Grace Hopper",),
    )


def said(subscriber: Subscriber, archive: Archive) -> list[tuple[str, str]]:
    return [(note.what, note.remedy) for note in notes([subscriber], archive)]


def test_a_profile_whose_interests_all_tell_something_is_not_noted(archive: Archive) -> None:
    interests: list[str | Interest] = ["lamps", "quantization", Interest("experts?", "pattern")]
    assert said(person("ada", interests, exclude=["mirror"]), archive) == []


@pytest.mark.parametrize(
    ("interest", "remedy"),
    [
        (Interest("quantisation"), "“quantization” is in 5"),
        (Interest("sparse mixtures of expertz"), "“sparse mixture of expert” is in 5"),
        (Interest("very sparse mixture of experts"), "“sparse mixture of experts” is in 5"),
        (Interest("lamps", place="abstract"), "elsewhere it stands in 10"),
        (Interest("lamp experts"), "near it: “experts” (5)"),
        (Interest("zebrafish"), "see whether papers use another word for it"),
        (Interest("zebra(fish)?", "pattern"), "see whether it asks for too much"),
        (Interest("Alan Turing", "author"), "see how papers spell the name"),
    ],
)
def test_an_interest_that_no_paper_has(archive: Archive, interest: Interest, remedy: str) -> None:
    ((what, told),) = said(person("ada", ["lamps", interest]), archive)
    where = " in the abstract" if interest.place else ""
    kind = "author " if interest.kind == "author" else ""
    assert what == f"none of 60 papers has the interest {kind}“{interest}”{where}"
    assert remedy in told


def test_an_author_where_pages_only_count_authors() -> None:
    ((_, remedy),) = said(person("ada", [Interest("Grace Hopper", "author")]), archive_of())
    assert remedy == "no paper names its authors: saved pages only count them, feeds name them"


@pytest.mark.parametrize(
    ("interest", "what", "remedy"),
    [
        (
            Interest("cs.LX", "category"),
            "category “cs.LX”",
            "near it: “cs.LG” (8), “cs.CL” (4), “cs.RO” (1)",
        ),
        (Interest("q-bio", "category"), "category “q-bio”", "often there: “cs.LG” (8)"),
        (Interest("NIPS", "venue"), "venue “NIPS”", "near it: “NeurIPS 2026” (8)"),
        (Interest("code", "code"), "public code", "no paper says where its code is"),
        (
            Interest("lantern", place="keywords"),
            "“lantern” in the keywords",
            "elsewhere it stands in 8",
        ),
    ],
)
def test_metadata_that_no_paper_has(interest: Interest, what: str, remedy: str) -> None:
    labelled = [
        replace(
            paper(key, "Lanterns"),
            categories=("cs.LG", *("cs.CL",) * (key > 4), *("cs.RO",) * (key == 1)),
            venue="NeurIPS 2026",
            keywords=("lamps",),
        )
        for key in range(1, 9)
    ]
    others = [paper(key, f"Nothing {key}") for key in range(9, LEAST_PAPERS + 9)]
    ((said_of, told),) = said(person("ada", ["lanterns", interest]), Archive(labelled + others))
    assert said_of == f"none of 58 papers has the interest {what}"
    assert told.startswith(remedy)


@pytest.mark.parametrize(
    ("interest", "remedy"),
    [
        (Interest("cs.LG", "category"), "no paper states a category: see which sources do"),
        (Interest("NeurIPS", "venue"), "no paper states a venue: see which sources do"),
        (
            Interest("lamp", place="keywords"),
            "no paper states keywords: leave `in: keywords` out",
        ),
    ],
)
def test_metadata_that_no_source_states(archive: Archive, interest: Interest, remedy: str) -> None:
    ((_, told),) = said(person("ada", ["lamps", interest]), archive)
    assert told == remedy


def test_an_interest_that_half_of_the_papers_have(archive: Archive) -> None:
    assert said(person("ada", ["nothing"]), archive) == [
        (
            "50 of 60 papers have the interest “nothing”",
            "it picks little out: narrow it, or give it a low weight",
        )
    ]


def test_two_interests_that_always_go_together(archive: Archive) -> None:
    twins = person("ada", [Interest("quantization", weight=2), "mirrors", "lamps"])
    assert said(twins, archive) == [
        (
            "“quantization” and “mirrors” are always in the same 5 papers",
            "keep one, with the weight 3",
        )
    ]


def test_an_exclusion_that_no_paper_has(archive: Archive) -> None:
    assert said(person("ada", ["lamps"], exclude=["quantisation"]), archive) == [
        ("none of 60 papers has the exclusion “quantisation”", "“quantization” is in 5")
    ]


def test_each_note_says_whose_profile_and_where_it_stands(archive: Archive) -> None:
    ada = person("ada", ["zebrafish"], source="subscribers.yaml:4")
    (note,) = notes([ada, person("bob", ["lamps"])], archive)
    assert note == Problem(
        "subscribers.yaml:4 (ada)",
        "none of 60 papers has the interest “zebrafish”",
        "see whether papers use another word for it",
    )


def test_a_small_archive_says_nothing_yet() -> None:
    few = Archive([paper(key, f"Nothing {key}") for key in range(1, LEAST_PAPERS)])
    assert notes([person("ada", ["zebrafish", "nothing"])], few) == []
