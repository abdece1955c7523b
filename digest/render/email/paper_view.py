"""What emails and pages say of one paper, and of why it was picked."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup, escape

from digest.model import Paper
from digest.render import wording
from digest.render.excerpt import marked, shortened
from digest.render.gist import gist

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
    late: str  # what a digest says that should have had the paper earlier


class ReasonView(NamedTuple):
    """Why a paper was picked, with the gist that shows it. The names of ``reason.html.j2``."""

    gist: Markup  # the gist with the terms marked that were found in the paper
    why: str
    interests: tuple[str, ...]  # those of the reader's interests that the paper matches


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
        late=f"From {page}, late",
    )


def view_reason(paper: PaperView, told: tuple[wording.Told, ...]) -> ReasonView:
    """Put the reasons for a paper into words."""
    why = shortened(wording.said(told), _WHY)
    return ReasonView(marked(paper.gist, found(told)), why, interests(told))


def found(told: Iterable[wording.Told]) -> tuple[str, ...]:
    """Return the terms to mark in an abstract; one that was told of the title may stand there."""
    return tuple(
        dict.fromkeys(reason.term for reason in told if reason.place in ("title", "abstract"))
    )


def _isolated(fact: str) -> Markup:
    """Escape a fact; names that are written from right to left do not turn their neighbours."""
    text = str(escape(fact.replace(" ", "\xa0") if len(fact) <= _SHORT_FACT else fact))
    return Markup(_RIGHT_TO_LEFT.sub(r"<bdi>\g<0></bdi>", text))  # noqa: S704  escaped above


def interests(told: Iterable[wording.Told]) -> tuple[str, ...]:
    """Return the interests that reasons speak of."""
    return tuple(dict.fromkeys([each.interest for each in told if each.via != "signal"]))
