"""What becomes of papers of a dump that older readers misread, when the dump is read again."""

from collections.abc import Sequence
from dataclasses import replace

from digest.dedup import merge
from digest.dedup.similarity import abstracts_match
from digest.model import Paper, Record
from digest.text.clean import normal_title, one_line
from digest.text.latex import readable

NEAR = 6  # lines by which the place of a paper in a dump may differ between two readers
SHORTEST = 12  # letters of a title by which its place is recognised
SAME = 95  # the percentage to which an abstract is that of an older reader


def misread(paper: Paper, records: Sequence[Paper | Record]) -> bool:
    """Whether older readers made this paper of one of the records: it stood in the same place, and
    one title is part of the other, or stood at the start of the abstract."""
    return any(
        abs(former.line - record.line) <= NEAR and _holds(former.title, former.abstract, record)
        for former in paper.former
        for record in records
        if isinstance(record, Record)
    )


def mended(paper: Paper, records: Sequence[Record]) -> Paper:
    """The paper without what only the older reading of the dump said of it. Title and abstract of
    other dumps stay; of a paper that no other dump lists nothing but its identity does."""
    first = min(records, key=lambda record: (-merge.grade(record), -len(record.abstract)))
    if all(former.is_only for former in paper.former):
        new = Paper(paper.key, paper.id, first.title, first.abstract, paper.arrived, paper.listed)
        begun = merge.begun(new, first)
        return replace(begun, keys=paper.keys, base_upvotes=paper.base_upvotes)
    titles = {normal_title(one_line(readable(former.title))) for former in paper.former}
    texts = [readable(former.abstract) for former in paper.former]
    if normal_title(paper.title) in titles:
        paper = merge.with_title(paper, first)
    if any(_is_text(text, paper.abstract) for text in texts):
        paper = merge.with_abstract(paper, first)
    return paper


def _is_text(text: str, abstract: str) -> bool:
    """Whether an abstract is this text, but for what another version makes of its signs."""
    short, long = sorted((len(text), len(abstract)))
    same = 100 * short >= SAME * long and abstracts_match(text, abstract, percent=SAME)
    return same or text == abstract


def _holds(title: str, abstract: str, record: Record) -> bool:
    new, old = _letters(record.title), _letters(title)
    if min(len(new), len(old)) >= SHORTEST and (new in old or old in new):
        return True
    start = _letters(abstract[: 2 * len(record.title) + 100])
    return len(new) >= SHORTEST and new in old + start


def _letters(text: str) -> str:
    return normal_title(one_line(readable(text))).replace(" ", "")
