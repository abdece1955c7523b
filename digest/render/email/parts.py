"""The two parts of a message, HTML and text, made of the operator's templates. What many messages
share is made once: cards and reasons as blocks, and every piece of HTML in quoted-printable, which
costs more than all else. The pieces of a message are joined."""

import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from operator import attrgetter
from typing import Any

from markupsafe import Markup

from digest.model import Paper, Pick
from digest.render import telling
from digest.render.email import mime, view
from digest.render.email.styling import Styled, inlined
from digest.render.templates import CARD, HTML, REASON, Templates

TEXT = "email.txt.j2"
WIDTH = 72  # of a line of plain text
_MARGIN = re.compile(r"\s*(?:\d+\.\s+|[-*•]\s+)?")
_KEPT = 20_000  # pieces of HTML that are kept encoded
# A pick has these from its paper: title, short_title, url, facts, facts_text, gist, links.
of_paper: Callable[[view.PaperView], tuple[Any, ...]] = attrgetter(*view.PickView._fields[9:])


class Parts:
    """Makes the parts of messages.

    ``styled`` are the templates with their style in their source; without them, each message is
    styled whole.

    Raises:
        TemplateError: a template is missing, or its syntax is wrong.
    """

    def __init__(
        self, templates: Templates, brand: str, styled: Mapping[str, Styled] | None
    ) -> None:
        self._styled = styled is not None
        whole: Mapping[str, tuple[Any, ...]] = {HTML: (), CARD: (), REASON: ()}
        sources = whole if styled is None else styled
        self._html = {name: templates.compile(name, *of) for name, of in sources.items()}
        self._text = templates.compile(TEXT)
        self._brand = brand
        self._encoded = _Encoded()
        self._card_of = lru_cache(maxsize=2_000)(self._make_card)
        self._reason_of = lru_cache(maxsize=10_000)(self._make_reason)

    def pick(self, number: int, pick: Pick) -> view.PickView:
        """Put one paper of a digest into words.

        Raises:
            TemplateError: the template of the card or the reason fails on it.
        """
        paper, card, encoded = self._card_of(pick.paper)
        because, reason = self._reason_of(paper, telling.told(pick.reasons))
        own = str(number), view.match(pick.score), view.late(paper, pick), because.why
        return view.PickView(*own, card, encoded, reason, paper, because, *of_paper(paper))

    def _make_card(self, paper: Paper) -> tuple[view.PaperView, Markup, bytes]:
        seen = view.view_paper(paper)
        pieces = self._block(CARD, paper=seen)
        return seen, _ready(pieces), mime.join(map(mime.quoted, pieces))

    def _make_reason(
        self, paper: view.PaperView, told: tuple[telling.Told, ...]
    ) -> tuple[view.ReasonView, Markup]:
        seen = view.view_reason(paper, told)
        if self._styled:  # the frame has it in itself, and may only ask whether there is one
            return seen, Markup("reason")
        return seen, _ready(self._block(REASON, paper=paper, reason=seen))

    def _block(self, name: str, **values: object) -> list[str]:
        if name not in self._html:
            return []
        return self._html[name].pieces({"brand": self._brand, **values}, str)

    def render(self, letter: view.EmailView) -> tuple[list[bytes], list[bytes]]:
        """Return HTML and text of a message, in quoted-printable, in pieces that are to be joined.

        Raises:
            TemplateError: a template fails on it.
        """
        return [self._frame(letter)], [self._plain(letter)]

    def _frame(self, letter: view.EmailView) -> bytes:
        frame, values = self._html[HTML], letter._asdict()
        if not self._styled:
            return mime.quoted(inlined(frame.render(values)))
        encoded = self._encoded
        if len(encoded) > _KEPT:
            encoded.clear()
        for pick in letter.papers:
            encoded[pick.card] = pick.card_encoded
        return mime.join(frame.pieces(values, encoded.__getitem__))

    def _plain(self, letter: view.EmailView) -> bytes:
        page = self._text.render(letter._asdict())
        return b"".join([_line(line) for line in page.rstrip("\n").split("\n")])


def _ready(pieces: list[str]) -> Markup:
    return Markup("".join(pieces))  # noqa: S704  templates have escaped what they print


class _Encoded(dict[str, bytes]):
    """Pieces of HTML in quoted-printable; made when they are asked for, and kept."""

    def __missing__(self, piece: str) -> bytes:
        self[piece] = made = mime.quoted(str(piece))  # the methods of a Markup escape arguments
        return made


@lru_cache(maxsize=20_000)
def _line(line: str) -> bytes:
    return mime.quoted("".join(f"{part}\n" for part in wrapped(line)))


def wrapped(line: str, width: int = WIDTH) -> list[str]:
    """A line as several of at most ``width`` characters, each further one indented like the text of
    the first; a longer word, such as an address, stays whole."""
    if len(line) <= width:
        return [line.rstrip()]
    margin = _MARGIN.match(line)
    start = margin[0] if margin else ""
    indent = " " * len(start)
    text = line[len(start) :]
    if "  " in text or text.endswith(" ") or not text.isprintable():
        text = " ".join(text.split())
    if not text:
        return [""]
    lines, at, room = [], 0, width - len(start)
    while len(text) - at > room:
        end = text.rfind(" ", at, at + room + 1)
        end = text.find(" ", at + room) if end < 0 else end
        if end < 0:
            break
        lines.append(start + text[at:end])
        at, start = end + 1, indent
    return [*lines, start + text[at:]]
