"""The forms in which the sources answer, each as its own documentation has it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from email.utils import format_datetime
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

from tests.sources.fetch.made import Made, Shelf

EASTERN = ZoneInfo("America/New_York")
ERROR = (
    "<entry><id>http://arxiv.org/api/errors#malformed</id><title>Error</title>"
    "<summary>malformed search_query</summary></entry>"
)


def _daily(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    size = int(given.get("limit", 50))
    size = min(size, shelf.most)
    papers = shelf.out(given["date"], now)
    return [_listed(each, now) for each in shelf.part(papers, int(given.get("p", 0)) * size, size)]


def _listed(paper: Made, now: datetime) -> dict[str, Any]:
    inner = {
        "id": paper.arxiv,
        "title": paper.named,
        "summary": paper.text,
        "upvotes": paper.votes(now),
        "publishedAt": f"{paper.day}T00:00:00.000Z",
        "submittedOnDailyAt": f"{paper.day}T08:00:00.000Z",
        "authors": [{"name": " ".join(names), "hidden": False} for names in paper.people],
        "discussionId": f"{paper.number:024x}",
        **({"githubRepo": paper.code} if paper.code else {}),
        "ai_keywords": list(paper.keywords),
    }
    return {
        "paper": inner,
        "publishedAt": f"{paper.day}T00:00:00.000Z",
        "title": paper.named,
        "numComments": 1,
    }


def _daily_page(shelf: Shelf, now: datetime, given: dict[str, str]) -> str:
    papers = shelf.out(given["date"], now)
    day = given["date"]
    if not papers:  # the site redirects to its latest day
        latest = max((each.day for each in shelf.papers if each.is_out(now)), default=now.date())
        day, papers = str(latest), shelf.out(latest, now)
    props = {
        "dateString": day,
        "periodType": "day",
        "dailyPapers": [_listed(each, now) for each in papers],
    }
    return (
        "<!DOCTYPE html><html><head><title>Daily Papers - Hugging Face</title></head><body>"
        '<div class="SVELTE_HYDRATER contents" data-target="DailyPapers" '
        f'data-props="{escape(json.dumps(props))}"></div></body></html>'
    )


def _arxiv(shelf: Shelf, now: datetime, given: dict[str, str]) -> str:
    asked = given["search_query"]
    found = re.search(r"submittedDate:\[(\d{8})\d{4} TO \1\d{4}\]", asked)
    if not found:
        return _atom([ERROR], 1)
    day = datetime.strptime(found[1], "%Y%m%d").replace(tzinfo=UTC).date()
    papers = shelf.out(day, now, re.findall(r"cat:([\w.-]+)", asked))
    part = shelf.part(papers, int(given.get("start", 0)), int(given.get("max_results", 10)))
    return _atom([_entry(each) for each in part], len(papers))


def _atom(entries: Sequence[str], total: int) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom"><title>arXiv Query</title>'
        f"<opensearch:totalResults>{total}</opensearch:totalResults>{''.join(entries)}</feed>"
    )


def _entry(paper: Made) -> str:
    people = "".join(f"<author><name>{' '.join(names)}</name></author>" for names in paper.people)
    terms = "".join(f'<category term="{each}"/>' for each in paper.categories)
    return (
        f"<entry><id>http://arxiv.org/abs/{paper.arxiv}v1</id><title>{escape(paper.named)}</title>"
        f"<published>{paper.day}T09:00:00Z</published><summary>{escape(paper.text)}</summary>"
        f'{people}<link href="https://arxiv.org/abs/{paper.arxiv}v1" rel="alternate"/>{terms}'
        f'<link href="https://arxiv.org/pdf/{paper.arxiv}v1" rel="related" title="pdf"/>'
        f'<arxiv:primary_category term="{paper.categories[0]}"/></entry>\n'
    )


def _arxiv_rss(shelf: Shelf, now: datetime, given: dict[str, str]) -> str:
    today = now.astimezone(EASTERN)
    papers = shelf.out(today.date(), now, given["categories"].split("+"))
    midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
    items = "".join(
        f"<item><title>{escape(each.named)}</title><link>https://arxiv.org/abs/{each.arxiv}</link>"
        f"<description>arXiv:{each.arxiv}v1 Announce Type: new \nAbstract: {escape(each.text)}"
        f'</description><guid isPermaLink="false">oai:arXiv.org:{each.arxiv}v1</guid>'
        "<arxiv:announce_type>new</arxiv:announce_type>"
        f"<pubDate>{format_datetime(midnight)}</pubDate>"
        + "".join(f"<category>{term}</category>" for term in each.categories)
        + f"<dc:creator>{', '.join(' '.join(names) for names in each.people)}</dc:creator></item>\n"
        for each in papers
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<rss xmlns:arxiv="http://arxiv.org/schemas/atom" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" version="2.0"><channel>'
        f"<title>{given['categories']} updates on arXiv.org</title>"
        f"<pubDate>{format_datetime(midnight)}</pubDate>"
        f"<skipDays><day>Saturday</day><day>Sunday</day></skipDays>{items}</channel></rss>"
    )


def _feed(shelf: Shelf, now: datetime, given: dict[str, str]) -> str:
    latest = [each for each in shelf.papers if each.is_out(now)]
    return _atom([_entry(each) for each in latest[-20:]], 20)


def _openalex(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    papers = shelf.out(given["filter"].partition("from_publication_date:")[2][:10], now)
    size = min(int(given.get("per_page", 25)), shelf.most)
    cursor = given.get("cursor")
    start = (
        (int(given.get("page", 1)) - 1) * size if cursor is None else int(cursor.strip("*") or 0)
    )
    part = shelf.part(papers, start, size)
    ahead = str(start + len(part)) if part else None
    works = [
        {
            "id": f"https://openalex.org/W{each.number}",
            "doi": f"https://doi.org/{each.doi}",
            "title": each.named,
            "display_name": each.named,
            "publication_date": str(each.day),
            "authorships": [{"author": {"display_name": " ".join(n)}} for n in each.people],
            "primary_location": {"landing_page_url": f"https://arxiv.org/abs/{each.arxiv}"},
            "abstract_inverted_index": _index(each.text),
            "keywords": [{"display_name": word} for word in each.keywords],
            "open_access": {"is_oa": True, "oa_url": f"https://arxiv.org/pdf/{each.arxiv}"},
        }
        for each in part
    ]
    meta = {"count": len(papers), "per_page": size}
    return {"meta": meta | ({"next_cursor": ahead} if cursor else {}), "results": works}


def _index(text: str) -> dict[str, list[int]]:
    index: dict[str, list[int]] = {}
    for place, word in enumerate(text.split()):
        index.setdefault(word, []).append(place)
    return index


def _semantic_scholar(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    papers = shelf.out(given["publicationDateOrYear"].partition(":")[0], now)
    start = int(given.get("token", 0))
    part = shelf.part(papers, start, 1000)
    ahead = start + len(part)
    data = [
        {
            "paperId": f"{each.number:040x}",
            "externalIds": {"ArXiv": each.arxiv, "DOI": each.doi},
            "title": each.named,
            "abstract": each.text,
            "authors": [{"authorId": "1", "name": " ".join(names)} for names in each.people],
            "publicationDate": str(each.day),
            "venue": "Journal of Samples",
            "openAccessPdf": {"url": f"https://arxiv.org/pdf/{each.arxiv}", "status": "GREEN"},
            "s2FieldsOfStudy": [{"category": word, "source": "s2"} for word in each.keywords],
        }
        for each in part
    ]
    return {
        "total": len(papers),
        "token": str(ahead) if ahead < len(papers) else None,
        "data": data,
    }


def _crossref(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    papers = shelf.out(given["filter"].partition("from-created-date:")[2][:10], now)
    size = int(given.get("rows", 20))
    part = shelf.part(papers, int(given.get("offset", 0)), size)
    items = [
        {
            "DOI": each.doi,
            "title": [each.named],
            "abstract": f"<jats:p>{escape(each.text)}</jats:p>",
            "author": [{"given": first, "family": last} for first, last in each.people],
            "container-title": ["Journal of Samples"],
            "issued": {"date-parts": [[each.day.year, each.day.month, each.day.day]]},
            "URL": f"https://doi.org/{each.doi}",
            "type": "journal-article",
        }
        for each in part
    ]
    message = {"total-results": len(papers), "items-per-page": size, "items": items}
    return {"status": "ok", "message-type": "work-list", "message": message}


def _biorxiv(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    wanted = [given["category"]] if "category" in given else []
    papers = shelf.out(given["day"], now, wanted)
    if not papers:
        return {"messages": [{"status": "no posts found"}], "collection": []}
    start = int(given["cursor"])
    part = shelf.part(papers, start, 30)
    message = {"status": "ok", "cursor": start, "count": len(part), "total": str(len(papers))}
    collection = [
        {
            "doi": each.doi,
            "title": each.named,
            "authors": "; ".join(f"{last}, {first[0]}." for first, last in each.people),
            "date": str(each.day),
            "version": "1",
            "type": "new results",
            "category": each.categories[0],
            "abstract": each.text,
            "server": given["server"],
        }
        for each in part
    ]
    return {"messages": [message], "collection": collection}


def _esearch(shelf: Shelf, now: datetime, given: dict[str, str]) -> Any:
    papers = shelf.out(given["mindate"].replace("/", "-"), now)
    start = int(given.get("retstart", 0))
    part = shelf.part(papers, start, int(given["retmax"]))
    result = {
        "count": str(len(papers)),
        "retmax": str(len(part)),
        "retstart": str(start),
        "idlist": [str(each.number) for each in part],
    }
    return {"header": {"type": "esearch", "version": "0.3"}, "esearchresult": result}


def _efetch(shelf: Shelf, now: datetime, given: dict[str, str]) -> str:
    asked = given["id"].split(",")
    articles = "".join(
        f'<PubmedArticle><MedlineCitation><PMID Version="1">{each.number}</PMID><Article>'
        "<Journal><Title>Journal of Samples</Title></Journal>"
        f"<ArticleTitle>{escape(each.named)}.</ArticleTitle><Abstract><AbstractText>"
        f"{escape(each.text)}</AbstractText></Abstract><AuthorList>"
        + "".join(
            f"<Author><LastName>{last}</LastName><ForeName>{first}</ForeName></Author>"
            for first, last in each.people
        )
        + "</AuthorList><ArticleDate>"
        f"<Year>{each.day.year}</Year><Month>{each.day.month:02}</Month>"
        f"<Day>{each.day.day:02}</Day></ArticleDate></Article><MeshHeadingList>"
        + "".join(
            f'<MeshHeading><DescriptorName UI="D1">{escape(word)}</DescriptorName></MeshHeading>'
            for word in each.keywords
        )
        + "</MeshHeadingList></MedlineCitation><PubmedData>"
        f'<ArticleIdList><ArticleId IdType="doi">{each.doi}</ArticleId></ArticleIdList>'
        "</PubmedData></PubmedArticle>\n"
        for each in shelf.papers
        if str(each.number) in asked
    )
    return f'<?xml version="1.0" ?>\n<PubmedArticleSet>{articles}</PubmedArticleSet>'


ANSWERS: tuple[tuple[str, Callable[[Shelf, datetime, dict[str, str]], Any]], ...] = (
    (r"/api/daily_papers", _daily),
    (r"/papers/date/(?P<date>[\d-]+)", _daily_page),
    (r"/api/query", _arxiv),
    (r"/rss/(?P<categories>.+)", _arxiv_rss),
    (r"/feed", _feed),
    (r"/works", _openalex),
    (r"/v1/works", _crossref),
    (r"/graph/v1/paper/search/bulk", _semantic_scholar),
    (r"/details/(?P<server>\w+)/(?P<day>[\d-]+)/(?P=day)/(?P<cursor>\d+)/json", _biorxiv),
    (r"/entrez/eutils/esearch\.fcgi", _esearch),
    (r"/entrez/eutils/efetch\.fcgi", _efetch),
)
