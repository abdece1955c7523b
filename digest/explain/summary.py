"""A profile as it is understood, and what verdicts on papers have taught about it."""

from dataclasses import dataclass

from digest.explain.archive import Archive
from digest.explain.suggest import Suggestion, suggest_from_verdicts
from digest.model import Interest, Subscriber, Verdicts

_MOST_LEARNED = 10


@dataclass(frozen=True, slots=True)
class Understood:
    """An interest or exclusion, with the papers of the archive that hold it."""

    interest: Interest
    papers: int


@dataclass(frozen=True, slots=True)
class Summary:
    """What is known of a subscriber's profile and verdicts."""

    subscriber: Subscriber
    archive: int  # papers that were looked at
    interests: tuple[Understood, ...]
    exclusions: tuple[Understood, ...]
    verdicts: Verdicts
    learned: tuple[Suggestion, ...]  # what sets liked papers apart; none where learning is off


def summarize(subscriber: Subscriber, archive: Archive, verdicts: Verdicts) -> Summary:
    """Look for each interest of a profile in the archive."""
    profile, papers = subscriber.profile, archive.papers
    interests, exclusions = (
        tuple(Understood(each, len(archive.holding(each))) for each in wishes)
        for wishes in (profile.interests, profile.exclude)
    )
    learned: list[Suggestion] = []
    if subscriber.learn:
        learned = suggest_from_verdicts(verdicts, papers, profile, limit=_MOST_LEARNED)
    return Summary(subscriber, len(papers), interests, exclusions, verdicts, tuple(learned))
