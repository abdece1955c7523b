"""What a page is made of, as far as it decides which rules of a style sheet hold where. A page made
of template sources has *markers* in the places of what a template does: of a value that it prints,
of where a block begins, goes on with another branch and ends, and of other tags (``point``)."""

import re
from collections.abc import Collection, Iterator
from html.parser import HTMLParser
from itertools import takewhile

from digest.render.excerpt import RICH_TAGS

SPECIMEN = "".join(f"<{tag}>.</{tag}>" for tag in RICH_TAGS)
"""Stands behind a value for the elements that it may hold, to see how they are styled."""
_SPECIMENS = "".join(f"(<{tag}(?: [^<>]*)?>)\\.</{tag}>" for tag in RICH_TAGS)
_BLOCK = r"jinja\.(?:begin|next|end|point)\.\d+\."
MARKER = re.compile(rf"<!--{_BLOCK}-->|{_BLOCK}|(?P<value>jinja\.value\.\d+\.)(?:{_SPECIMENS})?")
_NAME = re.compile(r"jinja\.[a-z]+\.\d+\.")
_VOID = frozenset(
    "area base br col embed hr img input link meta param source track wbr".split()  # noqa: SIM905
)
_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_AT_RULE = re.compile(r"@[^{;]*(?:;|\{(?:[^{}]*\{[^{}]*\})*[^{}]*\})")
_SELECTORS = re.compile(r"([^{}]+)\{[^{}]*\}")
_BY_SIBLINGS = re.compile(r"[+~]|:(?:nth|first|last|only|empty|not|has|is|where)\b")
_BY_ATTRIBUTE = re.compile(r"\[\s*([\w-]+)|(#)")

Fault = tuple[int, str]  # a place in the page, and why its style depends on values


class Outline(HTMLParser):
    """The elements and markers of a page in their order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.events: list[str] = []
        self.offsets: list[int] = []  # where in the page each event is
        self.faults: list[Fault] = []
        self.styles: list[Fault] = []  # the style sheets, each with its place in the page
        self._lines = [0, *(found.end() for found in re.finditer("\n", page))]
        self._open: list[tuple[str, int]] = []  # open elements, and blocks (""); where they begin
        self.feed(page)
        self.close()
        self._leave("")

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
        in_block = takewhile(bool, (name for name, _ in reversed(self._open)))
        if tag in in_block:
            self._leave(tag)
            self._open.pop()
        else:
            fault = f"</{tag}> closes nothing that begins in this block"
            self.faults.append((self._offset(), fault))

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
        if kind in ("next", "end"):
            self._leave("")
        if kind == "begin":
            self._open.append(("", self._offset()))
        elif kind == "end" and self._open:
            self._open.pop()

    def _note_markers(self, text: str, where: str = "") -> None:
        for name in _NAME.findall(text):
            self._note(where + name)

    def _note(self, event: str) -> None:
        self.events.append(event)
        self.offsets.append(self._offset())

    def _leave(self, name: str) -> None:
        """Tell the elements that should have been closed before one, or a block, of this name."""
        while self._open and self._open[-1][0] != name:
            tag, at = self._open.pop()
            self.faults.append((at, f"<{tag}> is not closed in the block in which it begins"))

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
