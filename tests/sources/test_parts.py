"""Large files of JSON Lines: read part by part, each part once."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from digest.errors import DumpError
from digest.model import DumpHash
from digest.sources import parts
from digest.sources.inbox import InboxFile

LINES = [
    json.dumps({"title": f"Paper {n} of the Tides", "abstract": f"We count to {n}.", "id": str(n)})
    for n in range(40)
]
TEXT = "".join(f"{line}\n" for line in LINES).encode()


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parts, "SIZE", 1000)
    monkeypatch.setattr(parts, "PACKED", 100)


def file_of(path: Path, content: bytes) -> InboxFile:
    path.write_bytes(content)
    hashed = DumpHash(hashlib.sha256(content).hexdigest())
    return InboxFile(path.name, str(path), hashed, len(content))


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_a_large_file_comes_in_parts_cut_at_line_ends(tmp_path: Path, pack: type[bytes]) -> None:
    file = file_of(tmp_path / "a.jsonl", pack(TEXT))
    found = list(file.parts())
    assert len(found) > 2
    assert b"".join(part.content for part in found) == TEXT
    assert all(part.content.endswith(b"\n") for part in found)
    assert [part.is_last for part in found] == [False] * (len(found) - 1) + [True]
    assert [part.line for part in found[:2]] == [1, 1 + found[0].content.count(b"\n")]
    assert found[-1].hash == file.hash
    assert found[0].hash == hashlib.sha256(found[0].content).hexdigest()


def test_a_file_that_has_grown_has_the_parts_it_had(tmp_path: Path) -> None:
    before = list(file_of(tmp_path / "a.jsonl", TEXT).parts())
    after = list(file_of(tmp_path / "a.jsonl", TEXT + TEXT).parts())
    assert [part.hash for part in before[:-1]] == [part.hash for part in after[: len(before) - 1]]


ARRAY = b"[" + TEXT.replace(b"\n", b",\n") + b"{}]"


@pytest.mark.parametrize("content", [ARRAY, b"x" * 5000, TEXT[:500]])
def test_other_files_come_whole(tmp_path: Path, content: bytes) -> None:
    (only,) = file_of(tmp_path / "a.json", content).parts()
    assert (only.content, only.line, only.is_last) == (content, 1, True)


def test_a_file_that_changes_meanwhile_and_a_damaged_one_are_told(tmp_path: Path) -> None:
    file = file_of(tmp_path / "a.jsonl", TEXT)
    walk = file.parts()
    next(walk)
    Path(file.path).write_bytes(TEXT + b"{}\n")
    with pytest.raises(OSError, match="changed while it was being read"):
        list(walk)
    with pytest.raises(OSError, match="changed while it was being read"):
        list(file.parts())
    damaged = file_of(tmp_path / "b.jsonl.gz", gzip.compress(TEXT * 50)[:-20])
    with pytest.raises(DumpError, match="damaged or cut off"):
        list(damaged.parts())
