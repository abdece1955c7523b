"""The server as the service starts and stops it."""

from __future__ import annotations

import socket
from contextlib import closing
from dataclasses import replace
from threading import Event, Thread

import pytest

from digest import web
from digest.errors import ConfigError
from digest.model import SubscriberId
from digest.tokens import TokenSigner
from tests.web.front import Answer, running


def test_a_port_that_is_taken_is_told_with_what_to_do() -> None:
    with closing(web.listen("127.0.0.1", 0)) as first:
        port = first.getsockname()[1]
        with pytest.raises(ConfigError) as raised:
            web.listen("127.0.0.1", port)
    assert str(raised.value) == (
        f"web/bind: cannot listen on 127.0.0.1:{port}: Address already in use "
        "(end what listens there, or set another address as `bind` under [web])"
    )


def test_a_host_that_is_not_here_is_told() -> None:
    with pytest.raises(ConfigError, match=r"cannot listen on nowhere\.invalid:80: "):
        web.listen("nowhere.invalid", 80)
    with pytest.raises(ConfigError, match=r"on 192\.0\.2\.1:0: Cannot assign requested address"):
        web.listen("192.0.2.1", 0)


@pytest.mark.skipif(not socket.has_dualstack_ipv6(), reason="there is no IPv6 here")
def test_all_addresses_of_ipv6_include_those_of_ipv4() -> None:
    with closing(web.listen("::", 0)) as listener:
        port = listener.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            socket.create_connection((host, port), timeout=20).close()


def test_after_the_end_nobody_listens(desk: web.WebContext) -> None:
    with running(desk) as front:
        assert front.get("/none").status == 404
    with pytest.raises(ConnectionRefusedError):
        front.get("/none")


class Slow:
    """A ledger that takes its time."""

    def __init__(self) -> None:
        self.begun, self.may_end = Event(), Event()

    def unsubscribe(self, subscriber: SubscriberId) -> bool:
        """Take it."""
        self.begun.set()
        return self.may_end.wait(20)


def test_a_request_under_way_is_finished_when_the_server_stops(
    desk: web.WebContext, keys: TokenSigner
) -> None:
    slow, answers = Slow(), list[Answer]()
    link = f"/unsubscribe/{keys.link('unsubscribe', SubscriberId('ada'))}"
    with running(replace(desk, unsubscribe=slow.unsubscribe)) as front:
        asking = Thread(target=lambda: answers.append(front.ask("POST", link)))
        asking.start()
        assert slow.begun.wait(20)
        # The block ends, and with it the server, while the ledger takes its time.
        Thread(target=slow.may_end.set).start()
    asking.join()
    assert [answer.status for answer in answers] == [200]
