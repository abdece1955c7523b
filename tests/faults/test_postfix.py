"""A real Postfix refuses one recipient: what its report changes."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

import digest.ledger
from digest.model import State
from tests.cli.command import Ended
from tests.delivery.server import Server, Step, running
from tests.faults.homes import DUE_AGAIN, NOW, Home

DOMAIN = "bounces.example.org"
OWNERS = {"etc": "root", "queue": "root", "data": "postfix", "box": "nobody"}
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination =
mynetworks = 127.0.0.0/8
transport_maps = inline:{{ example.org=smtp:[127.0.0.1]:{beyond} }}
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs, and where it puts the mail to the bounce domain."""

    port: int
    box: Path
    log: Path


@contextmanager
def postfix(beyond: int) -> Iterator[Postfix]:
    """A Postfix of its own that hands mail to example.org on to a port of this machine."""
    program = shutil.which("postfix", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None or os.getuid() != 0:
        pytest.skip("needs Debian's postfix, and to be root")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # Not below pytest's folder, which other users may not enter.
    with tempfile.TemporaryDirectory(prefix="postfix", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o755)
        for name, owner in OWNERS.items():
            (folder / name).mkdir()
            shutil.chown(folder / name, owner)
        names = {"folder": folder, "beyond": beyond, "domain": DOMAIN, "port": port}
        (folder / "etc" / "main.cf").write_text(MAIN.format(**names))
        (folder / "etc" / "master.cf").write_text(SERVICES.format(**names))
        command = [program, "-c", str(folder / "etc")]
        subprocess.run([*command, "start"], check=True, capture_output=True)  # noqa: S603 - found above
        try:
            yield Postfix(port, folder / "box", folder / "log")
        finally:
            subprocess.run([*command, "abort"], check=False, capture_output=True)  # noqa: S603 - found above


def wait_for(box: Path, log: Path) -> None:
    """Until there is mail."""
    for _ in range(300):
        if list(box.glob("new/*")):
            return
        time.sleep(0.1)
    pytest.fail(log.read_text())


def test_a_report_by_postfix_suppresses_that_recipient_only(home: Home) -> None:
    def refuse(step: Step) -> str | None:
        unknown = step.name == "rcpt" and "r1@" in step.line
        return "550 5.1.1 no such user here" if unknown else None

    with running(Server(refuse)) as beyond, postfix(beyond.port) as relay:

        def command(*arguments: str) -> Ended:
            return home.digest(relay.port, *arguments, DIGEST_DELIVERY__BOUNCE_DOMAIN=DOMAIN)

        passed = command("run", "--now", (NOW + DUE_AGAIN).isoformat())
        assert set(home.states().values()) == {State.SENT}, passed.err
        wait_for(relay.box, relay.log)
        bounces = ("bounces", str(relay.box), "--json")
        assert '"changed": true' in command(*bounces).out
        for message in relay.box.glob("cur/*"):  # played again
            message.rename(relay.box / "new" / message.name.partition(":")[0])
        assert '"changed": false' in command(*bounces).out
    assert home.states() == {
        "r0@example.org": State.SENT,
        "r1@example.org": State.FAILED,
        "r2@example.org": State.SENT,
    }
    with digest.ledger.open(home.database) as book:
        (suppressed,) = book.suppressions()
    assert suppressed.address == "r1@example.org"
    assert "5.1.1" in suppressed.reason
