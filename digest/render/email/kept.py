"""Parts of messages as ready bytes: constant ones, and ones with holes that are kept for the values
which were put into them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from operator import itemgetter
from typing import Any, NamedTuple, TypeVar, cast

from markupsafe import Markup

from digest.render.email import mime
from digest.render.email.holes import Hole, Loop, Piece
from digest.render.email.parts import WIDTH, wrapped
from digest.render.excerpt import escaped, tagged

T = TypeVar("T")
JOINT = b"=\r\n"  # between two pieces of HTML that were encoded by themselves
_TOGETHER = ({"number", "percent"}, {"interest", "count"})
"""Holes that are kept together with what is between them."""
_ENTRY = 300  # about so many bytes an entry takes beside the bytes that it is for
_PLAIN_LINE = 75  # characters of a line that goes into quoted-printable as it is
Values = tuple[Any, ...]
Line = Sequence[Piece]
Make = Callable[[Values], bytes]
Row = tuple[bytes, ...]


Get = Callable[[Values], str]
Look = Callable[[str], Get]
"""Returns what gets the value of a name from values."""
Maker = Callable[[Any, Look], Make]
"""Turns pieces with holes into what fills them."""


class Kept:
    """Bytes with holes, kept for each combination of the values that they were made with."""

    __slots__ = ("key", "made", "make")

    def __init__(self, make: Make, indices: Iterable[int]) -> None:
        self.make = make
        self.key = itemgetter(*indices)
        self.made: dict[Any, bytes] = {}


class Said(NamedTuple):
    """Bytes with holes for what reasons say; they are made once for the same reasons."""

    items: tuple[bytes | Kept | Make, ...]


Item = bytes | Said | Kept | Make


class Layout(NamedTuple):
    """The blocks that are repeated for an item: what of them is constant, what reasons say, what
    has other holes and is made anew or kept, and which of these make up each block."""

    constant: Sequence[bytes]
    said: Sequence[Said]
    made: Sequence[Make]
    kept: Sequence[tuple[Kept, Callable[[Values], Any], Mapping[Any, bytes]]]
    rows: Sequence[Callable[[Sequence[bytes]], Row]]


class Store:
    """All bytes with holes. Those that are made of the same are there once. They keep ``most``
    bytes together; what comes then is made each time."""

    def __init__(self, most: int) -> None:
        self._most = self._room = most
        self._kept: dict[object, Kept] = {}

    def clear(self) -> None:
        """Forget all of them."""
        self._kept.clear()
        self._room = self._most

    def keep(
        self,
        maker: Maker,
        pieces: Sequence[object],
        names: Sequence[str],
        look: Look,
        *,
        of: str = "",
    ) -> Kept:
        """Return pieces with holes for some of ``names``, which are those of the values. ``of`` is
        what ``look`` knows beside these."""
        made_of = maker, tuple(pieces), of, len(names)
        if made_of not in self._kept:
            used = dict.fromkeys(hole.name for hole in holes_in(pieces))
            self._kept[made_of] = Kept(maker(pieces, look), map(names.index, used))
        return self._kept[made_of]

    def fill(self, kept: Kept, key: object, values: Values) -> bytes:
        """Make the bytes for these values, and keep them if there is room."""
        made = kept.make(values)
        if self._room > 0:
            kept.made[key] = made
            self._room -= len(made) + _ENTRY
        return made

    def said(self, layout: Layout, values: Values) -> list[bytes]:
        """Return what is the same for all who are told the same reasons."""
        made = [[self._made(item, values) for item in said.items] for said in layout.said]
        return [*layout.constant, *map(b"".join, made)]

    def _made(self, item: bytes | Kept | Make, values: Values) -> bytes:
        if isinstance(item, bytes):
            return item
        if isinstance(item, Kept):
            key = item.key(values)
            return item.made.get(key) or self.fill(item, key, values)
        return item(values)

    def rows(self, layout: Layout, said: Sequence[bytes], values: Values) -> list[Row]:
        """Return the bytes of each block for these values, of which ``said`` is made already."""
        parts = [*said, *[make(values) for make in layout.made]]
        for kept, key_of, made in layout.kept:
            key = key_of(values)
            parts.append(made.get(key) or self.fill(kept, key, values))
        return [row(parts) for row in layout.rows]


def layout(blocks: Iterable[Sequence[Item]]) -> Layout:
    """Lay out the blocks of an item."""
    rows = [*blocks]
    items = list(dict.fromkeys(item for row in rows for item in row))
    constant = [item for item in items if isinstance(item, bytes)]
    said = [item for item in items if isinstance(item, Said)]
    kept = [item for item in items if isinstance(item, Kept)]
    made = [item for item in items if not isinstance(item, bytes | Said | Kept)]
    at = {item: number for number, item in enumerate([b"", *constant, *said, *made, *kept])}
    # An itemgetter of one item would not return a tuple: it gets nothing beside it.
    getters = [itemgetter(*(0, 0)[len(row) :], *(at[item] for item in row)) for row in rows]
    looked_up = [(each, each.key, each.made) for each in kept]
    return Layout([b"", *constant], said, made, looked_up, getters)


def html_piece(value: str, tags: Sequence[str] = ()) -> bytes:
    """A value that is printed in HTML, with the joint behind it; ``tags`` as in ``tagged``."""
    text = tagged(str(value), tags) if type(value) is Markup else escaped(value)
    return mime.quoted(text) + JOINT


def html_run(pieces: Sequence[bytes | Hole], look: Look) -> Make:
    """What makes the bytes of encoded pieces with holes."""
    parts = [_html_part(piece, look) for piece in pieces]
    if len(parts) == 1:
        return parts[0]
    return lambda values: b"".join([part(values) for part in parts])


def _html_part(piece: bytes | Hole, look: Look) -> Make:
    if isinstance(piece, bytes):
        return lambda values: piece
    get, tags = look(piece.name), piece.tags
    return lambda values: html_piece(get(values), tags)


def text_line(line: Line, look: Look) -> Make:
    """What makes the bytes of a line of text with holes."""
    parts = [look(part.name) if isinstance(part, Hole) else str(part) for part in line]
    *before, last = parts
    said = "".join([part for part in before if isinstance(part, str)])
    is_short = len(said) < WIDTH and mime.is_plain(said + "x")
    if is_short and not isinstance(last, str) and len(holes_in(line)) == 1:
        return _ending_in(said, last)
    form = "".join([part.replace("%", "%%") if isinstance(part, str) else "%s" for part in parts])
    gets = [part for part in parts if not isinstance(part, str)]
    return lambda values: encoded_line(form % tuple([get(values) for get in gets]))


def ends_in_why(line: Line) -> bool:
    """Whether a line is like ``Match {percent} %: {why}``: then it depends on the percent itself
    only as far as ``line_head`` goes, and behind that on how many digits the percent has."""
    if len(line) != 4:
        return False
    said, percent, between, why = line
    return (
        isinstance(percent, Hole)
        and percent.name == "percent"
        and isinstance(why, Hole)
        and why.name == "why"
        and isinstance(said, str)
        and isinstance(between, str)
        and len(said) < WIDTH - 3
        and mime.is_plain(said + "x")
        and "  " not in said.lstrip()
        and between.startswith(" ")
    )


def line_head(line: Line, look: Look) -> Make:
    """What makes the bytes of a plain text and a value of digits."""
    said, hole = str(line[0]), cast("Hole", line[1])
    get = look(hole.name)
    return lambda values: (said + get(values)).encode()


def line_tail(line: Line, look: Look) -> Make:
    """What makes the bytes of a line behind those of ``line_head``."""
    said, between = str(line[0]), str(line[2])
    percent, why = (look(cast("Hole", line[at]).name) for at in (1, 3))

    def make(values: Values) -> bytes:
        head = said + percent(values)
        return encoded_line(head + between + why(values))[len(head) :]

    return make


def _ending_in(said: str, last: Get) -> Make:
    """What makes a line that ends in a value, which is often an address: a single word."""
    wide = "\r\n".join(wrapped(said + "x" * WIDTH))[:-WIDTH]  # where it does not fit the line
    indent = len(wide) - (wide.rfind("\n") + 1)

    def make(values: Values) -> bytes:
        value = last(values)
        if value and " " not in value and mime.is_plain(value):
            if len(said) + len(value) <= WIDTH:
                return f"{said}{value}\r\n".encode()
            if indent + len(value) <= _PLAIN_LINE:
                return f"{wide}{value}\r\n".encode()
        return encoded_line(said + value)

    return make


def encoded_line(line: str) -> bytes:
    """A line of text in quoted-printable, wrapped."""
    if mime.is_plain(line):
        if len(line) <= WIDTH:
            return line.encode() + b"\r\n"
        parts = wrapped(line)
        if max(map(len, parts)) <= _PLAIN_LINE and "." not in parts:
            return "\r\n".join(parts).encode() + b"\r\n"
    if "\n" in line:
        return b"".join(map(encoded_line, line.split("\n")))
    return mime.quoted("".join([f"{part}\n" for part in wrapped(line)]))


def lines(pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Divide a text into its lines; a loop is a line by itself."""
    found: list[list[Piece]] = [[]]
    for piece in pieces:
        if isinstance(piece, Loop):
            found[-1:] = [[piece], []]
        elif isinstance(piece, Hole):
            found[-1].append(piece)
        else:
            first, *others = str(piece).split("\n")
            found[-1] += [first] if first else []
            found += [[other] if other else [] for other in others]
    return found


def holes_in(pieces: Iterable[object]) -> list[Hole]:
    """The holes among pieces."""
    return [piece for piece in pieces if isinstance(piece, Hole)]


def runs(pieces: Sequence[bytes | Hole]) -> Iterator[bytes | Sequence[bytes | Hole]]:
    """Yield what is constant as a whole, and the holes, some of them together."""
    spans: list[tuple[int, int]] = []
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Hole):
            continue
        before = pieces[spans[-1][1]] if spans else None
        if isinstance(before, Hole) and any({before.name, piece.name} <= n for n in _TOGETHER):
            spans[-1] = spans[-1][0], at
        else:
            spans.append((at, at))
    start = 0
    for first, last in [*spans, (len(pieces), len(pieces))]:
        yield b"".join([piece for piece in pieces[start:first] if isinstance(piece, bytes)])
        if first < len(pieces):
            yield tuple(pieces[first : last + 1])
        start = last + 1


def merged(items: Iterable[T]) -> list[T]:
    """Join constant bytes that follow each other, and what follows something that reasons say."""
    found: list[Any] = []
    for item in items:
        last = found[-1] if found else None
        if isinstance(item, bytes) and isinstance(last, bytes):
            found[-1] = last + item
        elif isinstance(last, Said) and isinstance(item, bytes | Said):
            found[-1] = Said((*last.items, *(item.items if isinstance(item, Said) else [item])))
        else:
            found.append(item)
    return found
