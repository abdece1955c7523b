"""A papers page taken apart: its header, and the entries between blocks of metadata.

Both layouts begin with lines of the page's own furniture and its date. The detailed layout has
below each abstract a block of metadata: a number of authors or an organisation, a dot, and a
date with perhaps a number of comments. Any part of these can be missing.
"""

from __future__ import annotations

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
SHORT, WRAPPED = 100, 120
"""Characters: the most that an organisation takes; the most in any line of a page whose
paragraphs were broken into lines."""
FEW_WORDS = 6
LONGEST_DATE = 30


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
    lines = list(without_submitters(lines_of(text)))
    header = header_length(lines)
    body, joined = without_furniture(lines[header:])
    if body and CUT_AUTHORS.fullmatch(body[-1].folded):  # the file was cut off here
        body.pop()
    marks = [mark_of(line) for line in body]
    is_detailed = any(_is_details(marks, index) for index in range(len(marks)))
    return Page(
        date=max(
            [*stated_dates(lines[:header])[:1], *stated_dates(joined)],
            key=lambda day: (day.month, day.day),
            default=None,
        ),
        header=header,
        is_own=any(line.letters in OWN_LINES for line in lines[:header]),
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
    """Whether it is as ``acme-ai Acme AI Inc.``: as part of an address, then for people."""
    address, *name = map(letters_of, line.text.split())
    return bool(address) and len(line.text) <= LONG and address in accumulate(name)


def _is_sentence(line: Line) -> bool:
    return len(line.text) > SHORT or line.text.endswith(SENTENCE_ENDS)
