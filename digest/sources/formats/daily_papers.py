"""Reads responses of the Hugging Face daily-papers API: an array with an object for each paper."""

from datetime import date, timedelta
from typing import Any

from digest.model import Problem, Record
from digest.sources.formats import json_values
from digest.sources.formats.json_values import Element, count, day, is_object, names, string
from digest.sources.links import arxiv_id
from digest.sources.records import BadRecord, File, Reading, record

PAPER_PAGE = "https://huggingface.co/papers/"
FETCH_AGAIN = "fetch the answer again if the paper is missing"


def read(file: File) -> Reading | None:
    """Read the papers of a response; None if no element of the array is a paper. An empty array is
    a valid response: the page lists nothing at weekends."""
    records: list[Record] = []
    problems: list[Problem] = []
    days: list[date] = []
    is_answer = file.text.strip().rstrip("]").rstrip() == "["
    for element in json_values.elements(file.text):
        is_answer = is_answer or (is_object(element.value) and "title" in _paper(element.value))
        try:
            records.append(_record(element))
        except BadRecord as error:
            problems.append(Problem(f"{file.name}:{element.line}", str(error), FETCH_AGAIN))
        else:
            days += filter(None, [_listed(element.value)])
    if not is_answer:
        return None
    possible = [each for each in days if each <= file.arrived.date() + timedelta(days=1)]
    return Reading("daily-papers", max(possible, default=None), tuple(records), tuple(problems))


def _paper(item: dict[str, Any]) -> dict[str, Any]:
    """The object of the paper itself, which may be inside an object about its place in a list."""
    inner = item.get("paper")
    return inner if is_object(inner) else item


def _listed(item: dict[str, Any]) -> date | None:
    return day(_paper(item).get("submittedOnDailyAt")) or day(item.get("publishedAt"))


def _record(element: Element) -> Record:
    item = element.value
    if element.error or not is_object(item):
        raise BadRecord(element.error or "it is not an object that describes a paper")
    paper = _paper(item)
    authors = paper.get("authors")
    number = arxiv_id(paper.get("id"))
    return record(
        string(paper.get("title")) or string(item.get("title")),
        [string(paper.get("summary")) or string(item.get("summary"))],
        line=element.line,
        authors=names(authors),
        author_count=len(authors) if isinstance(authors, list) and authors else None,
        published=day(paper.get("publishedAt")) or day(item.get("publishedAt")),
        comments=count(item.get("numComments")),
        url=PAPER_PAGE + number if number else None,
        arxiv_id=number,
    )
