"""What the email templates see: a digest in words, ready to be printed.

Every ``str`` is clean plain text on one line, to be escaped; ``Markup`` holds no elements but
``<mark>`` and ``<bdi>``. What may be absent is a tuple of none or one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from markupsafe import Markup, escape

from digest.model import Digest, Paper, Pick, Reason, Subscriber
from digest.render import wording
from digest.render.excerpt import marked, shortened
from digest.render.gist import gist
from digest.render.schedule_wording import rhythm
from digest.render.site import Links
from digest.text.clean import one_line

CONTENTS_FROM = 6
"""So many papers have a contents list."""
_CHIPS = 8
_TITLE, _ENTRY, _SUBJECT_TITLE, _FACT, _WHY, _INTEREST, _NAME = 300, 120, 60, 160, 420, 60, 80
_PREHEADER, _GIST = 140, 800
"""Characters; what is longer is cut after a word."""

_SHORT_FACT = 14
"""So short a fact stays on one line."""
_RTL = "[\u0590-\u08ff\ufb1d-\ufefc]+"
_RIGHT_TO_LEFT = re.compile(f"{_RTL}(?:[ '’.-]+{_RTL})*")
"""Words of Hebrew, Arabic and their neighbours, with what stands between them."""

Maybe = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Chip:
    """An interest, and how many of the papers match it."""

    interest: str
    count: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A line of the contents list."""

    number: str
    title: str


@dataclass(frozen=True, slots=True)
class Contents:
    """The contents list."""

    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Card:
    """One picked paper."""

    number: str
    title: str
    url: str
    """http(s), ASCII."""
    facts: Markup
    """Authors, date, comments."""
    facts_text: Maybe
    late: Maybe
    gist: tuple[Markup, ...]
    """The gist of the abstract, with the terms found in it marked."""
    gist_text: Maybe
    why: str
    percent: str
    """``1`` … ``100``."""


@dataclass(frozen=True, slots=True)
class EmailView:
    """One digest for one subscriber."""

    subject: str
    preheader: str
    brand: str
    period: str
    headline: str
    lead: str
    chips: tuple[Chip, ...]
    contents: tuple[Contents, ...]
    """None where there are few papers."""
    papers: tuple[Card, ...]
    more: Maybe
    """How many papers the archive page has beyond these."""
    empty: Maybe
    """Said instead of papers where there are none."""
    coverage: str
    left_out: Maybe
    rhythm: str
    feed: str
    archive: str
    help: str
    unsubscribe: str

    def first(self, count: int) -> EmailView:
        """The letter with the first ``count`` of its papers, the others left to the archive."""
        left = len(self.papers) - count
        if not left:
            return self
        kept = self.papers[:count]
        more = f"{left:,} more papers" if left > 1 else "One more paper"
        return replace(
            self,
            papers=kept,
            contents=_contents(kept),
            more=(f"{more} in the full digest",),
        )


def write(brand: str, digest: Digest, subscriber: Subscriber, links: Links) -> EmailView:
    """Put a digest into words. ``brand`` is the sender's name."""
    cards = tuple(card(number, pick) for number, pick in enumerate(digest.picks, 1))
    seen = digest.coverage
    left_out = wording.left_out(seen)
    return EmailView(
        subject=subject(digest),
        preheader=preheader(digest),
        brand=brand,
        period=wording.period_name(digest.period),
        headline=headline(digest),
        lead=lead(subscriber.name, bool(cards)),
        chips=chips(digest.picks),
        contents=_contents(cards),
        papers=cards,
        more=(),
        empty=() if cards else (_nothing(digest),),
        coverage=wording.coverage(seen),
        left_out=(left_out,) if left_out else (),
        rhythm=rhythm(subscriber.schedule, subscriber.timezone, subscriber.email or ""),
        feed=links.feed,
        archive=links.archive,
        help=links.help,
        unsubscribe=links.unsubscribe,
    )


def _contents(cards: tuple[Card, ...]) -> tuple[Contents, ...]:
    if len(cards) < CONTENTS_FROM:
        return ()
    return (Contents(tuple(Entry(card.number, shortened(card.title, _ENTRY)) for card in cards)),)


# --- the letter's head -------------------------------------------------------------------


def subject(digest: Digest) -> str:
    """``Seven papers: PAT: Pruning-Aware Tuning… and 6 more``."""
    if not digest.picks:
        return f"No papers for you, {wording.dates(digest.period)}"
    count = len(digest.picks)
    first = shortened(wording.title(digest.picks[0].paper), _SUBJECT_TITLE)
    said = f"{wording.counted(count, 'paper').capitalize()}: {first}"
    return f"{said} and {count - 1} more" if count > 1 else said


def preheader(digest: Digest) -> str:
    """What a mailbox shows beside the subject, which names the first paper already."""
    if not digest.picks:
        return wording.coverage(digest.coverage)
    first, *others = digest.picks
    if not others:
        return shortened(_about(first.paper).gist, _PREHEADER) or wording.why(first.reasons)
    return f"Also: {'; '.join(shortened(wording.title(pick.paper), 70) for pick in others[:3])}"


def headline(digest: Digest) -> str:
    """``Seven papers for you, out of 212``."""
    count, considered = len(digest.picks), digest.coverage.papers
    if count and count >= considered:
        return f"{wording.counted(count, 'paper').capitalize()} for you"
    return wording.headline(count, considered)


def lead(name: str, some: bool) -> str:
    """What stands above the interests; ``some``: there are papers."""
    whom = shortened(one_line(name), _NAME)
    if some:
        return f"Chosen for {whom} by interest" if whom else "Chosen by interest"
    return f"For {whom}" if whom else "For you"


def _nothing(digest: Digest) -> str:
    if not digest.coverage.papers:
        return "No new papers have come in, so there was nothing to choose from."
    return "None of them matched your interests well enough."


def chips(picks: Sequence[Pick]) -> tuple[Chip, ...]:
    """The interests that were matched, most often first, with the number of their papers."""
    counts = Counter(
        interest
        for pick in picks
        for interest in dict.fromkeys(
            r.interest for r in wording.telling(pick.reasons) if r.via != "signal"
        )
    )
    return tuple(
        Chip(shortened(one_line(interest), _INTEREST), f"{count:,}")
        for interest, count in counts.most_common(_CHIPS)
    )


# --- papers ------------------------------------------------------------------------------


def card(number: int, pick: Pick) -> Card:
    """Put one pick into words."""
    about = _about(pick.paper)
    reasons = wording.telling(pick.reasons)
    return Card(
        number=str(number),
        title=about.title,
        url=about.url,
        facts=about.facts,
        facts_text=about.facts_text,
        late=(about.late,) if pick.late else (),
        gist=(_marked(about.gist, found(reasons)),) if about.gist else (),
        gist_text=(about.gist,) if about.gist else (),
        why=shortened(wording.why(pick.reasons), _WHY),
        percent=str(min(100, max(1, round(pick.score * 100)))),
    )


def found(reasons: Sequence[Reason]) -> tuple[str, ...]:
    """The terms to be marked in an abstract; what was told of the title may stand there too."""
    return tuple(
        dict.fromkeys(reason.term for reason in reasons if reason.place in ("title", "abstract"))
    )


@dataclass(frozen=True, slots=True)
class _About:
    """What a paper's card says whoever it is for."""

    title: str
    url: str
    facts: Markup
    facts_text: Maybe
    late: str
    gist: str


@lru_cache(maxsize=5_000)
def _about(paper: Paper) -> _About:
    facts = [shortened(fact, _FACT) for fact in wording.facts(paper)]
    return _About(
        title=shortened(wording.title(paper), _TITLE),
        url=wording.paper_url(paper),
        facts=Markup("&nbsp;· ").join(map(_isolated, facts)),
        facts_text=(" · ".join(facts),) if facts else (),
        late=_late(paper),
        gist=shortened(" ".join(gist(paper.title, paper.abstract)), _GIST),
    )


def _isolated(fact: str) -> Markup:
    """Escaped; names that are written from right to left do not turn what stands beside them."""
    text = str(escape(fact.replace(" ", "\xa0") if len(fact) <= _SHORT_FACT else fact))
    return Markup(_RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", text))  # noqa: S704  escaped above


def _late(paper: Paper) -> str:
    if paper.listed is None:
        return "From an earlier page, late"
    return f"From the page of {paper.listed.day} {paper.listed:%B}, late"


@lru_cache(maxsize=20_000)
def _marked(text: str, terms: tuple[str, ...]) -> Markup:
    return marked(text, terms)
