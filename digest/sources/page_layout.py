"""The lines of a papers page: its header, and the entries between blocks of metadata.

Both layouts begin with lines of the page's own furniture and its date. The detailed layout has
below each abstract a block of metadata: a number of authors or an organisation, a dot, and a
date with perhaps a number of comments. Any part of these can be missing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from digest.sources import page_dates
from digest.sources.page_dates import PageDate
from digest.sources.titles import Paragraph

INVISIBLE = "\u200b\ufeff\x00"
WHITE = re.compile(r"\s+")
NOT_LETTER = re.compile(r"[\W_]+")
DOT = re.compile(r"[·•∙⋅‧・]")
LONE_DOTS = set("·∙⋅‧•.")
AUTHORS = re.compile(r"(?:[-*●▪–] ?)?(\d{1,6}|\d{1,3}(?:,\d{3})+) authors?", re.IGNORECASE)
CUT_AUTHORS = re.compile(r"•(?: ?\d{1,6}(?: a[utho]{0,4})?)?")
LIST_MARK = re.compile(r"(?:[-*•–]|\(?\d{1,2}[.)])\s")
SENTENCE_ENDS = (".", "!", "?", "。")

OWN_LINES = {
    "gettrendingpapersinyouremailinbox",
    "byakandtheresearchcommunity",
    "dailypapers",
    "trendingpapers",
}
"""Lines that no other page has, in lower case without spaces and signs."""
FURNITURE = OWN_LINES | {
    *("new", "subscribe", "papers", "trending", "previous", "next", "huggingface", "models"),
    *("datasets", "spaces", "community", "docs", "enterprise", "pricing", "login", "signup"),
    *("daily", "weekly", "monthly", "submit", "search", "systemtheme", "company", "tos"),
    *("privacy", "about", "careers", "jobs", "website"),
}
SUBMITTER = re.compile(r"Submitted by(?P<name>(?: \S+){0,3})(?<!\.)")
HEADER_LINES = 60
LONG, SHORT, WRAPPED = 200, 100, 120
"""Characters: more than any line of a header has; the most that an organisation takes; the most
in any line of a page whose paragraphs were broken into lines."""
FEW_WORDS = 6
LONGEST_DATE = 30


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page that is not blank."""

    number: int
    text: str
    follows_blank: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """What a line of metadata says."""

    author_count: int | None
    shown: PageDate | None
    has_dot: bool


@dataclass(slots=True)
class Entry:
    """What stands between two blocks of metadata, and the block that follows it."""

    lines: list[Line] = field(default_factory=list)
    details_line: int = 0
    """Where the block begins; 0: there is none."""
    author_count: int | None = None
    shown: PageDate | None = None
    unread: Line | None = None
    """What stands in the place of the date."""


@dataclass(frozen=True, slots=True)
class Page:
    """A text as a papers page would be read."""

    date: PageDate | None
    header: int
    """How many lines are furniture."""
    is_own: bool
    """One of them is found on no other page."""
    is_detailed: bool
    is_wrapped: bool
    """Paragraphs run over several lines."""
    entries: tuple[Entry, ...]


def layout(text: str) -> Page:
    """``text`` taken apart. Every line that is not blank is furniture, an entry's or metadata."""
    lines = list(_without_submitters(_lines(text)))
    header = _header_length(lines)
    body, joined = _without_furniture(lines[header:])
    if body and CUT_AUTHORS.fullmatch(_folded(body[-1])):  # the file was cut off here
        body.pop()
    marks = [_mark(line) for line in body]
    is_detailed = any(_is_details(marks, index) for index in range(len(marks)))
    return Page(
        date=max(
            [*_dates(lines[:header])[:1], *_dates(joined)],
            key=lambda day: (day.month, day.day),
            default=None,
        ),
        header=header,
        is_own=any(_letters(line) in OWN_LINES for line in lines[:header]),
        is_detailed=is_detailed,
        is_wrapped=max((len(line.text) for line in body), default=0) <= WRAPPED,
        entries=tuple(_entries(body, marks)) if is_detailed else (Entry(body),),
    )


def paragraphs(lines: Sequence[Line], *, is_wrapped: bool) -> list[Paragraph]:
    """Lines as paragraphs: each line is one, unless the page breaks paragraphs into lines."""
    groups: list[list[Line]] = []
    for line in lines:
        if not is_wrapped or line.follows_blank or not groups or LIST_MARK.match(line.text):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [Paragraph(group[0].number, " ".join(line.text for line in group)) for group in groups]


def _lines(text: str) -> Iterator[Line]:
    follows_blank = True
    for number, raw in enumerate(text.split("\n"), start=1):
        stripped = raw.strip().strip(INVISIBLE).strip()
        if stripped:
            yield Line(number, stripped, follows_blank)
        follows_blank = not stripped


def _folded(line: Line) -> str:
    return WHITE.sub(" ", line.text) if len(line.text) <= LONG else ""


def _letters(line: Line) -> str:
    return _letters_of(line.text) if len(line.text) <= LONG else ""


def _letters_of(text: str) -> str:
    return NOT_LETTER.sub("", text).casefold()


def _dates(lines: Sequence[Line]) -> list[PageDate]:
    return [day for line in lines if (day := page_dates.parse(_folded(line)))]


def _without_submitters(lines: Iterable[Line]) -> Iterator[Line]:
    """Lines without those that say who proposed a paper; the name can have a line of its own."""
    awaits_name = False
    for line in lines:
        match = SUBMITTER.fullmatch(line.text)
        if not match and not (awaits_name and " " not in line.text):
            yield line
        awaits_name = match is not None and not match["name"]


def _without_furniture(lines: Sequence[Line]) -> tuple[list[Line], list[Line]]:
    """Lines without the headers of pages that were joined to the first and the links at the end;
    and these."""
    kept: list[Line] = []
    dropped: list[Line] = []
    run: list[Line] = []
    for index, line in enumerate(lines):
        is_furniture = _letters(line) in FURNITURE and not _is_above_text(lines, index)
        if is_furniture or (run and page_dates.parse(_folded(line))):
            run.append(line)
            continue
        is_header = any(_letters(each) in OWN_LINES for each in run)
        (dropped if is_header else kept).extend(run)
        run = []
        kept.append(line)
    return kept, dropped + run


def _is_above_text(lines: Sequence[Line], index: int) -> bool:
    """Whether an abstract stands below the line, as it does below a title."""
    return index + 1 < len(lines) and len(lines[index + 1].text) > LONG


def _header_length(lines: Sequence[Line]) -> int:
    """Furniture and the date at the beginning, and all before a line that only this page has."""
    length, dated = 0, False
    for index, line in enumerate(lines[:HEADER_LINES]):
        mark = _mark(line)
        if len(line.text) > LONG or (mark and (mark.has_dot or mark.author_count is not None)):
            break
        if dated and _is_above_text(lines, index):
            break
        letters = _letters(line)
        is_date = bool(mark and not dated)
        if letters in OWN_LINES or (length == index and (is_date or letters in FURNITURE)):
            length = index + 1
            dated = dated or is_date
    return length


def _mark(line: Line) -> Mark | None:
    """The line as metadata; None if it is text. A date alone counts as well."""
    if len(line.text) > LONG:
        return None
    folded = _folded(line)
    if folded in LONE_DOTS:
        return Mark(None, None, has_dot=True)
    pieces = [piece.strip() for piece in DOT.split(folded)]
    author_count, shown, others = None, None, 0
    for piece in filter(None, pieces):
        if match := AUTHORS.fullmatch(piece):
            author_count = int(match[1].replace(",", ""))
        elif day := page_dates.parse(piece):
            shown = day
        else:
            others += 1
    has_dot = len(pieces) > 1
    if author_count is None and shown is None:
        return None
    if others and not (has_dot and shown and others == 1):  # an organisation may stand before
        return None
    return Mark(author_count, shown, has_dot)


def _entries(lines: Sequence[Line], marks: Sequence[Mark | None]) -> Iterator[Entry]:
    entry = Entry()
    for index, line in enumerate(lines):
        mark = marks[index]
        if mark is None or _is_stray_dot(marks, index):
            if entry.shown and _is_comment_count(line, entry.shown):
                entry.shown = replace(entry.shown, comments=int(line.text))
                continue
            if _is_unread_date(lines, marks, index):
                entry.unread = line
                continue
            if entry.details_line:
                yield entry
                entry = Entry()
            entry.lines.append(line)
            continue
        if entry.details_line and _begins_another(entry, mark):
            yield entry
            entry = Entry()
        if not entry.details_line:
            entry.details_line = line.number
            is_lone_dot = mark.author_count is None and mark.shown is None
            touches_dot = is_lone_dot and not line.follows_blank
            entry.lines = _without_organisation(entry.lines, touches_dot=touches_dot)
        entry.author_count = (
            mark.author_count if mark.author_count is not None else entry.author_count
        )
        entry.shown = mark.shown or entry.shown
    if entry.lines or entry.details_line:
        yield entry


def _is_comment_count(line: Line, shown: PageDate) -> bool:
    """A number on a line of its own directly below the date."""
    is_number = line.text.isascii() and line.text.isdigit() and len(line.text) <= 6
    return is_number and shown.comments is None and not line.follows_blank


def _is_unread_date(lines: Sequence[Line], marks: Sequence[Mark | None], index: int) -> bool:
    """A few words between the dot and a blank line."""
    line, before = lines[index], marks[index - 1] if index else None
    if before is None or not before.has_dot or before.shown or _is_stray_dot(marks, index - 1):
        return False
    is_last = index + 1 == len(lines) or lines[index + 1].follows_blank
    return is_last and not line.follows_blank and len(line.text) <= LONGEST_DATE


def _is_details(marks: Sequence[Mark | None], index: int) -> bool:
    """Metadata that cannot be anything else: a number of authors, or a dot with a date."""
    mark = marks[index]
    if mark is None or _is_stray_dot(marks, index):
        return False
    return mark.author_count is not None or mark.has_dot


def _is_stray_dot(marks: Sequence[Mark | None], index: int) -> bool:
    """A dot that neither follows a number of authors nor stands before a date."""
    mark = marks[index]
    if mark is None or mark.author_count is not None or mark.shown:
        return False
    before = marks[index - 1] if index else None
    after = marks[index + 1] if index + 1 < len(marks) else None
    return not ((before and before.author_count is not None) or (after and after.shown))


def _begins_another(entry: Entry, mark: Mark) -> bool:
    return bool(
        (mark.author_count is not None and (entry.author_count is not None or entry.shown))
        or (mark.shown and entry.shown)
    )


def _without_organisation(lines: list[Line], *, touches_dot: bool) -> list[Line]:
    """``lines`` without the organisation's one or two, which stand above the metadata.

    A name that is written twice cannot be text. Any other has to stand between a blank line and
    the dot, and be of few words or end no sentence.
    """
    if len(lines) > 1 and _is_written_twice(lines[-1]):
        return lines[:-1]
    for count in (1, 2) if touches_dot else ():
        kept, name = lines[:-count], lines[-count:]
        *before, last = name
        is_long = len(last.text.split()) > FEW_WORDS and _is_sentence(last)
        if not kept or is_long or any(map(_is_sentence, before)):
            break
        if name[0].follows_blank:
            return kept
    return lines


def _is_written_twice(line: Line) -> bool:
    """Whether it is as ``acme-ai Acme AI Inc.``: as part of an address, then for people."""
    address, *name = map(_letters_of, line.text.split())
    return bool(address) and len(line.text) <= LONG and address in accumulate(name)


def _is_sentence(line: Line) -> bool:
    return len(line.text) > SHORT or line.text.endswith(SENTENCE_ENDS)
