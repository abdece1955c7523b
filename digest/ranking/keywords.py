"""The keywords that sources state of papers, as texts in which phrases are looked for.

They have a vocabulary of their own, so that nothing that is learned from titles and abstracts
depends on them: a paper without keywords has the same score, whatever others state.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from digest.model import Paper
from digest.ranking.vocabulary import Ints, Texts, Vocabulary, read

KEYWORD = 0.025  # of a phrase or pattern that a keyword says; one that looks nowhere else has LABEL


@dataclass(frozen=True, eq=False)
class Searched:
    """Texts of papers."""

    texts: Texts
    papers: Ints  # the paper of each text
    columns: Ints  # the column of each text in a table of what was found
    width: int  # how many columns such a table has

    @classmethod
    def titles_and_abstracts(cls, texts: Texts) -> Searched:
        """Titles and abstracts in turn, a column each."""
        columns = np.arange(texts.count)
        return cls(texts, columns // 2, columns, texts.count)

    @classmethod
    def keywords(cls, papers: Sequence[Paper]) -> Searched:
        """The keywords of papers, a column a paper."""
        stated = [(row, each) for row, paper in enumerate(papers) for each in paper.keywords]
        vocabulary = Vocabulary()
        words = read((keyword for _, keyword in stated), vocabulary)
        rows = np.array([row for row, _ in stated], dtype=np.int64)
        return cls(Texts(words, vocabulary), rows, rows, len(papers))
