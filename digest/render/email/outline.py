"""What a page is made of, as far as it decides which rules of a style sheet hold where. A page made
of template sources has *markers* in the places of what a template does: of a value that it prints,
and of where a block begins, goes on with another branch, and ends."""

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser

from digest.render.excerpt import RICH_TAGS

SPECIMEN = "".join(f"<{tag}>.</{tag}>" for tag in RICH_TAGS)
"""Stands behind a value for the elements that it may hold, to see how they are styled."""
_SPECIMENS = "".join(f"(<{tag}(?: [^<>]*)?>)\\.</{tag}>" for tag in RICH_TAGS)
MARKER = re.compile(
    rf"<!--jinja\.(?:begin|next|end)\.\d+\.-->|jinja\.(?:begin|next|end)\.\d+\."
    rf"|jinja\.value\.\d+\.(?:{_SPECIMENS})?"
)
_NAME = re.compile(r"jinja\.[a-z]+\.\d+\.")
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[^{;]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SELECTORS = re.compile(r"([^{}]+)\{[^{}]*\}")
_BY_SIBLINGS = re.compile(r"[+~]|:(?:nth|first|last|only|empty|not|has|is|where)\b")
_BY_ATTRIBUTE = re.compile(r"\[\s*([\w-]+)|(#)")

Fault = tuple[int, str]
"""A place in the page, and why its style is not known before there are values."""


class Outline(HTMLParser):
    """The elements and markers of a page in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.events: list[str] = []
        self.offsets: list[int] = []  # where in the page each event is
        self.faults: list[Fault] = []
        self.styles: list[Fault] = []  # the style sheets, each with its place in the page
        self._lines = [0, *(found.end() for found in re.finditer("\n", page))]
        self._open: list[tuple[str, int]] = []  # the elements that are open, and where they begin
        self._blocks: list[int] = []  # how many elements were open where each block began
        self.feed(page)
        self.close()
        self._leave(0)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element, and the markers in its attributes."""
        if tag not in _VOID:
            self._open.append((tag, self._offset()))
        if tag == "style":
            return
        self._note(f"<{tag}>")
        for name, value in attrs:
            self._note_markers(value or "", f"{name}=")

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note an element that is written ``<br/>``."""
        self.handle_starttag(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        """Note the end of an element."""
        if tag in _VOID:
            return
        if tag != "style":
            self._note(f"</{tag}>")
        least = self._blocks[-1] if self._blocks else 0
        for depth in reversed(range(least, len(self._open))):
            if self._open[depth][0] == tag:
                self._leave(depth + 1)
                self._open.pop()
                return
        self.faults.append((self._offset(), f"</{tag}> closes nothing that begins in this block"))

    def handle_data(self, data: str) -> None:
        """Note the markers in a text; keep a style sheet."""
        if self._open and self._open[-1][0] == "style":
            self.styles.append((self._offset(), data))
        else:
            self._note_markers(data)

    def handle_comment(self, data: str) -> None:
        """Note a marker of a block; what it holds must be whole elements."""
        self._note_markers(data, "<!--")
        kind = data.split(".")[1] if _NAME.fullmatch(data) else ""
        if kind == "begin":
            self._blocks.append(len(self._open))
        elif kind and self._blocks:
            self._leave(self._blocks[-1])
            if kind == "end":
                self._blocks.pop()

    def _note_markers(self, text: str, where: str = "") -> None:
        for name in _NAME.findall(text):
            self._note(where + name)

    def _note(self, event: str) -> None:
        self.events.append(event)
        self.offsets.append(self._offset())

    def _leave(self, depth: int) -> None:
        """Tell the elements that should have been closed by now."""
        for tag, at in self._open[depth:]:
            self.faults.append((at, f"<{tag}> is not closed in the block in which it begins"))
        del self._open[depth:]

    def _offset(self) -> int:
        line, column = self.getpos()
        return self._lines[line - 1] + column


def selector_faults(style: str, computed: Collection[str]) -> Iterator[Fault]:
    """Yield the selectors whose match can depend on values. ``computed`` are the attributes that
    do. Rules inside ``@media`` are not written into elements."""
    for pattern in (_COMMENT, _AT_RULE):
        style = pattern.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), style)
    for found in _SELECTORS.finditer(style):
        at = found.start()
        for selector in found[1].split(","):
            place = at + len(selector) - len(selector.lstrip())
            said = " ".join(selector.split())
            names = {name or "id" for name, _ in _BY_ATTRIBUTE.findall(selector)}
            if _BY_SIBLINGS.search(selector):
                yield place, f"a rule selects by siblings or position: {said}"
            elif names & set(computed):
                yield place, f"a rule selects by an attribute that is computed: {said}"
            at += len(selector) + 1
