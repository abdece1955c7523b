"""Patterns that earlier versions took and that cannot be matched any more."""

from collections.abc import Iterable, Iterator

from digest.model import Problem, Subscriber
from digest.text.patterns import PatternError, compile_pattern


def switched_off(subscribers: Iterable[Subscriber]) -> Iterator[Problem]:
    """A problem for each interest and exclusion that is switched off since nothing can match it."""
    for subscriber in subscribers:
        where = f"{subscriber.source} ({subscriber.id})" if subscriber.source else subscriber.id
        for interest in (*subscriber.profile.interests, *subscriber.profile.exclude):
            if interest.kind == "pattern":
                try:
                    compile_pattern(interest.text)
                except PatternError as error:
                    what = f"the pattern {interest} is switched off: {error.what}"
                    yield Problem(where, what, error.remedy)
