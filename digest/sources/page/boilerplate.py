"""Removes what is around the papers of a page: headers, links, and who submitted a paper."""

import re
from collections.abc import Iterable, Iterator, Sequence

from digest.sources.page import dates
from digest.sources.page.dates import PageDate
from digest.sources.page.lines import LONG, Line, mark_of

OWN_LINES = {  # lines that occur on no other page, in lower case without spaces and punctuation
    *("gettrendingpapersinyouremailinbox", "byakandtheresearchcommunity"),
    *("dailypapers", "trendingpapers"),
}
FURNITURE = OWN_LINES | {
    *("new", "subscribe", "papers", "trending", "previous", "next", "huggingface", "models"),
    *("datasets", "spaces", "community", "docs", "enterprise", "pricing", "login", "signup"),
    *("daily", "weekly", "monthly", "submit", "search", "systemtheme", "company", "tos"),
    *("privacy", "about", "careers", "jobs", "website"),
}
HEADER_LINES = 60
SUBMITTER = re.compile(r"Submitted by(?P<name>(?: \S+){0,3})(?<!\.)")


def stated_dates(lines: Sequence[Line]) -> list[PageDate]:
    """The dates that are alone in a line."""
    return [day for line in lines if (day := dates.parse(line.folded))]


def header_length(lines: Sequence[Line]) -> int:
    """The length of the header: it ends with the last of the first furniture lines, the date, and
    the lines that occur only on this page."""
    length, dated = 0, False
    for index, line in enumerate(lines[:HEADER_LINES]):
        mark = mark_of(line)
        if len(line.text) > LONG or (mark and (mark.has_dot or mark.author_count is not None)):
            break
        if dated and _is_above_text(lines, index):
            break
        is_date = bool(mark and not dated)
        is_next = length == index and (is_date or line.letters in FURNITURE)
        if is_next or line.letters in OWN_LINES:
            length = index + 1
            dated = dated or is_date
    return length


def without_submitters(lines: Iterable[Line]) -> Iterator[Line]:
    """Remove lines that say who submitted a paper; the name may be on the next line."""
    awaits_name = False
    for line in lines:
        match = SUBMITTER.fullmatch(line.text)
        if not match and not (awaits_name and " " not in line.text):
            yield line
        awaits_name = match is not None and not match["name"]


def without_furniture(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Remove the headers of further pages in the same file, and the links at the end. Returns the
    remaining lines and the removed ones."""
    kept: list[Line] = []
    dropped: list[Line] = []
    run: list[Line] = []
    for index, line in enumerate(lines):
        is_furniture = line.letters in FURNITURE and not _is_above_text(lines, index)
        if is_furniture or (run and dates.parse(line.folded)):
            run.append(line)
            continue
        is_header = any(each.letters in OWN_LINES for each in run)
        (dropped if is_header else kept).extend(run)
        run = []
        kept.append(line)
    return kept, dropped + run


def _is_above_text(lines: Sequence[Line], index: int) -> bool:
    """Whether the next line is long, as the abstract below a title is."""
    return index + 1 < len(lines) and len(lines[index + 1].text) > LONG
