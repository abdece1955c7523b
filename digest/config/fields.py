"""Types of fields in settings and profiles: each function validates one text and returns the value.
Each of them raises ``PydanticCustomError``, with a message and a remedy, for a wrong text."""

import re
import unicodedata
from contextlib import suppress
from datetime import timedelta
from email.utils import quote, unquote
from functools import lru_cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email
from pydantic_core import PydanticCustomError

from digest.config.messages import quoted, wrong

LONGEST = timedelta(days=3650)
"""A longer duration is a mistake; ``now`` minus a duration also has to be a valid date."""

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_DURATION = re.compile(r"(\d{1,8})\s*([smhdw])", re.ASCII)
_UNSEEN = {"Cc", "Cs", "Zl", "Zp"}
_BIDI = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_PRIVATE_DOMAINS = ("local", "localhost", "test")
"""Top-level domains of private networks, inside which digests may well be sent."""
_PLAIN = re.compile(r"[a-z0-9_+-]{1,24}(\.[a-z0-9_+-]{1,19}){0,2}@[a-z0-9.-]{1,180}", re.ASCII)
"""An address whose part before the @ is right, and as it is meant, whatever the domain."""
_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_SPECIAL = re.compile(r'[()<>@,:;".\[\]\\]')
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_SOURCE_NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,39}", re.ASCII)
_COLOUR = re.compile(r"#[0-9a-f]{6}", re.IGNORECASE)
_LINES = 8
_DATABASES = ("sqlite:///", "postgresql+psycopg://")


def one_line(text: str) -> str:
    """A text of one line without control or bidirectional characters; the ends are stripped."""
    for character in "" if text.isprintable() else text:
        if unicodedata.category(character) in _UNSEEN or character in _BIDI:
            raise wrong(f"the character U+{ord(character):04X} in {quoted(text)}", "delete it")
    return text.strip()


def lines(text: str) -> str:
    """A text of at most eight lines, none of them empty."""
    found = list(filter(None, map(one_line, text.splitlines())))
    if len(found) > _LINES:
        raise wrong(f"a text of {len(found)} lines", f"write at most {_LINES}")
    return "\n".join(found)


def colour(text: str) -> str:
    """A colour in the form ``#rrggbb``."""
    if _COLOUR.fullmatch(text.strip()) is None:
        raise wrong(f"{quoted(text)} is not a colour", "write it like #1d3f78")
    return text.strip().lower()


def email_address(text: str) -> str:
    """An e-mail address without a name; the domain is in ASCII if the local part is."""
    if _PLAIN.fullmatch(text):
        local_part, _, host = text.partition("@")
        with suppress(PydanticCustomError):  # its message would be of another address
            return local_part + _domain_of_addresses(host)
    return _checked_address(text)


@lru_cache(maxsize=10_000)
def _domain_of_addresses(host: str) -> str:
    """``@`` and the domain of every address at ``host``: checking one takes 20 µs."""
    return _checked_address(f"a@{host}").removeprefix("a")


def _checked_address(text: str) -> str:
    private = text.rpartition("@")[2].rpartition(".")[2].casefold() in _PRIVATE_DOMAINS
    suffix = ".example" if private else ""
    try:
        checked = validate_email(text + suffix, check_deliverability=False)
    except EmailNotValidError as error:
        remedy = "write it as name@example.org"
        if "<" in text:
            remedy += ", without a name and angle brackets"
        raise wrong(f"{quoted(text)} is not an e-mail address: {error}", remedy) from error
    return (checked.ascii_email or checked.normalized).removesuffix(suffix)


def duration(text: str) -> timedelta:
    """A duration, such as ``90s``, ``5m``, ``12h``, ``30d`` or ``2w``; at most ten years."""
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        remedy = "write a number and a unit: 90s, 5m, 12h, 30d or 2w"
        raise wrong(f"{quoted(text)} is not a duration", remedy)
    count, unit = match.groups()
    span = timedelta(**{_UNITS[unit]: int(count)})
    if not span:
        raise wrong(f"{quoted(text)} is no time at all", "write at least 1s")
    if span > LONGEST:
        raise wrong(f"{quoted(text)} is more than ten years", f"write at most {LONGEST.days}d")
    return span


def span(value: object) -> timedelta:
    """A duration as text or as a ``timedelta``."""
    return value if isinstance(value, timedelta) else duration(str(value))


def web_url(text: str) -> str:
    """An http(s) URL without a user name or password."""
    example = "write it like https://digest.example.org"
    text = one_line(text)
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise wrong(f"{quoted(text)} is not a URL: {error}", example) from error
    if parts.scheme not in ("http", "https") or not parts.hostname or port == 0 or " " in text:
        raise wrong(f"{quoted(text)} is not an http(s) URL", example)
    if parts.username is not None:
        raise wrong("a URL with a name or password in it", "leave them out")
    return text


def source_kind(kind: object) -> object:
    """The kind of a source; the names of feeds in earlier versions stand for ``feed``."""
    return "feed" if kind in ("atom", "rss", "jsonfeed") else kind


def source_name(text: str) -> str:
    """The name of a source, which is also the name of a folder."""
    if _SOURCE_NAME.fullmatch(text) is None:
        what = f"{quoted(text)} cannot be the name of a source"
        raise wrong(what, "write small letters, digits and '-', at most 40: arxiv-cs")
    return text


def at_least_a_minute(every: timedelta) -> timedelta:
    """A source is not asked more often than once a minute."""
    if every < timedelta(minutes=1):
        raise wrong("a source would be asked more than once a minute", "write 1m or more")
    return every


def base_url(text: str) -> str:
    """An http(s) URL to which paths can be appended; a slash at its end is removed."""
    url = web_url(text)
    if "?" in url or "#" in url:
        raise wrong(f"{quoted(url)} has more than a path", "leave out ? and # and what follows")
    return url.rstrip("/")


def mailbox(text: str) -> str:
    """``Name <address>`` or an address, as in a From header before it is encoded."""
    found = _MAILBOX.fullmatch(one_line(text))
    name = unquote(found["name"].strip()) if found else ""
    address = email_address(found["address"].strip() if found else text.strip())
    if not address.isascii():
        what = f"{quoted(address)} has letters before the @ that many servers refuse"
        raise wrong(what, "send from an address in plain ASCII")
    if not name:
        return address
    return f'"{quote(name)}" <{address}>' if _SPECIAL.search(name) else f"{name} <{address}>"


def domain(text: str) -> str:
    """A domain; an international one is returned in its ASCII form."""
    try:
        return email_address(f"bounces@{text}").partition("@")[2]
    except PydanticCustomError as error:
        raise wrong(f"{quoted(text)} is not a domain", "write it as example.org") from error


def selector(text: str) -> str:
    """A DKIM selector (RFC 6376, section 3.1)."""
    if _SELECTOR.fullmatch(text) is None:
        raise wrong(f"{quoted(text)} is not a selector", "write letters, digits, '.' and '-'")
    return text


def database_url(text: str) -> str:
    """The URL of a database that the ledger can use."""
    # The messages do not quote the URL, since it may hold a password.
    kinds = " or ".join(f"{start}…" for start in _DATABASES)
    if text.startswith("postgres") and not text.startswith(_DATABASES):
        raise wrong("a PostgreSQL URL without its driver", f"begin it with {_DATABASES[1]}")
    if not text.startswith(_DATABASES):
        raise wrong("a database that is not supported", f"write {kinds}")
    if text.removeprefix(_DATABASES[0]).partition("?")[0] in ("", ":memory:"):
        raise wrong("a database in memory would forget what was sent", "name a file")
    return text


def in_home(url: str, home: Path) -> str:
    """Make the path in an SQLite URL, which is relative to the home, absolute."""
    start = _DATABASES[0]
    if not url.startswith(start):
        return url
    path, mark, options = url.removeprefix(start).partition("?")
    return f"{start}{home.absolute() / path}{mark}{options}"


def folder(path: Path) -> Path:
    """A folder other than the home itself."""
    if path == Path():
        raise wrong("the inbox would be the home itself", "name a folder in it")
    return path


def bind(text: str) -> str:
    """``host:port``, where an IPv6 host stands in brackets."""
    host, _, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535 or (":" in bare and host == bare):
        raise wrong(f"{quoted(text)} is not host:port", "write it as 127.0.0.1:8000 or [::1]:80")
    return text.strip()


def scheduler_url(text: str) -> str:
    """The address of a Dask scheduler; off this machine, only an encrypted one."""
    try:
        place = urlsplit(text.strip())
        host, port = place.hostname or "", place.port
    except ValueError:
        place, host, port = urlsplit(""), "", None
    remedy = "write tls://HOST:8786; tcp:// is for 127.0.0.1 alone"
    more = "@" in place.netloc or any(place[2:])  # a password, a path
    if place.scheme not in ("tls", "tcp") or not host or not port or more:
        raise wrong(f"{quoted(text)} is no scheduler's address", remedy)
    if place.scheme == "tcp" and not is_loopback(host):
        what = f"what goes to {quoted(text)} is not encrypted, and anybody could answer"
        raise wrong(what, remedy)
    return text.strip()


def is_loopback(host: str) -> bool:
    """Whether a connection to this host stays on the machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
