"""Interests that say nothing, seen against the archive: notes with a way out, never problems."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from typing import Literal

from rapidfuzz import fuzz, process

from digest.explain.archive import Archive
from digest.model import Interest, InterestKind, Place, Problem, Subscriber
from digest.text import terms

LEAST_PAPERS = 50  # in fewer, an interest may well be missing by chance
OFTEN = 0.5  # an interest that this share of the papers holds picks nothing out
TOGETHER = 5  # two interests that so many papers hold, always both, are one
_NEAR = 3  # phrases offered for an interest that no paper has
_LIKE_LABEL = 50.0  # the same for categories and names of venues, of which there are few
_LIKE = 80.0  # how alike two words are, of 100, for one to be taken for the other misspelt
_PLACES: Mapping[InterestKind, Place] = {
    "author": "authors",
    "category": "categories",
    "venue": "venue",
}


def notes(subscribers: Iterable[Subscriber], archive: Archive) -> list[Problem]:
    """What to look at in the profiles; nothing while the archive is small."""
    if len(archive.papers) < LEAST_PAPERS:
        return []
    return [note for subscriber in subscribers for note in _of(subscriber, archive)]


def _of(subscriber: Subscriber, archive: Archive) -> Iterator[Problem]:
    where = f"{subscriber.source} ({subscriber.id})" if subscriber.source else subscriber.id
    total = f"{len(archive.papers):,} papers"
    for interest in subscriber.profile.interests:
        held = len(archive.holding(interest))
        if not held:
            what = f"none of {total} has the interest {named(interest)}"
            yield Problem(where, what, _instead(interest, archive))
        elif held >= OFTEN * len(archive.papers):
            what = f"{held:,} of {total} have the interest {named(interest)}"
            yield Problem(where, what, "it picks little out: narrow it, or give it a low weight")
    for one, other in combinations(subscriber.profile.interests, 2):
        held = len(archive.holding(one))
        if held >= TOGETHER and archive.holding(one) == archive.holding(other):
            what = f"{named(one)} and {named(other)} are always in the same {held:,} papers"
            yield Problem(where, what, f"keep one, with the weight {one.weight + other.weight:g}")
    for exclusion in subscriber.profile.exclude:
        if not archive.holding(exclusion):
            what = f"none of {total} has the exclusion {named(exclusion)}"
            yield Problem(where, what, _instead(exclusion, archive))


def named(interest: Interest) -> str:
    """The interest in quotes, with its kind or the place where it must stand."""
    if interest.kind in ("phrase", "pattern"):
        where = f" in the {interest.place}" if interest.place else ""
        return f"“{interest}”{where}"
    return "public code" if interest.kind == "code" else f"{interest.kind} “{interest}”"


def _instead(interest: Interest, archive: Archive) -> str:
    match interest.kind:
        case "phrase":
            return _other_words(interest, archive)
        case "pattern":
            return "try it as a phrase, or see whether it asks for too much"
        case "code":
            return "no paper says where its code is"
        case kind:
            return _other_labels(interest.text, archive.labels(_PLACES[kind]), kind)


def _other_labels(
    wanted: str, known: Counter[str], kind: Literal["author", "category", "venue"]
) -> str:
    """The names that are spelled most like the wanted one; of categories and venues, else the
    commonest."""
    if not known and kind == "author":
        return "no paper names its authors: saved pages only count them, feeds name them"
    if not known:
        return f"no paper states a {kind}: see which sources do"
    if kind == "author":
        return "see how papers spell the name"
    near = process.extract(
        wanted,
        known.keys(),
        scorer=fuzz.ratio,
        processor=str.casefold,
        score_cutoff=_LIKE_LABEL,
        limit=_NEAR,
    )
    labels = [label for label, *_ in near] or [label for label, _ in known.most_common(_NEAR)]
    listed = ", ".join(f"“{label}” ({known[label]:,})" for label in labels)
    return f"{'near it' if near else 'often there'}: {listed}"


def _other_words(interest: Interest, archive: Archive) -> str:
    if interest.place == "keywords" and not archive.labels("keywords"):
        return "no paper states keywords: leave `in: keywords` out"
    for text in (*_spelled_otherwise(interest, archive), *_shorter(interest)):
        found = Interest(text, "phrase", interest.place)
        if held := len(archive.holding(found)):
            return f"{named(found)} is in {held:,}"
    if interest.place and (held := len(archive.holding(Interest(interest.text)))):
        return f"elsewhere it stands in {held:,}"
    near = [Interest(text) for text in archive.near(interest.text)[:_NEAR]]
    if not near:
        return "see whether papers use another word for it"
    listed = ", ".join(f"{named(each)} ({len(archive.holding(each)):,})" for each in near)
    return f"near it: {listed}"


def _spelled_otherwise(interest: Interest, archive: Archive) -> Iterator[str]:
    """The phrase with each unknown word replaced by the likest known one."""
    known = archive.words.keys()
    words = []
    for word in terms.forms(interest.text):
        near = process.extractOne(word, known, scorer=fuzz.ratio, score_cutoff=_LIKE)
        if near is None:
            return
        words.append(near[0])  # a known word is likest itself
    yield " ".join(words)


def _shorter(interest: Interest) -> Iterator[str]:
    """Parts of a phrase, longest first, not shorter than two words."""
    words = interest.text.split()
    for size in range(len(words) - 1, 1, -1):
        for start in range(len(words) - size + 1):
            yield " ".join(words[start : start + size])
