"""Blocking keys: hashes of which two records of the same paper share at least one. The ledger
stores them, so a new release must compute the same keys."""

import string
from hashlib import blake2b

from digest.model import Paper, PaperId, Record
from digest.text.clean import normal_title

SENTENCES = 6  # with a key: a cut abstract has its first ones, a revised one some of them
LONG_SENTENCE = 60  # letters of the shortest sentence that is unlikely to be in another paper
ABSTRACT = 4000  # the characters of an abstract that are used

_STOPS = bytes.maketrans(b"!?", b"..")
_DELETED = bytes(
    set((string.whitespace + string.digits + string.punctuation).encode()) - set(b".!?")
)


def keys(record: Record | Paper) -> frozenset[int]:
    """Hash the arXiv id, the normalised title and the first long sentences of the abstract. The
    hashes are signed integers of 64 bits. Records of different papers can share some too."""
    hashes = {title_key(record.title), *sentence_keys(record.abstract)}
    if record.arxiv_id is not None:
        hashes.add(arxiv_key(record.arxiv_id))
    return frozenset(hashes)


def arxiv_key(arxiv_id: str) -> int:
    """Hash an arXiv id."""
    return _signed(_hash(b"arxiv", arxiv_id.encode(errors="surrogatepass")))


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


def paper_id(record: Record) -> PaperId:
    """Make the id of a paper that this record is the first to list."""
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
