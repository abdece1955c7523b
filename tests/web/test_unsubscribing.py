"""Unsubscribing as people, mail programs and link scanners do it."""

from __future__ import annotations

import base64
import hashlib
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from lxml import html  # type: ignore[import-untyped]  # it ships no types

from digest import web
from digest.errors import ConfigError, LedgerError
from digest.ledger import Ledger
from digest.model import Problem, SubscriberId
from digest.tokens import TokenSigner
from tests.render.page_checks import check_landmarks
from tests.web.front import NOW, Answer, Front, running

ADA = SubscriberId("ada")
ONE_CLICK = b"List-Unsubscribe=One-Click"
FORM = "application/x-www-form-urlencoded"
MULTIPART = (
    b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
)


@pytest.fixture
def link(keys: TokenSigner) -> str:
    """Ada's, as a path."""
    return f"/unsubscribe/{keys.link('unsubscribe', ADA)}"


def off(book: Ledger) -> list[tuple[str, datetime]]:
    """Who has unsubscribed, and when."""
    return [(one.subscriber, one.since) for one in book.unsubscriptions()]


def check_notice(answer: Answer, *, has_form: bool) -> html.HtmlElement:
    """A sound page that nobody else learns the address of."""
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["Set-Cookie"] is None
    root = html.document_fromstring(answer.text)
    assert root.get("lang") == "en"
    assert root.xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]
    assert root.xpath("//meta[@name='referrer']/@content") == ["no-referrer"]
    assert root.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    (policy,) = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    (style,) = root.xpath("//style/text()")
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    target = "'self'" if has_form else "'none'"
    assert policy == (
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action {target}"
    )
    assert not root.xpath("//script | //img | //@src | //@style | //link")
    assert len(root.xpath("//form")) == int(has_form)
    check_landmarks(root)
    return root


def heading(answer: Answer) -> str:
    return str(html.document_fromstring(answer.text).findtext(".//h1"))


# --- the page ----------------------------------------------------------------------------


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_looking_at_the_link_changes_nothing(
    front: Front, book: Ledger, link: str, method: str
) -> None:
    for query in ("", "?List-Unsubscribe=One-Click"):
        answer = front.ask(method, link + query)
        assert answer.status == 200
    assert off(book) == []


def test_the_page_asks_and_its_button_posts_to_where_it_is(front: Front, link: str) -> None:
    root = check_notice(front.get(link), has_form=True)
    assert root.findtext(".//h1") == "Unsubscribe?"
    assert "If you do, no more digests are sent to ada by email." in root.text_content()
    (form,) = root.forms
    assert (form.method, form.action) == ("POST", None)
    assert dict(form.form_values()) == {"List-Unsubscribe": "One-Click"}
    assert [button.text_content() for button in root.xpath("//form//button")] == ["Unsubscribe"]
    assert root.xpath("//main//p/a/@href") == ["../help.html"]


def test_the_token_stands_on_no_page(front: Front, link: str) -> None:
    token = link.rpartition("/")[2]
    for answer in (front.get(link), front.ask("POST", link, ONE_CLICK)):
        assert token not in answer.text
        assert token not in str(answer.headers)


# --- doing it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE_CLICK, FORM),
        (MULTIPART, "multipart/form-data; boundary=b"),
        (ONE_CLICK, "text/plain"),
        (b"", FORM),
        (b"\xff\x00 not a form", "multipart/form-data"),
    ],
    ids=["form", "multipart", "mislabelled", "empty", "garbled"],
)
def test_a_post_unsubscribes_at_once_whatever_its_body_looks_like(
    front: Front, book: Ledger, link: str, body: bytes, content_type: str
) -> None:
    answer = front.ask("POST", link, body, Content_Type=content_type)
    assert (answer.status, answer.headers["Location"]) == (200, None)
    assert off(book) == [("ada", NOW)]
    root = check_notice(answer, has_form=False)
    assert root.findtext(".//h1") == "You are unsubscribed"
    assert "No more digests are sent to ada by email" in root.text_content()
    assert root.xpath("//main//a/@href") == ["mailto:papers@example.org"]


def test_posting_twice_is_the_same_as_once(desk: web.WebContext, book: Ledger, link: str) -> None:
    moments = iter([NOW, NOW + timedelta(days=1)])

    def unsubscribe(subscriber: SubscriberId) -> bool:
        return book.unsubscribe(subscriber, now=next(moments))

    with running(replace(desk, unsubscribe=unsubscribe)) as front:
        first, second = (front.ask("POST", link, ONE_CLICK) for _ in range(2))
    assert (first.status, first.body) == (second.status, second.body)
    assert off(book) == [("ada", NOW)]


def test_a_link_is_for_one_person(front: Front, book: Ledger, keys: TokenSigner) -> None:
    for name in (SubscriberId("bob"), SubscriberId("bobby")):
        answer = front.ask("POST", f"/unsubscribe/{keys.link('unsubscribe', name)}")
        assert answer.status == 200
        assert f"to {name} by email" in html.document_fromstring(answer.text).text_content()
    assert off(book) == [("bob", NOW), ("bobby", NOW)]


def test_a_name_with_markup_in_it_is_only_a_name(front: Front, keys: TokenSigner) -> None:
    link = f"/unsubscribe/{keys.link('unsubscribe', SubscriberId('<img src=x>'))}"
    for method in ("GET", "POST"):
        root = check_notice(front.ask(method, link), has_form=method == "GET")
        assert "<img src=x>" in root.text_content()


def test_a_key_that_is_added_while_the_service_runs_counts(desk: web.WebContext, link: str) -> None:
    rings = [TokenSigner({2: b"n" * 32}), TokenSigner({1: b"k" * 32, 2: b"n" * 32})]
    with running(replace(desk, keys=lambda: rings[0])) as front:
        assert front.get(link).status == 404
        rings.pop(0)
        assert front.get(link).status == 200


# --- what is refused ---------------------------------------------------------------------


def forged(link: str) -> list[str]:
    middle = len(link) - 8
    other = "A" if link[middle] != "A" else "B"
    return [
        link[:middle] + other + link[middle + 1 :],
        link[:-1],
        link + "A",
        link + "=",
        "/unsubscribe/",
        "/unsubscribe/x",
        "/unsubscribe/a/b",
        "/unsubscribe/%00",
        "/unsubscribe/%ff%c3%a4%e2%80%a8",
        "/unsubscribe/" + "A" * 4000,
        "/unsubscribe/" + TokenSigner({1: b"x" * 32}).link("unsubscribe", ADA),
        "/unsubscribe/" + TokenSigner({1: b"k" * 32}).link("preferences", ADA),
    ]


def test_a_link_that_is_not_ours_changes_nothing_and_helps_on(
    front: Front, book: Ledger, link: str
) -> None:
    for path in forged(link):
        for method in ("GET", "POST"):
            answer = front.ask(method, path, ONE_CLICK if method == "POST" else None)
            assert answer.status == 404, path
            root = check_notice(answer, has_form=False)
            assert root.findtext(".//h1") == "This link does not work"
            assert "mailto:papers@example.org" in root.xpath("//main//a/@href")
    assert off(book) == []


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_other_methods_are_refused(front: Front, book: Ledger, link: str, method: str) -> None:
    assert front.ask(method, link, ONE_CLICK).status == 405
    assert off(book) == []


def test_a_body_that_is_too_long_is_refused_before_anything_is_done(
    front: Front, book: Ledger, link: str
) -> None:
    assert front.ask("POST", link, b"x" * 70_000).status == 413
    with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
        chunk = b"2000\r\n" + b"x" * 0x2000 + b"\r\n"
        head = f"POST {link} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head.encode() + chunk * 9)
        assert connection.recv(100).startswith(b"HTTP/1.1 413")
    assert off(book) == []


def test_a_request_that_breaks_off_changes_nothing(
    desk: web.WebContext, book: Ledger, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    with running(desk) as front:
        with socket.create_connection(("127.0.0.1", front.port), timeout=20) as connection:
            head = f"POST {link} HTTP/1.1\r\nHost: x\r\nContent-Length: 26\r\n\r\nList-"
            connection.sendall(head.encode())
        assert front.get(link).status == 200
    assert off(book) == []
    assert "Traceback" not in caplog.text


# --- what goes wrong ---------------------------------------------------------------------


def locked(subscriber: SubscriberId) -> bool:
    raise LedgerError("the database is locked")


def lost_keys() -> TokenSigner:
    raise ConfigError([Problem("state/keys", "cannot be read")])


@pytest.fixture(params=["ledger", "keys"])
def broken(request: pytest.FixtureRequest, desk: web.WebContext) -> Iterator[Front]:
    parts: dict[str, Any] = {"ledger": {"unsubscribe": locked}, "keys": {"keys": lost_keys}}
    with running(replace(desk, **parts[request.param])) as front:
        yield front


def test_a_wish_that_cannot_be_recorded_is_told_so_and_can_be_repeated(
    broken: Front, link: str, caplog: pytest.LogCaptureFixture
) -> None:
    answer = broken.ask("POST", link, ONE_CLICK)
    assert answer.status == 503
    root = check_notice(answer, has_form=True)
    assert root.findtext(".//h1") == "You are not unsubscribed yet"
    assert [button.text_content() for button in root.xpath("//form//button")] == ["Try again"]
    assert "somebody cannot unsubscribe just now" in caplog.text
    assert link.rpartition("/")[2] not in caplog.text


def test_a_broken_template_keeps_nobody_from_unsubscribing(
    front: Front, book: Ledger, link: str
) -> None:
    own = Path(front.public.parent / "templates")
    own.mkdir()
    (own / "unsubscribe.html.j2").write_text("{{ nonsense }}")
    answer = front.ask("POST", link, ONE_CLICK)
    assert (answer.status, answer.text) == (200, "You are unsubscribed.")
    assert off(book) == [("ada", NOW)]
    assert front.get(link).status == 500

    (own / "unsubscribe.html.j2").unlink()
    assert heading(front.get(link)) == "Unsubscribe?"
