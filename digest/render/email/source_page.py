"""The source of the email's templates as one page, to be styled. Card and reason stand where the
frame prints them, includes are resolved, and a marker stands for each tag of Jinja: for a value,
and for where a block begins, goes on and ends (see ``outline``)."""

import re
from bisect import bisect_right
from typing import NamedTuple

from jinja2 import nodes
from markupsafe import escape

from digest.errors import TemplateError
from digest.render.email.outline import SPECIMEN
from digest.render.templates import CARD, HTML, REASON, Templates

BLOCKS = {"card": CARD, "reason": REASON}
"""Which template makes what the frame prints as ``paper.card`` and ``paper.reason``."""
_MARKERS = {
    **dict.fromkeys(("for", "if", "with"), "begin"),
    **dict.fromkeys(("elif", "else"), "next"),
    **dict.fromkeys(("endfor", "endif", "endwith"), "end"),
}
_INCLUDE = re.compile(r"""\s*include\s+(["'])(?P<name>.+)\1(?P<may_miss>\s+ignore\s+missing)?\s*""")
_ASSIGNMENT = re.compile(r"\s*set\s[\s\w.,()]*=")
_QUOTED = re.compile(r"""(["'])(?:card|reason)\1""")
_USED = re.compile(_QUOTED.pattern + r"|\.\s*(?:card|reason)\b")
_IN_TAG = re.compile(r"""<[A-Za-z/](?:[^>"']|"[^"]*"|'[^']*')*(?P<value>"[^"]*|'[^']*)?""")
_ATTRIBUTE = re.compile(r"""([\w:-]+)\s*=\s*(?:"[^"]*|'[^']*)$""")


class Place(NamedTuple):
    """A line of a template's file."""

    file: str
    line: int


class SourcePage:
    """The frame with its blocks as one page, and the tags that its markers stand for.

    Raises:
        TemplateError: a template is missing, or its syntax is wrong.
    """

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self.text = ""
        self.tags = [("", Place(HTML, 1))]
        """What each marker stands for, and where it was; nothing for the text before the first."""
        self._origins: list[
            tuple[int, Place]
        ] = []  # where in `text` something begins, and its line
        self.computed: set[str] = set()  # the attributes that have a marker in them
        self.faults: list[tuple[str, str]] = []  # what cannot be styled here: `file:line`, and why
        self.cards: list[range] = []  # the markers of the card, for each time that it is printed
        self._reading: list[str] = []
        self._read(HTML)

    def place(self, at: int) -> str:
        """Return ``file:line`` for a place in the page."""
        start, (file, line) = self._origins[bisect_right(self._origins, at, key=lambda o: o[0]) - 1]
        return f"{file}:{line + self.text.count(chr(10), start, at)}"

    def _read(self, name: str) -> None:
        """Add a template where the page ends."""
        file, tokens = self._templates.tokens(name)
        if name in self._reading:
            raise TemplateError(f"{file}:1", "the template includes itself")
        self._reading.append(name)
        inside, at = "", Place(file, 1)
        for line, kind, text in tokens:
            if kind == "data":
                self._add(text, Place(file, line))
            elif kind.endswith("_begin"):
                inside, at = "", Place(file, line)
            elif kind == "variable_end":
                self._value(inside, at)
            elif kind == "block_end":
                self._statement(inside, at)
            else:
                inside += text
        self._reading.pop()

    def _read_within(self, name: str, opening: str, at: Place) -> None:
        """Add a template as a block, of which ``opening`` is the first tag."""
        self._mark("begin", opening, at)
        self._read(name)
        self._mark("end", opening and "{%\nendwith %}", at)

    def _statement(self, inside: str, at: Place) -> None:
        kind = inside.split(maxsplit=1)[0]
        if kind == "for" and inside.rsplit(maxsplit=1)[-1] == "recursive":
            kind = "for … recursive"
        found = _INCLUDE.fullmatch(inside)
        if (_QUOTED if kind in ("if", "elif") else _USED).search(inside):
            self._fault(at, _HIDDEN)
        if found:
            self._include(found, at)
        elif kind in _MARKERS:
            self._mark(_MARKERS[kind], f"{{%\n{inside}%}}", at)
        elif _ASSIGNMENT.match(inside):
            self._mark("point", f"{{%\n{inside}%}}", at)
        elif not kind.startswith("end"):
            self._fault(at, f"there is a block of the kind {kind}")

    def _value(self, inside: str, at: Place) -> None:
        value = self._templates.expression(inside)
        constant = _constant(value)
        if constant is not None:
            self._add(constant, at)
        elif isinstance(value, nodes.Getattr) and value.attr in BLOCKS:
            self._block(BLOCKS[value.attr], inside, at)
        else:
            if _USED.search(inside):
                self._fault(at, _HIDDEN)
            self._mark("value", inside, at)

    def _include(self, found: re.Match[str], at: Place) -> None:
        try:
            self._templates.tokens(found["name"])
        except TemplateError:
            if not found["may_miss"]:
                raise
            return
        if self._within()[0] in ("body", "head"):  # elsewhere it sets no names
            self._read_within(found["name"], "{%\nwith %}", at)
        else:
            self._read(found["name"])

    def _block(self, name: str, inside: str, at: Place) -> None:
        """Let a block stand where the frame prints it."""
        if name in self._reading:
            raise TemplateError(f"{at.file}:{at.line}", "a block prints itself")
        if name == CARD:  # a template by itself, of which the frame prints what it makes
            self._mark("point", f"{{{{\n{inside}}}}}", at)
            first = len(self.tags)
            self._read_within(name, "", at)
            self.cards.append(range(first, len(self.tags) - 1))
        else:
            paper = inside.rpartition(".")[0]
            opening = f"{{%\nwith paper={paper}.paper, reason={paper}.because %}}"
            self._read_within(name, opening, at)

    def _mark(self, kind: str, tag: str, at: Place) -> None:
        """Put a marker where the page ends."""
        is_value = kind == "value"
        within, attribute = self._within()
        fixed = within in ("style", "tag") or (within == "comment" and not is_value)
        if fixed or attribute in ("class", "style"):
            self._fault(at, f"the {attribute or within} is computed")
        self.computed.add(attribute)
        marker = f"jinja.{kind}.{len(self.tags)}."
        if is_value:
            marker += SPECIMEN if within == "body" else ""
        elif within not in ("title", "attribute"):
            marker = f"<!--{marker}-->"
        self.tags.append((tag, at))
        self._add(marker, at)

    def _add(self, text: str, at: Place) -> None:
        self._origins.append((len(self.text), at))
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

    def _fault(self, at: Place, reason: str) -> None:
        self.faults.append((f"{at.file}:{at.line}", reason))


_HIDDEN = "a card or a reason is not printed by itself, as {{ paper.card }}"


def _constant(value: nodes.Expr) -> str | None:
    """Return what is printed whatever the values are, escaped; None where it depends on them."""
    try:
        return str(escape(value.as_const()))
    except Exception:
        return None
