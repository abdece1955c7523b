"""Dumps, the papers in them, and the verdicts of subscribers on papers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal, NamedTuple

from digest.model.identifiers import DumpHash, PaperId, PaperKey, Problem

Standing = Literal["revised", "withdrawn"]
"""What a source says of a paper beyond that it is there: a new version of one that was announced
before, or withdrawn."""


@dataclass(frozen=True, slots=True)
class Record:
    """A paper as a dump lists it. ``title`` and ``abstract`` are readable Unicode."""

    title: str
    abstract: str
    raw_title: str
    raw_abstract: str
    """The text of the dump. In ``abstract`` too, a blank line separates paragraphs."""
    line: int = 0
    """The line of the title in the (decompressed) dump, from 1; 0 if the format has no lines."""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None  # an http(s) URL
    arxiv_id: str | None = None
    """The arXiv id without version, as ``2401.01234`` or ``hep-th/9901001``."""
    doi: str | None = None  # in lower case, as ``10.1000/xyz123``; never that of an arXiv id
    venue: str | None = None  # the journal or conference, as the source names it
    upvotes: int | None = None
    standing: Standing | None = None
    pdf: str | None = None  # an http(s) URL of the full text
    code: str | None = None  # an http(s) URL of the code
    categories: tuple[str, ...] = ()
    """The subjects that the source sorts it under, as ``cs.LG`` or ``Neuroscience``."""
    keywords: tuple[str, ...] = ()
    """What the source itself says that it is about: keywords, concepts, MeSH headings."""


PART = " (part)"
"""How the format of a dump ends that is a part of a large file, but not the last one, which counts
for the whole file."""


@dataclass(frozen=True, slots=True)
class Dump:
    """The result of reading one file."""

    hash: DumpHash
    name: str  # the file's path in the inbox
    format: str  # the format that was recognised, as ``papers-page-plain``
    listed: date | None  # the dump's own date, with an inferred year; None if it has no date
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    """One problem for each bad record that was skipped, or read in part."""
    is_incomplete: bool = False
    """Whether there seem to be more papers in it than were read: its readers failed, not the day
    was quiet."""
    readers: str = "1"  # the version of the readers that read it
    source: str = ""  # the source that it was fetched from; empty: it lay in the inbox


class FileStamp(NamedTuple):
    """The hash of a file, and what changes with the content of the file."""

    size: int
    changed: int  # when it was changed last, in nanoseconds since the epoch
    inode: int
    hash: DumpHash


@dataclass(frozen=True, slots=True)
class Former:
    """What older readers made of a part of a dump that is read again."""

    title: str  # as it stood in the dump
    abstract: str
    line: int
    is_only: bool  # whether no other dump lists the paper


@dataclass(frozen=True, slots=True)
class Paper:
    """A paper with the best metadata of all its records, in whatever dumps."""

    key: PaperKey
    id: PaperId
    title: str
    abstract: str
    arrived: datetime  # ``now`` of the pass that first read the paper
    listed: date | None = None  # the date of the first dump that lists the paper
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None
    arxiv_id: str | None = None
    doi: str | None = None
    venue: str | None = None
    upvotes: int | None = None
    standing: Standing | None = None
    pdf: str | None = None
    code: str | None = None
    categories: tuple[str, ...] = ()
    keywords: tuple[str, ...] = ()
    base_upvotes: int | None = field(default=None, compare=False)
    """The upvotes that a jump is measured from: the first ones, or those after the last jump."""
    provenance: int = 0
    """How good the sources of title, abstract and date are; see ``dedup.merge``."""
    keys: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Those of the blocking keys in question that the paper has, while records are matched."""
    former: tuple[Former, ...] = field(default=(), compare=False, repr=False)
    """What the dump that is being read again made of the paper before."""

    def __hash__(self) -> int:
        # Everything that is rendered once a paper is kept by it.
        return hash((self.key, self.id))


@dataclass(frozen=True, slots=True)
class Match:
    """Records of one dump that are the same paper, new or known."""

    paper: Paper  # the paper with the best metadata of all its records; ``key`` is 0 if ``is_new``
    records: tuple[Record, ...]
    is_new: bool
    keys: frozenset[int]  # its blocking keys, by which later records find the paper
    joined: tuple[PaperKey, ...] = ()  # other known papers that turned out to be this one
    upvotes_before: int | None = None
    """Set if the upvotes of the paper, known before, jumped: how many it had until then."""


@dataclass(frozen=True, slots=True)
class SecondLook:
    """A paper whose upvotes jumped."""

    key: PaperKey  # from the same sequence as the keys of papers: it tells when they jumped
    paper: Paper
    upvotes_before: int


Matcher = Callable[[Sequence[Record], Sequence[Paper]], Sequence[Match]]
"""Decides which records of one dump are which paper: (records, candidates) → matches."""

Opinion = Literal["like", "dislike"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The opinion of a subscriber on a paper; a later verdict replaces it."""

    paper: Paper
    opinion: Opinion
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The papers that a subscriber liked and disliked, with the newest verdict first."""

    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()
