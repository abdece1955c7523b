"""Reads tables of papers: CSV with commas, semicolons or tabs, and the tables of Markdown."""

import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.errors import DumpError
from digest.model import Problem, Record
from digest.sources.code_links import first_repository
from digest.sources.content import LIMIT
from digest.sources.formats.fields import (
    AUTHORS,
    CODE,
    PDF,
    PUBLISHED,
    SUMMARY,
    TITLE,
    URL,
    Fields,
    flat,
    is_paper,
)
from digest.sources.formats.json_shapes import normal_key
from digest.sources.formats.markup import text_of_html
from digest.sources.records import BadRecord, File, Reading, excerpt

DELIMITERS = (",", ";", "\t", "|")
ROWS_PARSED_AT_ONCE = 200  # lines that one quoted field may have
HEADS = frozenset((*TITLE, "name", "papertitle", "titlelink", "paperlink"))
OF_PAPERS = frozenset(
    (*AUTHORS, *SUMMARY, *URL, *PUBLISHED, "arxivid", "doi", "publishdate", "code")
)
DASHES = re.compile(r"\s*\|?\s*:?-{1,}:?\s*(?:\|\s*:?-{1,}:?\s*)*\|?\s*")
CELL_END = re.compile(r"(?<!\\)\|")
LINK = re.compile(
    r"!?\[(?P<text>(?:[^\[\]]|\[[^\[\]]{0,100}\]){0,500})\]\(\s*<?(?P<url>[^()\s<>]{1,500})[^()]{0,200}\)"
)
BARE_URL = re.compile(r"https?://[^\s<>|)\]\"']{4,500}")
EMPHASIS = re.compile(r"(?<![\w*])(\*{1,3}|_{2,3})(?=\S)(.{1,2000}?)(?<=\S)\1(?![\w*])")
TAG = re.compile(r"</?[a-zA-Z][^<>]{0,300}>")
SUMMARY_TAG = re.compile(r"<summary>.{0,200}?</summary>", re.IGNORECASE | re.DOTALL)
ADD = "fetch or export the table again if the paper is missing"
NOT_PAPERS = "a table of papers has a column “title”, and “abstract”, “authors”, “url” or “arxiv”"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: what its cells say, and the links in them."""

    line: int
    cells: dict[str, str]
    error: str = ""


def read(file: File) -> Reading | None:
    """Read the papers of a table; None if the file is no table.

    Raises:
        DumpError: It is a table, but not of papers.
    """
    if rows := list(_markdown_rows(file.text)):
        return _reading("markdown-table", rows, file.name)
    delimiter = _delimiter(file.text)
    if not delimiter:
        return None
    rows = list(_csv_rows(file.text, delimiter))
    found = _reading("csv", rows, file.name)
    if not found and rows and not any(row.error for row in rows):
        heads = ", ".join(f"“{head}”" for head in list(rows[0].cells)[:6])
        raise DumpError(f"it is a table, but not of papers: its columns are {heads}", NOT_PAPERS)
    return found


def _reading(name: str, rows: list[Row], file: str) -> Reading | None:
    records: list[Record] = []
    problems: list[Problem] = []
    unread = ""
    has_papers = any(not row.error and is_paper(Fields(row.cells)) for row in rows)
    if not has_papers:
        return None
    for row in rows:
        try:
            records.append(_record(row))
        except BadRecord as error:
            problems.append(Problem(f"{file}:{row.line}", str(error), ADD))
            continue
        if not records[-1].abstract and not unread and (unread := Fields(row.cells).unread_text()):
            what = f"no abstract was read, but there is a long text in the column “{unread}”"
            problems.append(Problem(f"{file}:{row.line}", what, "call this column “abstract”"))
    return Reading(name, None, tuple(records), tuple(problems), len(problems) > len(records))


def _record(row: Row) -> Record:
    if row.error:
        raise BadRecord(row.error)
    return flat(row.cells, row.line)


# --- CSV ---------------------------------------------------------------------------------


def _delimiter(text: str) -> str:
    """What separates the columns, by the heads of the columns; empty if it is no table."""
    first = text.lstrip("\ufeff").lstrip("\n").partition("\n")[0]
    if len(first) > 5000:
        return ""
    for delimiter in DELIMITERS:
        heads = [normal_key(cell.strip(' "')) for cell in first.split(delimiter)]
        if len(heads) > 1 and HEADS & set(heads) and all(len(head) < 40 for head in heads):
            return delimiter
    return ""


def _csv_rows(text: str, delimiter: str) -> Iterator[Row]:
    csv.field_size_limit(LIMIT)
    lines = text.lstrip("\ufeff").split("\n")
    start = next((n for n, line in enumerate(lines) if line.strip()), 0)
    heads = [cell.strip() for cell in next(csv.reader([lines[start]], delimiter=delimiter))]
    position = start + 1
    while position < len(lines):
        if not lines[position].strip():
            position += 1
            continue
        cells, used = _csv_row(lines, position, delimiter)
        is_torn = used > 1 and len(cells) != len(heads)  # by a quotation mark
        used = 1 if is_torn else used
        if is_torn or any(cells[len(heads) :]):
            yield Row(position + 1, {}, _misfit(lines[position], heads))
        else:
            yield Row(position + 1, dict(zip(heads, cells, strict=False)))
        position += used


def _misfit(line: str, heads: list[str]) -> str:
    return f"its cells do not fit the {len(heads)} columns: {excerpt(line)}"


def _csv_row(lines: list[str], start: int, delimiter: str) -> tuple[list[str], int]:
    """The cells of the row that begins at this line, and how many lines it has; no cells, and
    more than one line, if it cannot be read."""
    some = lines[start : start + ROWS_PARSED_AT_ONCE]
    reader = csv.reader((f"{line}\n" for line in some), delimiter=delimiter, strict=True)
    try:
        cells = next(reader)
    except (csv.Error, StopIteration):
        return [], 2
    if reader.line_num >= len(some) and len(some) == ROWS_PARSED_AT_ONCE:
        return [], 2  # a quotation mark that is not closed
    return [cell.strip() for cell in cells], reader.line_num


# --- Markdown ----------------------------------------------------------------------------


def _markdown_rows(text: str) -> Iterator[Row]:
    """The rows of all tables whose columns are those of papers."""
    lines = text.split("\n") if "|" in text else []
    heads: list[str] = []
    for number, line in enumerate(lines, start=1):
        if (
            number < len(lines)
            and "|" in line
            and DASHES.fullmatch(lines[number])
            and "|" in lines[number]
        ):
            heads = [_plain(cell) for cell in _cells(line)]
            keys = {normal_key(head) for head in heads}
            if not HEADS & keys or not OF_PAPERS & keys:
                heads = []
        elif "|" not in line:
            heads = []
        elif heads and not DASHES.fullmatch(line):
            cells = _cells(line)
            if len(cells) > len(heads):
                what = (
                    f"its {len(cells)} cells do not fit the {len(heads)} columns: {excerpt(line)}"
                )
                yield Row(number, {}, what)
            elif any(cells):
                yield Row(number, _with_links(heads, cells))


def _cells(line: str) -> list[str]:
    inner = line.strip().removeprefix("|")
    if inner.endswith("|") and not inner.endswith("\\|"):
        inner = inner[:-1]
    return [cell.replace("\\|", "|").strip() for cell in CELL_END.split(inner)]


def _with_links(heads: list[str], cells: list[str]) -> dict[str, str]:
    """The texts of a row by the heads of their columns, and the first link to a paper in it."""
    values = {head: _plain(cell) for head, cell in zip(heads, cells, strict=False)}
    by_head = dict(zip(heads, cells, strict=False))
    titles = [head for head in heads if normal_key(head) in HEADS]
    others = [head for head in heads if head not in titles and normal_key(head) in URL]
    for head in (*titles, *others, *heads):
        cell = by_head.get(head, "")
        found = LINK.search(cell)
        address = found["url"] if found else (match[0] if (match := BARE_URL.search(cell)) else "")
        if address and not found_image(found):
            values["url"] = address
            break
    for head, cell in by_head.items():
        if normal_key(head) in (*CODE, *PDF) and (link := LINK.search(cell)):
            values[head] = link["url"]
    texts = (cell for head, cell in by_head.items() if normal_key(head) not in SUMMARY)
    if code := first_repository(" ".join(texts)):
        values.setdefault("repository", code)
    return values


def found_image(found: re.Match[str] | None) -> bool:
    """Whether a link is a picture."""
    return found is not None and found[0].startswith("!")


def _plain(cell: str) -> str:
    """What a cell shows, without the marks of Markdown."""
    text = LINK.sub(lambda match: "" if found_image(match) else match["text"], cell)
    text = LINK.sub(lambda match: match["text"], text)  # a picture in a link
    if TAG.search(text):
        text = text_of_html(SUMMARY_TAG.sub("", text))
    for _ in range(2):
        text = EMPHASIS.sub(r"\2", text)
    return text.strip()
