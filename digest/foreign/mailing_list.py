"""Lists of addresses as CSV: the export of listmonk, and those of Mailchimp, Buttondown, Substack
and others. Nobody is taken over who has not asked for mail, or who has asked for no more."""

import csv
import io
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import available_timezones

from digest.foreign import words
from digest.foreign.people import Person, Report, content, not_this
from digest.text.clean import one_line

_WANTED = "export the list as CSV, with a first line of column names, one of them `email`"
_EMAIL = ("email", "email address", "e mail", "e mail address", "subscriber email")
_NAMES = (("name",), ("full name",), ("subscriber name",), ("first name", "last name"))
_INTERESTS = ("interests", "topics", "subjects", "keywords", "categories", "groups", "tags")
_ATTRIBUTES = ("attributes", "attribs", "metadata")
_STATES = (
    *("status", "subscription status", "subscriber status", "email status", "state"),
    *("email subscription status", "marketing status", "optin status"),
)
_ACTIVE = (
    *("subscribed", "active", "enabled", "confirmed", "regular", "premium", "paid", "free"),
    *("gifted", "trialed", "yes", "true", "1"),
)
_TYPES = ("type", "subscriber type")
_NOT_WANTED = (
    *("unsubscribed", "unactivated", "unconfirmed", "pending", "removed", "blocked"),
    *("blocklisted", "complained", "disabled", "undeliverable", "bounced", "cleaned", "spammy"),
)
_GONE = (
    *("unsub time", "unsubscribed at", "unsubscribed on", "unsubscribe date"),
    *("unsubscription date", "unsubscribed", "email disabled", "clean time", "cleaned at"),
    *("bounced at", "undeliverability date", "undeliverable"),
)
_NO = ("", "false", "no", "0", "null", "none", "nan", "-")
_SILENT = re.compile(
    r"uuid|id|.* id|created at|updated at|.*(?:time|date)|member rating|.*\bip|euid|leid|latitude"
    r"|longitude|gmtoff|dstoff|cc|region|last changed|notes|utm .*|referrer url|first name"
    r"|last name|name|source|expiry|plan|active subscription|.* enabled|.*opens?|.*clicks?"
)
"""Columns that say nothing of what a reader wants."""
_NOT_WORD = re.compile(r"[^a-z0-9]+")
_SPLIT = re.compile(r"\s*[;|]\s*")


def people(path: Path, report: Report) -> Iterator[Person]:
    """Those who get mail from the list. Raises ConfigError where it is no such file."""
    rows = _rows(path, report)
    _, first = next(rows, (0, []))
    columns = [_NOT_WORD.sub(" ", cell.casefold()).strip() for cell in first]
    address = next((name for name in _EMAIL if name in columns), None)
    if address is None:
        raise not_this(path, "CSV without a column of addresses", _WANTED)
    for line, row in rows:
        cells = {
            key: one_line(cell) for key, cell in zip(columns, row, strict=False) if cell.strip()
        }
        if not cells:
            continue
        if why := _why_not(cells):
            report.tell(line, f"left out: {why}", "who wants the digest can be added by hand")
        elif not cells.get(address):
            report.tell(line, "left out: a line without an address")
        else:
            yield _person(line, cells, cells[address], report)


def _why_not(cells: Mapping[str, str]) -> str | None:
    """Why somebody must get no mail; None: they may."""
    for column, cell in cells.items():
        value = cell.casefold()
        if column in _STATES and value not in _ACTIVE:
            return f"the column {words.shown(column)} says {words.shown(value)}"
        if column in _TYPES and value in _NOT_WANTED:
            return f"the column {words.shown(column)} says {words.shown(value)}"
        if column in _GONE and value not in _NO:
            return f"the column {words.shown(column)} is filled in"
    return None


def _person(line: int, cells: Mapping[str, str], address: str, report: Report) -> Person:
    found: dict[str, Any] = {}
    for column, cell in cells.items():
        if column in _ATTRIBUTES:
            found |= _attributes(line, cell, report)
        else:
            found[column] = cell
    tags = [tag for key in _INTERESTS if key in found for tag in _split(found[key])]
    interests, left = words.phrases(tags)
    for tag in left:
        report.tell(line, f"{words.shown(tag)} names no subject")
    entry: dict[str, Any] = {"email": address}
    names = (" ".join(str(found.get(key, "")) for key in keys).strip() for keys in _NAMES)
    if name := next(filter(None, names), ""):
        entry["name"] = name
    if (zone := found.get("timezone")) and zone in _zones():
        entry["timezone"] = zone
    if interests:
        entry["interests"] = interests
    known = {*_EMAIL, *_INTERESTS, *_STATES, *_TYPES, *_GONE, "timezone"}
    for key in found.keys() - known:
        if not _SILENT.fullmatch(key):
            report.tell(line, f"{words.shown(key)} has no place in a profile")
    return Person(f"{report.file}:{line}", address, entry)


@cache
def _zones() -> set[str]:
    return available_timezones()  # it reads many files


def _attributes(line: int, cell: str, report: Report) -> dict[str, Any]:
    """What listmonk keeps of a subscriber beside name and address, as JSON."""
    try:
        found = json.loads(cell)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        report.tell(line, "the attributes are no JSON object", "they are left out")
        return {}
    return {_NOT_WORD.sub(" ", key.casefold()).strip(): value for key, value in found.items()}


def _split(value: object) -> Iterator[str]:
    """The items of a list, of a cell with ``;`` or ``|``, or of one with commas and quotes."""
    if isinstance(value, list):
        yield from (each for each in value if isinstance(each, str))
    elif isinstance(value, str) and _SPLIT.search(value):
        yield from filter(None, _SPLIT.split(value))
    elif isinstance(value, str):
        for row in csv.reader([value], skipinitialspace=True):
            yield from filter(None, map(str.strip, row))


def _rows(path: Path, report: Report) -> Iterator[tuple[int, Sequence[str]]]:
    """The rows of a table, each with the number of its first line."""
    text = _decoded(content(path), report)
    head = text.partition("\n")[0]
    delimiter = max(",;\t", key=head.count)
    begin = 1
    table = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in table:
            yield begin, row
            begin = table.line_num + 1
    except csv.Error as error:
        report.tell(begin, f"the list is read no further: {error}", "save the file as CSV again")


def _decoded(data: bytes, report: Report) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        report.tell(line, "not UTF-8: the file is read as Windows-1252", "look at the names")
        return data.decode("cp1252", "replace")
