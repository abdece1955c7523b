"""The parts of a message as ready bytes, made of templates that were divided at their holes.

What is the same for all readers of a paper is rendered once for the paper. What reasons say of it
is made once for all who are told the same; numbers are kept for each of their values. The frame is
rendered once for all messages that answer its tests alike. A message is then the joined bytes of
these, and of a few values of its own.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from operator import itemgetter
from typing import Any, NamedTuple

from markupsafe import Markup

from digest.model import Paper, Pick
from digest.render import telling
from digest.render.email import mime, view
from digest.render.email.holes import SETTINGS, Hole, Loop, Piece, divide
from digest.render.email.kept import (
    JOINT,
    Get,
    Item,
    Kept,
    Layout,
    Line,
    Look,
    Make,
    Maker,
    Row,
    Said,
    Store,
    encoded_line,
    ends_in_why,
    holes_in,
    html_run,
    layout,
    line_head,
    line_tail,
    lines,
    merged,
    runs,
    text_line,
)
from digest.render.email.parts import TEXT, of_paper
from digest.render.email.styling import Styled
from digest.render.excerpt import marked
from digest.render.site import Site
from digest.render.templates import CARD, HTML, Templates

_PAPERS = 5_000  # so many papers are kept
_SAID = 30_000  # so many reasons of papers are kept: with more, hardly any comes again
_CHIPS = 20_000  # so many interests are kept with their counts
_BYTES = 100_000_000  # about so many bytes are kept of what has holes
_OF_MANY = frozenset(("subject", "period", "headline", "empty", "more", "coverage", "help"))
"""The values of the frame that many messages have in common."""
_FRAME = view.EmailView._fields
_AT = {name: at for at, name in enumerate(_FRAME)}
_OWN = ("number", "percent", "late", "why", "gist")
"""What is the reader's own of a paper; instead of the gist, the terms to be marked in it."""
_OF_REASONS = {"why", "gist"}  # what of it depends on reasons alone
_CHIP = ("interest", "count")
_EMPTY = b"\r\n"
_SOME = Markup(".")
_mark = marked.__wrapped__  # what is made of it is kept here


class Shown(NamedTuple):
    """A paper of one message."""

    title: str
    gist: str
    because: view.Words
    rows: Sequence[Row]  # the bytes of each loop over papers


class _Because(NamedTuple):
    """Why a paper was picked, for all who are told the same."""

    words: view.Words
    layout: Layout
    parts: Sequence[bytes]


_Told = tuple[tuple[telling.Told, ...], bool, int]
"""What is told, whether the paper is late, and how many digits the match has."""


@dataclass(slots=True, eq=False)
class _Known:
    """A paper that is kept."""

    paper: Paper
    view: view.PaperView
    card: Markup
    card_encoded: bytes
    layouts: dict[tuple[bool, bool], Layout]
    because: dict[_Told, _Because]


class _Repeat(NamedTuple):
    """A loop of the frame."""

    over_papers: bool
    row: int


_Op = Item | _Repeat | Make


class _Plan(NamedTuple):
    """Both parts of the messages that answer the tests of the frame alike."""

    html: Sequence[object]  # of `_Op`
    text: Sequence[object]
    # Empty lines at the end of the text are left out: so many of the last ones may be empty, and
    # before them may be a loop.
    last: int
    ends_in_loop: bool


class ReadyParts:
    """Makes the parts of messages.

    Raises:
        General: a template has to be rendered for each message.
        TemplateError: the syntax of a template is wrong.
    """

    def __init__(self, templates: Templates, site: Site, styled: Mapping[str, Styled]) -> None:
        self._card = templates.compile(CARD, *styled[CARD]) if CARD in styled else None
        self._html = divide(templates, HTML, templates.tree(HTML, *styled[HTML]))
        self._text = divide(templates, TEXT, templates.tree(TEXT))
        settings = (site.name, site.brand.footer, site.brand.postal_address)
        self._settings = dict(zip(SETTINGS, settings, strict=True))
        self._tested = sorted(self._html.tested | self._text.tested)
        self._answers = itemgetter(0, 0, *(_AT[name] for name in self._tested))
        self._plans: dict[tuple[bool, ...], _Plan] = {}
        self._papers: dict[int, _Known] = {}
        self._said = 0  # of what reasons say of papers
        self._store = Store(_BYTES)
        self._show_chip = lru_cache(maxsize=_CHIPS)(self._make_chip)
        self._chip = layout(self._blocks("chips", dict.fromkeys(_CHIP, "."), _CHIP, _of(_CHIP)))

    def pick(self, number: int, pick: Pick) -> Shown:
        """Put one paper of a digest into words.

        Raises:
            TemplateError: a template fails on it.
        """
        paper = pick.paper
        known = self._papers.get(paper.key)
        if known is None or (known.paper is not paper and known.paper != paper):
            known = self._learn(paper)
        known.paper = paper  # is found faster the next time
        late, percent = view.late(known.view, pick), view.match(pick.score)
        told = telling.told(pick.reasons), late != "", len(percent)
        because = known.because.get(told) or self._say(known, told)
        words = because.words
        own = str(number), percent, late, words.why, words.terms
        rows = self._store.rows(because.layout, because.parts, own)
        return Shown(known.view.title, known.view.gist, words, rows)

    def _say(self, known: _Known, told: _Told) -> _Because:
        """Put reasons for a paper into words."""
        reasons, is_late, digits = told
        words = view.words(reasons)
        variant = is_late, words.why != ""
        laid_out = known.layouts.get(variant) or self._lay_out(known, variant)
        own = "", "0" * digits, "", words.why, words.terms
        because = _Because(words, laid_out, self._store.said(laid_out, own))
        if self._said < _SAID:
            self._said += 1
            known.because[told] = because
        return because

    def render(self, letter: view.EmailView) -> tuple[list[bytes], list[bytes]]:
        """Return HTML and text of a message, in quoted-printable, in pieces that are to be joined.

        Raises:
            TemplateError: a template fails on it.
        """
        answers = tuple(map(bool, self._answers(letter)[2:]))
        plan = self._plans.get(answers) or self._plan(answers)
        chips = [self._show_chip(each["interest"], each["count"]) for each in letter.chips]
        html, text = self._filled(plan.html, letter, chips), self._filled(plan.text, letter, chips)
        for _ in range(plan.last):
            if text[-1] != _EMPTY:
                break
            text.pop()
        else:
            if plan.ends_in_loop:
                text = [b"".join(text).rstrip(_EMPTY), _EMPTY]
        return html, text

    def _filled(
        self, ops: Iterable[Any], letter: view.EmailView, chips: Sequence[Sequence[Row]]
    ) -> list[bytes]:
        parts: list[bytes] = []
        for op in ops:
            kind = type(op)
            if kind is bytes:
                parts.append(op)
            elif kind is Kept:
                key = op.key(letter)
                parts.append(op.made.get(key) or self._store.fill(op, key, letter))
            elif kind is not _Repeat:
                parts.append(op(letter))
            elif op.over_papers:
                for shown in letter.papers:
                    parts += shown.rows[op.row]
            else:
                for rows in chips:
                    parts += rows[op.row]
        return parts

    # --- what is made once ---------------------------------------------------------------

    def _make_chip(self, interest: str, count: str) -> Sequence[Row]:
        return self._store.rows(self._chip, self._chip.constant, (interest, count))

    def _learn(self, paper: Paper) -> _Known:
        """Put a paper into words, whoever reads it."""
        if len(self._papers) >= _PAPERS:
            self._papers.clear()
            self._plans.clear()
            self._store.clear()
            self._said = 0
        seen = view.view_paper(paper)
        values = {"brand": self._settings["brand"], "paper": seen}
        pieces = self._card.pieces(values, str) if self._card else []
        card = Markup("".join(pieces))  # noqa: S704  the template has escaped what it prints
        encoded = mime.join(map(mime.quoted, pieces))
        known = self._papers[paper.key] = _Known(paper, seen, card, encoded, {}, {})
        return known

    def _lay_out(self, known: _Known, variant: tuple[bool, bool]) -> Layout:
        """Render the loops over papers for one paper that has something to say of its being late,
        and of why it was picked, or not."""
        late, why = ("." if is_said else "" for is_said in variant)
        seen = known.view
        own = "1", "1", late, why, known.card, known.card_encoded, Markup("reason")
        because = view.ReasonView(_SOME if seen.gist else Markup(), why, ())
        shown = view.PickView(*own, seen, because, *of_paper(seen))

        def look(name: str) -> Get:
            at = _OWN.index(name)
            return (lambda own: _mark(seen.gist, own[at])) if name == "gist" else itemgetter(at)

        made = layout(self._blocks("papers", shown, _OWN, look, known))
        known.layouts[variant] = made
        return made

    def _blocks(
        self,
        over: str,
        item: object,
        names: Sequence[str],
        look: Look,
        known: _Known | None = None,
    ) -> Iterator[list[Item]]:
        """Yield the block of each loop over papers or interests, rendered for one."""

        def filled(maker: Maker, pieces: Sequence[object]) -> Item:
            """Papers share what has the same holes, but for the gist. Interests are kept whole."""
            holes = {hole.name for hole in holes_in(pieces)}
            if known is None or "why" in holes:
                found: Make | Kept = maker(pieces, look)
            else:
                of = known.view.gist if "gist" in holes else ""
                found = self._store.keep(maker, pieces, names, look, of=of)
            return Said((found,)) if holes <= _OF_REASONS else found

        for block in self._html.loops[over]:
            pieces = block.render({**self._settings, block.target: item}, is_html=True)
            found = runs([_encoded(piece, known) for piece in pieces])
            yield merged(
                each if isinstance(each, bytes) else filled(html_run, each) for each in found
            )
        for block in self._text.loops[over]:
            pieces = block.render({**self._settings, block.target: item}, is_html=False)
            items: list[Item] = []
            for line in lines(pieces)[:-1]:  # the last one is empty
                if not holes_in(line):
                    items.append(encoded_line("".join(map(str, line))))
                elif ends_in_why(line):
                    items += [filled(line_head, line[:2]), Said((line_tail(line, look),))]
                else:
                    items.append(filled(text_line, line))
            yield merged(items)

    def _plan(self, answers: tuple[bool, ...]) -> _Plan:
        """Render the frame for the messages that answer its tests in this way."""
        values: dict[str, object] = dict.fromkeys(_FRAME, "")
        for name, answer in zip(self._tested, answers, strict=True):
            values[name] = answer if name == "contents" else "." * answer
        values |= self._settings
        pieces = self._html.frame.render(values, is_html=True)
        html = merged(self._html_op(piece) for piece in pieces)
        if isinstance(html[-1], bytes):
            html[-1] = html[-1].removesuffix(JOINT)
        page = lines(self._text.frame.render(values, is_html=False))
        while page and not page[-1]:
            page.pop()
        certain = [at for at, line in enumerate(page, 1) if not all(map(_is_hole, line))]
        known = max(certain, default=0)
        text = [*merged(map(self._text_op, page[:known])), *map(self._text_op, page[known:])]
        ends_in_loop = not known or isinstance(page[known - 1][0], Loop)
        plan = self._plans[answers] = _Plan(html, text, len(page) - known, ends_in_loop)
        return plan

    def _html_op(self, piece: Piece) -> _Op:
        if isinstance(piece, Loop):
            return _Repeat(piece.over == "papers", piece.number)
        if isinstance(piece, Hole):
            return self._of_frame(html_run, [piece])
        return mime.quoted(str(piece)) + JOINT

    def _text_op(self, line: Line) -> _Op:
        if line and isinstance(line[0], Loop):
            loop = line[0]
            return _Repeat(loop.over == "papers", len(self._html.loops[loop.over]) + loop.number)
        if holes_in(line):
            return self._of_frame(text_line, line)
        return encoded_line("".join(map(str, line)))

    def _of_frame(self, maker: Maker, pieces: Line) -> Kept | Make:
        """Return bytes with holes for values of the frame; kept if many messages have the same."""
        look = _of(_FRAME)
        if not all(hole.name in _OF_MANY for hole in holes_in(pieces)):
            return maker(pieces, look)
        return self._store.keep(maker, pieces, _FRAME, look)


def _is_hole(piece: Piece) -> bool:
    return isinstance(piece, Hole)


def _of(names: Sequence[str]) -> Look:
    """Return what gets values that have these names."""
    return lambda name: itemgetter(names.index(name))


def _encoded(piece: Piece, known: _Known | None) -> bytes | Hole:
    if isinstance(piece, Hole):
        return piece
    if known and piece is known.card:
        return known.card_encoded + JOINT
    return mime.quoted(str(piece)) + JOINT
