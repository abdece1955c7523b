"""From a file's bytes to its records: what is unpacked, decoded, chosen and refused."""

from __future__ import annotations

import gzip
import os
import re
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DumpError
from digest.model import Dump
from digest.sources import content
from tests.conftest import examples
from tests.sources.page.samples import HEADER, TITLES, detailed, papers, plain, read

PAGE = plain(papers(3))


def titles(dump: Dump) -> list[str]:
    return [record.title for record in dump.records]


@pytest.mark.parametrize(
    "encoded",
    [
        PAGE.replace("\n", "\r\n").encode(),
        PAGE.replace("\n", "\r").encode(),
        PAGE.encode("utf-8-sig"),
        PAGE.encode("utf-16"),
        PAGE.encode("utf-16-le"),
        PAGE.encode("utf-16-be"),
        PAGE.encode("utf-32"),
        gzip.compress(PAGE.encode()),
        gzip.compress(PAGE[:300].encode()) + gzip.compress(PAGE[300:].encode()),
        b"\n\n\x00" + PAGE.encode() + b"\n \n\x00",
    ],
)
def test_encodings(encoded: bytes) -> None:
    dump = read(encoded)
    assert titles(dump) == list(TITLES[:3])
    assert [record.raw_abstract for record in dump.records] == [
        paper.paragraphs[0] for paper in papers(3)
    ]


def test_a_page_saved_by_an_old_program_for_windows() -> None:
    text = detailed(papers(3)).replace("costly", "“costée”…")
    dump = read(text.encode("cp1252"))
    assert dump.format == "papers-page-detailed"
    assert dump.records == read(text).records
    assert [record.author_count for record in dump.records] == [2, 3, 4]


def test_bytes_that_are_no_utf_8_in_what_else_is_are_read_as_windows_letters_and_told() -> None:
    dump = read(PAGE.replace("costly", "“cost\u00e9e”").encode().replace(b"\xc3\xa9", b"\xe9"))
    assert titles(dump) == list(TITLES[:3])
    assert any("“costée”" in record.abstract for record in dump.records)
    (problem,) = dump.problems
    assert problem.what == "some of its bytes are no UTF-8; they are read as windows-1252"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "it is empty"),
        (b" \r\n\x00\n", "it is empty"),
        (gzip.compress(b"", mtime=0), "it is empty"),
        (gzip.compress(PAGE.encode())[:-9], "gzip file is damaged"),
        (b"\x1f\x8b\x08nonsense", "gzip file is damaged"),
        (b"%PDF-1.7 ...", "a PDF file"),
        (b"PK\x03\x04....", "a ZIP archive"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (bytes(range(256)) * 20, "binary data"),
        (
            ("Новые статьи\n\nОкеан и его приливы\n\n" * 20).encode("cp1251"),
            "it is text, but not that",
        ),
        (
            b"<!DOCTYPE html><title>Tide Blog</title>" + PAGE[150:].encode(),
            "HTML page .“Tide Blog”",
        ),
        (b"<html><body>new Subscribe</body></html>", "an HTML page"),
        (b"To do: buy milk, call the harbour.", "text, but not that of a papers page"),
        (b"# Notes\n\nSome text.\n\n## More\n\nAnd more text.", "text, but not that"),
        (("A line of a novel. " * 30 + "\n\n").encode() * 40, "text, but not that"),
        (b"id,title\n1,Tides\n2,Harbours\n" * 40, "a table, but not of papers"),
    ],
)
def test_what_is_no_dump_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(DumpError, match=reason) as raised:
        read(data)
    assert raised.value.remedy


def test_what_unpacks_to_too_much_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = gzip.compress(bytes(200_000))
    monkeypatch.setattr(content, "LIMIT", 100_000)
    for data in (packed, bytes(100_001)):
        with pytest.raises(DumpError, match="larger than"):
            read(data)


def test_a_page_without_any_header_is_taken_if_it_is_nothing_but_papers() -> None:
    assert titles(read(plain(papers(5), header=""))) == list(TITLES[:5])
    assert titles(read(detailed(papers(1), header=""))) == list(TITLES[:1])
    with pytest.raises(DumpError):
        read(plain(papers(2), header=""))


def test_a_title_may_begin_like_json_or_markup() -> None:
    text = PAGE.replace(TITLES[0], "[Re] Harbour Experts")
    for start in ("[Re] Harbour\n\n", "{Small} Experts\n\n", "<Tide> Tables\n\n"):
        first = read(start + plain(papers(5), header="").replace(TITLES[0], "", 1)).records[0]
        assert first.title in {"[Re] Harbour", "Small Experts", "<Tide> Tables"}
    assert titles(read(text))[0] == "[Re] Harbour Experts"


@pytest.mark.parametrize("before", ["", "Daily Papers\n", "  \n\n"])
@pytest.mark.parametrize("date", ["Mar 8", "Mar 8, 2025", "Published on Mar 8"])
def test_a_date_a_dot_and_a_date_without_a_paper_are_told_by_their_line(
    before: str, date: str
) -> None:
    start = f"{before}{date}\n·\nDec 6\n"
    alone, whole = read(start), read(f"{start}\n{detailed(papers(3))}")
    assert alone.records == ()
    assert titles(whole) == list(TITLES[:3])
    for dump in (alone, whole):
        (problem,) = dump.problems
        assert problem.where == f"page.txt:{start.count(chr(10)) - 1}"
        assert problem.what == "metadata without a paper"


def read_or_refused(data: bytes) -> Dump | str:
    try:
        return read(data)
    except DumpError as error:
        return error.reason


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
def test_any_bytes_are_read_or_refused_with_a_reason(data: bytes) -> None:
    assert read_or_refused(data)
    assert read_or_refused(HEADER.encode() + data)
    assert read_or_refused(gzip.compress(data))


@given(st.integers(0, len(PAGE.encode())))
@settings(max_examples=examples(50))
def test_a_page_cut_off_anywhere_loses_only_what_was_cut(end: int) -> None:
    dump = read_or_refused(PAGE.encode()[:end])
    if isinstance(dump, str):
        assert end < len(HEADER)
        return
    assert TITLES[: max(0, len(dump.records) - 1)] == tuple(titles(dump)[:-1])
    whole = [title for title in TITLES[:3] if PAGE.index(title) + len(title) + 200 < end]
    assert titles(dump)[: len(whole)] == whole


# --- real pages --------------------------------------------------------------------------

LEFT_OVER = re.compile(r"\\|``|''|\dtimes|mathcal|rightarrow|\bsim\d|\$(?!\d)|x201\d|(?<![_^])\{")
NOT_OF_PAPERS = re.compile(
    r"|new|Get trending papers in your email inbox!|Subscribe|Daily Papers|byAK and the research"
    r" community|·|• \d+ authors|[A-Z][a-z]{2} \d{1,2}(, \d{4})?(\s\d+)?"
    r"|google Google|KaLM-Embedding KaLM-Embedding"
)
REAL = os.environ.get("REAL_DUMPS", "")


@pytest.mark.skipif(not REAL, reason="REAL_DUMPS does not name the folder of real dumps")
@pytest.mark.parametrize(
    ("prefix", "count", "counted", "listed"),
    [
        ("000_", 86, 0, date(2026, 3, 11)),
        ("001_", 103, 100, date(2025, 10, 28)),
        ("002_", 76, 0, date(2026, 3, 12)),
    ],
)
def test_real_pages(prefix: str, count: int, counted: int, listed: date) -> None:
    (path,) = Path(REAL).glob(f"{prefix}*.txt")
    text = path.read_text()
    dump = read(text, arrived=datetime(2026, 11, 20, tzinfo=UTC))
    assert (len(dump.records), dump.problems, dump.listed) == (count, (), listed)
    assert sum(record.author_count is not None for record in dump.records) == counted
    assert sum(record.published is not None for record in dump.records) == (102 if counted else 0)
    assert not any(LEFT_OVER.search(f"{each.title} {each.abstract}") for each in dump.records)
    held = {record.raw_title for record in dump.records}
    held |= {line for record in dump.records for line in record.raw_abstract.split("\n\n")}
    lines = {line.strip() for line in text.split("\n")} - held
    assert [line for line in lines if not NOT_OF_PAPERS.fullmatch(line)] == []


def test_texts_of_any_length_are_bounded_and_the_cut_is_told_with_its_line() -> None:
    words = "robots " * 4000
    data = f'{{"papers": [\n{{"title": "Long", "abstract": "{words}"}},\n{{"title": "Short"}}]}}'
    dump = read(data.encode())
    long, short = dump.records
    assert 19_900 < len(long.abstract) <= 20_000
    assert long.abstract.endswith("robots…")
    assert short.abstract == ""
    (problem,) = dump.problems
    assert problem.where.endswith(f":{long.line}")
    assert problem.what == "the abstract of “Long” was cut after 20,000 characters"


def test_a_word_longer_than_a_title_may_be_is_cut_too() -> None:
    dump = read(f'{{"papers": [{{"title": "{"x" * 5000}", "abstract": "A"}}]}}'.encode())
    assert len(dump.records[0].title) == 1000
    assert "the title of" in dump.problems[0].what
