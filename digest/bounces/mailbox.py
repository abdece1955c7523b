"""Reads new messages of a maildir, an mbox file or an IMAP folder, and marks them as read."""

import imaplib
import mailbox
import re
import ssl
from collections.abc import Iterator
from contextlib import closing, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

from digest.bounces.mime import LARGEST
from digest.delivery.envelope import readable

TIMEOUT = 60.0  # the seconds to wait for an answer of an IMAP server

_SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")


class MailboxError(Exception):
    """The mailbox cannot be read; the message says why."""


def unread(place: str, password: str | None = None) -> Iterator[bytes]:
    """Yield each new message, if it is not too large, of ``imaps://user@host/Folder``, a maildir or
    an mbox file. A message is marked as read before the next one.

    Raises:
        MailboxError: There is no such mailbox, or it cannot be read.
    """
    path = Path(place)
    if "://" in place:
        return imap(place, password or "").unread()
    if path.is_dir():
        return _maildir(path)
    if path.is_file():
        return _mbox(path)
    raise MailboxError(f"there is no mailbox at {place}")


def _maildir(path: Path) -> Iterator[bytes]:
    """Yield the messages in ``new`` and ``cur`` without the flag "seen"."""
    try:
        for file in sorted([*(path / "new").iterdir(), *(path / "cur").iterdir()]):
            name, _, flags = file.name.partition(":2,")
            if file.name.startswith(".") or "S" in flags:
                continue
            with suppress(FileNotFoundError):  # another reader was faster
                if file.stat().st_size <= LARGEST:
                    yield file.read_bytes()
                seen = "".join(sorted({*flags, "S"}))
                file.rename(path / "cur" / f"{name}:2,{seen}")
    except OSError as error:
        raise MailboxError(f"{path}: {error.strerror or error}") from error


def _mbox(path: Path) -> Iterator[bytes]:
    """Yield all messages of a file. It is not changed, so every message is read each time."""
    try:
        with closing(mailbox.mbox(path, create=False)) as box:
            for key in box.iterkeys():
                yield box.get_bytes(key)
    except (OSError, mailbox.Error) as error:
        raise MailboxError(f"{path}: {error}") from error


@dataclass(frozen=True, slots=True)
class Imap:
    """A folder on an IMAP server, read over TLS with a verified certificate."""

    host: str
    port: int
    user: str
    password: str
    folder: str
    ca_file: str | None = None

    def unread(self) -> Iterator[bytes]:
        """Yield the messages without the flag ``\\Seen``."""
        tls = ssl.create_default_context(cafile=self.ca_file)
        try:
            client = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=tls, timeout=TIMEOUT)
            with client:
                client.login(self.user, self.password)
                name = self.folder.replace("\\", "\\\\").replace('"', '\\"')
                _ok(client.select(f'"{name}"'))
                for number in _ok(client.uid("SEARCH", "UNSEEN"))[0].split():
                    content = self._fetch(client, number.decode())
                    if content is not None:
                        yield content
                    _ok(client.uid("STORE", number.decode(), "+FLAGS.SILENT", r"(\Seen)"))
        except (OSError, imaplib.IMAP4.error) as error:
            words = str(error).replace(self.password, "[secret]") if self.password else str(error)
            raise MailboxError(f"{self.host}: {words}") from error

    def _fetch(self, client: imaplib.IMAP4_SSL, number: str) -> bytes | None:
        """The bytes of a message; None if it is too large or no longer there."""
        answer = _ok(client.uid("FETCH", number, "(RFC822.SIZE)"))
        size = _SIZE.search(answer[0]) if isinstance(answer[0], bytes) else None
        if size is None or int(size[1]) > LARGEST:
            return None
        for part in _ok(client.uid("FETCH", number, "(BODY.PEEK[])")):
            if isinstance(part, tuple):
                return bytes(part[1])
        return None


def imap(place: str, password: str) -> Imap:
    """The folder at ``imaps://user@host/Folder``. Raises MailboxError if the address is wrong."""
    address = urlsplit(place)
    if address.scheme != "imaps" or not address.hostname or not address.username:
        raise MailboxError(f"{place} is not like imaps://user@host/INBOX")
    folder, user = unquote(address.path.strip("/")) or "INBOX", unquote(address.username)
    return Imap(address.hostname, address.port or 993, user, password, folder)


def _ok(answer: tuple[str, list[Any]]) -> list[Any]:
    """The data that a command returned. Raises IMAP4.error if it failed."""
    status, data = answer
    if status != "OK":
        words = data[0].decode("utf-8", "replace") if data and data[0] else status
        raise imaplib.IMAP4.error(readable(words))
    return data
