"""Reads the labelled lines below a title in Markdown, such as ``**Authors:** Ada Example``."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from digest.sources import people
from digest.sources.page import dates
from digest.sources.page.lines import LONG, Line, Mark

LABEL = re.compile(
    r"(?:[-*+•] )?(?P<label>authors?|upvotes?|votes|likes|comments|published(?: (?:on|at))?|date"
    r"|submitted by|arxiv(?: id| url| link)?|links?|url|pdf|categor(?:y|ies)|tags|organi[sz]ation"
    r"|hugging ?face|paper|(?P<of_abstract>code|github|project(?: page)?|keywords))"
    r"\s*[:：]\s*(?P<value>.*)",
    re.IGNORECASE,
)
ABSTRACT = re.compile(r"(?:[-*+•] )?(?:abstract|summary)\s*[:：]\s*(?=\S)", re.IGNORECASE)
LONGEST = 20 * LONG  # characters of a line of authors


def with_labels(lines: Sequence[Line]) -> Iterator[Line]:
    """Replace labelled lines below known titles by metadata, or leave them out."""
    is_below = False
    for line in lines:
        is_below = is_below or line.is_title
        if not is_below or line.given or line.is_title:
            yield line
        elif match := ABSTRACT.match(line.text):
            yield replace(line, text=line.text[match.end() :])
        elif not (match := LABEL.fullmatch(line.text[:LONGEST])):
            yield line
        elif line.is_linked or not match["of_abstract"]:  # else the abstract's authors wrote it
            yield from _read(line, match["label"].lower(), match["value"])
        else:
            yield line


def _read(line: Line, label: str, value: str) -> Iterator[Line]:
    count = int(value) if value.isdecimal() and len(value) <= 7 else None
    if label.startswith("author"):
        mark = Mark(None, None, has_dot=False, authors=tuple(people.split(value)))
    elif label.startswith(("upvote", "vote", "like")):
        mark = Mark(None, None, has_dot=False, upvotes=count)
    elif label == "comments":
        mark = Mark(None, None, has_dot=False, comments=count)
    elif label.startswith(("published", "date")):
        mark = Mark(None, dates.parse(value[:LONG]), has_dot=False)
    elif line.code and label in ("code", "github", "links", "link"):
        mark = Mark(None, None, has_dot=False, code=line.code)
    else:
        return
    yield replace(line, given=mark)
