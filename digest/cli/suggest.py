"""``digest suggest``: interests learned from liked papers or from a library."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from digest.cli import app, lookup, output
from digest.cli.options import at_least_one, file_type, pass_home
from digest.explain import suggest as suggestions
from digest.explain.bibliography import read
from digest.explain.key_phrases import LEAST_TEXTS
from digest.explain.suggest import Suggestion
from digest.ledger import Ledger
from digest.model import Subscriber, Verdicts
from digest.pipeline.planning import ARCHIVE
from digest.render.wording import plural


@click.command()
@click.argument("subscriber")
@click.option(
    "--from",
    "library",
    type=file_type(exists=True),
    help="Learn from this library (BibTeX, RIS, CSL JSON, …) instead of from liked papers.",
)
@click.option("--limit", default=15, show_default=True, type=at_least_one, help="At most so many.")
@pass_home("digest suggest ada", "digest suggest ada --from library.bib", json=True)
def suggest(
    home: app.Home, subscriber: str, library: Path | None, limit: int, as_json: bool
) -> None:
    """Suggest interests for SUBSCRIBER as lines of YAML to copy; nothing is changed.

    They are the phrases that set the papers that SUBSCRIBER likes, or those of a library, apart
    from the papers in the archive. What the profile names already is left out.
    """
    with app.read_ledger(home) as ledger, output.waiting("Comparing phrases"):
        person = lookup.profile(home, ledger, subscriber)
        texts, archive, found = _learn(ledger, person, library, limit)
    about = {"subscriber": person.id, "papers": texts, "archive": archive, "suggestions": found}
    kind, owner = (
        ("text", f"of {library.name}") if library else ("paper", f"that {person.id} likes")
    )
    source = f"{plural(texts, kind)} {owner}"
    output.answer(as_json, about, lambda: _show(found, source, archive))


def _learn(
    ledger: Ledger, person: Subscriber, library: Path | None, limit: int
) -> tuple[int, int, Sequence[Suggestion]]:
    """The number of texts learned from, of those compared with, and the suggestions."""
    papers = ledger.papers(limit=ARCHIVE)
    if library is None:
        said = ledger.verdicts([person.id]).get(person.id, Verdicts())
        if len(said.liked) < LEAST_TEXTS:
            raise click.ClickException(
                f"{person.id} likes {len(said.liked)} papers; two or more are needed. Record some "
                f"with `digest feedback {person.id} PAPER like`, or name a library by --from."
            )
        found = suggestions.suggest_from_verdicts(said, papers, person.profile, limit=limit)
        return len(said.liked), len(suggestions.others(said, papers)), found
    known = read(library, now=datetime.now(UTC))
    output.print_problems(known.problems)
    archive = [suggestions.text_of(paper) for paper in papers]
    found = suggestions.suggest(known.texts, archive, person.profile, limit=limit)
    return len(known.texts), len(archive), found


def _show(found: Sequence[Suggestion], source: str, archive: int) -> None:
    against = f"against {archive:,} papers of the archive" if archive else "without an archive"
    click.echo(f"# From {source}, {against}.")
    if not found:
        click.echo("# Nothing stands out that the profile does not name.")
        return
    click.echo("    interests:")
    lines = [suggestions.as_yaml(each.text, each.weight) for each in found]
    width = max(map(len, lines))
    for line, each in zip(lines, found, strict=True):
        share = f", {each.archive / archive:.1%} of the archive" if archive else ""
        click.echo(f"      {line:<{width}}  # in {each.here:,} of them{share}")
