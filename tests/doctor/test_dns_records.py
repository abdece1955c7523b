"""What the DNS says of a domain, and what it means for mail."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import pytest

from digest.doctor import dns_records
from digest.doctor.resolver import Resolver, Unanswered

DOMAIN, HOST = "example.org", "mx.example.org"
RECORD = "v=DKIM1; k=rsa; p=MIIBIjANBgkq"
KEY = "digest._domainkey.example.org"


@dataclass
class Zone(Resolver):
    """A resolver that knows what it is told."""

    txt: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    mx: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    hosts: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ptr: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def texts(self, name: str) -> tuple[str, ...]:
        return self.txt.get(name, ())

    def exchanges(self, name: str) -> tuple[str, ...]:
        return self.mx.get(name, ())

    def addresses(self, name: str) -> tuple[str, ...]:
        return self.hosts.get(name, ())

    def names(self, address: str) -> tuple[str, ...]:
        return self.ptr.get(address, ())


@pytest.mark.parametrize(
    ("records", "level", "said"),
    [
        ((), "warn", "has no SPF record"),
        (("google-site-verification=x",), "warn", "has no SPF record"),
        (("v=spf10 -all",), "warn", "has no SPF record"),
        (("v=spf1 mx -all", "verified"), "ok", "v=spf1 mx -all"),
        (("V=SPF1 mx -all",), "ok", "V=SPF1"),
        (("v=spf1 mx -all", "v=spf1 a -all"), "fail", "2 SPF records"),
        (("v=spf1 +all",), "warn", "lets everybody send"),
        (("v=spf1 mx all",), "warn", "lets everybody send"),
        (("v=spf1 include:small ~all",), "ok", "~all"),
    ],
)
def test_spf(records: tuple[str, ...], level: str, said: str) -> None:
    found = dns_records.spf(Zone({DOMAIN: records}), DOMAIN)
    assert (found.level, said in found.what) == (level, True)


@pytest.mark.parametrize(
    ("records", "level", "said"),
    [
        ((), "fail", "no key at"),
        (("v=DKIM1; k=rsa; p=MIIB IjAN Bgkq",), "ok", "verifies our signatures"),
        (("p=MIIBIjANBgkq",), "ok", "verifies our signatures"),
        (("v=DKIM1; k=rsa; p=other",), "fail", "not that of the key file"),
        (("v=DKIM1; k=ed25519; p=MIIBIjANBgkq",), "fail", "not that of the key file"),
        (("v=DKIM1; p=",), "fail", "not that of the key file"),
        (("v=DKIM1; t=y:s; p=MIIBIjANBgkq",), "warn", "only being tested"),
    ],
)
def test_dkim(records: tuple[str, ...], level: str, said: str) -> None:
    found = dns_records.dkim(Zone({KEY: records}), DOMAIN, "digest", RECORD)
    assert (found.level, said in found.what) == (level, True)
    assert level == "ok" or RECORD in found.remedy or level == "warn"


def test_dmarc_of_the_domain_above_counts() -> None:
    zone = Zone({"_dmarc.example.org": ("v=DMARC1; p=reject",)})
    assert dns_records.dmarc(zone, "papers.example.org").level == "ok"
    assert dns_records.dmarc(zone, "example.com").level == "warn"
    assert dns_records.dmarc(Zone({"_dmarc.org": ("v=DMARC1; p=none",)}), DOMAIN).level == "warn"


@pytest.mark.parametrize(
    ("records", "level"),
    [
        (("v=DMARC1; p=none",), "ok"),
        (("v=DMARC1;p=none", "other"), "ok"),
        (("v=DMARC1; p=none", "v=DMARC1; p=reject"), "fail"),
        (("v=DMARC1; rua=mailto:a@example.org",), "fail"),
    ],
)
def test_dmarc(records: tuple[str, ...], level: str) -> None:
    assert dns_records.dmarc(Zone({f"_dmarc.{DOMAIN}": records}), DOMAIN).level == level


@pytest.mark.parametrize(
    ("domain", "signed", "counts"),
    [
        ("example.org", "example.org", True),
        ("mail.example.org", "example.org", True),
        ("example.org", "mail.EXAMPLE.org", True),
        ("example.org", "example.com", False),
        ("badexample.org", "example.org", False),
    ],
)
def test_whose_signature_counts(domain: str, signed: str, counts: bool) -> None:
    assert (dns_records.aligned(domain, signed) is None) == counts


def test_where_a_domain_takes_mail() -> None:
    take = partial(dns_records.takes_mail, domain=DOMAIN, purpose="bounces")
    assert take(Zone(mx={DOMAIN: (HOST, "mx2.example.org")})).what.endswith(f"at {HOST}")
    assert take(Zone(hosts={DOMAIN: ("192.0.2.1",)})).level == "ok"
    assert take(Zone(mx={DOMAIN: (".",)})).level == "fail"
    nowhere = take(Zone())
    assert (nowhere.level, "bounces get lost" in nowhere.what) == ("fail", True)


@pytest.mark.parametrize(
    ("host", "addresses", "ptr", "level"),
    [
        (HOST, ("8.8.8.8",), {"8.8.8.8": (HOST,)}, "ok"),
        (HOST, ("8.8.8.8", "9.9.9.9"), {"8.8.8.8": (HOST,)}, "warn"),
        (HOST, ("8.8.8.8",), {"8.8.8.8": ("other.example.org",)}, "warn"),
        (HOST, ("10.0.0.1",), {}, "skip"),
        (HOST, (), {}, "skip"),
        ("127.0.0.1", (), {}, "skip"),
        ("8.8.8.8", (), {}, "warn"),
    ],
)
def test_names_of_addresses(
    host: str, addresses: tuple[str, ...], ptr: dict[str, tuple[str, ...]], level: str
) -> None:
    assert dns_records.reverse(Zone(hosts={HOST: addresses}, ptr=ptr), host).level == level


def test_without_a_resolver_nothing_is_claimed() -> None:
    class Silent(Zone):
        def texts(self, name: str) -> tuple[str, ...]:
            raise Unanswered

    found = dns_records.asked("SPF", partial(dns_records.spf, Silent(), DOMAIN))
    assert (found.area, found.level, found.what) == ("SPF", "skip", "no resolver answered")
