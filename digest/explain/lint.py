"""Interests that say nothing, seen against the archive: notes with a way out, never problems."""

from collections.abc import Iterable, Iterator
from itertools import combinations

from rapidfuzz import fuzz, process

from digest.explain.archive import Archive
from digest.model import Interest, Problem, Subscriber
from digest.text import terms

LEAST_PAPERS = 50  # in fewer, an interest may well be missing by chance
OFTEN = 0.5  # an interest that this share of the papers holds picks nothing out
TOGETHER = 5  # two interests that so many papers hold, always both, are one
_NEAR = 3  # phrases offered for an interest that no paper has
_LIKE = 80.0  # how alike two words are, of 100, for one to be taken for the other misspelt


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
    """The interest in quotes, with the place where it must stand."""
    where = f" in the {interest.place}" if interest.place else ""
    return f"“{interest}”{where}"


def _instead(interest: Interest, archive: Archive) -> str:
    match interest.kind:
        case "author" if archive.names_authors:
            return "see how papers spell the name"
        case "author":
            return "no paper names its authors: saved pages only count them, feeds name them"
        case "pattern":
            return "try it as a phrase, or see whether it asks for too much"
        case "phrase":
            return _other_words(interest, archive)
        case "category" | "venue" | "code":
            return "no paper in the archive says so: few sources do"


def _other_words(interest: Interest, archive: Archive) -> str:
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
