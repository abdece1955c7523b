"""How papers, reasons and periods read to people, in email, feeds and pages alike. Every
function takes text as it comes and returns clean plain text on one line, to be escaped by whoever
puts it into markup."""

import re
from collections.abc import Collection, Iterable, Sequence
from datetime import date, time
from functools import lru_cache
from operator import attrgetter
from typing import NamedTuple
from urllib.parse import quote, urlsplit, urlunsplit

from digest.model import (
    Coverage,
    Paper,
    Period,
    Place,
    Reason,
    Schedule,
    Why,
    abstract_page,
    is_pdf,
    pdf_link,
)
from digest.text.clean import one_line
from digest.text.terms import forms

_NAMED = 3  # up to this many authors are named; of more, the first two and the number of the others
_SHARE = 0.05  # a reason is told if it makes up at least this share of the score
_TOLD = 6  # at most this many reasons are told
_URL_SAFE = "!$%&()*+,/:;=?@~"
"""Characters that a path, query or fragment may hold (RFC 3986), without the apostrophe."""
_WHYS = [*Why]
_LEFT_OUT = ["nearly the same as another" if why is Why.DUPLICATE else str(why) for why in Why]
_CONTRIBUTION = attrgetter("contribution")
_PLACES: tuple[Place, ...] = ("title", "abstract", "keywords")  # in the order of what is said
_WORDS = (
    *("no", "one", "two", "three", "four", "five", "six"),
    *("seven", "eight", "nine", "ten", "eleven", "twelve"),
)
_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_OFTEN = {"day": "daily", "weekday": "on weekdays", "week": "weekly", "month": "monthly"}


def paper_url(paper: Paper) -> str:
    """Where the paper can be read: its own page, its arXiv page, or a search for its title. Always
    http(s) and ASCII, without a character that ends an attribute."""
    if paper.url is not None and (web := _web_address(one_line(paper.url))):
        return web
    if paper.arxiv_id is not None:
        return "https://arxiv.org/abs/" + quote(one_line(paper.arxiv_id))
    return "https://huggingface.co/papers?q=" + quote(one_line(paper.title), safe="")


def addresses(paper: Paper) -> dict[str, str]:
    """What is known to be in the web of it, by name: ``Abstract``, ``PDF`` and ``Code``. The
    addresses are as safe as that of ``paper_url``."""
    page, pdf = abstract_page(paper), pdf_link(paper)
    if page and is_pdf(page):
        page, pdf = None, pdf or page
    known = (("Abstract", page), ("PDF", pdf), ("Code", paper.code))
    found = ((name, _web_address(one_line(url))) for name, url in known if url)
    return {name: url for name, url in found if url}


def links(paper: Paper) -> tuple[tuple[str, str], ...]:
    """The links below a paper, by name; none where its title says all of them."""
    found = addresses(paper)
    return tuple(found.items()) if {*found.values()} - {paper_url(paper)} else ()


def _web_address(url: str) -> str | None:
    """The URL with what is not allowed in it percent-encoded; None where it is not http(s)."""
    try:
        scheme, host, *rest = urlsplit(url)
    except ValueError:  # such as an unfinished IPv6 address
        return None
    if scheme not in ("http", "https") or not host:
        return None
    encoded = (quote(part, safe=_URL_SAFE) for part in rest)
    whole = urlunsplit((scheme, quote(host, safe=_URL_SAFE + "[]"), *encoded))
    return re.sub(r"%(?![0-9A-Fa-f]{2})", "%25", whole)


def title(paper: Paper) -> str:
    """The title, never empty, after a word if the paper is revised or withdrawn."""
    mark = f"{paper.standing.capitalize()}: " if paper.standing else ""
    return mark + (one_line(paper.title) or "Untitled")


def authors(paper: Paper) -> str:
    """``Ada Lovelace, Alan Turing and 4 more``, ``6 authors``, or nothing where unknown."""
    names = [name for name in map(one_line, paper.authors) if name]
    count = max(paper.author_count or 0, len(names))
    if not names:
        return plural(count, "author") if count else ""
    shown = names if count <= _NAMED and count == len(names) else names[: _NAMED - 1]
    return listed(shown if len(shown) == count else [*shown, f"{count - len(shown):,} more"])


def day(when: date, *, year: bool = True) -> str:
    """``27 Aug 2024``."""
    return f"{when.day} {when:%b %Y}" if year else f"{when.day} {when:%b}"


def long_day(when: date) -> str:
    """``27 August 2024``."""
    return f"{when.day} {when:%B %Y}"


def facts(paper: Paper) -> tuple[str, ...]:
    """What is known of it, for one line: authors, date, comments."""
    found = (
        authors(paper),
        day(paper.published) if paper.published else "",
        plural(paper.comments, "comment") if paper.comments else "",
    )
    return tuple(fact for fact in found if fact)


# --- reasons -----------------------------------------------------------------------------


class Told(NamedTuple):
    """A reason as it is said: without figures, on which the words do not depend."""

    interest: str
    term: str
    place: Place
    via: str


@lru_cache(maxsize=20_000)
def told(reasons: tuple[Reason, ...]) -> tuple[Told, ...]:
    """Choose the reasons that are worth a word, weightiest first.

    They make up at least ``_SHARE`` of all that is named, or are the first one, and are no more
    than ``_TOLD``. A term that an interest has said is not said again as related to another, and as
    related to one interest only. Nor is “data” where “data selection” has been told. The rest are
    single words, or arithmetic. What no word of a paper shows is told where there is nothing else.
    """
    ours = [reason for reason in reasons if reason.via != "several"]
    ours.sort(key=_CONTRIBUTION, reverse=True)
    named = [reason for reason in ours if reason.term]
    least = sum(map(_CONTRIBUTION, named)) * _SHARE
    said: dict[str, str] = {}
    if any(reason.via == "related" for reason in named):
        said = {_spelled(reason.term)[0]: "" for reason in named if reason.via != "related"}
    chosen: list[Reason] = []
    for reason in named:
        if reason.contribution < least or len(chosen) == _TOLD:
            break
        interest, term, *_, via = reason
        letters, words = _spelled(term)
        if via == "related" and said.setdefault(letters, interest) != interest:
            continue
        # “data” where “data selection” has been told
        if not any(each[0] == interest and words < _spelled(each[1])[1] for each in chosen):
            chosen.append(reason)
    chosen = chosen or named[:1] or ours[:1]
    return tuple([Told(each[0], each[1], each[2], each[5]) for each in chosen])


@lru_cache(maxsize=50_000)
def _spelled(term: str) -> tuple[str, frozenset[str]]:
    """The letters of a term, and its words; equal ones are the same however they are written."""
    words = forms(term)
    return "".join(words), frozenset(words)


def why(reasons: tuple[Reason, ...]) -> str:
    """Say why a paper was picked: ``“LoRA” in the title; by Ada Lovelace``."""
    return said(told(reasons))


@lru_cache(maxsize=20_000)
def said(told: tuple[Told, ...]) -> str:
    """Put chosen reasons into one sentence."""
    groups: dict[tuple[str, str, str], list[Told]] = {}
    for reason in told:
        # What is only near an interest is told together.
        letters = "" if reason.via == "related" else _spelled(reason.term)[0]
        key = (reason.interest, reason.via, letters)
        groups.setdefault(key, []).append(reason)
    # An interest that was also found as it is written need not be named beside its other forms.
    spelled = {interest for interest, via, _ in groups if via == "term"}
    # What is a term of one interest may be near another: it is said once.
    sentence = "; ".join(dict.fromkeys([_reason(group, spelled) for group in groups.values()]))
    return sentence[:1].upper() + sentence[1:]


def _reason(group: Sequence[Told], spelled: Collection[str]) -> str:
    """One interest and the places where it was found."""
    interest, term = one_line(group[0].interest), one_line(group[0].term)
    if stated := _stated(group[0].via, term):
        return stated
    if not term:
        return f"like {interest}" if group[0].via == "liked" else f"related to “{interest}”"
    where = _where({reason.place for reason in group})
    if group[0].via == "related":
        spellings: dict[str, str] = {}
        for reason in group:
            spellings.setdefault(_spelled(reason.term)[0], f"“{one_line(reason.term)}”")
        return f"{listed(spellings.values())} {where}, related to “{interest}”"
    found = f"“{term}” {where}"
    if group[0].interest in spelled:
        return found
    return found + {
        "acronym": f", for “{interest}”",
        "pattern": f", by the pattern {interest}",
        "liked": f", as in {interest}",
    }.get(group[0].via, "")


def found(reason: Reason) -> str:
    """What was found of an interest, and where: ``“LoRA” in the title``."""
    term = one_line(reason.term)
    if not term:
        return "the text as a whole"
    return _stated(reason.via, term) or f"“{term}” {_where({reason.place})}"


def _stated(via: str, term: str) -> str:
    """How it reads that a source says something of a paper; empty for terms of its text."""
    match via:
        case "author":
            return f"by {term}"
        case "category":
            return f"in the category {term}"
        case "venue":
            return f"published in {term}"
        case "code" | "signal":
            return term
        case _:
            return ""


def _where(places: Collection[Place]) -> str:
    if places == {"keywords"}:
        return "in its keywords"
    return f"in the {listed(place for place in _PLACES if place in places)}"


# --- periods -----------------------------------------------------------------------------


def dates(period: Period) -> str:
    """The days it covers: ``20 November 2026``, ``16–22 November 2026``, ``November 2026``."""
    if period.kind == "month":
        return f"{period.start:%B %Y}"
    return span(period.start, period.end)


def span(first: date, last: date) -> str:
    """``16–22 November 2026``, with as much of the first day as the last one does not say."""
    if first == last:
        return long_day(last)
    if first.year != last.year:
        return f"{long_day(first)}\u00a0– {long_day(last)}"
    if first.month != last.month:
        return f"{first.day} {first:%B}\u00a0– {long_day(last)}"
    return f"{first.day}–{long_day(last)}"


@lru_cache(maxsize=256)
def period_name(period: Period) -> str:
    """``Week 47, 16–22 November 2026``; a day or month goes by its dates alone."""
    if period.kind == "week":
        return f"Week {period.start.isocalendar().week}, {dates(period)}"
    return dates(period)


def headline(picks: int, considered: int) -> str:
    """``Seven papers for you, out of 212``."""
    said = f"{counted(picks, 'paper').capitalize()} for you"
    return said if picks and picks >= considered else f"{said}, out of {considered:,}"


def left_out(seen: Coverage) -> str:
    """How many were left out, by reason; empty where none was."""
    counts = [(_WHYS.index(why), count) for why, count in seen.left_out.items() if count]
    said = [f"{count:,} {_LEFT_OUT[at]}" for at, count in sorted(counts)]
    return f"Left out: {', '.join(said)}." if said else ""


# --- schedules ---------------------------------------------------------------------------


def rhythm(schedule: Schedule, zone: str, address: str) -> str:
    """``You get this weekly at ada@example.org, Mondays at 8:00, New York time.``"""
    where = one_line(address)
    if schedule.cron is not None:
        return f"You get this at {where}, by the schedule {schedule.cron}, {zone_name(zone)}."
    often = _OFTEN[schedule.every]
    return f"You get this {often} at {where}, {moment(schedule)}, {zone_name(zone)}."


def moment(schedule: Schedule) -> str:
    """``Mondays at 8:00``; only the hour where the rhythm says the day already."""
    at = f"at {clock(schedule.at)}"
    match schedule.every:
        case "week":
            return f"{_WEEKDAYS[(schedule.on or 1) - 1]} {at}"
        case "month":
            return f"on the {ordinal(schedule.on or 1)} {at}"
        case _:
            return at


def clock(at: time) -> str:
    """``8:00``, on the clock of 24 hours."""
    return f"{at.hour}:{at.minute:02}"


def ordinal(day: int) -> str:
    """``1st``, ``22nd``, ``13th``; the 29th to 31st are the last day in shorter months."""
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def zone_name(zone: str) -> str:
    """``America/New_York`` → ``New York time``; ``UTC`` and offsets stay as they are."""
    area, _, place = zone.rpartition("/")
    if not area or area == "Etc":
        return zone
    return f"{place.replace('_', ' ')} time"


# --- words -------------------------------------------------------------------------------


def plural(count: int, noun: str) -> str:
    """``1 paper``, ``1,200 papers``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def counted(count: int, noun: str) -> str:
    """The same with small numbers in words: ``no papers``, ``one paper``, ``13 papers``."""
    if count >= len(_WORDS):
        return plural(count, noun)
    return f"{_WORDS[count]} {noun}" if count == 1 else f"{_WORDS[count]} {noun}s"


def listed(parts: Iterable[str]) -> str:
    """``a``, ``a and b``, ``a, b and c``."""
    *most, last = list(parts) or [""]
    return f"{', '.join(most)} and {last}" if most else last
