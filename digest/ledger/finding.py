"""Finds papers by what people type."""

import re
from collections.abc import Mapping

from sqlalchemy import func, or_, select

from digest.errors import NotFound
from digest.ledger.aggregate import Aggregate
from digest.ledger.papers import IS_ONE, papers_with_keys
from digest.ledger.tables import paper
from digest.model import Paper, PaperId, PaperKey
from digest.text.clean import normal_title

_ARXIV = re.compile(
    r"(?:(?:https?://)?(?:www\.)?arxiv\.org/(?:abs|pdf)/|arxiv:)?(.+?)(?:v\d+)?(?:\.pdf)?",
    re.IGNORECASE,
)
_NEAREST = 5


class Finding(Aggregate):
    """Papers by their ids and titles."""

    def paper(self, name: str) -> Paper:
        """The paper with this id or arXiv number (a version or URL is fine), else the only one
        whose title is this or has it in it.

        Raises:
            NotFound: with titles that come near, where there is none or more than one.
        """
        name = name.strip()
        number = match[1] if (match := _ARXIV.fullmatch(name)) else name
        if known := self._paper_by_id(name, number):
            return known
        titles = self._titles()
        key = _by_title(titles, name)
        found = self._paper_by_id(titles[key][0], "")
        assert found is not None  # noqa: S101  its title was found
        return found

    def _paper_by_id(self, name: str, number: str) -> Paper | None:
        doi = name.casefold().removeprefix("https://doi.org/").removeprefix("doi:")
        query = select(func.coalesce(paper.c.same_as, paper.c.key)).where(
            or_(paper.c.id.in_([name, f"arxiv:{number}", f"doi:{doi}"]), paper.c.doi == doi)
            | (paper.c.arxiv_id == number)
        )
        with self._database.reading() as connection:
            key = connection.scalar(query.order_by(paper.c.key).limit(1))
            return next(iter(papers_with_keys(connection, [key])), None) if key else None

    def _titles(self) -> dict[PaperKey, tuple[PaperId, str]]:
        """The id and the title of every paper."""
        rows = self._rows(select(paper.c.key, paper.c.id, paper.c.title).where(IS_ONE))
        return {row.key: (row.id, row.title) for row in rows}


def _by_title(titles: Mapping[PaperKey, tuple[PaperId, str]], name: str) -> PaperKey:
    """The only paper whose title is ``name``, or has it in it; raises NotFound for any others."""
    wanted = normal_title(name)
    normal = {key: normal_title(title) for key, (_, title) in titles.items()}
    # ``Low-Rank`` is one word there and ``low rank`` two: spaces do not count.
    within = [key for key, title in normal.items() if wanted and _dense(wanted) in _dense(title)]
    exact = [key for key in within if _dense(normal[key]) == _dense(wanted)]
    if len(found := exact or within) == 1:
        return found[0]
    words = set(wanted.split())
    near = found or sorted(
        (key for key, title in normal.items() if words & set(title.split())),
        key=lambda key: -len(words & set(normal[key].split())),
    )
    kind = "single paper" if found else "paper"
    raise NotFound(kind, name, [titles[key][1] for key in near[:_NEAREST]])


def _dense(title: str) -> str:
    return title.replace(" ", "")
