"""Blocking keys: hashes of which two records of the same paper share at least one. The ledger
stores them, so a new release must compute the same keys."""

import re
import string
from collections.abc import Container
from functools import lru_cache
from hashlib import blake2b
from urllib.parse import urlsplit

from digest.model import Paper, PaperId, Record
from digest.text.clean import normal_title

SENTENCES = 6  # with a key: a cut abstract has its first ones, a revised one some of them
LONG_SENTENCE = 60  # letters of the shortest sentence that is unlikely to be in another paper
ABSTRACT = 4000  # the characters of an abstract that are used

_VERSION = re.compile(r"(?<=\d)v\d{1,2}(?:\.full|\.abstract)?(?:\.pdf)?$")
_PASSING = re.compile(
    r"(?:rss|ref|source|via|feed|from|utm_\w+|\w*clid|ck_\w+)(?:=|$)", re.IGNORECASE
)
"""What says where a link was found, in the query of a URL."""
_COUNTER = re.compile(
    r"^\s*(?:[\[(]\d{1,5}[\])]|#?\d{1,4}(?:[.,]\d{1,3})?k?[.):]?(?=\s))\s*(?=\S)"
    r"|\s*[\[(]\d{1,6}(?:\s+(?:comments?|repl(?:y|ies)|votes?|upvotes?|likes?|views?))?[\])]\s*$",
    re.IGNORECASE,
)
"""What counts votes, comments or links before or after a title."""

_STOPS = bytes.maketrans(b"!?", b"..")
_DELETED = bytes(
    set((string.whitespace + string.digits + string.punctuation).encode()) - set(b".!?")
)


def keys(record: Record | Paper) -> frozenset[int]:
    """The hashes by which a paper that may be this one is found: those that are stored, and that of
    the title without a counter."""
    title = bare(record.title)
    found = stored_keys(record)
    return found if title == record.title else found | {title_key(title)}


def stored_keys(record: Record | Paper) -> frozenset[int]:
    """Hash the arXiv id, the DOI, the link, the normalised title and the first long sentences of
    the abstract. The hashes are signed integers of 64 bits. Records of different papers can share
    some too."""
    hashes = {title_key(record.title), *sentence_keys(record.abstract)}
    if record.arxiv_id is not None:
        hashes.add(arxiv_key(record.arxiv_id))
    if record.doi is not None:
        hashes.add(doi_key(record.doi))
    if link := stable_link(record.url):
        hashes.add(link_key(link))
    return frozenset(hashes)


def bare(title: str) -> str:
    """The title without a counter before or after it."""
    return _COUNTER.sub("", title)


def arxiv_key(arxiv_id: str) -> int:
    """Hash an arXiv id."""
    return _signed(_hash(b"arxiv", arxiv_id.encode(errors="surrogatepass")))


def doi_key(doi: str) -> int:
    """Hash a DOI."""
    return _signed(_hash(b"doi", doi.casefold().encode(errors="surrogatepass")))


def link_key(link: str) -> int:
    """Hash what ``stable_link`` returns."""
    return _signed(_hash(b"link", link.encode(errors="surrogatepass")))


def stable_link(url: str | None) -> str:
    """The part of a URL that stays the same for a paper: host, path and query, without the version
    of a preprint and what says where the link was found. "" for none, and for the start page of a
    site."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return ""
    host = parts.netloc.casefold().removeprefix("www.")
    path = _VERSION.sub("", parts.path.rstrip("/"))
    query = "&".join(sorted(q for q in parts.query.split("&") if q and not _PASSING.match(q)))
    if not host or not (path or query):
        return ""
    return f"{host}{path}?{query}" if query else host + path


def title_key(title: str) -> int:
    """Hash a title regardless of case, punctuation, hyphens and spaces."""
    return _signed(_title_hash(title))


def sentence_keys(abstract: str) -> set[int]:
    """Hash the letters of an abstract's first long sentences. Every full stop ends a sentence here,
    even in ``1.5``: all that matters is that two records of a paper are split in the same way."""
    text = abstract[:ABSTRACT].casefold().replace("。", ".").encode(errors="surrogatepass")
    pieces = text.translate(_STOPS, _DELETED).split(b".")
    long = [piece for piece in pieces if len(piece) >= LONG_SENTENCE]
    return {_signed(_hash(b"sentence", piece)) for piece in long[:SENTENCES]}


def paper_id(record: Record, taken: Container[PaperId] = ()) -> PaperId:
    """Make the id of a paper that this record is the first to list; ``taken``: ids of others."""
    if record.arxiv_id is not None:
        found = f"arxiv:{record.arxiv_id}"
    elif record.doi is not None:
        found = f"doi:{record.doi}"
    else:
        found = f"title:{_title_hash(record.title).hex()}"
    if found in taken:  # another paper with the same title
        more = "\n".join((record.title, stable_link(record.url), record.doi or "", record.abstract))
        found = f"title:{_hash(b'more', more.encode(errors='surrogatepass')).hex()}"
    return PaperId(found)


@lru_cache(maxsize=10_000)
def _title_hash(title: str) -> bytes:
    text = normal_title(title).replace(" ", "")
    return _hash(b"title", text.encode(errors="surrogatepass"))


def _hash(kind: bytes, text: bytes) -> bytes:
    return blake2b(text, digest_size=8, person=kind).digest()


def _signed(digest: bytes) -> int:
    return int.from_bytes(digest, signed=True)
