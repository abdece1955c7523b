"""Takes off what journals and arXiv wrap around abstracts in their feeds, and uses it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

from digest.model import Standing
from digest.sources import people
from digest.sources.dates import day
from digest.sources.links import doi

DOI = r"(?:https?://(?:dx\.)?doi\.org/|doi:?\s*)?(?P<doi>10\.\d{4,9}/[^\s;|,]+)"
ARXIV = re.compile(
    r"\s*arXiv:(?P<id>\S{5,40})\s+Announce Type:\s*(?P<type>[\w-]{2,20})\s*(?:Abstract:\s*)?"
)
ARXIV_TITLE = re.compile(r"\.?\s*\(arXiv:(?P<id>[^\s()]{5,40})\s*(?P<rest>[^()]{0,60})\)\s*$")
NATURE = re.compile(
    r"\s*(?P<venue>[^\n;]{2,80}?), Published online: (?P<date>[\w ,-]{8,30});\s*\|?\s*"
    r"(?:doi:\s*(?P<doi>10\.\d{4,9}/(?:s\d{5}-\d{3}-\d{5}-\w|[^\s;|,]+)))?\s*"
)
ATYPON = re.compile(  # Wiley, ACM, Science, SAGE, Taylor & Francis, PNAS and others
    r"\s*(?P<venue>[^\n.]{2,150}?), (?:(?:Volume|Vol\.) [^,\n]{1,20}, (?:(?:Issue|Number|No\.)"
    r" [^,\n]{1,30}, )?(?:(?:Pages?|Article) [^,\n]{1,40}, )?(?P<date>(?:[^\W\d_]{3,9}\.? ){0,2}"
    r"(?:\d{1,2}, )?\d{4})|Ahead of Print|Early\s?View|Just Accepted|Accepted Article)\.(?:\s+|$)"
)
APS_END = re.compile(
    r"\s*\[(?P<venue>[^\[\]\d]{3,60}?) \d[^\[\]]{0,40}\] Published (?P<date>.{8,24})$"
)
PUBMED_HEAD = re.compile(
    r"\s*(?P<venue>[^\n]{2,150}?)\. (?P<date>\d{4}(?: [A-Z][a-z]{2}(?:-[A-Z][a-z]{2})?"
    r"(?: \d\d?)?)?)[;:.][^\n]*"
)
PUBMED_END = re.compile(r"\n\s*PMID:\s*\d+[^\n]*\s*$")
SCIENCE_DIRECT = re.compile(
    r"\s*(?:Publication date:\s*)?(?:Available online\s*:?\s*)?(?P<date>[\w ,–-]{4,40}?)\s*"
    r"(?:\n\s*)?Source:\s*(?P<venue>[^\n]{2,200}?)(?:, (?:Volume|Part) [^\n]{1,60}?)?"
    r"(?:\n|\s*(?=Author\(s\):)|$)"
    r"(?:\s*Author\(s\):\s*(?P<authors>[^\n]*))?\s*"
)
AUTHORS = re.compile(r"\s*Author(?:\(s\)|s)?:\s*(?P<authors>[^\n]{2,20000})(?:\n+|$)")
MDPI = re.compile(
    rf"\s*[^\n]{{2,80}}, Vol\. \d+, Pages [^\n:]{{1,20}}: [^\n]+\n\s*(?P<venue>[^\n]{{2,80}}?)"
    rf" {DOI}\s*Authors:\s*(?P<authors>[^\n]{{2,20000}})\n"
)
MDPI_TITLE = re.compile(r"^[^:]{2,80}, Vol\. \d+, Pages [^:]{1,20}: (?=\S)")
RSC = re.compile(
    r"\s*(?P<venue>[^\n,]{2,80}), (?P<date>\d{4}), [^\n]{2,60}\n+\s*DOI\s*:\s*(?P<doi>10\.\S+?)"
    r"(?:, [^\n]{2,60})?\n+(?P<authors>[^\n]{2,5000})\n+"
)
RSC_END = re.compile(
    r"(?:\n+|^)(?:To cite this article before page numbers|The content of this RSS Feed \(c\)).*$",
    re.DOTALL,
)
TAYLOR = re.compile(
    r"\s*Volume \d+, Issue [^\n,]{1,20}, (?P<date>[^\n,]{4,20}), Page[^\n]*[\n.\s]*"
)
ACS = re.compile(rf"\s*(?P<venue>[A-Z][^\n]{{2,100}})\n+\s*DOI:\s*{DOI}\s*")
PLOS = re.compile(r"\s*by (?P<authors>[^\n]{3,20000})\n+")
BLOG_END = re.compile(
    r"\n+\s*The post [^\n]{1,400} (?:appeared first on|first appeared on) [^\n]{1,200}$"
)
HEADING = re.compile(r"^\s*(?:Graphical )?abstract\s*(?:\n+|[:—–]\s*)(?=\S)", re.IGNORECASE)
NO_ABSTRACT = re.compile(r"(?:no abstract(?: available)?|abstract|n/a|null)\.?", re.IGNORECASE)
LONG_GAP = re.compile(r"\s{3,}")  # the patterns above take long for one of thousands of spaces
TITLE_MARK = re.compile(r"^\[ASAP\]\s*")
REPLACED = {"replace", "replace-cross", "updated"}
WITHDRAWN = re.compile(
    r"\s*(?:(?:this|the) (?:\w+ )?(?:paper|article|submission|manuscript|preprint|version)"
    r" (?:has been|was|is) (?:withdrawn|retracted)"
    r"|\[?(?:withdrawn|retracted)(?: article)?\]?\s*:|withdrawn\b)",
    re.IGNORECASE,
)
JOURNAL = re.compile(
    r"(?:ScienceDirect Publication: |Wiley: |tandf: |Latest results for )(?P<venue>[^\n]{2,150}?)"
    r"(?:: (?:Table of Contents|Latest Articles))?$"
    r"|(?P<other>[^\n]{2,150}?)(?: - new TOC|: Table of Contents)$",
    re.IGNORECASE,
)
PREPRINTS = {"biorxiv.org": "bioRxiv", "medrxiv.org": "medRxiv"}


@dataclass(slots=True)
class Article:
    """What an entry of a feed says of a paper, in text and outside it."""

    title: str
    abstract: str
    links: list[str]
    venue: str = ""
    doi: str | None = None
    arxiv: str = ""
    authors: list[str] = field(default_factory=list)
    published: date | None = None
    standing: Standing | None = None
    latest: date = date.max
    """The last day that can be meant: journals date the issues of next year."""


def unwrap(article: Article) -> None:
    """Take the wrappers off the abstract. What they say fills what is still unknown."""
    article.abstract = LONG_GAP.sub(_short_gap, article.abstract)
    for pattern, is_at_start in WRAPPERS:
        find: Callable[[str], re.Match[str] | None] = (
            pattern.match if is_at_start else pattern.search
        )
        if match := find(article.abstract):
            _use(article, match)
            rest = article.abstract[: match.start()] + article.abstract[match.end() :]
            article.abstract = rest.strip()
    if end := PUBMED_END.search(f"\n{article.abstract}"):
        _pubmed(article, f"\n{article.abstract}"[: end.start()].strip(), end[0])
    if _is_of(article, "plos.org") and (by := PLOS.match(article.abstract)):
        _use(article, by)
        article.abstract = article.abstract[by.end() :].strip()
    article.abstract = HEADING.sub("", article.abstract, count=1)
    if NO_ABSTRACT.fullmatch(article.abstract):
        article.abstract = ""
    if WITHDRAWN.match(article.abstract):
        article.standing = "withdrawn"


WRAPPERS = (
    (ARXIV, True),
    (NATURE, True),
    (SCIENCE_DIRECT, True),
    (MDPI, True),
    (RSC, True),
    (RSC_END, False),
    (ACS, True),
    (ATYPON, True),
    (TAYLOR, True),
    (AUTHORS, True),
    (APS_END, False),
    (BLOG_END, False),
)


def _short_gap(gap: re.Match[str]) -> str:
    return "\n\n" if gap[0].count("\n") > 1 else " "


def journal(title: str) -> str:
    """The journal whose feed has this title; "" if it does not say that it is one of a journal."""
    match = JOURNAL.fullmatch(title.strip())
    return (match["venue"] or match["other"]) if match else ""


def unwrap_title(article: Article) -> None:
    """Take the wrappers off the title, likewise; name the preprint server as the venue."""
    article.title = LONG_GAP.sub(" ", article.title)
    if match := ARXIV_TITLE.search(article.title):
        article.title = article.title[: match.start()]
        article.arxiv = article.arxiv or match["id"]
        if "UPDATED" in match["rest"]:
            article.standing = "revised"
    article.title = TITLE_MARK.sub("", MDPI_TITLE.sub("", article.title))
    if WITHDRAWN.match(article.title):
        article.standing = "withdrawn"
    for host, name in PREPRINTS.items():
        if not article.venue and _is_of(article, host):
            article.venue = name


def _use(article: Article, match: re.Match[str]) -> None:
    found = {name: text for name, text in match.groupdict().items() if text}
    article.venue = article.venue or found.get("venue", "").strip()
    article.doi = article.doi or doi(found.get("doi"))
    article.arxiv = article.arxiv or found.get("id", "")
    printed = day(found.get("date", ""))
    if printed and printed <= article.latest:
        article.published = article.published or printed
    named = people.split(found.get("authors", ""))
    if len(named) > len(article.authors):  # some feeds give the first author alone outside
        article.authors = named
    if found.get("type", "").lower() in REPLACED:
        article.standing = "revised"


def _pubmed(article: Article, text: str, end: str) -> None:
    """Use the line of the journal, and leave it out with the authors below and ``ABSTRACT``."""
    article.doi = article.doi or doi(end)
    head = PUBMED_HEAD.match(text)
    if not head:
        article.abstract = text
        return
    _use(article, head)
    article.doi = article.doi or doi(head[0])
    rest = text[head.end() :].strip()
    before, mark, after = rest.partition("ABSTRACT")
    is_before = bool(mark) and len(before) < 5000 and before.count("\n\n") <= 2
    article.abstract = after.strip() if is_before else rest


def _is_of(article: Article, host: str) -> bool:
    return any(f"{host}/" in link.partition("?")[0].lower() for link in article.links)
