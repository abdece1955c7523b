"""Maps flat objects and rows of tables to records: each field of a paper goes by many names."""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from itertools import chain
from typing import Any

from digest.model import Record, Standing
from digest.sources.code_links import first_repository, repository
from digest.sources.formats.json_shapes import names, normal_key
from digest.sources.formats.json_values import count, is_object, string
from digest.sources.formats.values import (
    NOTHING,
    any_day,
    author_names,
    labels,
    markup_text,
    text_in,
)
from digest.sources.links import arxiv_id, doi, first, web_url
from digest.sources.records import record


def _keys(text: str) -> tuple[str, ...]:
    return tuple(text.split())


WRAPPERS = _keys("paper data info bibjson _source attributes metadata work article node")
TITLE = _keys(
    "title papertitle articletitle titledisplay documenttitle reltitle preprinttitle titles"
    " displayname paper papername titel titre título titolo 标题 题目 论文标题"
    " 論文タイトル タイトル"
)
SUMMARY = _keys(
    "abstract summary abstracttext abstractnote paperabstract relabs preprintabstract abstracts"
    " zusammenfassung résumé resumen riassunto 摘要 要旨 概要"
)
DESCRIPTION = _keys("description descriptions contenttext aisummary tldr content text body")
AUTHORS = _keys(
    "authorsparsed authors author creators creator authorlist authornames authorstring relauthors"
    " preprintauthors authfullname authfullnames authordisplay contributors autoren auteurs autores"
    " autori 作者 著者"
)
AUTHOR_COUNT = _keys("authorcount numauthors authorscount")
PUBLISHED = _keys(
    "publishedat published publicationdate publisheddate datepublished pubdate publishdate date"
    " firstpublicationdate reldate preprintdate submitted submittedon submitteddate datesubmitted"
    " created createdat issued onlinedate coverdate dateissued datum fecha 日期"
)
URL = _keys(
    "url paperurl urlabs absurl landingpageurl link paperlink arxivurl entryid rellink href weburl"
    " ee links uri pdfurl pdf urlpdf pdflink 链接"
)
ARXIV = _keys("arxivid arxiv eprint arxiveprints archiveid id externalids")
DOI = _keys("doi dois reldoi preprintdoi doiurl id identifiers identifier")
VENUE = _keys(
    "venue journal journaltitle journalref containertitle publicationname publicationtitle"
    " fulljournalname conference booktitle proceedings proceeding server relsite 期刊"
)
COMMENTS = _keys("numcomments comments commentcount commentscount")
UPVOTES = _keys("upvotes numupvotes upvotecount votes likes")
PDF = _keys("pdfurl pdf urlpdf pdflink linkpdf openaccesspdf downloadurl filemains")
CODE = _keys(
    "githubrepo github githuburl githublink githubrepourl code codeurl codelink urlcode linkcode"
    " codebase codesurl sourcecodeurl 代码 代码链接 コード"
)
MAY_BE_CODE = _keys(
    "repo repourl repository repositoryurl sourcecode software implementation projectpage project"
    " projecturl website homepage resources links urls"
)
"""Keys of links that lead to code where they lead to a repository."""
REMARKS = _keys("comment arxivcomment authorcomments comments notes")
CATEGORIES = _keys(
    "primarycategory primaryarea primarysubject arxivprimarycategory categories category"
    " arxivcategories arxivcategory subjects subject subjectareas subjectarea fieldsofstudy"
    " s2fieldsofstudy fieldofstudy inspirecategories kategorien catégories categorías 分类 类别"
)
KEYWORDS = _keys(
    "keywords keyword aikeywords authorkeywords keywordlist tags tag topics concepts meshterms mesh"
    " meshheadings meshheadinglist indexterms schlagwörter motsclés palabrasclave 关键词 キーワード"
)
NOT_OF_PAPERS = names(
    "artist assignee album calories completed director done downloads due duedate episodes genre"
    " ingredients isbn modelid nodeid pipelinetag price priority salary selftext servings sku"
    " stargazerscount todo"
)
"""Keys of to-dos, books, films, recipes, models and the like, which have titles too."""
BESIDE_PAPERS = frozenset(("attachment", "note", "annotation"))
"""What Zotero lists beside papers."""
OF_PAPERS = re.compile(
    r"arxiv\.org/|doi\.org/10\.|openreview\.net/|aclanthology\.org/|huggingface\.co/papers/"
    r"|semanticscholar\.org/|proceedings\.|openaccess\.thecvf|pubmed|ncbi\.nlm\.nih|biorxiv\.org/"
    r"|medrxiv\.org/|paperswithcode\.com/paper|dl\.acm\.org/doi|ieeexplore|/doi/10\.",
    re.IGNORECASE,
)
LONG, WORDS = 150, 15  # characters and spaces of a text that may be an abstract


class Fields:
    """The values of an object by their keys in lower case without signs; those of the paper itself,
    inside a wrapper, come first."""

    def __init__(self, item: Mapping[str, Any]) -> None:
        self._values = {normal_key(str(key)): value for key, value in item.items()}
        for name in WRAPPERS:
            if is_object(inner := item.get(name)):
                self._values |= {normal_key(str(key)): value for key, value in inner.items()}
                break
        # Converters of JSON to tables call the columns of a daily paper ``paper.title`` and so on.
        for key in [key for key in self._values if key.startswith("paper") and key != "paper"]:
            self._values.setdefault(key.removeprefix("paper"), self._values[key])
        self._stated = {key: value for key, value in self._values.items() if _says_something(value)}

    def __contains__(self, key: str) -> bool:
        return key in self._values

    def keys(self) -> Iterable[str]:
        """The normal keys."""
        return self._values.keys()

    def all(self, keys: Iterable[str]) -> Iterator[Any]:
        """The values of these keys, those that say something, in the order of ``keys``."""
        return (self._stated[key] for key in keys if key in self._stated)

    def text(self, keys: Iterable[str]) -> str:
        """The text of the first of these keys that has one."""
        return next(filter(None, map(text_in, self.all(keys))), "")

    def title(self) -> str:
        """The title, the first one of several."""
        value = next(self.all(TITLE), "")
        return text_in(value[0] if isinstance(value, list) else value)

    def abstract(self) -> str:
        """The abstract, under whatever key is known or has ``abstract`` in it."""
        if found := self.text(SUMMARY):
            return found
        others = [key for key in self._values if "abstract" in key or key.endswith("summary")]
        texts = (text_in(value) for value in self.all(others))
        return next((text for text in texts if " " in text.strip()), "") or self.text(DESCRIPTION)

    def unread_text(self) -> str:
        """The key of a long text that no other field is read from; empty if there is none."""
        known = {*TITLE, *AUTHORS, *URL, *VENUE, *KEYWORDS, "bibtex", "citation", "affiliations"}
        for key, value in self._values.items():
            text = text_in(value)
            if key not in known and len(text) >= LONG and text.count(" ") >= WORDS:
                return key
        return ""


def _says_something(value: object) -> bool:
    if isinstance(value, str):
        return value.strip().casefold() not in NOTHING
    return value not in (None, [], {})


def is_paper(found: Fields) -> bool:
    """Whether an object with a title has something that only papers have."""
    if not found.title() or found.text(("itemtype",)) in BESIDE_PAPERS:
        return False
    if _arxiv(found) or any(map(doi, _strings(found, DOI))):
        return True
    if not NOT_OF_PAPERS.isdisjoint(found.keys()):
        return False
    if found.text(SUMMARY) or next(found.all(AUTHORS), None):
        return True
    return any(OF_PAPERS.search(url) for url in _strings(found, URL))


def is_paper_object(item: Mapping[str, Any]) -> bool:
    """Whether a flat object is a paper."""
    return is_paper(Fields(item))


def flat(
    item: Mapping[str, Any],
    line: int,
    *,
    abstract: str = "",
    authors: list[str] | None = None,
    published: date | None = None,
    venue: str = "",
    url: str | None = None,
    standing: Standing | None = None,
    pdf: str | None = None,
) -> Record:
    """The record of a flat object; what is given is used instead of what is found.

    Raises:
        BadRecord: The object has no title.
    """
    found = Fields(item)
    listed = next(found.all(AUTHORS), None)
    people_of_it, author_count = author_names(listed)
    if authors is not None:
        people_of_it, author_count = authors, len(authors)
    number = _arxiv(found)
    urls = (web_url(each) for each in _strings(found, URL))
    stated = next((n for value in found.all(AUTHOR_COUNT) if (n := count(value)) is not None), None)
    author_count = author_count if stated is None else stated
    made = record(
        markup_text(found.title()),
        [markup_text(abstract or found.abstract())],
        line=line,
        authors=people_of_it,
        author_count=author_count,
        published=published or first(any_day, found.all(PUBLISHED)),
        comments=next((n for each in found.all(COMMENTS) if (n := count(each)) is not None), None),
        url=url or next(filter(None, urls), None) or _address(number, None),
        arxiv_id=number,
        doi=first(doi, [*_strings(found, DOI), *_strings(found, URL)]),
        venue=venue or found.text(VENUE),
        upvotes=next((n for each in found.all(UPVOTES) if (n := count(each)) is not None), None),
        standing=standing or _standing(found),
        pdf=pdf or first(web_url, _strings(found, PDF)),
        code=_code(found),
        categories=_labels(found, CATEGORIES),
        keywords=_labels(found, KEYWORDS),
    )
    # With ``et al.`` the names are not all.
    return replace(made, author_count=None) if listed and author_count is None else made


def _code(found: Fields) -> str | None:
    """The link to the code: what is called so, a repository, or what authors remark of one."""
    stated = (repository(each) or web_url(each) for each in _strings(found, CODE))
    others = map(repository, _strings(found, MAY_BE_CODE))
    remarks = (first_repository(each) for each in found.all(REMARKS) if isinstance(each, str))
    return next(filter(None, chain(stated, others, remarks)), None)


def _labels(found: Fields, keys: Iterable[str]) -> Iterator[str]:
    return (label for value in found.all(keys) for label in labels(value))


def _standing(found: Fields) -> Standing | None:
    stated = next(found.all(("standing",)), None)
    return stated if stated in ("revised", "withdrawn") else None


def _address(number: str | None, name: str | None) -> str | None:
    if number:
        return f"https://arxiv.org/abs/{number}"
    return f"https://doi.org/{name}" if name else None


def _arxiv(found: Fields) -> str | None:
    values = [*_strings(found, ARXIV), *_strings(found, URL), *_strings(found, DOI)]
    return first(arxiv_id, values)


def _strings(found: Fields, keys: Iterable[str]) -> Iterator[str]:
    """The strings of these keys, also those in lists and objects, as of links or identifiers."""
    for value in found.all(keys):
        if isinstance(value, str | int | float):
            yield str(value)
            continue
        for each in value.values() if isinstance(value, dict) else value[:50]:
            if isinstance(each, str):
                yield each
            elif isinstance(each, dict):
                yield from filter(None, map(string, list(each.values())[:10]))
