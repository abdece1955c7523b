"""What passes through a scheduler, and what machines have to agree on."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

import pytest
from distributed.protocol.pickle import dumps

from digest.cli import app
from digest.cli import workers as wiring
from digest.delivery.outbox import Outbox
from digest.delivery.smtp import SmtpTransport
from digest.errors import ConfigError
from digest.model import PaperKey, Shard
from digest.workers.coordinator import Coordinator
from digest.workers.shards import Task
from digest.workers.worker import ShardWorker
from tests.cli import sample_home
from tests.cli.command import digest

NOW = datetime(2026, 11, 16, 8, tzinfo=UTC)
TLS = "tls://scheduler.example.org:8786"
PASSWORD, KEY = "the password of the mail server", "the secret that signs every link"
ACROSS = {
    "DIGEST_SECRET": KEY,
    "DIGEST_DATABASE_URL": "postgresql+psycopg://digest:the-password-of-the-database@db/digest",
    "DIGEST_SMTP__HOST": "smtp.example.org",
    "DIGEST_SMTP__USERNAME": "digest",
    "DIGEST_SMTP__PASSWORD": PASSWORD,
    "DIGEST_BASE_URL": "https://digest.example.org",
    "DIGEST_PUBLIC__MODE": "serve",
    "DIGEST_CLUSTER__URL": TLS,
}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return sample_home.make(tmp_path / "home")


def test_no_secret_is_sent_to_a_scheduler(home: Path) -> None:
    ledger = {"DIGEST_DATABASE_URL": f"sqlite:///{home / 'the password of the database'}"}
    with patch.dict(os.environ, ACROSS | ledger):
        opened = app.open_home(home)
        with app.open_context(opened, now=NOW) as context:
            work = wiring.divided(opened, context, now=NOW)
            assert isinstance(work, Coordinator)
            of = work.describe(PaperKey(7), True)
            sent = dumps(ShardWorker(of, work.opener))
            sent += dumps(Task(Shard(1, 5000), 5000, 0.5))
    assert home.name.encode() in sent
    for secret in (PASSWORD, KEY, "the password of the database", "smtp.example.org"):
        assert secret.encode() not in sent
        assert secret not in repr(of)


def by_two(home: Path) -> app.Home:
    """The home, with passes that two processes share."""
    with patch.dict(os.environ, {"DIGEST_CLUSTER__WORKERS": "2"}):
        return app.open_home(home)


@pytest.mark.parametrize("command", ["run", "serve"])
def test_every_setting_that_machines_cannot_share_is_told(home: Path, command: str) -> None:
    with patch.dict(os.environ, {"DIGEST_CLUSTER__URL": TLS}):
        ended = digest(home, command)
    assert ended.code == 2
    assert dict(line.split(": ", maxsplit=1) for line in ended.err.splitlines()) == {
        "database_url": "machines cannot share an SQLite file"
        " (set DIGEST_DATABASE_URL to a PostgreSQL database)",
        "smtp": "machines cannot share an outbox of files (add [smtp] with a `host`)",
        "public": "machines cannot share the files in public/"
        ' (write mode = "serve" under [public])',
        "secret": "machines have to sign links with the same key"
        " (set DIGEST_SECRET to the same value on all machines)",
    }
    assert not (home / "state").exists()


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("tcp://scheduler.example.org:8786", "is not encrypted, and anybody could answer"),
        ("scheduler.example.org:8786", "is no scheduler's address"),
        ("https://scheduler.example.org", "is no scheduler's address"),
        ("tls://[::1", "is no scheduler's address"),
        ("tls://scheduler.example.org", "is no scheduler's address"),
        ("tls://scheduler.example.org:99999", "is no scheduler's address"),
        ("tls://digest:password@scheduler.example.org:8786", "is no scheduler's address"),
        ("tcp://127.0.0.1:8786/status", "is no scheduler's address"),
        ("tcp://127.0.0.1.example.org:8786", "is not encrypted, and anybody could answer"),
        ("tcp://0.0.0.0:8786", "is not encrypted, and anybody could answer"),
    ],
)
def test_off_the_machine_only_tls_will_do(home: Path, url: str, told: str) -> None:
    remedy = "write tls://HOST:8786; tcp:// is for 127.0.0.1 alone"
    by_option = digest(home, "run", "--cluster", url)
    with patch.dict(os.environ, {"DIGEST_CLUSTER__URL": url}):
        by_setting = digest(home, "run")
    for ended in (by_option, by_setting):
        assert ended.code == 2
        assert told in ended.err
        assert remedy in ended.err


def test_an_empty_address_is_not_taken_for_none(home: Path) -> None:
    ended = digest(home, "run", "--cluster", "")
    assert ended.code == 2
    assert "is no scheduler's address" in ended.err


@pytest.mark.parametrize(
    "url", ["tcp://127.0.0.1:8786", "tcp://localhost:8786", "tcp://[::1]:8786"]
)
def test_a_scheduler_of_this_machine_may_be_spoken_to_as_it_is(home: Path, url: str) -> None:
    with patch.dict(os.environ, {"DIGEST_CLUSTER__URL": url}):
        opened = app.open_home(home)
    wiring.check(opened)
    assert opened.settings.cluster.url == url


def test_without_dask_the_extra_to_install_is_told(home: Path) -> None:
    with patch.object(wiring, "find_spec", lambda _: None):
        ended = digest(home, "run", "--workers", "2")
        assert digest(home, "run", "--dry-run").code == 0
    assert ended.code == 2
    assert ended.err == (
        "cluster: Dask's distributed is not installed (pip install 'papers-digest[cluster]')\n"
    )


def test_workers_and_a_scheduler_together_are_refused(home: Path) -> None:
    (home / "digest.toml").write_text(f'[cluster]\nworkers = 2\nurl = "{TLS}"\n')
    ended = digest(home, "run")
    assert ended.code == 2
    assert "`workers` and `url` together" in ended.err


def test_without_certificates_a_cluster_is_told_which_variables_to_set(home: Path) -> None:
    database = {"DIGEST_DATABASE_URL": f"sqlite:///{home / 'digest.db'}"}
    with (
        patch.dict(os.environ, ACROSS | database),
        patch.object(wiring, "check"),
        patch.object(app, "transport", lambda *_: Outbox(home / "outbox")),
    ):
        ended = digest(home, "run", "--cluster", TLS, "--now", "2026-11-16T08:00Z")
    assert ended.code == 2
    assert ended.err.startswith(
        "cluster.url: there is no certificate to talk to the scheduler with"
    )
    for name in ("CA_FILE", "CLIENT__CERT", "CLIENT__KEY"):
        assert f"DASK_DISTRIBUTED__COMM__TLS__{name}" in ended.err


def test_a_worker_with_other_settings_does_nothing_and_says_which(
    home: Path, tmp_path: Path
) -> None:
    opened = by_two(home)
    with app.open_context(opened, now=NOW) as context:
        work = wiring.divided(opened, context, now=NOW)
    assert isinstance(work, Coordinator)
    of = work.describe(PaperKey(0), False)
    with work.opener(of, lambda: False) as joined:
        assert joined.context.site == opened.site
    (home / "templates" / "parts").mkdir(parents=True)
    (home / "templates" / "parts" / "top.html.j2").write_text("another top")
    with (
        patch.dict(os.environ, {"DIGEST_SECRET": KEY, "DIGEST_BRAND__NAME": "Another"}),
        pytest.raises(ConfigError) as refused,
        work.opener(of, lambda: False),
    ):
        pytest.fail("it has joined")
    assert {problem.where for problem in refused.value.problems} == {
        "brand",
        "secret",
        "templates",
    }


def test_a_worker_with_another_ledger_does_nothing(home: Path) -> None:
    opened = by_two(home)
    with app.open_context(opened, now=NOW) as context:
        work = wiring.divided(opened, context, now=NOW)
    assert isinstance(work, Coordinator)
    of = work.describe(PaperKey(7), True)
    with pytest.raises(ConfigError, match="another ledger than"), work.opener(of, lambda: False):
        pytest.fail("it has joined")


def test_a_worker_sends_its_share_of_what_all_may_send(home: Path) -> None:
    limits = "[delivery]\nconnections = 8\nper_second = 50\nper_domain = 10\n[smtp]\nhost='::1'\n"
    (home / "digest.toml").write_text(limits)
    opened = by_two(home)
    with app.open_context(opened, now=NOW) as context:
        work = wiring.divided(opened, context, now=NOW)
    assert isinstance(work, Coordinator)
    with work.opener(work.describe(PaperKey(0), False), lambda: False) as joined:
        quarter: object = joined.transport(0.25)
        least: object = joined.transport(0.01)
    assert isinstance(quarter, SmtpTransport)
    assert (quarter.connections, quarter.per_second, quarter.per_domain) == (2, 12.5, 2.5)
    assert isinstance(least, SmtpTransport)
    assert (least.connections, least.per_second) == (1, 0.5)


def test_a_dry_run_is_done_by_one_process(home: Path) -> None:
    ended = digest(home, "run", "--dry-run", "--workers", "2")
    assert ended.code == 2
    assert "give one of --dry-run, --workers and --cluster" in ended.err


def test_workers_that_do_not_start_are_told_and_the_next_pass_goes_on(home: Path) -> None:
    failing = patch("digest.workers.clusters.LocalCluster", side_effect=RuntimeError("no room"))
    now = "2026-11-16T08:00Z"
    with failing:
        ended = digest(home, "run", "--workers", "2", "--now", now)
    assert ended.code == 1
    assert ended.err == "2 workers could not be started: no room; try again, or with fewer\n"
    assert digest(home, "run", "--now", now).code == 0
