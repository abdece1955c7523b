"""What it costs to compose a digest: with the shipped templates, with templates of one's own, and
where each message has to be styled by itself.

usage: python benchmarks/compose.py [--readers N] [--papers N] [--interests N] [--rounds N]

Made-up readers get ten made-up papers each, for one or two of the interests that there are; both
are new at each turn, so that no way gains from what another has kept. The ways take turns; a figure
is the median of the processor's time for a reader. Only a few readers are styled one by one: that
takes so long.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from digest.model import (
    Coverage,
    DeliveryId,
    Digest,
    Interest,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Pick,
    Profile,
    Reason,
    Subscriber,
    SubscriberId,
)
from digest.render.email.compose import EmailComposer
from digest.render.site import Links, Site
from digest.render.templates import load

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SITE = Site(Path("/srv/public"), "https://digest.example.org", "Digest <digest@example.org>")
_WORDS = """
sparse dense routing expert model token layer gradient policy reward graph vision speech protein
weather adapter quantised pruned scaling law memory retrieval agent planning robot diffusion flow
score kernel causal fair private federated curriculum alignment
"""
WORDS = _WORDS.split()
PICKS, FEW = 10, 30

BY_HAND = {
    "email.html.j2": """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{{ subject }}</title>
<style>{% include "style.css" %}</style></head>
<body><div class="preheader">{{ preheader }}</div>
{% include "top.html.j2" %}
{% if contents %}<div class="contents"><ol>
{% for paper in papers %}
<li class="row"><a href="#{{ paper.number }}">{{ paper.short_title }}</a></li>
{% endfor %}</ol></div>{% endif %}
{% for paper in papers %}<div class="paper" id="{{ paper.number }}">
<p class="match">{{ paper.number }} of {{ papers | length }}, {{ paper.percent }} %</p>
{{ paper.card }}
{% if paper.late %}<p class="late">{{ paper.late }}</p>{% endif %}
{{ paper.reason }}
</div>
{% else %}<p class="empty">{{ empty }}</p>
{% endfor %}
{% if more %}<p class="more"><a href="{{ archive }}">{{ more }}</a></p>{% endif %}
<div class="foot"><p>{{ coverage }}{% if left_out %}<br>{{ left_out }}{% endif %}</p>
<p class="links"><a href="{{ archive }}">On the web</a> <a href="{{ feed }}">Feeds</a>
<a href="{{ help }}">Interests</a> <a href="{{ unsubscribe }}">Unsubscribe</a></p>
<p>{{ rhythm }}</p></div>
</body></html>
""",
    "top.html.j2": """<div class="head"><p class="brand"><b>{{ brand }}</b> {{ period }}</p>
<h1>{{ headline | upper }}</h1><p class="lead">{{ lead }}</p>
<p class="chips">
{% for chip in chips %}
<span class="chip">{{ chip.interest }} <b>{{ chip.count }}</b></span>
{% endfor %}</p></div>
""",
}
"""A frame as an operator might write it."""
WHOLE = {"style.css": ".paper:first-child { padding-top: 0; }\n"}
"""A rule that depends on what is beside an element."""


def main() -> None:
    """Print a line for each way."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--readers", type=int, default=1000)
    parser.add_argument("--papers", type=int, default=300)
    parser.add_argument("--interests", type=int, default=500)
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        ways = {
            "shipped": _composer(Path(folder, "shipped"), {}),
            "by hand": _composer(Path(folder, "hand"), BY_HAND),
            "styled one by one": _composer(Path(folder, "whole"), WHOLE),
        }
    took: dict[str, list[float]] = {name: [] for name in ways}
    for turn in range(arguments.rounds):
        for name, composer in ways.items():
            count = FEW if composer.problems else arguments.readers
            readers = list(_readers(count, arguments.papers, arguments.interests, f"{name} {turn}"))
            took[name].append(_time(composer, readers))
    for name, seconds in took.items():
        print(f"{name:20}{statistics.median(seconds) * 1000:8.3f} ms a reader")


def _composer(home: Path, own: dict[str, str]) -> EmailComposer:
    (home / "templates").mkdir(parents=True)
    for name, text in own.items():
        shipped = load().source(name) if name == "style.css" else ""
        (home / "templates" / name).write_text(shipped + text)
    return EmailComposer(load(home), SITE)


def _time(composer: EmailComposer, readers: Sequence[tuple[Digest, Subscriber, Links]]) -> float:
    started = time.process_time()
    for digest, subscriber, links in readers:
        composer.compose(DeliveryId(1), digest, subscriber, links)
    return (time.process_time() - started) / len(readers)


def _readers(
    count: int, papers: int, interests: int, seed: str
) -> Iterator[tuple[Digest, Subscriber, Links]]:
    chance = random.Random(seed)
    listed = [_paper(number, chance) for number in range(papers)]
    asked = [(chance.choice(WORDS), f"{chance.choice(WORDS)} {n}") for n in range(interests)]
    for number in range(count):
        name = f"reader{number}"
        link = f"https://digest.example.org/{name}"
        chosen = chance.sample(listed, PICKS)
        yield (
            Digest(
                SubscriberId(name),
                Period(date(2026, 11, 16), "week"),
                NOW,
                PaperKey(papers),
                tuple(_pick(paper, 1 - at / 12, asked, chance) for at, paper in enumerate(chosen)),
                Coverage(pages=5, papers=papers),
            ),
            Subscriber(
                SubscriberId(name), f"{name}@example.org", Profile((Interest("x"),)), name=name
            ),
            Links(link, link, link, link, f"mailto:d@example.org?subject={name}", link),
        )


def _paper(number: int, chance: random.Random) -> Paper:
    sentence = " ".join(chance.choices(WORDS, k=22)).capitalize() + ". "
    return Paper(
        key=PaperKey(number),
        id=PaperId(f"p{number}"),
        title=" ".join(chance.choices(WORDS, k=9)).title(),
        abstract=f"We show that {sentence}" + sentence * 4,
        arrived=NOW,
        listed=date(2026, 11, 18),
        authors=("Mira Holt", "Jonas Weidmann", "Lea Brandt", "Chioma Adeyemi"),
        published=date(2026, 11, 17),
        comments=number % 9,
        url=f"https://papers.example.org/{number}",
    )


def _pick(
    paper: Paper, score: float, interests: Sequence[tuple[str, str]], chance: random.Random
) -> Pick:
    chosen = chance.sample(interests, chance.choice((1, 1, 2)))
    reasons = [
        Reason(f"{term} {rest}", term, "abstract", 1.0, score / len(chosen), "related")
        for term, rest in chosen
    ]
    return Pick(paper, score, tuple(reasons), late=chance.random() < 0.1)


if __name__ == "__main__":
    main()
