"""``digest run --cluster``: a scheduler and workers as other machines have them, each with a home
and an environment of its own, on one PostgreSQL database."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import copytree
from unittest.mock import patch

import dask
import pytest
import trustme

from digest.model import State
from tests.cli.command import Ended, digest
from tests.conftest import MakeUrl
from tests.delivery.server import Accepted, Server
from tests.workers.conftest import READERS
from tests.workers.test_workers import NOW, SECRET, states

QUIET = ("--no-dashboard", "--host", "127.0.0.1")


@dataclass
class Cluster:
    """A scheduler, and workers that come and go."""

    folder: Path
    template: Path
    environ: Mapping[str, str]
    stack: ExitStack
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)
    url: str = ""

    def start(self) -> None:
        """Start the scheduler."""
        told = self.folder / "scheduler.json"
        words = ["--protocol", "tls", "--port", "0", "--scheduler-file", str(told), *QUIET]
        self._start("dask_scheduler", *words)
        while not told.exists() or not (text := told.read_text()):
            time.sleep(0.05)
        self.url = json.loads(text)["address"]

    def join(self, **more: str) -> None:
        """Start a worker with a home of its own."""
        home = self.folder / f"home{len(self.workers)}"
        copytree(self.template, home)
        words = [
            "--memory-limit",
            "0",
            "--nthreads",
            "1",
            "--local-directory",
            str(home / "dask"),
            *QUIET,
        ]
        own = {"DIGEST_HOME": str(home)} | more
        self.workers.append(self._start("dask_worker", self.url, *words, **own))

    def run(self) -> Ended:
        """A pass, from another home."""
        home = copytree(self.template, self.folder / "coordinator")
        with patch.dict(os.environ, self.environ):
            dask.config.refresh()  # as a new process does
            ended = digest(home, "run", "--json", "--cluster", self.url, "--now", NOW)
        dask.config.refresh()
        return ended

    def _start(self, program: str, *words: str, **more: str) -> subprocess.Popen[bytes]:
        return self.stack.enter_context(
            ended_with_the_test(program, words, {**self.environ, **more})
        )


@contextmanager
def ended_with_the_test(
    program: str, words: tuple[str, ...], environ: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", f"distributed.cli.{program}", *words]
    with subprocess.Popen(  # noqa: S603 - our own command
        command, env={**os.environ, **environ}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def certificates(folder: Path) -> dict[str, str]:
    """The settings of Dask by which everybody knows everybody."""
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1")
    files = {name: str(folder / f"{name}.pem") for name in ("ca", "cert", "key")}
    authority.cert_pem.write_to_path(files["ca"])
    issued.cert_chain_pems[0].write_to_path(files["cert"])
    issued.private_key_pem.write_to_path(files["key"])
    prefix = "DASK_DISTRIBUTED__COMM__TLS__"
    pairs = {
        f"{prefix}{role}__{name.upper()}": files[name]
        for role in ("SCHEDULER", "WORKER", "CLIENT")
        for name in ("cert", "key")
    }
    return {f"{prefix}CA_FILE": files["ca"], **pairs}


@pytest.fixture
def at_half() -> list[Callable[[], object]]:
    """What is done once half of the mail has been accepted."""
    return []


@pytest.fixture
def mail(at_half: list[Callable[[], object]]) -> Iterator[Server]:
    def replied(_: Accepted) -> None:
        if len(made.accepted) == READERS // 2:
            for act in at_half:
                act()

    made = Server(replied=replied)
    yield made
    made.stop()


@pytest.fixture
def cluster(template: Path, tmp_path: Path, emptied: MakeUrl, mail: Server) -> Iterator[Cluster]:
    environ = {
        **SECRET,
        **certificates(tmp_path),
        "DIGEST_DATABASE_URL": emptied(),
        "DIGEST_SMTP__HOST": "127.0.0.1",
        "DIGEST_SMTP__PORT": str(mail.port),
        "DIGEST_SMTP__SECURITY": "none",
        "DIGEST_BASE_URL": "https://digest.example.org",
        "DIGEST_PUBLIC__MODE": "serve",
    }
    with ExitStack() as stack:
        made = Cluster(tmp_path, template, environ, stack)
        made.start()
        yield made


def test_workers_that_leave_and_join_send_everybody_one_mail(
    cluster: Cluster, mail: Server, at_half: list[Callable[[], object]]
) -> None:
    cluster.join()
    cluster.join()
    at_half += [cluster.workers[0].terminate, cluster.join]
    ended = cluster.run()
    assert (ended.code, ended.err) == (0, ""), ended.out
    assert ended.json["digests"]["sent"] == READERS
    assert mail.recipients().total() == len(mail.recipients()) == READERS
    found = states(cluster.environ["DIGEST_DATABASE_URL"])
    assert set(found.values()) == {State.SENT}
    assert len(found) == READERS


def test_a_worker_that_signs_otherwise_sends_nothing_and_the_pass_says_so(
    cluster: Cluster, mail: Server
) -> None:
    cluster.join(DIGEST_SECRET="another secret than the others have")
    ended = cluster.run()
    assert ended.code == 1
    assert mail.recipients().total() == 0
    first, second = ended.json["problems"]
    assert first["where"].startswith("worker tls://127.0.0.1:")
    assert first["where"].endswith(", secret")
    assert second["what"] == f"workers left the digests of {READERS} subscribers undone"
