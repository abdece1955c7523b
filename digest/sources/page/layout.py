"""Splits a papers page into its header (furniture, or lines of the page itself, and its date) and
the entries between blocks of metadata, which only the detailed layout has: a number of authors or
an organisation, a dot, a date and a number of comments. Any of these can be missing."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import accumulate, pairwise

from digest.sources.page.boilerplate import (
    header_length,
    is_own,
    stated_dates,
    without_furniture,
)
from digest.sources.page.cards import with_cards
from digest.sources.page.dates import PageDate
from digest.sources.page.labels import with_labels
from digest.sources.page.lines import LONG, Line, Mark, letters_of, lines_of
from digest.sources.page.titles import LABEL, LINK, Paragraph

CUT_AUTHORS = re.compile(r"•(?: ?\d{1,6}(?: a[utho]{0,4})?)?")
LIST_MARK = re.compile(r"(?:[-*•–]|\(?\d{1,2}[.)])\s")
SENTENCE_ENDS = (".", "!", "?", "。")
NUMBER_OF_AUTHORS = re.compile(r"\b\d{1,4} authors\b")
SHORT = 100  # the longest organisation
NARROWEST, WIDEST, SLACK = 40, 250, 12  # characters of a line of a page that wraps paragraphs
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
    is_card: bool = False  # whether a submitter or upvotes stand above it
    upvotes: int | None = None
    comments: int | None = None
    authors: tuple[str, ...] = ()
    code: str = ""

    @property
    def is_titled(self) -> bool:
        """Whether the first line is certainly its title."""
        return bool(self.lines) and self.lines[0].is_title

    @property
    def paper(self) -> str | None:
        """The arXiv id to whose page its title or text is a link."""
        return next((line.paper for line in self.lines if line.paper), None)


@dataclass(frozen=True, slots=True)
class Page:
    """A text, split as if it were a papers page."""

    date: PageDate | None
    header: int  # the number of lines of the header
    is_own: bool  # whether one of them occurs only on this page
    is_detailed: bool
    width: int  # of the lines over which paragraphs run; 0: each line is a paragraph
    papers_seen: int  # how many papers there seem to be
    first_line: int  # the line below the header
    entries: tuple[PageEntry, ...]


def layout(text: str) -> Page:
    """Split a text with the marks of ``syntax``: every line that is not blank is furniture,
    metadata, or part of an entry."""
    lines = list(with_labels(with_cards(lines_of(text))))
    header = header_length(lines)
    body, joined = without_furniture(lines[header:])
    if body and CUT_AUTHORS.fullmatch(body[-1].folded):  # the file ends in the middle of metadata
        body.pop()
    marks = [line.mark for line in body]
    is_detailed = any(_is_details(marks, index) for index in range(len(marks)))
    days = [*stated_dates(lines[:header])[:1], *stated_dates(joined)]
    day = max(days, key=lambda day: (day.month, day.day), default=None)
    is_ours = any(map(is_own, lines[:header]))
    width = _width(body, marks)
    titles = sum(line.is_title for line in body)
    cards = sum(bool(mark and mark.begins_card) for mark in marks)
    is_split = is_detailed or titles or cards
    are_todays = bool(titles or cards or any(mark and mark.upvotes is not None for mark in marks))
    split = _entries(body, marks, width, are_todays=are_todays)
    entries = tuple(split) if is_split else (PageEntry(body),)
    if titles or cards:
        entries = tuple(entry for entry in entries if not _is_leftover(entry))
    details = sum(bool(entry.details_line) for entry in entries)
    linked = len({line.paper for line in body} - {""})
    counted = sum(bool(NUMBER_OF_AUTHORS.search(line.text[:SHORT])) for line in body)
    seen = max(
        details, titles, linked, counted, sum(entry.upvotes is not None for entry in entries)
    )
    first_line = body[0].number if body else 0
    return Page(day, header, is_ours, is_detailed, width, seen, first_line, entries)


def paragraphs(lines: Sequence[Line], *, width: int) -> list[Paragraph]:
    """Join lines to paragraphs: those which end where the next word no longer fits."""
    groups: list[list[Line]] = []
    for line in lines:
        group = groups[-1] if groups else []
        is_linked_title = bool(group) and group[0].is_title and group[0].is_linked
        is_broken = bool(group and width) and _is_broken(group[-1], line, width)
        is_apart = line.follows_blank or bool(group and group[-1].is_closed)
        if not is_apart and (is_linked_title or is_broken):
            group.append(line)
        else:
            groups.append([line])
    return [Paragraph(group[0].number, " ".join(line.text for line in group)) for group in groups]


def _is_broken(line: Line, after: Line, width: int) -> bool:
    word = after.text.split(maxsplit=1)[0]
    is_full = len(line.text) + 1 + len(word) > width - SLACK
    return not LIST_MARK.match(after.text) and (is_full or line.is_linked)


def _width(lines: Sequence[Line], marks: Sequence[Mark | None]) -> int:
    """The width of the lines of a page that wraps paragraphs; 0 if it does not."""
    broken = [
        (line, after)
        for index, (line, after) in enumerate(pairwise(lines))
        if not (after.follows_blank or marks[index] or marks[index + 1] or after.is_title)
        and (len(line.text) >= NARROWEST or line.is_linked)
    ]
    touching = (line for pair in broken for line in pair if not line.is_linked)
    lengths = sorted(len(line.text) for line in touching)
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    full = sum(_is_broken(line, after, width) for line, after in broken)
    return width if NARROWEST <= width <= WIDEST and 2 * full > len(broken) else 0


def _is_leftover(entry: PageEntry) -> bool:
    """Whether it is short text between cards: links and headings of the page itself."""
    is_paper = entry.is_card or entry.is_titled or entry.details_line
    return not is_paper and all(len(line.text) <= LONG for line in entry.lines)


def _entries(
    lines: Sequence[Line], marks: Sequence[Mark | None], width: int, *, are_todays: bool
) -> Iterator[PageEntry]:
    """Split the page. ``are_todays``: the papers look as on today's page, where an organisation may
    stand in the place of the number of authors."""
    entry = PageEntry()
    for index, (line, mark) in enumerate(zip(lines, marks, strict=True)):
        if mark and not _is_stray_dot(marks, index):
            if _begins_another(entry, mark):
                yield entry
                entry = PageEntry()
            _add(entry, mark, line, width, are_todays=are_todays)
        elif entry.shown and _is_comment_count(line, entry.shown):
            entry.comments = int(line.text)
        elif _is_unread_date(lines, marks, index):
            entry.unread = line
        elif line.is_title or not (entry.details_line and entry.is_titled):
            _drop_leftovers(entry, line)
            if entry.details_line or (entry.lines and line.is_title):
                yield entry
                entry = PageEntry()
            entry.lines.append(line)
        elif len(entry.lines) == 1 and len(line.text) > LONG:  # an abstract below the metadata
            entry.lines.append(line)
    if entry.lines or entry.details_line:
        yield entry


def _drop_leftovers(entry: PageEntry, line: Line) -> None:
    """Drop short lines between the beginning of a card and its title."""
    if line.is_title and not (entry.is_titled or entry.details_line):
        entry.lines = [each for each in entry.lines if len(each.text) > LONG]


def _add(entry: PageEntry, mark: Mark, line: Line, width: int, *, are_todays: bool) -> None:
    """Add metadata to an entry."""
    if not (line.given or entry.details_line):
        entry.lines = _without_organisation(entry.lines, mark, line, width, are_todays=are_todays)
    entry.is_card = entry.is_card or mark.begins_card
    entry.upvotes = entry.upvotes if mark.upvotes is None else mark.upvotes
    entry.comments = entry.comments if mark.comments is None else mark.comments
    entry.authors = entry.authors or mark.authors
    entry.code = entry.code or mark.code
    if line.given:
        entry.shown = entry.shown or mark.shown
        return
    entry.details_line = entry.details_line or line.number
    entry.unread = line if mark.is_unread else entry.unread
    if mark.author_count is not None:
        entry.author_count = mark.author_count
    entry.shown = mark.shown or entry.shown
    if mark.shown and mark.shown.comments is not None:
        entry.comments = mark.shown.comments


def _without_name(lines: list[Line], width: int) -> list[Line]:
    """Remove the organisation that today's page has in the place of the number of authors."""
    if len(lines) < 2:
        return lines
    last = lines[-1]
    is_text = LABEL.match(last.text) or LINK.search(last.text) or len(last.text) > SHORT
    most_words = 0 if width and not last.follows_blank else FEW_WORDS
    is_end = last.text.endswith(SENTENCE_ENDS) and len(last.text.split()) > most_words
    return lines if is_text or is_end else lines[:-1]


def _is_comment_count(line: Line, shown: PageDate) -> bool:
    """Whether it is a number on a line of its own directly below the date."""
    is_number = line.text.isascii() and line.text.isdigit() and len(line.text) <= 6
    is_counted = shown.comments is not None
    return is_number and not is_counted and not line.follows_blank


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
    if mark is None or not mark.has_dot or mark.author_count is not None or mark.shown:
        return False
    before = marks[index - 1] if index else None
    after = marks[index + 1] if index + 1 < len(marks) else None
    return not ((before and before.author_count is not None) or (after and after.shown))


def _begins_another(entry: PageEntry, mark: Mark) -> bool:
    if mark.begins_card or not entry.details_line:
        return bool(mark.begins_card and (entry.lines or entry.details_line))
    is_counted = entry.author_count is not None or bool(entry.shown)
    return bool((mark.author_count is not None and is_counted) or (mark.shown and entry.shown))


def _without_organisation(
    lines: list[Line], mark: Mark, line: Line, width: int, *, are_todays: bool
) -> list[Line]:
    """Remove the organisation above ``line``, at which the metadata begin."""
    if are_todays and mark.author_count is None and not mark.is_named:
        return _without_name(lines, width)
    is_lone_dot = mark.author_count is None and mark.shown is None
    return _without_names(lines, touches_dot=is_lone_dot and not line.follows_blank)


def _without_names(lines: list[Line], *, touches_dot: bool) -> list[Line]:
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
