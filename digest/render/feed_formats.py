"""Feeds as bytes: Atom 1.0, RSS 2.0 and JSON Feed 1.1.

feedgen writes the frame of all feeds, and each entry, once; marks stand in them for what differs
from reader to reader. An entry is kept as the bytes between its marks, so that a feed is joined.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from operator import itemgetter
from typing import Any, NamedTuple

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # feedgen ships no types

from digest.render.site import FEED_TYPES, FeedFormat

_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was last updated
_ID, _TITLE, _ABOUT, _HOME, _ADDRESS, _TIME, AFTER = map(chr, range(0xE000, 0xE007))
"""Marks, the last where the HTML of an entry goes on. `plain` removes private use characters, so
no text holds one."""
_MARK = re.compile(f"[{_ID}-{AFTER}]")
_SHAPES: Mapping[FeedFormat, tuple[str, bytes, str]] = {
    "atom": ("<entry>", b"", "</feed>"),
    "rss": ("<item>", b"", "</channel></rss>"),
    "json": ('{"id": ', b", ", "]}"),
}
"""How entries begin, what stands between them, and what after the last one."""
_GENERATOR = "digest"
_PDF, _PDF_TYPE = "PDF", "application/pdf"
_RELATED, _ENCLOSURE = 'rel="related"', f'rel="enclosure" type="{_PDF_TYPE}"'


@dataclass(frozen=True, slots=True)
class Content:
    """What an entry says whoever it is for."""

    id: str
    title: str
    url: str
    authors: tuple[str, ...]
    html: str  # with ``AFTER`` where the entry of a feed has something of its own to add
    summarises: bool  # whether `html` sums up what `url` leads to, or is all there is
    links: Mapping[str, str] = field(default_factory=dict)  # other addresses, by what is there


Form = tuple[bytes, Callable[[Sequence[bytes]], Any]]
"""A text with a ``%b`` for each hole; and what chooses the values of the holes, out of the values
of the marks that it was made with."""
Ready = Mapping[FeedFormat, Form]
"""An entry in each format."""


class Moment(NamedTuple):
    """When an entry was updated and published, to the second."""

    at: datetime
    written: Mapping[FeedFormat, bytes]


Entry = tuple[Ready, Moment, Mapping[FeedFormat, bytes]]
"""An entry of one feed: what it says whoever it is for, when, and the HTML after it, as
`html_after` has written it."""


class About(NamedTuple):
    """What a feed says of itself."""

    id: str
    title: str
    subtitle: str
    home: str  # the address of the page that it accompanies
    address: str  # its own


def feed(kind: FeedFormat, about: About, author: str, entries: Sequence[Entry]) -> bytes:
    """A feed with these entries, in their order; ``author`` stands for those that name none."""
    (start, choose), end = _frame(kind, author)
    newest = max([when for _, when, _ in entries], default=_NO_ENTRY, key=_AT)
    said = (*[_quoted(value, kind) for value in about], newest.written[kind])
    made = [
        text % holes((when.written[kind], after[kind]))
        for ready, when, after in entries
        for text, holes in (ready[kind],)
    ]
    return b"".join((start % choose(said), _SHAPES[kind][1].join(made), end))


@lru_cache(maxsize=10_000)
def moment(at: datetime, before: int = 0) -> Moment:
    """The instant so many seconds before another one."""
    seconds = at.astimezone(UTC).replace(microsecond=0) - timedelta(seconds=before)
    return Moment(seconds, {kind: _written(seconds, kind).encode() for kind in _SHAPES})


@lru_cache(maxsize=50_000)
def html_after(html: str) -> Mapping[FeedFormat, bytes]:
    """HTML to put where an entry has the mark ``AFTER``."""
    in_xml = _quoted(html, "atom")
    return {"atom": in_xml, "rss": in_xml, "json": _quoted(html, "json")}


def ready(content: Content) -> Ready:
    """An entry in each format."""
    made: dict[FeedFormat, Form] = {}
    for kind, (start, _, end) in _SHAPES.items():
        text = _feed(kind, "-", content)
        entry = text[text.index(start) : text.rindex(end)]
        if kind == "atom":
            entry = entry.replace("<summary ", f"{_related(content)}<summary ", 1)
        made[kind] = _form(entry, (_TIME, AFTER))
    return made


def _form(text: str, marks: Sequence[str]) -> Form:
    """The form of a text that has some of these marks, once or more often."""
    holes = [marks.index(mark) for mark in _MARK.findall(text)]
    return _MARK.sub("%b", text.replace("%", "%%")).encode(), itemgetter(*holes)


def _quoted(text: str, kind: FeedFormat) -> bytes:
    said = json.dumps(text, ensure_ascii=False)[1:-1] if kind == "json" else escape(text, False)
    return said.encode()


def _written(time: datetime, kind: FeedFormat) -> str:
    return format_datetime(time) if kind == "rss" else time.isoformat()


_NO_ENTRY, _AT = moment(_NEVER), itemgetter(0)


@lru_cache(maxsize=24)
def _frame(kind: FeedFormat, author: str) -> tuple[Form, bytes]:
    """What stands before and after the entries of a feed; JSON Feed has no time of its own."""
    start, end, rest = _feed(kind, author).rpartition(_SHAPES[kind][2])
    return _form(start, (_ID, _TITLE, _ABOUT, _HOME, _ADDRESS, _TIME)), (end + rest).encode()


def _related(content: Content) -> str:
    """The other links of an entry of Atom. feedgen would write them without what they are."""
    return "".join(
        f'<link {_ENCLOSURE if name == _PDF else _RELATED} title="{name}" href="{escape(url)}"/>'
        for name, url in content.links.items()
        if url != content.url
    )


def _feed(kind: FeedFormat, author: str, *contents: Content) -> str:
    """A feed; `author` stands for entries that name none."""
    if kind == "json":
        return _json(author, contents)
    made = FeedGenerator()
    made.load_extension("dc", atom=False, rss=True)
    made.id(_ID)
    made.title(_TITLE)
    made.subtitle(_ABOUT)
    made.author(name=author)
    made.language("en")
    made.generator(_GENERATOR)
    made.updated(_NEVER)  # every time is set, since feedgen's defaults are the clock's
    made.pubDate(_NEVER)
    made.link(href=_ADDRESS, rel="self", type=FEED_TYPES[kind])
    made.link(href=_HOME, rel="alternate", type="text/html")  # RSS takes the last for its own
    for content in contents:
        _add(made, content, kind)
    text: str = (made.atom_str() if kind == "atom" else made.rss_str()).decode()
    return text.replace(f">{_written(_NEVER, kind)}<", f">{_TIME}<")


def _add(generator: FeedGenerator, content: Content, kind: FeedFormat) -> None:
    added = generator.add_entry(order="append")
    added.id(content.id)  # also the RSS guid, with isPermaLink=false
    added.title(content.title)
    added.link(href=content.url)
    if kind == "rss" and (pdf := content.links.get(_PDF)):
        added.enclosure(pdf, "0", _PDF_TYPE)  # a length is required; 0 stands for unknown
    added.published(_NEVER)
    added.updated(_NEVER)
    if content.authors:
        added.author([{"name": name} for name in content.authors])
        # RSS's own <author> must be an email address.
        added.dc.dc_creator(list(content.authors))
    body = added.summary if content.summarises else added.content
    body(content.html, type="html")


def _json(author: str, contents: Sequence[Content]) -> str:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": _TITLE,
        "description": _ABOUT,
        "home_page_url": _HOME,
        "feed_url": _ADDRESS,
        "language": "en",
        "authors": [{"name": author}],
        "items": list(map(_json_item, contents)),
    }
    return json.dumps(document, ensure_ascii=False) + "\n"


def _json_item(content: Content) -> dict[str, object]:
    item: dict[str, object] = {
        "id": content.id,
        "url": content.url,
        "title": content.title,
        "content_html": content.html,
        "date_published": _TIME,
        "date_modified": _TIME,
    }
    if pdf := content.links.get(_PDF):
        item["attachments"] = [{"url": pdf, "mime_type": _PDF_TYPE, "title": _PDF}]
    if content.authors:
        item["authors"] = [{"name": name} for name in content.authors]
    return item
