"""DKIM signatures (RFC 6376, RFC 8463) that are the same on every try of a message. They are made
here since dkimpy adds the time to each signature and takes 20 ms for it with RSA, in pure Python;
``cryptography`` takes 0.4 ms. The tests verify the signatures with dkimpy."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from digest.errors import ConfigError
from digest.model import Problem

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

SIGNED = (
    "From To Subject Date Message-ID MIME-Version Content-Type List-Id List-Unsubscribe"
    " List-Unsubscribe-Post Auto-Submitted Reply-To Cc"
)
"""The headers that are signed, each once more than it occurs, so that none can be added."""
SMALLEST_RSA_KEY = 2048  # the bits of the smallest key that is accepted, as RFC 8301 recommends
MAKE_KEY = "openssl genrsa -out dkim.pem 2048"

_FOLD = re.compile(rb"\r\n(?=[ \t])")
_SPACE = re.compile(rb"[ \t]+")


class Signer:
    """Adds a DKIM-Signature to a message whose lines end in CRLF."""

    def __init__(self, domain: str, selector: str, key: RSAPrivateKey | Ed25519PrivateKey) -> None:
        from cryptography.hazmat.primitives import hashes  # noqa: PLC0415 - an optional library
        from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

        self.domain, self.selector, self._key = domain, selector, key
        self._sign: Callable[[bytes], bytes]
        if isinstance(key, rsa.RSAPrivateKey):
            self.algorithm = "rsa"
            self._sign = lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())
        else:
            self.algorithm = "ed25519"
            self._sign = lambda data: key.sign(sha256(data).digest())

    def __call__(self, content: bytes) -> bytes:
        """Return the message with its signature as the first header."""
        head, _, body = content.partition(b"\r\n\r\n")
        names, covered = _select(head)
        listed = ":\r\n  ".join(names)
        body_hash = base64.b64encode(sha256(_simple(body)).digest()).decode()
        unsigned = (
            f"DKIM-Signature: v=1; a={self.algorithm}-sha256; c=relaxed/simple;\r\n"
            f" d={self.domain}; s={self.selector};\r\n h={listed};\r\n bh={body_hash};\r\n b="
        ).encode()
        signature = base64.b64encode(self._sign(covered + _relaxed(unsigned)))
        lines = b"\r\n  ".join(signature[i : i + 72] for i in range(0, len(signature), 72))
        return unsigned + b"\r\n  " + lines + b"\r\n" + content

    def record(self) -> str:
        """Make the TXT record to publish at ``<selector>._domainkey.<domain>``."""
        from cryptography.hazmat.primitives import serialization  # noqa: PLC0415

        encoding, form = serialization.Encoding, serialization.PublicFormat
        public = self._key.public_key()
        der, raw = (encoding.DER, form.SubjectPublicKeyInfo), (encoding.Raw, form.Raw)
        key = public.public_bytes(*(der if self.algorithm == "rsa" else raw))
        return f"v=DKIM1; k={self.algorithm}; p={base64.b64encode(key).decode()}"


def load(path: Path, *, domain: str, selector: str) -> Signer:
    """Make a signer with the RSA or Ed25519 key of a PEM file.

    Raises:
        ConfigError: There is no such key, others may read it, or the library that signs is not
            installed. No mail is sent then, rather than unsigned mail.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ed25519, rsa  # noqa: PLC0415
        from cryptography.hazmat.primitives.serialization import load_pem_private_key  # noqa: PLC0415
    except ImportError as error:
        remedy = "pip install 'papers-digest[dkim]'"
        raise _problem(path, "cryptography is not installed", remedy) from error
    try:
        mode, content = path.stat().st_mode, path.read_bytes()
    except OSError as error:
        raise _problem(path, error.strerror or str(error), MAKE_KEY) from error
    if mode & 0o027:
        raise _problem(path, "others may read or change this key", f"chmod 600 {path}")
    try:
        key = load_pem_private_key(content, password=None)
    except (ValueError, TypeError) as error:
        raise _problem(path, "is no private key in PEM form without a password") from error
    if isinstance(key, rsa.RSAPrivateKey):
        if key.key_size < SMALLEST_RSA_KEY:
            raise _problem(path, f"an RSA key of {key.key_size} bits is too short", MAKE_KEY)
    elif not isinstance(key, ed25519.Ed25519PrivateKey):
        raise _problem(path, "is neither an RSA nor an Ed25519 key")
    return Signer(domain, selector, key)


def _problem(path: Path, what: str, remedy: str = "") -> ConfigError:
    return ConfigError([Problem(str(path), what, remedy)])


def _select(head: bytes) -> tuple[list[str], bytes]:
    """The names for the tag ``h=``, and these headers in the form that is signed."""
    fields: dict[bytes, list[bytes]] = {}
    for line in _FOLD.sub(b"", head).split(b"\r\n"):
        if b":" in line:
            fields.setdefault(line.partition(b":")[0].strip().lower(), []).append(line)
    names, covered = [], b""
    for name in SIGNED.split():
        present = fields.get(name.lower().encode(), [])
        names += [name] * (len(present) + 1)
        covered += b"".join(_relaxed(field) + b"\r\n" for field in reversed(present))
    return names, covered


def _relaxed(field: bytes) -> bytes:
    """Canonicalize a header: "relaxed" (RFC 6376, 3.4.2), without the line end."""
    name, _, value = _FOLD.sub(b"", field).partition(b":")
    return name.strip().lower() + b":" + _SPACE.sub(b" ", value).strip()


def _simple(body: bytes) -> bytes:
    """Canonicalize a body: "simple" (RFC 6376, 3.4.3)."""
    end = len(body)
    while body.endswith(b"\r\n", 0, end):
        end -= 2
    return body[:end] + b"\r\n"
