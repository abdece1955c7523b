"""PubMed, by the day on which it took in an article: a search for ids, then the articles."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime

from digest.model import Source
from digest.sources.fetch.exchange import FetchError, Identity, Page, Request, Step
from digest.sources.fetch.kinds import answers, asking
from digest.sources.formats.values import text_in

INTERVAL = 0.4
SERVER = "https://eutils.ncbi.nlm.nih.gov"
SEARCH, FETCH = "/entrez/eutils/esearch.fcgi", "/entrez/eutils/efetch.fcgi"
MOST = 10_000  # ids that a search gives
IN_ONE = 200  # articles in one answer, at most
ARTICLE = re.compile(rb"<Pubmed(?:Book)?Article[\s>]")
SET = re.compile(rb"<(Pubmed(?:Book)?ArticleSet)\b(?:[^>]*/>|.*</\1>)", re.DOTALL)
ERROR = re.compile(r"<ERROR>([^<]*)</ERROR>", re.IGNORECASE)


def pages(source: Source, *, since: date, now: datetime) -> Sequence[Page]:
    """A page a day on which articles were taken in."""
    return asking.by_day(source, since, now.date(), now, busy=2, open_for=4)


def first(source: Source, page: Page, identity: Identity) -> Request:
    """The search for the ids of a day."""
    day = f"{page.day:%Y/%m/%d}"
    asked = {"term": source.query, "datetype": "edat", "mindate": day, "maxdate": day}
    told = {"retmode": "json", "tool": "digest", "email": identity.contact}
    return Request(
        asking.address(source, SERVER, SEARCH, db="pubmed", **asked, retmax=MOST, **told)
    )


def step(source: Source, page: Page, url: str, content: bytes) -> Step:
    """The addresses of the articles that a search found, or how many articles an answer has."""
    if SEARCH not in url:
        return Step(_articles(content))
    result = answers.inner(answers.answer_in(content), "esearchresult")
    if error := text_in(result.get("ERROR")):
        raise FetchError(f"PubMed answered: “{error}”", "check `query`")
    total, ids = answers.total_in(result, "count"), result.get("idlist")
    if not isinstance(ids, list) or not all(text_in(each).isdecimal() for each in ids):
        raise answers.new_form("its answer has no list “idlist”")
    if total > MOST:
        raise answers.too_many(total, MOST)
    given = asking.asked_in(url)
    ahead = int(given.get("retstart", 0)) + len(ids)
    more = (asking.changed(url, retstart=ahead),) if ids and ahead < total else ()
    told = {"tool": given["tool"], "email": given["email"], "retmode": "xml"}
    parts = (ids[start : start + IN_ONE] for start in range(0, len(ids), IN_ONE))
    named = (",".join(map(text_in, part)) for part in parts)
    addresses = (asking.address(source, SERVER, FETCH, db="pubmed", id=i, **told) for i in named)
    return Step(0, (*addresses, *more))


def _articles(content: bytes) -> int:
    """How many articles an answer has.

    Raises:
        FetchError: It is an error of PubMed, no list of articles, or one that was cut off.
    """
    if found := ERROR.search(content[:2000].decode("utf-8", "replace")):
        raise FetchError(f"PubMed answered: “{found[1].strip()}”")
    if not SET.search(content):
        raise answers.new_form("its answer is no whole set of articles")
    return len(ARTICLE.findall(content))
