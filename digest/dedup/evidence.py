"""How strong the evidence is that two listings, records or known papers, are the same paper."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from functools import cached_property

from digest.dedup import similarity
from digest.dedup.blocking_keys import (
    arxiv_key,
    bare,
    doi_key,
    link_key,
    stable_link,
    stored_keys,
    title_key,
)
from digest.dedup.similarity import TitleSimilarity, abstracts_match, compare_titles
from digest.model import Paper, Record
from digest.text.clean import normal_title

AGREEMENT = {TitleSimilarity.NEAR: 70, TitleSimilarity.SAME_HEAD: 80}
"""The percentage to which the abstracts must be equal, by the similarity of the titles. Abstracts
of different papers are usually equal to 45 %, and hardly ever to 60 %."""
SAME_TEXT = 90
"""The percentage where the titles say little: they differ by a counter, or wholly."""
LONG_TEXT = 300  # characters of an abstract by which alone a paper is recognised on another site
_IDS = ("arxiv_key", "doi_key", "link_key")
SPECIFIC = 5  # words of a title that hardly two papers share; “Letter to the Editor” has four


class Evidence(IntEnum):
    """The evidence that two listings are the same paper; the strongest evidence decides."""

    NONE = 0
    TITLE = 1  # only the titles are equal
    ALIKE = 2  # the titles are similar and the abstracts match, or the link is the same
    EQUAL = 3  # the titles are equal, and the abstracts or the links
    DOI = 4
    ARXIV_ID = 5


@dataclass(frozen=True)
class Listing:
    """A known paper or a record, with its blocking keys."""

    text: Record | Paper
    keys: frozenset[int]
    title_key: int
    arxiv_key: int | None
    doi_key: int | None
    link: str

    @classmethod
    def of(cls, text: Record | Paper, known: frozenset[int] = frozenset()) -> Listing:
        """Describe a record, or a paper with those of its keys that are ``known``."""
        arxiv = None if text.arxiv_id is None else arxiv_key(text.arxiv_id)
        doi = None if text.doi is None else doi_key(text.doi)
        marks = known or stored_keys(text)
        return cls(text, marks, title_key(text.title), arxiv, doi, stable_link(text.url))

    @cached_property
    def link_key(self) -> int | None:
        """The key of the link."""
        return link_key(self.link) if self.link else None

    @cached_property
    def bare_key(self) -> int:
        """The key of the title without a counter."""
        title = bare(self.text.title)
        return self.title_key if title == self.text.title else title_key(title)

    @property
    def has_ids(self) -> bool:
        """Whether anything but the text tells which paper it is."""
        return self.arxiv_key is not None or self.doi_key is not None or bool(self.link)

    @property
    def host(self) -> str:
        """The host of the link, or the registrant of a link by DOI; "" without a link."""
        return self.link.removeprefix("dx.").removeprefix("doi.org/").partition("/")[0]

    @property
    def source(self) -> str:
        """Who published it: arXiv, the registrant of the DOI, or the host; "" if unknown."""
        if self.text.arxiv_id is not None:
            return "arxiv"
        return (self.text.doi or self.link).partition("/")[0]


def evidence(one: Listing, other: Listing) -> Evidence:
    """The evidence that two listings, whose arXiv ids do not differ, are the same paper."""
    if one.arxiv_key is not None and one.arxiv_key == other.arxiv_key:
        return Evidence.ARXIV_ID
    if _share(one, other, "doi_key"):
        return Evidence.DOI
    same_link = _share(one, other, "link_key")
    if one.title_key in other.keys:
        if same_link or _agree(one, other, AGREEMENT[TitleSimilarity.NEAR]):
            return Evidence.EQUAL
        return Evidence.TITLE if may_share_title(one, other) else Evidence.NONE
    titles = one.text.title, other.text.title
    alike = compare_titles(*titles)
    if _share(one, other, "bare_key") or similarity.differ_by_counter(*titles):
        found = same_link or (may_share_title(one, other) and _agree(one, other, SAME_TEXT))
    elif alike is not TitleSimilarity.DIFFERENT:
        found = same_link or _agree(one, other, AGREEMENT[alike])
    else:
        found = (same_link or _is_elsewhere(one, other)) and _agree(one, other, SAME_TEXT)
    return Evidence.ALIKE if found else Evidence.NONE


def may_share_title(one: Listing, other: Listing) -> bool:
    """Whether two listings with the same title may be one paper although their abstracts do not
    match. “Editorial” with other ids is another paper; so is any title of which one source gives
    two ids, or that has ids of the same kind and another abstract."""
    if not (one.has_ids and other.has_ids) or any(_share(one, other, key) for key in _IDS):
        return True
    if one.host and one.host == other.host:
        return False
    if one.doi_key is not None and other.doi_key is not None:
        texts = one.text.abstract, other.text.abstract
        if one.source == other.source or min(map(len, texts)) >= similarity.ENOUGH:
            return False
    specific = len(normal_title(one.text.title).split()) >= SPECIFIC
    return specific and _authors_fit(one.text.authors, other.text.authors)


def _share(one: Listing, other: Listing, kind: str) -> bool:
    """Whether one has the id of this kind that the other has."""
    # None is in no set of keys.
    return getattr(one, kind) in other.keys or getattr(other, kind) in one.keys


def _authors_fit(ours: tuple[str, ...], theirs: tuple[str, ...]) -> bool:
    """Whether two lists of authors have a name in common; True where one is unknown."""
    if not ours or not theirs:
        return True
    first, second = (
        {w for name in each for w in normal_title(name).split()} for each in (ours, theirs)
    )
    return any(len(word) > 1 for word in first & second)


def _is_elsewhere(one: Listing, other: Listing) -> bool:
    """Whether it may be a preprint and its journal version, under another title: two sources, and
    titles without the likeness of two parts or of a correction."""
    known = bool(one.source) and bool(other.source)
    if not known or one.source == other.source:
        return False
    enough = min(len(one.text.abstract), len(other.text.abstract)) >= LONG_TEXT
    return enough and similarity.share_few_words(one.text.title, other.text.title)


def _agree(one: Listing, other: Listing, percent: int) -> bool:
    return abstracts_match(one.text.abstract, other.text.abstract, percent=percent)
