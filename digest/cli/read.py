"""``digest read``: what would be read from files."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import chain
from pathlib import Path
from textwrap import fill

import click
from rich.text import Text

from digest import sources
from digest.cli import output
from digest.cli.options import examples, file_type, json_option, now_option
from digest.errors import DumpError
from digest.model import Dump, Problem, Record
from digest.render.wording import day, plural
from digest.sources.inbox import InboxFile

_EXCERPT = 200  # characters of an abstract that are shown
_NAMES = 3  # authors that are named
_LABELS = 5  # categories, or keywords, that are shown
_AGAIN = "check the path, and who may read the file"


@click.command()
@click.argument("files", metavar="FILE...", nargs=-1, required=True, type=file_type())
@now_option
@json_option
@examples("digest read page.txt", "digest read inbox/* --json")
def read(files: Sequence[Path], now: datetime, as_json: bool) -> int:
    """Show what would be read from FILE, paper by paper, with every problem.

    Needs no home and changes nothing. A page leaves out the year of its dates; it is taken to
    have been saved lately.

    Exit status: 0; 1 when a file is no list of papers, or more papers seem to be in it than
    were read.
    """
    failed = False
    rows: list[dict[str, object]] = []
    for path in files:
        found = _read(path, now)
        failed = failed or isinstance(found, Problem) or found.is_incomplete
        if as_json:
            rows.append(_row(path, found))
        elif isinstance(found, Problem):
            output.print_problems([found])
        else:
            _show(found)
    if as_json:
        output.print_json(rows)
    return int(failed)


def _read(path: Path, now: datetime) -> Dump | Problem:
    """What a pass would read, or why it would read nothing."""
    try:
        parts = InboxFile.at(path).parts()
        first, *others = (sources.read_part(str(path), each, arrived=now) for each in parts)
        return replace(
            first,
            records=(*first.records, *chain.from_iterable(each.records for each in others)),
            problems=(*first.problems, *chain.from_iterable(each.problems for each in others)),
            is_incomplete=any(each.is_incomplete for each in (first, *others)),
        )
    except DumpError as error:
        where = f"{path}:{error.line}" if error.line else str(path)
        return Problem(where, error.reason, error.remedy)
    except OSError as error:
        return Problem(str(path), f"cannot be read: {error.strerror or error}", _AGAIN)


def _row(path: Path, found: Dump | Problem) -> dict[str, object]:
    if isinstance(found, Problem):
        nothing = {"format": None, "listed": None, "papers": [], "problems": [found]}
        return {"file": str(path), **nothing, "refused": found.what}
    names = ("title", "abstract", "authors", "author_count", "published", "comments", "upvotes")
    papers = [
        {
            **output.fields(each, *names, "url"),
            "arxiv": each.arxiv_id,
            **output.fields(each, "doi", "venue", "standing", "pdf", "code"),
            **output.fields(each, "categories", "keywords"),
        }
        for each in found.records
    ]
    read = {**output.fields(found, "format", "listed"), "papers": papers}
    return {"file": str(path), **read, "problems": found.problems, "refused": None}


def _show(dump: Dump) -> None:
    out = output.console()
    listed = f", {day(dump.listed)}" if dump.listed else ""
    count = plural(len(dump.records), "paper")
    out.print(Text.assemble((dump.name, "bold"), f"  {dump.format}{listed}, {count}\n"))
    width = len(str(len(dump.records)))
    for number, record in enumerate(dump.records, start=1):
        text = " ".join(record.abstract.split())
        if len(text) > _EXCERPT:
            text = f"{text[:_EXCERPT].rsplit(' ', 1)[0]} …"
        out.print(Text.assemble((f"{number:>{width}}  ", "dim"), (record.title, "bold")))
        indent = " " * (width + 2)
        for line, style in ((" · ".join(_facts(record)), ""), (text or "no abstract", "dim")):
            if line:
                out.print(
                    Text(
                        fill(line, out.width, initial_indent=indent, subsequent_indent=indent),
                        style,
                    )
                )
        out.print()
    output.print_problems(dump.problems)


def _facts(record: Record) -> Iterator[str]:
    """What is known of a paper beside its text."""
    if record.authors:
        yield ", ".join(record.authors[:_NAMES]) + (" …" if len(record.authors) > _NAMES else "")
    elif record.author_count is not None:
        yield plural(record.author_count, "author")
    counts = ((record.upvotes, "upvote"), (record.comments, "comment"))
    yield from filter(None, (record.venue, record.published and day(record.published)))
    yield from (plural(count, what) for count, what in counts if count is not None)
    if record.arxiv_id:
        yield f"arXiv {record.arxiv_id}"
    if record.doi:
        yield f"doi {record.doi}"
    yield from filter(None, (record.standing, record.url))
    links = (("PDF", record.pdf), ("code", record.code))
    yield from (f"{what} {link}" for what, link in links if link and link != record.url)
    for labels in filter(None, (record.categories, record.keywords)):
        yield ", ".join(labels[:_LABELS]) + (" …" if len(labels) > _LABELS else "")
