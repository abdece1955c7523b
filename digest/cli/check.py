"""``digest check``: settings, profiles and templates, before anything is sent."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from digest import subscribers
from digest.cli import app, output, people
from digest.cli.app import Home
from digest.cli.options import json_option, moment, pass_home
from digest.cli.people import Listed
from digest.doctor import template_check
from digest.errors import ConfigError, LedgerError
from digest.model import Problem, Subscriber
from digest.pipeline.context import MEND_TEMPLATE
from digest.render import templates
from digest.subscribers import compile as compiling
from digest.subscribers import switched_off


@click.command()
@json_option
@pass_home
def check(home: Path, as_json: bool) -> int:
    """Check settings, profiles and templates; every problem at once.

    Also notes who of the profile files gets no mail although the profile asks for it, and, once
    there is an archive, interests and exclusions of the files that no paper has, interests that
    half of the papers have, and interests that always go together. A note is no problem.

    Exit status: 0, or 2 when there are problems.

    \b
    Example:
      digest check
    """
    problems: list[Problem] = []
    stops = "nothing is sent"
    notes = list(app.unknown_variables())
    listed: tuple[Subscriber, ...] = ()
    in_database = 0
    opened: Home | None = None
    try:
        opened = app.open_home(home)
        notes += _not_fetched(opened)
        tried = template_check.check(templates.load(home), opened.site)
        problems += [Problem(each.where, each.what, MEND_TEMPLATE) for each in tried.failures]
        notes += tried.notes
        stops = "what needs them is not made"
    except ConfigError as error:
        problems += error.problems
    try:
        listed, in_database = _listed(home, opened)
        problems += switched_off(listed)
    except ConfigError as error:
        problems += error.problems
        stops = "nothing is sent"
    if opened and not problems:
        notes += _not_mailed(opened, listed)
        notes += _of_interests(opened, listed)
    count = len(listed) + in_database
    if as_json:
        output.print_json({"subscribers": count, "problems": problems, "notes": notes})
    elif problems:
        output.print_problems([*problems, *notes])
        click.echo(f"{len(problems)} to mend; until then {stops}.", err=True)
    else:
        output.print_problems(notes)
        click.echo(f"All good: {count} subscribers.")
    return 2 if problems else 0


def _listed(path: Path, home: Home | None) -> tuple[tuple[Subscriber, ...], int]:
    """Return the subscribers of the files, and how many the database has beside them.

    Raises:
        ConfigError: The files are wrong by themselves or against the ledger.
    """
    if home is not None:
        try:
            with app.look_into_ledger(home) as ledger:
                listed = compiling.listed(path, ledger)
                if problems := ledger.planned(listed, "file", now=moment(None)).problems:
                    raise ConfigError(problems)
                return listed, ledger.count_subscribers(origin="database")
        except LedgerError:
            pass  # a note says so
    return subscribers.load(path), 0


def _not_fetched(home: Home) -> list[Problem]:
    """Return a note if the settings name sources."""
    if not home.settings.sources:
        return []
    what = "`sources` are read by nothing yet"
    return [Problem("digest.toml", what, "have pages saved into the inbox, as by cron")]


def _not_mailed(home: Home, listed: Sequence[Subscriber]) -> list[Problem]:
    """Return notes on the people who have unsubscribed or are suppressed."""
    try:
        with app.look_into_ledger(home) as ledger:
            return people.notes((Listed(one, "file") for one in listed), ledger)
    except LedgerError as error:
        return [Problem("ledger", f"who has unsubscribed cannot be told: {error}")]


def _of_interests(home: Home, listed: Sequence[Subscriber]) -> list[Problem]:
    """Return notes on interests that tell nothing in the archive."""
    try:
        with app.look_into_ledger(home) as ledger:
            if not ledger.papers(limit=1):
                return []
            # They import NumPy and scikit-learn, for which a home without papers does not wait.
            from digest.explain import lint  # noqa: PLC0415
            from digest.explain.archive import Archive  # noqa: PLC0415

            with output.waiting("Looking for the interests in the archive"):
                return lint.notes(listed, Archive.of(ledger))
    except LedgerError as error:
        return [Problem("ledger", f"what the archive holds cannot be told: {error}")]
