"""Feeds: each subscriber's picks, and one of all papers, as Atom 1.0, RSS 2.0 and JSON Feed 1.1.

The bytes depend on the arguments alone, so a feed whose papers have not changed is unchanged.

An id must hold for good and be unique in the world (RFC 4287, 4.2.6). A ``tag:`` URI would need
a domain that whoever runs this keeps for good; a name-based UUID (RFC 9562, 5.5) needs none. A
paper has the same id in every feed, wherever it is served.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import islice
from uuid import UUID, uuid5

from markupsafe import Markup, escape

from digest.model import Digest, Paper, Pick, Subscriber
from digest.render import telling, wording
from digest.render.coverage import coverage
from digest.render.feed_formats import (
    AFTER,
    About,
    Content,
    Entry,
    Ready,
    feed,
    html_after,
    moment,
    ready,
)
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
_PARAGRAPH = Markup("<p>{}</p>")
_NO_ABSTRACT = "<p>No abstract.</p>"


def subscriber_feeds(
    subscriber: Subscriber,
    token: str,
    digests: Iterable[Digest],
    site: Site,
    *,
    entries: int = 50,
    kinds: Iterable[FeedFormat] = tuple(FEED_TYPES),
) -> dict[str, bytes]:
    """One subscriber's feeds of these kinds by public path. `digests` come newest first, and are
    drawn while entries are wanted. Entries are the newest `entries` papers picked, best first
    within a digest, or, where the subscriber asks for `digests`, so many whole digests."""
    if subscriber.feed_entries == "digests":
        made = [_digest_entry(digest, token, site) for digest in islice(digests, entries)]
    else:
        made = list(islice(_pick_entries(digests), entries))
    name = one_line(subscriber.name) or one_line(subscriber.id)
    title = f"Paper digest for {name}"
    about = f"New research papers picked for {name}, each with the reasons why."
    home = archive_index_path(token)
    return _render(site, token, made, title=title, about=about, home=home, kinds=kinds)


def all_papers_feeds(
    papers: Iterable[Paper], site: Site, *, entries: int = 200
) -> dict[str, bytes]:
    """The feeds of every paper by public path: the `entries` that arrived last, newest first."""
    newest = sorted(papers, key=lambda paper: paper.key, reverse=True)[:entries]
    about = "Every paper that has come in, newest first."
    made = list(_paper_entries(newest))
    return _render(site, ALL, made, title="All papers", about=about, home=INDEX)


def _pick_entries(digests: Iterable[Digest]) -> Iterator[Entry]:
    """Two papers found later to be one have stood in two digests: the newest counts."""
    seen: set[str] = set()
    for digest in digests:
        composed = digest.composed
        for rank, pick in enumerate(digest.picks):
            name, made, after = _ready_pick(pick)
            if name not in seen:
                seen.add(name)
                # A second apart, so that readers which sort by time keep the order.
                yield made, moment(composed, rank), after


@lru_cache(maxsize=50_000)
def _ready_pick(pick: Pick) -> tuple[str, Ready, Mapping[FeedFormat, bytes]]:
    """The id of the entries of a pick, the entries of its paper, and what each says after that of
    why it was picked."""
    name, made, _ = _ready_paper(pick.paper)
    words = f"{_late(pick)}Match {round(pick.score * 100)} %: {telling.why(pick.reasons)}"
    return name, made, html_after(f"<p><em>{escape(words)}</em></p>")


def _late(pick: Pick) -> str:
    if pick.upvotes_before is not None:
        now, before = pick.paper.upvotes or 0, pick.upvotes_before
        return f"A second look: {now:,} upvotes now, {before:,} when it was passed over. "
    return "It came late, for an earlier digest. " if pick.late else ""


def _paper_entries(newest: Sequence[Paper]) -> Iterator[Entry]:
    """Entries of papers by falling key. Those of one run came in at the same time, and are told
    apart by seconds counted from the last: so a limit on the oldest changes no other's time."""
    arrived, seconds = None, 0
    for paper in newest:
        seconds = seconds + 1 if paper.arrived == arrived else 0
        arrived = paper.arrived
        _, made, has_text = _ready_paper(paper)
        after = html_after("" if has_text else _NO_ABSTRACT)
        yield made, moment(arrived, seconds), after


@lru_cache(maxsize=5_000)
def _ready_paper(paper: Paper) -> tuple[str, Ready, bool]:
    """The id of a paper's entries, the entries, and whether they have any text."""
    # Not its comments: their number changes while the paper does not.
    said = (wording.authors(paper), wording.day(paper.published) if paper.published else "")
    facts = " · ".join(filter(None, said))
    links = wording.links(paper)
    head = Markup("<br>").join(filter(None, (facts, _linked(links))))
    paragraphs = filter(None, (head, *plain(paper.abstract).split("\n\n")))
    html = "".join(map(_PARAGRAPH.format, paragraphs))
    content = Content(
        id=_urn("paper", paper.id),
        title=wording.title(paper),
        url=wording.paper_url(paper),
        authors=tuple(filter(None, map(one_line, paper.authors))),
        html=html + AFTER,
        summarises=True,
        links=dict(links),
    )
    return content.id, ready(content), bool(html)


def _linked(links: Iterable[tuple[str, str]]) -> Markup:
    """``Abstract · PDF · Code``, each a link."""
    return Markup(" · ").join(Markup('<a href="{}">{}</a>').format(to, name) for name, to in links)


def _digest_entry(digest: Digest, token: str, site: Site) -> Entry:
    url = site.url(archive_path(token, digest.period))
    items = Markup().join(map(_digest_item, digest.picks))
    html = Markup('<ol>{}</ol><p>{}</p><p><a href="{}">All of it, with the abstracts</a></p>')
    count = wording.counted(len(digest.picks), "paper")
    content = Content(
        id=_urn("digest", token, str(digest.period)),
        title=f"{wording.period_name(digest.period)}: {count}",
        url=url,
        authors=(),
        html=str(html.format(items, coverage(digest.coverage, digest.period), url)),
        summarises=False,
    )
    return ready(content), moment(digest.composed), html_after("")


def _digest_item(pick: Pick) -> Markup:
    about = " · ".join(wording.facts(pick.paper)), _linked(wording.links(pick.paper))
    return Markup('<li><p><a href="{}">{}</a><br>{}</p><p><em>{}</em></p></li>').format(
        wording.paper_url(pick.paper),
        wording.title(pick.paper),
        Markup("<br>").join(filter(None, about)),
        telling.why(pick.reasons),
    )


def _urn(*names: str) -> str:
    return uuid5(_NAMESPACE, "\n".join(names)).urn


def _render(
    site: Site,
    token: str,
    entries: Sequence[Entry],
    *,
    title: str,
    about: str,
    home: str,
    kinds: Iterable[FeedFormat] = tuple(FEED_TYPES),
) -> dict[str, bytes]:
    """A feed by public path; `home` is the path of the page that it accompanies."""
    name, leads_to = _urn("feed", token), site.url(home)
    files = {}
    for kind in kinds:
        path = feed_path(token, kind)
        said = About(name, title, about, leads_to, site.url(path))
        files[path] = feed(kind, said, site.name, entries)
    return files
