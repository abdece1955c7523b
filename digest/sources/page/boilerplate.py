"""Removes what is around the papers of a page: its header, and links to other pages."""

import re
from collections.abc import Sequence

from digest.sources.page import dates
from digest.sources.page.dates import PageDate
from digest.sources.page.lines import ARROWS, LONG, Line

OWN_LINES = {  # lines that occur on no other page, in lower case without spaces and punctuation
    *("gettrendingpapersinyouremailinbox", "byakandtheresearchcommunity"),
    *("dailypapers", "trendingpapers", "dailypapershuggingface", "trendingpapershuggingface"),
    *("gettrendingpapersinyouremailinboxonceaday", "täglichepapiere", "täglicheartikel"),
    *("articlesquotidiens", "papiersquotidiens", "documentosdiarios", "artículosdiarios"),
    *("每日论文", "每日論文", "毎日の論文", "デイリーペーパー", "今日の論文"),
}
OWN_LINE = re.compile(
    r".{0,8}AK\b.{0,40}(?:research community|[Ff]orschung|recherche|investiga|研究).{0,20}"
)
FURNITURE = OWN_LINES | {
    *("new", "subscribe", "papers", "trending", "previous", "next", "huggingface", "models"),
    *("datasets", "spaces", "community", "docs", "enterprise", "pricing", "login", "signup"),
    *("daily", "weekly", "monthly", "submit", "search", "systemtheme", "company", "tos"),
    *("privacy", "about", "careers", "jobs", "website"),
}
A_MONTH = rf"(?:{'|'.join(dates.NUMBERS)})\.?"
PERIOD = re.compile(
    r"(?:week|woche|semaine|semana) \d{1,2}(?:,? \d{4})?|第? ?\d{1,2} ?[周週]"
    rf"|\d{{4}} ?年 ?\d{{1,2}} ?月|\d{{4}}-W?\d\d|{A_MONTH}(?: de)? \d{{4}}"
    rf"|{A_MONTH} \d{{1,2}} ?[-–—] ?(?:{A_MONTH} )?\d{{1,2}}(?:,? \d{{4}})?",
    re.IGNORECASE,
)
"""The week or month of a page."""
LINKS = re.compile(f"(?:{'|'.join(sorted(FURNITURE, key=len, reverse=True))})+")
HEADER_LINES = 60


def is_own(line: Line) -> bool:
    """Whether the line occurs on no other page."""
    return line.letters in OWN_LINES or bool(OWN_LINE.fullmatch(line.folded))


def is_furniture(line: Line) -> bool:
    """Whether the line consists of links to other pages, or occurs on no other page."""
    period = PERIOD.fullmatch(line.folded.strip(ARROWS))
    return bool(LINKS.fullmatch(line.letters) or period) or is_own(line)


def stated_dates(lines: Sequence[Line]) -> list[PageDate]:
    """The dates that are alone in a line, perhaps beside arrows to other days."""
    return [day for line in lines if (day := dates.parse(line.folded.strip(ARROWS)))]


def header_length(lines: Sequence[Line]) -> int:
    """The length of the header: it ends where the first card begins, or else with the last of the
    first furniture lines, the date, and the lines that occur only on this page."""
    length, dated = 0, False
    for index, line in enumerate(lines[: 2 * HEADER_LINES]):
        if line.is_title or (line.given and line.given.begins_card):
            return index
        if len(line.text) > LONG:
            break
    for index, line in enumerate(lines[:HEADER_LINES]):
        mark = line.mark
        if len(line.text) > LONG or (mark and (mark.has_dot or mark.author_count is not None)):
            break
        if dated and is_above_text(lines, index):
            break
        is_date = bool(mark and not dated)
        is_next = length == index and (is_date or is_furniture(line))
        if is_next or is_own(line):
            length = index + 1
            dated = dated or is_date
    return length


def without_furniture(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Remove the headers of further pages in the same file, and the links at the end. Returns the
    remaining lines and the removed ones."""
    kept: list[Line] = []
    dropped: list[Line] = []
    run: list[Line] = []
    for index, line in enumerate(lines):
        is_link = not line.is_title and is_furniture(line) and not is_above_text(lines, index)
        if is_link or (run and stated_dates([line])):
            run.append(line)
            continue
        is_header = any(map(is_own, run))
        (dropped if is_header else kept).extend(run)
        run = []
        kept.append(line)
    return kept, dropped + run


def is_above_text(lines: Sequence[Line], index: int) -> bool:
    """Whether the next line is long, as the abstract below a title is."""
    return index + 1 < len(lines) and len(lines[index + 1].text) > LONG
