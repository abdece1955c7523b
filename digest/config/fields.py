"""What single settings may be; each reader raises with words and a remedy."""

from __future__ import annotations

import re
from datetime import timedelta
from email.utils import quote, unquote
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from pydantic_core import PydanticCustomError

from digest.config.messages import duration, email_address, one_line, quoted, wrong

_MAILBOX = re.compile(r"(?P<name>[^<>]*)<(?P<address>[^<>]*)>")
_SPECIAL = re.compile(r'[()<>@,:;".\[\]\\]')
_SELECTOR = re.compile(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", re.IGNORECASE | re.ASCII)
_DATABASES = ("sqlite:///", "postgresql+psycopg://")


def span(value: object) -> timedelta:
    """A duration as text, or one that is ready."""
    return value if isinstance(value, timedelta) else duration(str(value))


def web_url(text: str) -> str:
    """An http(s) URL that shows no password."""
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


def base_url(text: str) -> str:
    """A URL to which paths are added, without a slash at its end."""
    url = web_url(text)
    if "?" in url or "#" in url:
        raise wrong(f"{quoted(url)} has more than a path", "leave out ? and # and what follows")
    return url.rstrip("/")


def mailbox(text: str) -> str:
    """``Name <address>`` or an address, as a From header has it but for encoding."""
    found = _MAILBOX.fullmatch(one_line(text))
    name = unquote(found["name"].strip()) if found else ""
    address = email_address(found["address"].strip() if found else text.strip())
    if not address.isascii():
        raise wrong(
            f"{quoted(address)} has letters before the @ that many servers refuse",
            "send from an address in plain ASCII",
        )
    if not name:
        return address
    return f'"{quote(name)}" <{address}>' if _SPECIAL.search(name) else f"{name} <{address}>"


def domain(text: str) -> str:
    """A domain in ASCII."""
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
    """A database that the ledger can use."""
    # It is never quoted: it may hold a password.
    kinds = " or ".join(f"{start}…" for start in _DATABASES)
    if text.startswith("postgres") and not text.startswith(_DATABASES):
        raise wrong("a PostgreSQL URL without its driver", f"begin it with {_DATABASES[1]}")
    if not text.startswith(_DATABASES):
        raise wrong("a database that is not supported", f"write {kinds}")
    if text.removeprefix(_DATABASES[0]).partition("?")[0] in ("", ":memory:"):
        raise wrong("a database in memory would forget what was sent", "name a file")
    return text


def in_home(url: str, home: Path) -> str:
    """The database's URL with SQLite's file, which is relative to the home, made absolute."""
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
    """``host:port``, an IPv6 host in brackets."""
    host, _, port = text.strip().rpartition(":")
    bare = host.removeprefix("[").removesuffix("]")
    if not host or not port.isdecimal() or int(port) > 65535 or (":" in bare and host == bare):
        raise wrong(f"{quoted(text)} is not host:port", "write it as 127.0.0.1:8000 or [::1]:80")
    return text.strip()


def is_loopback(host: str) -> bool:
    """Whether mail for this host never leaves the machine."""
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.casefold() == "localhost"
