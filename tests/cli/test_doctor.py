"""``digest doctor``: a line for everything it looks at, a remedy where something is wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import dns.resolver
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from digest.cli import doctor
from tests.cli import sample_home
from tests.cli.command import Ended
from tests.cli.command import digest as command
from tests.cli.sample_home import FIRST
from tests.conftest import MakeUrl
from tests.delivery.server import Server, running
from tests.doctor.test_dns_records import Zone
from tests.world import snapshot

SOON = "2026-11-16T09:00Z"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home")


@pytest.fixture
def smtp() -> Iterator[Server]:
    with running(Server()) as server:
        yield server


def by_smtp(home: Path, smtp: Server, more: str = "") -> None:
    settings = f'[smtp]\nhost = "127.0.0.1"\nport = {smtp.port}\nsecurity = "none"\n'
    (home / "digest.toml").write_text(sample_home.SETTINGS + settings + more)


def found(home: Path) -> dict[str, Any]:
    """The findings by area; the worst of each."""
    ended = command(home, "doctor", "--json", "--now", SOON)
    order = ["skip", "ok", "warn", "fail"]
    worst: dict[str, Any] = {}
    for each in sorted(ended.json, key=lambda each: order.index(each["level"])):
        worst[each["area"]] = each
    assert ended.code == any(each["level"] == "fail" for each in ended.json)
    return worst


def levels(home: Path) -> dict[str, str]:
    return {area: each["level"] for area, each in found(home).items()}


def test_a_home_that_is_well(home: Path) -> None:
    command(home, "run", "--now", FIRST)
    before = snapshot(home)
    ended: Ended = command(home, "doctor", "--now", SOON)
    assert ended.code == 0
    lines = ended.out.splitlines()
    assert "ok    profiles   2 subscribers" in lines
    assert any(line.startswith("ok    database   SQLite 3.") for line in lines)
    assert any(line.startswith("ok    SMTP       not set: mail goes to") for line in lines)
    assert not [line for line in lines if line.startswith(("warn", "fail"))]
    assert snapshot(home) == before


def test_a_new_home_is_looked_at_without_making_anything(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_BASE_URL", "http://127.0.0.1:1")
    assert levels(home)["database"] == "ok"
    assert sorted(path.name for path in home.iterdir()) == [
        "digest.toml",
        "inbox",
        "subscribers.yaml",
    ]


def test_an_inbox_that_nobody_makes_is_missed(home: Path) -> None:
    (home / "inbox").rename(home / "elsewhere")
    assert levels(home)["inbox"] == "fail"


def test_everything_that_is_wrong_at_once(home: Path) -> None:
    command(home, "run", "--now", FIRST)
    (home / "subscribers.yaml").write_text("subscribers:\n  - {id: ada, mail: x}\n")
    (home / "templates").mkdir()
    (home / "templates" / "email.html.j2").write_text("{% for %}")
    (home / "state" / "keys").chmod(0o644)
    with closing(sqlite3.connect(home / "state" / "digest.db")) as raw, raw:
        raw.execute("DELETE FROM paper")
    assert {area: level for area, level in levels(home).items() if level != "ok"} == {
        "profiles": "fail",
        "templates": "fail",
        "database": "fail",
        "secrets": "warn",
    }
    ended = command(home, "doctor")
    assert ended.code == 1
    assert "→ restore a backup, then run `digest db restored`" in ended.out


def test_wrong_settings_are_told_with_their_lines(home: Path) -> None:
    (home / "digest.toml").write_text('expect = "weekly"\n[smtp]\nport = 25\n')
    ended = command(home, "doctor")
    assert ended.code == 1
    assert "fail  settings   digest.toml:1: unknown word 'weekly'" in ended.out
    assert "digest.toml:2: 'host' is missing" in ended.out


def test_a_variable_that_nothing_reads(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DIGEST_BASEURL", "https://example.org")
    assert found(home)["settings"]["what"] == "DIGEST_BASEURL: an unknown variable"


def test_a_server_that_mail_goes_out_by(
    home: Path, smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = Ed25519PrivateKey.generate()
    path = home / "dkim.pem"
    private = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path.write_bytes(key.private_bytes(serialization.Encoding.PEM, *private))
    path.chmod(0o600)
    by_smtp(
        home,
        smtp,
        '[dkim]\nselector = "digest"\ndomain = "example.org"\nkey_file = "dkim.pem"\n'
        '[delivery]\nbounce_domain = "bounces.example.org"\n',
    )
    zone = Zone(mx={"example.org": ("mx.example.org",)})
    monkeypatch.setattr(doctor, "Resolver", lambda: zone)
    before = found(home)
    assert {area: each["level"] for area, each in before.items() if each["level"] != "ok"} == {
        "SPF": "warn",
        "DKIM": "fail",
        "DMARC": "warn",
        "MX": "fail",
        "PTR": "skip",
    }
    assert before["SPF"]["what"] == "bounces.example.org has no SPF record"

    record = before["DKIM"]["remedy"].partition('"')[2].rstrip('"')
    zone.txt = {
        "digest._domainkey.example.org": (record,),
        "bounces.example.org": ("v=spf1 mx -all",),
        "_dmarc.example.org": ("v=DMARC1; p=none",),
    }
    zone.mx = {**zone.mx, "bounces.example.org": ("mx.example.org",)}
    assert set(levels(home).values()) == {"ok", "skip"}
    assert smtp.accepted == []
    assert any("<bounces@bounces.example.org>" in step.line for step in smtp.steps)


def test_without_a_network_nothing_is_claimed(
    home: Path, smtp: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_resolver() -> dns.resolver.Resolver:
        raise dns.resolver.NoResolverConfiguration

    monkeypatch.setattr(dns.resolver, "Resolver", no_resolver)
    smtp.stop()
    by_smtp(home, smtp)
    seen = found(home)
    assert seen["SMTP"]["level"] == "fail"
    assert "Connection refused" in seen["SMTP"]["what"]
    assert {seen[area]["what"] for area in ("SPF", "DMARC", "MX")} == {"no resolver answered"}


def test_the_databases_clock_is_compared(
    home: Path, emptied: MakeUrl, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_DATABASE_URL", emptied())
    ended = command(home, "doctor", "--now", "2020-01-01", "--json")
    clock = next(each for each in ended.json if each["area"] == "clock")
    assert (ended.code, clock["level"]) == (1, "fail")
    assert "from that of the database" in clock["what"]
    assert any(each["what"].startswith("PostgreSQL ") for each in ended.json)


def test_no_secret_is_printed(home: Path, smtp: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "Resolver", Zone)
    monkeypatch.setenv("DIGEST_SMTP__PASSWORD", "sesame-open-please")
    monkeypatch.setenv("DIGEST_SECRET", "sesame-open-please")
    monkeypatch.setenv(
        "DIGEST_DATABASE_URL", "postgresql+psycopg://digest:sesame-open-please@127.0.0.1:1/x"
    )
    by_smtp(home, smtp)
    text = (home / "digest.toml").read_text()
    (home / "digest.toml").write_text(text + 'username = "digest"\n')
    for arguments in ([], ["--json"]):
        ended = command(home, "doctor", *arguments)
        assert ended.code == 1
        assert "sesame" not in ended.out + ended.err


def test_many_readers_are_better_served_on_demand(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert command(home, "run", "--now", FIRST).code == 0
    assert levels(home)["public"] == "ok"
    monkeypatch.setattr(doctor, "MANY_READERS", 2)
    assert "2 readers have files of their own" in found(home)["public"]["what"]
    assert 'mode = "serve"' in found(home)["public"]["remedy"]

    monkeypatch.setenv("DIGEST_BASE_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("DIGEST_PUBLIC__MODE", "serve")
    ended = command(home, "doctor", "--json", "--now", SOON)
    (told,) = [one for one in ended.json if one["area"] == "public" and one["level"] == "warn"]
    assert "archive holds pages of readers from before" in told["what"]
