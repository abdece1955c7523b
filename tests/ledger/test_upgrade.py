"""A ledger made by an earlier version: this version opens it, sends nothing twice, loses nothing.

The fixture is described in ``upgrade/README.md``. The tests go through the command line, so that
they say the same whatever the modules are called.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import shutil
import sqlite3
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.cli.command import Ended, digest
from tests.conftest import make_database
from tests.delivery.server import Accepted, Server, running

FIXTURE = Path(__file__).parent / "upgrade"
EXPECTED: Mapping[str, Any] = json.loads((FIXTURE / "expected.json").read_text())
FIRST, AGAIN = "2026-11-25T12:00Z", "2026-11-25T13:00Z"
"""Nobody's digest has fallen due since the last pass of the earlier version."""
LATER, LATER_AGAIN = "2026-12-01T15:00Z", "2026-12-01T16:00Z"
"""Everybody's next digest has fallen due."""

OWED = {
    ("bob", "2026-11-23"): ["The lighthouse that was moved inland"],
    ("bob", "2026-11-24"): ["A second lamp for the lighthouse"],
    ("nia", "2026-W47"): ["What the gull hears above the surf", "Why gull chicks peck at red"],
}
"""The emails that were pending, deferred, or claimed by a process that was killed."""
SETTLED = {
    **{("email", who, period): "sent" for who, period in OWED},
    ("email", "eva", "2026-11-22"): "cancelled",
    ("email", "gus", "2026-W47"): "cancelled",
    ("email", "lou", "2026-W47"): "uncertain",
    ("feed", "cleo", "2026-11-23"): "sent",
    ("feed", "cleo", "2026-11-24"): "sent",
}
"""What the first pass makes of the deliveries that the earlier version left unfinished."""

KEEPERS = "Three keepers for one lighthouse"
PLOUGH = "The gull that follows the plough"
MILLS = "Bread in a town without mills"
NEW_PAGE = f"""new

Get trending papers in your email inbox!

Subscribe

Daily Papers

byAK and the research community

Nov 26

{KEEPERS}

Duty lists of a rock station are compared over thirty years. With two men the log has gaps.

  • 2 authors
·
Mar 4, 2025

{PLOUGH}

Birds learn in which month the soil is turned. They come to the noise before the furrow is cut.

  • 3 authors
·
Mar 5, 2025

{MILLS}

Flour came by boat and was often damp. Bakers dried it on the oven, and the loaf rose less.

  • 4 authors
·
Mar 6, 2025

A lighthouse lamp that burns less oil

The lamp of one tower was fitted with a wick in three rings. Over a winter it burned a fifth less \
oil, and ships saw it from as far as before.

  • 1 author
·
Mar 7, 2025
"""
"""A further dump, which also lists a paper that was sent before."""


@dataclass(frozen=True)
class Home:
    """A home whose ledger was made by the earlier version, and the server that takes its mail."""

    folder: Path
    smtp: Server

    def __call__(self, *arguments: str | Path) -> Ended:
        """Run a command that must not end with wrong settings or a crash."""
        ended = digest(self.folder, *arguments)
        assert ended.code in {0, 1}, ended.err
        return ended

    def put(self, name: str, content: str) -> None:
        """Lay a finished file into the inbox."""
        path = self.folder / "inbox" / name
        path.write_text(content)
        os.utime(path, (time.time() - 60,) * 2)

    def run(self, now: str) -> dict[str, list[list[str]]]:
        """One pass; the titles in each mail that was accepted, by the recipient's name.

        The mails are sorted: they go over several connections at once, in no certain order.
        """
        before = len(self.smtp.accepted)
        self("run", "--now", now)
        mails: dict[str, list[list[str]]] = {}
        for message in self.smtp.accepted[before:]:
            mails.setdefault(message.recipient.partition("@")[0], []).append(titles(message))
        return {who: sorted(each) for who, each in mails.items()}

    def feed(self, subscriber: str) -> list[str]:
        """The titles in the feed at the address that the earlier version gave out."""
        path = self.folder / "public" / "feeds" / f"{EXPECTED['feed_tokens'][subscriber]}.json"
        return sorted(entry["title"] for entry in json.loads(path.read_text())["items"])

    def states(self) -> dict[tuple[str, str, str], str]:
        """The state of each delivery, by channel, subscriber and period."""
        rows = self("deliveries", "list", "--json").json
        found = {delivery(row): str(row["state"]) for row in rows}
        assert len(found) == len(rows), "two deliveries for one subscriber, channel and period"
        return found


def delivery(row: Mapping[str, Any]) -> tuple[str, str, str]:
    """What a delivery is known by."""
    return row["channel"], row["subscriber"], row["period"]


def titles(message: Accepted) -> list[str]:
    """The titles of the papers in a mail, by the alphabet."""
    parsed = email.message_from_bytes(message.content, policy=email.policy.default)
    body = parsed.get_body(("plain",))
    assert body is not None
    text = body.get_content().replace("\r\n", "\n")
    return sorted(re.findall(r"^\d+\. (.+)$", text, re.MULTILINE))


STATES = {delivery(row): row["state"] for row in EXPECTED["deliveries"]}


def restore(kind: str, folder: Path, request: pytest.FixtureRequest) -> str:
    """Restore the earlier version's ledger into an empty database; its URL."""
    script = (FIXTURE / f"ledger.{kind}.sql").read_text()
    if kind == "sqlite":
        path = folder / "state" / "digest.db"
        path.parent.mkdir()
        with closing(sqlite3.connect(path)) as connection:
            connection.executescript(script)
        return f"sqlite:///{path}"
    url = make_database(request.getfixturevalue("server"))
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        connection.execute(script.encode())
    return url


@pytest.fixture(params=["sqlite", "postgresql"])
def home(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Home]:
    """A fresh copy of the earlier version's home."""
    folder = tmp_path / "home"
    shutil.copytree(FIXTURE / "home", folder)
    for path in (folder / "inbox").iterdir():
        os.utime(path, (time.time() - 60,) * 2)
    with running(Server()) as smtp:
        monkeypatch.setenv("DIGEST_DATABASE_URL", restore(request.param, folder, request))
        monkeypatch.setenv("DIGEST_SECRET", "the secret of the upgrade test")
        monkeypatch.setenv("DIGEST_SMTP__HOST", "127.0.0.1")
        monkeypatch.setenv("DIGEST_SMTP__PORT", str(smtp.port))
        monkeypatch.setenv("DIGEST_SMTP__SECURITY", "none")
        yield Home(folder, smtp)


def test_the_fixture_has_a_delivery_in_every_state() -> None:
    assert set(STATES.values()) == {
        *("pending", "claimed", "committed", "sent", "deferred"),
        *("failed", "uncertain", "cancelled", "expired"),
    }


def test_all_that_the_earlier_version_knew_is_known(home: Home) -> None:
    assert home.states() == STATES
    for row in EXPECTED["deliveries"]:
        shown = home("deliveries", "show", str(row["id"]), "--json").json
        assert delivery(shown) == delivery(row)
        assert sorted(pick["title"] for pick in shown["picks"]) == row["papers"]

    people = {one["id"]: one["state"] for one in home("subscribers", "list", "--json").json}
    assert people.items() >= {("hana", "unsubscribed"), ("ivo", "suppressed"), ("ada", "active")}
    suppressed = home("subscribers", "suppressions", "--json").json
    assert {one["address"]: one["reason"] for one in suppressed} == EXPECTED["suppressed"]

    status = home("status", "--json", "--now", FIRST).json
    assert [one["name"] for one in status["rejections"]] == EXPECTED["rejected"]
    assert status["papers"] == 16
    assert status["dumps"] == 7
    assert status["deliveries"] == Counter(STATES.values())


def test_verdicts_are_kept(home: Home) -> None:
    for verdict in EXPECTED["verdicts"]:
        if verdict["subscriber"] == "gus":  # no longer in the file
            continue
        said = home(
            *("feedback", verdict["subscriber"], verdict["paper"], verdict["verdict"]), "--json"
        )
        assert said.json["changed"] is False


def test_a_backup_holds_the_same(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert home("db", "backup", tmp_path / "backup.db").code == 0
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{tmp_path / 'backup.db'}")
    assert home.states() == STATES


def test_what_was_on_its_way_goes_out_once(home: Home) -> None:
    owed: dict[str, list[list[str]]] = {}
    for (who, _), papers in OWED.items():
        owed.setdefault(who, []).append(papers)
    assert home.run(FIRST) == {who: sorted(mails) for who, mails in owed.items()}
    assert home.states() == STATES | SETTLED

    files = sorted((home.folder / "inbox").iterdir())
    home.put(f"copy of {files[0].name}", files[0].read_text())
    assert home.run(AGAIN) == {}
    assert home.states() == STATES | SETTLED


def test_feeds_keep_their_addresses_and_all_that_was_in_them(home: Home) -> None:
    home.run(FIRST)
    for who in ("ada", "cleo", "dai", "eva"):
        known = [
            paper
            for row in EXPECTED["deliveries"]
            if (row["channel"], row["subscriber"]) == ("feed", who)
            for paper in row["papers"]
        ]
        assert home.feed(who) == sorted(known)


def test_the_next_digests_hold_what_was_not_sent_and_nothing_else(home: Home) -> None:
    home.run(FIRST)
    home.put("2026-11-26.txt", NEW_PAGE)
    mails = home.run(LATER)
    feeds = {who: home.feed(who) for who in ("ada", "cleo", "dai", "eva")}

    def waiting(who: str, *words: str) -> list[str]:
        """The papers about these things that no digest of the subscriber has considered."""
        papers = [*EXPECTED["awaiting"][who], KEEPERS, PLOUGH, MILLS]
        return sorted(each for each in papers if any(word in each.lower() for word in words))

    wanted = {
        "ada": waiting("ada", "lighthouse", "gull"),
        "bob": [KEEPERS],
        "dai": waiting("dai", "lighthouse", "bread"),
        "lou": [MILLS],
        "nia": waiting("nia", "gull"),
    }
    assert mails == {who: [papers] for who, papers in wanted.items()}
    for who, papers in {**wanted, "cleo": [PLOUGH], "eva": [MILLS]}.items():
        for channel, before in EXPECTED["sent"][who].items():
            assert not {*papers} & {*before}, f"{who} got a paper twice by {channel}"
    assert wanted["ada"] == sorted({*feeds["ada"]} - {*EXPECTED["sent"]["ada"]["feed"]})
    assert wanted["dai"] == sorted({*feeds["dai"]} - {*EXPECTED["sent"]["dai"]["feed"]})
    assert PLOUGH in feeds["cleo"]
    assert MILLS in feeds["eva"]
    assert all(len({*titles}) == len(titles) for titles in feeds.values())

    states = home.states()
    assert states.items() >= (STATES | SETTLED).items()
    assert home.run(LATER_AGAIN) == {}
    assert home.states() == states


def test_a_second_try_sends_the_bytes_that_the_earlier_version_kept(
    home: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    home.run(FIRST)
    monkeypatch.setenv("DIGEST_BASE_URL", "https://moved.example.org")  # composed anew, it differs
    ((number, content),) = EXPECTED["kept"].items()
    home("deliveries", "resend", number, "--now", AGAIN)
    assert [*home.run(AGAIN)] == ["lou"]
    assert sha256(home.smtp.accepted[-1].content).hexdigest() == content


def test_the_links_in_mails_of_the_earlier_version_work(home: Home, tmp_path: Path) -> None:
    ((leaver, token),) = EXPECTED["unsubscribe_token"].items()
    ((gone, address),) = EXPECTED["return_address"].items()
    (tmp_path / "returned.mbox").write_text(
        f"""\
From ada Thu Nov 26 08:00:00 2026
From: {leaver}@example.org
To: digest@example.org
Subject: unsubscribe {token}

From mx Thu Nov 26 08:00:00 2026
From: MAILER-DAEMON@mx.example.net
To: {address}
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {gone}@example.org
Action: failed
Status: 5.1.1
Diagnostic-Code: smtp; 550 5.1.1 no such user here

--b--

"""
    )
    reports = home("bounces", tmp_path / "returned.mbox", "--now", FIRST, "--json").json["reports"]
    assert [(one["subscriber"], one["changed"]) for one in reports] == [
        (leaver, True),
        (gone, True),
    ]
    people = {one["id"]: one["state"] for one in home("subscribers", "list", "--json").json}
    assert (people[leaver], people[gone]) == ("unsubscribed", "suppressed")
    assert {*home.run(FIRST)} == {"bob"}
