"""Dumps, the papers in them, and what subscribers say of these."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Literal

from digest.model.identifiers import DumpHash, PaperId, PaperKey, Problem


@dataclass(frozen=True, slots=True)
class Record:
    """One paper as one dump lists it. ``title`` and ``abstract`` are readable Unicode."""

    title: str
    abstract: str
    raw_title: str
    raw_abstract: str
    """As it stood in the dump; paragraphs are joined by a blank line in both forms."""
    line: int = 0
    """1-based line of the title in the (decompressed) dump; 0 where the format has no lines."""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None
    """http(s) only."""
    arxiv_id: str | None = None
    """Without version, as ``2401.01234`` or ``hep-th/9901001``."""


@dataclass(frozen=True, slots=True)
class Dump:
    """What a reader made of one file."""

    hash: DumpHash
    name: str
    """File name relative to the inbox."""
    format: str
    """``papers-page-plain``, ``papers-page-detailed``, …: the reader that took it."""
    listed: date | None
    """The dump's own date, with its year inferred; None where it states none."""
    records: tuple[Record, ...]
    problems: tuple[Problem, ...] = ()
    """One for each bad record that was skipped."""


@dataclass(frozen=True, slots=True)
class Paper:
    """One paper, however often and wherever it was seen, with the best of its metadata."""

    key: PaperKey
    id: PaperId
    title: str
    abstract: str
    arrived: datetime
    """``now`` of the run that first read it."""
    listed: date | None = None
    """Date of the dump it first came in."""
    authors: tuple[str, ...] = ()
    author_count: int | None = None
    published: date | None = None
    comments: int | None = None
    url: str | None = None
    arxiv_id: str | None = None
    keys: frozenset[int] = field(default=frozenset(), compare=False, repr=False)
    """Of a candidate for identity: those of the wanted keys that it has; else empty."""


@dataclass(frozen=True, slots=True)
class Match:
    """What identity decided about records of one dump: one paper, new or known."""

    paper: Paper
    """With the best metadata of all its records; ``key`` is 0 where ``is_new``."""
    records: tuple[Record, ...]
    is_new: bool
    keys: frozenset[int]
    """Signed 64-bit hashes by which later records find this paper."""


Matcher = Callable[[Sequence[Record], Sequence[Paper]], Sequence[Match]]
"""Decides which records of one dump are which paper: (records, candidates) → matches."""

Opinion = Literal["like", "dislike"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a subscriber said of one paper; a later one replaces it."""

    paper: Paper
    opinion: Opinion
    at: datetime


@dataclass(frozen=True, slots=True)
class Verdicts:
    """The papers that ranking learns a subscriber's taste from, newest verdict first."""

    liked: tuple[Paper, ...] = ()
    disliked: tuple[Paper, ...] = ()
