# ruff: noqa: E501 - rows of Markdown tables cannot be wrapped
from __future__ import annotations

import csv
import io
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DumpError
from tests.conftest import examples
from tests.sources.page.samples import read

LONG = 'We route, "quoted", and\nrun over two lines; it works.'


def table(*rows: tuple[str, ...], delimiter: str = ",") -> str:
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter).writerows(rows)
    return out.getvalue()


HEAD = ("id", "title", "authors", "abstract", "upvotes", "published")
ROW = ("2611.01234", "Small Experts", "Ada Example, Bo Sample", LONG, "12", "2026-11-26")
NEXT = ("2611.01235", "Tides", "Carla Muster", "We test.", "3", "2026-11-25")


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_csv(delimiter: str, mark: str) -> None:
    dump = read(mark + table(HEAD, ROW, NEXT, delimiter=delimiter))
    assert (dump.format, dump.problems) == ("csv", ())
    first, second = dump.records
    assert (first.title, first.authors) == ("Small Experts", ("Ada Example", "Bo Sample"))
    assert first.abstract == 'We route, "quoted", and run over two lines; it works.'
    assert (first.upvotes, first.published) == (12, date(2026, 11, 26))
    assert (first.arxiv_id, first.url) == ("2611.01234", "https://arxiv.org/abs/2611.01234")
    assert (second.title, second.line) == ("Tides", 4)


@pytest.mark.parametrize(
    "head",
    [
        ("Date", "Title", "Author", "Abstract Note", "Votes", "Publication Date"),
        ("", "Paper Title", "Authors", "Summary", "Upvotes", "Published"),
        ("arXiv", "Titel", "Autoren", "Zusammenfassung", "Likes", "Datum"),
        ("ID", "标题", "作者", "摘要", "Votes", "日期"),
    ],
)
def test_columns_have_many_names(head: tuple[str, ...]) -> None:
    first = read(table(head, ROW, NEXT)).records[0]
    assert (first.title, first.authors) == ("Small Experts", ("Ada Example", "Bo Sample"))
    assert first.abstract.startswith("We route")


def test_empty_cells_say_nothing() -> None:
    row = ("2611.01234", "Small Experts", "None", "nan", "", "")
    (record,) = read(table(HEAD, row)).records
    assert (record.abstract, record.authors, record.published) == ("", (), None)


def test_a_row_that_does_not_fit_costs_no_other() -> None:
    text = (
        table(HEAD, ROW)
        + '2611.1,Has "a" comma, here,x,y,z,1,2\n2611.2,"Open,A,B,1\n'
        + table(NEXT)
    )
    dump = read(text, name="a.csv")
    assert [record.title for record in dump.records] == ["Small Experts", "Tides"]
    assert [problem.where for problem in dump.problems] == ["a.csv:4", "a.csv:5"]


@pytest.mark.parametrize(
    "text",
    ["id,title\n1,Tides\n2,Harbours\n", "title,isbn,price\nTides,1,2\n",
     "name,title,salary\nAda,Engineer,1\n", "title;done\nBuy milk;no\n"],
)  # fmt: skip
def test_tables_of_other_things_are_refused_by_their_columns(text: str) -> None:
    with pytest.raises(DumpError, match="a table, but not of papers: its columns are") as raised:
        read(text)
    assert "“title”" in raised.value.remedy


def test_quotation_marks_that_are_not_closed_join_no_rows() -> None:
    torn = '"Small,Ada Example,We route.\n'
    dump = read("title,authors,abstract\n" + torn * 2 + "Tides,Bo Sample,x\n")
    assert [record.title for record in dump.records] == ["Tides"]
    assert len(dump.problems) == 2


def test_an_abstract_in_a_column_that_nobody_knows_is_told() -> None:
    text = table(
        ("title", "authors", "zusf"), ("Small Experts", "Ada Example", "We route it. " * 20)
    )
    dump = read(text, name="a.csv")
    assert [problem.where for problem in dump.problems] == ["a.csv:2"]
    assert "“zusf”" in dump.problems[0].what


MARKDOWN = r"""# Daily Papers

Updated on 2026.11.27

## Routing

| Date | Title | Authors | Abstract |
|---|:---:|---|---|
|2026-11-27|[Small Experts: Routing $|k|$ Tokens](https://huggingface.co/papers/2611.01234)|Ada Example, Bo Sample|We route tokens. <br> It works for k \| n.|
| **2026-11-26** | **Tides** | Carla Muster et.al. | <details><summary>Abstract</summary>We test.</details> |

## Code

|Publish Date|Title|Authors|PDF|Code|
|---|---|---|---|---|
|**2026-11-25**|**Gardens**|Dora Beispiel et.al.|[2611.01236v1](http://arxiv.org/abs/2611.01236v1)|**[link](https://example.org/code)**|

| Model | Score |
|---|---|
| A | 1 |
"""


def test_markdown() -> None:
    dump = read(MARKDOWN.replace("$|k|$ ", ""), name="a.md")
    assert (dump.format, dump.problems) == ("markdown-table", ())
    first, second, third = dump.records
    assert (first.title, first.arxiv_id) == ("Small Experts: Routing Tokens", "2611.01234")
    assert first.url == "https://huggingface.co/papers/2611.01234"
    assert first.abstract == "We route tokens.\n\nIt works for k | n."
    assert (first.authors, first.published) == (("Ada Example", "Bo Sample"), date(2026, 11, 27))
    assert (second.title, second.abstract) == ("Tides", "We test.")
    assert (second.authors, second.author_count) == (("Carla Muster",), None)
    assert (third.title, third.arxiv_id) == ("Gardens", "2611.01236")
    assert (third.published, third.line) == (date(2026, 11, 25), 16)


def test_a_row_of_markdown_with_too_many_cells_is_told() -> None:
    dump = read(MARKDOWN, name="a.md")
    assert [record.title for record in dump.records] == ["Tides", "Gardens"]
    assert [problem.where for problem in dump.problems] == ["a.md:9"]


@given(st.integers(0, 400), st.text(alphabet='|,"\n-[]()*ab', max_size=20))
@settings(max_examples=examples(60))
def test_noise_in_a_table_costs_little_or_is_refused(at: int, noise: str) -> None:
    for text in (MARKDOWN, table(HEAD, ROW, NEXT)):
        try:
            dump = read(text[:at] + noise + text[at:])
        except DumpError:
            continue
        assert all(record.title for record in dump.records)
