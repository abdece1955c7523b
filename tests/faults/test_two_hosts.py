"""Two hosts, each with files and a state folder of its own, on one database."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from digest.model import State
from tests.faults import homes
from tests.faults.homes import DUE_AGAIN, DUMPS, NOW, Home
from tests.faults.workers import Strike, Worker, recipients

WEEK, MINUTE = timedelta(days=7), timedelta(minutes=1)
ENTRY = "  - {{id: {0}, email: {0}@example.org, interests: [{1}]}}\n"
DEFAULTS = "defaults: {schedule: {every: week}, limit: 2, channels: [email, feed]}\nsubscribers:\n"
OLDER = {"ada": "language models", "bob": "language models", "cyd": "robot"}
NEWER = {"ada": "segmentation", "cyd": "robot", "dan": "language models"}
"""Ada has another interest, Bob has left, and Dan has come."""


def write(home: Home, people: dict[str, str]) -> None:
    lines = [ENTRY.format(*entry) for entry in people.items()]
    (home.path / "subscribers.yaml").write_text(DEFAULTS + "".join(lines))


def profiles(home: Home) -> dict[str, str]:
    """Everybody's interest, as the ledger has it."""
    return {
        one.subscriber.id: one.subscriber.profile.interests[0].text for one in home.subscribers()
    }


@pytest.fixture
def hosts(url: str, tmp_path: Path) -> tuple[Home, Home]:
    """Both have the older file, which the first has compiled; a digest is due for everybody."""
    first, second = (homes.empty(tmp_path / name, 0, url) for name in ("first", "second"))
    for home in (first, second):
        home.put(*DUMPS[:2])
        write(home, OLDER)
    compile_on(first)
    return first, second


def compile_on(home: Home) -> None:
    assert home.digest(9, "publish", "--now", (NOW - MINUTE).isoformat()).code == 0


def both(hosts: tuple[Home, Home], now: datetime) -> Counter[str]:
    """Whom a pass of each host mails, side by side."""
    workers = [Worker(home).start(now) for home in hosts]
    for worker in workers:
        assert worker.finish() == ""
        assert worker.process.returncode == 0
    return recipients(*workers)


def once(*names: str) -> Counter[str]:
    return Counter(f"{name}@example.org" for name in names)


def test_both_deliver_nobody_gets_a_mail_twice_and_the_older_file_changes_nothing(
    hosts: tuple[Home, Home],
) -> None:
    first, second = hosts
    write(first, NEWER)
    compile_on(first)
    assert both(hosts, NOW) == once(*NEWER)
    assert profiles(second) == NEWER
    second.put(*DUMPS[2:])  # which only this host has
    assert both(hosts, NOW + WEEK) == once(*NEWER)
    assert profiles(second) == NEWER
    assert {row.state for row in first.deliveries("email")} == {State.SENT}
    assert first.feeds() == {State.SENT}


def test_each_host_brings_in_its_own_edits_and_none_of_an_older_file(
    hosts: tuple[Home, Home],
) -> None:
    first, second = hosts
    compile_on(second)
    write(first, NEWER)
    compile_on(first)
    compile_on(second)
    assert profiles(first) == NEWER
    newest = {**NEWER, "eve": "robot"}
    write(second, newest)
    compile_on(second)
    compile_on(first)
    assert profiles(first) == newest


def test_mail_of_who_was_removed_on_one_host_is_sent_by_neither(hosts: tuple[Home, Home]) -> None:
    first, second = hosts
    assert second.digest(9, "run", "--now", NOW.isoformat()).code == 1  # it reached no server
    assert set(first.states().values()) == {State.DEFERRED}
    write(first, NEWER)
    compile_on(first)
    assert both(hosts, NOW + DUE_AGAIN) == once(*NEWER)
    states = first.states()
    assert states.pop("bob@example.org") is State.CANCELLED
    assert set(states.values()) == {State.SENT}


def test_what_a_host_had_in_hand_when_it_died_the_other_takes_over_after_the_lease(
    hosts: tuple[Home, Home],
) -> None:
    first, second = hosts
    dying = Worker(first, Strike("rcpt", 2, Worker.kill)).start(NOW)
    dying.finish()
    assert recipients(dying).total() == 1
    assert recipients(Worker(second).run(NOW + MINUTE)).total() == 0
    last = Worker(second).run(NOW + 6 * MINUTE)
    assert recipients(dying, last) == once(*OLDER)
    # What became of the first mail was not recorded yet.
    assert sorted(first.states().values()) == [State.SENT, State.SENT, State.UNCERTAIN]
