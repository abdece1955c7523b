"""A subscriber comes back as it was: from the ledger's form, and from each form that people see."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.model import Interest, Profile, Subscriber, SubscriberId
from digest.subscribers import codec, lists, load, parquet
from digest.subscribers.reading import Reading
from tests.subscribers.samples import SUBSCRIBER

SEVERAL = st.lists(SUBSCRIBER, min_size=1, max_size=3, unique_by=lambda one: one.id)


@given(SUBSCRIBER)
def test_the_ledgers_form(subscriber: Subscriber) -> None:
    assert codec.decode(codec.encode(subscriber)) == subscriber


@pytest.mark.parametrize("kind", lists.TEXT_KINDS)
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subscribers=SEVERAL)
def test_files_that_were_exported(tmp_path: Path, kind: str, subscribers: list[Subscriber]) -> None:
    out = io.StringIO()
    lists.write(out, kind, subscribers)
    path = tmp_path / f"people{kind}"
    path.write_text(out.getvalue(), encoding="utf-8")
    reading = Reading()
    found = list(lists.entries(path, path.name, reading))
    assert [str(problem) for problem in reading.problems] == []
    assert found == [replace(one, email=found[n].email) for n, one in enumerate(subscribers)]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(subscribers=SEVERAL)
def test_parquet_that_was_exported(tmp_path: Path, subscribers: list[Subscriber]) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "people.parquet"
    parquet.write(path, subscribers)
    reading = Reading()
    found = list(lists.entries(path, path.name, reading))
    assert [str(problem) for problem in reading.problems] == []
    assert found == [replace(one, email=found[n].email) for n, one in enumerate(subscribers)]


@given(SUBSCRIBER)
def test_the_entry_that_is_edited(subscriber: Subscriber) -> None:
    found = lists.edited(lists.as_yaml(subscriber).encode(), "ada")
    assert found == replace(subscriber, email=found.email)


def test_only_what_differs_from_the_defaults_is_kept() -> None:
    ada = Subscriber(SubscriberId("ada"), "ada@example.org", Profile((Interest("LoRA"),)))
    assert codec.encode(ada) == '{"id":"ada","email":"ada@example.org","interests":["LoRA"]}'


def test_the_file_of_the_documentation_comes_back_from_the_ledger(tmp_path: Path) -> None:
    top = Path(__file__).parents[2]
    (tmp_path / "subscribers.yaml").write_bytes((top / "subscribers.yaml").read_bytes())
    for subscriber in load(tmp_path):
        kept = codec.decode(codec.encode(subscriber))
        assert kept == subscriber
        assert kept.source == ""
