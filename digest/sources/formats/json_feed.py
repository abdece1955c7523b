"""Reads JSON Feed 1.1 (https://www.jsonfeed.org/version/1.1/); each item is a paper."""

from typing import Any
from urllib.parse import urljoin

from digest.model import Problem, Record
from digest.sources import people
from digest.sources.dates import day, is_none
from digest.sources.formats.json_values import is_object, names, objects, string, value_of
from digest.sources.formats.markup import text_of_html
from digest.sources.formats.values import labels
from digest.sources.links import arxiv_id, doi, first, web_url
from digest.sources.records import WITHOUT_DATE, BadRecord, File, Reading, excerpt, record

HOST = "jsonfeed.org"
VERSION = f"https://{HOST}/version/"


def read(file: File) -> Reading | None:
    """Read the papers of a feed; None if it is not a JSON Feed."""
    if HOST not in file.text:  # a large file of another format is not parsed in vain
        return None
    try:
        feed = value_of(file.text)
    except ValueError:
        return None
    if not is_object(feed) or not isinstance(items := feed.get("items"), list):
        return None
    if not string(feed.get("version")).startswith(VERSION):
        return None
    records: list[Record] = []
    problems: list[Problem] = []
    for number, item in enumerate(items, start=1):
        try:
            records.append(_record(item, string(feed.get("home_page_url"))))
        except BadRecord as error:
            problems.append(Problem(f"{file.name} item {number}", str(error)))
        else:
            given = string(item.get("date_published"))
            if records[-1].published is None and not is_none(given):
                what = f"a date that cannot be read: {excerpt(given)}"
                problems.append(Problem(f"{file.name} item {number}", what, WITHOUT_DATE))
    return Reading("json-feed", None, tuple(records), tuple(problems))


def _record(item: Any, home: str) -> Record:
    if not is_object(item):
        raise BadRecord("it is not an object that describes a paper")
    given = [string(item.get(key)) for key in ("url", "external_url", "id")]
    addresses = [urljoin(home, each) if each.startswith("/") else each for each in given if each]
    html = string(item.get("content_html"))
    named = names(item.get("authors")) or names([item.get("author")])  # one, as in version 1
    return record(
        string(item.get("title")),
        [string(item.get("content_text")) or text_of_html(html) or string(item.get("summary"))],
        authors=[person for name in named for person in people.split(name)],
        published=day(string(item.get("date_published"))),
        url=first(web_url, addresses),
        arxiv_id=first(arxiv_id, addresses),
        doi=first(doi, addresses),
        pdf=first(_pdf, objects(item.get("attachments"))),
        keywords=labels(item.get("tags")),
    )


def _pdf(attachment: dict[str, Any]) -> str | None:
    is_pdf = attachment.get("mime_type") == "application/pdf"
    return web_url(attachment.get("url")) if is_pdf else None
