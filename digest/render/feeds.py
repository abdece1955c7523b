"""Feeds: each subscriber's picks, and one of all papers, as Atom 1.0, RSS 2.0 and JSON Feed 1.1.

The bytes depend on the arguments alone, so a feed whose papers have not changed is unchanged.
feedgen writes the frame of all feeds, and each paper, once; marks stand in them for what differs
from reader to reader.

An id must hold for good and be unique in the world (RFC 4287, 4.2.6). A ``tag:`` URI would need
a domain that whoever runs this keeps for good; a name-based UUID (RFC 9562, 5.5) needs none. A
paper has the same id in every feed, wherever it is served.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from functools import lru_cache
from html import escape
from itertools import islice
from uuid import UUID, uuid5

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # feedgen ships no types
from markupsafe import Markup

from digest.model import Digest, Paper, Pick, Subscriber
from digest.render import wording
from digest.render.coverage import coverage
from digest.render.site import (
    FEED_TYPES,
    INDEX,
    FeedFormat,
    Site,
    archive_index_path,
    archive_path,
    feed_path,
)
from digest.text.clean import one_line, plain

ALL = "all"  # stands for a subscriber's token in the feed of all papers
_NAMESPACE = UUID("19139061-9fe2-4928-8411-4914470faf01")
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was last updated
_ID, _TITLE, _ABOUT, _HOME, _ADDRESS, _TIME, _AFTER = map(chr, range(0xE000, 0xE007))
"""Marks, the last where the HTML of an entry goes on. `plain` removes private use characters, so
no text holds one."""
_SHAPES: Mapping[FeedFormat, tuple[str, str, str]] = {
    "atom": ("<entry>", "", "</feed>"),
    "rss": ("<item>", "", "</channel></rss>"),
    "json": ('{"id": ', ", ", "]}"),
}
"""How entries begin, what stands between them, and what after the last one."""
_GENERATOR = "digest"
_PDF, _PDF_TYPE = "PDF", "application/pdf"
_RELATED, _ENCLOSURE = 'rel="related"', f'rel="enclosure" type="{_PDF_TYPE}"'
_PARAGRAPH, _EMPHASIS = Markup("<p>{}</p>"), Markup("<p><em>{}</em></p>")


@dataclass(frozen=True, slots=True)
class _Content:
    """What an entry says whoever it is for."""

    id: str
    title: str
    url: str
    authors: tuple[str, ...]
    html: str
    summarises: bool  # whether `html` sums up what `url` leads to, or is all there is
    links: Mapping[str, str] = field(default_factory=dict)  # other addresses, by what is there


@dataclass(frozen=True, slots=True)
class _Entry:
    """An entry of one feed."""

    id: str
    ready: Mapping[FeedFormat, str]
    updated: datetime  # UTC, whole seconds; also when it was published
    after: str = ""  # HTML


def subscriber_feeds(
    subscriber: Subscriber, token: str, digests: Sequence[Digest], site: Site, *, entries: int = 50
) -> dict[str, bytes]:
    """One subscriber's feeds by public path. `digests` come newest first. Entries are the newest
    `entries` papers picked, best first within a digest, or, where the subscriber asks for
    `digests`, so many whole digests."""
    if subscriber.feed_entries == "digests":
        made = [_digest_entry(digest, token, site) for digest in digests[:entries]]
    else:
        picks = (
            _pick_entry(pick, digest, rank)
            for digest in digests
            for rank, pick in enumerate(digest.picks)
        )
        made = list(islice(_first_of_each_id(picks), entries))
    name = one_line(subscriber.name) or one_line(subscriber.id)
    title = f"Paper digest for {name}"
    about = f"New research papers picked for {name}, each with the reasons why."
    home = archive_index_path(token)
    return _render(site, token, made, title=title, about=about, home=home)


def all_papers_feeds(
    papers: Iterable[Paper], site: Site, *, entries: int = 200
) -> dict[str, bytes]:
    """The feeds of every paper by public path: the `entries` that arrived last, newest first."""
    newest = sorted(papers, key=lambda paper: paper.key, reverse=True)[:entries]
    about = "Every paper that has come in, newest first."
    made = list(_paper_entries(newest))
    return _render(site, ALL, made, title="All papers", about=about, home=INDEX)


def _late(pick: Pick) -> str:
    if pick.upvotes_before is not None:
        now, before = pick.paper.upvotes or 0, pick.upvotes_before
        return f"A second look: {now:,} upvotes now, {before:,} when it was passed over. "
    return "It came late, for an earlier digest. " if pick.late else ""


def _pick_entry(pick: Pick, digest: Digest, rank: int) -> _Entry:
    why = f"{_late(pick)}Match {round(pick.score * 100)} %: {wording.why(pick.reasons)}"
    # A second apart, so that readers which sort by time keep the order.
    updated = _seconds(digest.composed) - timedelta(seconds=rank)
    return _paper_entry(pick.paper, updated, _EMPHASIS.format(why))


def _paper_entries(newest: Sequence[Paper]) -> Iterator[_Entry]:
    """Entries of papers by falling key. Those of one run came in at the same time, and are told
    apart by seconds counted from the last: so a limit on the oldest changes no other's time."""
    arrived, seconds = None, 0
    for paper in newest:
        seconds = seconds + 1 if paper.arrived == arrived else 0
        arrived = paper.arrived
        yield _paper_entry(paper, _seconds(arrived) - timedelta(seconds=seconds), Markup())


def _paper_entry(paper: Paper, updated: datetime, after: Markup) -> _Entry:
    name, ready, has_text = _ready_paper(paper)
    return _Entry(name, ready, updated, str(after) or ("" if has_text else "<p>No abstract.</p>"))


@lru_cache(maxsize=2_000)
def _ready_paper(paper: Paper) -> tuple[str, Mapping[FeedFormat, str], bool]:
    """The id of a paper's entries, the entries, and whether they have any text."""
    # Not its comments: their number changes while the paper does not.
    said = (wording.authors(paper), wording.day(paper.published) if paper.published else "")
    facts = " · ".join(filter(None, said))
    links = wording.links(paper)
    head = Markup("<br>").join(filter(None, (facts, _linked(links))))
    paragraphs = filter(None, (head, *plain(paper.abstract).split("\n\n")))
    html = "".join(map(_PARAGRAPH.format, paragraphs))
    content = _Content(
        id=_urn("paper", paper.id),
        title=wording.title(paper),
        url=wording.paper_url(paper),
        authors=tuple(filter(None, map(one_line, paper.authors))),
        html=html + _AFTER,
        summarises=True,
        links=dict(links),
    )
    return content.id, _ready(content), bool(html)


def _linked(links: Iterable[tuple[str, str]]) -> Markup:
    """``Abstract · PDF · Code``, each a link."""
    return Markup(" · ").join(Markup('<a href="{}">{}</a>').format(to, name) for name, to in links)


def _digest_entry(digest: Digest, token: str, site: Site) -> _Entry:
    url = site.url(archive_path(token, digest.period))
    items = Markup().join(map(_digest_item, digest.picks))
    html = Markup('<ol>{}</ol><p>{}</p><p><a href="{}">All of it, with the abstracts</a></p>')
    count = wording.counted(len(digest.picks), "paper")
    content = _Content(
        id=_urn("digest", token, str(digest.period)),
        title=f"{wording.period_name(digest.period)}: {count}",
        url=url,
        authors=(),
        html=str(html.format(items, coverage(digest.coverage, digest.period), url)),
        summarises=False,
    )
    return _Entry(content.id, _ready(content), _seconds(digest.composed))


def _digest_item(pick: Pick) -> Markup:
    about = " · ".join(wording.facts(pick.paper)), _linked(wording.links(pick.paper))
    return Markup('<li><p><a href="{}">{}</a><br>{}</p><p><em>{}</em></p></li>').format(
        wording.paper_url(pick.paper),
        wording.title(pick.paper),
        Markup("<br>").join(filter(None, about)),
        wording.why(pick.reasons),
    )


def _first_of_each_id(entries: Iterable[_Entry]) -> Iterator[_Entry]:
    """Two papers found later to be one have stood in two digests: the newest counts."""
    seen: set[str] = set()
    for entry in entries:
        if entry.id not in seen:
            seen.add(entry.id)
            yield entry


def _urn(*names: str) -> str:
    return uuid5(_NAMESPACE, "\n".join(names)).urn


def _seconds(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(microsecond=0)


def _render(
    site: Site, token: str, entries: Sequence[_Entry], *, title: str, about: str, home: str
) -> dict[str, bytes]:
    """A feed by public path; `home` is the path of the page that it accompanies."""
    values = {_ID: _urn("feed", token), _TITLE: title, _ABOUT: about, _HOME: site.url(home)}
    updated = max((entry.updated for entry in entries), default=_NEVER)
    files = {}
    for kind, (_, between, _) in _SHAPES.items():
        path = feed_path(token, kind)
        start, end = _frame(kind, site.name)
        start = _filled(start, kind, updated, {**values, _ADDRESS: site.url(path)})
        own = [_filled(one.ready[kind], kind, one.updated, {_AFTER: one.after}) for one in entries]
        files[path] = f"{start}{between.join(own)}{end}".encode()
    return files


def _filled(text: str, kind: FeedFormat, time: datetime, values: Mapping[str, str]) -> str:
    """The text with what its marks stand for."""
    text = text.replace(_TIME, _written(time, kind))
    for mark, value in values.items():
        to = json.dumps(value, ensure_ascii=False)[1:-1] if kind == "json" else escape(value, False)
        text = text.replace(mark, to)
    return text


@lru_cache(maxsize=1_000)
def _written(time: datetime, kind: FeedFormat) -> str:
    return format_datetime(time) if kind == "rss" else time.isoformat()


@lru_cache(maxsize=8)
def _frame(kind: FeedFormat, author: str) -> tuple[str, str]:
    """What stands before and after the entries of a feed."""
    start, end, rest = _feed(kind, author).rpartition(_SHAPES[kind][2])
    return start, end + rest


def _ready(content: _Content) -> Mapping[FeedFormat, str]:
    """An entry in each format."""
    ready = {}
    for kind, (start, _, end) in _SHAPES.items():
        feed = _feed(kind, "-", content)
        entry = feed[feed.index(start) : feed.rindex(end)]
        if kind == "atom":
            entry = entry.replace("<summary ", f"{_related(content)}<summary ", 1)
        ready[kind] = entry
    return ready


def _related(content: _Content) -> str:
    """The other links of an entry of Atom. feedgen would write them without what they are."""
    return "".join(
        f'<link {_ENCLOSURE if name == _PDF else _RELATED} title="{name}" href="{escape(url)}"/>'
        for name, url in content.links.items()
        if url != content.url
    )


def _feed(kind: FeedFormat, author: str, *contents: _Content) -> str:
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


def _add(generator: FeedGenerator, content: _Content, kind: FeedFormat) -> None:
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


def _json(author: str, contents: Sequence[_Content]) -> str:
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


def _json_item(content: _Content) -> dict[str, object]:
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
