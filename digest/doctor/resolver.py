"""Questions to the DNS, in the few words that the checks need."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

PATIENCE = 4.0
"""Seconds for one question; a resolver that takes longer is not asked again."""


class Unanswered(Exception):
    """No resolver answered; that says nothing about the name that was asked for."""


class Resolver:
    """The system's resolver."""

    def __init__(self, make: Callable[[], dns.resolver.Resolver] = dns.resolver.Resolver) -> None:
        """``make`` configures one; dnspython's default reads the system's settings."""
        self._make = make
        self._resolver: dns.resolver.Resolver | None = None
        self._silent = False

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, their strings joined; empty: it has none."""
        records = self._ask(name, "TXT")
        return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in records)

    def exchanges(self, name: str) -> tuple[str, ...]:
        """The hosts that take a domain's mail, the preferred first; ``.`` says that it has none."""
        records = sorted(self._ask(name, "MX"), key=lambda one: one.preference)
        return tuple(str(one.exchange).rstrip(".") or "." for one in records)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of a host."""
        return tuple(one.address for kind in ("A", "AAAA") for one in self._ask(name, kind))

    def names(self, address: str) -> tuple[str, ...]:
        """The hosts that an IP address belongs to (PTR)."""
        found = self._ask(dns.reversename.from_address(address), "PTR")
        return tuple(str(one.target).rstrip(".") for one in found)

    def _ask(self, name: Any, kind: str) -> list[Any]:
        if self._silent:
            raise Unanswered
        try:
            self._resolver = self._resolver or self._make()
            return list(self._resolver.resolve(name, kind, lifetime=PATIENCE))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.resolver.YXDOMAIN, dns.exception.SyntaxError, UnicodeError):
            return []  # no name that anything could be found under
        except (dns.exception.DNSException, OSError) as error:
            self._silent = True
            raise Unanswered from error
