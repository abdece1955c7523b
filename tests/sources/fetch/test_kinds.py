"""What each kind of source is asked, and what its answers mean, by a server that plays all."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from digest.model import DumpHash, Record, Source, SourceKind
from digest.sources import read
from digest.sources.fetch import kinds
from digest.sources.fetch.exchange import FetchError, Identity, Page, Request
from tests.sources.fetch.made import Made, weeks
from tests.sources.fetch.play import URL, Play, Reply, Trouble, changed_markup, outage

MONDAY, FRIDAY = date(2026, 11, 23), date(2026, 11, 27)
NOW = datetime(2026, 11, 28, 20, tzinfo=UTC)
LONG_AGO, MUCH_LATER = NOW - timedelta(days=99), NOW + timedelta(days=99)
ME = Identity("me@example.org")
PAPERS = weeks(MONDAY, 5, 25)


def source(kind: SourceKind, **settings: Any) -> Source:
    """A source whose server is the one that plays."""
    wanted: dict[SourceKind, dict[str, Any]] = {
        "arxiv": {"categories": ("cs.LG",)},
        "feed": {"url": f"{URL}/feed"},
        "daily-papers": {},
        "biorxiv": {},
    }
    return Source(kind, kind, **{"url": URL, **wanted.get(kind, {"query": "learning"}), **settings})


BY_DAY = [
    source("daily-papers"),
    source("arxiv"),
    source("openalex"),
    source("semantic-scholar"),
    source("crossref"),
    source("biorxiv"),
    source("pubmed"),
]
RSS = source("arxiv", via="rss")
ALL = [*BY_DAY, RSS, source("feed")]


def named(sources: Iterable[Source]) -> Any:
    """The sources as parameters that are called by their kind."""
    return [pytest.param(each, id=f"{each.kind}-{each.via}") for each in sources]


@dataclass
class Fetched:
    """A page as it was fetched."""

    papers: int
    records: list[Record]
    requests: list[str]
    dumps: list[bytes]


def fetched(play: Play, one: Source, page: Page, identity: Identity = ME) -> Fetched:
    """Fetch a page to its end, and read what of it is kept."""
    kind = kinds.of(one)
    first = kind.first(one, page, identity)
    waiting, got = [first.url], Fetched(0, [], [], [])
    while waiting:
        url = waiting.pop(0)
        got.requests.append(url)
        content = play.get(replace(first, url=url)).content or b""
        step = kind.step(one, page, url, content)
        waiting += step.following
        got.papers += step.papers
        if step.papers:
            dump = read("x", content, hash=DumpHash("x"), arrived=play.clock())
            assert (dump.problems, dump.is_incomplete, len(dump.records)) == (
                (),
                False,
                step.papers,
            )
            got.records += dump.records
            got.dumps.append(content)
    return got


def playing(papers: Iterable[Made] = PAPERS, now: datetime = NOW, most: int = 1000) -> Play:
    return Play(list(papers), lambda: now, most=most)


@pytest.mark.parametrize("most", [7, 1000])
@pytest.mark.parametrize("one", named(BY_DAY))
def test_a_day_s_page_lists_each_of_its_papers_once(one: Source, most: int) -> None:
    got = fetched(playing(most=most), one, Page(FRIDAY))
    assert sorted(record.title for record in got.records) == sorted(
        paper.named for paper in PAPERS if paper.day == FRIDAY
    )
    assert got.papers == 25
    assert len(set(got.requests)) == len(got.requests)


@pytest.mark.parametrize("one", named(BY_DAY))
def test_what_is_read_of_a_paper_is_what_the_source_says(one: Source) -> None:
    paper = Made(7, FRIDAY, keywords=("sampling",), code="https://github.com/example/made-up")
    [record] = fetched(playing([paper]), one, Page(FRIDAY)).records
    assert (record.title, record.abstract) == (paper.named, paper.text)
    assert record.published == FRIDAY
    assert [name.split()[-1] for name in record.authors] in (["Exampleh", "Sample"], ["A.", "B."])
    assert record.arxiv_id == paper.arxiv or record.doi == paper.doi


@pytest.mark.parametrize("one", named(BY_DAY))
def test_a_day_without_papers_is_empty_and_nothing_of_it_is_kept(one: Source) -> None:
    got = fetched(playing(), one, Page(date(2026, 11, 28)))
    assert (got.papers, got.dumps) == (0, [])
    assert len(got.requests) == 1


@pytest.mark.parametrize("one", named(ALL))
def test_an_answer_in_a_new_form_is_told_as_that(one: Source) -> None:
    play = playing(now=NOW - timedelta(days=1))
    play.troubles.append(changed_markup(LONG_AGO, MUCH_LATER))
    with pytest.raises(FetchError, match="its form has changed") as told:
        fetched(play, one, Page(FRIDAY))
    assert told.value.remedy


@pytest.mark.parametrize("one", named(ALL[1:]))
@pytest.mark.parametrize("content", [b"", b"{}", b"[1]", b"<a/>", b"null", b"\xff", b'{"meta": 1}'])
def test_any_other_answer_is_refused_too(one: Source, content: bytes) -> None:
    kind = kinds.of(one)
    with pytest.raises(FetchError):
        kind.step(one, Page(FRIDAY), kind.first(one, Page(FRIDAY), ME).url, content)


@pytest.mark.parametrize(
    ("one", "answer", "words"),
    [
        (
            source("arxiv", query="ti:("),
            b"<feed><entry><id>http://arxiv.org/api/errors#x</id><summary>bad query</summary>",
            "arXiv answered: “bad query”",
        ),
        (
            RSS,
            b"<rss><channel><title>Feed error for query: cs.LLG</title></channel></rss>",
            "arXiv answered: “Feed error for query: cs.LLG”",
        ),
        (
            source("openalex"),
            b'{"error": "Invalid filter", "message": "author_name is no filter"}',
            "it answered: “Invalid filter: author_name is no filter”",
        ),
        (
            source("semantic-scholar"),
            b'{"message": "Too Many Requests. Please wait", "code": "429"}',
            "it answered: “Too Many Requests. Please wait”",
        ),
        (
            source("crossref"),
            b'{"status":"failed","message":[{"type":"filter","message":"No such filter: tipe"}]}',
            "it answered: “No such filter: tipe”",
        ),
        (
            source("biorxiv"),
            b'{"messages": [{"status": "Error: dates are wrong"}], "collection": []}',
            "it answered: “Error: dates are wrong”",
        ),
        (
            source("pubmed"),
            b'{"header": {}, "esearchresult": {"ERROR": "Search Backend failed"}}',
            "PubMed answered: “Search Backend failed”",
        ),
        (
            source("pubmed"),
            b'{"error": "API rate limit exceeded", "count": "11"}',
            "it answered: “API rate limit exceeded”",
        ),
    ],
)
def test_an_error_is_told_in_the_words_of_the_source(
    one: Source, answer: bytes, words: str
) -> None:
    kind = kinds.of(one)
    with pytest.raises(FetchError) as told:
        kind.step(one, Page(FRIDAY), kind.first(one, Page(FRIDAY), ME).url, answer)
    assert told.value.what == words


def test_the_daily_papers_come_from_their_page_where_the_api_changed() -> None:
    play = playing()
    play.troubles.append(changed_markup(LONG_AGO, MUCH_LATER, "/api/daily_papers"))
    got = fetched(play, source("daily-papers"), Page(FRIDAY))
    assert got.papers == len(got.records) == 25


def test_the_page_of_another_day_is_not_taken_for_the_one_that_was_asked_for() -> None:
    """In place of a day without papers, the site answers with its latest one."""
    play = playing()
    play.troubles.append(changed_markup(LONG_AGO, MUCH_LATER, "/api/daily_papers"))
    assert fetched(play, source("daily-papers"), Page(date(2026, 11, 28))).papers == 0


def test_a_list_that_never_ends_is_left() -> None:
    one, play = source("daily-papers"), playing()
    url = kinds.of(one).first(one, Page(FRIDAY), ME).url
    content = play.get(Request(url)).content or b""
    play.reply = lambda *_: Reply(200, content)  # type: ignore[method-assign]  # whatever is asked
    with pytest.raises(FetchError, match="its list does not end"):
        fetched(play, one, Page(FRIDAY))


def test_an_empty_answer_of_arxiv_between_two_full_ones_is_no_end() -> None:
    one, kind = source("arxiv"), kinds.of(source("arxiv"))
    url = kind.first(one, Page(FRIDAY), ME).url.replace("start=0", "start=200")
    empty = (
        b'<feed xmlns="http://www.w3.org/2005/Atom" xmlns:o="http://a9.com/-/spec/opensearch/1.1/">'
    )
    with pytest.raises(FetchError, match="arXiv says that it has 321 papers, but listed 200"):
        kind.step(one, Page(FRIDAY), url, empty + b"<o:totalResults>321</o:totalResults></feed>")


def test_arxiv_s_feed_on_a_weekend_is_empty() -> None:
    assert fetched(playing(now=NOW), RSS, Page(NOW.date())).papers == 0


def test_arxiv_s_feed_of_yesterday_is_not_today_s() -> None:
    """Early on a day, and on holidays, arXiv still has the feed of the day before."""
    yesterday = playing(now=NOW - timedelta(days=1))
    got = fetched(yesterday, RSS, Page(FRIDAY))
    assert got.papers == 25
    assert fetched(yesterday, RSS, Page(NOW.date())).papers == 0


def test_arxiv_s_feed_is_of_the_day_in_new_york() -> None:
    late = datetime(2026, 11, 27, 3, tzinfo=UTC)
    [page] = kinds.of(RSS).pages(RSS, since=MONDAY, now=late)
    assert page.day == date(2026, 11, 26)


def test_each_category_of_biorxiv_is_asked_for_in_turn() -> None:
    papers = [
        Made(1, FRIDAY, categories=("cell biology",)),
        Made(2, FRIDAY, categories=("zoology",)),
    ]
    papers.append(Made(3, FRIDAY, categories=("ecology",)))
    one = source("biorxiv", categories=("cell biology", "genetics", "zoology"))
    play = playing(
        [replace(each, categories=(each.categories[0].replace(" ", "_"),)) for each in papers]
    )
    got = fetched(play, one, Page(FRIDAY))
    assert {record.title for record in got.records} == {each.named for each in papers[:2]}
    assert len(got.requests) == 3


@pytest.mark.parametrize(
    ("kind", "count"),
    [
        ("openalex", {"meta": {"count": 10_001, "per_page": 100}, "results": []}),
        ("crossref", {"message": {"total-results": 10_001, "items": []}}),
        ("pubmed", {"esearchresult": {"count": "10001", "idlist": []}}),
    ],
)
def test_a_query_that_finds_more_than_can_be_fetched_is_told(kind: SourceKind, count: Any) -> None:
    one = source(kind)
    url = kinds.of(one).first(one, Page(FRIDAY), ME).url
    with pytest.raises(FetchError, match="it lists 10,001 papers for one day") as told:
        kinds.of(one).step(one, Page(FRIDAY), url, json.dumps(count).encode())
    assert told.value.remedy == "narrow down `query`"


def test_keys_stand_in_no_address_and_in_no_message() -> None:
    me = Identity("me@example.org", {"openalex": "sesame", "semantic-scholar": "sesame"})
    asked = [
        kinds.of(one).first(one, Page(FRIDAY), me)
        for one in (source("openalex"), source("semantic-scholar"))
    ]
    assert [each.headers for each in asked] == [
        {"Authorization": "Bearer sesame"},
        {"x-api-key": "sesame"},
    ]
    assert "sesame" not in repr((me, asked))
    assert not any("sesame" in each.url for each in asked)


@pytest.mark.parametrize("most", [7, 1000])
def test_with_a_key_openalex_is_asked_by_cursor(most: int) -> None:
    me = Identity("me@example.org", {"openalex": "sesame"})
    got = fetched(playing(most=most), source("openalex"), Page(FRIDAY), me)
    assert len({record.title for record in got.records}) == got.papers == 25
    assert "cursor=%2A" in got.requests[0]


@pytest.mark.parametrize(
    ("one", "asked"),
    [
        (source("daily-papers"), {"date": "2026-11-27", "limit": "100", "p": "0"}),
        (
            source("arxiv", categories=("cs.LG", "stat.ML"), query='ti:"low rank"'),
            {
                "search_query": '(cat:cs.LG OR cat:stat.ML) AND (ti:"low rank") AND '
                "submittedDate:[202611270000 TO 202611272359]",
                "start": "0",
                "max_results": "200",
                "sortBy": "submittedDate",
                "sortOrder": "ascending",
            },
        ),
        (
            source("openalex", query="protein folding"),
            {
                "search": "protein folding",
                "filter": "from_publication_date:2026-11-27,to_publication_date:2026-11-27",
                "per_page": "100",
                "page": "1",
                "mailto": "me@example.org",
            },
        ),
        (
            source("openalex", query="topics.id:T10321"),
            {
                "filter": "from_publication_date:2026-11-27,to_publication_date:2026-11-27,"
                "topics.id:T10321",
                "per_page": "100",
                "page": "1",
                "mailto": "me@example.org",
            },
        ),
        (
            source("crossref", query="type:posted-content"),
            {
                "filter": "from-created-date:2026-11-27,until-created-date:2026-11-27,"
                "type:posted-content",
                "sort": "created",
                "order": "asc",
                "rows": "200",
                "offset": "0",
                "mailto": "me@example.org",
            },
        ),
        (
            source("pubmed", query="crispr[tiab]"),
            {
                "db": "pubmed",
                "term": "crispr[tiab]",
                "datetype": "edat",
                "mindate": "2026/11/27",
                "maxdate": "2026/11/27",
                "retmax": "10000",
                "retmode": "json",
                "tool": "digest",
                "email": "me@example.org",
            },
        ),
    ],
)
def test_a_source_is_asked_by_its_own_parameters(one: Source, asked: dict[str, str]) -> None:
    url = kinds.of(one).first(one, Page(FRIDAY), ME).url
    assert {key: value for key, [value] in parse_qs(urlsplit(url).query).items()} == asked


@pytest.mark.parametrize(
    ("one", "address"),
    [
        (source("daily-papers", url=None), "https://huggingface.co/api/daily_papers?date="),
        (source("arxiv", url=None), "https://export.arxiv.org/api/query?search_query="),
        (
            source("arxiv", url=None, via="rss", categories=("cs.LG", "stat.ML")),
            "https://rss.arxiv.org/rss/cs.LG+stat.ML",
        ),
        (source("openalex", url=None), "https://api.openalex.org/works?"),
        (
            source("semantic-scholar", url=None),
            "https://api.semanticscholar.org/graph/v1/paper/search/bulk?query=learning",
        ),
        (source("crossref", url=None), "https://api.crossref.org/v1/works?"),
        (
            source("biorxiv", url=None, server="medrxiv", categories=("cell biology",)),
            "https://api.biorxiv.org/details/medrxiv/2026-11-27/2026-11-27/0/json?category=cell_biology",
        ),
        (
            source("pubmed", url=None),
            "https://eutils.ncbi.nlm.nih.gov/entrez/eutils/esearch.fcgi?db=pubmed",
        ),
        (source("arxiv", url="http://intranet:8080/mirror/"), "http://intranet:8080/mirror/api/"),
    ],
)
def test_a_source_is_asked_at_its_own_address(one: Source, address: str) -> None:
    assert kinds.of(one).first(one, Page(FRIDAY), ME).url.startswith(address)


@pytest.mark.parametrize(
    ("one", "hours"),
    [
        (source("daily-papers"), "1 1 12 12 12 -"),
        (source("arxiv"), "3 3 3 12 -"),
        (source("openalex"), "12 12 12 12 12 12"),
        (source("semantic-scholar"), "12 12 12 12 12 12"),
        (source("crossref"), "1 1 12 - - -"),
        (source("biorxiv"), "1 1 12 12 - -"),
        (source("pubmed"), "1 1 12 12 - -"),
    ],
)
def test_a_page_is_fetched_again_while_papers_are_added_to_it(one: Source, hours: str) -> None:
    """Of no, 1, 2, 3, 7 and 12 days ago; arXiv has no page of today."""
    pages = kinds.of(one).pages(one, since=NOW.date() - timedelta(days=12), now=NOW)
    again = {(NOW.date() - page.day).days: page.again for page in pages}
    found = [again[age] for age in (0, 1, 2, 3, 7, 12) if age in again]
    assert " ".join("-" if each is None else str(each.seconds // 3600) for each in found) == hours
    assert [page.day for page in pages] == sorted(page.day for page in pages)


@pytest.mark.parametrize("one", named([RSS, source("feed")]))
def test_what_only_has_the_newest_has_one_page(one: Source) -> None:
    pages = kinds.of(one).pages(one, since=MONDAY, now=NOW)
    assert list(pages) == [Page(NOW.date(), timedelta(hours=1))]


def test_pages_are_never_fetched_more_often_than_the_settings_say() -> None:
    for one in ALL:
        seldom = replace(one, every=timedelta(days=1))
        pages = kinds.of(seldom).pages(seldom, since=MONDAY, now=NOW)
        assert all(page.again in (None, timedelta(days=1)) for page in pages)


@pytest.mark.parametrize("trouble", [outage(LONG_AGO, NOW), changed_markup(LONG_AGO, NOW)])
def test_troubles_of_the_play_end(trouble: Trouble) -> None:
    play = playing()
    play.troubles.append(trouble)
    assert fetched(play, source("crossref"), Page(FRIDAY)).papers == 25
