"""Checks of the servers in the settings: the mail server and the web server."""

import http.client
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from ipaddress import ip_address

from digest.delivery.connection import Connection, Refused, Server, reason
from digest.delivery.envelope import readable
from digest.doctor.finding import Finding, fail, ok, warn

PATIENCE = 15.0  # the seconds to wait for an answer of a server
EXPIRES_SOON = timedelta(days=14)

_REMEDIES = {
    "connect": "check `host` and `port` in [smtp], and that this machine may reach them",
    "EHLO": "check that `port` is that of a mail server",
    "STARTTLS": 'check `host` and `security` in [smtp]; port 465 wants security = "tls"; '
    "`ca_file` names an authority of your own",
    "AUTH": "check `username` in [smtp] and DIGEST_SMTP__PASSWORD",
}


def smtp(server: Server, sender: str, *, now: datetime) -> Iterator[Finding]:
    """Log in, and check that the server accepts mail from ``sender``; none is sent."""
    where = f"{server.host}:{server.port}"
    try:
        connection = Connection.open(replace(server, timeout=PATIENCE), server.tls())
    except Refused as error:
        step = str(error).removeprefix(f"{where}: ").partition(":")[0]
        yield fail("SMTP", str(error), _REMEDIES.get(step, "see what the server says"))
        return
    except OSError as error:
        yield fail("SMTP", f"`ca_file`: {reason(error)}", "name a PEM file of certificates")
        return
    try:
        who = f", logged in as {server.username}" if server.username else ""
        yield ok("SMTP", f"{where} answers{who}")
        yield _security(connection, server, now=now)
        yield _takes(connection, sender)
    finally:
        connection.leave()


def _security(connection: Connection, server: Server, *, now: datetime) -> Finding:
    """Check the encryption of the connection, and how long the certificate is valid."""
    wire = connection.wire
    if not isinstance(wire, ssl.SSLSocket):
        if ip_address(wire.getpeername()[0].partition("%")[0]).is_loopback:
            return ok("TLS", "not needed: the server is this machine")
        return warn("TLS", f"mail to {server.host} goes unencrypted", 'set security = "starttls"')
    certificate = wire.getpeercert() or {}
    until = datetime.fromtimestamp(ssl.cert_time_to_seconds(str(certificate["notAfter"])), UTC)
    words = f"{wire.version()}, certificate valid until {until:%Y-%m-%d}"
    if until - now < EXPIRES_SOON:
        return warn("TLS", words, f"have the certificate of {server.host} renewed")
    return ok("TLS", words)


def _takes(connection: Connection, sender: str) -> Finding:
    try:
        code, words = connection.docmd(f"MAIL FROM:<{sender}>")
        with suppress(smtplib.SMTPException, OSError):
            connection.rset()
    except (smtplib.SMTPException, OSError) as error:
        return fail("sender", reason(error), "see the server's log")
    if code == 250:
        return ok("sender", f"the server takes mail from {sender}")
    remedy = "set `from`, or `bounce_domain`, to what this login may send as"
    if code == 530:
        remedy = "set `username` in [smtp] and DIGEST_SMTP__PASSWORD"
    return fail("sender", f"mail from {sender} is refused: {code} {readable(words)}", remedy)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of a web server."""

    finding: Finding
    date: datetime | None = None  # the time of its clock


def web(base_url: str, page: str, link: str | None) -> Answer:
    """Check that links in mails work; this changes nothing. ``page`` is a file of the public
    folder; only ``digest serve`` answers to ``link``."""
    answer = _head(base_url, page, "serve public/ there")
    if link is None or answer.finding.level == "fail":
        return answer
    # The finding does not quote the link, which contains a token.
    answered = _head(base_url, link, "").finding.level != "fail"
    what = f"{base_url} serves the public folder, but nobody there answers who unsubscribes"
    remedy = "run `digest serve`, and have the web server pass /unsubscribe/ on to it"
    return answer if answered else Answer(fail("base_url", what, remedy), answer.date)


def _head(base_url: str, path: str, remedy: str) -> Answer:
    request = urllib.request.Request(f"{base_url}/{path}", method="HEAD")  # noqa: S310  http(s) only, by the settings
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as response:  # noqa: S310  as above
            return Answer(_encrypted(base_url), _date(response.headers["Date"]))
    except urllib.error.HTTPError as error:
        with error:
            what = f"{base_url}/{path}: {error.code} {readable(error.reason)}"
            return Answer(fail("base_url", what, remedy), _date(error.headers["Date"]))
    except (OSError, http.client.HTTPException) as error:
        cause = error.reason if isinstance(error, urllib.error.URLError) else error
        words = reason(cause) if isinstance(cause, Exception) else readable(str(cause))
        remedy = f"{remedy}, or correct `base_url`"
        return Answer(fail("base_url", f"{base_url} does not answer: {words}", remedy))


def _encrypted(base_url: str) -> Finding:
    if base_url.startswith("https://"):
        return ok("base_url", f"{base_url} serves the public folder")
    what = f"{base_url} is not https, so mail programs offer no one-click unsubscribing"
    return warn("base_url", what, "serve it by https")


def _date(text: str | None) -> datetime | None:
    with suppress(ValueError, TypeError):
        found = parsedate_to_datetime(text or "")
        return found if found.tzinfo else found.replace(tzinfo=UTC)
    return None
