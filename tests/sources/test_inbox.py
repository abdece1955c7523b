from __future__ import annotations

import errno
import hashlib
import os
import time
from pathlib import Path

import pytest

from digest.errors import DumpError
from digest.sources import inbox
from digest.sources.inbox import Inbox, Scan

MINUTE = 60


def put(path: Path, content: bytes = b"a dump", *, age: float = MINUTE) -> Path:
    """A file that was last changed ``age`` seconds ago."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    then = time.time() - age
    os.utime(path, (then, then))
    return path


def names(scan: Scan) -> list[str]:
    return [found.name for found in scan.found]


def test_finished_files_are_found_in_order_with_their_hash(tmp_path: Path) -> None:
    put(tmp_path / "b.txt", b"second")
    put(tmp_path / "a.txt", b"first")
    put(tmp_path / "2026" / "w47" / "c.txt.gz", b"third")
    scan = Inbox(tmp_path).scan()
    assert names(scan) == ["2026/w47/c.txt.gz", "a.txt", "b.txt"]
    assert [found.content() for found in scan.found] == [b"third", b"first", b"second"]
    assert [found.hash for found in scan.found] == [
        hashlib.sha256(content).hexdigest() for content in (b"third", b"first", b"second")
    ]
    assert (scan.waiting, scan.problems) == ((), ())


@pytest.mark.parametrize("name", [".dump.txt", "dump.txt.part", "dump.TMP", "dump.crdownload"])
def test_files_named_as_unfinished_wait(tmp_path: Path, name: str) -> None:
    put(tmp_path / name)
    assert Inbox(tmp_path).scan() == Scan((), (name,), ())


def test_a_file_changed_just_now_waits_and_is_found_later(tmp_path: Path) -> None:
    path = put(tmp_path / "dump.txt", age=0)
    box = Inbox(tmp_path)
    assert box.scan() == Scan((), ("dump.txt",), ())
    put(path, age=2.5)
    assert names(box.scan()) == ["dump.txt"]


def test_a_time_of_change_in_the_future_does_not_wait_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "dump.txt", age=-10 * 365 * 86400)
    box = Inbox(tmp_path)
    assert box.scan().waiting == ("dump.txt",)
    later = path.stat().st_ctime_ns + 3_000_000_000
    monkeypatch.setattr(inbox, "_file_system_now", lambda _folder: later)
    assert names(box.scan()) == ["dump.txt"]


@pytest.mark.parametrize(("ahead", "waits"), [(30, True), (86400, False)])
def test_a_clock_set_back_is_waited_for_a_minute_at_most(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ahead: int, waits: bool
) -> None:
    path = put(tmp_path / "dump.txt", age=-100 * 86400)
    earlier = path.stat().st_ctime_ns - ahead * 1_000_000_000
    monkeypatch.setattr(inbox, "_file_system_now", lambda _folder: earlier)
    assert (Inbox(tmp_path).scan().waiting == ("dump.txt",)) is waits


def test_scanning_leaves_the_folder_as_it_is(tmp_path: Path) -> None:
    put(tmp_path / "dump.txt")
    before = tmp_path.stat().st_mtime_ns, sorted(os.listdir(tmp_path))  # noqa: PTH208 - names only
    Inbox(tmp_path).scan()
    assert (tmp_path.stat().st_mtime_ns, sorted(os.listdir(tmp_path))) == before  # noqa: PTH208


def test_a_changed_file_gets_a_new_hash_and_an_unchanged_one_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "same.txt", b"same")
    path = put(tmp_path / "other.txt", b"one")
    box = Inbox(tmp_path)
    first = {found.name: found.hash for found in box.scan().found}
    put(path, b"two", age=30)
    opened: list[str] = []
    original = Path.open

    def opening(self: Path, *args: str, **kwargs: str) -> object:
        opened.append(self.name)
        return original(self, *args, **kwargs)  # type: ignore[call-overload]  # passed on as given

    monkeypatch.setattr(Path, "open", opening)
    second = {found.name: found.hash for found in box.scan().found}
    assert second["same.txt"] == first["same.txt"]
    assert second["other.txt"] != first["other.txt"]
    assert opened == ["other.txt"]


def test_content_is_refused_once_it_is_no_longer_that_of_the_hash(tmp_path: Path) -> None:
    path = put(tmp_path / "dump.txt", b"before")
    (found,) = Inbox(tmp_path).scan().found
    path.write_bytes(b"after!")
    with pytest.raises(OSError, match="changed while") as raised:
        found.content()
    assert raised.value.errno == errno.EBUSY
    path.unlink()
    with pytest.raises(FileNotFoundError):
        found.content()


def test_a_file_that_grows_while_it_is_hashed_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = put(tmp_path / "dump.txt", b"beginning")
    original = hashlib.file_digest

    def growing(file: object, name: str) -> object:
        digest = original(file, name)  # type: ignore[arg-type]  # passed on as given
        path.write_bytes(b"beginning and end")
        return digest

    monkeypatch.setattr(hashlib, "file_digest", growing)
    assert Inbox(tmp_path).scan() == Scan((), ("dump.txt",), ())


def test_files_deleted_during_the_scan_are_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "kept.txt")
    gone = put(tmp_path / "gone.txt")
    original = inbox._file_system_now

    def deleting(folder: Path) -> int:
        gone.unlink()
        return original(folder)

    monkeypatch.setattr(inbox, "_file_system_now", deleting)
    scan = Inbox(tmp_path).scan()
    assert names(scan) == ["kept.txt"]
    assert scan.problems == ()


def test_what_is_no_readable_file_is_a_problem_and_the_rest_is_found(tmp_path: Path) -> None:
    put(tmp_path / "good.txt")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "broken").symlink_to("nowhere")
    (tmp_path / "folder").mkdir()
    (tmp_path / "loop").symlink_to(tmp_path)
    target = put(tmp_path.parent / f"{tmp_path.name}-elsewhere.txt", b"linked")
    (tmp_path / "linked.txt").symlink_to(target)
    scan = Inbox(tmp_path).scan()
    assert names(scan) == ["good.txt", "linked.txt"]
    assert [(problem.where, problem.what) for problem in scan.problems] == [
        ("broken", "it is a link that leads nowhere"),
        ("loop", "it is a link to a folder"),
        ("pipe", "it is not a file"),
    ]


def test_a_file_that_may_not_be_read_is_a_problem(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "good.txt")
    put(tmp_path / "secret.txt")
    original = Path.open

    def denying(self: Path, *args: str, **kwargs: str) -> object:
        if self.name == "secret.txt":  # permissions do not stop a superuser
            raise PermissionError(errno.EACCES, "Permission denied")
        return original(self, *args, **kwargs)  # type: ignore[call-overload]  # passed on as given

    monkeypatch.setattr(Path, "open", denying)
    scan = Inbox(tmp_path).scan()
    assert names(scan) == ["good.txt"]
    assert str(scan.problems[0]) == (
        "secret.txt: it cannot be read: Permission denied (check its permissions)"
    )


def test_hidden_folders_and_files_that_are_never_dumps_are_passed_over(tmp_path: Path) -> None:
    for name in (".gitkeep", ".DS_Store", "Thumbs.db", ".git/config", "a/.stversions/old.txt"):
        put(tmp_path / name)
    assert Inbox(tmp_path).scan() == Scan((), (), ())


def test_names_are_safe_to_show_and_files_with_odd_names_are_read(tmp_path: Path) -> None:
    put(tmp_path / "line\nend\u202e.txt", b"one")
    odd = os.fsencode(tmp_path) + b"/caf\xe9.txt"
    put(Path(os.fsdecode(odd)), b"two")
    scan = Inbox(tmp_path).scan()
    assert names(scan) == ["caf\ufffd.txt", "line\ufffdend\ufffd.txt"]
    assert [found.content() for found in scan.found] == [b"two", b"one"]


def test_a_missing_folder_is_a_problem(tmp_path: Path) -> None:
    scan = Inbox(tmp_path / "inbox").scan()
    assert [problem.what for problem in scan.problems] == ["the inbox does not exist"]
    assert (scan.found, scan.waiting) == ((), ())


def test_a_file_too_large_to_be_a_dump_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inbox, "LIMIT", 10)
    put(tmp_path / "dump.txt", b"eleven byte")
    (found,) = Inbox(tmp_path).scan().found
    with pytest.raises(DumpError, match="larger than"):
        found.content()


def test_without_nameless_files_the_machines_clock_serves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "old.txt")
    put(tmp_path / "new.txt", age=0)
    monkeypatch.setattr(os, "O_TMPFILE", os.O_DIRECTORY)  # as where the file system refuses
    scan = Inbox(tmp_path).scan()
    assert (names(scan), scan.waiting) == (["old.txt"], ("new.txt",))
