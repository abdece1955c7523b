"""Reads arXiv's listing pages and search results as copied text, and its daily mail."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from digest.model import Problem, Record, Standing
from digest.sources import people, subjects
from digest.sources.code_links import first_repository
from digest.sources.formats.values import any_day
from digest.sources.links import arxiv_id, doi
from digest.sources.records import BadRecord, File, Reading, record
from digest.text.subjects import is_arxiv_category

PAGE = "https://arxiv.org/abs/"
HEAD = re.compile(
    r"[ \t>*|-]{0,10}(?:\[\d{1,6}\][ \t]*){0,3}(?:\[?arxiv:[ \t]?)"
    r"(?P<id>\d{4}\.\d{4,5}(?:v\d{1,3})?|[a-z-]{2,12}(?:\.[A-Z]{2})?/\d{7}(?:v\d{1,3})?)\]?(?P<rest>.*)",
    re.IGNORECASE,
)
LABEL = re.compile(
    r"[ \t>*|]{0,12}(?P<label>Title|Authors?|Comments?|Subjects?|Categories|Journal-ref|Report-no"
    r"|Date|DOI|Related DOI|MSC-class(?:es)?|ACM-class(?:es)?|Abstract|License|Proxy|Submitted)"
    r"[ \t]*(?:\((?P<note>[^()\n]{0,40})\))?[ \t]*:[ \t]*(?P<value>.*)",
    re.IGNORECASE,
)
RULE = re.compile(r"\s*(?:-{10,}|\\\\.*|%-%.*|={10,})\s*$")
MAIL_RULE = re.compile(r"^\\\\", re.MULTILINE)
LISTED = re.compile(
    r"(?:listings? for|submissions for|received from .{10,60}? to)\s+(?P<day>[A-Za-z]{3,9},? "
    r"\d{1,2} [A-Za-z]{3,9} \d{2,4})|^\s*(?P<head>[A-Z][a-z]{2}, \d{1,2} [A-Z][a-z]{2} \d{4})\b",
    re.MULTILINE,
)
TOTAL = re.compile(r"^\s*Total of (\d{1,6}) entries", re.MULTILINE)
SHORT_YEAR = re.compile(r"\b(\d{2})$")
SECTION = re.compile(
    r"\s*(?:(?:New|Cross|Replacement) submissions?\b.*|Cross-?lists?\b.*|Replacements\b.*"
    r"|(?:[A-Z][a-z]{2}, )?\d{1,2} [A-Z][a-z]{2} \d{4}(?: \(.*)?"
    r"|Total of \d.*|Showing (?:up to )?\d.*|\(?showing .*|Links to:.*|About$)"
)
TAG = r"(?:[a-z-]{2,12}(?:\.[A-Za-z-]{2,10})?|doi|10\.\d{4,}\S{1,100}|\[[^\]]{0,60}\])"
TAGS = re.compile(rf"\s*{TAG}(?:\s+{TAG}){{0,20}}\s*")
AFTER_SEARCH = re.compile(r"\s*(?:Submitted \d{1,2} [A-Z][a-z]+|△ Less|originally announced)")
REPLACED = re.compile(r"\breplace[d-]?", re.IGNORECASE)
WITHDRAWN = re.compile(r"\bwithdrawn\b", re.IGNORECASE)
BUTTONS = re.compile(r"\s*(?:△ Less|▽ More)\s*$|…\s*▽ More")
LOOKS_LIKE_ENTRY = 4  # lines after a head, within which a label or a rule has to stand


@dataclass(slots=True)
class Entry:
    """A paper as the lines of a listing give it."""

    number: str
    line: int
    head: str
    values: dict[str, list[str]] = field(default_factory=dict)
    notes: dict[str, str] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    """What stands under no label: the abstract, and authors or a title without a label."""


def read(file: File) -> Reading | None:
    """Read the papers of a listing or mail; None if it is neither."""
    lines = file.text.split("\n")
    heads = [n for n, line in enumerate(lines) if HEAD.match(line) and _is_head(lines, n)]
    if not heads:
        return None
    is_mail = bool(MAIL_RULE.search(file.text))
    records: list[Record] = []
    problems: list[Problem] = []
    for start, end in zip(heads, [*heads[1:], len(lines)], strict=True):
        entry = _entry(lines, start, end)
        try:
            records.append(_mail_record(entry) if is_mail else _page_record(entry))
        except BadRecord as error:
            where = f"{file.name}:{entry.line}"
            problems.append(Problem(where, f"{error}: arXiv {entry.number}", "copy the list again"))
    total = TOTAL.search(file.text)
    is_incomplete = len(problems) > len(records)
    name = "arxiv-mail" if is_mail else "arxiv-listing"
    if total and "Showing" not in file.text and int(total[1]) > len(heads):
        is_incomplete = True
    return Reading(name, _listed(file.text), tuple(records), tuple(problems), is_incomplete)


def _is_head(lines: list[str], start: int) -> bool:
    """Whether a line with an id begins an entry, rather than being part of a text."""
    if "[pdf" in lines[start] or "(replaced)" in lines[start]:
        return True
    following = lines[start + 1 : start + 1 + LOOKS_LIKE_ENTRY]
    return any(
        match["label"].lower() in ("title", "date", "authors")
        for match in map(LABEL.match, following)
        if match
    )


def _entry(lines: list[str], start: int, end: int) -> Entry:
    head = HEAD.match(lines[start])
    assert head  # noqa: S101 - the line was found by it
    number = arxiv_id(head["id"]) or head["id"]
    entry = Entry(number, start + 1, head["rest"])
    label, indent, rules = "", 0, 0
    for line in lines[start + 1 : end]:
        if RULE.fullmatch(line):
            rules += 1
            label = ""
            if rules > 1 or line.lstrip().startswith(("---", "===")):
                break  # the rule after the abstract
            continue
        if SECTION.fullmatch(line) or AFTER_SEARCH.match(line):
            label = ""
            if entry.text or "Title" in entry.values:
                break
            continue
        if match := LABEL.fullmatch(line) if not rules else None:
            label = match["label"].capitalize().rstrip("s")
            entry.values.setdefault(label, []).append(match["value"])
            entry.notes[label] = match["note"] or ""
            indent = _indent(line)
            continue
        if not line.strip():
            label = label if label in ("Title", "Abstract") and not any(entry.values[label]) else ""
            entry.text.append("")
        elif label and (
            _indent(line) >= indent + 2 or not any(entry.values[label]) or label == "Abstract"
        ):
            entry.values[label].append(line)
        else:
            label = ""
            entry.text.append(line)
    return entry


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _value(entry: Entry, label: str) -> str:
    return " ".join(part.strip() for part in entry.values.get(label, ())).strip()


def _mail_record(entry: Entry) -> Record:
    standing: Standing | None = "revised" if REPLACED.search(_first_text(entry)) else None
    if "revised" in entry.notes.get("Date", ""):
        standing = "revised"
    text = [line for line in entry.text if not REPLACED.match(line.strip())]
    return _record(entry, _value(entry, "Title"), _value(entry, "Author"), text, standing)


def _first_text(entry: Entry) -> str:
    return entry.head + next((line for line in entry.text if line.strip()), "")


def _page_record(entry: Entry) -> Record:
    """The record of an entry whose authors, and sometimes title, stand under no label."""
    lines = list(entry.text)
    title = _value(entry, "Title")
    while lines and (not lines[0].strip() or (not title and TAGS.fullmatch(lines[0]))):
        entry.head += f" {lines.pop(0)}"
    if not title and lines:
        title = lines.pop(0)
    authors = _value(entry, "Author")
    while lines and not lines[0].strip():
        lines.pop(0)
    if not authors and lines and "Author" not in entry.values:
        authors = lines.pop(0)
        while authors.rstrip().endswith(",") and lines:
            authors += lines.pop(0)
    abstract = entry.values.get("Abstract") or lines
    standing: Standing | None = "revised" if REPLACED.search(entry.head) else None
    return _record(entry, title, authors, abstract, standing)


def _record(
    entry: Entry, title: str, authors: str, text: list[str], standing: Standing | None
) -> Record:
    comments = _value(entry, "Comment")
    if WITHDRAWN.search(comments):
        standing = "withdrawn"
    return record(
        title,
        [BUTTONS.sub("", paragraph) for paragraph in _paragraphs(text)],
        line=entry.line,
        authors=people.split(authors),
        published=_day(_value(entry, "Date")),
        url=PAGE + entry.number,
        arxiv_id=entry.number,
        doi=doi(_value(entry, "Doi")) or doi(_value(entry, "Related doi")),
        venue=_value(entry, "Journal-ref"),
        standing=standing,
        code=first_repository(comments),
        categories=[*_subjects(entry), *filter(is_arxiv_category, entry.head.split())],
    )


def _subjects(entry: Entry) -> list[str]:
    return subjects.split(_value(entry, "Subject") or _value(entry, "Categorie"))


def _paragraphs(lines: list[str]) -> Iterator[str]:
    """The paragraphs of an abstract; in a mail, an indented line begins a new one."""
    gathered: list[str] = []
    for line in lines:
        if gathered and not line.strip():
            yield "\n".join(gathered)
            gathered = []
        elif line.strip():
            gathered.append(line.strip())
    if gathered:
        yield "\n".join(gathered)


def _day(text: str) -> date | None:
    return any_day(text.partition("(")[0].strip())


def _listed(text: str) -> date | None:
    """The latest day that the list names as its own."""
    found = (match["day"] or match["head"] for match in LISTED.finditer(text))
    days = (
        any_day(SHORT_YEAR.sub(r"20\1", each) if SHORT_YEAR.search(each[-3:]) else each)
        for each in found
    )
    return max(filter(None, days), default=None)
