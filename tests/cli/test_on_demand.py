"""What a service renders from: the ledger and the templates as they are now."""

import os
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from shutil import copyfile

import pytest

from digest.cli import app
from digest.cli.on_demand import KeptLedger, KeptLook
from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST


@pytest.fixture
def home(tmp_path: Path) -> app.Home:
    path = sample_home.make(tmp_path / "home")
    assert digest(path, "run", "--now", FIRST).code == 0
    return app.open_home(path)


def test_a_backup_that_is_put_back_is_noticed_at_the_next_request(home: app.Home) -> None:
    database = home.state / "digest.db"
    kept = KeptLedger(home)
    first = kept()
    (ada, *_) = first.subscribers(limit=1)
    assert kept() is first
    copyfile(database, database.with_name("other.db"))
    with app.open_ledger(home) as book:
        book.remove([ada.subscriber.id], now=datetime.fromisoformat(FIRST))
    assert kept().feed_reader(ada.feed_token) is None
    for ending in ("-wal", "-shm"):
        database.with_name(database.name + ending).unlink(missing_ok=True)
    database.with_name("other.db").replace(database)
    assert kept() is not first
    assert kept().feed_reader(ada.feed_token) is not None


def test_templates_that_are_edited_change_the_look_and_its_version(home: app.Home) -> None:
    kept = KeptLook(home)
    before = kept()
    assert kept() is before
    own = home.path / "templates"
    own.mkdir(exist_ok=True)
    (own / "archive_index.html.j2").write_text("mine")
    changed = kept()
    assert changed.version != before.version
    os.utime(own / "archive_index.html.j2", (0, 0))
    assert kept().version == changed.version, "it depends on what is in it, not on when it came"
    (own / "archive_index.html.j2").unlink()
    assert kept().version == before.version


def test_settings_change_the_version_of_the_look(home: app.Home) -> None:
    settings = home.settings.model_copy(update={"base_url": "https://else.example.org"})
    assert KeptLook(replace(home, settings=settings))().version != KeptLook(home)().version
