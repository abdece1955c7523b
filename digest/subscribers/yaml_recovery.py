"""Bytes of a profile file → one document, and everything that is wrong with its writing. A YAML
reader stops at the first error. Here the line at fault is reported, mended (a tab) or left out, and
the rest is read again, so that all faults show up at once."""

import re
from dataclasses import dataclass

from digest.config.messages import quoted
from digest.subscribers.yaml_document import Fault, Node, Unparsable, compose

LARGEST = 64 * 2**20  # bytes in one file; about 150,000 profiles
MOST_REPAIRS = 25  # each costs reading the file again

_UNPRINTABLE = re.compile(
    "[^\t\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]"
)
_INDENT = re.compile(r"[ \t]*(?:-[ \t]+)*")  # white space and list dashes that a line begins with
_ITEM = re.compile(r" *-(?: |$)")
_TOP_KEY = re.compile(r"\w[^#]*:(?: |$)")
_KEY = re.compile(r"\s*(?:- )?[\w-]+:(?: |$)")
_OPEN_QUOTE = re.compile(r"""\s*(?:- )*(?:\{?[\w-]+: +)?[\[{]?(?:"(?:[^"\\]|\\.)*|'[^']*)$""")
_BEGUN_BEFORE = ("flow sequence", "flow mapping", "quoted scalar", "simple key")
"""What libyaml was in the midst of when the mistake lies where that began."""

_MISFIT = "the line fits no list or mapping", "align it with the lines it belongs to"
_FAULTS = {
    "mapping values are not allowed": (
        *("a second `: ` on the line", "put text that has a colon in quotes"),
    ),
    "flow sequence": (
        "the list that begins with [ does not end, or lacks a comma",
        "add the ] or the comma; put text that has a colon in quotes",
    ),
    "flow mapping": (
        "the mapping that begins with { does not end, or lacks a comma",
        "add the } or the comma; put text that has a colon in quotes",
    ),
    "expected node content": ("a value is missing before this", "write it, or close the bracket"),
    "escape": ("an unknown escape after a \\ in double quotes", "put the text in single quotes"),
    "quoted scalar": ("the quotation mark is not closed", "close it"),
    "could not find expected ':'": ("a line without `key: `", "write `key: value`"),
    "did not find expected key": _MISFIT,
    "did not find expected '-'": _MISFIT,
    "<block end>": _MISFIT,
    "levels inside one another": ("too many levels inside one another", "flatten it"),
    "undefined tag": ("a tag, which is not read", "write the plain value"),
}
"""Words out of libyaml's and PyYAML's messages → what to say instead; the first that fits."""


@dataclass(frozen=True, slots=True)
class Document:
    """What could be read of a file. ``cut`` holds the lines left out."""

    root: Node | None
    faults: tuple[Fault, ...]
    cut: frozenset[int] = frozenset()


def read(content: bytes) -> Document:
    """The document in a file, with every fault of its writing; never raises."""
    text, faults = _text(content)
    repair = _Repair(text.split("\n"))
    for _ in range(MOST_REPAIRS):
        try:
            root, found = compose("\n".join(repair.lines))
        except Unparsable as error:
            faults.append(repair.fault(error))
        else:
            return Document(root, tuple(faults + found), frozenset(repair.cut))
    line = max(fault.line for fault in faults)
    faults.append(Fault(line, "too many mistakes up to here to read on", "mend these first"))
    return Document(None, tuple(faults), frozenset(repair.cut))


def _text(content: bytes) -> tuple[str, list[Fault]]:
    """The file as text that a YAML reader takes, with a fault for each line that was not."""
    faults = []
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        at = content.count(b"\n", 0, error.start) + 1
        faults.append(Fault(at, "not UTF-8", "save the file as UTF-8"))
        if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
            return "", faults
        text = content.decode("utf-8-sig", "replace")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    for number, line in enumerate(lines):
        if "\t" in line and (not line.strip() or line.lstrip().startswith("#")):
            # YAML 1.2 allows it there (section 6.7), libyaml does not.
            lines[number] = line.lstrip()
        if found := _UNPRINTABLE.search(line):
            what = f"the invisible character U+{ord(found[0]):04X}"
            faults.append(Fault(number + 1, what, "delete it"))
            lines[number] = _UNPRINTABLE.sub(" ", lines[number])
    return "\n".join(lines), faults


class _Repair:
    """The lines of a file, changed until they parse."""

    def __init__(self, lines: list[str]) -> None:
        self.lines = lines
        self.cut: set[int] = set()
        """1-based numbers of lines left out."""

    def fault(self, error: Unparsable) -> Fault:
        """Make ``error`` go away, and say what is at fault."""
        at = min(error.line, len(self.lines) - 1)
        while at and not self.lines[at].strip():
            at -= 1
        if "\t" in _indent(self.lines[at]):
            return _replace_tabs(self.lines, at)
        span, fault = _diagnose(self.lines, at, error)
        opening = _opening(self.lines, span.start)
        entry = _entry(self.lines, span.start, opening)
        # The dash stays, else the rest of the entry would join the one before.
        keep = opening if self.lines[span.start].startswith(opening) else ""
        if not self.cut.isdisjoint(number + 1 for number in entry):
            span, keep = entry, ""  # what is left of an entry after two errors says little
        for number in span:
            self.lines[number] = ""
            self.cut.add(number + 1)
        self.lines[span.start] = keep
        return fault


def _indent(line: str) -> str:
    found = _INDENT.match(line)
    return found[0] if found else ""


def _replace_tabs(lines: list[str], at: int) -> Fault:
    """Indent a line as the one above it suggests."""
    text = lines[at].lstrip()
    is_item = text.startswith("-")
    above = [line for line in lines[:at] if line.strip() and not line.lstrip().startswith("#")]
    width = 0
    if above:
        width = len(_indent(above[-1]))
        if above[-1].endswith(":"):
            width += 2
        elif is_item:
            items = [line for line in above if line.lstrip().startswith("-")]
            width = len(items[-1]) - len(items[-1].lstrip()) if items else 0
    lines[at] = " " * width + re.sub(r"^-\s+", "- ", text)
    remedy = f"indent with spaces only; here, it seems, {width}"
    return Fault(at + 1, "a tab in the indentation", remedy)


def _diagnose(lines: list[str], at: int, error: Unparsable) -> tuple[range, Fault]:
    """The indices of the lines to leave out, and what is wrong there."""
    for number in range(min(at, len(lines) - 2), -1, -1):
        if _OPEN_QUOTE.match(lines[number]) and _KEY.match(lines[number + 1]):
            return range(number, number + 1), Fault(number + 1, *_FAULTS["quoted scalar"])
    begin = at
    if error.begun is not None and any(words in error.context for words in _BEGUN_BEFORE):
        begin = error.begun
    message = f"{error.context} {error.problem}"
    column = lines[at][error.column : error.column + 1]
    if "cannot start" in message and column:
        what, remedy = f"a value cannot begin with {quoted(column)}", "put it in quotes"
    else:
        otherwise = (error.problem, "compare it with the lines around")
        what, remedy = next((said for w, said in _FAULTS.items() if w in message), otherwise)
    return range(begin, max(at, begin + 1)), Fault(begin + 1, what, remedy)


def _opening(lines: list[str], at: int) -> str:
    """What each item begins with of the outermost list under the top-level key above ``at``."""
    top = next((n for n in range(at, -1, -1) if _TOP_KEY.match(lines[n])), -1)
    return next((found[0] for line in lines[top + 1 :] if (found := _ITEM.match(line))), "- ")


def _entry(lines: list[str], at: int, opening: str) -> range:
    """The indices of the lines of the item that ``at`` is in."""

    def begins(number: int) -> bool:
        return lines[number].startswith(opening) or _TOP_KEY.match(lines[number]) is not None

    begin = next((number for number in range(at, 0, -1) if begins(number)), 0)
    return range(begin, next(filter(begins, range(at + 1, len(lines))), len(lines)))
