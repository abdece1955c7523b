"""``digest subscribers import``: subscribers from a file of ours or of another program."""

import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import get_args

import click

from digest import config, foreign
from digest.cli import app, output
from digest.cli.options import file_type, pass_home
from digest.foreign import saving
from digest.model import Subscriber
from digest.render.wording import plural
from digest.subscribers import changes, importing, lists


@click.command("import")
@click.argument("file", type=file_type(exists=True))
@click.option(
    "--first",
    type=click.Choice(get_args(changes.First)),
    default="next",
    show_default=True,
    help="Whether the first digest of who is new comes at the next due time, or now.",
)
@click.option(
    "--from", "kind", type=click.Choice(get_args(foreign.Kind)), help="The program FILE is of."
)
@click.option(
    "--interests",
    default="",
    metavar='"ONE; TWO"',
    help="With --from: for those of whom FILE does not tell what they are interested in.",
)
@click.option("--email", default="", help="With --from: the address, where FILE names nobody.")
@click.option("--dry-run", is_flag=True, help="With --from: print the profiles, change nothing.")
@pass_home(
    "digest subscribers import people.jsonl",
    "digest subscribers import people.csv --first now",
    "digest subscribers import --from listmonk subscribers.csv --dry-run",
    now=True,
    json=True,
)
def import_(  # noqa: PLR0917  click passes them by name
    home: app.Home,
    file: Path,
    first: changes.First,
    kind: foreign.Kind | None,
    interests: str,
    email: str,
    dry_run: bool,
    now: datetime,
    as_json: bool,
) -> int:
    """Import subscribers from FILE (.yaml, .jsonl, .csv or .parquet) into the database.

    Everything is checked first, as `subscribers.yaml` is; with any problem nothing is imported.
    Who is known, by id or else by address, is changed. It can be repeated, and is completed by
    that where it was interrupted. Nobody who has unsubscribed is subscribed again.

    With --from, FILE is that of another program, and may have any name. Profiles are made of what
    it tells; what could not be carried over is told. Who is known, by address, is not changed.
    """
    if kind is None:
        if interests or email or dry_run:
            raise click.UsageError("--interests, --email and --dry-run go with --from")
        return _import_ours(home, file, first, now, as_json)
    if dry_run and as_json:
        raise click.UsageError("--dry-run prints YAML: leave out --json")
    report = foreign.Report(file.name)
    wanted = [one.strip() for one in interests.split(";") if one.strip()]
    people = foreign.read(kind, file, report, interests=wanted, email=email)
    profiles = foreign.profiles(people, report)
    if dry_run:
        counts = {"added": _print_yaml(profiles, report)}
    else:
        with app.open_ledger(home) as ledger:
            counts = saving.save(profiles, ledger, report, now=now, first=first)
        told = {**counts, "sources": report.sources, "not_carried_over": list(report.problems)}
        output.answer(as_json, told, lambda: _show(counts, report))
    if not as_json:
        output.print_problems(report.problems)
    return int(not any(counts.values()) and not report.sources)


def _import_ours(
    home: app.Home, file: Path, first: changes.First, now: datetime, as_json: bool
) -> int:
    if file.suffix not in lists.KINDS:
        what = (
            f"its name has to end in one of {', '.join(lists.KINDS)}, or say whose it is by --from"
        )
        raise click.BadParameter(what, param_hint="FILE")
    with app.open_ledger(home) as ledger:
        track = output.track
        counts, problems = importing.import_file(file, ledger, now=now, first=first, track=track)
    told = ", ".join(f"{count:,} {name}" for name, count in counts.items())
    output.answer(as_json, counts, lambda: click.echo(f"{told}."))
    output.print_problems(problems)
    return int(bool(problems))


def _print_yaml(people: Iterator[saving.Liked], report: foreign.Report) -> int:
    """Print a profile file; how many profiles are in it."""
    count = 0

    def each() -> Iterator[Subscriber]:
        nonlocal count
        for one, liked in people:
            count += 1
            if liked:
                what = f"{len(liked):,} papers that {one.id} liked cannot be part of a profile"
                report.tell(one.source, what, "an import without --dry-run records them")
            yield one

    lists.write(sys.stdout, ".yaml", each())
    for line in _sources(report):
        click.echo(line if line.startswith("#") else f"# {line}".rstrip())
    return count


def _show(counts: dict[str, int], report: foreign.Report) -> None:
    liked = plural(counts["liked"], "paper")
    click.echo(f"{counts['added']:,} added, {counts['known']:,} known already, {liked} liked.")
    for line in _sources(report):
        click.echo(line)


def _sources(report: foreign.Report) -> list[str]:
    """The lines of ``[[sources]]``, below one that says what they are for."""
    text = config.sources_as_toml(report.sources)
    return ["", "# To copy into digest.toml:", *text.splitlines()] if text else []
