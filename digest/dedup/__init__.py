"""Decides which records are the same paper, and merges their metadata. Pure.

1. An arXiv id decides: equal ids are one paper, different ids are two, whatever the titles are. An
   equal DOI is one paper.
2. Equal normalised titles are one paper, unless ids of both tell them apart and the abstracts do
   not match.
3. Otherwise two records are one paper if their titles are nearly identical (a typo, a word more or
   less, another subtitle, a counter) and their abstracts match. A number, a part, a negation or
   "revisited" in only one title makes two papers: to list a paper twice is a nuisance, to lose one
   is worse.
"""

from digest.dedup.blocking_keys import keys
from digest.dedup.linkage import match

__all__ = ["keys", "match"]
