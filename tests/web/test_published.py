"""Published files as browsers and feed readers get them, and what nobody gets."""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import digest.ledger
from digest.public.folder import FolderPublisher
from digest.tokens import TokenSigner
from digest.web.published import read
from tests.web.front import Front, make_desk, running

FEED = b"<feed xmlns='http://www.w3.org/2005/Atom'/>"
CHANGED = datetime(2026, 11, 20, 8, 30, 15, tzinfo=UTC)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """One server for all these tests, which are many."""
    home = tmp_path_factory.mktemp("home")
    with (
        digest.ledger.open(f"sqlite:///{home / 'unused.db'}") as book,
        running(make_desk(home, book, TokenSigner({1: b"k" * 32}))) as started,
    ):
        yield started


@pytest.fixture
def front(shared: Front) -> Front:
    """That server, with nothing published."""
    shutil.rmtree(shared.public, ignore_errors=True)
    shared.public.mkdir()
    return shared


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("feeds/all.atom", "application/atom+xml"),
        ("feeds/all.rss", "application/rss+xml"),
        ("feeds/all.json", "application/feed+json"),
        ("archive/x/2026-W47.bib", "application/x-bibtex"),
        ("archive/x/archive.ris", "application/x-research-info-systems"),
        ("archive/x/feeds.opml", "text/x-opml; charset=utf-8"),
        ("help.html", "text/html; charset=utf-8"),
        ("own.css", "text/css; charset=utf-8"),
        ("logo.png", "image/png"),
        ("backup.tar.gz", "application/octet-stream"),
        ("LICENCE", "application/octet-stream"),
    ],
)
def test_every_file_has_its_type(front: Front, path: str, media_type: str) -> None:
    front.publish(path, FEED)
    answer = front.get(f"/{path}")
    assert (answer.status, answer.body) == (200, FEED)
    assert answer.headers["Content-Type"] == media_type


def test_a_head_is_a_get_without_its_body(front: Front) -> None:
    front.publish("feeds/all.atom", FEED)
    head, get = (front.ask(method, "/feeds/all.atom") for method in ("HEAD", "GET"))
    assert (head.status, head.body, get.body) == (200, b"", FEED)
    ours = ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control")
    assert [head.headers[name] for name in ours] == [get.headers[name] for name in ours]
    assert get.headers["Content-Length"] == str(len(FEED))


def test_a_reader_that_has_the_feed_gets_no_body(front: Front) -> None:
    front.publish("feeds/all.atom", FEED)
    os.utime(front.public / "feeds/all.atom", (CHANGED.timestamp() + 0.7,) * 2)
    first = front.get("/feeds/all.atom")
    etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    assert changed == "Fri, 20 Nov 2026 08:30:15 GMT"
    assert first.headers["Cache-Control"] == "max-age=300"
    known = [
        {"If_None_Match": etag},
        {"If_None_Match": f'"other", W/{etag}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": changed},
        {"If_Modified_Since": "Sat, 21 Nov 2026 00:00:00 GMT"},
    ]
    for headers in known:
        again = front.get("/feeds/all.atom", **headers)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": "Sat, 21 Nov 2026 00:00:00 GMT"},
        {"If_Modified_Since": "Fri, 20 Nov 2026 08:30:14 GMT"},
        {"If_Modified_Since": "yesterday"},
        {"If_Modified_Since": "Fri, 99 Nov 99999999999999999999 08:30:14 GMT"},
    ],
)
def test_a_reader_that_has_something_else_gets_the_feed(
    front: Front, headers: dict[str, str]
) -> None:
    front.publish("feeds/all.atom", FEED)
    os.utime(front.public / "feeds/all.atom", (CHANGED.timestamp(),) * 2)
    assert front.get("/feeds/all.atom", **headers).status == 200


def test_a_feed_that_changes_has_another_etag_and_the_same_bytes_the_same(front: Front) -> None:
    etags = []
    for content in (b"one", b"two", b"one"):
        FolderPublisher(front.public).publish({"feeds/all.rss": content})
        etags.append(front.get("/feeds/all.rss").headers["ETag"])
    assert etags[0] == etags[2] != etags[1]


def test_pages_are_asked_for_again(front: Front) -> None:
    front.publish("index.html", b"<p>")
    assert front.get("/index.html").headers["Cache-Control"] == "no-cache"


def test_a_folder_is_its_index_and_never_a_list(front: Front) -> None:
    front.publish("index.html", b"start")
    front.publish("archive/t0ken/index.html", b"ada's")
    assert front.get("/").body == b"start"
    assert front.get("/archive/t0ken/").body == b"ada's"
    for path in ("/archive", "/archive/"):
        assert front.get(path).status == 404
        assert "t0ken" not in front.get(path).text


def test_a_folder_without_its_slash_leads_to_it_whatever_the_host_is_called(front: Front) -> None:
    front.publish("archive/t0ken/index.html", b"ada's")
    answer = front.get("/archive/t0ken?x=1", Host="evil.example", X_Forwarded_Host="evil.example")
    assert (answer.status, answer.headers["Location"]) == (307, "./t0ken/")


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "TRACE"])
def test_files_are_only_read(front: Front, method: str) -> None:
    front.publish("index.html", b"start")
    assert front.ask(method, "/index.html").status == 405
    assert (front.public / "index.html").read_bytes() == b"start"


OUTSIDE = [
    "/../secret.txt",
    "/feeds/../../secret.txt",
    "/%2e%2e/secret.txt",
    "/..%2fsecret.txt",
    "/feeds/%2e%2e/%2e%2e/secret.txt",
    "/..%5csecret.txt",
    "//secret.txt",
    "/.hidden.html",
    "/.git/config",
    "/feeds/.0123456789abcdef.tmp",
    "/link.txt",
    "/folder/secret.txt",
    "/pipe",
    "/feeds",
    "/index.html/",
    "/index.html/x",
    "/index.html%00.txt",
    "/%00",
    "/%ff%fe",
    "/" + "x" * 300,
    "/./index.html",
    "/feeds//all.atom",
]


@pytest.fixture
def traps(front: Front) -> Front:
    """A public folder with all that must not be handed out, in it and beside it."""
    (front.public.parent / "secret.txt").write_bytes(b"secret")
    for path in ("index.html", "feeds/all.atom"):
        front.publish(path, b"public")
    for path in (".hidden.html", ".git/config", "feeds/.0123456789abcdef.tmp"):
        front.publish(path, b"secret")
    (front.public / "link.txt").symlink_to(front.public.parent / "secret.txt")
    (front.public / "folder").symlink_to(front.public.parent, target_is_directory=True)
    os.mkfifo(front.public / "pipe")
    return front


@pytest.mark.parametrize("path", OUTSIDE)
def test_nothing_hidden_outside_or_linked_is_handed_out(traps: Front, path: str) -> None:
    answer = traps.get(path)
    assert answer.status == 404
    assert b"secret" not in answer.body.replace(b"secret.txt", b"")


@given(
    st.text(max_size=30)
    | st.lists(st.sampled_from(["..", ".", "", "a", "\0", "x\n"])).map("/".join)
)
def test_no_path_leads_out_of_the_folder(
    tmp_path_factory: pytest.TempPathFactory, path: str
) -> None:
    public = tmp_path_factory.getbasetemp() / "published" / "public"
    public.mkdir(parents=True, exist_ok=True)
    (public / "a").write_bytes(b"public")
    (public.parent / "a").write_bytes(b"secret")
    file = read(public, path)
    assert file is None or file.content == b"public"


def test_there_is_a_page_where_there_is_nothing(front: Front) -> None:
    answer = front.get("/archive/none/2026-W47.html")
    assert answer.status == 404
    assert "There is nothing here" in answer.text
    assert 'href="../../index.html"' in answer.text


def test_a_home_that_has_published_nothing_has_no_pages(front: Front) -> None:
    front.public.rmdir()
    assert front.get("/").status == 404


def test_a_file_is_whole_while_it_is_replaced(front: Front) -> None:
    """Its length must be that of the version whose bytes are sent."""
    contents = [
        bytes([letter]) * size for letter, size in zip(b"abcd", (10, 9000, 70000, 3), strict=True)
    ]
    publisher = FolderPublisher(front.public)
    for content in contents * 5:
        publisher.publish({"feeds/all.atom": content})
        connection = socket.create_connection(("127.0.0.1", front.port))
        with connection:
            connection.sendall(b"GET /feeds/all.atom HTTP/1.0\r\n\r\n")
            publisher.publish({"feeds/all.atom": contents[0]})
            with connection.makefile("rb") as stream:
                head, _, body = stream.read().partition(b"\r\n\r\n")
        assert body in (content, contents[0])
        assert f"content-length: {len(body)}".encode() in head.lower()


def test_what_cannot_be_read_is_no_404(
    front: Front, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A feed reader forgets a feed that is gone."""

    def full(*_: object, **__: object) -> int:
        raise OSError(24, "Too many open files", "t0ken.atom")

    front.publish("feeds/t0ken.atom", FEED)
    with monkeypatch.context() as patch:
        patch.setattr("digest.web.published.os.open", full)
        answer = front.get("/feeds/t0ken.atom")
    assert answer.status == 503
    assert "Too many open files" in caplog.text
    assert "t0ken" not in caplog.text


def test_an_unreadable_path_is_a_path() -> None:
    assert read(Path("/nowhere/at/all"), "index.html") is None
