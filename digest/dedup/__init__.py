"""Which records are the same paper, and the best of their metadata. Pure.

1. An arXiv id decides: equal ids are one paper, different ids are two, whatever the titles say.
2. Else an equal normalised title is one paper.
3. Else two records are one paper if their titles are nearly identical (a typo, a word more or
   less, another subtitle) and their abstracts match. A number, a part, a negation or a word
   such as "revisited" in one title only always makes two papers: to list a paper twice is a
   nuisance, to lose one is worse.

The same holds for records of one dump. A paper keeps the id of its first sighting.
"""

from digest.dedup.blocking_keys import keys
from digest.dedup.linkage import match

__all__ = ["keys", "match"]
