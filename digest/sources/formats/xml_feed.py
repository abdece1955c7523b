"""Reads Atom and RSS in all versions. An element counts by its namespace and name, and the type of
an Atom text decides what ``<`` is in it. lxml parses: it keeps the line of every entry, all of
several authors and identifiers, and its time is linear in hostile files too."""

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any
from urllib.parse import urljoin

from digest.errors import DumpError
from digest.model import Problem, Record
from digest.sources import people, subjects
from digest.sources.code_links import first_repository
from digest.sources.dates import day, is_none
from digest.sources.formats.feed_names import Names
from digest.sources.formats.feed_text import text as text_of
from digest.sources.formats.journals import (
    REPLACED,
    WITHDRAWN,
    Article,
    journal,
    unwrap,
    unwrap_title,
)
from digest.sources.formats.xml_tree import local_name, tree
from digest.sources.links import arxiv_id, doi, first, web_url
from digest.sources.records import WITHOUT_DATE, BadRecord, File, Reading, excerpt, record
from digest.text.subjects import is_arxiv_category

ROOTS = {"feed": "atom", "entry": "atom", "rss": "rss", "RDF": "rss", "Channel": "rss"}
ENTRIES = {"entry", "item"}
TITLES = ("title", "dc:title", "dcterms:title", "atom:title", "media:title")
ABSTRACTS = (
    *("content", "content:encoded", "encoded", "xhtml:body", "xhtml:div", "atom:content"),
    *("summary", "description", "abstract", "atom:summary", "dc:description", "dcterms:abstract"),
    *("media:description", "itunes:summary"),  # where the entry has no text of its own
)
FULL = {"content", "content:encoded"}
PUBLISHED = (
    *("published", "issued", "pubDate", "atom:published", "dc:date", "dc:issued"),
    *("dcterms:issued", "dcterms:created", "prism:publicationDate", "prism:coverDate", "date"),
    *("created", "atom:updated", "updated", "modified", "dcterms:modified"),
)
UPDATED = ("updated", "modified", "lastBuildDate", "pubDate", "dc:date", "date")
IDENTIFIERS = ("prism:doi", "arxiv:doi", "arxiv:DOI", "doi", "dc:identifier", "dcterms:identifier")
VENUES = (
    *("prism:publicationName", "arxiv:journal_ref", "arxiv:journal_reference"),
    *("dc:source", "dcterms:source"),
)
SECTIONS = ("arxiv:primary_category", "prism:section", "prism:subsection1")
SUBJECTS = ("category", "atom:category", "dc:subject", "dcterms:subject", "prism:keyword")
PDF = "application/pdf"
COMMENTS = ("slash:comments", "thr:total", "comments")
AUTHORS = (
    ("author", "authors", "creator"),
    ("dc:creator", "dcterms:creator", "atom:author", "prism:author"),
    ("contributor", "dc:contributor"),
)
DOI_IN_LINK = re.compile(r"[/=](10\.\d{4,9}/[^?#&\s]+)")
ERROR = "/api/errors"
CHECK_QUERY = "check the query, and fetch it again"
CUT_OFF = "copy or download it again: what follows is missing"
END = re.compile(r"</(?:[\w.-]+:)?(?:feed|rss|RDF|[Cc]hannel|entry)\s*>|/>\s*\Z")


def read(file: File) -> Reading | None:
    """Read the papers of a feed; None if it is not a feed in XML. Nothing is fetched.

    Raises:
        DumpError: It is the message of an error instead of a list.
    """
    root = tree(file.text, ENTRIES)
    if root is None or not _is_feed(root):
        return None
    feed = _Feed(root, file)
    if (title := feed.title).startswith("Feed error for query"):
        raise DumpError(f"it is an error: {excerpt(title)}", CHECK_QUERY)
    for entry in root.iter():
        if local_name(entry) in ENTRIES and feed.names.of(entry) in ENTRIES:
            feed.read(entry)
    if feed.errors and not feed.records:
        raise DumpError(f"it is an error of arXiv's API: {feed.errors[0]}", CHECK_QUERY)
    is_cut = not END.search(file.text[-100_000:])
    if is_cut:
        where = f"{file.name}:{file.text.count(chr(10)) + 1}"
        feed.problems.append(Problem(where, "the feed ends in the middle", CUT_OFF))
    kind = ROOTS[local_name(root)]
    return Reading(kind, feed.listed, tuple(feed.records), tuple(feed.problems), is_cut)


def _is_feed(root: Any) -> bool:
    """Whether it is a feed, or the only entry of one; RDF and entries are of other kinds too."""
    name = local_name(root)
    if name == "RDF":
        return any(local_name(child) in {"channel", "item"} for child in root)
    return name in ROOTS and (name != "entry" or Names(root).is_atom)


class _Feed:
    """A feed, whose entries become records one by one."""

    def __init__(self, root: Any, file: File) -> None:
        self.names = Names(root)
        self.file = file.name
        self.latest = file.arrived.date() + timedelta(days=1)
        self.records: list[Record] = []
        self.problems: list[Problem] = []
        self.errors: list[str] = []
        heads = [root, *(child for child in root if local_name(child) == "channel")]
        self.heads = [child for head in heads for child in head if isinstance(child.tag, str)]
        names = (text_of(each, self.names) for each in self._named("prism:publicationName"))
        self.venue = next(filter(None, names), "") or journal(self.title)
        self.address = next(filter(None, (_href(each) for each in self._named("link"))), "")

    def _named(self, *names: str) -> Iterator[Any]:
        return (each for name in names for each in self.heads if self.names.of(each) == name)

    @property
    def title(self) -> str:
        return next((text_of(each, self.names) for each in self._named("title")), "")

    @property
    def listed(self) -> date | None:
        """The day of the list itself."""
        return next(filter(None, (day(each.text or "") for each in self._named(*UPDATED))), None)

    def read(self, entry: Any) -> None:
        """Read an entry as a record, or as a problem."""
        children: dict[str, list[Any]] = {}
        for child in entry:
            if name := self.names.of(child):
                children.setdefault(name, []).append(child)
        for group in children.get("media:group", []):
            for child in group:
                if (name := self.names.of(child)) in {"media:description", "media:title"}:
                    children.setdefault(name, []).append(child)
        where = f"{self.file}:{entry.sourceline}"
        try:
            found = self._record(_Entry(entry, children, self))
        except BadRecord as error:
            self.problems.append(Problem(where, str(error), *error.args[1:]))
            return
        self.records.append(found)
        dates = [each for each in _texts(children, PUBLISHED) if not is_none(each)]
        if found.published is None and found.standing != "revised" and dates:
            what = f"a date that cannot be read: {excerpt(dates[0])}"
            self.problems.append(Problem(where, what, WITHOUT_DATE))

    def _record(self, entry: "_Entry") -> Record:
        article = entry.article()
        if any(ERROR in link for link in article.links):
            self.errors.append(excerpt(article.abstract or article.title))
            raise BadRecord(f"it is an error of arXiv's API: {self.errors[-1]}", CHECK_QUERY)
        links = article.links
        return record(
            article.title,
            [article.abstract],
            line=entry.line,
            authors=article.authors,
            published=article.published,
            comments=first(_count, _texts(entry.children, COMMENTS)),
            url=first(web_url, links),
            arxiv_id=first(arxiv_id, [*links, article.arxiv]),
            doi=article.doi or first(_doi_of_link, links),
            venue=article.venue,
            standing=article.standing,
            pdf=first(web_url, entry.files()),
            code=first_repository(next(_texts(entry.children, ("arxiv:comment",)), "")),
            categories=entry.labels(SECTIONS),
            keywords=entry.labels(SUBJECTS),
        )


class _Entry:
    """An entry with its children by their names."""

    def __init__(self, element: Any, children: dict[str, list[Any]], feed: _Feed) -> None:
        self.element = element
        self.children = children
        self.feed = feed
        self.line: int = element.sourceline or 0

    def article(self) -> Article:
        """The paper, without what is wrapped around it."""
        titles = (self._text(name) for name in TITLES)
        identifiers = list(_texts(self.children, IDENTIFIERS))
        venue = next(_texts(self.children, VENUES), "")
        venue = self.feed.venue if not venue or "Published online:" in venue else venue
        article = Article(
            next(filter(None, titles), ""),
            "",
            list(filter(None, self._links())),
            venue=venue,
            doi=first(doi, identifiers),
            arxiv=next(filter(None, map(arxiv_id, identifiers)), ""),
            authors=self._authors(),
            published=first(day, _texts(self.children, PUBLISHED)),
            latest=self.feed.latest,
        )
        self._abstract(article)
        kind = next(_texts(self.children, ("arxiv:announce_type",)), "").lower()
        comment = next(_texts(self.children, ("arxiv:comment",)), "")
        if kind in REPLACED:
            article.standing = "revised"
        if WITHDRAWN.match(comment):
            article.standing = "withdrawn"
        if article.standing == "revised":
            article.published = None  # the feed gives the day of the revision
        return article

    def _abstract(self, article: Article) -> None:
        """Find the first text that is more than a wrapper. What wrappers say is used."""
        unwrap_title(article)
        for name in ABSTRACTS:
            if name in self.children and (text := self._text(name)):
                found = article.abstract
                article.abstract = text
                unwrap(article)
                article.abstract = found or article.abstract
                if article.abstract and (article.venue or name not in FULL):
                    return  # else the short text may be the line of a journal

    def _text(self, name: str) -> str:
        """The text of the first element of that name that has one."""
        found = (text_of(each, self.feed.names) for each in self.children.get(name, []))
        return next(filter(None, found), "")

    def _links(self) -> Iterator[str]:
        """The addresses of the paper, the best first."""
        children = self.children
        yield from _texts(children, ("feedburner:origLink",))
        for link in children.get("link", []) + children.get("atom:link", []):
            if link.get("rel", "alternate") in {"alternate", ""} and (href := _href(link)):
                yield self._absolute(href, link)
        for guid in children.get("guid", []):
            address = _href(guid)
            is_link = guid.get("isPermaLink", "true").lower() != "false" and "/" in address
            yield self._absolute(address, guid) if is_link else address
        yield from _texts(children, ("id", "atom:id", "prism:url"))
        yield from (value for key, value in self.element.attrib.items() if key.endswith("}about"))

    def files(self) -> Iterator[str]:
        """The addresses of PDF files of the paper."""
        for name in ("link", "atom:link", "enclosure"):
            for link in self.children.get(name, []):
                is_named = link.get("rel") == "related" and link.get("title") == "pdf"
                if is_named or link.get("type") == PDF:
                    yield self._absolute(link.get("href") or link.get("url") or "", link)

    def labels(self, names: tuple[str, ...]) -> Iterator[str]:
        """The subjects in elements of these names. With the categories of arXiv stand classes of
        others, which are left out."""
        for name in names:
            for each in self.children.get(name, []):
                term = (each.get("term") or "").strip()
                text = each.get("label") or term or "".join(each.itertext())
                is_code = is_arxiv_category(term)
                if is_code or "arxiv.org" not in (each.get("scheme") or ""):
                    yield from [term] if is_code else subjects.split(text, at_commas=":" in name)

    def _absolute(self, address: str, element: Any) -> str:
        """Resolve an address by ``xml:base``, else by the link of the channel."""
        try:
            base: str = urljoin(self.feed.address, element.base or "")
            return urljoin(base, address)
        except ValueError:
            return address

    def _authors(self) -> list[str]:
        for names in AUTHORS:
            found: list[str] = []
            for name in names:
                for author in self.children.get(name, []):
                    found += self._people(author)
            if found:
                return list(dict.fromkeys(found))
        return []

    def _people(self, author: Any) -> list[str]:
        """The people of one element. A person in Atom has one name."""
        named = [each for each in author.iter() if local_name(each) == "name"]
        found = named or [author]
        return [name for each in found for name in people.split(text_of(each, self.feed.names))]


def _texts(children: dict[str, list[Any]], names: tuple[str, ...]) -> Iterator[str]:
    found = ("".join(each.itertext()).strip() for name in names for each in children.get(name, []))
    return filter(None, found)


def _href(link: Any) -> str:
    return str(link.get("href") or link.text or "").strip()


def _doi_of_link(link: str) -> str | None:
    match = DOI_IN_LINK.search(link)
    return doi(link) or (doi(match[1]) if match else None)


def _count(given: str) -> int | None:
    return int(given) if given.isascii() and given.isdigit() and len(given) < 9 else None
