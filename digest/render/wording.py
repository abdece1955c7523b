"""How papers, periods and schedules read to people, in email, feeds and pages alike. Every
function takes text as it comes and returns clean plain text on one line, to be escaped by whoever
puts it into markup."""

import re
from collections.abc import Iterable
from datetime import date, time
from functools import lru_cache
from urllib.parse import quote, urlsplit, urlunsplit

from digest.model import (
    Coverage,
    Paper,
    Period,
    Schedule,
    Why,
    abstract_page,
    is_pdf,
    pdf_link,
)
from digest.text.clean import one_line

_NAMED = 3  # up to this many authors are named; of more, the first two and the number of the others
_URL_SAFE = "!$%&()*+,/:;=?@~"
"""Characters that a path, query or fragment may hold (RFC 3986), without the apostrophe."""
_WHYS = [*Why]
_LEFT_OUT = ["nearly the same as another" if why is Why.DUPLICATE else str(why) for why in Why]
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
