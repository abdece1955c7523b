"""Whether the upvotes of a paper have jumped since they were looked at last."""

from dataclasses import replace

from digest.model import Paper

LEAST = 20  # upvotes that a jump brings at least
TIMES = 3  # how many times as many there are after a jump, at least


def with_jump(paper: Paper) -> tuple[Paper, int | None]:
    """The paper with the upvotes that its next jump is measured from, and, if its upvotes have just
    jumped, those that this one is measured from."""
    now, base = paper.upvotes, paper.base_upvotes
    if now is None or (base is not None and now < max(base + LEAST, base * TIMES)):
        return paper, None
    return replace(paper, base_upvotes=now), base
