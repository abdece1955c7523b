"""A real Postfix refuses one recipient: what its report changes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

import digest.ledger
from benchmarks.postfix import Postfix, can_start, postfix
from digest.model import State
from tests.cli.command import Ended
from tests.delivery.server import Server, Step, running
from tests.faults.homes import DUE_AGAIN, NOW, Home

DOMAIN = "bounces.example.org"
SETTINGS = f"""
virtual_mailbox_domains = {DOMAIN}
virtual_mailbox_base = {{folder}}
virtual_mailbox_maps = static:box/
virtual_uid_maps = static:65534
virtual_gid_maps = static:65534
"""
SERVICES = """
smtp unix - - n - - smtp
virtual unix - n n - - virtual
scache unix - - n - 1 scache
"""


@contextmanager
def relay_to(beyond: int) -> Iterator[Postfix]:
    """A Postfix of its own that hands mail to example.org on to a port of this machine, and puts
    that to the bounce domain into ``box``."""
    if not can_start():
        pytest.skip("needs Debian's postfix, and to be root")
    settings = f"transport_maps = inline:{{{{ example.org=smtp:[127.0.0.1]:{beyond} }}}}" + SETTINGS
    with postfix(settings, SERVICES, {"box": "nobody"}) as started:
        yield started


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

    with running(Server(refuse)) as beyond, relay_to(beyond.port) as relay:

        def command(*arguments: str) -> Ended:
            return home.digest(relay.port, *arguments, DIGEST_DELIVERY__BOUNCE_DOMAIN=DOMAIN)

        passed = command("run", "--now", (NOW + DUE_AGAIN).isoformat())
        assert set(home.states().values()) == {State.SENT}, passed.err
        wait_for(relay.folder / "box", relay.folder / "log")
        bounces = ("bounces", str(relay.folder / "box"), "--json")
        assert '"changed": true' in command(*bounces).out
        for message in (relay.folder / "box").glob("cur/*"):  # played again
            message.rename(relay.folder / "box" / "new" / message.name.partition(":")[0])
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
