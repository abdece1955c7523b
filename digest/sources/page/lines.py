"""The lines of a papers page, and the content of lines of metadata."""

import re
from dataclasses import dataclass, replace
from functools import cached_property

from digest.sources.page import dates
from digest.sources.page.dates import PageDate
from digest.sources.page.syntax import (
    AFTER,
    CLOSED,
    END,
    HEADING,
    IMAGE,
    JOINT,
    LINE,
    LINK,
    NONCHARACTERS,
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
MARKS = re.compile(f"{LINK}([^{END}]*){END}|{LINE}[^{END}]*{END}|[{HEADING}{IMAGE}{JOINT}{CLOSED}]")
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
    paper: str = ""  # the arXiv id of the paper to whose page a link leads
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
    begins_card: bool = False
    upvotes: int | None = None
    comments: int | None = None


def lines_of(marked: str) -> list[Line]:
    """The lines that are not blank, of a text with the marks of ``syntax``."""
    lines: list[Line] = []
    follows_blank = True
    linked = ""  # the paper to which a link leads whose text is below
    number = 0
    for raw in marked.split("\n"):
        number += 1
        if stated := STATED.search(raw):
            number = int(stated[1])
        if NONCHARACTERS.search(raw):
            if (read := _marked(number, raw, follows_blank)).text:
                lines.append(replace(read, paper=read.paper or linked))
            elif read.is_address_below and lines and not lines[-1].is_address_below:
                lines[-1] = replace(lines[-1], is_address_below=True, paper=read.paper)
            is_above_text = not (read.text or read.is_address_below or IMAGE in raw)
            linked = read.paper if is_above_text else ""
            follows_blank = (follows_blank and not read.text) or CLOSED in raw
            number += raw.count(JOINT)
            continue
        stripped = raw.strip().strip(INVISIBLE).strip()
        if stripped:
            lines.append(Line(number, stripped, follows_blank, paper=linked))
            linked = ""
        follows_blank = not stripped
    return lines


def _marked(number: int, raw: str, follows_blank: bool) -> Line:
    """Read a line with marks. Its text is empty if nothing is left of it but the target of another
    line."""
    links, following = MARKS.findall(raw), FOLLOWING.findall(raw)
    text = MARKS.sub(lambda match: " " if match[0][0] == LINK else "", FOLLOWING.sub("", raw))
    text = text.strip().strip(INVISIBLE).strip()
    if IMAGE in raw and BULLETS.fullmatch(text):
        text = ""
    if not text:
        found = next(filter(None, (*following, *links)), "")
        return Line(number, "", False, is_address_below=bool(following), paper=found)
    paper = next(filter(None, (*links, *following)), "")
    return Line(number, text, follows_blank, HEADING in raw, LINK in raw, bool(following), paper)


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
    if others and not (has_dot and shown and others == 1):  # an organisation may stand before
        return None
    return Mark(author_count, shown, has_dot, is_named=others == 1)
