"""``digest serve`` as a process: from a mail's own link to a person who gets no more mail."""

from __future__ import annotations

import email
import email.policy
import logging
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SECOND
from tests.web.front import Front

BASE = "https://digest.example.org/papers"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with an address on the web, whose first digests have gone out."""
    made = sample_home.make(tmp_path / "home", f'base_url = "{BASE}"\n{sample_home.SETTINGS}')
    assert digest(made, "run", "--now", FIRST).code == 0
    assert sample_home.mails(made) == ["2026-W46-ada", "2026-W46-bob"]
    return made


@contextmanager
def served(home: Path) -> Iterator[tuple[Front, subprocess.Popen[str]]]:
    """The service of a home, once it answers; it is told to end with the block."""
    environ = {key: value for key, value in os.environ.items() if not key.startswith("DIGEST_")}
    process = subprocess.Popen(  # noqa: S603  our own command
        [sys.executable, "-m", "digest", "--home", str(home), "serve"],
        env={**environ, "DIGEST_WEB__BIND": "127.0.0.1:0"},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    try:
        lines: list[str] = []
        while "listening on" not in (line := process.stderr.readline()):
            assert line, f"the service has ended: {lines}"
            lines.append(line)
        port = re.search(r"http://127\.0\.0\.1:(\d+)$", line)
        assert port, line
        yield Front(int(port[1]), home / "public"), process
    finally:
        process.terminate()
        process.communicate(timeout=60)


def unsubscribe_url(home: Path, mail: str) -> str:
    """What a mail program posts to, by RFC 8058."""
    content = (home / "outbox" / f"{mail}.eml").read_bytes()
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    (url,) = re.findall(r"<(https:[^>]+)>", message["List-Unsubscribe"])
    return str(url)


def test_one_click_in_a_mail_ends_the_mail_to_that_person_and_nobody_else(home: Path) -> None:
    url = unsubscribe_url(home, "2026-W46-ada")
    assert url.startswith(f"{BASE}/unsubscribe/")
    assert digest(home, "status", "--alive").code == 1
    with served(home) as (front, process):
        # The port answers before the first look at the inbox, which is the first sign of life.
        while front.get("/healthz").status == 503:
            assert process.poll() is None
        assert digest(home, "status", "--alive").code == 0

        path = urlsplit(url).path
        assert front.get(path).status == 200
        answer = front.ask("POST", path, b"List-Unsubscribe=One-Click")
        assert (answer.status, "You are unsubscribed" in answer.text) == (200, True)
        feeds = (home / "public" / "feeds").glob("*.atom")
        (feed,) = (file for file in feeds if file.stem != "all")
        assert front.get(f"/papers/feeds/{feed.name}").body == feed.read_bytes()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0

    sample_home.put(home, "second", "A lighthouse keeper's log")
    assert digest(home, "run", "--now", SECOND).code == 0
    assert [mail for mail in sample_home.mails(home) if "W47" in mail] == ["2026-W47-bob"]


def test_a_service_whose_passes_fail_is_unwell_until_one_succeeds(home: Path) -> None:
    keys = home / "state" / "keys"
    good = keys.read_bytes()
    keys.write_text("no key")
    with served(home) as (front, process):
        while "failing" not in (answer := front.get("/healthz")).text:
            assert process.poll() is None
        assert answer.status == 503
        assert digest(home, "status", "--alive").code == 1
        assert f"{keys}:1" in digest(home, "status", "--json").json["failing"]["what"]

    keys.write_bytes(good)
    with served(home) as (front, process):
        while (answer := front.get("/healthz")).status == 503:
            assert process.poll() is None
        assert answer.text == '{"status":"ok"}'
        assert digest(home, "status", "--alive").code == 0


def test_a_port_that_is_taken_ends_the_start_before_anything_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.root, "handlers", [])  # the service sets its own
    home = sample_home.make(tmp_path / "home")
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setenv("DIGEST_WEB__BIND", f"127.0.0.1:{port}")
        ended = digest(home, "serve")
    assert ended.code == 2
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in ended.err
    assert "`bind` under [web]" in ended.err
    assert not (home / "state").exists()


def test_the_doctor_sees_whether_anybody_answers_unsubscribe_links(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def look(url: str) -> dict[str, str]:
        monkeypatch.setenv("DIGEST_BASE_URL", url)
        found = digest(home, "doctor", "--json").json
        return next(each for each in found if each["area"] == "base_url")

    with served(home) as (front, _):
        url = f"http://127.0.0.1:{front.port}"
        assert "not https" in look(url)["what"]
        monkeypatch.setenv("DIGEST_SECRET", "not that of the service")
        assert "nobody there answers who unsubscribes" in look(url)["what"]
