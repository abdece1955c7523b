"""Two years of hourly fetching and daily digests in simulated time, pruned by the default settings.

    python -m benchmarks.two_years [--days 730] [--readers 50] [--every 1] [--home DIR]

Every hour of a day its page is fetched again: more papers stand on it, and upvotes grow, so that a
new dump is saved where the listing differs. Passes are made ``--every`` so many hours, and read
what was saved since the last one. Every reader gets a digest a day, by email and feed. Files get
the simulated time. At the end of every month the size of the home by part is printed, and the
median times of passes: one that reads dumps, one with digests, one with nothing to do.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import random
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from digest.cli import app, pruning
from digest.pipeline.run import run

START = datetime(2024, 1, 1, tzinfo=UTC)
HOURS = range(6, 22)  # those in which the day's page grows
DIGEST_HOUR = 7
SYLLABLES = [a + b for a in "bdfgklmnprstvz" for b in ("a", "e", "i", "o", "u", "an", "er", "il")]


def main() -> None:
    """Simulate, and print what it took."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--days", type=int, default=730)
    parser.add_argument("--readers", type=int, default=50)
    parser.add_argument("--papers", type=int, default=60, help="on the page of a day")
    parser.add_argument("--every", type=int, default=1, help="hours between two passes")
    parser.add_argument("--home", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = options.home or Path(folder)
        simulate(home, options.days, options.readers, options.papers, options.every)


def simulate(path: Path, days: int, readers: int, papers: int, every: int) -> None:
    """Live through so many days."""
    words = vocabulary(random.Random(0))
    write_home(path, readers, words)
    home = app.open_home(path)
    times: dict[str, list[float]] = defaultdict(list)
    fetched = False
    for number in range(days):
        today = START + timedelta(days=number)
        sheet = Sheet(today.date(), papers, words)
        for hour in range(24):
            now = today + timedelta(hours=hour)
            fetched |= hour in HOURS and sheet.fetch(home.fetched, hour, now)
            if hour % every and hour != DIGEST_HOUR:
                continue
            kind = "digests" if hour == DIGEST_HOUR else "dumps" if fetched else "nothing"
            started = time.perf_counter()
            one_pass(home, now)
            times[kind].append(time.perf_counter() - started)
            fetched = False
        date_files(path / "outbox", now)
        if number % 30 == 29 or number == days - 1:
            report(path, number + 1, times)
            times.clear()


def one_pass(home: app.Home, now: datetime) -> None:
    """A pass as `digest run` makes it."""
    with app.open_context(home, now=now) as context:
        app.follow_profiles(home, context.ledger, now=now)
        result = run(context, now=now)
        assert not result.failed, result.problems
        pruning.daily(home, context.ledger, now=now, stopping=context.stopping)


class Sheet:
    """What the source lists for one day."""

    def __init__(self, day: date, papers: int, words: Sequence[str]) -> None:
        self._day, self._chance = day, random.Random(day.toordinal())
        self._papers = [self._paper(number, words) for number in range(papers)]
        self._saved = ""
        self._version = 0

    def _paper(self, number: int, words: Sequence[str]) -> dict[str, object]:
        chance = self._chance
        sentence = [" ".join(chance.choices(words, k=chance.randint(10, 24))) for _ in range(10)]
        title = " ".join(chance.choices(words, k=9)).capitalize()
        authors = [{"name": " ".join(chance.choices(words, k=2)).title()} for _ in range(5)]
        return {
            "id": f"{self._day:%y%m}.{self._day.day:02}{number:03}",
            "title": title,
            "summary": ". ".join(each.capitalize() for each in sentence) + ".",
            "authors": authors,
            "publishedAt": f"{self._day}T00:00:00.000Z",
            "submittedOnDailyAt": f"{self._day}T06:00:00.000Z",
            "ai_keywords": chance.choices(words, k=6),
            "upvotes": 0,
        }

    def fetch(self, folder: Path, hour: int, now: datetime) -> bool:
        """Save the page as it is at this hour, if its listing differs; whether it did."""
        share = (hour - HOURS.start + 1) / len(HOURS)
        listed = self._papers[: max(1, round(len(self._papers) * min(1, 2 * share)))]
        for paper in listed:
            paper["upvotes"] = int(str(paper["upvotes"])) + self._chance.choice((0, 0, 1, 3))
        listing = json.dumps([(one["id"], int(str(one["upvotes"])).bit_length()) for one in listed])
        if listing == self._saved:
            return False
        self._saved, self._version = listing, self._version + 1
        path = folder / "daily-papers" / f"{self._day}.{self._version}.json.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        content = json.dumps([{"paper": paper} for paper in listed]).encode()
        path.write_bytes(gzip.compress(content, mtime=0))
        os.utime(path, (now.timestamp(), now.timestamp()))
        return True


def vocabulary(chance: random.Random) -> list[str]:
    """Made-up words, frequent ones several times."""
    words = {"".join(chance.choices(SYLLABLES, k=chance.randint(1, 4))) for _ in range(6000)}
    ordered = sorted(words)
    return [word for at, word in enumerate(ordered) for _ in range(1 + 40 // (at + 1))]


def write_home(path: Path, readers: int, words: Sequence[str]) -> None:
    """A home with these many readers, each with a dozen interests."""
    chance = random.Random(1)
    (path / "inbox").mkdir(parents=True, exist_ok=True)
    (path / "digest.toml").write_text('from = "Paper Digest <digest@example.org>"\n')
    lines = ["defaults:", f'  schedule: {{every: day, at: "{DIGEST_HOUR:02}:00"}}']
    lines += ["  timezone: UTC", "subscribers:"]
    for number in range(readers):
        interests = ", ".join(sorted(set(chance.choices(words, k=12))))
        lines.append(
            f"  - {{id: reader-{number}, email: reader-{number}@example.org, "
            f"channels: [email, feed], threshold: 0.01, interests: [{interests}]}}"
        )
    (path / "subscribers.yaml").write_text("\n".join(lines) + "\n")


def date_files(folder: Path, now: datetime) -> None:
    """Have files that were written just now look as if written at ``now``."""
    for entry in os.scandir(folder) if folder.is_dir() else ():
        if entry.stat().st_mtime > now.timestamp():
            os.utime(entry, (now.timestamp(), now.timestamp()))


def report(path: Path, days: int, times: dict[str, list[float]]) -> None:
    """Print the size of the home, and the medians of the month."""
    parts = dict(sizes(path))
    room = ", ".join(f"{name} {size / 1e6:,.0f}" for name, size in parts.items())
    took = ", ".join(
        f"{kind} {statistics.median(each) * 1000:,.0f} ms (longest {max(each) * 1000:,.0f})"
        for kind, each in sorted(times.items())
    )
    print(f"day {days}: {sum(parts.values()) / 1e6:,.0f} MB ({room}); {took}", flush=True)


def sizes(path: Path) -> Iterator[tuple[str, int]]:
    """The bytes of each part of a home, in whole blocks as the disk has them."""
    for name in ("state/fetched", "state", "public/feeds", "public/archive", "outbox"):
        files = [each for each in (path / name).rglob("*") if each.is_file()]
        if name == "state":
            files = [each for each in files if "fetched" not in each.parts]
        yield name, sum(each.stat().st_blocks * 512 for each in files)


if __name__ == "__main__":
    main()
