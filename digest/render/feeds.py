"""Feeds: each subscriber's picks, and one of all papers, as Atom 1.0, RSS 2.0 and JSON Feed 1.1.

The bytes depend on the arguments alone, so a feed whose papers have not changed is unchanged.

An id must hold for good and be unique in the world (RFC 4287, 4.2.6). A ``tag:`` URI would need
a domain that whoever runs this keeps for good; a name-based UUID (RFC 9562, 5.5) needs none. A
paper has the same id in every feed, wherever it is served.
"""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from uuid import UUID, uuid5

from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # feedgen ships no types
from markupsafe import Markup

from digest.model import Digest, Paper, Pick, Subscriber
from digest.render import wording
from digest.render.site import INDEX, Site, archive_index_path, archive_path, feed_path
from digest.text.clean import one_line, plain

ALL = "all"  # stands for a subscriber's token in the feed of all papers
_NAMESPACE = UUID("19139061-9fe2-4928-8411-4914470faf01")
_NEVER = datetime(2000, 1, 1, tzinfo=UTC)  # when a feed without entries was last updated
_GENERATOR = "digest"
_PARAGRAPH, _EMPHASIS = Markup("<p>{}</p>"), Markup("<p><em>{}</em></p>")


@dataclass(frozen=True, slots=True)
class _Entry:
    id: str
    title: str
    url: str
    updated: datetime  # UTC, whole seconds; also when it was published
    authors: tuple[str, ...]
    html: str
    summarises: bool  # whether `html` sums up what `url` leads to, or is all there is


@dataclass(frozen=True, slots=True)
class _Feed:
    token: str
    title: str
    about: str
    home: str  # URL of the page that the feed accompanies
    author: str  # who stands for entries that name no author
    entries: tuple[_Entry, ...]  # newest first

    @property
    def updated(self) -> datetime:
        return max((entry.updated for entry in self.entries), default=_NEVER)


def subscriber_feeds(
    subscriber: Subscriber,
    token: str,
    digests: Sequence[Digest],
    site: Site,
    *,
    entries: int = 50,
) -> dict[str, bytes]:
    """One subscriber's feeds by public path. ``digests`` come newest first. Entries are the newest
    ``entries`` papers picked, best first within a digest, or, where the subscriber asks for
    ``digests``, so many whole digests."""
    if subscriber.feed_entries == "digests":
        made = [_digest_entry(digest, token, site) for digest in digests[:entries]]
    else:
        made = _first_of_each_id(
            _pick_entry(pick, digest, rank)
            for digest in digests
            for rank, pick in enumerate(digest.picks)
        )[:entries]
    name = one_line(subscriber.name) or one_line(subscriber.id)
    return _render(
        _Feed(
            token=token,
            title=f"Paper digest for {name}",
            about=f"New research papers picked for {name}, each with the reasons why.",
            home=site.url(archive_index_path(token)),
            author=site.name,
            entries=tuple(made),
        ),
        site,
    )


def all_papers_feeds(
    papers: Iterable[Paper], site: Site, *, entries: int = 200
) -> dict[str, bytes]:
    """The feeds of every paper by public path: the ``entries`` that arrived last, newest first."""
    newest = sorted(papers, key=lambda paper: paper.key, reverse=True)[:entries]
    return _render(
        _Feed(
            token=ALL,
            title="All papers",
            about="Every paper that has come in, newest first.",
            home=site.url(INDEX),
            author=site.name,
            entries=tuple(_paper_entries(newest)),
        ),
        site,
    )


# --- entries -----------------------------------------------------------------------------


def _pick_entry(pick: Pick, digest: Digest, rank: int) -> _Entry:
    late = "It came late, for an earlier digest. " if pick.late else ""
    why = f"{late}Match {round(pick.score * 100)} %: {wording.why(pick.reasons)}"
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
    # Not its comments: their number changes while the paper does not.
    said = (wording.authors(paper), wording.day(paper.published) if paper.published else "")
    facts = " · ".join(filter(None, said))
    html = (_PARAGRAPH.format(facts) if facts else Markup()) + _paragraphs(paper.abstract) + after
    return _Entry(
        id=_urn("paper", paper.id),
        title=wording.title(paper),
        url=wording.paper_url(paper),
        updated=updated,
        authors=tuple(filter(None, map(one_line, paper.authors))),
        html=str(html) or "<p>No abstract.</p>",
        summarises=True,
    )


@lru_cache(maxsize=4096)
def _paragraphs(abstract: str) -> Markup:
    """The abstract as HTML; many subscribers get the same one."""
    paragraphs = filter(None, plain(abstract).split("\n\n"))
    return Markup().join(map(_PARAGRAPH.format, paragraphs))


def _digest_entry(digest: Digest, token: str, site: Site) -> _Entry:
    url = site.url(archive_path(token, digest.period))
    items = Markup().join(map(_digest_item, digest.picks))
    html = Markup('<ol>{}</ol><p>{}</p><p><a href="{}">All of it, with the abstracts</a></p>')
    return _Entry(
        id=_urn("digest", token, str(digest.period)),
        title=f"{wording.period_name(digest.period)}: "
        + wording.counted(len(digest.picks), "paper"),
        url=url,
        updated=_seconds(digest.composed),
        authors=(),
        html=str(html.format(items, wording.coverage(digest.coverage), url)),
        summarises=False,
    )


def _digest_item(pick: Pick) -> Markup:
    return Markup('<li><p><a href="{}">{}</a><br>{}</p><p><em>{}</em></p></li>').format(
        wording.paper_url(pick.paper),
        wording.title(pick.paper),
        " · ".join(wording.facts(pick.paper)),
        wording.why(pick.reasons),
    )


def _first_of_each_id(entries: Iterable[_Entry]) -> list[_Entry]:
    """Two papers found later to be one have stood in two digests: the newest counts."""
    unique: dict[str, _Entry] = {}
    for entry in entries:
        unique.setdefault(entry.id, entry)
    return list(unique.values())


def _urn(*names: str) -> str:
    return uuid5(_NAMESPACE, "\n".join(names)).urn


def _seconds(when: datetime) -> datetime:
    return when.astimezone(UTC).replace(microsecond=0)


# --- formats -----------------------------------------------------------------------------


def _render(feed: _Feed, site: Site) -> dict[str, bytes]:
    atom, rss, as_json = (feed_path(feed.token, kind) for kind in ("atom", "rss", "json"))
    generator = _generator(feed)
    _link(generator, site.url(atom), "application/atom+xml", feed.home)
    atom_bytes = generator.atom_str()
    _link(generator, site.url(rss), "application/rss+xml", feed.home)
    return {
        atom: atom_bytes,
        rss: generator.rss_str(),
        as_json: _json(feed, site.url(as_json)),
    }


def _link(generator: FeedGenerator, address: str, media_type: str, home: str) -> None:
    # feedgen takes the last link for the RSS channel's own.
    links = [
        {"href": address, "rel": "self", "type": media_type},
        {"href": home, "rel": "alternate", "type": "text/html"},
    ]
    generator.link(links, replace=True)


def _generator(feed: _Feed) -> FeedGenerator:
    """The feed but for its links; every time is set, since feedgen's defaults are the clock's."""
    made = FeedGenerator()
    made.load_extension("dc", atom=False, rss=True)
    made.id(_urn("feed", feed.token))
    made.title(feed.title)
    made.subtitle(feed.about)
    made.author(name=feed.author)
    made.language("en")
    made.generator(_GENERATOR)
    made.updated(feed.updated)
    made.pubDate(feed.updated)
    for entry in feed.entries:
        _add(made, entry)
    return made


def _add(generator: FeedGenerator, entry: _Entry) -> None:
    added = generator.add_entry(order="append")
    added.id(entry.id)  # also the RSS guid, with isPermaLink=false
    added.title(entry.title)
    added.link(href=entry.url)
    added.published(entry.updated)
    added.updated(entry.updated)
    if entry.authors:
        added.author([{"name": name} for name in entry.authors])
        # RSS's own <author> must be an email address.
        added.dc.dc_creator(list(entry.authors))
    body = added.summary if entry.summarises else added.content
    body(entry.html, type="html")


def _json(feed: _Feed, address: str) -> bytes:
    document = {
        "version": "https://jsonfeed.org/version/1.1",
        "title": feed.title,
        "description": feed.about,
        "home_page_url": feed.home,
        "feed_url": address,
        "language": "en",
        "authors": [{"name": feed.author}],
        "items": [_json_item(entry) for entry in feed.entries],
    }
    return json.dumps(document, ensure_ascii=False).encode() + b"\n"


def _json_item(entry: _Entry) -> dict[str, object]:
    item: dict[str, object] = {
        "id": entry.id,
        "url": entry.url,
        "title": entry.title,
        "content_html": entry.html,
        "date_published": entry.updated.isoformat(),
        "date_modified": entry.updated.isoformat(),
    }
    if entry.authors:
        item["authors"] = [{"name": name} for name in entry.authors]
    return item
