"""Divides a template of the email into what many messages share and the *holes* between.

A hole is a place that prints a value of one message, such as ``{{ headline }}``, or what is the
reader's own of a paper, such as ``{{ paper.percent }}``. With stand-ins in the holes, a template
has to be rendered only once for all messages that answer its tests alike. This needs a template
that does no more with such values than to print them and to test whether they are empty. What is
the same for all readers, the settings and the paper itself, it may use in any way.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from jinja2 import nodes
from markupsafe import Markup

from digest.render.email import view
from digest.render.templates import HTML, WITH_TAGS, Template, Templates

SETTINGS = ("brand", "footer", "postal_address")
"""The names of the frame that have the same value in all messages."""
LISTS = ("papers", "chips")
_NAME = "jinja_hole_"


class General(Exception):
    """A template does something with values for which it has to be rendered for each message."""


class Hole(NamedTuple):
    """A place for a value: a name of the frame, or of what is the reader's own of a paper."""

    name: str
    tags: tuple[str, ...] = ()  # the start tags that elements in the value get


class Loop(NamedTuple):
    """A place for a block that is repeated for each paper, or for each interest that matched."""

    over: str
    number: int  # among the template's loops over the same


Piece = str | Hole | Loop


@dataclass(frozen=True, slots=True)
class Block:
    """A part of a template that is rendered by itself, with stand-ins in its holes."""

    template: Template
    target: str = ""  # the name of the loop's variable; of the frame ""
    holes: Mapping[str, Hole | Loop] = field(default_factory=dict)  # by the names of stand-ins

    def render(self, values: Mapping[str, object], *, is_html: bool) -> list[Piece]:
        """Return the pieces of the block, with the holes among them.

        Raises:
            TemplateError: it fails on these values.
        """
        # What is printed is passed on as it is, so a hole is known by identity: no text, whatever
        # it holds, is ever taken for one.
        kind: type[str] = Markup if is_html else str
        stand_ins = {name: kind(f"\0{name}") for name in self.holes}
        holes = {id(stand_ins[name]): hole for name, hole in self.holes.items()}
        pieces: list[Any] = self.template.pieces({**values, **stand_ins}, lambda piece: piece)
        return [holes.get(id(piece), piece) for piece in pieces]


@dataclass(frozen=True, slots=True)
class Divided:
    """A template, divided into its frame and the blocks of its loops."""

    frame: Block
    loops: Mapping[str, Sequence[Block]]  # over papers and chips
    tested: frozenset[str]  # the names of the frame that it tests


class _Value(NamedTuple):
    """What a name stands for. ``fixed`` is the same for all readers; ``shown`` may be printed and
    tested; ``tested`` is only tested; ``list`` is repeated over; the others have attributes."""

    kind: Literal["fixed", "shown", "tested", "list", "pick", "because", "chip"]
    name: str = ""


_Scope = dict[str, _Value]
_FIXED = _Value("fixed")
_FRAME: Mapping[str, _Value] = {
    **{name: _Value("shown", name) for name in view.EmailView._fields},
    **{name: _Value("list", name) for name in LISTS},
    **dict.fromkeys(SETTINGS, _FIXED),
    "contents": _Value("tested", "contents"),
}
_PICK: Mapping[str, _Value] = {
    **dict.fromkeys(view.PickView._fields, _FIXED),
    **{name: _Value("shown", name) for name in ("number", "percent", "late", "why")},
    "because": _Value("because"),
}
_BECAUSE: Mapping[str, _Value] = {"gist": _Value("shown", "gist"), "why": _Value("shown", "why")}
_CHIP: Mapping[str, _Value] = {name: _Value("shown", name) for name in ("interest", "count")}
_ATTRIBUTES = {"pick": _PICK, "because": _BECAUSE, "chip": _CHIP}


def divide(templates: Templates, name: str, tree: nodes.Template) -> Divided:
    """Divide the template that has this syntax tree, which is changed.

    Raises:
        General: it has to be rendered for each message.
        TemplateError: its syntax is wrong.
    """
    loops: dict[str, list[Block]] = {over: [] for over in LISTS}
    divider = _Divider(templates, name, loops)
    tree.body = divider.statements(tree.body, dict(_FRAME))
    frame = Block(templates.compile_tree(name, tree), "", divider.holes)
    if name != HTML:
        _line_start(tree.body, divider.holes, is_start=True)
    return Divided(frame, loops, frozenset(divider.tested))


class _Divider:
    """Puts the names of stand-ins into the places where values are printed."""

    def __init__(self, templates: Templates, name: str, loops: dict[str, list[Block]]) -> None:
        self._templates, self._name, self._loops = templates, name, loops
        self.holes: dict[str, Hole | Loop] = {}
        self.tested: set[str] = set()

    def statements(self, body: list[nodes.Node], scope: _Scope) -> list[nodes.Node]:
        """Return the statements with their holes; ``scope`` gets the names that they set."""
        return [self._statement(node, scope) for node in body]

    def _statement(self, node: nodes.Node, scope: _Scope) -> nodes.Node:
        match node:
            case nodes.Output():
                node.nodes = [self._printed(child, scope) for child in node.nodes]
            case nodes.If():
                self._test(node.test, scope)
                node.body = self.statements(node.body, scope)
                for other in node.elif_:
                    self._statement(other, scope)
                node.else_ = self.statements(node.else_, scope)
            case nodes.For():
                return self._loop(node, scope)
            case nodes.With():
                inner = dict(scope)
                for target, value in zip(node.targets, node.values, strict=True):
                    _bind(inner, target, self._alias(value, scope))
                node.body = self.statements(node.body, inner)
            case nodes.Assign():
                self._fixed(node.node, scope)
                if any(scope.get(name, _FIXED) != _FIXED for name in _names(node.target)):
                    raise General
                _bind(scope, node.target, _FIXED)
            case _:
                raise General
        return node

    def _loop(self, node: nodes.For, scope: _Scope) -> nodes.Node:
        over = _value(node.iter, scope)
        if over and over.kind == "list":
            return self._list(node, over.name, scope)
        self._fixed(node.iter, scope)
        inner = scope | {"loop": _FIXED}
        _bind(inner, node.target, _FIXED)
        if node.test:
            self._fixed(node.test, inner)
        node.body = self.statements(node.body, inner)
        node.else_ = self.statements(node.else_, scope)
        return node

    def _list(self, node: nodes.For, over: str, scope: _Scope) -> nodes.Node:
        """Take the block of a loop over papers or interests out of the frame."""
        if node.test or node.recursive or not isinstance(node.target, nodes.Name):
            raise General
        block = _Divider(self._templates, self._name, {})
        inner = dict.fromkeys(SETTINGS, _FIXED)
        _bind(inner, node.target, _Value("pick" if over == "papers" else "chip"))
        tree = nodes.Template(block.statements(node.body, inner), lineno=node.lineno)
        if self._name != HTML and not _line_start(tree.body, {}, is_start=True):
            raise General
        compiled = self._templates.compile_tree(self._name, tree)
        self._loops[over].append(Block(compiled, node.target.name, block.holes))
        hole = self._hole(Loop(over, len(self._loops[over]) - 1), node)
        place = nodes.Output([hole], lineno=node.lineno)
        if not node.else_:
            return place
        self.tested.add(over)
        others = self.statements(node.else_, scope)
        some = nodes.Name(over, "load", lineno=node.lineno)
        return nodes.If(some, [place], [], others, lineno=node.lineno)

    def _printed(self, node: nodes.Expr, scope: _Scope) -> nodes.Expr:
        tags: tuple[str, ...] = ()
        value = _value(node, scope)
        if isinstance(node, nodes.Filter) and node.name == WITH_TAGS and node.node:
            value = _value(node.node, scope)
            tags = tuple([str(tag.as_const()) for tag in node.args])
        if value and value.kind == "shown":
            return self._hole(Hole(value.name, tags), node)
        self._fixed(node, scope)
        return node

    def _hole(self, hole: Hole | Loop, node: nodes.Node) -> nodes.Name:
        name = f"{_NAME}{len(self.holes)}"
        self.holes[name] = hole
        return nodes.Name(name, "load", lineno=node.lineno)

    def _test(self, node: nodes.Node, scope: _Scope) -> None:
        value = _value(node, scope)
        if value and value.kind in ("shown", "tested", "list"):
            self.tested.add(value.name)
        elif isinstance(node, nodes.And | nodes.Or | nodes.Not):
            for part in node.iter_child_nodes():
                self._test(part, scope)
        else:
            self._fixed(node, scope)

    def _alias(self, node: nodes.Expr, scope: _Scope) -> _Value:
        value = _value(node, scope)
        if value is None:
            self._fixed(node, scope)
        return value or _FIXED

    def _fixed(self, node: nodes.Node, scope: _Scope) -> None:
        """Make sure that the value of an expression is the same for all readers."""
        value = _value(node, scope)
        if value:
            if value != _FIXED:
                raise General
            return
        if isinstance(node, nodes.Filter) and node.name == "random":
            raise General
        for part in node.iter_child_nodes():
            self._fixed(part, scope)


def _value(node: nodes.Node, scope: _Scope) -> _Value | None:
    """Return what a name or an attribute stands for; None for other expressions."""
    if isinstance(node, nodes.Name):
        if node.name not in scope:
            raise General
        return scope[node.name]
    if not isinstance(node, nodes.Getattr):
        return None
    value = _value(node.node, scope)
    if value is None or value == _FIXED:
        return value
    attributes = _ATTRIBUTES.get(value.kind, {})
    if node.attr not in attributes:
        raise General
    return attributes[node.attr]


def _names(target: nodes.Node) -> list[str]:
    if isinstance(target, nodes.Name) and not target.name.startswith(_NAME):
        return [target.name]
    if isinstance(target, nodes.Tuple):
        return [name for item in target.items for name in _names(item)]
    raise General


def _bind(scope: _Scope, target: nodes.Node, value: _Value) -> None:
    names = _names(target)
    if value != _FIXED and not isinstance(target, nodes.Name):
        raise General
    scope.update(dict.fromkeys(names, value))


def _line_start(
    body: Sequence[nodes.Node], holes: Mapping[str, Hole | Loop], *, is_start: bool
) -> bool:
    """Whether a line of text begins behind these statements, where they begin on a line's start.

    Raises:
        General: a loop of ``holes`` begins within a line.
    """
    for node in body:
        match node:
            case nodes.Output():
                for child in node.nodes:
                    if isinstance(child, nodes.TemplateData):
                        is_start = child.data.endswith("\n") if child.data else is_start
                        continue
                    is_loop = isinstance(child, nodes.Name) and isinstance(
                        holes.get(child.name), Loop
                    )
                    if is_loop and not is_start:
                        raise General
                    is_start = is_loop
            case nodes.If():
                branches = [node.body, *(other.body for other in node.elif_), node.else_]
                ends = [_line_start(branch, holes, is_start=is_start) for branch in branches]
                is_start = all(ends)
            case nodes.For():
                ends = [
                    _line_start(branch, holes, is_start=is_start)
                    for branch in (node.body, node.else_)
                ]
                is_start = is_start and all(ends)
            case nodes.With():
                is_start = _line_start(node.body, holes, is_start=is_start)
    return is_start
