"""What holds for every answer, and what the log tells of it."""

from __future__ import annotations

import json
import logging
from dataclasses import replace
from datetime import UTC, datetime
from typing import Literal, NoReturn

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import web
from digest.model import Alarm, SubscriberId
from digest.tokens import TokenSigner
from digest.web.guard import shown
from tests.web.front import Front, running

FEED_TOKEN = "Zr8wXq2nV5tK0aLmPc7-_A"


def told(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The log of requests. The last of them is there only once the server has stopped."""
    return [each.getMessage() for each in caplog.records if each.name == "digest.web.access"]


def test_every_answer_is_guarded(front: Front) -> None:
    front.publish("index.html", b"start")
    answers = [
        front.get("/"),
        front.get("/none"),
        front.get("/healthz"),
        front.get("/unsubscribe/x"),
        front.ask("PUT", "/"),
        front.ask("POST", "/unsubscribe/x", b"x" * 70_000),
    ]
    assert [answer.status for answer in answers] == [200, 404, 200, 404, 405, 413]
    for answer in answers:
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
        assert answer.headers["Server"] is None


def test_a_service_is_well_that_runs_and_whose_passes_succeed(desk: web.WebContext) -> None:
    states: list[Literal["ok", "silent", "failing"]] = ["ok", "silent", "failing"]
    with running(replace(desk, health=lambda: states.pop(0))) as front:
        first, second, third = (front.get("/healthz") for _ in range(3))
    assert (first.status, first.text) == (200, '{"status":"ok"}')
    assert (second.status, second.text) == (503, '{"status":"silent"}')
    assert (third.status, third.text) == (503, '{"status":"failing"}')
    assert first.headers["Content-Type"] == "application/json"
    assert first.headers["Cache-Control"] == "no-store"


def test_a_source_that_needs_attention_is_named_and_the_service_is_well(
    desk: web.WebContext,
) -> None:
    alarm = Alarm("arxiv", "quiet", datetime(2026, 11, 20, 12, tzinfo=UTC), "listed nothing")
    with running(replace(desk, alarms=lambda: (alarm,))) as front:
        answer = front.get("/healthz")
    assert answer.status == 200
    assert json.loads(answer.text) == {
        "status": "degraded",
        "sources": [{"source": "arxiv", "fault": "quiet", "since": "2026-11-20T12:00:00+00:00"}],
    }
    with running(replace(desk, alarms=lambda: (alarm,), health=lambda: "failing")) as front:
        answer = front.get("/healthz")
    assert (answer.status, json.loads(answer.text)["status"]) == (503, "failing")


@pytest.mark.parametrize("base_url", ["https://example.org/my/digest", "https://example.org"])
def test_the_path_of_the_base_url_may_be_there_or_taken_off(
    desk: web.WebContext, keys: TokenSigner, base_url: str
) -> None:
    link = f"/unsubscribe/{keys.link('unsubscribe', SubscriberId('ada'))}"
    with running(replace(desk, site=replace(desk.site, base_url=base_url))) as front:
        front.publish("index.html", b"start")
        prefix = base_url.removeprefix("https://example.org")
        for path in ("/index.html", "/", link):
            assert front.get(path).status == front.get(prefix + path).status == 200
        assert front.get("/my/digestion/index.html").status == 404


def test_the_log_tells_no_token_and_no_address(
    desk: web.WebContext, keys: TokenSigner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = keys.link("unsubscribe", SubscriberId("ada"))
    with running(desk) as front:
        front.publish(f"feeds/{FEED_TOKEN}.atom", b"<feed/>")
        front.get(f"/feeds/{FEED_TOKEN}.atom?token={token}")
        front.get(f"/archive/{FEED_TOKEN}/2026-W47.html")
        front.get(f"/unsubscribe/{token}", Referer=f"https://x/{token}", Cookie=token)
        front.ask("POST", f"/unsubscribe/{token}")
        front.ask("POST", f"//unsubscribe%2f{token}")
        front.get(f"/{token}")
        front.get(f"/UNSUBSCRIBE/{token[:12]}")
        front.get("/favicon.ico")

    assert token[:12] not in caplog.text
    assert FEED_TOKEN not in caplog.text
    assert "127.0.0.1" not in caplog.text
    assert told(caplog) == [
        "GET /feeds/… 200",
        "GET /archive/…/… 404",
        "GET /unsubscribe/… 200",
        "POST /unsubscribe/… 200",
        "POST //unsubscribe/… 405",
        "GET /… 404",
        "GET /UNSUBSCRIBE/… 404",
        "GET /favicon.ico 404",
    ]


def test_a_monitor_does_not_fill_the_log(
    desk: web.WebContext, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    with running(desk) as front:
        front.get("/healthz")
        front.get("/none")
    assert told(caplog) == ["GET /none 404"]


@given(st.text())
def test_a_path_in_the_log_is_one_line_of_plain_characters(path: str) -> None:
    assert shown(path).replace("…", "").isascii()
    assert shown(path).replace("…", "x").isprintable()


def test_what_a_request_breaks_breaks_nothing_else(
    desk: web.WebContext, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> NoReturn:
        raise ZeroDivisionError

    with running(replace(desk, health=broken)) as front:
        assert front.get("/healthz").status == 500
        assert front.get("/none").status == 404
    assert "ZeroDivisionError" in caplog.text
