"""The lines of a papers page, and the content of lines of metadata."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from digest.sources.page import dates
from digest.sources.page.dates import PageDate

INVISIBLE = "\u200b\ufeff\x00"
WHITE = re.compile(r"\s+")
NOT_LETTER = re.compile(r"[\W_]+")
DOT = re.compile(r"[·•∙⋅‧・]")
LONE_DOTS = set("·∙⋅‧•.")
AUTHORS = re.compile(r"(?:[-*●▪–] ?)?(\d{1,6}|\d{1,3}(?:,\d{3})+) authors?", re.IGNORECASE)
LONG = 200  # the most characters of a line of a header or of metadata


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the page that is not blank."""

    number: int
    text: str
    follows_blank: bool

    @property
    def folded(self) -> str:
        """The text with single spaces; "" if it is too long for anything but prose."""
        return WHITE.sub(" ", self.text) if len(self.text) <= LONG else ""

    @property
    def letters(self) -> str:
        """The text in lower case without spaces and punctuation; "" if it is too long."""
        return letters_of(self.folded)


@dataclass(frozen=True, slots=True)
class Mark:
    """The content of a line of metadata."""

    author_count: int | None
    shown: PageDate | None
    has_dot: bool


def lines_of(text: str) -> Iterator[Line]:
    """Yield the lines that are not blank."""
    follows_blank = True
    for number, raw in enumerate(text.split("\n"), start=1):
        stripped = raw.strip().strip(INVISIBLE).strip()
        if stripped:
            yield Line(number, stripped, follows_blank)
        follows_blank = not stripped


def letters_of(text: str) -> str:
    """``text`` in lower case without spaces and punctuation."""
    return NOT_LETTER.sub("", text).casefold()


def mark_of(line: Line) -> Mark | None:
    """Read a line as metadata; None if it is text. A date alone is metadata too."""
    if len(line.text) > LONG:
        return None
    if line.folded in LONE_DOTS:
        return Mark(None, None, has_dot=True)
    pieces = [piece.strip() for piece in DOT.split(line.folded)]
    author_count, shown, others = None, None, 0
    for piece in filter(None, pieces):
        if match := AUTHORS.fullmatch(piece):
            author_count = int(match[1].replace(",", ""))
        elif day := dates.parse(piece):
            shown = day
        else:
            others += 1
    has_dot = len(pieces) > 1
    if author_count is None and shown is None:
        return None
    if others and not (has_dot and shown and others == 1):  # an organisation may stand before
        return None
    return Mark(author_count, shown, has_dot)
