"""Pickles of other programs: values are read, and nothing in one is ever run."""

from __future__ import annotations

import os
import pickle
import struct
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.foreign.plain_pickle import NotPlain, load
from tests.cli.command import digest
from tests.cli.sample_home import make
from tests.foreign.samples import database

TAGS = st.dictionaries(st.text(), st.sets(st.text()) | st.lists(st.text() | st.integers()))


class Evil:
    def __reduce__(self) -> Any:
        return os.mkdir, ("evil",)


@given(TAGS, st.sampled_from([4, 5]))
def test_what_pickle_writes_of_tags_is_read(tags: dict[str, Any], protocol: int) -> None:
    assert load(pickle.dumps(tags, protocol)) == tags


@given(TAGS | st.none() | st.booleans() | st.text(), st.data())
def test_a_broken_pickle_raises_nothing_else(value: Any, data: st.DataObject) -> None:
    whole = bytearray(pickle.dumps(value, 5))
    at = data.draw(st.integers(0, len(whole) - 1))
    whole[at] = data.draw(st.integers(0, 255))
    with suppress(NotPlain):
        load(bytes(whole))


@pytest.mark.parametrize(
    "pickled",
    [
        pickle.dumps(Evil(), 5),
        pickle.dumps({"a": Evil()}, 4),
        b"cos\nmkdir\n(S'evil'\ntR.",
        b"\x80\x04r" + struct.pack("<I", 0x7FFFFFFF) + b".",
        b"\x80\x04\x8d" + struct.pack("<Q", 2**60) + b".",
        b"\x80\x04\x8f(]\x90.",
        b"",
    ],
    ids=["object", "inside", "protocol 0", "memo", "length", "a list in a set", "empty"],
)
def test_a_hostile_pickle_does_nothing(
    pickled: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(NotPlain):
        load(pickled)
    assert not (tmp_path / "evil").exists()


def test_a_user_with_a_hostile_pickle_costs_no_other(tmp_path: Path) -> None:
    home = make(tmp_path / "home")
    good = zlib.compress(pickle.dumps({"diffusion": {"2106.09685"}}, 5))
    bomb = zlib.compress(b"\x00" * 100_000_000)
    rows = {
        "good": good,
        "evil": zlib.compress(pickle.dumps(Evil(), 5)),
        "bomb": bomb,
        "odd": b"rubbish",
    }
    file = database(tmp_path / "dict.db", rows, {"good": pickle.dumps(Evil())})
    ended = digest(home, "subscribers", "import", "--from", "arxiv-sanity", file)
    assert ended.out.startswith("1 added")
    for told in ("(user “evil”): left out: a pickle with the opcode", "MiB of tags", "unpacked"):
        assert told in ended.err
    assert not Path("evil").exists()
