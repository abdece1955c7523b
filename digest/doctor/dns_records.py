"""Checks of the DNS records of the domains that mail is sent from."""

import re
from collections.abc import Callable
from ipaddress import ip_address
from typing import ParamSpec

from digest.doctor.finding import Finding, fail, ok, skip, warn
from digest.doctor.resolver import Resolver, Unanswered

P = ParamSpec("P")


def spf(resolver: Resolver, domain: str) -> Finding:
    """Check which servers may send for the domain (RFC 7208)."""
    found = [text for text in resolver.texts(domain) if _tagged(text, "v=spf1")]
    remedy = f'publish TXT at {domain}: "v=spf1 mx -all", naming the server that delivers'
    if not found:
        return warn("SPF", f"{domain} has no SPF record", remedy)
    if len(found) > 1:
        return fail("SPF", f"{domain} has {len(found)} SPF records, so none counts", "keep one")
    if re.search(r"(?:^|\s)\+?all\b", found[0]):
        return warn("SPF", f"{domain} lets everybody send: {found[0]}", "end it with -all")
    return ok("SPF", f"{domain}: {found[0]}")


def dkim(resolver: Resolver, domain: str, selector: str, record: str) -> Finding:
    """Check that the key that verifies our signatures is published (RFC 6376, 3.6.1)."""
    name = f"{selector}._domainkey.{domain}"
    found = [_tags(text) for text in resolver.texts(name) if "p=" in text]
    remedy = f'publish TXT at {name}: "{record}"'
    if not found:
        return fail("DKIM", f"no key at {name}: receivers cannot verify a signature", remedy)
    tags, ours = found[0], _tags(record)
    if tags.get("p") != ours["p"] or tags.get("k", "rsa") != ours["k"]:
        return fail("DKIM", f"the key at {name} is not that of the key file", remedy)
    if "y" in tags.get("t", "").split(":"):
        return warn("DKIM", f"{name} says that signing is only being tested", "remove t=y")
    return ok("DKIM", f"the key at {name} verifies our signatures")


def dmarc(resolver: Resolver, domain: str) -> Finding:
    """Check the policy for mail that only claims to be from the domain (RFC 7489). Without a record
    of its own, the record of the nearest parent domain counts."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        owner = ".".join(labels[start:])
        found = [text for text in resolver.texts(f"_dmarc.{owner}") if _tagged(text, "v=DMARC1")]
        if len(found) > 1:
            return fail("DMARC", f"_dmarc.{owner} has {len(found)} records", "keep one")
        if found and "p" not in _tags(found[0]):
            return fail("DMARC", f"_dmarc.{owner} has no policy", 'add "p=none" or stricter')
        if found:
            return ok("DMARC", f"_dmarc.{owner}: {found[0]}")
    what = f"{domain} has no DMARC record; large providers want one"
    return warn("DMARC", what, f'publish TXT at _dmarc.{domain}: "v=DMARC1; p=none"')


def aligned(domain: str, signed: str) -> Finding | None:
    """Check that DMARC counts a signature of ``signed`` for mail from ``domain``; None: it does."""
    if _under(domain, signed) or _under(signed, domain):
        return None
    what = f"mail from {domain} is signed by {signed}, which DMARC does not count"
    return warn("DKIM", what, f'set domain = "{domain}" in [dkim]')


def takes_mail(resolver: Resolver, domain: str, purpose: str) -> Finding:
    """Check that the domain can receive mail (RFC 5321, 5.1; RFC 7505)."""
    hosts = resolver.exchanges(domain)
    remedy = f"publish an MX record at {domain}"
    if hosts == (".",):
        return fail("MX", f"{domain} says that it takes no mail: {purpose} get lost", remedy)
    if hosts or resolver.addresses(domain):
        return ok("MX", f"{domain} takes mail {f'at {hosts[0]}' if hosts else 'itself'}")
    return fail("MX", f"{domain} takes no mail: {purpose} get lost", remedy)


def reverse(resolver: Resolver, host: str) -> Finding:
    """Check that the server's addresses have names that resolve to them."""
    addresses = (host,) if _is_address(host) else resolver.addresses(host)
    public = [address for address in addresses if ip_address(address).is_global]
    for address in public:
        names = resolver.names(address)
        if not names:
            what = f"{address} has no name; if it delivers itself, its mail is refused"
            return warn("PTR", what, "have whoever runs its network set a PTR record")
        if not any(address in resolver.addresses(name) for name in names):
            what = f"{address} says it is {names[0]}, which has another address"
            return warn("PTR", what, f"point {names[0]} at {address}, or correct the PTR record")
    if public:
        return ok("PTR", f"{host}: every address has a name that leads back to it")
    return skip("PTR", f"{host} is no public server; the one that it hands mail to needs a PTR")


def asked(area: str, check: Callable[P, Finding], *args: P.args, **kwargs: P.kwargs) -> Finding:
    """Make a check; if no resolver answers, the finding says so."""
    try:
        return check(*args, **kwargs)
    except Unanswered:
        return skip(area, "no resolver answered")


def _tagged(text: str, version: str) -> bool:
    return re.match(rf"{re.escape(version)}(?:[\s;]|$)", text.strip(), re.IGNORECASE) is not None


def _tags(text: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(";") if "=" in part)
    return {key.strip(): "".join(value.split()) for key, _, value in pairs}


def _under(domain: str, above: str) -> bool:
    return f".{domain}".casefold().endswith(f".{above}".casefold())


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
