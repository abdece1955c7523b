"""A template rendered once, cut into ready pieces and holes, and filled as often as need be.

The template is rendered over a *specimen*: every value is a token, every list holds one item.
The page that comes out can then be processed at leisure, such as by premailer; ``cut`` finds the
tokens again and ``fill`` puts real values in their places. This holds as long as the page looks
the same whatever the values are; ``cut`` raises where it can see that it does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from types import SimpleNamespace
from typing import Any, Generic, TypeAlias, TypeVar, get_args, get_origin, get_type_hints

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup

T = TypeVar("T", str, bytes)

ROOT = "letter"
"""The path of the value whose fields a template sees as names."""

_TOKEN = re.compile(
    r"<!--(?P<mark>each|done)\.(?P<list>[a-z_.]+)-->"
    r"|hole\.(?P<plain>[a-z_.]+)\.end"
    r"|<!--rich\.(?P<rich>[a-z_.]+)-->(?P<specimen>.*?)<!--rich-->",
    re.DOTALL,
)
_ITSELF = "itself"
RICH_TAGS = ("mark", "bdi")
"""The elements that a ``Markup`` value may hold, without attributes."""


class Unsplittable(Exception):
    """The page cannot be cut and filled; the text says why."""


class Each(Extension):
    """``{% each item in items %} … {% endeach %}``: a loop whose edges a sheet can find again."""

    tags = {"each"}  # noqa: RUF012  named so by Jinja, which declares it as a set

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The loop, between two outputs that print nothing except on a sheet."""
        line = next(parser.stream).lineno
        target = parser.parse_assign_target(name_only=True)
        parser.stream.expect("name:in")
        items = parser.parse_expression()
        body = parser.parse_statements(("name:endeach",), drop_needle=True)
        return [
            nodes.Output([self.call_method("_edge", [items, nodes.Const("each")])], lineno=line),
            nodes.For(target, items, body, [], None, False, lineno=line),
            nodes.Output([self.call_method("_edge", [items, nodes.Const("done")])], lineno=line),
        ]

    @staticmethod
    def _edge(items: object, mark: str) -> str:
        return items.edge(mark) if isinstance(items, _Specimens) else Markup()


@dataclass(frozen=True, slots=True)
class _Specimens:
    """A list on a sheet: one item, and edges that say which list it is."""

    path: str
    item: object

    def __iter__(self) -> Iterator[object]:
        return iter((self.item,))

    def edge(self, mark: str) -> Markup:
        return Markup(f"<!--{mark}.{self.path}-->")  # noqa: S704  both are names in our code


def specimen(kind: type) -> Mapping[str, object]:
    """The values over which a template is rendered into a sheet: tokens for every field of a
    dataclass of ``str``, ``Markup``, other such dataclasses, and tuples of them."""
    return dict(vars(_specimen(ROOT, kind)))


def _specimen(path: str, kind: Any) -> Any:
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        names = [field.name for field in fields(kind)]
        return SimpleNamespace(**{name: _value(f"{path}.{name}", hints[name]) for name in names})
    return _value(f"{path}.{_ITSELF}", kind)


def _value(path: str, kind: Any) -> object:
    if get_origin(kind) is tuple:
        return _Specimens(path, _specimen(path, get_args(kind)[0]))
    if kind is Markup:
        inside = "".join(f"<{tag}>.</{tag}>" for tag in RICH_TAGS)
        return Markup(f"<!--rich.{path}-->{inside}<!--rich-->")  # noqa: S704  names in our code
    return f"hole.{path}.end"


# --- pieces ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Hole(Generic[T]):
    """A place for one value."""

    owner: str
    """The path of the value that has it as a field."""
    name: str
    encode: Callable[[str], T]


@dataclass(frozen=True, slots=True)
class Loop(Generic[T]):
    """Pieces that are repeated for each item of a list."""

    owner: str
    name: str
    path: str
    """What its items are known as to the holes inside."""
    body: tuple[Piece[T], ...]


Piece: TypeAlias = "T | Hole[T] | Loop[T]"


@dataclass(frozen=True, slots=True)
class Encoding(Generic[T]):
    """How the pieces of a page are written."""

    ready: Callable[[str], T]
    """For what is part of the page itself."""
    plain: Callable[[str], T]
    """For a ``str``; escapes it where the page needs that."""
    rich: Callable[[Mapping[str, str]], Callable[[str], T]]
    """For a ``Markup`` value, given the start tag to write for each of ``RICH_TAGS``."""


def cut(page: str, encoding: Encoding[T]) -> tuple[Piece[T], ...]:
    """The pieces of a sheet.

    Raises:
        Unsplittable: a hole stands outside the loop that fills it, or the edges of a loop are
            not a pair.
    """
    return _Cutter(page, encoding).cut()


def tokens(page: str) -> Counter[str]:
    """Every token of a sheet, to see that none got lost on the way."""
    return Counter(
        match["list"] or match["plain"] or match["rich"] for match in _TOKEN.finditer(page)
    )


class _Cutter(Generic[T]):
    def __init__(self, page: str, encoding: Encoding[T]) -> None:
        self._page = page
        self._encoding: Encoding[T] = encoding
        self._found = _TOKEN.finditer(page)
        self._at = 0

    def cut(self) -> tuple[Piece[T], ...]:
        return tuple(self._pieces(ROOT, {ROOT}))

    def _pieces(self, path: str, known: set[str]) -> Iterator[Piece[T]]:
        """Up to the edge that ends the loop ``path``, or to the end of the page."""
        for match in self._found:
            if match.start() > self._at:
                yield self._encoding.ready(self._page[self._at : match.start()])
            self._at = match.end()
            if match["mark"] == "done":
                if match["list"] != path:
                    raise Unsplittable(f"the end of the list {_said(match['list'])} is misplaced")
                return
            yield self._piece(match, known)
        if path != ROOT:
            raise Unsplittable(f"the list {_said(path)} has no end")
        if self._at < len(self._page):
            yield self._encoding.ready(self._page[self._at :])

    def _piece(self, match: re.Match[str], known: set[str]) -> Piece[T]:
        full = match["list"] or match["plain"] or match["rich"]
        owner, _, name = full.rpartition(".")
        if owner not in known:
            raise Unsplittable(f"{_said(full)} is used outside of {{% each %}}")
        if match["list"]:
            return Loop(owner, name, full, tuple(self._pieces(full, known | {full})))
        if match["plain"]:
            return Hole(owner, name, self._encoding.plain)
        return Hole(owner, name, self._encoding.rich(_start_tags(match["specimen"])))


def _start_tags(specimen: str) -> dict[str, str]:
    found = {tag: re.search(rf"<{tag}(?: [^>]*)?>", specimen) for tag in RICH_TAGS}
    return {tag: match[0] for tag, match in found.items() if match}


def _said(path: str) -> str:
    """A path as the template's author knows it."""
    return path.removeprefix(ROOT + ".").removesuffix("." + _ITSELF)


def fill(pieces: tuple[Piece[T], ...], root: object) -> list[T]:
    """The page for one value, in pieces to be joined."""
    out: list[T] = []
    _fill(pieces, {ROOT: root}, out)
    return out


def _fill(pieces: tuple[Piece[T], ...], scope: dict[str, Any], out: list[T]) -> None:
    for piece in pieces:
        if isinstance(piece, Hole):
            owner = scope[piece.owner]
            value = owner if piece.name == _ITSELF else getattr(owner, piece.name)
            out.append(piece.encode(value))
        elif isinstance(piece, Loop):
            for item in getattr(scope[piece.owner], piece.name):
                scope[piece.path] = item
                _fill(piece.body, scope, out)
        else:
            out.append(piece)
