"""Labels that sort papers: categories of arXiv, and many labels as one list."""

import re
from collections.abc import Iterable

_ARXIV = re.compile(
    r"(?:cs|econ|eess|math|stat|q-bio|q-fin|astro-ph|nlin)\.[A-Za-z]{2,3}"
    r"|(?:physics|cond-mat)\.[a-z]{2,8}-[a-z]{2,5}|cond-mat\.(?:other|soft)|physics\.optics"
    r"|astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph"
)
MOST = 50  # labels of one kind that are kept of a paper


def is_arxiv_category(label: str) -> bool:
    """Whether a label is the code of a category of arXiv, as ``cs.LG`` or ``hep-th``."""
    return _ARXIV.fullmatch(label) is not None


def united(some: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """The labels of both, the same in whatever order many lists are united. The first one is the
    first of a list, which is the main one, of arXiv where there is one; the others are sorted."""
    if not some or not others or some == others:
        return some or others
    first = min((some[0], others[0]), key=_rank)
    spelled: dict[str, str] = {}
    for label in sorted({*some, *others}):
        spelled.setdefault(label.casefold(), label)
    kept = sorted(spelled.values(), key=_rank)[:MOST]
    first = spelled[first.casefold()]
    return (first, *(label for label in kept if label != first))


def _rank(label: str) -> tuple[object, ...]:
    return not is_arxiv_category(label), label.casefold(), label


def distinct(labels: Iterable[str]) -> tuple[str, ...]:
    """Each label once, whatever its case, in their order."""
    found: dict[str, str] = {}
    for label in labels:
        found.setdefault(label.casefold(), label)
    return tuple(found.values())
