"""Finds the phrases that tell a set of texts, such as papers that somebody keeps, from others: by
Dunning's log-likelihood ratio (Computational Linguistics 19, 1993) of the texts that contain a
phrase here and elsewhere. Of phrases that contain each other one is kept."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from math import log, sqrt

from digest.text import terms

LONGEST = 4  # the most words of a phrase
LEAST_TEXTS = 2  # the fewest texts that must contain a phrase
LEAST_SHARE = 0.03  # the smallest share of the texts that must contain a phrase
_TIMES = 2.0  # a phrase must be this many times as frequent here as elsewhere
_PART = 0.7  # a phrase is dropped if a longer one contains it in this share of its texts
_PLAIN_WORD = 0.6  # times its score for a single lower-case word, which needs twice as many texts
_COMMON, _COMMON_WORD = 0.2, 0.05  # the largest share elsewhere that may hold a phrase, or a word
_PRIOR = 50  # texts that are added elsewhere, so that a few texts do not decide

_LINKS = frozenset(("of", "to"))  # stop words that may be inside a phrase
_NEVER_LAST = frozenset(("deep", "neural"))
_ONLY_LAST = frozenset(
    ("benchmark", "dataset", "model", "problem", "process", "system", "technique", "training")
)
"""Words of every abstract that are useful only at the end of a phrase."""
_FILLERS = frozenset(
    """
    ability able achieve additional address aim analysis application approach art aspect
    available based better big case challenge compared comparison competitive complex current
    demonstrate develop different effective effectively efficient efficiently enable evaluate
    evaluation existing experiment experimental experiments extensive field finding framework
    future general good high higher idea important improve improved improvement including
    introduce investigate key large largest leverage limitation limited little low main make
    method model new novel number obtain original outperform paper perform performance
    phenomenon possible potential practical present previous prior proposal propose proposed
    provide real recent recently related require research result results setting several show
    shown significant significantly simple single small solution specific standard step strong
    study success superior system task technique theoretical toward towards training type
    unified use used using various via way work
    """.split()  # noqa: SIM905  a hundred words read better as text
)
"""Words of every abstract; they may be inside a phrase, but not at its ends."""


@dataclass(frozen=True, slots=True)
class Phrase:
    """A phrase and the number of texts that contain it."""

    text: str  # the most frequent spelling
    here: int
    elsewhere: int


def distinctive(here: Sequence[str], elsewhere: Sequence[str], *, limit: int) -> list[Phrase]:
    """Find the phrases with the highest scores; without texts elsewhere, no single words."""
    found, surfaces = _phrases(here)
    least = max(LEAST_TEXTS, LEAST_SHARE * len(here))
    plain = {key for key in found if _is_plain(surfaces[key])}
    frequent = {
        key: len(texts)
        for key, texts in found.items()
        if len(texts) >= (2 * least if key in plain else least) and (elsewhere or len(key) > 1)
    }
    others = _count(frequent, elsewhere)
    scores = {
        key: score * (_PLAIN_WORD if key in plain else 1)
        for key, count in frequent.items()
        if others[key] <= (_COMMON if len(key) > 1 else _COMMON_WORD) * (len(elsewhere) + _PRIOR)
        and (score := _keenness(count, len(here), others[key], len(elsewhere))) > 0
    }
    whole = _whole({key: frequent[key] for key in scores})
    kept: dict[str, tuple[str, ...]] = {}  # by their letters
    for key in sorted(whole, key=lambda key: (-scores[key], key)):
        if "".join(key) not in kept and not any(_shared(key, other) for other in kept.values()):
            kept["".join(key)] = key
        if len(kept) == limit:
            break
    return [Phrase(_spelling(surfaces[k]), frequent[k], others[k]) for k in kept.values()]


def _is_plain(surfaces: Counter[str]) -> bool:
    spelled = _spelling(surfaces)
    return spelled.isalpha() and spelled[1:].islower()


def _whole(here: Mapping[tuple[str, ...], int]) -> Set[tuple[str, ...]]:
    """The phrases, without those that mostly occur as part of a longer one."""
    parts = {
        part
        for key, count in here.items()
        for size in range(1, len(key))
        for at in range(len(key) - size + 1)
        if count >= _PART * here.get(part := key[at : at + size], count + 1)
    }
    return here.keys() - parts


def _phrases(
    texts: Sequence[str],
) -> tuple[dict[tuple[str, ...], set[int]], dict[tuple[str, ...], Counter[str]]]:
    """Every phrase with the texts that contain it, and with its spellings."""
    holding: dict[tuple[str, ...], set[int]] = {}
    surfaces: dict[tuple[str, ...], Counter[str]] = {}
    for number, text in enumerate(texts):
        for key, written in _runs(text):
            holding.setdefault(key, set()).add(number)
            surfaces.setdefault(key, Counter())[" ".join(written.split())] += 1
    return holding, surfaces


def _runs(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """The forms of each phrase of a text, and the phrase as written. Words joined by a hyphen are
    not separated."""
    words = terms.tokens(text)
    joined = [text[end : end + 1] == "-" for end in words.ends]
    for start, first in enumerate(words.forms):
        if (start and joined[start - 1]) or not (joined[start] or _may_begin(first)):
            continue
        for end, last in enumerate(words.forms[start : start + LONGEST], start):
            if end > start and not terms.linked(text, words, end):
                break
            if not joined[end] and _may_end(last, alone=start == end):
                written = text[words.starts[start] : words.ends[end]]
                yield tuple(words.forms[start : end + 1]), written
            if last in _stop_words() and last not in _LINKS:
                break


@cache
def _stop_words() -> frozenset[str]:
    # The import is slow, and most profiles are shown without phrases. There are no types.
    from sklearn.feature_extraction import text  # type: ignore[import-untyped]  # noqa: PLC0415

    return frozenset(text.ENGLISH_STOP_WORDS)


def _may_begin(form: str) -> bool:
    adverb = len(form) > 4 and form.endswith("ly")
    idle = form in _stop_words() or form in _FILLERS or form in _ONLY_LAST
    return not (idle or adverb or len(form) < 2 or form.isdigit())


def _may_end(form: str, *, alone: bool) -> bool:
    return form not in _NEVER_LAST and (_may_begin(form) or (form in _ONLY_LAST and not alone))


def _count(wanted: Iterable[tuple[str, ...]], texts: Sequence[str]) -> Counter[tuple[str, ...]]:
    beginnings: dict[str, set[tuple[str, ...]]] = {}
    for key in wanted:
        beginnings.setdefault(key[0], set()).add(key)
    return Counter(key for text in texts for key in set(_held(terms.forms(text), beginnings)))


def _held(
    forms: Sequence[str], beginnings: dict[str, set[tuple[str, ...]]]
) -> Iterator[tuple[str, ...]]:
    for start, form in enumerate(forms):
        for key in beginnings.get(form, ()):
            if tuple(forms[start : start + len(key)]) == key:
                yield key


def _keenness(here: int, all_here: int, elsewhere: int, all_elsewhere: int) -> float:
    """The root of the log-likelihood ratio; 0 if the phrase is not much more frequent here."""
    share = here / all_here
    backed, others = elsewhere + 0.2, all_elsewhere + _PRIOR
    if share < _TIMES * backed / others:
        return 0.0
    pooled = (here + backed) / (all_here + others)
    ratio = _likelihood(here, all_here, share) + _likelihood(backed, others, backed / others)
    ratio -= _likelihood(here, all_here, pooled) + _likelihood(backed, others, pooled)
    return sqrt(max(0.0, 2 * ratio))


def _likelihood(holding: float, of: float, share: float) -> float:
    """The log-likelihood of ``holding`` texts out of ``of``, each with probability ``share``."""
    present = holding * log(share) if holding else 0.0
    absent = of - holding
    return present + (absent * log(1 - share) if absent and share < 1 else 0.0)


def _shared(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether one phrase contains the other, or they overlap by two or more words at the ends."""
    short, long = sorted((one, other), key=len)
    if any(long[at : at + len(short)] == short for at in range(len(long) - len(short) + 1)):
        return True
    sizes = range(2, len(short))
    return any(one[-n:] == other[:n] or other[-n:] == one[:n] for n in sizes)


def _spelling(surfaces: Counter[str]) -> str:
    """The most frequent spelling; of two, the one without capitals."""
    return min(surfaces, key=lambda text: (-surfaces[text], text != text.lower(), text))
