"""The hashes by which records of the same paper find each other.

They are kept in the ledger, so their meaning must not change from one release to the next.
"""

from __future__ import annotations

import string
from hashlib import blake2b

from digest.model import Paper, PaperId, Record
from digest.text.clean import normal_title

SENTENCES = 6
"""A cut abstract still has its first sentences; a revised one has some of them."""
LONG_SENTENCE = 60
"""Letters from which on a sentence is unlikely to stand in another paper."""
ABSTRACT = 4000
"""Characters of an abstract that are looked at."""

_STOPS = bytes.maketrans(b"!?", b"..")
_DELETED = bytes(
    set((string.whitespace + string.digits + string.punctuation).encode()) - set(b".!?")
)


def keys(record: Record | Paper) -> frozenset[int]:
    """Signed 64-bit hashes: of the arXiv id, the normalised title and the first long sentences
    of the abstract. Records of the same paper share at least one, and so may others."""
    marks = {title_key(record.title), *sentence_keys(record.abstract)}
    if record.arxiv_id is not None:
        marks.add(arxiv_key(record.arxiv_id))
    return frozenset(marks)


def arxiv_key(arxiv_id: str) -> int:
    """The hash of an arXiv id."""
    return _signed(_hash(b"arxiv", arxiv_id.encode(errors="surrogatepass")))


def title_key(title: str) -> int:
    """The hash of a title in which case, punctuation, hyphens and spaces make no difference."""
    return _signed(_title_hash(title))


def sentence_keys(abstract: str) -> set[int]:
    """The hashes of the letters of an abstract's first long sentences.

    Every full stop ends one here, even in ``1.5``: what counts is to find the same pieces again.
    """
    text = abstract[:ABSTRACT].casefold().replace("。", ".").encode(errors="surrogatepass")
    pieces = text.translate(_STOPS, _DELETED).split(b".")
    long = [piece for piece in pieces if len(piece) >= LONG_SENTENCE]
    return {_signed(_hash(b"sentence", piece)) for piece in long[:SENTENCES]}


def paper_id(record: Record) -> PaperId:
    """The id of a paper first seen in this record."""
    if record.arxiv_id is not None:
        return PaperId(f"arxiv:{record.arxiv_id}")
    return PaperId(f"title:{_title_hash(record.title).hex()}")


def _title_hash(title: str) -> bytes:
    text = normal_title(title).replace(" ", "")
    return _hash(b"title", text.encode(errors="surrogatepass"))


def _hash(kind: bytes, text: bytes) -> bytes:
    return blake2b(text, digest_size=8, person=kind).digest()


def _signed(digest: bytes) -> int:
    return int.from_bytes(digest, signed=True)
