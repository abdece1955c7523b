"""The parts of a message as ready bytes, made of templates that were divided at their holes.

What is the same for all readers of a paper is rendered once for the paper. What reasons add to it,
and numbers, are kept for each of their values. The frame is rendered once for all messages that
answer its tests alike. A message is then the joined bytes of these, and of a few values of its own.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, NamedTuple

from markupsafe import Markup

from digest.model import Paper, Pick
from digest.render import wording
from digest.render.email import mime, view
from digest.render.email.holes import SETTINGS, Hole, Loop, Piece, divide
from digest.render.email.kept import (
    JOINT,
    Kept,
    Line,
    Look,
    Values,
    encoded_line,
    holes_in,
    html_run,
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
_BYTES = 100_000_000  # about so many bytes are kept of what has holes
_ENTRY = 300  # about so many bytes an entry takes beside the bytes that it is for
_OF_MANY = frozenset(("subject", "period", "headline", "empty", "more", "coverage", "help"))
"""The values of the frame that many messages have in common."""
_OWN = ("number", "percent", "late", "why", "gist")
"""What is the reader's own of a paper; instead of the gist, the terms to be marked in it."""
_AT = {name: at for at, name in enumerate(view.EmailView._fields)}


_SOME = Markup(".")


class Shown(NamedTuple):
    """A paper of one message."""

    title: str
    gist: str
    because: view.Words
    rows: Sequence[tuple[bytes, ...]]  # the bytes of each loop over papers


@dataclass(slots=True)
class _Known:
    """A paper that is kept."""

    paper: Paper
    view: view.PaperView
    card: Markup
    card_encoded: bytes
    layouts: dict[tuple[bool, bool], "_Layout"]


class _Layout(NamedTuple):
    """The loops over papers, of one paper: constant bytes, bytes with holes, and which of them
    make up each loop."""

    constant: Sequence[bytes]
    kept: Sequence[tuple[Kept, Callable[[Values], Any], Mapping[Any, bytes]]]
    rows: Sequence[Callable[[Sequence[bytes]], tuple[bytes, ...]]]


class _Repeat(NamedTuple):
    """A loop of the frame."""

    over_papers: bool
    row: int


_Item = bytes | Kept
_Op = _Item | _Repeat | Callable[[Values], bytes]


class _Plan(NamedTuple):
    """Both parts of the messages that answer the tests of the frame alike."""

    html: Sequence[_Op]
    text: Sequence[_Op]
    is_open: bool  # whether the text may end in empty lines, which are left out


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
        self._words: dict[tuple[wording.Told, ...], view.Words] = {}
        self._chips: dict[tuple[str, str], Sequence[tuple[bytes, ...]]] = {}
        self._kept: dict[object, Kept] = {}  # by what they are made of: papers share some of them
        self._bytes = 0

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
        told = wording.told(pick.reasons)
        words = self._words.get(told)
        if words is None:
            words = self._words[told] = view.words(told)
            self._count(len(words.why))
        late = view.late(known.view, pick)
        own = str(number), view.match(pick.score), late, words.why, words.terms
        variant = late != "", words.why != ""
        layout = known.layouts.get(variant) or self._lay_out(known, variant)
        parts = [*layout.constant]
        for kept, key_of, made in layout.kept:
            key = key_of(own)
            parts.append(made.get(key) or self._fill(kept, key, own))
        rows = [row(parts) for row in layout.rows]
        return Shown(known.view.title, known.view.gist, words, rows)

    def render(self, letter: view.EmailView) -> tuple[bytes, bytes]:
        """Return HTML and text of a message, in quoted-printable.

        Raises:
            TemplateError: a template fails on it.
        """
        answers = tuple(map(bool, self._answers(letter)[2:]))
        plan = self._plans.get(answers) or self._plan(answers)
        chips = [self._chip(chip["interest"], chip["count"]) for chip in letter.chips]
        html = self._joined(plan.html, letter, chips)
        text = self._joined(plan.text, letter, chips)
        return html, text.rstrip(b"\r\n") + b"\r\n" if plan.is_open else text

    def _joined(
        self,
        ops: Sequence[_Op],
        letter: view.EmailView,
        chips: Sequence[Sequence[tuple[bytes, ...]]],
    ) -> bytes:
        parts: list[bytes] = []
        for op in ops:
            if isinstance(op, bytes):
                parts.append(op)
            elif isinstance(op, Kept):
                key = op.key(letter)
                parts.append(op.made.get(key) or self._fill(op, key, letter))
            elif not isinstance(op, _Repeat):
                parts.append(op(letter))
            elif op.over_papers:
                for shown in letter.papers:
                    parts += shown.rows[op.row]
            else:
                for rows in chips:
                    parts += rows[op.row]
        return b"".join(parts)

    # --- what is made once ---------------------------------------------------------------

    def _fill(self, kept: Kept, key: Any, values: Values) -> bytes:
        made = kept.made[key] = kept.make(values)
        self._count(len(made))
        return made

    def _count(self, size: int) -> None:
        self._bytes += size + _ENTRY
        if self._bytes > _BYTES:
            self._bytes = 0
            self._words.clear()
            self._chips.clear()
            for kept in self._kept.values():
                kept.made.clear()

    def _learn(self, paper: Paper) -> _Known:
        """Put a paper into words, whoever reads it."""
        if len(self._papers) >= _PAPERS:
            self._papers.clear()
            self._plans.clear()
            self._kept.clear()
        seen = view.view_paper(paper)
        brand = self._settings["brand"]
        pieces = self._card.pieces({"brand": brand, "paper": seen}, str) if self._card else []
        card = Markup("".join(pieces))  # noqa: S704  the template has escaped what it prints
        encoded = mime.join(map(mime.quoted, pieces))
        known = self._papers[paper.key] = _Known(paper, seen, card, encoded, {})
        return known

    def _lay_out(self, known: _Known, variant: tuple[bool, bool]) -> _Layout:
        """Render the loops over papers for one paper that has something to say of its being late,
        and of why it was picked, or not."""
        late, why = ("." if is_said else "" for is_said in variant)
        seen = known.view
        because = view.ReasonView(_SOME * bool(seen.gist), why, ())
        own = "1", "1", late, why, known.card, known.card_encoded, Markup("reason")
        shown = view.PickView(*own, seen, because, *of_paper(seen))
        rows: list[list[_Item]] = []
        for divided, is_html in ((self._html, True), (self._text, False)):
            for block in divided.loops["papers"]:
                pieces = block.render({**self._settings, block.target: shown}, is_html=is_html)
                make = self._html_items if is_html else self._text_items
                rows.append(make(pieces, known))
        constant = [b"", *(item for row in rows for item in row if isinstance(item, bytes))]
        kept = list(dict.fromkeys(item for row in rows for item in row if isinstance(item, Kept)))
        items: list[_Item] = [*constant, *kept]
        at = {item: number for number, item in enumerate(items)}
        # An itemgetter of one item would not return a tuple: it gets nothing first.
        getters = [itemgetter(0, 0, *(at[item] for item in row)) for row in rows]
        layout = known.layouts[variant] = _Layout(
            constant, [(each, each.key, each.made) for each in kept], getters
        )
        return layout

    def _html_items(self, pieces: Iterable[Piece], known: _Known) -> list[_Item]:
        items: list[_Item] = []
        for run in runs([_encoded(piece, known) for piece in pieces]):
            if isinstance(run, bytes):
                items.append(run)
            else:
                items.append(self._of_pick(html_run, tuple(run), known))
        return items

    def _text_items(self, pieces: Iterable[Piece], known: _Known) -> list[_Item]:
        items: list[_Item] = []
        for line in lines(pieces)[:-1]:  # the last one is empty
            if holes_in(line):
                items.append(self._of_pick(text_line, tuple(line), known))
            else:
                items.append(encoded_line("".join(map(str, line))))
        return merged(items)

    def _of_pick(
        self, maker: Callable[[Any, Look], Callable[[Values], bytes]], pieces: Any, known: _Known
    ) -> Kept:
        """Return bytes with holes for what is the reader's own; papers share those that are alike
        and do not hold the gist."""
        names = dict.fromkeys(hole.name for hole in holes_in(pieces))
        gist = known.view.gist

        def look(own: Values, name: str) -> str:
            value = own[_OWN.index(name)]
            return marked(gist, value) if name == "gist" else value

        made_of = maker, pieces, gist if "gist" in names else ""
        if made_of not in self._kept:
            self._kept[made_of] = Kept(maker(pieces, look), map(_OWN.index, names))
        return self._kept[made_of]

    def _plan(self, answers: tuple[bool, ...]) -> _Plan:
        """Render the frame for the messages that answer its tests in this way."""
        values: dict[str, object] = dict.fromkeys(view.EmailView._fields, "")
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
        text = merged(self._text_op(line) for line in page)
        is_open = not page or not any(isinstance(part, str) for part in page[-1])
        plan = self._plans[answers] = _Plan(html, text, is_open)
        return plan

    def _html_op(self, piece: Piece) -> _Op:
        if isinstance(piece, Loop):
            return _Repeat(piece.over == "papers", piece.number)
        if isinstance(piece, Hole):
            return self._of_frame(html_run, (piece,))
        return mime.quoted(str(piece)) + JOINT

    def _text_op(self, line: Line) -> _Op:
        if line and isinstance(line[0], Loop):
            loop = line[0]
            return _Repeat(loop.over == "papers", len(self._html.loops[loop.over]) + loop.number)
        if holes_in(line):
            return self._of_frame(text_line, tuple(line))
        return encoded_line("".join(map(str, line)))

    def _of_frame(
        self, maker: Callable[[Any, Look], Callable[[Values], bytes]], pieces: Any
    ) -> _Op:
        """Return bytes with holes for values of the frame; kept if many messages have the same."""
        names = dict.fromkeys(hole.name for hole in holes_in(pieces))
        make = maker(pieces, lambda letter, name: letter[_AT[name]])
        if not _OF_MANY.issuperset(names):
            return make
        made_of = maker, pieces, "frame"
        if made_of not in self._kept:
            self._kept[made_of] = Kept(make, map(_AT.__getitem__, names))
        return self._kept[made_of]

    def _chip(self, interest: str, count: str) -> Sequence[tuple[bytes, ...]]:
        """Return the bytes of each loop over interests for one of them."""
        rows = self._chips.get((interest, count))
        if rows is None:
            chip = {"interest": interest, "count": count}
            made = []
            for divided, is_html in ((self._html, True), (self._text, False)):
                for block in divided.loops["chips"]:
                    pieces = block.render({**self._settings, block.target: chip}, is_html=is_html)
                    made.append((_constant(pieces, is_html=is_html),))
            rows = self._chips[interest, count] = made
            self._count(sum(len(part) for row in made for part in row))
        return rows


def _constant(pieces: Sequence[Piece], *, is_html: bool) -> bytes:
    if is_html:
        return b"".join([mime.quoted(str(piece)) + JOINT for piece in pieces])
    return b"".join([encoded_line(line) for line in "".join(map(str, pieces)).split("\n")[:-1]])


def _encoded(piece: Piece, known: _Known) -> bytes | Hole:
    if isinstance(piece, Hole):
        return piece
    return (known.card_encoded if piece is known.card else mime.quoted(str(piece))) + JOINT
