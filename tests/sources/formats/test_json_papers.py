from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

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
        upvotes=12,
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


def one(text: str) -> Record:
    """The only paper of a file, which is read without a problem."""
    dump = read(text)
    assert dump.problems == ()
    (record,) = dump.records
    return record


# --- forms of lists ----------------------------------------------------------------------

FLAT: dict[str, Any] = {
    "title": "Small Experts",
    "abstract": "We route.",
    "authors": ["Ada Example", "Bo Sample"],
}
NEXT = {**FLAT, "title": "Another"}


@pytest.mark.parametrize(
    "text",
    [
        json.dumps([FLAT, NEXT]),
        json.dumps({"papers": [FLAT, NEXT]}),
        json.dumps({"meta": {"count": 2, "tags": [{"title": "x"}]}, "results": [FLAT, NEXT]}),
        json.dumps({"data": {"list": {"rows": [FLAT, NEXT]}}}),
        json.dumps({"title": "My reading list", "entries": [FLAT, NEXT]}),
        json.dumps({"2510.1": FLAT, "2510.2": NEXT}),
        json.dumps({"2026-11-26": [FLAT], "2026-11-27": [NEXT]}),
        json.dumps([{"results": [FLAT]}, {"results": [NEXT]}]),
        json.dumps([[FLAT], [NEXT]]),
        json.dumps(FLAT) + "\n" + json.dumps(NEXT),
        json.dumps(FLAT) + "\n\n" + json.dumps(NEXT) + "\n",
        json.dumps({"results": [FLAT]}) + "\n" + json.dumps({"results": [NEXT]}),
        json.dumps([FLAT]) + "\n" + json.dumps([NEXT]),
        json.dumps(FLAT, indent=1) + "\n" + json.dumps(NEXT, indent=1),
        "\x1e" + json.dumps(FLAT) + "\n\x1e" + json.dumps(NEXT),
        "\ufeff" + json.dumps([FLAT, NEXT], indent=2),
    ],
)  # fmt: skip
def test_papers_are_found_in_whatever_stands_around_them(text: str) -> None:
    dump = read(text)
    assert [record.title for record in dump.records] == ["Small Experts", "Another"]
    assert [record.abstract for record in dump.records] == ["We route.", "We route."]
    assert (dump.problems, dump.is_incomplete) == ((), False)


def test_what_stands_inside_a_paper_is_no_paper_of_its_own() -> None:
    inner = {**FLAT, "title": "A reference"}
    assert one(json.dumps({**FLAT, "references": [inner], "citations": [inner]})).title
    assert one(json.dumps([{**FLAT, "references": [inner]}])).title == "Small Experts"


def test_lines_know_where_they_are_and_a_bad_one_costs_no_other() -> None:
    lines = [json.dumps(FLAT), "", '{"title": "Cut', "nonsense", "[]", json.dumps(FLAT)]
    dump = read("\n".join(lines), name="a.jsonl")
    assert [record.line for record in dump.records] == [1, 6]
    assert [problem.where for problem in dump.problems] == [f"a.jsonl:{n}" for n in (3, 4, 5)]


def test_objects_in_an_object_know_their_lines() -> None:
    text = json.dumps({"papers": [FLAT, 5, FLAT]}, indent=0)
    dump = read(text, name="a.json")
    lines = text.split("\n")
    assert [record.line for record in dump.records] == [
        number for number, line in enumerate(lines, 1) if line == "{" and number > 1
    ]
    assert [problem.where for problem in dump.problems] == [f"a.json:{lines.index('5,') + 1}"]


def test_a_list_that_was_cut_off_keeps_what_is_whole_and_is_incomplete() -> None:
    text = json.dumps({"count": 2, "papers": [FLAT, FLAT]})
    dump = read(text[:-20])
    assert [record.title for record in dump.records] == ["Small Experts"]
    assert [problem.what for problem in dump.problems] == ["the JSON ends in the middle of it"]
    assert dump.is_incomplete


@pytest.mark.parametrize(
    "text",
    ['{"papers": []}', '{"meta": {"count": 0}, "results": []}', '{"total": 0, "data": []}',
     '{"status": "ok", "message": {"items": [], "total-results": 0}}',
     '{"messages": [{"status": "no posts found"}], "collection": []}', '{"notes": [], "count": 0}',
     '{"result": {"status": {"@code": "200"}, "hits": {"@total": "0"}}}'],
)  # fmt: skip
def test_an_answer_that_found_nothing_is_no_error(text: str) -> None:
    dump = read(text)
    assert (dump.records, dump.problems) == ((), ())


# --- single fields -----------------------------------------------------------------------


@pytest.mark.parametrize(
    "key", ["abstract", "summary", "Abstract", "abstractText", "paper_abstract", "abstract_en",
            "abstractNote", "description", "content"]
)  # fmt: skip
def test_an_abstract_has_many_names(key: str) -> None:
    paper = {"title": "Small Experts", "authors": ["Ada Example"], key: "We route tokens."}
    assert one(json.dumps([paper])).abstract == "We route tokens."


@pytest.mark.parametrize(
    "value",
    [
        ["We route.", "It works."],
        {"value": "We route.\n\nIt works."},
        [{"text": "We route."}, {"text": "It works."}],
        "<jats:title>Abstract</jats:title><jats:p>We route.</jats:p><jats:p>It works.</jats:p>",
    ],
)
def test_an_abstract_has_many_shapes(value: object) -> None:
    paper = {"title": "Small Experts", "authors": ["Ada Example"], "abstract": value}
    assert one(json.dumps([paper])).abstract == "We route.\n\nIt works."


def test_an_abstract_under_a_key_that_nobody_knows_is_told_once() -> None:
    papers = [
        {"title": f"Paper {n}", "authors": ["Ada Example"], "zusf": "We route it. " * 20}
        for n in (1, 2)
    ]
    dump = read(json.dumps(papers, indent=0), name="a.json")
    assert [record.abstract for record in dump.records] == ["", ""]
    (problem,) = dump.problems
    assert problem.where == "a.json:2"
    assert "no abstract was read of 2 papers" in problem.what
    assert "“zusf”" in problem.what


def test_a_title_without_an_abstract_is_a_paper() -> None:
    dump = read(json.dumps([FLAT, {"title": "A title alone"}]))
    assert [(record.title, record.abstract) for record in dump.records] == [
        ("Small Experts", "We route."), ("A title alone", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("listed", "expected", "number"),
    [
        ("Ada Example, Bo Sample", ["Ada Example", "Bo Sample"], 2),
        ("Example, A.; Sample, B. C.", ["A. Example", "B. C. Sample"], 2),
        ("Ada Example et al.", ["Ada Example"], None),
        ("Ada Example et.al.", ["Ada Example"], None),
        (["Example, Ada", "Sample, Bo"], ["Ada Example", "Bo Sample"], 2),
        (["Ada Example", "et al."], ["Ada Example"], None),
        ([{"given": "Ada", "family": "Example"}], ["Ada Example"], 1),
        ([{"firstName": "Ada", "lastName": "Example"}], ["Ada Example"], 1),
        ([{"author": {"name": "Ada Example"}}], ["Ada Example"], 1),
        ([{"literal": "The Tide Group"}], ["The Tide Group"], 1),
        ({"authors": [{"full_name": "Ada Example"}]}, ["Ada Example"], 1),
        ({"name": "Ada Example"}, ["Ada Example"], 1),
        ([["Example", "Ada", ""]], ["Ada Example"], 1),
        ("['Ada Example', \"Bo O'Sample\"]", ["Ada Example", "Bo O'Sample"], 2),
        ("[{'_id': '1', 'name': 'Ada Example', 'hidden': False}]", ["Ada Example"], 1),
    ],
)
def test_authors_have_many_shapes(listed: object, expected: list[str], number: int | None) -> None:
    record = one(json.dumps([{"title": "Small Experts", "abstract": "We.", "authors": listed}]))
    assert (list(record.authors), record.author_count) == (expected, number)


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2026-11-27", date(2026, 11, 27)),
        ("2026-11-27T23:00:00Z", date(2026, 11, 27)),
        ("2026/11/27", date(2026, 11, 27)),
        ("20261127", date(2026, 11, 27)),
        ("27 Nov 2026", date(2026, 11, 27)),
        ("November 27th, 2026", date(2026, 11, 27)),
        ("2026 Nov 27", date(2026, 11, 27)),
        ("Fri, 27 Nov 2026 10:00:00 GMT", date(2026, 11, 27)),
        (1795737600000, date(2026, 11, 27)),
        (1795737600, date(2026, 11, 27)),
        ([2026, 11, 27], date(2026, 11, 27)),
        ({"date-parts": [[2026, 11, 27]]}, date(2026, 11, 27)),
        ({"date-parts": [[2026, 11]]}, date(2026, 11, 1)),
        ({"date-parts": [[None]]}, None),
        ("2026", None),
        (2026, None),
        ("Nov 2026", date(2026, 11, 1)),
        ("11/12/2026", None),
        ("2026-13-40", None),
        (1e300, None),
        (True, None),
    ],
)
def test_a_date_is_a_day_or_none(raw: object, expected: date | None) -> None:
    record = one(json.dumps([{**FLAT, "published": raw}]))
    assert record.published == expected


def test_links_and_ids_of_an_archive() -> None:
    links = {"url": "https://arxiv.org/abs/2510.12345v2", "doi": "10.48550/arXiv.2510.12345"}
    record = one(json.dumps([{**FLAT, **links}]))
    assert record.url == "https://arxiv.org/abs/2510.12345v2"
    assert (record.arxiv_id, record.doi) == ("2510.12345", None)
    ids = {"arxiv_id": "2510.12345", "doi": "https://doi.org/10.1000/ABC"}
    record = one(json.dumps([{**FLAT, **ids, "upvotes": "7", "num_comments": 2.0}]))
    assert record.url == "https://arxiv.org/abs/2510.12345"
    assert (record.arxiv_id, record.doi) == ("2510.12345", "10.1000/abc")
    assert (record.upvotes, record.comments) == (7, 2)


# --- what is refused ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("[1, 2]", "2 values without keys"),
        ("[{}]", "no list of papers"),
        ('[{"id": 1, "title": "Buy milk", "completed": false}]', "“id”, “title”, “completed”"),
        ('[{"title": "Buy milk"}, {"title": "Call Ada"}]', "“title”"),
        ('[{"title": "The Harbour", "author": "Ada Example", "isbn": "1"}]', "no list of papers"),
        ('{"title": "Buy milk", "description": "Two litres", "done": false}', "no list of papers"),
        ('{"name": "digest", "version": "1", "dependencies": {}}', "“name”, “version”"),
        ('{"task": "buy"}\n{"task": "milk"}\n', "“task”"),
        ('{"items": []}', "“items”"),
        ('{"esearchresult": {"idlist": ["1", "2"]}}', "esearch"),
        ('"papers"', "not that of a papers page"),
        ("[" * 100_000, "begins like JSON"),
        ('{"a":' * 100_000, "begins like JSON"),
        ("[nonsense", "begins like JSON"),
        ("{", "begins like JSON"),
    ],
)
def test_other_json_is_refused(text: str, what: str) -> None:
    with pytest.raises(DumpError, match=re.escape(what)) as raised:
        read(text)
    assert raised.value.remedy


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('{"error": "Invalid date"}', "“Invalid date”"),
        ('{"message": "Too Many Requests", "code": "429"}', "“Too Many Requests”"),
        ('{"error": {"code": 500, "message": "Try later"}}', "“Try later”"),
        ('{"errors": [{"detail": "Bad key"}]}', "“Bad key”"),
        ('{"status": "failed", "message": [{"message": "No such filter"}]}', "“No such filter”"),
        ('{"status": "error", "message": "Down", "papers": []}', "“Down”"),
        ('{"result": {"status": {"@code": "500", "text": "Broken"}}}', "“Broken”"),
        ("<html><head><title>502 Bad Gateway</title></head></html>", "“502 Bad Gateway”"),
        ("<!DOCTYPE html>\n<title>Just a moment...</title>", "“Just a moment...”"),
        ('{"error": "Bad query", "message": "No such field"}', "“Bad query: No such field”"),
        ("Resource not found.", "“Resource not found.”"),
        ("Rate exceeded.", "“Rate exceeded.”"),
        ("429 Too Many Requests", "“429 Too Many Requests”"),
        ("error code: 1015", "“error code: 1015”"),
    ],
)  # fmt: skip
def test_an_error_of_a_server_is_quoted(text: str, what: str) -> None:
    with pytest.raises(DumpError, match="of a server") as raised:
        read(text)
    assert what in raised.value.reason
    assert "again" in raised.value.remedy


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
    assert len(dump.records) + len(dump.problems) >= len(elements) + 1


@given(st.text(alphabet='{}[]",:\\n1 tie', max_size=40), st.integers(0, 200))
def test_broken_json_is_read_in_part_or_refused(noise: str, at: int) -> None:
    text = json.dumps({"papers": [FLAT, item()]})
    for broken in (noise, text[:at] + noise + text[at:], text + noise, noise + "\n" + text):
        try:
            read(broken)
        except DumpError as error:
            assert error.reason  # noqa: PT017 - it may be read as well


def test_lines_of_our_own_schema() -> None:
    """The schema in the docs allows what is read, and ``digest read --json`` prints such papers."""
    line = {
        "title": "Small Experts",
        "abstract": "We route.",
        "authors": ["Ada Example", "Bo Sample"],
        "author_count": 7,
        "published": "2026-11-26",
        "comments": 3,
        "upvotes": 12,
        "url": "https://example.org/a",
        "arxiv": "2611.01234",
        "doi": "10.1000/abc",
        "venue": "Journal of Tides",
        "standing": "withdrawn",
        "pdf": "https://example.org/a.pdf",
        "code": "https://example.org/code",
        "categories": ["cs.LG"],
        "keywords": ["routing", "Networks, Small"],
    }
    schema = json.loads((Path(__file__).parents[3] / "docs/papers.schema.json").read_text())
    Draft202012Validator.check_schema(schema)
    assert set(line) == set(schema["properties"])
    validator = Draft202012Validator(schema)
    assert validator.is_valid(line)
    assert not validator.is_valid({"title": "Small Experts"})
    record = one(json.dumps(line))
    assert (record.authors, record.author_count) == (("Ada Example", "Bo Sample"), 7)
    assert (record.published, record.comments, record.upvotes) == (date(2026, 11, 26), 3, 12)
    assert (record.url, record.arxiv_id, record.doi) == (line["url"], "2611.01234", "10.1000/abc")
    assert (record.venue, record.standing) == ("Journal of Tides", "withdrawn")
    assert (record.pdf, record.code) == ("https://example.org/a.pdf", "https://example.org/code")
    assert (record.categories, record.keywords) == (("cs.LG",), ("routing", "Networks, Small"))
    printed = json.dumps([{"file": "a.jsonl", "format": "papers", "papers": [line, line]}])
    assert read(printed).records == (record, record)
