"""Profile files: which there are, whether they changed, and whom they list."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from digest.model import Problem, Subscriber
from digest.text.patterns import PatternError, compile_pattern

FILE = "subscribers.yaml"
FOLDER = "subscribers"


def load(home: Path, *, may_be_empty: bool = False) -> tuple[Subscriber, ...]:
    """The subscribers of ``home/subscribers.yaml``, then of ``home/subscribers/*.yaml``.

    The defaults of ``subscribers.yaml`` hold in the folder wherever a file's own say nothing.

    Raises:
        ConfigError: Something is wrong, or, unless the files may be empty, they have no list of
            subscribers. The error lists every problem.
    """
    from digest.subscribers.reading import Reading  # noqa: PLC0415  files seldom change

    reading = Reading()
    for path in profile_files(home):
        reading.file(path, path.relative_to(home).as_posix())
    if not (reading.problems or reading.lists or may_be_empty):
        remedy = "write one, or make a new home with `digest init`"
        reading.problems.append(Problem(FILE, "there is no list of subscribers", remedy))
    return reading.result()


def profile_files(home: Path) -> list[Path]:
    """The files that hold profiles, in the order in which they are read."""
    single = home / FILE
    folder = sorted((home / FOLDER).glob("[!.]*.y*ml"))
    return [single, *folder] if single.exists() else folder


Stamp = frozenset[tuple[str, int, int, int]]


def watch_stamp(home: Path) -> Stamp:
    """Differs once a profile file has been edited, added or removed; take it before ``load``."""
    stamps = set()
    for path in profile_files(home):
        with suppress(OSError):
            status = path.stat()
            stamps.add((str(path), status.st_mtime_ns, status.st_size, status.st_ino))
    return frozenset(stamps)


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
