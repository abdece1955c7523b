"""How the reasons for a pick read to people: which of them are told, and in what words. As in
``digest.render.wording``, what is returned is clean plain text on one line."""

from collections.abc import Collection, Sequence
from functools import lru_cache, partial
from operator import attrgetter
from typing import NamedTuple

from digest.model import Place, Reason
from digest.render.wording import listed
from digest.text.clean import one_line
from digest.text.terms import forms

_SHARE = 0.05  # a reason is told if it makes up at least this share of the score
_TOLD = 6  # at most this many reasons are told
_CONTRIBUTION = attrgetter("contribution")
_PLACES: tuple[Place, ...] = ("title", "abstract", "keywords")  # in the order of what is said
_STATED = {"author": "by ", "category": "in the category ", "venue": "published in "}
_STATED |= {"code": "", "signal": ""}
"""What is said before that which a source says of a paper."""
_FORMS = {"acronym": ", for “%s”", "pattern": ", by the pattern %s", "liked": ", as in %s"}
"""What is said of an interest that was found in another form."""


class Told(NamedTuple):
    """A reason as it is said: without figures, on which the words do not depend."""

    interest: str
    term: str
    place: Place
    via: str


_told = partial(tuple.__new__, Told)  # half the time of Told()


def told(reasons: tuple[Reason, ...]) -> tuple[Told, ...]:
    """Choose the reasons that are worth a word, weightiest first.

    They make up at least ``_SHARE`` of all that is named, or are the first one, and are no more
    than ``_TOLD``. A term that an interest has said is not said again as related to another, and as
    related to one interest only. Nor is “data” where “data selection” has been told. The rest are
    single words, or arithmetic. What no word of a paper shows is told where there is nothing else.
    """
    named = [reason for reason in reasons if reason[1] and reason[5] != "several"]
    named.sort(key=_CONTRIBUTION, reverse=True)
    least = sum([reason[4] for reason in named]) * _SHARE
    said: dict[str, str] = {}
    if "related" in [reason[5] for reason in named]:
        said = {_spelled(reason[1])[0]: "" for reason in named if reason[5] != "related"}
    chosen: list[Told] = []
    before: list[tuple[str, frozenset[str]]] = []  # of those: the interests, and the terms' words
    for interest, term, place, _, contribution, via in named:
        if contribution < least or len(chosen) == _TOLD:
            break
        letters, words = _spelled(term)
        if via == "related" and said.setdefault(letters, interest) != interest:
            continue
        for other, more in before:
            if words < more and other == interest:  # “data” where “data selection” has been told
                break
        else:
            chosen.append(_told((interest, term, place, via)))
            before.append((interest, words))
    if not chosen:
        others = [reason for reason in reasons if reason[5] != "several"]
        first = named[:1] or sorted(others, key=_CONTRIBUTION, reverse=True)[:1]
        chosen = [_told((*each[:3], each[5])) for each in first]
    return tuple(chosen)


@lru_cache(maxsize=50_000)
def _spelled(term: str) -> tuple[str, frozenset[str]]:
    """The letters of a term, and its words; equal ones are the same however they are written."""
    words = forms(term)
    return "".join(words), frozenset(words)


def why(reasons: tuple[Reason, ...]) -> str:
    """Say why a paper was picked: ``“LoRA” in the title; by Ada Lovelace``."""
    return said(told(reasons))


@lru_cache(maxsize=20_000)
def said(told: tuple[Told, ...]) -> str:
    """Put chosen reasons into one sentence."""
    groups: dict[tuple[str, str, str], list[Told]] = {}
    for reason in told:
        interest, term, _, via = reason
        # What is only near an interest is told together.
        key = interest, via, "" if via == "related" else _spelled(term)[0]
        if key in groups:
            groups[key].append(reason)
        else:
            groups[key] = [reason]
    # An interest that was also found as it is written need not be named beside its other forms.
    spelled = [interest for interest, via, _ in groups if via == "term"]
    said = [_reason(group, spelled) for group in groups.values()]
    # What is a term of one interest may be near another: it is said once.
    sentence = "; ".join(dict.fromkeys(said) if len(said) > 1 else said)
    return sentence[:1].upper() + sentence[1:]


def _reason(group: Sequence[Told], spelled: Collection[str]) -> str:
    """One interest and the places where it was found."""
    interest, term, _, via = group[0]
    term = one_line(term)
    if stated := _stated(via, term):
        return stated
    whose = one_line(interest)
    if not term:
        return f"like {whose}" if via == "liked" else f"related to “{whose}”"
    where = _where(tuple([place for _, _, place, _ in group]))
    if via == "related":
        terms = f"“{term}”"
        if len(group) > 1:
            spellings: dict[str, str] = {}
            for _, other, _, _ in group:
                spellings.setdefault(_spelled(other)[0], f"“{one_line(other)}”")
            terms = listed(spellings.values())
        return f"{terms} {where}, related to “{whose}”"
    found = f"“{term}” {where}"
    if interest in spelled or via not in _FORMS:
        return found
    return found + _FORMS[via] % whose


def found(reason: Reason) -> str:
    """What was found of an interest, and where: ``“LoRA” in the title``."""
    term = one_line(reason.term)
    if not term:
        return "the text as a whole"
    return _stated(reason.via, term) or f"“{term}” {_where((reason.place,))}"


def _stated(via: str, term: str) -> str:
    """How it reads that a source says something of a paper; empty for terms of its text."""
    return _STATED[via] + term if via in _STATED else ""


@lru_cache(maxsize=1_000)
def _where(places: tuple[Place, ...]) -> str:
    if {*places} == {"keywords"}:
        return "in its keywords"
    return f"in the {listed(place for place in _PLACES if place in places)}"
