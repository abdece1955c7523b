"""What the email templates see: a digest in words, ready to be printed.

Every ``str`` is clean plain text on one line, to be escaped, and "" where there is nothing to say;
``Markup`` holds no elements but ``<mark>`` and ``<bdi>``, or is what a template has made.
docs/templates.md explains these names to operators.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple, Protocol, Self

from markupsafe import Markup, escape

from digest.model import Digest, Paper, Pick, Subscriber
from digest.render import telling, wording
from digest.render.coverage import coverage
from digest.render.excerpt import marked, shortened
from digest.render.gist import gist
from digest.render.site import Links, Site
from digest.text.clean import one_line

CONTENTS_FROM = 6  # a digest of at least this many papers has a contents list
_CHIPS = 8
_SUBJECT_TITLE, _OTHER_TITLE, _INTEREST, _NAME, _PREHEADER = 60, 70, 60, 80, 140
_TITLE, _SHORT_TITLE, _FACT, _WHY, _GIST = 300, 120, 160, 420, 800
"""Lengths in characters; longer text is cut after a word."""
_SHORT_FACT = 14  # a fact of at most this many characters stays on one line
_RTL = "[\u0590-\u08ff\ufb1d-\ufefc]+"
_RIGHT_TO_LEFT = re.compile(f"{_RTL}(?:[ '’.-]+{_RTL})*")
"""Words of Hebrew, Arabic and their neighbours, with what stands between them."""


@dataclass(frozen=True, slots=True, eq=False)
class PaperView:
    """What is said of a paper whoever reads it. The names that ``card.html.j2`` sees."""

    title: str
    short_title: str  # for the contents list
    url: str  # http(s), ASCII
    facts: Markup  # authors, date, comments
    facts_text: str
    gist: str  # what the paper does, in two sentences of its abstract
    links: tuple[Mapping[str, str], ...]  # abstract, PDF and code, each with `name` and `url`
    late: str  # what a digest says that should have had the paper earlier


class ReasonView(NamedTuple):
    """Why a paper was picked, with the gist that shows it. The names of ``reason.html.j2``."""

    gist: Markup  # the gist with the terms marked that were found in the paper
    why: str
    interests: tuple[str, ...]  # those of the reader's interests that the paper matches


class Words(NamedTuple):
    """What reasons say."""

    said: str
    why: str  # the same, cut to what an email has room for
    terms: tuple[str, ...]  # to be marked in the gist
    interests: tuple[str, ...]


class Matched(Protocol):
    """Why a paper was picked, as far as the frame speaks of it."""

    @property
    def interests(self) -> tuple[str, ...]: ...


class Titled(Protocol):
    """One paper of a digest, as far as the subject and the head speak of it."""

    @property
    def title(self) -> str: ...
    @property
    def gist(self) -> str: ...
    @property
    def because(self) -> Matched: ...


class PickView(NamedTuple):
    """One paper of a digest. What is the reader's own stands here, for ``email.html.j2``."""

    number: str
    percent: str  # how strong the match is: 1 … 100
    late: str
    why: str
    card: Markup  # what card.html.j2 has made of the paper
    card_encoded: bytes  # the same in quoted-printable
    reason: Markup  # what reason.html.j2 has made, where messages are styled one by one
    paper: PaperView
    because: ReasonView
    title: str
    short_title: str
    url: str
    facts: Markup
    facts_text: str
    gist: str
    links: tuple[Mapping[str, str], ...]


class EmailView(NamedTuple):
    """One digest for one subscriber. The names that ``email.html.j2`` and ``email.txt.j2`` see."""

    subject: str
    preheader: str
    brand: str
    period: str
    headline: str
    lead: str
    chips: tuple[Mapping[str, str], ...]
    contents: bool  # whether there are so many papers that a list of them helps
    papers: tuple[Any, ...]  # of `PickView`, or of what stands for them
    more: str  # how many papers the archive page has beyond these
    empty: str  # said instead of papers where there are none
    coverage: str
    left_out: str
    rhythm: str
    feed: str
    archive: str
    help: str
    unsubscribe: str
    bibtex: str
    ris: str
    footer: tuple[str, ...]
    postal_address: tuple[str, ...]

    def first(self, count: int) -> Self:
        """Return the view with the first ``count`` papers, the others left to the archive."""
        left = len(self.papers) - count
        if not left:
            return self
        more = f"{left:,} more papers" if left > 1 else "One more paper"
        papers, contents = self.papers[:count], count >= CONTENTS_FROM
        return self._replace(papers=papers, contents=contents, more=f"{more} in the full digest")


def write(
    digest: Digest,
    subscriber: Subscriber,
    links: Links,
    site: Site,
    view_pick: Callable[[int, Pick], Titled],
) -> EmailView:
    """Put a digest into words; ``view_pick`` does so for one of its papers."""
    papers = tuple(view_pick(number, pick) for number, pick in enumerate(digest.picks, 1))
    return EmailView(
        subject=subject(digest, papers),
        preheader=preheader(digest, papers),
        brand=site.name,
        period=wording.period_name(digest.period),
        headline=wording.headline(len(digest.picks), digest.coverage.papers),
        lead=lead(subscriber.name, bool(papers)),
        chips=chips(pick.because.interests for pick in papers),
        contents=len(papers) >= CONTENTS_FROM,
        papers=papers,
        more="",
        empty="" if papers else _nothing(digest),
        coverage=coverage(digest.coverage, digest.period),
        left_out=wording.left_out(digest.coverage),
        rhythm=wording.rhythm(subscriber.schedule, subscriber.timezone, subscriber.email or ""),
        feed=links.feed,
        archive=links.archive,
        help=links.help,
        unsubscribe=links.unsubscribe,
        bibtex=links.bibtex if papers else "",
        ris=links.ris if papers else "",
        footer=site.brand.footer,
        postal_address=site.brand.postal_address,
    )


def subject(digest: Digest, papers: Sequence[Titled]) -> str:
    """``Seven papers: PAT: Pruning-Aware Tuning… and 6 more``."""
    if not papers:
        return f"No papers for you, {wording.dates(digest.period)}"
    count = len(papers)
    first = shortened(papers[0].title, _SUBJECT_TITLE)
    said = f"{wording.counted(count, 'paper').capitalize()}: {first}"
    return f"{said} and {count - 1} more" if count > 1 else said


def preheader(digest: Digest, papers: Sequence[Titled]) -> str:
    """Return what a mailbox shows beside the subject, which names the first paper already."""
    if not papers:
        return coverage(digest.coverage, digest.period)
    first, *others = papers
    if not others:
        return shortened(first.gist, _PREHEADER) or telling.why(digest.picks[0].reasons)
    return f"Also: {'; '.join([shortened(pick.title, _OTHER_TITLE) for pick in others[:3]])}"


def lead(name: str, some: bool) -> str:
    """Return the line above the interests; ``some`` says that there are papers."""
    whom = shortened(one_line(name), _NAME)
    if some:
        return f"Chosen for {whom} by interest" if whom else "Chosen by interest"
    return f"For {whom}" if whom else "For you"


def _nothing(digest: Digest) -> str:
    if not digest.coverage.papers:
        return "No new papers have come in, so there was nothing to choose from."
    return "None of them matched your interests well enough."


def chips(matched: Iterable[Iterable[str]]) -> tuple[Mapping[str, str], ...]:
    """Return the interests of all papers, most often first, with the number of papers."""
    counts: dict[str, int] = {}
    for interests in matched:
        for interest in interests:
            counts[interest] = counts.get(interest, 0) + 1
    most = sorted(counts.items(), key=itemgetter(1), reverse=True)[:_CHIPS]
    return tuple([_chip(interest, count) for interest, count in most])


@lru_cache(maxsize=20_000)
def _chip(interest: str, count: int) -> Mapping[str, str]:
    return {"interest": shortened(one_line(interest), _INTEREST), "count": f"{count:,}"}


def match(score: float) -> str:
    """Return the strength of a match in percent, from ``1`` to ``100``."""
    return str(min(100, max(1, round(score * 100))))


@lru_cache(maxsize=5_000)
def view_paper(paper: Paper) -> PaperView:
    """Put a paper into words, for whoever reads it."""
    facts = [shortened(fact, _FACT) for fact in wording.facts(paper)]
    title = shortened(wording.title(paper), _TITLE)
    listed = paper.listed
    page = f"the page of {listed.day} {listed:%B}" if listed else "an earlier page"
    return PaperView(
        title=title,
        short_title=shortened(title, _SHORT_TITLE),
        url=wording.paper_url(paper),
        facts=Markup("&nbsp;· ").join(map(_isolated, facts)),
        facts_text=" · ".join(facts),
        gist=shortened(" ".join(gist(paper.title, paper.abstract)), _GIST),
        links=tuple([{"name": name, "url": url} for name, url in wording.links(paper)]),
        late=f"From {page}, late",
    )


def late(paper: PaperView, pick: Pick) -> str:
    """Say why a paper comes later than usual: its page came late, or its upvotes jumped."""
    if pick.upvotes_before is not None:
        now, before = pick.paper.upvotes or 0, pick.upvotes_before
        return f"A second look: {now:,} upvotes now, {before:,} when it was passed over"
    return paper.late if pick.late else ""


def view_reason(paper: PaperView, told: tuple[telling.Told, ...]) -> ReasonView:
    """Put the reasons for a paper into words."""
    found = words(told)
    return ReasonView(marked(paper.gist, found.terms), found.why, found.interests)


def words(told: tuple[telling.Told, ...]) -> Words:
    """Put reasons into words, whatever the paper is. The terms are those to mark in an abstract;
    one that was told of the title may stand there."""
    said = telling.said(told)
    terms = [term for _, term, place, _ in told if term and place in ("title", "abstract")]
    interests = [interest for interest, _, _, via in told if via != "signal"]
    found = tuple(dict.fromkeys(terms)), tuple(dict.fromkeys(interests))
    return Words(said, shortened(said, _WHY), *found)


def _isolated(fact: str) -> Markup:
    """Escape a fact; names that are written from right to left do not turn their neighbours."""
    text = str(escape(fact.replace(" ", "\xa0") if len(fact) <= _SHORT_FACT else fact))
    return Markup(_RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", text))  # noqa: S704  escaped above
