"""``digest fetch``: what the sources have that is new, saved for the next pass."""

import time
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

import click

from digest.cli import app, fetching, output
from digest.cli.alarms import Alarms
from digest.cli.options import pass_home
from digest.cli.stop_signals import stop_on_signals
from digest.config.messages import nearest
from digest.errors import NotFound
from digest.model import Problem, Source
from digest.sources.fetch import fetcher
from digest.sources.fetch.context import PageFetched, SourceFetched

NONE = """\
There is no source to fetch from. Switch one on in digest.toml, for example by

  [[sources]]
  kind = "daily-papers"
"""
STEP = 0.2  # seconds between two looks whether to stop, while the program waits for its turn


@click.command()
@click.argument("names", metavar="[SOURCE]...", nargs=-1)
@pass_home("digest fetch", "digest fetch daily-papers arxiv", now=True, json=True)
def fetch(home: app.Home, names: tuple[str, ...], now: datetime, as_json: bool) -> int:
    """Fetch what is due from the sources in digest.toml, or SOURCE at once.

    What is new is saved as dumps in state/fetched/, which the next pass reads like the inbox.
    `digest serve` does so by itself. A page is what a source lists for one day.

    Exit status: 0; 1 when a source could not be fetched (the others are).
    """
    chosen = _chosen(home.settings.expected.sources, names)
    if not chosen and not as_json:
        click.echo(NONE, nl=False)
        return 0
    started = time.monotonic()

    def clock() -> datetime:
        return now + timedelta(seconds=time.monotonic() - started)

    with (
        stop_on_signals() as stopping,
        app.open_ledger(home) as ledger,
        output.waiting("Fetching"),
    ):

        def wait(seconds: float) -> bool:
            end = time.monotonic() + seconds
            while not stopping() and (left := end - time.monotonic()) > 0:
                time.sleep(min(left, STEP))
            return stopping()

        connect = fetching.connecting(home, clock=clock, wait=wait)
        context = fetching.context(home, ledger, connect, clock=clock, stopping=stopping)
        found = list(fetcher.fetch(context, chosen, at_once=bool(names)))
        Alarms(home).look(ledger, now=clock())
    output.answer(as_json, [_as_json(one) for one in found], lambda: _show(found))
    output.print_problems(
        Problem(one.source, f"{one.fault}; next try {one.retry_at:%a %d %b %H:%M} UTC", one.remedy)
        for one in found
        if one.fault
    )
    return int(any(one.fault for one in found))


def _chosen(known: Sequence[Source], names: Sequence[str]) -> list[Source]:
    """The sources with these names, or all.

    Raises:
        NotFound: There is none of this name.
    """
    by_name = {one.name: one for one in known}
    for name in names:
        if name not in by_name:
            raise NotFound("source", name, nearest(name, by_name) or list(by_name))
    return [by_name[name] for name in dict.fromkeys(names or by_name)]


def _as_json(found: SourceFetched) -> dict[str, Any]:
    pages = [output.fields(one.page, "day", "state", "papers") for one in found.pages]
    files = ({"files": one.files} for one in found.pages)
    told = output.fields(found, "source", "fault", "remedy", "retry_at", "skipped")
    return told | {"pages": [page | more for page, more in zip(pages, files, strict=True)]}


def _show(found: Sequence[SourceFetched]) -> None:
    headings = ("Source", "Page", "#papers", "")
    output.console().print(output.table(headings, _rows(found)))
    if any(page.files for one in found for page in one.pages):
        click.echo("\n`digest run` reads what is new.")


def _rows(found: Sequence[SourceFetched]) -> Iterator[tuple[object, ...]]:
    for one in found:
        name = one.source
        for page in sorted(one.pages, key=lambda each: each.page.day):
            yield name, f"{page.page.day:%a %d %b %Y}", page.page.papers or "–", _words(page)
            name = ""
        if one.fault:
            yield name, "", "–", "could not be fetched" if name else "the rest could not be fetched"
        elif not one.pages:
            yield name, "", "–", one.skipped or "nothing to fetch"


def _words(page: PageFetched) -> str:
    match page.page.state:
        case "empty":
            return "lists nothing"
        case "partial":
            return "not to its end"
        case "unreadable":
            return "cannot be read"
        case _:
            return "new or changed" if page.files else "as before"
