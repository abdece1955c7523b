"""``digest export``: papers, picks and verdicts for other programs."""

import sys
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from pathlib import Path
from typing import Any, Literal, TextIO, get_args

import click

from digest import private_files
from digest.cli import app, lookup, output
from digest.cli.options import file_type, instant, pass_home
from digest.errors import DigestError
from digest.export import columns, parquet, writers
from digest.ledger import Ledger
from digest.model import Paper, SubscriberId
from digest.render import references

What = Literal["papers", "picks", "verdicts"]
Format = Literal["jsonl", "csv", "parquet", "bib", "ris"]
_COLUMNS = {"papers": columns.PAPERS, "picks": columns.PICKS, "verdicts": columns.VERDICTS}
_WRITERS = {"jsonl": writers.write_jsonl, "csv": writers.write_csv}
_REFERENCES = {"bib": references.bibtex_pieces, "ris": references.ris_pieces}


@click.command()
@click.argument("what", type=click.Choice(get_args(What)))
@click.option(
    "--format",
    "kind",
    type=click.Choice(get_args(Format)),
    help="Left out: as the name of FILE ends, or else jsonl.",
)
@click.option("--out", type=file_type(), metavar="FILE", help="Write to FILE, which must be new.")
@click.option("--replace", is_flag=True, help="FILE may exist: it is replaced once all is written.")
@click.option(
    "--since", type=instant, metavar="DATE", help="Only what arrived, or was sent or said, since."
)
@click.option(
    "--subscriber", "names", metavar="ID", multiple=True, help="Only picks or verdicts of these."
)
@pass_home(
    "digest export papers --out papers.parquet",
    "digest export picks --subscriber ada --since 2026-11-01 --format csv",
)
def export(  # noqa: PLR0917  click passes them by name
    home: app.Home,
    what: What,
    kind: Format | None,
    out: Path | None,
    replace: bool,
    since: datetime | None,
    names: Sequence[str],
) -> None:
    """Write papers, picks or verdicts to standard output or FILE, for other programs.

    The formats are JSON Lines, CSV and Parquet; for papers and picks also BibTeX (bib) and RIS
    (ris), with each paper once. Nothing is changed. Addresses and the tokens of feeds are never
    in it.
    """
    if what == "papers" and names:
        raise click.UsageError("papers belong to nobody: leave out --subscriber")
    kind = kind or _by_name(out)
    if what == "verdicts" and kind in _REFERENCES:
        raise click.UsageError(f"a list of references has no opinions: no {kind} of verdicts")
    if kind == "parquet" and out is None:
        raise click.UsageError("Parquet is not text: name a file with --out")
    if kind == "parquet":
        parquet.find_pyarrow()
    with app.read_ledger(home) as ledger:
        for name in names:
            lookup.find(home, ledger, name)
        found = _Found(ledger, what, since, [SubscriberId(name) for name in names])
        if out is None:
            found.write(sys.stdout, kind)
            return
        with _new_file(out, replace=replace) as path, output.waiting("Writing"):
            if kind == "parquet":
                parquet.write_parquet(path, _COLUMNS[what], found.rows())
            else:
                with private_files.open_to_write(path, newline="") as text:
                    found.write(text, kind)


@dataclass(frozen=True, slots=True)
class _Found:
    """What is to be exported, read in batches."""

    ledger: Ledger
    what: What
    since: datetime | None
    of: Collection[SubscriberId]

    def rows(self) -> Iterator[Sequence[columns.Row]]:
        found: Iterator[Sequence[Any]]
        if self.what == "papers":
            found = self.ledger.all_papers(since=self.since)
        else:
            picks = self.what == "picks"
            read = self.ledger.all_picks if picks else self.ledger.all_verdicts
            found = read(since=self.since, of=self.of)
        return (columns.rows(_COLUMNS[self.what], batch) for batch in found)

    def papers(self) -> Iterator[Paper]:
        if self.what == "papers":
            return chain.from_iterable(self.ledger.all_papers(since=self.since))
        return chain.from_iterable(self.ledger.picked_papers(since=self.since, of=self.of))

    def write(self, text: TextIO, kind: Format) -> None:
        if entries := _REFERENCES.get(kind):
            text.writelines(entries(self.papers()))
        else:
            _WRITERS[kind](text, _COLUMNS[self.what], self.rows())


def _by_name(out: Path | None) -> Format:
    ending = out.suffix.removeprefix(".") if out else ""
    return next((kind for kind in get_args(Format) if kind == ending), "jsonl")


@contextmanager
def _new_file(out: Path, *, replace: bool) -> Iterator[Path]:
    """A file to write beside ``out``, which takes its place when the block ends without an error.

    Raises:
        DigestError: ``out`` exists and is not to be replaced.
    """
    if out.exists() and not replace:
        raise DigestError(f"{out} exists already; name another file, or give --replace")
    path = out.with_name(f".{out.name}.part")
    try:
        private_files.create(path)
        yield path
        path.replace(out)
    finally:
        path.unlink(missing_ok=True)
