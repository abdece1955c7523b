"""Output of the commands: tables and text on the terminal, or JSON."""

import json
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict, is_dataclass
from datetime import date, timedelta
from textwrap import indent
from time import monotonic
from typing import Any, TypeVar

import click
from rich.console import Console, JustifyMethod
from rich.table import Table
from rich.text import Text

from digest.model import Period, Problem, State

T = TypeVar("T")

_STATE_COLOURS = {State.SENT: "green", State.DEFERRED: "yellow", State.UNCERTAIN: "yellow"}
_STATE_COLOURS |= {State.FAILED: "red", State.EXPIRED: "red"}
_PIPE_WIDTH = 10_000  # the width where the output is a file or a pipe, so that no line is cut off


def print_json(value: object) -> None:
    """Print one JSON value; instants are written in ISO 8601, dataclasses as objects."""
    click.echo(_json(value))


def answer(as_json: bool, value: object, show: Callable[[], object]) -> None:
    """Print the value as JSON, or else let ``show`` print it for people."""
    if as_json:
        print_json(value)
    else:
        show()


def print_json_array(items: Iterable[object]) -> None:
    """Print a JSON array as ``print_json`` does, one item at a time."""
    begin = "[\n"
    for item in items:
        click.echo(begin + indent(_json(item), "  "), nl=False)
        begin = ",\n"
    click.echo("[]" if begin == "[\n" else "\n]")


def _json(value: object) -> str:
    text = json.dumps(value, indent=2, ensure_ascii=False, default=_plain)
    # A lone surrogate, from a file name that is not UTF-8, becomes the JSON escape ``\\udc80``.
    return text.encode("utf-8", "backslashreplace").decode()


def _plain(value: object) -> object:
    match value:
        case date():  # or an instant
            return value.isoformat()
        case Period():
            return str(value)
        case _ if is_dataclass(value) and not isinstance(value, type):
            return asdict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def fields(value: object, *names: str) -> dict[str, Any]:
    """Return the named attributes of a value, as an object for ``print_json``."""
    return {name: getattr(value, name) for name in names}


def console(*, stderr: bool = False) -> Console:
    """Return a console that uses colours and the width of the terminal only on a terminal."""
    made = Console(stderr=stderr, highlight=False, soft_wrap=True)
    if not made.is_terminal:
        made.width = _PIPE_WIDTH
    return made


def table(headings: Sequence[str], rows: Iterable[Sequence[object]]) -> Table:
    """Return a table without rules, its columns as wide as their content. A ``#`` at the start of a
    heading is not shown and marks a column of numbers. A table whose headings are all empty has no
    heading line. Markup in cells has no effect."""
    made = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    made.show_header = any(headings)
    for heading in headings:
        justify: JustifyMethod = "right" if heading[:1] == "#" else "left"
        # Folded where a terminal is too narrow: a path that is cut off is of no use.
        made.add_column(heading.removeprefix("#"), justify=justify, overflow="fold")
    for row in rows:
        made.add_row(*(cell if isinstance(cell, Text) else Text(str(cell)) for cell in row))
    return made


def named(values: Mapping[str, object]) -> Table:
    """Return a table of names in bold, each with its value."""
    rows = [(Text(name.capitalize(), "bold"), value) for name, value in values.items()]
    return table(("", ""), rows)


def ago(span: timedelta) -> str:
    """``3 days ago``, in the largest unit of which there is at least one."""
    for name in ("day", "hour", "minute"):
        if (count := span // timedelta(**{f"{name}s": 1})) > 0:
            return f"{count} {name}{'s' if count > 1 else ''} ago"
    return "just now"


def state(of: State) -> Text:
    """Return the state of a delivery in its colour."""
    return Text(of, _STATE_COLOURS.get(of, "default"))


def track(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    """Show a progress bar on standard error if that is a terminal, from the first second on."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.progress import Progress  # noqa: PLC0415  a file or a pipe does without

    shown, pause = monotonic(), 1.0
    out = console(stderr=True)
    with Progress(console=out, transient=True, auto_refresh=False) as progress:
        task = progress.add_task(what, total=total, visible=False)
        for done, item in enumerate(items, 1):
            yield item
            if monotonic() - shown > pause:  # drawing it takes as long as checking ten profiles
                progress.update(task, completed=done, visible=True, refresh=True)
                shown, pause = monotonic(), 0.1


def waiting(words: str) -> AbstractContextManager[object]:
    """Show on a terminal that work is under way, until the block ends."""
    return console(stderr=True).status(f"{words} …")


def print_problems(problems: Iterable[Problem]) -> None:
    """Print each problem and its remedy to standard error."""
    out = console(stderr=True)
    for problem in problems:
        remedy = f" – {problem.remedy}" if problem.remedy else ""
        out.print(Text.assemble((problem.where, "bold"), f": {problem.what}", (remedy, "dim")))
