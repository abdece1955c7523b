"""The ledger follows the profile files of a home: when they change, and only then."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from unittest.mock import patch

import pytest

import digest.ledger
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.model import Interest, Profile, Subscriber, SubscriberId
from digest.subscribers import compile as compiling
from digest.subscribers.changes import Saved
from digest.subscribers.compile import follow_file, host_id, is_compiled
from tests.world import utc

NOW = utc("2026-11-18T12:00")
ADA = "  - {id: ada, email: ada@example.org, interests: [LoRA]}\n"
BOB = "  - {id: bob, email: bob@example.org, interests: [LoRA]}\n"
ZOE = Subscriber(SubscriberId("zoe"), "zoe@example.org", Profile((Interest("x"),)))


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with digest.ledger.open(f"sqlite:///{tmp_path / 'digest.db'}") as opened:
        yield opened


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return folder(tmp_path / "home", ADA, BOB)


def folder(path: Path, *entries: str) -> Path:
    path.mkdir()
    write(path, *entries)
    return path


def write(home: Path, *entries: str) -> None:
    (home / "subscribers.yaml").write_text(
        f"subscribers: {'' if entries else '[]'}\n" + "".join(entries)
    )


ADA_ID, BOB_ID, CYD_ID = map(SubscriberId, ("ada", "bob", "cyd"))


def follow(home: Path, ledger: Ledger, host: str = "one") -> Saved | None:
    return follow_file(home, ledger, host, now=NOW)


def refused(home: Path, ledger: Ledger) -> str:
    with pytest.raises(ConfigError) as error:
        follow(home, ledger)
    return str(error.value)


def ids(ledger: Ledger) -> list[str]:
    return [one.subscriber.id for one in ledger.subscribers(limit=100)]


def test_a_file_is_compiled_once_and_again_when_it_changes(home: Path, ledger: Ledger) -> None:
    assert follow(home, ledger) == Saved(added=(ADA_ID, BOB_ID))
    assert follow(home, ledger) is None
    os.utime(home / "subscribers.yaml")
    assert follow(home, ledger) is None
    write(home, ADA.replace("LoRA", "QLoRA"))
    assert follow(home, ledger) == Saved(changed=(ADA_ID,), removed=(BOB_ID,))


def test_files_in_the_folder_are_followed_as_well(home: Path, ledger: Ledger) -> None:
    follow(home, ledger)
    (home / "subscribers").mkdir()
    (home / "subscribers" / "more.yaml").write_text("subscribers:\n" + BOB.replace("bob", "cyd"))
    assert follow(home, ledger) == Saved(added=(CYD_ID,), unchanged=(ADA_ID, BOB_ID))


def test_nothing_is_read_of_a_file_that_has_not_changed(home: Path, ledger: Ledger) -> None:
    follow(home, ledger)
    with patch.object(compiling, "load", side_effect=AssertionError):
        assert follow(home, ledger) is None


def test_a_broken_edit_changes_nothing_and_says_so(home: Path, ledger: Ledger) -> None:
    follow(home, ledger)
    write(home, ADA.replace("interests", "intrests"))
    for _ in range(2):
        assert refused(home, ledger) == (
            "subscribers.yaml:2: unknown key 'intrests' (did you mean 'interests'?)"
        )
    assert ids(ledger) == ["ada", "bob"]
    write(home, ADA)
    assert follow(home, ledger) == Saved(removed=(BOB_ID,), unchanged=(ADA_ID,))


@pytest.mark.parametrize("emptied", ["subscribers: []\n", "subscribers:\n", "# nobody\n", ""])
def test_an_emptied_or_missing_file_changes_nothing_and_says_so(
    home: Path, ledger: Ledger, emptied: str
) -> None:
    follow(home, ledger)
    remedy = "put them back; to remove them on purpose: digest subscribers remove --unlisted"
    (home / "subscribers.yaml").write_text(emptied)
    assert refused(home, ledger) == (
        "subscribers.yaml: the file has no subscribers any more, and the ledger has 2 subscribers "
        f"from it: nothing is changed ({remedy})"
    )
    (home / "subscribers.yaml").unlink()
    assert refused(home, ledger) == (
        "subscribers.yaml: the file is missing, and the ledger has 2 subscribers "
        f"from it: nothing is changed ({remedy})"
    )
    assert ids(ledger) == ["ada", "bob"]
    # Removed on purpose, nobody misses them.
    (home / "subscribers.yaml").write_text(emptied)
    ledger.save([ZOE], now=NOW)
    ledger.remove([SubscriberId("ada"), SubscriberId("bob")], now=NOW)
    assert follow(home, ledger) == Saved()
    assert ids(ledger) == ["zoe"]


def test_a_home_of_subscribers_in_the_database_needs_no_file(
    tmp_path: Path, ledger: Ledger
) -> None:
    with pytest.raises(ConfigError, match="there is no list of subscribers"):
        follow(tmp_path, ledger)
    ledger.save([ZOE], now=NOW)
    assert follow(tmp_path, ledger) is None
    assert ids(ledger) == ["zoe"]


def test_of_two_hosts_the_one_with_an_older_file_never_flips_it_back(
    tmp_path: Path, home: Path, ledger: Ledger
) -> None:
    older = folder(tmp_path / "older", ADA, BOB)
    follow(home, ledger, "one")
    write(home, ADA)
    follow(home, ledger, "one")
    for _ in range(2):
        assert follow(older, ledger, "two") is None
        assert follow(home, ledger, "one") is None
    assert ids(ledger) == ["ada"]
    # It gets the new file, then another one: only the second is news.
    write(older, ADA)
    assert follow(older, ledger, "two") == Saved(unchanged=(ADA_ID,))
    write(older, ADA, BOB.replace("bob", "cyd"))
    assert follow(older, ledger, "two") == Saved(added=(CYD_ID,), unchanged=(ADA_ID,))
    assert follow(home, ledger, "one") is None


def test_a_host_that_only_works_needs_no_file(tmp_path: Path, home: Path, ledger: Ledger) -> None:
    follow(home, ledger)
    worker = tmp_path / "worker"
    worker.mkdir()
    assert follow(worker, ledger, "two") is None


def test_other_zone_data_is_noticed(home: Path, ledger: Ledger) -> None:
    follow(home, ledger)
    ledger.save([ZOE], now=NOW)
    with ledger._database.writing() as connection:
        late = "UPDATE subscriber SET next_due = next_due + 3600000000 WHERE name = 'zoe'"
        connection.exec_driver_sql(late)
    due = ledger.subscriber("zoe").next_due
    follow(home, ledger)
    assert ledger.subscriber("zoe").next_due == due
    with patch.object(compiling, "zone_data_version", return_value="2099z"):
        assert follow(home, ledger) is None
    assert due is not None
    assert ledger.subscriber("zoe").next_due == due - timedelta(hours=1)


def test_the_version_of_the_zone_data_is_known() -> None:
    assert compiling.zone_data_version()[:2] == "20"


def test_a_host_keeps_its_name_to_itself(tmp_path: Path) -> None:
    state = tmp_path / "state"
    name = host_id(state)
    assert host_id(state) == name
    assert len(name) == 32
    assert host_id(tmp_path / "other") != name
    assert stat.S_IMODE((state / "host").stat().st_mode) == 0o600


def test_whether_the_ledger_has_the_file_is_asked_without_writing(
    tmp_path: Path, home: Path, ledger: Ledger
) -> None:
    state = tmp_path / "state"
    assert not is_compiled(home, ledger, state)
    assert not state.exists()
    follow(home, ledger, host_id(state))
    assert is_compiled(home, ledger, state)
    write(home, ADA)
    assert not is_compiled(home, ledger, state)
