"""Parts of messages as ready bytes: constant ones, and ones with holes that are kept for the values
which were put into them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from operator import itemgetter
from typing import Any, Protocol, TypeVar, cast

from markupsafe import Markup, escape

from digest.render.email import mime
from digest.render.email.holes import Hole, Loop, Piece
from digest.render.email.parts import WIDTH, wrapped
from digest.render.excerpt import with_tags

T = TypeVar("T")
JOINT = b"=\r\n"  # between two pieces of HTML that were encoded by themselves
_NUMBERS = {"number", "percent"}
Values = tuple[Any, ...]
Line = list[Piece]


class Look(Protocol):
    """Returns the value of a name among values."""

    def __call__(self, values: Values, name: str, /) -> str: ...


class Kept:
    """Bytes with holes, kept for each combination of the values that it was made with."""

    __slots__ = ("key", "made", "make")

    def __init__(self, make: Callable[[Values], bytes], indices: Iterable[int]) -> None:
        self.make = make
        self.key = itemgetter(*indices)
        self.made: dict[Any, bytes] = {}


def html_piece(value: str) -> bytes:
    """A value that is printed in HTML, with the joint behind it."""
    return mime.quoted(str(value if type(value) is Markup else escape(value))) + JOINT


def html_run(pieces: Sequence[bytes | Hole], look: Look) -> Callable[[Values], bytes]:
    """What makes the bytes of encoded pieces with holes."""

    first = pieces[0]
    if len(pieces) == 1 and isinstance(first, Hole) and not first.tags:
        return lambda values: html_piece(look(values, first.name))

    def make(values: Values) -> bytes:
        return b"".join(
            [
                html_piece(_tagged(look(values, piece.name), piece.tags))
                if isinstance(piece, Hole)
                else piece
                for piece in pieces
            ]
        )

    return make


def _tagged(value: str, tags: tuple[str, ...]) -> str:
    return cast("str", with_tags(value, *tags)) if tags else value


def text_line(line: Line, look: Look) -> Callable[[Values], bytes]:
    """What makes the bytes of a line of text with holes."""

    def make(values: Values) -> bytes:
        return encoded_line(
            "".join(
                [look(values, part.name) if isinstance(part, Hole) else str(part) for part in line]
            )
        )

    return make


def encoded_line(line: str) -> bytes:
    """A line of text in quoted-printable, wrapped."""
    if len(line) <= WIDTH and mime.is_plain(line):
        return line.encode() + b"\r\n"
    if "\n" in line:
        return b"".join(map(encoded_line, line.split("\n")))
    return mime.quoted("".join([f"{part}\n" for part in wrapped(line)]))


def lines(pieces: Iterable[Piece]) -> list[Line]:
    """Divide a text into its lines; a loop is a line by itself."""
    found: list[Line] = [[]]
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
    """Yield what is constant as a whole, and the holes; those for numbers with what is between."""
    spans: list[tuple[int, int]] = []
    for at, piece in enumerate(pieces):
        if not isinstance(piece, Hole):
            continue
        before = pieces[spans[-1][1]] if spans else None
        if isinstance(before, Hole) and {before.name, piece.name} <= _NUMBERS:
            spans[-1] = spans[-1][0], at
        else:
            spans.append((at, at))
    start = 0
    for first, last in [*spans, (len(pieces), len(pieces))]:
        yield b"".join([piece for piece in pieces[start:first] if isinstance(piece, bytes)])
        if first < len(pieces):
            yield pieces[first : last + 1]
        start = last + 1


def merged(items: Iterable[T]) -> list[T | bytes]:
    """Join constant bytes that follow each other."""
    found: list[T | bytes] = []
    for item in items:
        if found and isinstance(item, bytes) and isinstance(found[-1], bytes):
            found[-1] += item
        else:
            found.append(item)
    return found
