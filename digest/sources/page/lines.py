"""The lines of a papers page, and the content of lines of metadata."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from digest.sources.page import dates
from digest.sources.page.dates import PageDate
from digest.sources.page.syntax import (
    AFTER,
    CLOSED,
    CLOSING,
    END,
    HEADING,
    IMAGE,
    JOINT,
    LINE,
    LINK,
    NONCHARACTERS,
    SPLIT,
)

INVISIBLE = "\u200b\ufeff\x00"
WHITE = re.compile(r"\s+")
NOT_LETTER = re.compile(r"[\W_]+")
ARROWS = "‹›<>«»←→ "  # links to other days, beside the date of the page
DOT = re.compile(r"[·•∙⋅‧・]")
LONE_DOTS = set("·∙⋅‧•.")
AUTHORS = re.compile(
    r"(?:[-*+●▪–] *){0,9}(?:著者|作者)?(\d{1,6}|\d{1,3}(?:[,.]\d{3})+) ?"
    r"(?:authors?|autor(?:en|e[ns]|in)?|auteurs?|[位名]? ?作者|[人名]?の?著者|[人名])",
    re.IGNORECASE,
)
MARKS = re.compile(
    f"{LINK}([^{END}]*){END}|{LINE}[^{END}]*{END}|[{HEADING}{IMAGE}{JOINT}{CLOSED}{CLOSING}]"
)
STATED = re.compile(f"{LINE}(\\d+){END}")
FOLLOWING = re.compile(f"{AFTER}([^{END}]*){END}")
BULLETS = re.compile(r"(?:(?:[-*+•]|\d{1,3}\.)\s*)*")
LONG = 200  # the most characters of a line of a header or of metadata


@dataclass(frozen=True)
class Line:
    """A line of the page that is not blank. What is derived from it is computed once."""

    number: int
    text: str
    follows_blank: bool
    is_heading: bool = False
    is_linked: bool = False  # whether the text of a link begins in it
    is_address_below: bool = False
    is_closed: bool = False  # whether its paragraph ends with it
    paper: str = ""  # the arXiv id of the paper to whose page a link leads
    code: str = ""  # the URL of the repository to which a link leads
    is_title: bool = False  # certainly
    given: "Mark | None" = None  # what is known to be metadata

    @cached_property
    def folded(self) -> str:
        """The text with single spaces; "" if it is too long for anything but prose."""
        return WHITE.sub(" ", self.text) if len(self.text) <= LONG else ""

    @cached_property
    def letters(self) -> str:
        """The text in lower case without spaces and punctuation; "" if it is too long."""
        return letters_of(self.folded)

    @cached_property
    def mark(self) -> "Mark | None":
        """What it says as metadata; None if it is text. A date alone is metadata too."""
        if self.given or self.is_title or not self.folded:
            return self.given
        return _mark_of(self.folded.strip(ARROWS))


@dataclass(frozen=True, slots=True)
class Mark:
    """The content of a line of metadata."""

    author_count: int | None
    shown: PageDate | None
    has_dot: bool
    is_named: bool = False  # whether an organisation stands before it
    is_unread: bool = False  # whether it has no date that can be read, but another text
    begins_card: bool = False
    upvotes: int | None = None
    comments: int | None = None
    authors: tuple[str, ...] = ()
    code: str = ""


def lines_of(marked: str) -> list[Line]:
    """The lines that are not blank, of a text with the marks of ``syntax``."""
    lines: list[Line] = []
    follows_blank = True
    linked = ""  # the paper to which a link leads whose text is below
    for number, raw in _numbered(marked):
        if NONCHARACTERS.search(raw):
            if (read := _marked(number, raw, follows_blank)).text:
                lines.append(replace(read, paper=read.paper or linked))
            elif read.is_address_below and lines and not lines[-1].is_address_below:
                lines[-1] = replace(
                    lines[-1], is_address_below=True, paper=read.paper, code=read.code
                )
            is_above_text = not (read.text or read.is_address_below or IMAGE in raw)
            linked = read.paper if is_above_text else ""
            follows_blank = (follows_blank and not read.text) or CLOSED in raw
            continue
        stripped = raw.strip().strip(INVISIBLE).strip()
        if stripped:
            lines.append(Line(number, stripped, follows_blank, paper=linked))
            linked = ""
        follows_blank = not stripped
    return lines


def _numbered(marked: str) -> Iterator[tuple[int, str]]:
    """The lines, each with the number of the line of the file in which it begins."""
    number = 0
    for row in marked.split("\n"):
        number += 1
        if stated := STATED.search(row):
            number = int(stated[1])
        for line in row.split(SPLIT):
            yield number, line
        number += row.count(JOINT)


def _marked(number: int, raw: str, follows_blank: bool) -> Line:
    """Read a line with marks. Its text is empty if nothing is left of it but the target of another
    line."""
    links, following = MARKS.findall(raw), FOLLOWING.findall(raw)
    text = MARKS.sub(lambda match: " " if match[0][0] == LINK else "", FOLLOWING.sub("", raw))
    text = text.strip().strip(INVISIBLE).strip()
    if IMAGE in raw and BULLETS.fullmatch(text):
        text = ""
    targets = [*links, *following] if text else [*following, *links]
    code = next((each for each in targets if "://" in each), "")
    paper = next((each for each in targets if each and "://" not in each), "")
    if not text:
        is_below = bool(following)
        return Line(number, "", follows_blank, is_address_below=is_below, paper=paper, code=code)
    return Line(
        number,
        text,
        follows_blank,
        is_heading=HEADING in raw,
        is_linked=LINK in raw,
        is_address_below=bool(following),
        is_closed=CLOSED in raw,
        paper=paper,
        code=code,
    )


def letters_of(text: str) -> str:
    """``text`` in lower case without spaces and punctuation."""
    return NOT_LETTER.sub("", text).casefold()


def _mark_of(text: str) -> Mark | None:
    if text in LONE_DOTS:
        return Mark(None, None, has_dot=True)
    pieces = [piece.strip() for piece in DOT.split(text)]
    author_count, shown, others = None, None, 0
    for piece in filter(None, pieces):
        if match := AUTHORS.fullmatch(piece):
            author_count = int(match[1].replace(",", "").replace(".", ""))
        elif day := dates.parse(piece, may_be_glued=len(pieces) > 1):
            shown = day
        else:
            others += 1
    has_dot = len(pieces) > 1
    if author_count is None and shown is None:
        return None
    if others and not (has_dot and others == 1):  # an organisation, or a date that cannot be read
        return None
    is_unread = bool(others) and shown is None
    return Mark(author_count, shown, has_dot, is_named=bool(others), is_unread=is_unread)
