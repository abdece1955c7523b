"""Web pages in files: what this is, how to edit a profile, and every past digest in full."""

from collections.abc import Collection, Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from markupsafe import Markup

from digest.model import Digest, DumpSeen, Paper, Pick, Reason, Subscriber
from digest.render import telling, wording
from digest.render.coverage import coverage
from digest.render.email import view
from digest.render.excerpt import marked, shortened
from digest.render.feeds import ALL
from digest.render.layout import FORMATS, Layout
from digest.render.references import bibtex_entries, open_url, ris_entry
from digest.render.site import HELP, INDEX, FeedFormat, Site, archive_index_path, archive_path
from digest.render.templates import Templates
from digest.text.clean import one_line, plain

_TITLES = 3  # so many titles stand for a digest where digests are listed
_TITLE = 200  # characters of a title in a list; a digest's own page has it whole


_Values = dict[str, object]  # names and values, as a template sees them


class Pages:
    """Renders pages, each as bytes by public path, from one set of templates; make one a run. Every
    method raises TemplateError where a template fails."""

    def __init__(self, templates: Templates, site: Site) -> None:
        self._frame = Layout(templates, site)

    def archive(self, subscriber: Subscriber, token: str, digest: Digest) -> dict[str, bytes]:
        """The page that keeps one digest: every pick in full, its reasons, the coverage."""
        path = archive_path(token, digest.period)
        page = self._frame.page(
            path,
            "archive.html.j2",
            _in_full(subscriber, digest),
            token=token,
            feeds=_feeds(subscriber),
            references=str(digest.period) if digest.picks else "",
        )
        return {path: page}

    def archive_index(
        self, subscriber: Subscriber, token: str, digests: Iterable[Digest]
    ) -> dict[str, bytes]:
        """The page that lists a subscriber's digests, newest first, and feeds."""
        path, made = archive_index_path(token), list(digests)
        values = {
            "name": one_line(subscriber.name) or one_line(subscriber.id),
            "issues": list(map(_issue, made)),
        }
        feeds = _feeds(subscriber)
        page = self._frame.page(
            path,
            "archive_index.html.j2",
            values,
            token=token,
            feeds=feeds,
            opml="feeds.opml" if feeds else "",
        )
        return {path: page}

    def start(
        self, papers: Iterable[Paper], dumps: Collection[DumpSeen], *, latest: int = 200
    ) -> dict[str, bytes]:
        """The start page with the latest of ``papers``; ``dumps`` are those they came with."""
        newest = sorted(papers, key=lambda paper: paper.key, reverse=True)[:latest]
        # By the date of the page they came with, newest first; within it as the page has them.
        by_date = sorted(newest, key=lambda paper: (-_came(paper).toordinal(), paper.key))
        days = [_day(day, some) for day, some in groupby(by_date, key=_came)]
        values = {"summary": _summary(by_date, dumps), "days": days}
        return {INDEX: self._frame.page(INDEX, "index.html.j2", values, token=ALL, feeds=FORMATS)}

    def help(self) -> dict[str, bytes]:
        """The page on profiles, for everyone."""
        return {HELP: self._frame.page(HELP, "help.html.j2", {}, token=ALL, feeds=FORMATS)}


def _feeds(subscriber: Subscriber) -> tuple[FeedFormat, ...]:
    return FORMATS if "feed" in subscriber.channels else ()


def _in_full(subscriber: Subscriber, digest: Digest) -> _Values:
    entries = bibtex_entries([pick.paper for pick in digest.picks], abstracts=False)
    said = [view.words(telling.told(pick.reasons)) for pick in digest.picks]
    articles = [
        _article(number, *each)
        for number, each in enumerate(zip(digest.picks, said, entries, strict=True), 1)
    ]
    left_out = wording.left_out(digest.coverage)
    return {
        "period": wording.period_name(digest.period),
        "headline": wording.headline(len(digest.picks), digest.coverage.papers),
        "lead": view.lead(subscriber.name, bool(articles)),
        "chips": view.chips(words.interests for words in said),
        "contents": len(articles) >= view.CONTENTS_FROM,
        "articles": articles,
        "coverage": (coverage(digest.coverage, digest.period), *filter(None, (left_out,))),
    }


def _article(number: int, pick: Pick, words: view.Words, entry: str) -> _Values:
    """Put a pick into words as the email does, but with nothing cut."""
    kept = _kept(pick.paper)
    card = {
        "number": str(number),
        "title": kept.title,
        "url": kept.seen.url,
        "facts": kept.seen.facts,
        "links": kept.seen.links,
        "late": list(filter(None, [view.late(kept.seen, pick)])),
        "why": words.said,
        "percent": view.match(pick.score),
    }
    return {
        "card": card,
        "paragraphs": [marked(paragraph, words.terms) for paragraph in kept.paragraphs],
        "addends": [_addend(reason) for reason in pick.reasons],
        "score": f"{pick.score:.4f}",
        "bibtex": entry,
        "ris": kept.ris,
        "open_url": kept.open_url,
    }


class _Kept(NamedTuple):
    """What pages say of a paper whoever reads them."""

    seen: view.PaperView
    title: str
    paragraphs: tuple[str, ...]
    ris: str
    open_url: str


@lru_cache(maxsize=5_000)
def _kept(paper: Paper) -> _Kept:
    return _Kept(
        view.view_paper(paper),
        wording.title(paper),
        tuple(filter(None, plain(paper.abstract).split("\n\n"))),
        ris_entry(paper, abstract=False).replace("\r", "").rstrip("\n"),
        open_url(paper),
    )


@lru_cache(maxsize=20_000)
def _addend(reason: Reason) -> _Values:
    """One line of the sum that is a score."""
    weight, adds = f"{reason.weight:g}", f"{reason.contribution:.4f}"
    interest = one_line(reason.interest)
    found = "together" if reason.via == "several" else telling.found(reason)
    return {"interest": interest, "found": found, "weight": weight, "adds": adds}


def _issue(digest: Digest) -> _Values:
    """A past digest in a list of them."""
    titles = [shortened(wording.title(pick.paper), _TITLE) for pick in digest.picks]
    left = len(titles) - _TITLES
    return {
        "period": wording.period_name(digest.period),
        "href": f"{digest.period}.html",
        "count": wording.counted(len(titles), "paper").capitalize(),
        "titles": titles[:_TITLES],
        "more": f"and {left:,} more" if left > 0 else "",
    }


def _day(day: date, papers: Iterable[Paper]) -> _Values:
    """The papers that came with the pages of one date."""
    return {"date": day, "name": wording.long_day(day), "papers": list(map(_row, papers))}


def _came(paper: Paper) -> date:
    return paper.listed or paper.arrived.date()


def _row(paper: Paper) -> _Values:
    """A paper in a list of many."""
    facts = map(Markup('<bdi class="fact">{}</bdi>').format, wording.facts(paper))
    title, url = shortened(wording.title(paper), _TITLE), wording.paper_url(paper)
    return {"title": title, "url": url, "facts": Markup(" · ").join(facts)}


def _summary(papers: Sequence[Paper], dumps: Collection[DumpSeen]) -> str:
    """``The latest 200 papers from 3 pages, 10–20 November 2026``."""
    if not papers:
        return "No papers have come in yet."
    latest = "The latest paper" if len(papers) == 1 else f"The latest {len(papers):,} papers"
    source = f" from {wording.plural(len(dumps), 'page')}" if dumps else ""
    return f"{latest}{source}, {wording.span(_came(papers[-1]), _came(papers[0]))}"
