"""What an answer lists: whether it can be read, and whether there is anything new in it."""

from __future__ import annotations

import hashlib
from datetime import datetime

from digest import sources
from digest.errors import DumpError
from digest.model import DumpHash, Record
from digest.sources.fetch.exchange import PageError, Step

_LENGTH = 12  # characters of the hash of a paper


def papers(name: str, content: bytes, step: Step, *, now: datetime) -> set[str]:
    """The short hashes of the papers in an answer: the same as long as nothing has changed that
    anybody would notice. Of upvotes only the power of two counts, of comments nothing.

    Raises:
        PageError: Nothing, or suspiciously little, of it can be read.
    """
    if not step.papers:
        return set()
    content_hash = DumpHash(hashlib.sha256(content).hexdigest())
    try:
        read = sources.read(name, content, hash=content_hash, arrived=now)
    except DumpError as error:
        raise unknown_form(error.reason) from error
    if 2 * len(read.records) < step.papers:
        raise unknown_form(f"{len(read.records)} of {step.papers} papers could be read")
    return {_hash(each) for each in read.records}


def unknown_form(what: str) -> PageError:
    """The error that an answer has an unknown form."""
    remedy = "look at the saved answer; a newer version of this program may read it"
    return PageError(f"its answer cannot be read: {what}", remedy)


def _hash(record: Record) -> str:
    told = (
        record.raw_title,
        record.raw_abstract,
        record.authors,
        record.author_count,
        record.published,
        record.url,
        record.arxiv_id,
        record.doi,
        record.venue,
        (record.upvotes or 0).bit_length(),
        record.standing,
        record.pdf,
        record.code,
        record.categories,
        record.keywords,
    )
    text = repr(told).encode("utf-8", "surrogatepass")
    return hashlib.sha256(text).hexdigest()[:_LENGTH]
