"""Queries to the DNS, as the checks need them."""

from typing import Any

import dns.exception
import dns.resolver
import dns.reversename

PATIENCE = 4.0  # the seconds for one query; a resolver that takes longer gets no further queries


class Unanswered(Exception):
    """No resolver answered, so nothing is known about the name."""


class Resolver:
    """Queries the resolver of the system. Every method raises ``Unanswered`` if none answers."""

    def __init__(self) -> None:
        self._resolver: dns.resolver.Resolver | None = None
        self._silent = False

    def texts(self, name: str) -> tuple[str, ...]:
        """The TXT records of a name, each with its strings joined."""
        records = self._ask(name, "TXT")
        return tuple(b"".join(one.strings).decode("utf-8", "replace") for one in records)

    def exchanges(self, name: str) -> tuple[str, ...]:
        """The mail hosts of a domain, the preferred first; ``.`` means that it accepts no mail."""
        records = sorted(self._ask(name, "MX"), key=lambda one: one.preference)
        return tuple(str(one.exchange).rstrip(".") or "." for one in records)

    def addresses(self, name: str) -> tuple[str, ...]:
        """The IPv4 and IPv6 addresses of a host."""
        return tuple(one.address for kind in ("A", "AAAA") for one in self._ask(name, kind))

    def names(self, address: str) -> tuple[str, ...]:
        """The names of an IP address (PTR)."""
        found = self._ask(dns.reversename.from_address(address), "PTR")
        return tuple(str(one.target).rstrip(".") for one in found)

    def _ask(self, name: Any, kind: str) -> list[Any]:
        if self._silent:
            raise Unanswered
        try:
            self._resolver = self._resolver or dns.resolver.Resolver()
            return list(self._resolver.resolve(name, kind, lifetime=PATIENCE))
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.resolver.YXDOMAIN, dns.exception.SyntaxError, UnicodeError):
            return []  # not a valid name, so it has no records
        except (dns.exception.DNSException, OSError) as error:
            self._silent = True
            raise Unanswered from error
