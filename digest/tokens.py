"""Signed tokens for links and envelope senders: short, valid for one purpose, hard to forge.

A token is the number of a key, a payload, and a truncated HMAC-SHA-256 (RFC 2104) over purpose,
number and payload. A link contains it in base64url; an envelope sender in base32, since some
servers change the case of an address.
"""

from __future__ import annotations

import hmac
import os
import re
import secrets
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Literal

from digest import private_files
from digest.errors import ConfigError
from digest.model import DeliveryId, Problem, SubscriberId

Purpose = Literal["unsubscribe", "preferences", "feedback"]
"""What a link allows whoever has it to do."""

_LINK_MAC = 12
_BOUNCE_MAC = 10
"""The bytes of a MAC. A guess costs a request or a message, so 80 bits cannot be guessed."""
_ADDRESS_TAG = 4
_KEY_BYTES = 32
_VERP = re.compile(r"bounces\+([a-z2-7]{20,48})@(.+)", re.IGNORECASE)
_KEY_LINE = re.compile(r"(\d{1,3}) ([0-9a-f]{64})")


@dataclass(frozen=True, slots=True)
class Attempt:
    """The attempt at a delivery that an envelope sender was made for."""

    delivery: DeliveryId
    fence: int
    address_tag: bytes
    """The key's number and a keyed hash of the recipient's address: see ``is_address``."""


class TokenSigner:
    """Makes and reads tokens: the key with the greatest number signs, every key verifies."""

    def __init__(self, keys: Mapping[int, bytes]) -> None:
        """Use ``keys``: secrets of 32 bytes by their numbers, 0 to 255.

        Raises:
            ValueError: There is no key, or a number is out of range.
        """
        if not keys or not all(0 <= number <= 255 for number in keys):
            raise ValueError("keys are numbered 0 to 255, and there is at least one")
        self._keys = dict(keys)
        self._current = max(keys)

    def link(self, purpose: Purpose, subscriber: SubscriberId) -> str:
        """Make a URL-safe token for a subscriber's link.

        Its length is 18 characters and four thirds of the length of the subscriber's id.
        """
        return _base64(self._sign(purpose, subscriber.encode(), _LINK_MAC))

    def read_link(self, purpose: Purpose, token: str) -> SubscriberId | None:
        """The subscriber of a link; None if it is not ours, or for another purpose."""
        try:
            signed = urlsafe_b64decode(token.encode() + b"=" * (-len(token) % 4))
        except ValueError:
            return None
        payload = self._verify(purpose, signed, _LINK_MAC)
        if payload is None or _base64(signed) != token:  # the same bytes have several spellings
            return None
        return SubscriberId(payload.decode())

    def envelope_sender(self, delivery: DeliveryId, fence: int, address: str, domain: str) -> str:
        """Make the envelope sender of one attempt: ``bounces+<token>@domain``.

        A failure of this attempt at a delivery to this address is reported there.
        """
        fence_bytes = _bytes(fence)
        payload = self._tag(self._current, address) + bytes([len(fence_bytes)]) + fence_bytes
        token = _base32(self._sign("bounce", payload + _bytes(delivery), _BOUNCE_MAC))
        return f"bounces+{token}@{domain}"

    def read_envelope_sender(self, address: str, domain: str) -> Attempt | None:
        """The attempt that an envelope sender was made for; None if it is not ours."""
        match = _VERP.fullmatch(address.strip())
        if match is None or match[2].casefold() != domain.casefold():
            return None
        token = match[1].lower()
        try:
            signed = b32decode(token + "=" * (-len(token) % 8), casefold=True)
        except ValueError:
            return None
        payload = self._verify("bounce", signed, _BOUNCE_MAC)
        if payload is None or _base32(signed) != token:
            return None
        tag, length = payload[:_ADDRESS_TAG], payload[_ADDRESS_TAG]
        fence, number = payload[_ADDRESS_TAG + 1 :][:length], payload[_ADDRESS_TAG + 1 + length :]
        return Attempt(
            DeliveryId(int.from_bytes(number, "big")),
            int.from_bytes(fence, "big"),
            signed[:1] + tag,
        )

    def is_address(self, attempt: Attempt, address: str) -> bool:
        """Whether the attempt was a message to this address."""
        number, tag = attempt.address_tag[0], attempt.address_tag[1:]
        return hmac.compare_digest(self._tag(number, address), tag)

    def _tag(self, number: int, address: str) -> bytes:
        folded = address.strip().casefold().encode("utf-8", "replace")
        return self._mac(number, "address", folded)[:_ADDRESS_TAG]

    def _sign(self, purpose: str, payload: bytes, length: int) -> bytes:
        number = self._current
        return bytes([number]) + payload + self._mac(number, purpose, payload)[:length]

    def _verify(self, purpose: str, signed: bytes, length: int) -> bytes | None:
        """The payload of a token; None if its signature is not valid."""
        if len(signed) < 2 + length or signed[0] not in self._keys:
            return None
        payload, mac = signed[1:-length], signed[-length:]
        expected = self._mac(signed[0], purpose, payload)[:length]
        return payload if hmac.compare_digest(mac, expected) else None

    def _mac(self, number: int, purpose: str, payload: bytes) -> bytes:
        text = purpose.encode() + b"\0" + bytes([number]) + payload
        return hmac.digest(self._keys[number], text, sha256)


def load(path: Path) -> TokenSigner:
    """Load the keys of a file with lines ``number key-in-hex``; create it if there is none.

    To change keys, add a line with a greater number.

    Raises:
        ConfigError: The file cannot be read, or has a line that is not a key.
    """
    try:
        text = path.read_text("ascii")
    except FileNotFoundError:
        text = _create(path)
    except (OSError, UnicodeError) as error:
        raise ConfigError([Problem(str(path), f"cannot be read: {error}")]) from error
    keys: dict[int, bytes] = {}
    problems: list[Problem] = []
    for line, content in enumerate(text.splitlines(), 1):
        match = _KEY_LINE.fullmatch(content.strip())
        if match and int(match[1]) <= 255:
            keys[int(match[1])] = bytes.fromhex(match[2])
        elif content.strip():
            remedy = "each line is a number up to 255, a space and 64 hexadecimal digits"
            problems.append(Problem(f"{path}:{line}", "is no key", remedy))
    if problems or not keys:
        raise ConfigError(problems or [Problem(str(path), "has no key", "restore it or delete it")])
    return TokenSigner(keys)


def _create(path: Path) -> str:
    """Write a first key and return the file's text; of several processes the first one wins."""
    private_files.make_folder(path.parent)
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.tmp")
    try:
        with private_files.open_to_write(partial) as file:
            file.write(f"1 {secrets.token_hex(_KEY_BYTES)}\n")
            file.flush()
            os.fsync(file.fileno())
        with suppress(FileExistsError):
            os.link(partial, path)
    finally:
        partial.unlink(missing_ok=True)
    return path.read_text("ascii")


def _bytes(number: int) -> bytes:
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big")


def _base64(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def _base32(data: bytes) -> str:
    return b32encode(data).decode().rstrip("=").lower()
