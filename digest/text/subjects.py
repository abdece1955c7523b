"""Labels that sort papers: categories, as those of arXiv, venues, and many labels as one list."""

import re
from collections.abc import Iterable

from digest.text.terms import fold, forms

_ARXIV = re.compile(
    r"(?:cs|econ|eess|math|stat|q-bio|q-fin|astro-ph|nlin)\.[A-Za-z]{2,3}"
    r"|(?:physics|cond-mat)\.[a-z]{2,8}-[a-z]{2,5}|cond-mat\.(?:other|soft)|physics\.optics"
    r"|astro-ph|cond-mat|gr-qc|hep-(?:ex|lat|ph|th)|math-ph|nucl-(?:ex|th)|quant-ph"
)
_FRAMING = frozenset(["proceeding", "proc", "of", "the"])  # names of venues may have them or not
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


def in_category(wanted: str, category: str) -> bool:
    """Whether a category is the wanted one, or belongs to it: ``cs.LG`` to ``cs`` and ``cs.*``."""
    whole, found = _subject(wanted.removesuffix(".*")), _subject(category)
    return found == whole or found.startswith(f"{whole}.")


def _subject(category: str) -> str:
    """``Genetics & Genomics`` and ``genetics and genomics`` are one."""
    return " ".join(fold(category).replace("&", " and ").replace("-", " ").split())


def at_venue(wanted: str, venue: str) -> bool:
    """Whether a venue is the wanted one. Several words, or an acronym such as ``NeurIPS``, may be a
    part of its name. A single other word, such as ``Nature``, has to be all of it, so that it is no
    ``Nature Communications``; years, numbers of volumes and ``Proceedings of the`` do not count."""
    words, name = _words(wanted), _words(venue)
    if words == name:
        return bool(words)
    at = next((n for n in range(len(name)) if name[n : n + len(words)] == words), None)
    if at is None or not words:
        return False
    return len(words) > 1 or _has_acronym(wanted, words[0]) or _has_acronym(venue, words[0])


def _words(venue: str) -> list[str]:
    return [form for form in forms(venue) if not (form[0].isdigit() or form in _FRAMING)]


def _has_acronym(text: str, wanted: str) -> bool:
    """Whether a word is written with several capitals in a text that is not all in capitals."""
    said = [word for word in text.split() if wanted in forms(word)]
    is_shouted = text.isupper() and " " in text
    return not is_shouted and any(sum(map(str.isupper, word)) > 1 for word in said)
