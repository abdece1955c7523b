"""The source of the email's templates as one page, to be styled. Card and reason stand where the
frame prints them, includes are resolved, and markers stand for what a template does: for a value,
and for where a block begins, goes on and ends (see ``outline``)."""

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence

from jinja2 import nodes
from markupsafe import escape

from digest.errors import TemplateError
from digest.render.email.outline import SPECIMEN
from digest.render.templates import Templates

HTML, CARD, REASON = "email.html.j2", "card.html.j2", "reason.html.j2"
BLOCKS = {"card": CARD, "reason": REASON}
"""Which template makes what the frame prints as ``paper.card`` and ``paper.reason``."""
_IN_TAG = re.compile(r"""<[A-Za-z/](?:[^>"']|"[^"]*"|'[^']*')*(?P<value>"[^"]*|'[^']*)?""")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"[^"]*|'[^']*)$""")


class SourcePage:
    """The frame with its blocks as one page, and the trees that its texts go back to.

    Raises:
        TemplateError: a template is missing, or its syntax is wrong.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self.text = ""
        self.trees: dict[str, nodes.Template] = {}
        self.slots: list[nodes.Output] = []
        """The places in the trees for the texts before the first marker and after each."""
        self.values: list[tuple[int, nodes.Output]] = []
        """The number of each value's marker, and what prints it."""
        self._origins: list[tuple[int, int]] = []
        """Where in ``text`` something begins, and its line as the trees have it."""
        self.computed: set[str] = set()  # the attributes that have a value in them
        self.faults: list[tuple[str, str]] = []  # what cannot be styled here: `file:line`, and why
        self.cards: list[range] = []  # the slots of the card, for each time that it is printed
        self._uses: dict[int, nodes.Node] = {}
        """Nodes that name a block and have not been seen to print it."""
        self._reading: list[str] = []
        self.trees[HTML] = self._add_tree(HTML)

    # --- from trees to a page ------------------------------------------------------------

    def _add_tree(self, name: str) -> nodes.Template:
        tree = self._parse(name)
        tree.body = self._body(tree.body)
        self._reading.pop()
        return tree

    def _parse(self, name: str) -> nodes.Template:
        tree = self._templates.parse(name, last_newline=name not in BLOCKS.values())
        if name in self._reading:
            raise TemplateError(self._templates.place(tree.lineno), "the template includes itself")
        self._reading.append(name)
        self._uses |= {id(node): node for node in _blocks_named(tree)}
        return tree

    def _body(self, statements: Sequence[nodes.Node]) -> list[nodes.Node]:
        """Take up what stands behind a marker."""
        return [self._slot(), *self._statements(statements)]

    def _statements(self, statements: Sequence[nodes.Node]) -> list[nodes.Node]:
        return [made for each in statements for made in self._statement(each)]

    def _statement(self, node: nodes.Node) -> list[nodes.Node]:
        match node:
            case nodes.Output():
                return self._output(node)
            case nodes.For(recursive=False):
                node.body = self._branch("begin", node, node.body)
                node.else_ = self._branch("next", node, node.else_) if node.else_ else []
                return [node, self._end(node)]
            case nodes.If():
                node.body = self._branch("begin", node, node.body)
                for other in node.elif_:
                    other.body = self._branch("next", other, other.body)
                node.else_ = self._branch("next", node, node.else_) if node.else_ else []
                return [node, self._end(node)]
            case nodes.With():
                node.body = self._statements(node.body)
            case nodes.Include(template=nodes.Const(value=str(name)), with_context=True):
                return [self._included(node, name)]
            case nodes.Assign():
                pass
            case _:
                self._fault(node, f"there is a block of the kind {type(node).__name__}")
        return [node]

    def _included(self, node: nodes.Include, name: str) -> nodes.Node:
        try:
            tree = self._parse(name)
        except TemplateError:
            if not node.ignore_missing:
                raise
            return nodes.Scope([], lineno=node.lineno)
        scope = nodes.Scope(self._statements(tree.body), lineno=node.lineno)
        self._reading.pop()
        return scope

    def _branch(self, kind: str, node: nodes.Node, body: Sequence[nodes.Node]) -> list[nodes.Node]:
        self._mark(kind, node)
        return self._body(body)

    def _end(self, node: nodes.Node) -> nodes.Node:
        self._mark("end", node)
        return self._slot()

    def _output(self, node: nodes.Output) -> list[nodes.Node]:
        made: list[nodes.Node] = []
        for each in node.nodes:
            text = _constant(each)
            if text is not None:
                self._add(text, each)
            elif isinstance(each, nodes.Getattr) and id(each) in self._uses:
                made += [self._block(each), self._slot()]
            else:
                printed = nodes.Output([each], lineno=each.lineno)
                self._value(each, printed)
                made += [printed, self._slot()]
        return made

    def _block(self, node: nodes.Getattr) -> nodes.Node:
        """Let a block stand where the frame prints it."""
        del self._uses[id(node)]
        name = BLOCKS[node.attr]
        if name in self._reading:
            raise TemplateError(self._templates.place(node.lineno), "a block prints itself")
        first = len(self.slots)
        self._mark("begin", node)
        tree = self._add_tree(name)
        self._mark("end", node)
        if name == CARD:
            self.cards.append(range(first, len(self.slots)))
            self.trees.setdefault(CARD, tree)
            return nodes.Output([node], lineno=node.lineno)
        values = [nodes.Getattr(node.node, each, "load") for each in ("paper", "because")]
        targets = [nodes.Name(each, "store") for each in ("paper", "reason")]
        scope = nodes.With(targets, values, tree.body)
        for each in (scope, *targets, *values):
            each.set_lineno(node.lineno)
        return scope

    def _value(self, node: nodes.Node, printed: nodes.Output) -> None:
        within, attribute = self._within()
        if within in ("style", "tag") or attribute in ("class", "style"):
            self._fault(node, f"the {attribute or within} is computed")
        self.computed.add(attribute)
        specimen = SPECIMEN if within == "body" else ""
        self.values.append((len(self.slots), printed))
        self._add(f"jinja.value.{len(self.slots)}.{specimen}", node)

    def _mark(self, kind: str, node: nodes.Node) -> None:
        within, attribute = self._within()
        if within in ("style", "tag", "comment") or attribute in ("class", "style"):
            self._fault(node, f"the {attribute or within} is computed")
        marker = f"jinja.{kind}.{len(self.slots)}."
        self._add(marker if within in ("title", "attribute") else f"<!--{marker}-->", node)

    def _slot(self) -> nodes.Output:
        self.slots.append(nodes.Output([], lineno=1))
        return self.slots[-1]

    def _add(self, text: str, node: nodes.Node) -> None:
        self._origins.append((len(self.text), node.lineno))
        self.text += text

    def _within(self) -> tuple[str, str]:
        """Return what the page so far ends in, and the name of the attribute where in one."""
        text = self.text
        if text.rfind("<!--") > text.rfind("-->"):
            return "comment", ""
        for name in ("style", "title"):
            if text.rfind(f"<{name}") > text.rfind(f"</{name}"):
                return name, ""
        tail = text[max(text.rfind("<"), 0) :]
        tag = _IN_TAG.fullmatch(tail)
        if not tag:
            return "body" if "<body" in text else "head", ""
        attribute = _ATTRIBUTE.search(tail)
        if not tag["value"] or not attribute:
            return "tag", ""
        return "attribute", attribute[1].lower()

    # --- places ----------------------------------------------------------------------------

    def place(self, at: int) -> str:
        """Return ``file:line`` for a place in the page."""
        start, line = self._origins[bisect_right(self._origins, (at, float("inf"))) - 1]
        return self._templates.place(line + self.text.count("\n", start, at))

    def _fault(self, node: nodes.Node, reason: str) -> None:
        self.faults.append((self._templates.place(node.lineno), reason))

    def hidden_blocks(self) -> Iterator[str]:
        """Yield where a card or a reason is used in another way than to be printed."""
        for node in self._uses.values():
            yield self._templates.place(node.lineno)


def _blocks_named(tree: nodes.Template) -> Iterator[nodes.Node]:
    """Yield what names a block, but for ``{% if %}`` that asks whether there is one."""
    tests = [each.test for each in tree.find_all(nodes.If)]
    asked = {id(each) for test in tests for each in (test, *test.find_all(nodes.Getattr))}
    for attribute in tree.find_all(nodes.Getattr):
        if attribute.attr in BLOCKS and id(attribute) not in asked:
            yield attribute
    for constant in tree.find_all(nodes.Const):
        if isinstance(constant.value, str) and constant.value in BLOCKS:
            yield constant


def _constant(node: nodes.Expr) -> str | None:
    """Return what is printed whatever the values are, escaped; None where it depends on them."""
    if isinstance(node, nodes.TemplateData):
        return node.data
    try:
        return str(escape(node.as_const()))
    except Exception:
        return None
