"""``digest check``: settings, profiles and templates, before anything is sent."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from digest.cli import app, fetching, lookup, output
from digest.cli.options import examples, json_option, pass_folder
from digest.doctor import template_check
from digest.errors import ConfigError, LedgerError
from digest.model import Problem, Subscriber
from digest.pipeline.context import MEND_TEMPLATE
from digest.render import templates
from digest.render.wording import plural
from digest.subscribers import switched_off

MOST = 1000  # subscribers of the database that are looked at


@click.command()
@json_option
@pass_folder
@examples("digest check")
def check(folder: Path, as_json: bool) -> int:
    """Check settings, profiles and templates; every problem at once.

    Also notes who gets no mail although the profile asks for it, and, once there is an archive,
    interests and exclusions that no paper has, interests that half of the papers have, and
    interests that always go together. A note is no problem. Of the subscribers in the database,
    whose profiles were checked when they were saved, the first 1,000 are looked at.

    Exit status: 0, or 2 when there are problems.
    """
    problems: list[Problem] = []
    notes = list(app.unknown_variables())
    stops = "nothing is sent"
    people, count = list[Subscriber](), 0
    home: app.Home | None = None
    try:
        home = app.open_home(folder)
        notes += _of_sources(home)
        failures, seen = template_check.check(templates.load(folder), home.site)
        problems += [Problem(each.where, each.what, MEND_TEMPLATE) for each in failures]
        notes += seen
        stops = "what needs them is not made"
    except ConfigError as error:
        problems += error.problems
    try:
        people, count = lookup.checked(folder, home, MOST)
        problems += switched_off(people)
    except ConfigError as error:
        problems += error.problems
        stops = "nothing is sent"
    if home and not problems:
        notes += _told_by_ledger(home, people)
    if as_json:
        output.print_json({"subscribers": count, "problems": problems, "notes": notes})
    else:
        output.print_problems([*problems, *notes])
        if problems:
            click.echo(f"{len(problems)} to mend; until then {stops}.", err=True)
        else:
            click.echo(f"All good: {plural(count, 'subscriber')}.")
    return 2 if problems else 0


def _of_sources(home: app.Home) -> Iterator[Problem]:
    """A note if servers could not complain to anybody."""
    contact = fetching.contact(home)
    if home.settings.sources and contact.endswith("@localhost"):
        what = f"the servers of the sources are told the address {contact}"
        yield Problem("digest.toml", what, "set `contact` in [fetch], so that they can complain")


def _told_by_ledger(home: app.Home, people: Sequence[Subscriber]) -> Iterator[Problem]:
    """Notes on who gets no mail, and on interests that tell nothing in the archive."""
    try:
        with app.read_ledger(home) as ledger:
            yield from lookup.notes(people, ledger)
            if not ledger.papers(limit=1):
                return
            # They import NumPy and scikit-learn, for which a home without papers does not wait.
            from digest.explain import lint  # noqa: PLC0415
            from digest.explain.archive import Archive  # noqa: PLC0415

            tracked = output.track(people, "Looking for interests in the archive", len(people))
            yield from lint.notes(tracked, Archive.of(ledger))
    except LedgerError as error:
        what = f"who has unsubscribed, and what the archive holds, cannot be told: {error}"
        yield Problem("ledger", what)
