"""Imports of large files, in pieces: what is in memory, what is saved, and when."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

import pytest

import digest.ledger
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.subscribers import importing
from tests.world import utc

T = TypeVar("T")
NOW = utc("2026-11-18T12:00")
COUNTS = "added", "changed", "unchanged"


def entry(number: int, **more: object) -> dict[str, object]:
    same = {"interests": ["lighthouse"], "schedule": {"every": "week", "on": "friday"}}
    return {"id": f"r{number}", "email": f"r{number}@example.org", **same, **more}


def written(folder: Path, entries: Iterable[dict[str, object]]) -> Path:
    path = folder / "people.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in entries))
    return path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with digest.ledger.open(f"sqlite:///{tmp_path / 'digest.db'}") as opened:
        yield opened


@pytest.fixture(autouse=True)
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importing, "BATCH", 7)


def untracked(items: Iterable[T], what: str, total: int) -> Iterator[T]:
    return iter(items)


def bring(path: Path, ledger: Ledger) -> tuple[int, ...]:
    counts, _ = importing.import_file(path, ledger, now=NOW, first="next", track=untracked)
    return tuple(counts[name] for name in COUNTS)


def people(ledger: Ledger) -> list[str]:
    return [one.subscriber.id for one in ledger.subscribers(limit=1000)]


def test_many_are_imported_in_the_order_of_the_file(tmp_path: Path, ledger: Ledger) -> None:
    path = written(tmp_path, map(entry, range(50)))
    assert bring(path, ledger) == (50, 0, 0)
    assert people(ledger) == [f"r{number}" for number in range(50)]
    changed: dict[int, dict[str, object]] = {
        3: {"limit": 3},
        20: {"name": "Ada"},
        49: {"email": "ada@example.org"},
    }
    path = written(tmp_path, (entry(n, **changed.get(n, {})) for n in range(50)))
    assert bring(path, ledger) == (0, 3, 47)


def test_a_problem_in_the_middle_of_many_imports_nobody(tmp_path: Path, ledger: Ledger) -> None:
    wrong: dict[int, dict[str, object]] = {
        25: {"limitt": 3},
        30: {"id": "r2"},
        40: {"channels": ["emial"]},
    }
    with pytest.raises(ConfigError) as refused:
        bring(written(tmp_path, (entry(n, **wrong.get(n, {})) for n in range(50))), ledger)
    assert [str(problem) for problem in refused.value.problems] == [
        "people.jsonl:26: unknown key 'limitt' (did you mean 'limit'?)",
        "people.jsonl:31: the id 'r2' is taken by people.jsonl:3 (choose another)",
        "people.jsonl:41: unknown word 'emial' (did you mean 'email'?)",
    ]
    assert people(ledger) == []


def test_what_the_ledger_refuses_of_the_last_batch_imports_nobody(
    tmp_path: Path, ledger: Ledger
) -> None:
    bring(written(tmp_path, [entry(0, id="gone")]), ledger)
    ledger.remove([one.subscriber.id for one in ledger.subscribers(limit=1)], now=NOW)
    entries = [entry(n, **({"id": "gone"} if n == 49 else {})) for n in range(50)]
    with pytest.raises(ConfigError, match=r"people\.jsonl:50: the id 'gone' was somebody else's"):
        bring(written(tmp_path, entries), ledger)
    assert people(ledger) == []


def test_one_that_was_interrupted_is_completed_by_repeating_it(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, map(entry, range(50)))
    times: list[int] = []

    def dies_later(save: Callable[..., object], given: object, **options: object) -> object:
        times.append(1)
        if len(times) == 4:
            raise KeyboardInterrupt
        return save(given, **options)

    monkeypatch.setattr(ledger, "save", partial(dies_later, ledger.save))
    with pytest.raises(KeyboardInterrupt):
        bring(path, ledger)
    assert people(ledger) == [f"r{number}" for number in range(21)]
    assert bring(path, ledger) == (29, 0, 21)
    assert people(ledger) == [f"r{number}" for number in range(50)]


def test_who_is_known_by_address_is_found_in_any_batch(tmp_path: Path, ledger: Ledger) -> None:
    bring(written(tmp_path, map(entry, range(50))), ledger)
    path = written(tmp_path, (entry(n, id=f"x{n}", limit=3) for n in range(50)))
    assert bring(path, ledger) == (0, 50, 0)
    assert people(ledger) == [f"r{number}" for number in range(50)]
    # r0 stands in the file itself, so x0 is somebody new who shares the address.
    path = written(tmp_path, [entry(9, id="x9"), *(entry(n) for n in range(9)), entry(0, id="x0")])
    assert bring(path, ledger) == (1, 10, 0)
    others = (entry(n) for n in range(20, 40))
    path = written(tmp_path, [entry(3, id="a"), *others, entry(3, id="b")])
    with pytest.raises(ConfigError, match=r"is that of r3, whom people\.jsonl:1 changes already"):
        bring(path, ledger)


def test_memory_holds_a_batch(
    tmp_path: Path, ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []

    def counting(
        method: Callable[..., object], given: Collection[object], **rest: object
    ) -> object:
        sizes.append(len(given))
        return method(given, **rest)

    for name in ("recorded", "save"):
        monkeypatch.setattr(ledger, name, partial(counting, getattr(ledger, name)))
    bring(written(tmp_path, map(entry, range(50))), ledger)
    assert sizes == [7] * 7 + [1] + [7] * 7 + [1]
