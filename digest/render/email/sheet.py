"""A template rendered once, cut into ready pieces and holes, and filled as often as need be.

The template is rendered over a *specimen*: every value is a token, every list holds one item.
The page that comes out can then be processed at leisure, such as by premailer; ``cut`` finds the
tokens again and ``fill`` puts real values in their places. This holds as long as the page looks
the same whatever the values are; ``cut`` raises where it can see that it does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from operator import attrgetter
from types import SimpleNamespace
from typing import Any, Generic, TypeVar, get_args, get_origin, get_type_hints

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
        through = self.call_method("_through", [items])
        return [
            nodes.Output([self.call_method("_edge", [items, nodes.Const("each")])], lineno=line),
            nodes.For(target, through, body, [], None, False, lineno=line),
            nodes.Output([self.call_method("_edge", [items, nodes.Const("done")])], lineno=line),
        ]

    @staticmethod
    def _through(items: Iterable[object]) -> Iterable[object]:
        return items

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
class Pieces(Generic[T]):
    """A ready piece, then holes, each with the ready piece behind it."""

    first: T
    rest: tuple[tuple[Hole[T], T], ...]


@dataclass(frozen=True, slots=True)
class Hole(Generic[T]):
    """A place for one value, or for pieces that are repeated for each item of a list."""

    owner: str
    """The path of the value that it is taken from."""
    get: Callable[[Any], Any]
    """Takes it from there."""
    encode: Callable[[str], T]
    items: str = ""
    """What the items of a list are known as to the holes in ``repeated``."""
    repeated: Pieces[T] | None = None


@dataclass(frozen=True, slots=True)
class Encoding(Generic[T]):
    """How the pieces of a page are written."""

    ready: Callable[[str], T]
    """For what is part of the page itself."""
    plain: Callable[[str], T]
    """For a ``str``; escapes it where the page needs that."""
    rich: Callable[[Mapping[str, str]], Callable[[str], T]]
    """For a ``Markup`` value, given the start tag to write for each of ``RICH_TAGS``."""


def cut(page: str, encoding: Encoding[T]) -> Pieces[T]:
    """The pieces of a sheet.

    Raises:
        Unsplittable: a hole stands outside the loop that fills it, or the edges of a loop are
            not a pair.
    """
    return _Cutter(page, encoding).pieces(ROOT, frozenset({ROOT}))


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

    def pieces(self, path: str, known: frozenset[str]) -> Pieces[T]:
        """Up to the edge that ends the list ``path``, or to the end of the page. ``known``: the
        paths of the values that holes may use here."""
        holes: list[Hole[T]] = []
        ready: list[T] = []
        for match in self._found:
            ready.append(self._ready(match.start(), match.end()))
            if match["mark"] != "done":
                holes.append(self._hole(match, known))
            elif match["list"] == path:
                break
            else:
                raise Unsplittable(f"the end of the list {_said(match['list'])} is misplaced")
        else:
            if path != ROOT:
                raise Unsplittable(f"the list {_said(path)} has no end")
            ready.append(self._ready(len(self._page), len(self._page)))
        return Pieces(ready[0], tuple(zip(holes, ready[1:], strict=True)))

    def _ready(self, until: int, following: int) -> T:
        piece = self._encoding.ready(self._page[self._at : until])
        self._at = following
        return piece

    def _hole(self, match: re.Match[str], known: frozenset[str]) -> Hole[T]:
        path = match["list"] or match["plain"] or match["rich"]
        owner, _, name = path.rpartition(".")
        if owner not in known:
            raise Unsplittable(f"{_said(path)} is used outside of {{% each %}}")
        get = _itself if name == _ITSELF else attrgetter(name)
        if match["list"]:
            repeated = self.pieces(path, known | {path})
            return Hole(owner, get, self._encoding.plain, path, repeated)
        if match["plain"]:
            return Hole(owner, get, self._encoding.plain)
        return Hole(owner, get, self._encoding.rich(_start_tags(match["specimen"])))


def _itself(value: Any) -> Any:
    return value


def _start_tags(specimen: str) -> dict[str, str]:
    found = {tag: re.search(rf"<{tag}(?: [^>]*)?>", specimen) for tag in RICH_TAGS}
    return {tag: match[0] for tag, match in found.items() if match}


def _said(path: str) -> str:
    """A path as the template's author knows it."""
    return path.removeprefix(ROOT + ".").removesuffix("." + _ITSELF)


def fill(pieces: Pieces[T], root: object) -> list[T]:
    """The page for one value, in pieces to be joined."""
    out: list[T] = []
    _fill(pieces, {ROOT: root}, out)
    return out


def _fill(pieces: Pieces[T], scope: dict[str, Any], out: list[T]) -> None:
    out.append(pieces.first)
    for hole, following in pieces.rest:
        value = hole.get(scope[hole.owner])
        if hole.repeated is None:
            out.append(hole.encode(value))
        else:
            for scope[hole.items] in value:
                _fill(hole.repeated, scope, out)
        out.append(following)
