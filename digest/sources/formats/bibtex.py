"""Parses BibTeX and BibLaTeX as reference managers write it: macros, concatenation, comments. The
time it takes grows with the length of the text, and a broken entry costs no other."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

BEGIN = re.compile(r"@\s*(?P<kind>[A-Za-z]\w*)\s*(?P<open>[{(])")
NEXT_ENTRY = re.compile(r"\n[ \t]*(?=@\s*[A-Za-z]\w*\s*[{(])")
BLANK = re.compile(r"(?:\s++|%[^\n]*+)*+")
KEY = re.compile(r"[^\s,={}\"#%()@]*+")
NAME = re.compile(r"[^\s,={}\"#%()]++")
IN_BRACES = re.compile(r"\\.|[{}]|\n[ \t]*@\s*[A-Za-z]\w*\s*[{(]", re.DOTALL)
IN_QUOTES = re.compile(r"\\.|[{}\"]|\n[ \t]*@\s*[A-Za-z]\w*\s*[{(]", re.DOTALL)
MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - as names
COMMAND = re.compile(r"(?:\\[A-Za-z]+\*?\s*|\\[^A-Za-z]|[\^_}\]])$")
LONGEST_COMMAND, LONGEST_COMMENT = 30, 300  # characters that are looked back


@dataclass(slots=True)
class Entry:
    """An entry: its fields by their names in lower case, the first of several of one name."""

    line: int
    kind: str
    fields: dict[str, str] = field(default_factory=dict)
    error: str = ""


class Broken(Exception):
    """The text is no BibTeX from here on."""


def entries(text: str) -> Iterator[Entry]:
    """Yield the entries of a library in order."""
    macros = {month: month for month in MONTHS}
    position, line, counted = 0, 1, 0
    while match := BEGIN.search(text, position):
        before = text[max(0, match.start() - LONGEST_COMMENT) : match.start()]
        if "%" in before.rpartition("\n")[2]:
            position = match.end()  # it is commented out
            continue
        line += text.count("\n", counted, match.start())
        counted = match.start()
        kind = match["kind"].lower()
        entry = Entry(line, kind)
        try:
            if kind == "comment":
                position = _skipped(text, match.end())
                continue
            position = _read(text, match.end(), entry, macros)
        except Broken as error:
            entry.error = str(error)
            next_entry = NEXT_ENTRY.search(text, match.end())
            position = next_entry.end() if next_entry else len(text)
        if kind == "string":
            macros |= entry.fields
        elif kind != "preamble" or entry.error:
            yield entry


def _skipped(text: str, start: int) -> int:
    """Where a comment ends that begins before ``start``: at its brace, else at its line."""
    try:
        return _braced(text, start)
    except Broken:
        end = text.find("\n", start)
        return len(text) if end < 0 else end


def _read(text: str, start: int, entry: Entry, macros: dict[str, str]) -> int:
    """Read the fields of an entry; return where it ends.

    Raises:
        Broken: The entry does not end, or is no list of fields.
    """
    position = _blank(text, start)
    if entry.kind == "preamble":
        return _blank(text, _value(text, position, macros)[1]) + 1
    key = KEY.match(text, position)
    end = _blank(text, key.end()) if key else position
    if text[end : end + 1] == ",":  # after the key of the entry; without one, a field follows
        position = end + 1
    elif text[end : end + 1] in ("}", ")"):
        return end + 1
    while True:
        position = _blank(text, position)
        sign = text[position : position + 1]
        if sign in ("}", ")"):
            return position + 1
        if sign == ",":
            position += 1
            continue
        name = NAME.match(text, position)
        equals = _blank(text, name.end()) if name else position
        if not name or text[equals : equals + 1] != "=":
            raise Broken("this entry cannot be read")
        value, position = _value(text, _blank(text, equals + 1), macros)
        entry.fields.setdefault(name[0].lower(), value)


def _value(text: str, position: int, macros: dict[str, str]) -> tuple[str, int]:
    """The value that begins at ``position``, joined from its parts, and where it ends."""
    parts: list[str] = []
    while True:
        sign = text[position : position + 1]
        if sign == "{":
            end = _braced(text, position + 1)
            parts.append(text[position + 1 : end - 1])
        elif sign == '"':
            end = _quoted(text, position + 1)
            parts.append(text[position + 1 : end - 1])
        elif word := NAME.match(text, position):
            end = word.end()
            parts.append(macros.get(word[0].lower(), word[0]))
        else:
            raise Broken("this entry has a field without a value")
        position = _blank(text, end)
        if text[position : position + 1] != "#":
            return "".join(parts), position
        position = _blank(text, position + 1)


def _blank(text: str, position: int) -> int:
    """Where white space and comments end."""
    match = BLANK.match(text, position)
    return match.end() if match else position


def _braced(text: str, start: int) -> int:
    """The position after the brace that closes the one before ``start``."""
    depth = 1
    for match in IN_BRACES.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0][0] == "\n":
            break
        if depth == 0:
            return match.end()
    raise Broken("this entry has a brace that is not closed")


def _quoted(text: str, start: int) -> int:
    """The position after the quotation mark that closes the one before ``start``."""
    depth = 0
    for match in IN_QUOTES.finditer(text, start):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0][0] == "\n":
            break
        if match[0] == '"' and depth <= 0:
            return match.end()
    raise Broken("this entry has a quotation mark that is not closed")


def without_braces(value: str) -> str:
    """``value`` without the braces that only protect capitals; those of commands, accents and
    formulas stay."""
    pieces: list[str] = []
    kept: list[bool] = []
    in_math = False
    position = 0
    for match in re.finditer(r"\\.|[{}$]", value, re.DOTALL):
        pieces.append(value[position : match.start()])
        position, sign = match.end(), match[0]
        if sign == "$":
            in_math = not in_math
        if sign == "{":
            before = value[max(0, match.start() - LONGEST_COMMAND) : match.start()]
            is_kept = in_math or value.startswith("\\", match.end()) or bool(COMMAND.search(before))
            kept.append(is_kept)
            sign = sign if is_kept else ""
        elif sign == "}":
            sign = sign if kept and kept.pop() else ""
        pieces.append(sign)
    return "".join(pieces) + value[position:]


def people(value: str) -> list[str]:
    """The names in a value of ``author``, each as ``Given Surname``; ``others`` is nobody."""
    names: list[str] = []
    depth, position = 0, 0
    for match in re.finditer(r"\\.|[{}]|(?<!\s)\s++and\s+", f"{value} and ", re.DOTALL):
        if match[0] in ("{", "}"):
            depth += 1 if match[0] == "{" else -1
        elif match[0][0] != "\\" and depth <= 0:
            names.append(value[position : match.start()].strip())
            position = match.end()
    return [_natural(name) for name in names if name and name.lower() != "others"]


def _natural(name: str) -> str:
    if name.startswith("{") and name.endswith("}"):  # a group, whose name may have commas
        return without_braces(name)
    surname, *given = (without_braces(part).strip() for part in name.split(","))
    return " ".join(filter(None, (*reversed(given[-1:]), surname, *given[:-1])))
