"""Papers pages to read in tests, in words made for them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from digest import sources
from digest.model import Dump, DumpHash

ARRIVED = datetime(2025, 11, 20, 9, 0, tzinfo=UTC)
HEADER = """new

Get trending papers in your email inbox!

Subscribe

Daily Papers

byAK and the research community

Oct 28
"""
TITLES = (
    "Harbour: Routing Tokens through Small Experts",
    "What Do Sparse Attention Heads Forget?",
    "reStructured Gardens",
    "Pruning Is Not Forgetting: A Study of Small Translators",
    "Can we teach a robot with only ten examples?",
    "A Survey of Low-Rank Adaptation for Weather Models",
    "GraphTide++: Message Passing on Moving Meshes",
    "Towards Calibrated Tide Tables",
    "Listen! Speech Models That Wait",
    "On the Cost of Long Contexts",
)
SENTENCES = (
    "Large models of language are costly to train, and more so to keep up to date.",
    "We ask how much of that cost is spent on data that teaches them nothing new.",
    "To find out, we train twelve models on the same text in different orders (i.e., shuffled).",
    "The order matters little for the loss, but a great deal for what is remembered later.",
    "Our method, which needs no labels, picks 10% of the examples and reaches 98.5% accuracy.",
    "It is 1.5x faster than the best baseline, e.g. on long documents, and uses less memory.",
    "We study where it fails: rare names, numbers with many digits, and quotations.",
    "Finally, we discuss what this means for models that are updated every day.",
)


def abstract(seed: int, *, sentences: int = 6) -> str:
    """Some sentences, different for each seed."""
    chosen = (SENTENCES[(seed + index) % len(SENTENCES)] for index in range(sentences))
    return f"In study {seed}, we look again. " + " ".join(chosen)


@dataclass(frozen=True)
class Listed:
    """A paper as a test's page lists it."""

    title: str
    paragraphs: tuple[str, ...]
    details: str = ""


def papers(count: int = len(TITLES)) -> list[Listed]:
    """Papers with one paragraph each."""
    return [
        Listed(title, (abstract(number),), f"  • {number + 2} authors\n·\nOct {number + 1}")
        for number, title in enumerate(TITLES[:count])
    ]


def plain(listed: list[Listed], *, header: str = HEADER) -> str:
    """A page of the plain layout."""
    parts = [part for paper in listed for part in (paper.title, *paper.paragraphs)]
    return "\n\n".join([header, *parts])


def detailed(listed: list[Listed], *, header: str = HEADER) -> str:
    """A page of the detailed layout."""
    parts = [part for paper in listed for part in (paper.title, *paper.paragraphs, paper.details)]
    return "\n\n".join([header, *filter(None, parts)])


def read(text: str | bytes, *, name: str = "page.txt", arrived: datetime = ARRIVED) -> Dump:
    """The dump that a file of this content is."""
    content = text.encode() if isinstance(text, str) else text
    return sources.read(name, content, hash=DumpHash("0" * 64), arrived=arrived)
