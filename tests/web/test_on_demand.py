"""Feeds and pages that are rendered when they are asked for: the same as files would be."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path
from shutil import copyfile, copytree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import LedgerError
from digest.ledger import Ledger
from digest.model import Channel, Digest, FeedReader, Subscriber, SubscriberId
from digest.pipeline.publish import publish
from digest.render import templates
from digest.render.pages import Pages
from digest.tokens import TokenSigner
from digest.web.answer_cache import AnswerCache
from digest.web.on_demand import Look, OnDemand, is_of_reader, parsed
from tests.web.front import Front, make_desk, running
from tests.world import World, person, utc

BOTH: tuple[Channel, ...] = ("email", "feed")
ADA = replace(person("ada", channels=BOTH), name="Ada & <friends> Łovelace")
BOB = person("bob", channels=("feed",), feed_entries="digests")
CY = person("cy", channels=("email",))
DEE = person("dee", interests=("nothing has this",), channels=BOTH, send_empty=True)
EVE = person("eve", interests=("beacon", "lighthouse"), channels=BOTH)
FAY = person("fay", interests=("nothing has this",), channels=BOTH)
EVERYBODY = [ADA, BOB, CY, DEE, EVE, FAY]
FIRST, SECOND, THIRD = "2026-11-16T08:00", "2026-11-23T08:00", "2026-11-30T08:00"


@dataclass
class Counting:
    """A ledger that counts what is read of it."""

    book: Ledger
    rendered: list[str] = field(default_factory=list)
    is_broken: bool = False

    def feed_reader(self, token: str) -> FeedReader | None:
        if self.is_broken:
            raise LedgerError("the disk is gone")
        return self.book.feed_reader(token)

    def newest_first(self, name: SubscriberId, *, limit: int) -> Iterator[Digest]:
        self.rendered.append(name)
        return self.book.newest_first(name, limit=limit)

    def digest_of(self, name: SubscriberId, period: str) -> Digest | None:
        self.rendered.append(f"{name} {period}")
        return self.book.digest_of(name, period)


@dataclass
class Service:
    """A server that renders on demand for a home."""

    world: World
    front: Front
    ledger: Counting
    looks: list[Look]  # the last one is the present one

    def token(self, reader: Subscriber) -> str:
        return self.ledger.book.subscriber(reader.id).feed_token


@pytest.fixture(scope="module")
def two_weeks(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> World:
    """A home in which everybody has had two digests."""
    folder = tmp_path_factory.mktemp("two_weeks")
    copyfile(sqlite_template, folder / "digest.db")
    world = World(folder, f"sqlite:///{folder / 'digest.db'}")
    world.put(
        "1.json", "Keepers of the last lighthouse", "Beacon 50 % off", listed=date(2026, 11, 9)
    )
    world.run(EVERYBODY, FIRST)
    world.put("2.json", "A lighthouse & a <beacon>", "Nachtwächter im lighthouse: 夜")
    world.run(EVERYBODY, SECOND)
    return world


@pytest.fixture
def world(two_weeks: World, tmp_path: Path) -> World:
    """Such a home once more."""
    copytree(two_weeks.folder, tmp_path, dirs_exist_ok=True)
    world = World(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")
    world.inbox.files.update(two_weeks.inbox.files)
    return world


@contextmanager
def serving(world: World, *, is_near: bool = True) -> Iterator[Service]:
    loaded = templates.load()
    with world.ledger() as book:
        ledger = Counting(book)
        looks = [Look(Pages(loaded, world.site), world.site, 50, "v1")]
        (world.folder / "web").mkdir()
        desk = make_desk(world.folder / "web", book, TokenSigner({1: b"k" * 32}))
        on_demand = OnDemand(lambda: ledger, lambda: looks[-1], is_near=is_near)
        desk = replace(desk, site=world.site, on_demand=on_demand)
        with running(desk) as front:
            yield Service(world, front, ledger, looks)


@pytest.fixture(params=["near", "far"])
def service(world: World, request: pytest.FixtureRequest) -> Iterator[Service]:
    with serving(world, is_near=request.param == "near") as started:
        yield started


def test_every_file_of_every_reader_is_served_with_the_same_bytes(world: World) -> None:
    with world.context(utc(SECOND)) as context:
        assert publish(context, now=utc(SECOND), everything=True).problems == ()
    files = world.public()
    personal = [path for path in files if is_of_reader(path)]
    kinds = {path.rpartition(".")[2] for path in personal}
    assert kinds == {"atom", "rss", "json", "html", "bib", "ris", "opml"}
    with serving(world) as service:
        for path in personal:
            (world.folder / "public" / path).write_bytes(b"stale")
        for path in personal:
            answer = service.front.get(f"/{path}")
            assert (answer.status, answer.body) == (200, files[path]), path
        for path in files.keys() - set(personal) - {".published"}:
            assert service.front.get(f"/{path}").body == files[path]


def test_a_folder_is_its_index_and_its_answers_have_the_headers_of_files(service: Service) -> None:
    token = service.token(ADA)
    index = service.front.get(f"/archive/{token}/")
    assert index.body == service.front.get(f"/archive/{token}/index.html").body
    assert index.headers["Content-Type"] == "text/html; charset=utf-8"
    assert index.headers["Cache-Control"] == "no-cache"
    assert index.headers["Referrer-Policy"] == "no-referrer"
    moved = service.front.get(f"/archive/{token}")
    assert (moved.status, moved.headers["Location"]) == (307, f"./{token}/")
    head, get = (service.front.ask(method, f"/feeds/{token}.rss") for method in ("HEAD", "GET"))
    assert (head.status, head.body) == (200, b"")
    ours = ("Content-Length", "Content-Type", "ETag", "Last-Modified", "Cache-Control")
    assert [head.headers[name] for name in ours] == [get.headers[name] for name in ours]
    assert get.headers["Content-Type"] == "application/rss+xml"
    assert get.headers["Cache-Control"] == "max-age=300"
    assert get.headers["Last-Modified"] == "Mon, 23 Nov 2026 08:00:00 GMT"


def test_who_has_the_feed_costs_nothing_to_render(service: Service) -> None:
    path = f"/feeds/{service.token(ADA)}.atom"
    first = service.front.get(path)
    etag, changed = first.headers["ETag"], first.headers["Last-Modified"]
    assert etag.startswith('W/"')
    service.ledger.rendered.clear()
    for headers in (
        {"If_None_Match": etag},
        {"If_None_Match": f'"other", {etag.removeprefix("W/")}'},
        {"If_None_Match": "*"},
        {"If_Modified_Since": changed},
    ):
        again = service.front.get(path, **headers)
        assert (again.status, again.body, again.headers["ETag"]) == (304, b"", etag)
    assert service.front.get(path).body == first.body
    assert service.ledger.rendered == []


@pytest.mark.parametrize(
    "headers",
    [
        {"If_None_Match": '"other"'},
        {"If_None_Match": '"other"', "If_Modified_Since": "Mon, 23 Nov 2026 08:00:00 GMT"},
        {"If_Modified_Since": "Tue, 24 Nov 2026 08:00:00 GMT"},
        {"If_Modified_Since": "yesterday"},
    ],
)
def test_who_has_something_else_gets_the_feed(service: Service, headers: dict[str, str]) -> None:
    """A time of the client's own clock is not one that we gave: a decision is made before it can
    be read."""
    assert service.front.get(f"/feeds/{service.token(ADA)}.atom", **headers).status == 200


def test_all_that_an_answer_depends_on_changes_its_etag(service: Service) -> None:
    path, seen = f"/feeds/{service.token(ADA)}.json", list[str]()

    def asked() -> bytes:
        answer = service.front.get(path, If_None_Match=", ".join(seen) or '"none"')
        assert answer.status == 200
        seen.append(answer.headers["ETag"])
        return answer.body

    asked()
    service.world.put("3.json", "Yet another lighthouse")
    service.world.run(EVERYBODY, THIRD)
    assert b"Yet another lighthouse" in asked()
    service.world.compile([replace(ADA, name="Countess")], utc(THIRD))
    assert b"Countess" in asked()
    service.looks.append(replace(service.looks[-1], entries=1, version="v2"))
    assert b"Beacon" not in asked()
    assert len(set(seen)) == 4


def test_channels_and_readers_that_go_are_gone_and_who_unsubscribes_keeps_the_feed(
    service: Service,
) -> None:
    front, token, bobs = service.front, service.token(ADA), service.token(BOB)
    service.ledger.book.unsubscribe(ADA.id, now=utc(SECOND))
    feeds = [f"/feeds/{token}.{kind}" for kind in ("atom", "rss", "json")]
    feeds.append(f"/archive/{token}/feeds.opml")
    page = f"/archive/{token}/2026-W47.html"
    tags = {path: front.get(path).headers["ETag"] for path in (*feeds, page)}
    assert all(tags.values())

    service.world.compile([replace(ADA, channels=("email",))], utc(SECOND))
    for path in feeds:
        assert front.get(path, If_None_Match=tags[path]).status == 404
    assert front.get(page).status == 200
    for path in (f"/feeds/{bobs}.atom", f"/archive/{bobs}/", f"/archive/{bobs}"):
        assert front.get(path).status == 404


NOWHERE = [
    "/feeds/{token}",
    "/feeds/{token}.atom/",
    "/feeds/{token}.exe",
    "/feeds/{token}.atom%00",
    "/feeds/{token}.atom%0a",
    "/feeds/{token}%2f.atom",
    "/feeds/../feeds/{token}.atom",
    "/feeds//{token}.atom",
    "/Feeds/{token}.atom",
    "/feeds/%7btoken%7d.atom",
    "/feeds/.hidden",
    "/feeds/",
    "/archive/",
    "/archive",
    "/archive/{token}/1999-W01.html",
    "/archive/{token}/2026-W47.exe",
    "/archive/{token}/2026-W99.html",
    "/archive/{token}/2026-W47.html/",
    "/archive/{token}/../{token}/index.html",
    "/archive/{token}/..%2fsecret.txt",
    "/archive/{token}//index.html",
    "/archive/{token}/all.bib",
    "/feeds/aaaaaaaaaaaaaaaaaaaaaa.atom",
    "/archive/aaaaaaaaaaaaaaaaaaaaaa/",
    "/feeds/%ff%fe.atom",
    "/feeds/" + "a" * 5000 + ".atom",
]


@pytest.mark.parametrize("path", NOWHERE)
def test_there_is_nothing_else_whatever_lies_in_the_folder(service: Service, path: str) -> None:
    public = service.world.folder / "public"
    (public / "feeds" / ".hidden").write_bytes(b"stale")
    (public / "archive" / "secret.txt").write_bytes(b"stale")
    (public / "Feeds").mkdir()
    (public / "Feeds" / f"{service.token(ADA)}.atom").write_bytes(b"stale")
    answer = service.front.get(path.replace("{token}", service.token(ADA)))
    assert answer.status == 404
    assert "There is nothing here" in answer.text
    assert b"stale" not in answer.body


@given(
    st.text(max_size=40)
    | st.lists(st.sampled_from(["feeds", "archive", "..", "", "a"])).map("/".join)
)
def test_no_path_but_those_of_readers_asks_for_anything(path: str) -> None:
    wanted = parsed(path)
    assert wanted is None or is_of_reader(path)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_feeds_are_only_read(service: Service, method: str) -> None:
    assert service.front.ask(method, f"/feeds/{service.token(ADA)}.atom").status == 405


def test_what_cannot_be_read_is_no_404(service: Service) -> None:
    """A feed reader forgets a feed that is gone."""
    service.ledger.is_broken = True
    answer = service.front.get(f"/feeds/{service.token(ADA)}.atom")
    assert (answer.status, answer.text) == (503, "This cannot be read just now.")


def test_answers_are_kept_in_bounded_memory() -> None:
    cache = AnswerCache(most=100_000)
    for number in range(100):
        cache.put(f"path {number}", "one", bytes(9_500))
        cache.get("path 0", "one")
        assert cache.size <= 100_000
    assert cache.get("path 0", "one") == bytes(9_500)
    assert cache.get("path 1", "one") is None
    assert cache.get("path 99", "one") is not None


def test_an_answer_is_kept_for_its_etag_alone_and_the_newest_replaces_it() -> None:
    cache = AnswerCache(most=100_000)
    cache.put("path", "one", b"old")
    assert cache.get("path", "two") is None
    before = cache.size
    cache.put("path", "two", b"new")
    assert (cache.get("path", "one"), cache.get("path", "two")) == (None, b"new")
    assert cache.size == before
    cache.put("path", "three", bytes(200_000))
    assert (cache.get("path", "three"), cache.size) == (None, 0)
