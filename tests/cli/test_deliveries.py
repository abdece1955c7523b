"""``digest deliveries``: what is on its way, and what a person decides about it."""

from __future__ import annotations

from pathlib import Path
from typing import get_args

import pytest

from digest.cli.deliveries import CHANNELS, STATES
from digest.model import Channel, State
from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND, mails
from tests.delivery.server import Server, on, running

END = "The lighthouse at the end of the world"
SOON, LATER = "2026-11-16T08:01Z", "2026-11-16T12:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home")


@pytest.fixture
def refused(home: Path) -> Path:
    """A home whose mail to ada and bob was deferred."""
    for name in ("ada", "bob"):
        (home / "outbox" / f"2026-W46-{name}.eml").mkdir(parents=True)
    assert digest(home, "run", "--now", FIRST).code == 1
    for name in ("ada", "bob"):
        (home / "outbox" / f"2026-W46-{name}.eml").rmdir()
    return home


def listed(home: Path, *filters: str) -> list[tuple[int, str, str, str]]:
    rows = digest(home, "deliveries", "list", *filters, "--json").json
    return [(row["id"], row["subscriber"], row["channel"], row["state"]) for row in rows]


def states(home: Path) -> dict[str, str]:
    return {who: state for _, who, channel, state in listed(home) if channel == "email"}


def numbers(home: Path) -> dict[str, str]:
    return {who: str(number) for number, who, channel, _ in listed(home) if channel == "email"}


# --- list and show -----------------------------------------------------------------------


def test_one_can_ask_for_every_state_and_channel() -> None:
    assert (*STATES.choices,) == (*State,)
    assert (*CHANNELS.choices,) == get_args(Channel)


def test_deliveries_are_listed_newest_first(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    sample_home.put(home, "second", "A lighthouse keeper's log")
    digest(home, "run", "--now", SECOND)
    lines = digest(home, "deliveries", "list").out.splitlines()
    rows = [line.split() for line in lines]
    assert rows[0] == ["#", "Subscriber", "Channel", "Digest", "for", "State", "Tries"]
    assert [row[0] for row in rows[1:]] == ["6", "5", "4", "3", "2", "1"]
    assert f"{home}/outbox/2026-W47-bob.eml" in digest(home, "deliveries", "list").out
    assert [row[1:5] for row in rows[1:] if row[1] == "bob"] == [
        ["bob", "email", "2026-W47", "sent"],
        ["bob", "email", "2026-W46", "sent"],
    ]


def test_the_list_can_be_narrowed(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    assert [row[1:] for row in listed(home, "--channel", "feed")] == [("ada", "feed", "sent")]
    assert [row[1:] for row in listed(home, "--subscriber", "bob")] == [("bob", "email", "sent")]
    assert len(listed(home, "--limit", "1")) == 1
    assert listed(home, "--state", "uncertain", "--state", "failed") == []
    nothing = digest(home, "deliveries", "list", "--state", "failed")
    assert (nothing.code, nothing.out) == (0, "No such deliveries.\n")
    wrong = digest(home, "deliveries", "list", "--state", "snet")
    assert (wrong.code, "'snet' is not one of" in wrong.err) == (2, True)


def test_as_json_a_row_tells_all_there_is(refused: Path) -> None:
    (ada, *_) = digest(refused, "deliveries", "list", "--subscriber", "ada", "--json").json[::-1]
    due = ada.pop("due")
    assert "2026-11-16T08:03" <= due <= "2026-11-16T08:07"
    assert ada.pop("updated").startswith("2026-11-16T08:00:")
    assert ada == {
        "id": 1,
        "subscriber": "ada",
        "channel": "email",
        "period": "2026-W46",
        "state": "deferred",
        "attempts": 1,
        "papers": 1,
        "detail": f"{refused}/outbox/2026-W46-ada.eml: Is a directory",
        "composed": "2026-11-16T08:00:00+00:00",
    }


def test_one_delivery_is_shown_with_its_papers(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    shown = digest(home, "deliveries", "show", "1")
    assert shown.code == 0
    assert shown.out.splitlines()[-1].endswith(f"  {END}")
    (pick,) = digest(home, "deliveries", "show", "1", "--json").json["picks"]
    assert (pick["title"], f"{pick['score']:.4f}  {END}" in shown.out) == (END, True)
    missing = digest(home, "deliveries", "show", "99")
    assert (missing.code, missing.out, missing.err) == (1, "", "There is no delivery '99'.\n")


# --- what a person decides ---------------------------------------------------------------


def test_what_is_deferred_waits_and_is_sent_at_once_when_resent(refused: Path) -> None:
    assert states(refused) == {"ada": "deferred", "bob": "deferred"}
    digest(refused, "run", "--now", SOON)
    assert mails(refused) == []

    ended = digest(refused, "deliveries", "resend", numbers(refused)["ada"], "--now", SOON)
    assert (ended.code, ended.out) == (
        0,
        f"{numbers(refused)['ada']}: due again; the next run sends it\n",
    )
    digest(refused, "run", "--now", SOON)
    assert mails(refused) == ["2026-W46-ada"]

    digest(refused, "run", "--now", LATER)
    assert mails(refused) == ["2026-W46-ada", "2026-W46-bob"]
    assert states(refused) == {"ada": "sent", "bob": "sent"}


def test_what_is_cancelled_is_never_sent(refused: Path) -> None:
    assert digest(refused, "deliveries", "cancel", *numbers(refused).values()).code == 0
    assert digest(refused, "run", "--now", LATER).code == 0
    assert (mails(refused), states(refused)) == ([], {"ada": "cancelled", "bob": "cancelled"})


def test_what_is_marked_as_sent_is_not_sent_again(refused: Path) -> None:
    assert digest(refused, "deliveries", "mark-sent", numbers(refused)["ada"]).code == 0
    digest(refused, "run", "--now", LATER)
    assert (mails(refused), states(refused)) == (["2026-W46-bob"], {"ada": "sent", "bob": "sent"})


def test_mail_that_the_server_refuses_for_good_can_be_sent_once_it_is_settled(
    tmp_path: Path,
) -> None:
    with running(Server(on("rcpt", "550 5.7.1 not from you"))) as strict:
        home = sample_home.make(tmp_path / "home", settings(strict))
        assert digest(home, "run", "--now", FIRST).code == 1
    assert states(home) == {"ada": "failed", "bob": "failed"}
    assert strict.accepted == []

    with running(Server()) as kind:
        (home / "digest.toml").write_text(settings(kind))
        digest(home, "run", "--now", SOON)
        assert kind.accepted == []
        digest(home, "deliveries", "resend", numbers(home)["bob"], "--now", SOON)
        assert digest(home, "run", "--now", SOON).code == 0
    assert kind.recipients() == {"bob@example.org": 1}
    assert states(home) == {"ada": "failed", "bob": "sent"}


def settings(server: Server) -> str:
    return (
        sample_home.SETTINGS
        + f'[smtp]\nhost = "127.0.0.1"\nport = {server.port}\nsecurity = "none"\n'
    )


@pytest.mark.parametrize("act", ["resend", "cancel", "mark-sent"])
def test_what_is_sent_stays_sent(home: Path, act: str) -> None:
    digest(home, "run", "--now", FIRST)
    ended = digest(home, "deliveries", act, numbers(home)["bob"])
    assert (ended.code, ended.out) == (1, "")
    assert ended.err.startswith(f"delivery {numbers(home)['bob']} is sent: only ")
    assert len(ended.err.splitlines()) == 1
    assert states(home)["bob"] == "sent"


@pytest.mark.parametrize("act", ["resend", "cancel", "mark-sent"])
def test_a_delivery_that_is_not_there_cannot_be_decided_about(home: Path, act: str) -> None:
    digest(home, "run", "--now", FIRST)
    ended = digest(home, "deliveries", act, "99")
    assert (ended.code, ended.out, ended.err) == (1, "", "There is no delivery '99'.\n")
