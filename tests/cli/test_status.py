"""``digest status`` and the log of ``digest run``: what happened, what is stuck, in words."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path

import pytest

import digest.ledger
from digest.cli import app, health
from digest.cli.output import ago
from digest.errors import LedgerError
from digest.model import State
from tests.cli import sample_home
from tests.cli.command import digest as command
from tests.cli.sample_home import FIRST
from tests.delivery.server import Act, Server, Step, on, running
from tests.world import utc


def home_by(smtp: Server, folder: Path, more: str = "") -> Path:
    settings = f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
    return sample_home.make(folder, sample_home.SETTINGS + settings + more)


def lines(home: Path, now: str) -> list[str]:
    ended = command(home, "status", "--now", now)
    assert ended.code == 0
    return [" ".join(line.split()) for line in ended.out.splitlines()]


def test_a_new_home_has_nothing_to_tell_and_stays_new(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    assert lines(home, FIRST) == [
        "Service not running",
        "Dumps 0 read",
        "Papers 0",
        "Subscribers 2 active",
        "Deliveries none yet",
        "Due next Mon 23 Nov 2026 08:00 UTC ada",
        "Due next Mon 23 Nov 2026 08:00 UTC bob",
    ]
    assert not (home / "state").exists()


def test_of_many_subscribers_the_ten_that_are_due_next_are_listed(tmp_path: Path) -> None:
    days = ("monday", "tuesday", "wednesday")
    profiles = "".join(
        f"  - {{id: reader-{n:04}, email: r{n}@example.org, interests: [soup],"
        f" schedule: {{every: week, on: {days[n % 3]}, at: '08:00'}}}}\n"
        for n in range(1_203)
    )
    home = sample_home.make(tmp_path / "home", profiles=f"subscribers:\n{profiles}")
    due = [line for line in lines(home, FIRST) if line.startswith(("Due next", "and "))]
    tuesdays = [f"reader-{n:04}" for n in range(1, 30, 3)]
    when = "Due next Tue 17 Nov 2026 08:00 UTC"
    assert due == [*(f"{when} {who}" for who in tuesdays), "and 1,193 more subscribers"]
    found = command(home, "status", "--json", "--now", FIRST).json
    assert [each["subscriber"] for each in found["next"]] == tuesdays
    assert found["next_others"] == 1193


def test_a_service_whose_passes_fail_says_since_when_and_why_until_one_succeeds(
    tmp_path: Path,
) -> None:
    home = sample_home.make(tmp_path / "home")
    opened = app.open_home(home)
    health.beat(opened)
    assert command(home, "status", "--alive").code == 0

    first, now = utc("2026-11-16T08:00"), utc("2026-11-16T09:00")
    for moment, error in ((first, LedgerError("the disk is full")), (now, OverflowError("large"))):
        with pytest.raises(type(error)), health.recorded(opened, now=moment):
            raise error
    stamp = now.timestamp()
    os.utime(opened.state / health.HEARTBEAT, (stamp, stamp))
    at = now.isoformat()
    assert command(home, "status", "--alive", "--now", at).code == 1
    what = "OverflowError: large"
    told = f"running, but its passes fail since 2026-11-16 08:00 UTC, 1 hour ago: {what}"
    assert f"Service {told}" in lines(home, at)
    found = command(home, "status", "--json", "--now", at).json
    assert found["service"] is True
    assert found["failing"] == {"since": first.isoformat(), "what": what}

    (opened.state / health.FAILURE).write_text("")  # what a full disk leaves
    assert command(home, "status", "--alive", "--now", at).code == 1
    assert "the log of the service says why" in "".join(lines(home, at))

    with health.recorded(opened, now=now):
        pass
    assert command(home, "status", "--alive", "--now", at).code == 0
    assert "Service running" in lines(home, at)
    assert command(home, "status", "--json", "--now", at).json["failing"] is None


def test_what_went_well_is_counted_by_state(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    command(home, "run", "--now", FIRST)
    command(home, "subscribers", "unsubscribe", "bob")
    seen = lines(home, "2026-11-16T11:30Z")
    assert "Dumps 1 read, the last 3 hours ago" in seen
    assert "Subscribers 1 active, 1 unsubscribed" in seen
    assert "Deliveries 3 sent" in seen
    assert "Last errors" not in seen
    found = command(home, "status", "--json").json
    assert found["deliveries"] == {"sent": 3}
    assert found["subscribers"] == {"active": 1, "unsubscribed": 1}
    assert (found["oldest_unfinished"], found["troubles"], found["service"]) == (None, [], False)


def test_what_is_uncertain_says_how_to_settle_it(tmp_path: Path) -> None:
    def drop_the_first(step: Step) -> Act | None:
        return Act.DROP if step.name == "dot" and step.connection == 0 else None

    with running(Server(drop_the_first)) as smtp:
        home = home_by(smtp, tmp_path / "home", "[delivery]\nconnections = 1\n")
        assert command(home, "run", "--now", FIRST).code == 1
    (row,) = command(home, "deliveries", "list", "--state", "uncertain", "--json").json
    seen = lines(home, "2026-11-19T09:00Z")
    name = f"#{row['id']} {row['subscriber']}, 2026-W46, email"
    assert (
        f"Oldest open {name}: uncertain, 3 days ago; did it arrive? Settle it by `digest "
        f"deliveries mark-sent {row['id']}` or `digest deliveries resend {row['id']}`"
    ) in seen
    assert any(
        line.startswith(f"uncertain {name}, 3 days ago: after the final dot:") for line in seen
    )


def test_what_is_deferred_says_when_it_is_tried_again(tmp_path: Path) -> None:
    with running(Server(on("rcpt", "451 4.7.1 greylisted"))) as smtp:
        home = home_by(smtp, tmp_path / "home")
        command(home, "run", "--now", FIRST)
    seen = lines(home, FIRST)
    assert any("deferred, just now; tried again at 2026-11-16 08:0" in line for line in seen)
    assert sum("RCPT: 451 4.7.1 greylisted" in line for line in seen) == 2


def bring_into(state: State, home: Path) -> None:
    """Have the newest mail on its way again, in the hands of a process that is gone."""
    with digest.ledger.open(f"sqlite:///{home / 'state' / 'digest.db'}") as ledger:
        newest = ledger.deliveries(channel="email", limit=1)[0].id
        ledger.returned(
            newest,
            None,
            address="x@example.org",
            reason="5.1.1",
            at_once=True,
            now=utc("2026-11-17"),
        )
        ledger.resend(newest, now=utc("2026-11-17"))
        if state is not State.PENDING:
            now, lease = utc("2026-11-17"), timedelta(minutes=5)
            (one,) = ledger.claim("email", "elsewhere", now=now, lease=lease, limit=1)
            if state is State.COMMITTED:
                ledger.commit([(one.delivery, one.fence)], now=now)


def test_a_pass_tells_of_what_a_killed_process_may_have_sent(tmp_path: Path) -> None:
    with running(Server()) as smtp:
        home = home_by(smtp, tmp_path / "home")
        command(home, "run", "--now", FIRST)
        bring_into(State.COMMITTED, home)
        told = command(home, "run", "--now", "2026-11-17T01:00Z")
        again = command(home, "run", "--now", "2026-11-17T02:00Z")
    words = "mails that may have arrived or not, since a process was killed: 1"
    assert words in told.out + told.err
    assert "digest deliveries list --state uncertain" in told.out + told.err
    assert (told.code, again.code) == (1, 0)
    assert words not in again.out + again.err


@pytest.mark.parametrize("state", [State.PENDING, State.CLAIMED, State.COMMITTED])
def test_what_is_on_its_way_says_so(tmp_path: Path, state: State) -> None:
    home = sample_home.make(tmp_path / "home")
    command(home, "run", "--now", FIRST)
    bring_into(state, home)
    words = {
        State.PENDING: "goes out with the next run",
        State.CLAIMED: "being sent; given up at 2026-11-17 00:05 UTC if its sender has died",
        State.COMMITTED: "being accepted; given up at 2026-11-17 00:05 UTC if its sender has died",
    }
    (line,) = [line for line in lines(home, "2026-11-17T00:01Z") if "Oldest open" in line]
    assert line.endswith(f"{state}, 1 minute ago; {words[state]}")


@pytest.mark.parametrize(
    ("span", "words"),
    [
        (timedelta(seconds=59), "just now"),
        (timedelta(minutes=1), "1 minute ago"),
        (timedelta(hours=23, minutes=59), "23 hours ago"),
        (timedelta(days=2), "2 days ago"),
        (-timedelta(days=2), "just now"),
    ],
)
def test_ages(span: timedelta, words: str) -> None:
    assert ago(span) == words


# --- logs of a run -----------------------------------------------------------------------


def test_a_run_logs_a_line_of_json_for_each_mail_on_request(tmp_path: Path) -> None:
    with running(Server()) as smtp:
        home = home_by(smtp, tmp_path / "home", '[log]\nformat = "json"\n')
        ended = command(home, "run", "--now", FIRST, "--json")
    assert ended.json["digests"]["sent"] == 2
    entries = [json.loads(line) for line in ended.err.splitlines()]
    mails = {entry["event"].split(":")[0]: entry for entry in entries if "delivery" in entry}
    assert set(mails) == {"2026-W46-ada", "2026-W46-bob"}
    assert {entry["state"] for entry in mails.values()} == {"sent"}
    assert "@example.org" not in ended.err


def test_a_run_that_logs_text_is_quiet_when_all_is_well(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    ended = command(home, "run", "--now", FIRST)
    assert (ended.code, ended.err) == (0, "")


def test_files_that_were_no_dumps_are_named_with_the_reason(tmp_path: Path) -> None:
    home = sample_home.make(tmp_path / "home")
    (home / "inbox" / "note.txt").write_text("hello")
    finished = time.time() - 60
    os.utime(home / "inbox" / "note.txt", (finished, finished))
    command(home, "run", "--now", FIRST)
    (told,) = [line for line in lines(home, FIRST) if line.startswith("note.txt: ")]
    (found,) = command(home, "status", "--json").json["rejections"]
    assert found == {"name": "note.txt", "reason": told.removeprefix("note.txt: ")}


def test_a_run_for_many_shows_some_and_first_what_went_wrong(tmp_path: Path) -> None:
    people = "".join(
        f"  - {{id: p{n:02}, email: p{n:02}@example.org, interests: [lighthouse]}}\n"
        for n in range(25)
    )
    with running(Server(on("rcpt", "550 5.1.1 no such user", times=1))) as smtp:
        home = home_by(smtp, tmp_path / "home")
        (home / "subscribers.yaml").write_text(f"subscribers:\n{people}")
        printed = command(home, "run", "--now", FIRST).out
    shown = [line.split() for line in printed.splitlines() if line[:1] == "p"]
    assert [row[3] for row in shown] == ["failed", *["sent"] * 19]
    assert "\nand 5 more" in printed
