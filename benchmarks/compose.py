"""What it costs to compose a mail of ten papers, text, HTML and headers, beside premailer and
``EmailMessage`` for each one, and beside css-inline where it is installed.

Every reader gets ten papers, each for one or two of the eight interests that find it. Each round is
a process of its own with other titles, so that nobody gains from what an earlier round has kept.
The baselines make fewer messages: they take so long.
"""

from __future__ import annotations

import importlib
import importlib.util
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

from benchmarks import made_up
from benchmarks.measuring import Cost, Figure, Options, Scale, alternate, in_child, ratios
from benchmarks.plain_mail import Picked, PlainMail
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
PERIOD = Period(date(2026, 11, 16), "week")
SITE = Site(Path("/srv/public"), "https://digest.example.org", "Digest <digest@example.org>")
PICKS = 10
FINDING = 8  # the interests that find a paper
A_MESSAGE = "CPU ms a message"


@dataclass(frozen=True)
class Size:
    """How much is composed."""

    ours: int  # messages in a round
    theirs: int
    papers: int = 300
    interests: int = 500


SIZES = {Scale.FULL: Size(20_000, 100), Scale.QUICK: Size(4_000, 30), Scale.TINY: Size(5, 1)}
GOALS = {"premailer": "at least 100, aim 300"}


def measure(options: Options) -> Iterator[Figure]:
    """All ways in turn, each round with papers of its own."""
    size = SIZES[options.scale]
    counts = {"digest": size.ours, "premailer": size.theirs}
    if importlib.util.find_spec("css_inline"):
        counts["css-inline"] = size.theirs * 10
    seeds = dict.fromkeys(counts, 0)

    def one(name: str) -> Cost:
        seeds[name] += 1
        work = f"benchmarks.compose:{name.replace('-', '_')}"
        cost = in_child(work, counts[name], size.papers, size.interests, seeds[name]).cost
        return Cost(cost.cpu / counts[name], cost.wall / counts[name], cost.megabytes)

    costs = alternate({name: partial(one, name) for name in counts}, options.alternations())
    took = {name: tuple(1000 * each.cpu for each in costs[name]) for name in counts}
    case = f"{PICKS} papers, text and HTML"
    for name in counts:
        subject = "digest" if name == "digest" else f"{name} and EmailMessage"
        yield Figure(case, subject, A_MESSAGE, took[name])
        yield Figure(case, subject, "peak MB", tuple(each.megabytes for each in costs[name]))
        if name != "digest":
            times = ratios(took["digest"], took[name])
            yield Figure(case, f"{subject} / digest", "times", times, GOALS.get(name, ""))


# --- the ways, each in a process of its own ----------------------------------------------


def digest(messages: int, papers: int, interests: int, seed: int) -> Callable[[], int]:
    """With the product's composer."""
    composer = EmailComposer(load(), SITE)
    everybody = list(readers(messages, papers, interests, seed))

    def work() -> int:
        made = 0
        for number, (found, subscriber, links) in enumerate(everybody):
            made += len(composer.compose(DeliveryId(number), found, subscriber, links).content)
        return made

    return work


def premailer(messages: int, papers: int, interests: int, seed: int) -> Callable[[], int]:
    """With Jinja, premailer and EmailMessage."""
    return _plainly(PlainMail(), messages, papers, interests, seed)


def css_inline(messages: int, papers: int, interests: int, seed: int) -> Callable[[], int]:
    """The same with css-inline in place of premailer."""
    inline: Callable[[str], str] = importlib.import_module("css_inline").inline

    class Inlined(PlainMail):
        def styled(self, page: str) -> str:
            return inline(page)

    return _plainly(Inlined(), messages, papers, interests, seed)


def _plainly(
    mail: PlainMail, messages: int, papers: int, interests: int, seed: int
) -> Callable[[], int]:
    everybody = list(readers(messages, papers, interests, seed))

    def work() -> int:
        made = 0
        for found, subscriber, _ in everybody:
            facts = {
                "id": subscriber.id,
                "name": subscriber.name,
                "email": subscriber.email or "",
                "now": NOW.isoformat(),
                "period": str(found.period),
            }
            picked = [_picked(pick) for pick in found.picks]
            made += len(mail.message(facts, picked, _chips(picked)))
        return made

    return work


def _picked(pick: Pick) -> Picked:
    paper, why = pick.paper, "; ".join(reason.interest for reason in pick.reasons)
    percent = round(100 * pick.score)
    url, published = paper.url or "", str(paper.published)
    return Picked(paper.title, paper.abstract, url, published, percent, why)


def _chips(picked: Sequence[Picked]) -> list[dict[str, object]]:
    names = [pick.why for pick in picked]
    return [{"interest": name, "count": names.count(name)} for name in dict.fromkeys(names)]


# --- digests -----------------------------------------------------------------------------


def readers(
    count: int, papers: int, interests: int, seed: int
) -> Iterator[tuple[Digest, Subscriber, Links]]:
    """Digests of ten papers, with who gets them."""
    chance = random.Random(seed)
    listed = made_papers(papers, interests, seed)
    known = made_up.phrases(interests)
    asked = {paper.id: chance.sample(known, min(FINDING, len(known))) for paper in listed}
    for number in range(count):
        name = SubscriberId(f"reader{number}")
        link = f"https://digest.example.org/{name}"
        picks = [
            _pick(paper, 1 - at / 12, asked[paper.id], chance)
            for at, paper in enumerate(chance.sample(listed, PICKS))
        ]
        coverage = Coverage(pages=5, papers=papers)
        found = Digest(name, PERIOD, NOW, PaperKey(papers), tuple(picks), coverage)
        profile = Profile((Interest("x"),))
        subscriber = Subscriber(name, f"{name}@example.org", profile, name=f"Reader {number}")
        mailto = f"mailto:d@example.org?subject={name}"
        yield found, subscriber, Links(link, link, link, link, mailto, link)


def made_papers(count: int, interests: int, seed: int) -> list[Paper]:
    """Made-up papers as the ledger has them; those of another seed have other titles."""
    rows = made_up.papers(count, interests)
    return [
        Paper(
            key=PaperKey(number),
            id=PaperId(f"p{number}"),
            title=f"{row['title']} {seed}",
            abstract=row["abstract"],
            arrived=NOW,
            listed=date(2026, 11, 18),
            authors=("Mira Holt", "Jonas Weidmann", "Lea Brandt", "Chioma Adeyemi"),
            published=date(2026, 11, 17),
            comments=number % 9,
            url=row["url"],
        )
        for number, row in enumerate(rows, 1)
    ]


def _pick(paper: Paper, score: float, interests: Sequence[str], chance: random.Random) -> Pick:
    chosen = chance.sample(interests, chance.choice((1, 1, 2)))
    reasons = [
        Reason(text, text.split()[0], "abstract", 1.0, score / len(chosen), "related")
        for text in chosen
    ]
    return Pick(paper, score, tuple(reasons), late=chance.random() < 0.1)
