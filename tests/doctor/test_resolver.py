"""Questions to a real DNS server on loopback."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from unittest.mock import patch

import dns.flags
import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from digest.doctor import resolver as questions
from digest.doctor.resolver import Resolver, Unanswered

ZONE = {
    ("example.org.", "TXT"): ['"v=spf1 " "mx -all"', '"other"'],
    ("example.org.", "MX"): ["20 mx2.example.org.", "10 mx.example.org."],
    ("none.example.org.", "MX"): ["0 ."],
    ("mx.example.org.", "A"): ["192.0.2.1"],
    ("mx.example.org.", "AAAA"): ["2001:db8::1"],
    ("1.2.0.192.in-addr.arpa.", "PTR"): ["mx.example.org."],
}


@contextmanager
def serving(*, silent: bool = False) -> Iterator[tuple[Resolver, list[str]]]:
    """A server that knows ``ZONE``, a resolver that asks it, and what it was asked."""
    asked: list[str] = []
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                packet, client = server.recvfrom(4096)
            except OSError:
                return
            if not packet:
                return
            query = dns.message.from_wire(packet)
            (question,) = query.question
            kind = question.rdtype.name
            asked.append(f"{question.name} {kind}")
            if silent:
                continue
            answer = dns.message.make_response(query)
            answer.flags |= dns.flags.RA
            records = ZONE.get((question.name.to_text(), kind))
            if records:
                answer.answer.append(dns.rrset.from_text(question.name, 60, "IN", kind, *records))
            elif not any(name == question.name.to_text() for name, _ in ZONE):
                answer.set_rcode(dns.rcode.NXDOMAIN)
            server.sendto(answer.to_wire(), client)

    made = dns.resolver.Resolver(configure=False)
    made.nameservers, made.port = ["127.0.0.1"], server.getsockname()[1]
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        with patch.object(dns.resolver, "Resolver", lambda: made):
            yield Resolver(), asked
    finally:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", server.getsockname())
        thread.join()
        server.close()


def test_records_of_every_kind() -> None:
    with serving() as (resolver, _):
        assert set(resolver.texts("example.org")) == {"v=spf1 mx -all", "other"}
        assert resolver.exchanges("example.org") == ("mx.example.org", "mx2.example.org")
        assert resolver.exchanges("none.example.org") == (".",)
        assert resolver.addresses("mx.example.org") == ("192.0.2.1", "2001:db8::1")
        assert resolver.names("192.0.2.1") == ("mx.example.org",)


def test_what_is_not_there_is_empty() -> None:
    with serving() as (resolver, _):
        assert resolver.texts("example.com") == ()
        assert resolver.texts("mx.example.org") == ()
        assert resolver.names("192.0.2.9") == ()
        assert resolver.texts("a" * 70 + ".example.org") == ()
        assert resolver.texts("bad..example.org") == ()


def test_a_silent_server_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(questions, "PATIENCE", 0.1)
    with serving(silent=True) as (resolver, asked):
        for _ in range(3):
            with pytest.raises(Unanswered):
                resolver.texts("example.org")
        assert set(asked) == {"example.org. TXT"}
        with pytest.raises(Unanswered):
            resolver.addresses("mx.example.org")
        assert set(asked) == {"example.org. TXT"}


def test_a_machine_without_a_resolver_has_no_answer() -> None:
    missing = partial(dns.resolver.Resolver, filename="/nonexistent/resolv.conf")
    with patch.object(dns.resolver, "Resolver", missing), pytest.raises(Unanswered):
        Resolver().texts("example.org")
