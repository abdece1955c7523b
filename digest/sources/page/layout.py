"""Splits a papers page into its header (furniture, or lines of the page itself, and its date) and
the entries between blocks of metadata, which only the detailed layout has: a number of authors or
an organisation, a dot, a date and a number of comments. Any of these can be missing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import accumulate

from digest.sources.page.boilerplate import (
    OWN_LINES,
    header_length,
    stated_dates,
    without_furniture,
    without_submitters,
)
from digest.sources.page.dates import PageDate
from digest.sources.page.lines import LONG, Line, Mark, letters_of, lines_of, mark_of
from digest.sources.page.titles import Paragraph

CUT_AUTHORS = re.compile(r"•(?: ?\d{1,6}(?: a[utho]{0,4})?)?")
LIST_MARK = re.compile(r"(?:[-*•–]|\(?\d{1,2}[.)])\s")
SENTENCE_ENDS = (".", "!", "?", "。")
SHORT, WRAPPED = 100, 120  # the longest organisation, and line of a page that wraps paragraphs
FEW_WORDS = 6
LONGEST_DATE = 30


@dataclass(slots=True)
class PageEntry:
    """The lines between two blocks of metadata, and the block that follows them."""

    lines: list[Line] = field(default_factory=list)
    details_line: int = 0  # the line at which the block begins; 0: there is no block
    author_count: int | None = None
    shown: PageDate | None = None
    unread: Line | None = None  # the text in the place of the date, if it is not a date


@dataclass(frozen=True, slots=True)
class Page:
    """A text, split as if it were a papers page."""

    date: PageDate | None
    header: int  # the number of lines of the header
    is_own: bool  # whether one of them occurs only on this page
    is_detailed: bool
    is_wrapped: bool  # whether paragraphs run over several lines
    entries: tuple[PageEntry, ...]


def layout(text: str) -> Page:
    """Split ``text``: every line that is not blank is furniture, metadata, or part of an entry."""
    lines = list(without_submitters(lines_of(text)))
    header = header_length(lines)
    body, joined = without_furniture(lines[header:])
    if body and CUT_AUTHORS.fullmatch(body[-1].folded):  # the file ends in the middle of metadata
        body.pop()
    marks = [mark_of(line) for line in body]
    is_detailed = any(_is_details(marks, index) for index in range(len(marks)))
    days = [*stated_dates(lines[:header])[:1], *stated_dates(joined)]
    day = max(days, key=lambda day: (day.month, day.day), default=None)
    is_own = any(line.letters in OWN_LINES for line in lines[:header])
    is_wrapped = all(len(line.text) <= WRAPPED for line in body)
    entries = tuple(_entries(body, marks)) if is_detailed else (PageEntry(body),)
    return Page(day, header, is_own, is_detailed, is_wrapped, entries)


def paragraphs(lines: Sequence[Line], *, is_wrapped: bool) -> list[Paragraph]:
    """Join lines to paragraphs; each line is a paragraph, unless the page wraps paragraphs."""
    groups: list[list[Line]] = []
    for line in lines:
        if not is_wrapped or line.follows_blank or not groups or LIST_MARK.match(line.text):
            groups.append([line])
        else:
            groups[-1].append(line)
    return [Paragraph(group[0].number, " ".join(line.text for line in group)) for group in groups]


def _entries(lines: Sequence[Line], marks: Sequence[Mark | None]) -> Iterator[PageEntry]:
    entry = PageEntry()
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
                entry = PageEntry()
            entry.lines.append(line)
            continue
        if entry.details_line and _begins_another(entry, mark):
            yield entry
            entry = PageEntry()
        if not entry.details_line:
            entry.details_line = line.number
            is_lone_dot = mark.author_count is None and mark.shown is None
            touches_dot = is_lone_dot and not line.follows_blank
            entry.lines = _without_organisation(entry.lines, touches_dot=touches_dot)
        if mark.author_count is not None:
            entry.author_count = mark.author_count
        entry.shown = mark.shown or entry.shown
    if entry.lines or entry.details_line:
        yield entry


def _is_comment_count(line: Line, shown: PageDate) -> bool:
    """Whether it is a number on a line of its own directly below the date."""
    is_number = line.text.isascii() and line.text.isdigit() and len(line.text) <= 6
    return is_number and shown.comments is None and not line.follows_blank


def _is_unread_date(lines: Sequence[Line], marks: Sequence[Mark | None], index: int) -> bool:
    """Whether it is a short line between a dot and a blank line."""
    line, before = lines[index], marks[index - 1] if index else None
    if before is None or not before.has_dot or before.shown or _is_stray_dot(marks, index - 1):
        return False
    is_last = index + 1 == len(lines) or lines[index + 1].follows_blank
    return is_last and not line.follows_blank and len(line.text) <= LONGEST_DATE


def _is_details(marks: Sequence[Mark | None], index: int) -> bool:
    """Whether it is certainly metadata: a number of authors, or a dot with a date."""
    mark = marks[index]
    if mark is None or _is_stray_dot(marks, index):
        return False
    return mark.author_count is not None or mark.has_dot


def _is_stray_dot(marks: Sequence[Mark | None], index: int) -> bool:
    """Whether it is a dot that neither follows a number of authors nor precedes a date."""
    mark = marks[index]
    if mark is None or mark.author_count is not None or mark.shown:
        return False
    before = marks[index - 1] if index else None
    after = marks[index + 1] if index + 1 < len(marks) else None
    return not ((before and before.author_count is not None) or (after and after.shown))


def _begins_another(entry: PageEntry, mark: Mark) -> bool:
    return bool(
        (mark.author_count is not None and (entry.author_count is not None or entry.shown))
        or (mark.shown and entry.shown)
    )


def _without_organisation(lines: list[Line], *, touches_dot: bool) -> list[Line]:
    """Remove the one or two lines of an organisation above the metadata. A name that is written
    twice cannot be text. Any other has to be between a blank line and the dot, and must not be both
    long and a sentence."""
    if len(lines) > 1 and _is_written_twice(lines[-1]):
        return lines[:-1]
    for count in (1, 2) if touches_dot else ():
        if len(lines) <= count:
            break
        kept, name = lines[:-count], lines[-count:]
        *before, last = name
        is_long = len(last.text.split()) > FEW_WORDS and _is_sentence(last)
        if is_long or any(map(_is_sentence, before)):
            break
        if name[0].follows_blank:
            return kept
    return lines


def _is_written_twice(line: Line) -> bool:
    """Whether it is like ``acme-ai Acme AI Inc.``: a name as in a URL, then as people write it."""
    address, *name = map(letters_of, line.text.split())
    return bool(address) and len(line.text) <= LONG and address in accumulate(name)


def _is_sentence(line: Line) -> bool:
    return len(line.text) > SHORT or line.text.endswith(SENTENCE_ENDS)
