"""Signatures that another implementation accepts, and rejects once a byte is changed."""

from __future__ import annotations

import shutil
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

import dkim as dkimpy  # type: ignore[import-untyped]  # it has no types
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.delivery import dkim
from digest.delivery.dkim import Signer
from digest.errors import ConfigError
from tests.conftest import examples

URL = b"https://digest.example.org/u/" + b"a1B2" * 30
MESSAGE = (
    b"From: Paper Digest <digest@example.org>\r\n"
    b"To: =?utf-8?q?Ada?= <ada@example.org>\r\n"
    b"Subject: Seven papers:\r\n  folded \t here \r\n"
    b"Date: Mon, 16 Nov 2026 08:00:00 +0000\r\n"
    b"Message-ID: <1@example.org>\r\n"
    b"MIME-Version: 1.0\r\n"
    b"List-Id: <digest.example.org>\r\n"
    b"List-Unsubscribe: <" + URL + b">,\r\n <mailto:off@example.org?subject=off>\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Content-Type: text/plain\r\n"
    b"\r\n"
    b"Hello  there \r\n.\r\n\r\n\r\n"
)

KEYS: dict[str, rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey] = {
    "rsa": rsa.generate_private_key(65537, 2048),
    "ed25519": ed25519.Ed25519PrivateKey.generate(),
}


@pytest.fixture(params=["rsa", "ed25519"])
def signer(request: pytest.FixtureRequest) -> Signer:
    return Signer("example.org", "sel", KEYS[request.param])


def accepted(message: bytes, signer: Signer) -> bool:
    """What dkimpy makes of the message, given the signer's DNS record."""
    records = {b"sel._domainkey.example.org.": signer.record().encode()}
    try:
        return bool(dkimpy.DKIM(message).verify(dnsfunc=lambda name, timeout=5: records[name]))
    except dkimpy.ValidationError:
        return False


def test_another_implementation_accepts_the_signature(signer: Signer) -> None:
    signed = signer(MESSAGE)
    assert signed.endswith(MESSAGE)
    assert accepted(signed, signer)


def test_the_headers_people_rely_on_are_signed(signer: Signer) -> None:
    header = message_from_bytes(signer(MESSAGE), policy=policy.default)["DKIM-Signature"]
    covered = "".join(header.split("h=")[1].split(";")[0].split()).lower().split(":")
    assert covered.count("list-unsubscribe") == covered.count("list-unsubscribe-post") == 2
    assert covered.count("from") == covered.count("subject") == 2
    assert covered.count("reply-to") == 1


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (URL, URL[:-1] + b"X"),
        (b"One-Click", b"One-Clock"),
        (b"Seven", b"Eleven"),
        (b"Hello", b"hello"),
        (b"Message-ID: <1@", b"Message-ID: <2@"),
        (b"MIME-Version: 1", b"List-Unsubscribe: <https://evil.example>\r\nMIME-Version: 1"),
        (b"MIME-Version: 1", b"Reply-To: evil@example.org\r\nMIME-Version: 1"),
        (b"MIME-Version: 1", b"From: evil@example.org\r\nMIME-Version: 1"),
    ],
)
def test_what_is_changed_or_added_on_the_way_is_rejected(
    signer: Signer, old: bytes, new: bytes
) -> None:
    signed = signer(MESSAGE)
    assert old in signed
    assert not accepted(signed.replace(old, new), signer)


def test_folding_changed_on_the_way_is_accepted(signer: Signer) -> None:
    signed = signer(MESSAGE)
    refolded = signed.replace(b">,\r\n <mailto", b">, <mailto").replace(
        b"folded \t here", b"folded here"
    )
    assert refolded != signed
    assert accepted(refolded, signer)


def test_another_key_rejects_it(signer: Signer) -> None:
    other = Signer("example.org", "sel", rsa.generate_private_key(65537, 2048))
    assert not accepted(signer(MESSAGE), other)


def test_the_same_message_is_signed_with_the_same_bytes(signer: Signer) -> None:
    assert signer(MESSAGE) == signer(MESSAGE)


def test_lines_stay_short(signer: Signer) -> None:
    added = signer(MESSAGE).removesuffix(MESSAGE)
    assert max(map(len, added.split(b"\r\n"))) <= 78


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["Subject", "X-Other", "To", "list-unsubscribe", "FROM"]),
            st.text("ab \t", max_size=20) | st.just("a\r\n b") | st.just("\r\n x"),
        ),
        max_size=8,
    ),
    st.text("ab. \r\n", max_size=40).map(lambda s: s.replace("\r", "").replace("\n", "\r\n")),
)
@settings(max_examples=examples(60))
def test_any_message_is_signed_as_the_other_implementation_reads_it(
    headers: list[tuple[str, str]], body: str
) -> None:
    head = "From: a@example.org\r\n" + "".join(f"{name}: {value}\r\n" for name, value in headers)
    signer = Signer("example.org", "sel", KEYS["ed25519"])
    assert accepted(signer(f"{head}\r\n{body}".encode()), signer)


VERIFY = """
use Mail::DKIM::Verifier; use Mail::DKIM::PublicKey;
my $record = shift; my $message = do { local $/; <STDIN> };
no warnings 'redefine';
*Mail::DKIM::Signature::fetch_public_key = sub { };
*Mail::DKIM::Signature::get_public_key = sub { Mail::DKIM::PublicKey->parse($record) };
my $verifier = Mail::DKIM::Verifier->new(); $verifier->PRINT($message);
$verifier->CLOSE; print $verifier->result_detail;
"""


def test_mail_dkim_agrees() -> None:
    perl = shutil.which("perl") or pytest.skip("needs perl")
    signer = Signer("example.org", "sel", KEYS["rsa"])

    def verdict(message: bytes) -> str:
        command = [perl, "-e", VERIFY, signer.record()]
        done = subprocess.run(command, input=message, capture_output=True, check=False)  # noqa: S603 - our own script
        if b"Can't locate Mail/DKIM" in done.stderr:
            pytest.skip("needs Debian's libmail-dkim-perl")
        return done.stdout.decode()

    signed = signer(MESSAGE)
    assert verdict(signed) == "pass"
    assert verdict(signed.replace(URL, URL[:-1] + b"X")).startswith("fail")


# --- keys --------------------------------------------------------------------------------


def write(path: Path, key: object, mode: int = 0o600) -> Path:
    path.write_bytes(
        key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())  # type: ignore[attr-defined]  # any private key
    )
    path.chmod(mode)
    return path


@pytest.mark.parametrize("kind", ["rsa", "ed25519"])
def test_keys_are_read_from_pem_files(tmp_path: Path, kind: str) -> None:
    path = write(tmp_path / "key.pem", KEYS[kind], 0o640)
    signer = dkim.load(path, domain="example.org", selector="sel")
    assert signer.algorithm == kind
    assert accepted(signer(MESSAGE), signer)


def problem(path: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        dkim.load(path, domain="example.org", selector="sel")
    (found,) = caught.value.problems
    assert found.where == str(path)
    return found.what


def test_a_key_that_cannot_be_trusted_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "key.pem"
    assert problem(path) == "No such file or directory"
    write(path, KEYS["rsa"], 0o644)
    assert problem(path) == "others may read or change this key"
    write(path, rsa.generate_private_key(65537, 1024))  # noqa: S505 - that is the point
    assert problem(path) == "an RSA key of 1024 bits is too short"
    write(path, ec.generate_private_key(ec.SECP256R1()))
    assert problem(path) == "is neither an RSA nor an Ed25519 key"
    path.write_text("no key")
    assert problem(path) == "is no private key in PEM form without a password"
