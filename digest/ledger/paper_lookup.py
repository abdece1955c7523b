"""Finding a paper by what a person types: its id, its arXiv number, or a part of its title."""

from __future__ import annotations

import re

from sqlalchemy import Connection, or_, select

from digest.errors import NotFound
from digest.ledger.aggregate import Aggregate
from digest.ledger.papers import PAPER, papers_with_keys
from digest.ledger.tables import paper
from digest.model import Paper, PaperKey
from digest.text.clean import normal_title

_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:)?(.+?)(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_NEAREST = 5


class PaperLookup(Aggregate):
    """Finds a paper by its name."""

    def paper(self, name: str) -> Paper:
        """The paper with this id or arXiv number (a version or URL is fine), else the only one
        whose title is this or has it in it.

        Raises:
            NotFound: with titles that come near, where there is none or more than one.
        """
        name = name.strip()
        number = match[1] if (match := _ARXIV.fullmatch(name)) else name
        query = select(*PAPER).where(
            or_(paper.c.id == name, paper.c.id == f"arxiv:{number}", paper.c.arxiv_id == number)
        )
        with self._database.reading() as connection:
            if row := connection.execute(query.order_by(paper.c.key)).first():
                return Paper(*row)
            return _by_title(connection, name)


def _by_title(connection: Connection, name: str) -> Paper:
    wanted = normal_title(name)
    rows = connection.execute(select(paper.c.key, paper.c.title))
    titles: dict[PaperKey, str] = {row.key: row.title for row in rows}
    normal = {key: normal_title(title) for key, title in titles.items()}
    # ``Low-Rank`` is one word there and ``low rank`` two: spaces do not count.
    within = [key for key, title in normal.items() if wanted and _dense(wanted) in _dense(title)]
    exact = [key for key in within if _dense(normal[key]) == _dense(wanted)]
    if len(found := exact or within) == 1:
        return papers_with_keys(connection, found)[0]
    words = set(wanted.split())
    near = found or sorted(
        (key for key, title in normal.items() if words & set(title.split())),
        key=lambda key: -len(words & set(normal[key].split())),
    )
    raise NotFound(
        "single paper" if found else "paper", name, [titles[key] for key in near[:_NEAREST]]
    )


def _dense(title: str) -> str:
    return title.replace(" ", "")
