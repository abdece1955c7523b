"""``digest subscribers`` and what it means for the next run: nobody who left is mailed."""

from __future__ import annotations

from pathlib import Path

import pytest

import digest.ledger
from tests.cli import sample_home
from tests.cli.command import digest as command
from tests.cli.sample_home import FIRST, SECOND, THIRD, mails
from tests.world import utc


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home")


def progress(home: Path) -> dict[str, str]:
    return {row["id"]: row["state"] for row in command(home, "subscribers", "list", "--json").json}


def suppress(home: Path, address: str) -> None:
    with digest.ledger.open(f"sqlite:///{home / 'state' / 'digest.db'}") as ledger:
        ledger.suppress(address, reason="5.1.1 no such user", now=utc("2026-11-20"))


def edit(home: Path, old: str, new: str) -> None:
    path = home / "subscribers.yaml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_unsubscribing_does_not_wait_until_the_profiles_are_mended(home: Path) -> None:
    command(home, "run", "--now", FIRST)
    edit(home, "interests: [lighthouse]}", "intrests: [lighthouse]}")
    gone = command(home, "subscribers", "unsubscribe", "bob", "--now", "2026-11-20")
    assert (gone.code, gone.out) == (0, "bob: unsubscribed; no more mail is sent.\n")
    assert "intrests" in gone.err


def test_who_has_unsubscribed_is_not_mailed_until_resubscribed_on_purpose(home: Path) -> None:
    assert command(home, "run", "--now", FIRST).code == 0
    assert mails(home) == ["2026-W46-ada", "2026-W46-bob"]

    gone = command(home, "subscribers", "unsubscribe", "bob", "--now", "2026-11-20")
    assert (gone.code, gone.out) == (0, "bob: unsubscribed; no more mail is sent.\n")

    # Neither a new address nor leaving and coming back in the profiles makes a difference.
    sample_home.put(home, "second", "A lighthouse keeper's log")
    edit(home, "bob@example.org", "robert@example.org")
    assert command(home, "run", "--now", SECOND).code == 0
    entry = "  - {id: bob, email: robert@example.org, interests: [lighthouse]}\n"
    edit(home, entry, "")
    sample_home.put(home, "third", "Painting a lighthouse white")
    assert command(home, "run", "--now", THIRD).code == 0
    edit(home, "subscribers:\n", f"subscribers:\n{entry}")
    sample_home.put(home, "fourth", "A lighthouse is sold")
    assert command(home, "run", "--now", "2026-12-07T08:00Z").code == 0
    assert [name for name in mails(home) if "bob" in name] == ["2026-W46-bob"]
    assert len([name for name in mails(home) if "ada" in name]) == 4

    back = command(home, "subscribers", "resubscribe", "bob")
    assert back.out.splitlines() == [
        "bob: no longer unsubscribed on 2026-11-20",
        "bob: gets mail again.",
    ]
    sample_home.put(home, "fifth", "The last lighthouse")
    assert command(home, "run", "--now", "2026-12-14T08:00Z").code == 0
    assert "2026-W50-bob" in mails(home)


def test_a_digest_that_is_due_already_is_not_sent_after_unsubscribing(home: Path) -> None:
    command(home, "run", "--now", FIRST)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    command(home, "subscribers", "unsubscribe", "bob")
    report = command(home, "run", "--now", SECOND, "--json").json
    assert (report["digests"]["sent"], report["digests"]["cancelled"]) == (1, 1)
    (row,) = command(home, "deliveries", "list", "--state", "cancelled", "--json").json
    assert (row["subscriber"], row["detail"]) == ("bob", "unsubscribed")


def test_check_says_who_gets_no_mail_and_how_to_change_that(home: Path) -> None:
    command(home, "subscribers", "unsubscribe", "ada", "--now", "2026-11-20")
    suppress(home, "Bob@Example.org")

    ended = command(home, "check")
    assert (ended.code, ended.out) == (0, "All good: 2 subscribers.\n")
    remedy = "to send it again on purpose: digest subscribers resubscribe"
    off = "unsubscribed on 2026-11-20"
    suppressed = "suppressed on 2026-11-20: 5.1.1 no such user"
    assert ended.err.splitlines() == [
        f"subscribers.yaml:5: ada gets no mail: {off} – {remedy} ada",
        f"subscribers.yaml:6: bob gets no mail: {suppressed} – {remedy} bob",
    ]
    found = command(home, "check", "--json").json
    assert found["problems"] == []
    assert [note["where"] for note in found["notes"]] == [
        "subscribers.yaml:5",
        "subscribers.yaml:6",
    ]

    command(home, "subscribers", "resubscribe", "ada")
    command(home, "subscribers", "resubscribe", "bob")
    assert command(home, "check").err == ""


def test_check_makes_no_ledger(home: Path) -> None:
    assert command(home, "check").code == 0
    assert command(home, "subscribers", "list").code == 0
    assert not (home / "state").exists()


def test_everybody_is_listed_with_a_state(home: Path) -> None:
    assert progress(home) == {"ada": "active", "bob": "active"}
    suppress(home, "ada@example.org")
    command(home, "subscribers", "unsubscribe", "bob", "--now", "2026-11-20")
    assert progress(home) == {"ada": "suppressed", "bob": "unsubscribed"}

    only = command(home, "subscribers", "list", "--state", "suppressed")
    assert "ada@example.org" in only.out
    assert "suppressed on 2026-11-20: 5.1.1 no such user" in only.out
    assert "bob" not in only.out
    found = command(home, "subscribers", "suppressions", "--json").json
    assert [(one["address"], one["reason"]) for one in found] == [
        ("ada@example.org", "5.1.1 no such user")
    ]


def test_who_has_unsubscribed_stays_listed_without_a_profile(home: Path) -> None:
    command(home, "subscribers", "unsubscribe", "bob", "--now", "2026-11-20")
    edit(home, "  - {id: bob, email: bob@example.org, interests: [lighthouse]}\n", "")
    rows = {row["id"]: row for row in command(home, "subscribers", "list", "--json").json}
    assert (rows["bob"]["listed"], rows["bob"]["state"]) == (False, "unsubscribed")
    assert command(home, "subscribers", "resubscribe", "bob").code == 0
    assert progress(home) == {"ada": "active"}


def test_resubscribing_lifts_the_suppression_of_the_address(home: Path) -> None:
    suppress(home, "bob@example.org")
    ended = command(home, "subscribers", "resubscribe", "bob")
    assert "no longer suppressed on 2026-11-20: 5.1.1 no such user" in ended.out
    assert command(home, "subscribers", "suppressions").out == "Nobody is suppressed.\n"
    again = command(home, "subscribers", "resubscribe", "bob")
    assert (again.code, again.out) == (0, "bob: was active already.\n")


def test_an_unknown_name_is_refused_with_the_nearest(home: Path) -> None:
    for act in ("unsubscribe", "resubscribe"):
        ended = command(home, "subscribers", act, "bobb")
        assert ended.code == 1
        assert ended.err == "There is no subscriber 'bobb'.\nDid you mean bob?\n"
    assert progress(home) == {"ada": "active", "bob": "active"}
