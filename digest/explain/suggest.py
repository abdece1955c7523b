"""Interests to copy into a profile, learned from papers that somebody keeps or likes."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest.explain.key_phrases import LEAST_TEXTS, distinctive
from digest.model import Paper, Profile, Verdicts
from digest.text import terms

_PLAIN = re.compile(r"[A-Za-z][\w+./-]*( [\w+./-]+)*", re.ASCII)
_WORDS_OF_YAML = frozenset(("true", "false", "null"))
_WEIGHTS = ((0.3, 2.0), (0.15, 1.5), (0.0, 1.0))  # least share of the texts → weight


@dataclass(frozen=True, slots=True)
class Suggestion:
    """An interest that the texts speak for."""

    text: str
    weight: float
    here: int  # of the texts, those that hold it
    archive: int  # of the other papers of the archive, those that hold it


def text_of(paper: Paper) -> str:
    """What phrases are looked for in."""
    return f"{paper.title}\n\n{paper.abstract}"


def suggest(
    texts: Sequence[str],
    archive: Sequence[str],
    profile: Profile,
    *,
    disliked: Sequence[str] = (),
    limit: int,
) -> list[Suggestion]:
    """Phrases that set the texts apart from the archive, and that the profile does not name. One
    that is as common in ``disliked`` texts is left out."""
    named = {"".join(terms.forms(i.text)) for i in (*profile.interests, *profile.exclude)}
    # Some fall away for what the profile names or the disliked papers hold.
    found = distinctive(texts, archive, limit=limit + 2 * len(named) + 5)
    kept = []
    for phrase in found:
        against = sum(bool(terms.spans(phrase.text, text)) for text in disliked)
        share = phrase.here / len(texts)
        if "".join(terms.forms(phrase.text)) in named:
            continue
        if against and against / len(disliked) >= share:
            continue
        weight = next(weight for least, weight in _WEIGHTS if share >= least)
        kept.append(Suggestion(phrase.text, weight, phrase.here, phrase.elsewhere))
    return kept[:limit]


def suggest_from_verdicts(
    verdicts: Verdicts, papers: Sequence[Paper], profile: Profile, *, limit: int
) -> list[Suggestion]:
    """What sets the liked papers apart from ``papers``; nothing from fewer than two."""
    if len(verdicts.liked) < LEAST_TEXTS:
        return []
    return suggest(
        [text_of(paper) for paper in verdicts.liked],
        [text_of(paper) for paper in others(verdicts, papers)],
        profile,
        disliked=[text_of(paper) for paper in verdicts.disliked],
        limit=limit,
    )


def others(verdicts: Verdicts, papers: Sequence[Paper]) -> list[Paper]:
    """The papers without a verdict."""
    judged = {paper.key for paper in (*verdicts.liked, *verdicts.disliked)}
    return [paper for paper in papers if paper.key not in judged]


def as_yaml(text: str, weight: float) -> str:
    """An item of the list ``interests`` or ``exclude``; ``- low-rank adaptation: 2``."""
    plain = _PLAIN.fullmatch(text) and text.casefold() not in _WORDS_OF_YAML
    phrase = text if plain else json.dumps(text, ensure_ascii=False)
    return f"- {phrase}" if weight == 1 else f"- {phrase}: {weight:g}"
