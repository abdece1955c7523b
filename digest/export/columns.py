"""The columns of an export: their names, their types, and where their values come from."""

from collections.abc import Callable, Sequence
from operator import attrgetter
from typing import Any, Literal, NamedTuple

from digest.model import Reason

Kind = Literal["text", "texts", "whole", "number", "switch", "day", "instant", "reasons"]
Row = Sequence[Any]
"""One value for each column, or None; an instant is in UTC."""


class Column(NamedTuple):
    """A column of an export."""

    name: str
    kind: Kind
    value: Callable[[Any], Any]


def _same(name: str, kind: Kind) -> Column:
    return Column(name, kind, attrgetter(name))


def _reasons(one: Any) -> list[dict[str, Any]]:
    return [_reason(each) for each in one.pick.reasons]


def _reason(one: Reason) -> dict[str, Any]:
    numbers = {"weight": float(one.weight), "contribution": float(one.contribution)}
    words = {"interest": one.interest, "term": one.term, "place": one.place, "via": one.via}
    return words | numbers


PAPERS = (
    _same("id", "text"),
    _same("title", "text"),
    _same("abstract", "text"),
    _same("authors", "texts"),
    _same("author_count", "whole"),
    _same("published", "day"),
    _same("listed", "day"),
    _same("arrived", "instant"),
    _same("url", "text"),
    _same("pdf", "text"),
    _same("code", "text"),
    Column("arxiv", "text", attrgetter("arxiv_id")),
    _same("doi", "text"),
    _same("venue", "text"),
    _same("categories", "texts"),
    _same("keywords", "texts"),
    _same("comments", "whole"),
    _same("upvotes", "whole"),
    _same("standing", "text"),
)
"""Of ``model.Paper``."""
PICKS = (
    _same("subscriber", "text"),
    Column("period", "text", lambda one: str(one.period)),
    _same("composed", "instant"),
    _same("rank", "whole"),
    _same("paper", "text"),
    Column("title", "text", attrgetter("pick.paper.title")),
    Column("score", "number", lambda one: float(one.pick.score)),
    Column("late", "switch", attrgetter("pick.late")),
    Column("upvotes_before", "whole", attrgetter("pick.upvotes_before")),
    Column("reasons", "reasons", _reasons),
    Column("email_state", "text", lambda one: one.states.get("email")),
    Column("feed_state", "text", lambda one: one.states.get("feed")),
)
"""Of ``ledger.exports.PastPick``."""
VERDICTS = (
    _same("subscriber", "text"),
    Column("paper", "text", attrgetter("verdict.paper.id")),
    Column("title", "text", attrgetter("verdict.paper.title")),
    Column("opinion", "text", attrgetter("verdict.opinion")),
    Column("at", "instant", attrgetter("verdict.at")),
)
"""Of ``ledger.exports.PastVerdict``."""


def rows(columns: Sequence[Column], items: Sequence[Any]) -> list[Row]:
    """One row for each item."""
    values = [column.value for column in columns]
    return [[value(item) for value in values] for item in items]
