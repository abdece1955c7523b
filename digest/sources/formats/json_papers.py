"""Reads papers from JSON of every known form: answers of the APIs of catalogues, archives of such
answers, JSON Lines, and CSL JSON. ``catalogues`` has the forms of single papers."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, NamedTuple

from digest.errors import DumpError
from digest.model import Problem, Record
from digest.sources.formats import json_shapes
from digest.sources.formats.catalogues import format_of
from digest.sources.formats.fields import BESIDE_PAPERS, Fields, flat
from digest.sources.formats.json_values import CUT_OFF, Element, day, is_object, string, value_of
from digest.sources.formats.server_errors import error_in
from digest.sources.formats.values import text_in
from digest.sources.records import BadRecord, File, Reading

FETCH_AGAIN = "fetch the answer again if the paper is missing"
NAME_THE_KEY = "call this key “abstract” in the file, if the abstracts are there"
LISTS = (
    ("papers", "daily-papers"),
    ("results", "openalex"),
    ("collection", "biorxiv"),
    ("notes", "openreview"),
    ("data", "semantic-scholar"),
    ("message", "csl"),
    ("result", "dblp"),
)
"""The keys of API answers, which may list nothing: for these, that is no error."""
SIBLINGS = json_shapes.names("papers meta messages count total offset token next status")
NOT_A_LIST = (
    (
        {"esearchresult"},
        "an answer of PubMed's esearch, which has ids only",
        "fetch them by efetch",
    ),
    ({"FeatureCollection"}, "GeoJSON", ""),
)
IN_MESSAGE = 5  # keys that a message names


class Bare(NamedTuple):
    """An object with a title and nothing that only papers have."""

    line: int
    item: dict[str, Any]


@dataclass(slots=True)
class Found:
    """What was found in one array of a file, or beside all arrays."""

    entries: list[Record | Bare] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    formats: Counter[str] = field(default_factory=Counter)
    days: list[date] = field(default_factory=list)
    unread: Counter[str] = field(default_factory=Counter)
    """The keys of long texts of papers without an abstract."""
    unread_line: int = 0
    others: Counter[str] = field(default_factory=Counter)
    """The keys of what is no paper."""


def read(file: File) -> Reading | None:
    """Read the papers of a file in JSON; None if it is no JSON.

    Raises:
        DumpError: It is JSON, but an error of a server or no list of papers.
    """
    groups: dict[int, Found] = {}
    is_cut = False
    for element in json_shapes.walk(file.text, file.line):
        group = groups.setdefault(element.array, Found())
        is_cut = is_cut or element.error == CUT_OFF
        for each in _expanded(element):
            _take(each, group, file.name)
    read_groups = [group for group in groups.values() if group.formats]
    if not read_groups:
        return _without_papers(file, groups)
    records = [record for group in read_groups for record in _records(group, file.name)]
    problems = [problem for group in read_groups for problem in _problems(group, file.name)]
    tomorrow = file.arrived.date() + timedelta(days=1)
    days = [each for group in read_groups for each in group.days if each <= tomorrow]
    formats = sum((group.formats for group in read_groups), Counter[str]())
    name = formats.most_common(1)[0][0]
    is_incomplete = is_cut or len(problems) > len(records)
    listed = max(days, default=None)
    return Reading(name, listed, tuple(records), tuple(problems), is_incomplete)


def _expanded(element: Element) -> list[Element]:
    """The element, or the papers listed in it if it is itself an answer that lists papers."""
    if element.error or format_of(element.value):
        return [element]
    inner = json_shapes.inside(element.value, lambda each: format_of(each) is not None)
    return [Element(element.line, each, "", element.array) for each in inner] or [element]


def _take(element: Element, group: Found, name: str) -> None:
    item = element.value
    found = None if element.error else format_of(item)
    if found is None:
        if is_object(item) and not element.error:
            group.others.update(list(item)[:50])
            fields = Fields(item)
            if fields.text(("itemtype",)) in BESIDE_PAPERS:
                return
            if fields.title():
                group.entries.append(Bare(element.line, item))
                return
        what = element.error or "it is not an object that describes a paper"
        if is_object(item):
            what = "a paper without a title"
        group.problems.append(Problem(f"{name}:{element.line}", what, FETCH_AGAIN))
        return
    form, mapper = found
    group.formats[form] += 1
    try:
        record = mapper(item, element.line)
    except BadRecord as error:
        group.problems.append(Problem(f"{name}:{element.line}", str(error), FETCH_AGAIN))
        return
    group.entries.append(record)
    if form == "daily-papers" and (listed := _listed(item)):
        group.days.append(listed)
    if not record.abstract and (key := Fields(item).unread_text()):
        group.unread[key] += 1
        group.unread_line = group.unread_line or element.line


def _listed(item: dict[str, Any]) -> date | None:
    paper = item["paper"] if is_object(item.get("paper")) else item
    return day(paper.get("submittedOnDailyAt")) or day(item.get("publishedAt"))


def _records(group: Found, name: str) -> Iterator[Record]:
    """The records of a group; among papers, an object that has only a title is a paper too."""
    for entry in group.entries:
        if isinstance(entry, Record):
            yield entry
            continue
        try:
            yield flat(entry.item, entry.line)
        except BadRecord as error:
            group.problems.append(Problem(f"{name}:{entry.line}", str(error), FETCH_AGAIN))


def _problems(group: Found, name: str) -> list[Problem]:
    """The problems of a group, and one for each key that abstracts may stand under unread."""
    unread = [
        Problem(
            f"{name}:{group.unread_line}",
            f"no abstract was read of {number:,} papers, which have a long text under “{key}”",
            NAME_THE_KEY,
        )
        for key, number in group.unread.items()
    ]
    return [*group.problems, *unread]


def _without_papers(file: File, groups: dict[int, Found]) -> Reading | None:
    """The reading of an answer that lists nothing; None if it is no JSON.

    Raises:
        DumpError: It is an error of a server, or no list of papers.
    """
    if file.text.strip().rstrip("]").rstrip() == "[":
        return Reading("daily-papers", None, (), ())
    keys = sum((group.others for group in groups.values()), Counter[str]())
    try:
        value = value_of(file.text)
    except ValueError:
        if keys:
            raise _refusal(keys, 0) from None
        return None
    if error := error_in(value):
        raise DumpError(f"it is an error message of a server: “{error}”", "fetch it again")
    if is_object(value):
        for key, form in LISTS:
            if _is_empty_list(value, key):
                return Reading(form, None, (), ())
        keys = keys or Counter(list(value))
    raise _refusal(keys, len(value) if isinstance(value, list) else 0)


def _is_empty_list(answer: dict[str, Any], key: str) -> bool:
    """Whether an answer of an API says that it found nothing."""
    listed = answer.get(key)
    if is_object(listed):
        inner = listed.get("items")
        hits = listed.get("hits")
        return inner == [] or (is_object(hits) and string(hits.get("@total")) == "0")
    return listed == [] and not SIBLINGS.isdisjoint(answer)


def _refusal(keys: Counter[str], size: int) -> DumpError:
    named = ", ".join(f"“{text_in(key)[:30]}”" for key, _ in keys.most_common(IN_MESSAGE))
    for own, what, remedy in NOT_A_LIST:
        if own & keys.keys():
            return DumpError(f"it is {what}", remedy)
    what = f"objects with the keys {named}" if named else f"{size:,} values without keys"
    return DumpError(
        f"it is JSON, but no list of papers: {what}",
        "each paper has to be an object with “title”, and “abstract”, “authors”, “arxiv” or “doi”",
    )
