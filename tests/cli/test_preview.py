"""``digest preview``: the digest that the next run sends, and nothing is changed."""

from __future__ import annotations

import email
import email.policy
import re
from email.message import EmailMessage
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest
from tests.cli.sample_home import FIRST

END = "The lighthouse at the end of the world"
LOG, SOUP = "A lighthouse keeper's log", "Soup for sailors"
PROFILES = """\
defaults:
  timezone: UTC
subscribers:
  - id: ada
    email: ada@example.org
    interests: [lighthouse, {match: "/keepers?/", in: title, weight: 0.5}]
    exclude: [soup]
    limit: 2
"""


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home", profiles=PROFILES)


def read(content: bytes) -> EmailMessage:
    message = email.message_from_bytes(content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_a_preview_shows_the_next_digest_as_text(home: Path) -> None:
    ended = digest(home, "preview", "ada", "--now", FIRST)
    assert ended.code == 0
    assert "Week 46, 9–15 November 2026" in ended.out
    assert f"1. {END}\n" in ended.out
    assert "\r" not in ended.out


@pytest.mark.parametrize(
    ("name", "begins"), [("ada.html", b"<!DOCTYPE html>"), ("ada.eml", b"From: Paper Digest <")]
)
def test_a_preview_can_be_a_page_or_the_whole_message(
    home: Path, tmp_path: Path, name: str, begins: bytes
) -> None:
    out = tmp_path / name
    ended = digest(home, "preview", "ada", "--out", out, "--now", FIRST)
    assert (ended.code, ended.out, ended.err) == (0, "", f"Wrote {out}\n")
    content = out.read_bytes()
    assert content.startswith(begins)
    assert END in content.decode()


def test_a_preview_is_what_the_run_then_sends(home: Path, tmp_path: Path) -> None:
    sample_home.put(home, "second", LOG)
    out = tmp_path / "ada.eml"
    digest(home, "preview", "ada", "--out", out, "--now", FIRST)
    digest(home, "run", "--now", FIRST)
    shown, sent = read(out.read_bytes()), read((home / "outbox/2026-W46-ada.eml").read_bytes())
    for header in ("From", "To", "Subject", "Date", "Message-ID"):
        assert shown[header] == sent[header]
    # The addresses behind links are made by the first run.
    bodies = [
        re.sub(r"file:\S+|mailto:\S+", "…", str(message.get_body(("plain",)).get_content()))  # type: ignore[union-attr]  # every mail has one
        for message in (shown, sent)
    ]
    assert bodies[0] == bodies[1]


def test_a_preview_without_a_digest_says_why(home: Path) -> None:
    for path in (home / "inbox").iterdir():
        path.unlink()
    ended = digest(home, "preview", "ada", "--now", FIRST)
    assert (ended.code, ended.out) == (0, "")
    assert ended.err == "No digest for 2026-W46: nothing new has arrived (0 considered).\n"
    sample_home.put(home, "second", SOUP)
    ended = digest(home, "preview", "ada", "--now", FIRST)
    assert ended.err == "No digest for 2026-W46: no paper matched (1 considered).\n"


def test_where_nothing_new_has_come_the_last_digest_is_shown_as_the_profile_stands(
    home: Path,
) -> None:
    digest(home, "run", "--now", FIRST)
    ended = digest(home, "preview", "ada", "--now", FIRST)
    assert END in ended.out
    assert ended.err == (
        "Nothing new has come. This is the digest for 2026-W46 as the profile stands now.\n"
    )
    profiles = (home / "subscribers.yaml").read_text()
    (home / "subscribers.yaml").write_text(profiles.replace("lighthouse", "bagpipe"))
    ended = digest(home, "preview", "ada", "--now", FIRST)
    assert ended.err == "No digest for 2026-W46: no paper matched (1 considered).\n"
