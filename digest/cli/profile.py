"""``digest profile``: a profile as it is understood, and what verdicts have taught."""

from calendar import day_name
from collections.abc import Sequence
from typing import Any

import click
from rich.text import Text

from digest.cli import app, lookup, output
from digest.cli.options import pass_home
from digest.explain.archive import Archive
from digest.explain.suggest import Suggestion, as_yaml, suggest_from_verdicts
from digest.model import Interest, Subscriber, Verdicts

LEARNED = 10  # the most suggestions that are shown
Held = list[tuple[Interest, int]]  # interests, each with the number of papers that hold it


@click.command()
@click.argument("subscriber")
@pass_home("digest profile ada", "digest profile ada --json", json=True)
def profile(home: app.Home, subscriber: str, as_json: bool) -> None:
    """Show SUBSCRIBER's profile as it is understood, against the papers in the archive.

    Also what was learned from liked papers, as lines of YAML that can be copied into the profile.
    """
    waiting = output.waiting("Looking for the interests in the archive")
    with app.read_ledger(home) as ledger, waiting:
        person = lookup.profile(home, ledger, subscriber)
        said = ledger.verdicts([person.id]).get(person.id, Verdicts())
        archive = Archive.of(ledger)
        wanted, excluded = (
            [(each, len(archive.holding(each))) for each in wishes]
            for wishes in (person.profile.interests, person.profile.exclude)
        )
    learned: Sequence[Suggestion] = ()
    if person.learn:
        learned = suggest_from_verdicts(said, archive.papers, person.profile, limit=LEARNED)
    value = {
        "subscriber": person.id,
        **output.fields(person, "source", "limit", "threshold", "learn"),
        "archive": len(archive.papers),
        "interests": [_as_json(*each) for each in wanted],
        "exclude": [_as_json(*each) for each in excluded],
        "liked": [output.fields(paper, "id", "title") for paper in said.liked],
        "disliked": [output.fields(paper, "id", "title") for paper in said.disliked],
        "learned": [
            output.fields(each, "text", "weight") | {"liked": each.here} for each in learned
        ],
    }

    def show() -> None:
        _show_profile(person, wanted, excluded, len(archive.papers))
        _show_learned(person, said, learned)

    output.answer(as_json, value, show)


def _as_json(interest: Interest, papers: int) -> dict[str, Any]:
    return {
        **output.fields(interest, "text", "kind"),
        "in": interest.place,
        **output.fields(interest, "weight", "must_see"),
        "papers": papers,
    }


def _show_profile(person: Subscriber, wanted: Held, excluded: Held, archive: int) -> None:
    out = output.console()
    name = f" ({person.name})" if person.name else ""
    out.print(Text.assemble((person.id + name, "bold"), " ", (person.source, "dim")))
    out.print(
        f"{_schedule(person)}, by {' and '.join(person.channels)}; "
        f"at most {person.limit} papers, from {person.threshold:g} on\n"
    )
    rows = []
    for rules_out, held in ((False, wanted), (True, excluded)):
        for interest, papers in held:
            found = f"{papers:,} {papers / archive:4.0%}" if archive else f"{papers:,}"
            weight = "–" if rules_out else f"{interest.weight:g}"
            effect = "rules out" if rules_out else "must see" if interest.must_see else ""
            rows.append((interest, interest.kind, interest.place or "", weight, found, effect))
    out.print(output.table(("Interest", "Kind", "Where", "#Weight", "#Papers", ""), rows))
    out.print(f"[dim]Papers: those of {archive:,} in the archive that hold it.[/dim]\n")


def _schedule(person: Subscriber) -> str:
    due = person.schedule
    if due.cron:
        return f"By cron {due.cron}, {person.timezone}"
    day = ""
    if due.on is not None:
        day = f" on {day_name[due.on - 1]}" if due.every == "week" else f" on day {due.on}"
    return f"Every {due.every}{day} at {due.at:%H:%M}, {person.timezone}"


def _show_learned(person: Subscriber, said: Verdicts, learned: Sequence[Suggestion]) -> None:
    out = output.console()
    for heading, papers in (("Likes", said.liked), ("Dislikes", said.disliked)):
        for paper in papers:
            out.print(Text.assemble((f"{heading:<8}", "dim"), f"  {paper.title}"))
    if not person.learn:
        out.print("Learns nothing from them: the profile says `learn: false`.")
    elif learned:
        out.print("Learned; copy what fits:")
        for each in learned:
            click.echo(f"      {as_yaml(each.text, each.weight)}  # in {each.here:,} liked papers")
    elif said.liked:
        out.print("Nothing stands out in them yet that the profile does not name.")
