"""Migrations make exactly the tables that the queries expect, on both databases."""

from __future__ import annotations

import subprocess
import sys
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier, Thread

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, inspect, text

import digest.ledger
from digest.errors import LedgerError
from digest.ledger import schema
from digest.ledger.column_types import EPOCH
from digest.ledger.suppressions import Suppression, Unsubscription
from digest.ledger.tables import metadata, paper, subscriber
from digest.model import Shard, Verdicts
from tests.conftest import disposing
from tests.ledger.samples import (
    ADA,
    LEASE,
    NOW,
    deliver,
    feed_tokens,
    states,
)

OLD_SUBSCRIBER = (
    "INSERT INTO subscriber (id, name, feed_token, origin, profile)"
    " VALUES (:key, :name, :token, 'file', :profile)"
)
OLD_DECISION = (
    "INSERT INTO decision (id, subscriber, period, composed, until, body)"
    " VALUES (:key, :key, '2025-W46', 0, 0, :body)"
)
OLD_DELIVERY = (
    "INSERT INTO delivery (id, decision, channel, state, fence, attempts, since, updated, due)"
    " VALUES (:key, :key, 'email', 'pending', 0, 0, 0, 0, 0)"
)


def test_migrations_and_tables_agree(blank_url: str) -> None:
    with at_version("head", blank_url):
        pass
    assert_up_to_date(blank_url)


def test_a_new_ledger_is_as_the_migrations_make_one(blank_url: str) -> None:
    with digest.ledger.open(blank_url) as ledger:
        ledger.status()
    assert_up_to_date(blank_url)
    new = everything(blank_url)
    with disposing(create_engine(blank_url)) as engine, engine.begin() as connection:
        metadata.drop_all(connection)
        connection.execute(text(f"DROP TABLE {schema.VERSION_TABLE}"))
    with at_version("head", blank_url):
        pass
    assert everything(blank_url) == new


def test_the_head_is_the_newest_migration() -> None:
    config = Config()
    config.set_main_option("script_location", "digest.ledger:migrations")
    assert ScriptDirectory.from_config(config).get_current_head() == schema.HEAD


def test_tables_of_pairs_have_no_row_number_beside_their_key(tmp_path: Path) -> None:
    path = tmp_path / "digest.db"
    with digest.ledger.open(f"sqlite:///{path}") as ledger:
        ledger.status()
    with disposing(create_engine(f"sqlite:///{path}")) as engine, engine.connect() as connection:
        written = connection.scalars(
            text("SELECT name FROM sqlite_master WHERE sql LIKE '%WITHOUT ROWID%' ORDER BY name")
        ).all()
    declared = sorted(
        table.name
        for table in metadata.tables.values()
        if not table.dialect_options["sqlite"]["with_rowid"]
    )
    assert written == declared
    assert "sent" in written


def test_a_blank_database_is_made_ready_when_first_used(blank_url: str) -> None:
    with digest.ledger.open(blank_url) as ledger:
        deliver(ledger, "a")
    with digest.ledger.open(blank_url) as again:
        assert len(states(again)) == 1


def test_processes_that_open_a_blank_database_together(blank_url: str) -> None:
    start = Barrier(4)
    tokens: list[str] = []

    def process() -> None:
        with digest.ledger.open(blank_url) as own:
            start.wait()
            tokens.append(feed_tokens(own, ADA)[ADA])

    threads = [Thread(target=process) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(tokens) == 4
    assert len(set(tokens)) == 1


def test_an_older_database_is_brought_up_to_date(
    blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with digest.ledger.open(blank_url) as ledger:
        deliver(ledger, "a")
    upgraded: list[Connection] = []
    monkeypatch.setattr(schema, "HEAD", "9999")
    monkeypatch.setattr(schema, "upgrade", upgraded.append)

    with digest.ledger.open(blank_url) as ledger:
        assert len(states(ledger)) == 1
        assert len(states(ledger)) == 1
    assert len(upgraded) == 1


def test_a_ledger_of_the_first_version_takes_verdicts(blank_url: str) -> None:
    with at_version("0001", blank_url) as connection:
        row = {"key": 1, "id": "title:a", "title": "a", "abstract": "About a.", "arrived": NOW}
        connection.execute(paper.insert(), row)

    with digest.ledger.open(blank_url) as ledger:
        (kept,) = ledger.papers()
        assert ledger.record_verdict(ADA, kept.key, "like", now=NOW)
        assert ledger.verdicts([ADA]) == {ADA: Verdicts(liked=(kept,))}


def test_a_ledger_of_the_second_version_keeps_who_wants_no_mail(blank_url: str) -> None:
    with at_version("0002", blank_url) as connection:
        connection.execute(subscriber.insert(), {"id": 1, "name": ADA, "feed_token": "x" * 22})
        for statement in (
            "INSERT INTO unsubscription VALUES (1, 'email', 0), (1, 'feed', 0)",
            "INSERT INTO suppression VALUES ('address', 'bob@example.org', '550 gone', 0)",
            "INSERT INTO suppression VALUES ('subscriber', 'eve', 'asked', 0)",
        ):
            connection.execute(text(statement))

    with digest.ledger.open(blank_url) as ledger:
        assert ledger.unsubscriptions() == [Unsubscription(ADA, EPOCH)]
        assert ledger.suppressions() == [Suppression("bob@example.org", "550 gone", EPOCH)]
    assert_up_to_date(blank_url)


def test_a_newer_database_is_refused_in_words_and_left_alone(blank_url: str) -> None:
    with digest.ledger.open(blank_url) as ledger:
        ledger.status()
    set_version(blank_url, "0999")

    with (
        digest.ledger.open(blank_url) as ledger,
        pytest.raises(LedgerError, match=r"written by a newer digest .*0999.* update the program"),
    ):
        ledger.papers()

    with disposing(create_engine(blank_url)) as engine, engine.connect() as connection:
        assert schema.version(connection) == "0999"


def test_a_migration_that_fails_leaves_nothing_behind(
    blank_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def upgrade(connection: Connection) -> None:
        metadata.create_all(connection)
        raise LedgerError("half-way")

    monkeypatch.setattr(schema, "upgrade", upgrade)
    with digest.ledger.open(blank_url) as ledger, pytest.raises(LedgerError, match="half-way"):
        ledger.papers()

    with disposing(create_engine(blank_url)) as engine:
        assert inspect(engine).get_table_names() == []


def test_an_up_to_date_ledger_is_opened_without_alembic(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'digest.db'}"
    with digest.ledger.open(url) as ledger:
        ledger.status()
    program = (
        "import sys, digest.ledger\n"
        "ledger = digest.ledger.open(sys.argv[1])\n"
        "ledger.status()\n"
        "print('alembic' in sys.modules)"
    )

    found = subprocess.run(  # noqa: S603 — our own interpreter and program
        [sys.executable, "-c", program, url], capture_output=True, text=True, check=True
    )

    assert found.stdout.strip() == "False"


def test_mail_that_waited_when_the_ledger_was_upgraded_is_claimed_by_its_shard(
    blank_url: str,
) -> None:
    """Its body is compressed JSON, as it was then."""
    body = zlib.compress(b'{"coverage":[1,3,{},[],0],"picks":[]}')
    with at_version("0007", blank_url) as connection:
        for key in (1, 2, 3):
            row = {
                "key": key,
                "body": body,
                "profile": f'{{"id":"s{key}","email":null,"interests":[]}}',
            }
            row |= {"name": f"s{key}", "token": f"t{key}"}
            connection.execute(text(OLD_SUBSCRIBER), row)
            connection.execute(text(OLD_DECISION), row)
            connection.execute(text(OLD_DELIVERY), row)
    with digest.ledger.open(blank_url) as ledger:
        found = ledger.claim("email", "me", now=NOW, lease=LEASE, limit=9, shard=Shard(2, 3))
        assert [one.digest.subscriber for one in found] == ["s2", "s3"]
        assert {one.digest.coverage.papers for one in found} == {3}
        assert len(ledger.claim("email", "me", now=NOW, lease=LEASE, limit=9)) == 1


def assert_up_to_date(url: str) -> None:
    options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
    with disposing(create_engine(url)) as engine, engine.connect() as connection:
        assert schema.version(connection) == schema.HEAD
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, metadata) == []


def everything(url: str) -> dict[str, object]:
    """All that a database says of its tables."""
    with disposing(create_engine(url)) as engine, engine.connect() as connection:
        if url.startswith("sqlite"):
            rows = connection.execute(text("SELECT name, sql FROM sqlite_master")).all()
            # Constraints may come in another order.
            return {name: sorted((sql or "").replace(",", " ").split()) for name, sql in rows}
        found = inspect(connection)
        return {
            table: [
                [{**column, "type": str(column["type"])} for column in found.get_columns(table)],
                found.get_pk_constraint(table),
                sorted(map(str, found.get_foreign_keys(table))),
                sorted(map(str, found.get_unique_constraints(table))),
                sorted(map(str, found.get_check_constraints(table))),
                sorted(map(str, found.get_indexes(table))),
            ]
            for table in found.get_table_names()
        }


@contextmanager
def at_version(version: str, url: str) -> Iterator[Connection]:
    """A blank database as that version of the program made it."""
    config = Config()
    config.set_main_option("script_location", "digest.ledger:migrations")
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(exist_ok=True)
    with disposing(create_engine(url)) as engine, engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, version)
        yield connection


def set_version(url: str, version: str) -> None:
    """Pretend that another version of the program wrote this database."""
    update = text(f"UPDATE {schema.VERSION_TABLE} SET version_num = :version")  # noqa: S608 — our own name
    with disposing(create_engine(url)) as engine, engine.begin() as connection:
        connection.execute(update, {"version": version})
