"""The same papers as a page, an answer of the daily-papers API, an arXiv feed and OpenAlex."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import permutations
from pathlib import Path
from xml.sax.saxutils import escape

import pytest

import digest.ledger
from digest.pipeline.ingest import ingest
from tests.world import Drawer, File, utc

NOW = utc("2026-11-27T09:00")
WORDS = [
    *("lantern", "harbour", "signal", "keeper", "granite", "vessel", "current", "compass", "gull"),
    *("beacon", "mirror", "tower", "cable", "shoal", "ferry", "rudder", "anchor", "drift", "chart"),
    *("pilot", "horizon", "fathom", "breaker", "mooring", "prism"),
]
NAMES = ("Ada Example", "Bob Sample", "Carla Muster", "Dan Specimen", "Eve Instance")


@dataclass(frozen=True)
class Made:
    """What is known of a made-up paper, wherever it is said."""

    number: int
    title: str
    abstract: str
    authors: tuple[str, ...]
    published: date
    doi: str | None

    @property
    def arxiv(self) -> str:
        return f"2611.{self.number:05}"


def papers(count: int) -> list[Made]:
    chance = random.Random(11)  # noqa: S311  made-up papers
    return [_paper(number, chance) for number in range(1, count + 1)]


def _paper(number: int, chance: random.Random) -> Made:
    some = [chance.choice(WORDS) for _ in range(40)]
    title = f"{' '.join(some[:4]).capitalize()} under observation {number}"
    sentences = [" ".join(some[at : at + 12]) for at in range(4, 40, 12)]
    abstract = " ".join(f"We study the {each} of case {number}." for each in sentences)
    names = tuple(chance.sample(NAMES, chance.randint(1, 5)))
    doi = f"10.5555/lights.{number}" if number % 2 else None
    return Made(number, title, abstract, names, date(2026, 11, 26) - timedelta(number % 3), doi)


def page(listed: list[Made]) -> bytes:
    parts = ["Daily Papers\n\nby AK and the research community\n\nNov 27"]
    for one in listed:
        day = f"{one.published:%b} {one.published.day}"
        parts += [one.title, one.abstract, f"  • {len(one.authors)} authors\n·\n{day}"]
    return "\n\n".join(parts).encode()


def api(listed: list[Made]) -> bytes:
    objects = [
        {
            "paper": {
                "id": one.arxiv,
                "title": one.title,
                "summary": one.abstract.replace(". ", ".\n"),
                "publishedAt": f"{one.published}T08:00:00.000Z",
                "authors": [{"name": name} for name in one.authors],
                "upvotes": one.number,
            },
            "numComments": one.number % 7,
        }
        for one in listed
    ]
    return json.dumps(objects).encode()


def broken(title: str) -> str:
    """A title as arXiv breaks it."""
    return title.replace(" under", "\n  under")


def arxiv(listed: list[Made]) -> bytes:
    entries = [
        f"<entry><id>http://arxiv.org/abs/{one.arxiv}v2</id>"
        f"<published>{one.published}T08:00:00Z</published>"
        f"<title>{escape(broken(one.title))}</title>"
        f"<summary>{escape(one.abstract)}</summary>"
        + "".join(f"<author><name>{name}</name></author>" for name in one.authors)
        + f'<link href="http://arxiv.org/abs/{one.arxiv}v2" rel="alternate" type="text/html"/>'
        "</entry>"
        for one in listed
    ]
    feed = f'<feed xmlns="http://www.w3.org/2005/Atom"><title>x</title>{"".join(entries)}</feed>'
    return feed.encode()


def openalex(listed: list[Made]) -> bytes:
    return json.dumps(
        {"meta": {"count": len(listed)}, "results": [_work(one) for one in listed]}
    ).encode()


def _work(one: Made) -> dict[str, object]:
    places: dict[str, list[int]] = {}
    for position, word in enumerate(one.abstract.split()):
        places.setdefault(word, []).append(position)
    doi = one.doi or f"10.48550/arxiv.{one.arxiv}"
    return {
        "id": f"https://openalex.org/W{one.number}",
        "doi": f"https://doi.org/{doi}",
        "display_name": one.title.title(),
        "abstract_inverted_index": places,
        "authorships": [{"author": {"display_name": name}} for name in one.authors],
        "publication_date": str(one.published),
        "primary_location": {
            "landing_page_url": f"https://doi.org/{doi}",
            "source": {
                "display_name": "Journal of Lights" if one.doi else "arXiv (Example University)"
            },
        },
    }


FORMS = {"1-page.txt": page, "2-api.json": api, "3-arxiv.xml": arxiv, "4-openalex.json": openalex}


def check(folder: Path, listed: list[Made], order: tuple[str, ...]) -> None:
    """Read the forms in an order, each in a pass of its own; then every paper is there once."""
    with digest.ledger.open(f"sqlite:///{folder}/{'-'.join(order)}.db") as book:
        for number, name in enumerate(order):
            inbox = Drawer({name: File(name, FORMS[name](listed))})
            report = ingest(inbox, book, now=NOW + timedelta(hours=number))
            assert not report.problems
            assert report.dumps[0].read == len(listed)
        found = {paper.arxiv_id: paper for paper in book.papers()}
        assert len(book.papers()) == len(listed)
    for one in listed:
        paper = found[one.arxiv]
        assert paper.title.casefold() == one.title.casefold()
        assert " ".join(paper.abstract.split()) == one.abstract
        assert (paper.authors, paper.author_count) == (one.authors, len(one.authors))
        assert (paper.published, paper.doi) == (one.published, one.doi)
        assert (paper.upvotes, paper.comments) == (one.number, one.number % 7)
        assert paper.venue == ("Journal of Lights" if one.doi else None)
        assert paper.url in {
            f"https://huggingface.co/papers/{one.arxiv}",
            f"http://arxiv.org/abs/{one.arxiv}v2",
            f"https://doi.org/{one.doi}",
        }


@pytest.mark.parametrize("order", list(permutations(FORMS)), ids="-".join)
def test_are_known_as_the_same_in_any_order(tmp_path: Path, order: tuple[str, ...]) -> None:
    check(tmp_path, papers(20), order)


def test_five_hundred_of_them_are_five_hundred(tmp_path: Path) -> None:
    check(tmp_path, papers(500), tuple(FORMS))
