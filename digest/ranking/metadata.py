"""Evidence from what sources say of a paper beside its text: authors, categories, venue, code."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from digest.model import Interest, InterestKind, Paper, Place, Via
from digest.ranking.vocabulary import remembered
from digest.text.person_names import family_names, same_person
from digest.text.subjects import at_venue, in_category

AUTHOR = 0.28
LABEL = 0.12  # a category, a venue, or keywords that are asked for: just enough for a digest
KEYWORD = 0.025  # of a phrase or pattern that a keyword says; one that looks nowhere else has LABEL
CODE = 0.05  # a leaning: not enough for a digest
CODE_IS_PUBLIC = "its code is public"
FOUND: Mapping[InterestKind, tuple[float, Place, Via]] = {
    "author": (AUTHOR, "authors", "author"),
    "category": (LABEL, "categories", "category"),
    "venue": (LABEL, "venue", "venue"),
    "code": (CODE, "page", "code"),
}
"""The kinds of interests that are looked for in metadata: the evidence of each, where it is found,
and the way."""

Held = Mapping[int, str]  # row of a paper → what it has, as the paper writes it


class Metadata:
    """The metadata of papers, ready to be asked for any number of interests."""

    def __init__(self, papers: Sequence[Paper]) -> None:
        self._papers = papers
        self._rows_of: dict[InterestKind, Mapping[str, list[int]]] = {}
        self.held = remembered(self._held, 1_000)

    def _held(self, interest: Interest) -> Held:
        """The papers that have what an interest of one of the kinds of ``FOUND`` asks for."""
        if interest.kind == "code":
            return {row: CODE_IS_PUBLIC for row, each in enumerate(self._papers) if each.code}
        kind, wanted = interest.kind, interest.text
        rows_of = self._labelled(kind)
        if kind == "author":
            of_family = (self._of_family.get(family, ()) for family in family_names(wanted))
            near = {name for names in of_family for name in names}
            labels = {name for name in near if same_person(wanted, name)}
        else:
            is_it = in_category if kind == "category" else at_venue
            labels = {label for label in rows_of if is_it(wanted, label)}
        rows = sorted({row for label in labels for row in rows_of[label]})
        stated = [_stated(self._papers[row], kind) for row in rows]
        firsts = [next(each for each in its if each in labels) for its in stated]
        return dict(zip(rows, firsts, strict=True))

    def _labelled(self, kind: InterestKind) -> Mapping[str, list[int]]:
        """The papers that have each label of a kind."""
        if kind not in self._rows_of:
            found: dict[str, list[int]] = {}
            for row, paper in enumerate(self._papers):
                for label in _stated(paper, kind):
                    found.setdefault(label, []).append(row)
            self._rows_of[kind] = found
        return self._rows_of[kind]

    @cached_property
    def _of_family(self) -> Mapping[str, list[str]]:
        """The names of authors that can have each family name."""
        found: dict[str, list[str]] = {}
        for name in self._labelled("author"):
            for family in family_names(name):
                found.setdefault(family, []).append(name)
        return found


def _stated(paper: Paper, kind: InterestKind) -> Sequence[str]:
    match kind:
        case "author":
            return paper.authors
        case "category":
            return paper.categories
        case _:
            return (paper.venue,) if paper.venue else ()
