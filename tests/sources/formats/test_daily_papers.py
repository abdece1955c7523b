from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import DumpError
from digest.model import Record
from tests.sources.page.samples import read


def item(**changes: Any) -> dict[str, Any]:
    """One element of an answer."""
    paper = {
        "id": "2510.12345",
        "title": "Small Experts for $\\alpha$ Tides",
        "summary": "We route.\nIt is\n2$\\times$ faster.",
        "authors": [{"_id": "1", "name": "Ada Example", "hidden": False}, {"name": "Bo Sample"}],
        "publishedAt": "2025-10-20T17:00:00.000Z",
        "submittedOnDailyAt": "2025-10-21T00:10:00.000Z",
        "upvotes": 12,
    }
    return {"paper": paper | changes, "numComments": 3, "publishedAt": "2025-10-20T17:00:00.000Z"}


def answer(*items: Any) -> str:
    return json.dumps(items)


def test_an_answer() -> None:
    dump = read(answer(item(), item(id="2510.54321", title="Another", submittedOnDailyAt=None)))
    assert (dump.format, dump.listed, dump.problems) == ("daily-papers", date(2025, 10, 21), ())
    assert dump.records[0] == Record(
        title="Small Experts for α Tides",
        abstract="We route. It is 2× faster.",
        raw_title="Small Experts for $\\alpha$ Tides",
        raw_abstract="We route.\nIt is\n2$\\times$ faster.",
        line=1,
        authors=("Ada Example", "Bo Sample"),
        author_count=2,
        published=date(2025, 10, 20),
        comments=3,
        url="https://huggingface.co/papers/2510.12345",
        arxiv_id="2510.12345",
    )
    assert dump.records[1].arxiv_id == "2510.54321"


def test_papers_that_are_not_wrapped() -> None:
    dump = read(answer(item()["paper"]))
    assert [record.arxiv_id for record in dump.records] == ["2510.12345"]


def test_a_day_without_papers() -> None:
    dump = read(" [ ]\n")
    assert (dump.format, dump.records, dump.problems) == ("daily-papers", (), ())


@pytest.mark.parametrize(
    "changes",
    [
        {"authors": None, "summary": None},
        {"authors": [None, 5, {"name": None}, {"name": " "}], "publishedAt": "soon"},
        {"id": 5, "publishedAt": "2025-99-01T00:00:00Z", "upvotes": "many"},
        {"summary": ["a"], "id": "javascript:alert(1)"},
        {"title": "\u202eTides\x00 \ud800", "authors": "Ada"},
    ],
)
def test_wrong_types_lose_no_more_than_themselves(changes: dict[str, Any]) -> None:
    dump = read(answer(item(**changes), item()))
    assert [bool(record.title) for record in dump.records] == [True, True]
    for record in dump.records:
        json.dumps([record.title, record.abstract, record.raw_title, *record.authors]).encode()
        record.raw_title.encode()


def test_bad_elements_are_reported_with_their_line_and_the_others_read() -> None:
    text = "\n".join(
        [
            "[",
            json.dumps(item(title="One")) + ",",
            json.dumps(item(title=" ")) + ",",
            "5, null, nope,",
            '{"paper": {"title": bad}},',
            '{"paper": ' + "[" * 5000 + "]" * 5000 + "},",
            json.dumps(item(title="Two")).replace("3,", "NaN,") + ",",
            json.dumps(item(title="Three")).replace("3,", "9" * 5000 + ","),
            "]",
        ]
    )
    dump = read(text, name="day.json")
    assert [record.title for record in dump.records] == ["One", "Two", "Three"]
    assert [record.comments for record in dump.records] == [3, None, None]
    assert [problem.where for problem in dump.problems] == [
        f"day.json:{line}" for line in (3, 4, 4, 4, 5, 6)
    ]
    assert dump.problems[0].what == "a paper without a title"


def test_an_answer_that_was_cut_off() -> None:
    text = answer(item(title="One"), item(title="Two"))
    dump = read(text[:-30])
    assert [record.title for record in dump.records] == ["One"]
    assert str(dump.problems[0]).startswith("page.txt:1: the JSON ends in the middle of it")


@pytest.mark.parametrize(
    "text", ["[1, 2]", "[{}]", '{"papers": []}', "[" * 100_000, '{"a":' * 100_000, "[nonsense", "{"]
)
def test_other_json_is_refused(text: str) -> None:
    with pytest.raises(DumpError, match="begins like JSON"):
        read(text)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["title", "summary", "paper", "authors", "id"]), inner)
    ),
    max_leaves=12,
)


@given(st.lists(values, max_size=4))
def test_any_elements_beside_a_good_one(elements: list[Any]) -> None:
    dump = read(json.dumps([*elements, item()]))
    assert dump.records[-1].arxiv_id == "2510.12345"
    assert len(dump.records) + len(dump.problems) == len(elements) + 1
