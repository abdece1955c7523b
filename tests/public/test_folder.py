"""The public folder as a web server, a crash and a second publisher see it."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from digest.disk_sync import sync_file_system
from digest.public.folder import FolderPublisher
from digest.public.staging import STAGING

FILES = {"index.html": b"<p>hello", "feeds/abc.atom": b"<feed/>", "archive/abc/2026-W47.html": b"x"}


@pytest.fixture
def public(tmp_path: Path) -> Path:
    return tmp_path / "home" / "public"


def content(folder: Path) -> dict[str, bytes]:
    """Every file below a folder, hidden ones too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if not path.is_dir()
    }


def test_files_appear_with_their_bytes_and_are_counted(public: Path) -> None:
    assert FolderPublisher(public).publish(FILES) == (3, 0)
    assert content(public) == FILES


def test_nothing_to_publish_is_fine(public: Path) -> None:
    assert FolderPublisher(public).publish({}) == (0, 0)


def test_unchanged_files_keep_their_time_and_inode(public: Path) -> None:
    FolderPublisher(public).publish(FILES)
    before = {path: (public / path).stat() for path in FILES}

    assert FolderPublisher(public).publish(FILES) == (0, 3)

    for path, was in before.items():
        now = (public / path).stat()
        assert (now.st_mtime_ns, now.st_ctime_ns, now.st_ino) == (
            was.st_mtime_ns,
            was.st_ctime_ns,
            was.st_ino,
        )


def test_the_marker_is_read_back_and_a_new_folder_has_none(public: Path) -> None:
    publisher = FolderPublisher(public)
    assert publisher.read_marker() is None
    publisher.write_marker("7")
    assert FolderPublisher(public).read_marker() == "7"
    (public / ".published").unlink()
    assert publisher.read_marker() is None


def test_files_and_folders_are_removed_and_what_is_missing_is_no_error(
    public: Path, tmp_path: Path
) -> None:
    publisher = FolderPublisher(public)
    publisher.publish({**FILES, "archive/abc/index.html": b"x", "archive/abc/1.html": b"y"})
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_bytes(b"x")
    (public / "linked").symlink_to(outside)

    publisher.remove(["feeds/abc.atom", "feeds/no.atom", "no/folder.html", "archive/abc", "linked"])

    assert not (public / "feeds/abc.atom").exists()
    assert not (public / "archive/abc").exists()
    assert not (public / "linked").is_symlink()
    assert (outside / "kept").exists()
    assert (public / "index.html").exists()
    with pytest.raises(ValueError, match="not a public path"):
        publisher.remove(["../outside/kept"])


@pytest.mark.parametrize("changed", [b"<p>hullo", b"<p>", b"", b"<p>hello and more"])
def test_a_changed_file_is_replaced_and_the_others_are_left(public: Path, changed: bytes) -> None:
    publisher = FolderPublisher(public)
    publisher.publish(FILES)
    assert publisher.publish({**FILES, "index.html": changed}) == (1, 2)
    assert content(public) == {**FILES, "index.html": changed}


def test_a_reader_of_the_old_file_keeps_it_whole(public: Path) -> None:
    publisher = FolderPublisher(public)
    publisher.publish({"index.html": b"old"})
    with (public / "index.html").open("rb") as reader:
        publisher.publish({"index.html": b"new"})
        assert reader.read() == b"old"


@pytest.mark.parametrize("umask", [0o077, 0o000, 0o027])
def test_modes_do_not_depend_on_the_umask(public: Path, umask: int) -> None:
    before = os.umask(umask)
    try:
        FolderPublisher(public).publish(FILES)
    finally:
        os.umask(before)
    for path in [public, *public.rglob("*")]:
        mode = 0o644 if path.is_file() else 0o700 if path.name == STAGING else 0o755
        assert stat.S_IMODE(path.stat().st_mode) == mode, path


def test_the_mode_of_a_folder_that_was_there_is_the_operators(public: Path) -> None:
    public.mkdir(parents=True)
    public.chmod(0o700)
    FolderPublisher(public).publish(FILES)
    assert stat.S_IMODE(public.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    "path",
    [
        "../outside",
        "feeds/../../outside",
        "/etc/outside",
        "feeds//abc.atom",
        "feeds/",
        "",
        ".",
        ".hidden",
        "feeds/.hidden",
        "a\0b",
        "a\nb",
        "index.html\n",
        "feeds\\abc",
        "\ud800",
        "naïve.html",
        "a b",
    ],
)
def test_a_path_that_is_no_public_path_is_refused_before_anything_is_written(
    public: Path, path: str
) -> None:
    with pytest.raises(ValueError, match="not a public path"):
        FolderPublisher(public).publish({"index.html": b"x", path: b"x"})
    assert not public.exists()


def test_a_linked_folder_is_not_followed(public: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    public.mkdir(parents=True)
    (public / "feeds").symlink_to(outside)

    with pytest.raises(OSError, match=str(public / "feeds")):
        FolderPublisher(public).publish(FILES)

    assert not content(outside)
    assert (public / "index.html").read_bytes() == FILES["index.html"], "the others are written"


@pytest.mark.parametrize("same_bytes", [True, False])
def test_a_linked_file_is_replaced_and_not_written_through(
    public: Path, tmp_path: Path, same_bytes: bool
) -> None:
    outside = tmp_path / "secret"
    outside.write_bytes(FILES["index.html"] if same_bytes else b"secret")
    public.mkdir(parents=True)
    (public / "index.html").symlink_to(outside)
    kept = outside.read_bytes()

    FolderPublisher(public).publish(FILES)

    assert outside.read_bytes() == kept
    assert not (public / "index.html").is_symlink()
    assert content(public) == FILES


def test_the_public_folder_itself_may_be_a_link(public: Path, tmp_path: Path) -> None:
    real = tmp_path / "www"
    real.mkdir()
    public.parent.mkdir()
    public.symlink_to(real)
    FolderPublisher(public).publish(FILES)
    assert content(real) == FILES


def test_a_pipe_in_the_place_of_a_file_does_not_hang_the_run(public: Path) -> None:
    public.mkdir(parents=True)
    os.mkfifo(public / "index.html")
    FolderPublisher(public).publish({"index.html": b"x"})
    assert content(public) == {"index.html": b"x"}


def test_a_file_that_cannot_be_written_is_named_and_the_rest_is_published(public: Path) -> None:
    (public / "feeds" / "abc.atom").mkdir(parents=True)
    (public / "feeds" / "abc.json").mkdir()

    with pytest.raises(IsADirectoryError) as caught:
        FolderPublisher(public).publish({"feeds/abc.json": b"{}", **FILES})

    assert caught.value.filename == str(public / "feeds" / "abc.json")
    assert caught.value.__notes__ == ["and 1 more could not be written"]
    assert content(public) == {k: v for k, v in FILES.items() if k != "feeds/abc.atom"}


def test_a_full_disk_keeps_the_old_file_and_leaves_no_temporary_one(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    publisher = FolderPublisher(public)
    publisher.publish(FILES)

    def full(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("digest.public.folder.sync_file_system", full)
    with pytest.raises(OSError, match="No space left on device") as caught:
        publisher.publish({"index.html": b"new"})

    assert caught.value.errno == errno.ENOSPC
    assert caught.value.filename == str(public)
    assert content(public) == FILES


PUBLISH_AND_DIE = """
import os, signal, sys
from pathlib import Path
import digest.public.folder
from digest.public.folder import FolderPublisher

call, nth, public = sys.argv[1], int(sys.argv[2]), sys.argv[3]
where = digest.public.folder if call == "sync_file_system" else os
real, calls = getattr(where, call), []

def fatal(*args, **kwargs):
    calls.append(args)
    if len(calls) == nth:
        os.kill(os.getpid(), signal.SIGKILL)
    return real(*args, **kwargs)

setattr(where, call, fatal)
FolderPublisher(Path(public)).publish({"index.html": b"new" * 9999, "feeds/abc.atom": b"new"})
"""


@pytest.mark.parametrize(
    ("call", "nth"),
    [
        ("fchmod", 1),
        ("fchmod", 2),
        ("sync_file_system", 1),
        ("rename", 1),
        ("rename", 2),
        ("sync_file_system", 2),
        ("unlink", 1),
    ],
)
def test_a_killed_publisher_leaves_whole_files_and_the_next_cleans_up(
    public: Path, call: str, nth: int
) -> None:
    old = {"index.html": b"old", "feeds/abc.atom": b"old"}
    new = {"index.html": b"new" * 9999, "feeds/abc.atom": b"new"}
    FolderPublisher(public).publish(old)

    ended = subprocess.run(  # noqa: S603  # our own interpreter, arguments from this file
        [sys.executable, "-c", PUBLISH_AND_DIE, call, str(nth), str(public)],
        check=False,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
    )

    assert ended.returncode < 0, "it was killed"
    for path, was in old.items():
        assert (public / path).read_bytes() in (was, new[path])
    FolderPublisher(public).publish(new)
    assert content(public) == new


def test_files_of_a_living_publisher_are_left_alone(public: Path) -> None:
    staging = public / STAGING
    staging.mkdir(parents=True)
    for name in ("dead.lock", "dead.1", "alive.lock", "alive.1"):
        (staging / name).write_bytes(b"half")
    with (staging / "alive.lock").open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        FolderPublisher(public).publish({"index.html": b"x"})
        left = {f"{STAGING}/alive.lock", f"{STAGING}/alive.1"}
        assert set(content(public)) == {"index.html", *left}
    FolderPublisher(public).publish({"index.html": b"x"})
    assert set(content(public)) == {"index.html"}


def test_a_lock_that_was_taken_for_stale_before_it_was_locked_is_made_anew(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = fcntl.flock

    def other_publisher_first(file: int, operation: int) -> None:
        monkeypatch.setattr(fcntl, "flock", real)
        FolderPublisher(public).publish({"other.html": b"theirs"})
        real(file, operation)

    monkeypatch.setattr(fcntl, "flock", other_publisher_first)
    FolderPublisher(public).publish({"index.html": b"ours"})

    assert content(public) == {"index.html": b"ours", "other.html": b"theirs"}


def test_what_is_published_is_on_the_disk(public: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """All bytes before any file gets its name, then all names, whatever the number of files."""
    named: list[set[str]] = []

    def note(descriptor: int) -> None:
        written = [path for path in (public / STAGING).iterdir() if path.suffix != ".lock"]
        named.append(set(content(public)) - {f"{STAGING}/{path.name}" for path in written})
        assert len(written) == (len(FILES) if len(named) == 1 else 0)
        sync_file_system(descriptor)

    monkeypatch.setattr("digest.public.folder.sync_file_system", note)
    FolderPublisher(public).publish(FILES)

    before, after = ({name for name in names if STAGING not in name} for names in named)
    assert before == set()
    assert after == set(FILES)


def test_no_folder_of_published_files_is_listed(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pass that has news for one reader costs the same in a folder of a million."""
    FolderPublisher(public).publish(FILES)
    real, listed = os.listdir, list[str]()

    def note(folder: int) -> list[str]:
        listed.append(Path(f"/proc/self/fd/{folder}").readlink().name)
        return real(folder)

    monkeypatch.setattr(os, "listdir", note)
    FolderPublisher(public).publish(dict.fromkeys(FILES, b"new"))
    assert set(listed) <= {STAGING}


def test_a_disk_without_bulk_syncs_is_synced_whole(
    public: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    synced: list[None] = []
    monkeypatch.setattr("digest.disk_sync._syncfs", lambda: None)
    monkeypatch.setattr(os, "sync", lambda: synced.append(None))
    FolderPublisher(public).publish(FILES)
    assert len(synced) == 2


def test_a_sync_that_fails_raises_the_error_of_the_system() -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        sync_file_system(-1)


def test_hidden_files_of_others_are_not_ours_to_remove(public: Path) -> None:
    public.mkdir(parents=True)
    (public / ".htaccess").write_bytes(b"Require all granted")
    (public / ".notes.tmp").write_bytes(b"mine")
    FolderPublisher(public).publish(FILES)
    assert {".htaccess", ".notes.tmp"} <= set(content(public))


def test_publishers_at_once_leave_whole_files_and_nothing_else(public: Path) -> None:
    versions = [{path: bytes([65 + n]) * 5000 for path in FILES} for n in range(3)]
    torn: list[bytes] = []
    failures: list[BaseException] = []
    done = threading.Event()

    def publish(version: dict[str, bytes]) -> None:
        try:
            for _ in range(15):
                FolderPublisher(public).publish(version)
        except BaseException as failure:  # handed to the test's own thread
            failures.append(failure)

    def read() -> None:
        while not done.is_set():
            seen = (public / "feeds/abc.atom").read_bytes()
            if seen not in [version["feeds/abc.atom"] for version in versions]:
                torn.append(seen)

    FolderPublisher(public).publish(versions[0])
    reader = threading.Thread(target=read)
    writers = [threading.Thread(target=publish, args=(version,)) for version in versions]
    reader.start()
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    done.set()
    reader.join()

    assert not failures
    assert not torn
    assert set(content(public)) == set(FILES)
