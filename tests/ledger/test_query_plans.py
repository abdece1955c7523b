"""What is asked once for each block of a large pass is read from an index, from where the block
before it ended: nothing is sorted, and no table is gone through. On SQLite, whose plans do not
depend on what is in the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest
from sqlalchemy import event

import digest.ledger
from digest.ledger import Ledger
from digest.model import EVERYBODY, PaperKey, Profile, Shard, StoredSubscriber, Subscriber
from tests.ledger.samples import ADA, LEASE, NOW, WEEK

SHARD = Shard(1, 50_000)
WHO = Subscriber(ADA, None, Profile(()), channels=("feed",))
LAST = StoredSubscriber(7, WHO, "file", None, NOW, None, "token")


@pytest.fixture
def ledger(tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    copyfile(sqlite_template, tmp_path / "digest.db")
    with digest.ledger.open(f"sqlite:///{tmp_path / 'digest.db'}") as opened:
        yield opened


@contextmanager
def statements(ledger: Ledger) -> Iterator[list[tuple[str, Any]]]:
    """What is executed meanwhile, with its parameters."""
    found: list[tuple[str, Any]] = []

    def note(_: Any, __: Any, sql: str, parameters: Any, *___: Any) -> None:
        found.append((sql, parameters))

    event.listen(ledger._database._engine, "before_cursor_execute", note)
    try:
        yield found
    finally:
        event.remove(ledger._database._engine, "before_cursor_execute", note)


def plans(ledger: Ledger, ask: Callable[[Ledger], object]) -> list[str]:
    """The steps that SQLite takes to answer."""
    with statements(ledger) as asked:
        ask(ledger)
    connection = ledger._database.raw()
    try:
        return [
            row[3]
            for sql, parameters in asked
            for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}", parameters)
        ]
    finally:
        connection.close()


BLOCKS: dict[str, Callable[[Ledger], object]] = {
    "due": lambda ledger: ledger.due(NOW, reopened=False, limit=9),
    "due, reopened": lambda ledger: ledger.due(NOW, reopened=True, limit=9),
    "due, from beyond": lambda ledger: ledger.due(NOW, reopened=True, after=LAST, limit=9),
    "due of a shard, from beyond": lambda ledger: ledger.due(
        NOW, reopened=False, after=replace(LAST, next_due=NOW), limit=9, shard=SHARD
    ),
    "count due": lambda ledger: ledger.count_due(NOW, reopened=True),
    "claim": lambda ledger: ledger.claim("email", "me", now=NOW, lease=LEASE, limit=9),
    "claim of a shard": lambda ledger: ledger.claim(
        "email", "me", now=NOW, lease=LEASE, limit=9, shard=SHARD
    ),
    "decided": lambda ledger: ledger.decided({1: WEEK, 2: WEEK}),
    "sent": lambda ledger: ledger.sent({ADA: PaperKey(3)}),
    "refused": lambda ledger: ledger.refused({ADA: "ada@example.org"}),
}


@pytest.mark.parametrize("name", BLOCKS)
def test_a_block_costs_the_same_however_many_rows_there_are(ledger: Ledger, name: str) -> None:
    steps = plans(ledger, BLOCKS[name])
    assert steps
    assert [step for step in steps if "B-TREE FOR ORDER BY" in step] == []
    tables = ("subscriber", "delivery", "decision", "sent")
    assert [step for step in steps if step in {f"SCAN {table}" for table in tables}] == []


def test_old_digests_are_found_by_age_alone(ledger: Ledger) -> None:
    steps = plans(ledger, lambda opened: opened.old_digests(NOW, newest=1))
    assert "SEARCH decision USING INDEX ix_decision_picks (composed<?)" in steps
    assert [step for step in steps if step.startswith("SCAN decision")] == []


@pytest.mark.parametrize(
    ("shard", "index"), [(EVERYBODY, "ix_delivery_open"), (SHARD, "ix_delivery_shard")]
)
def test_a_claim_takes_the_index_of_its_order(ledger: Ledger, shard: Shard, index: str) -> None:
    steps = plans(
        ledger,
        lambda opened: opened.claim("email", "me", now=NOW, lease=LEASE, limit=9, shard=shard),
    )
    assert [step for step in steps if f"SEARCH delivery USING INDEX {index} (" in step]
