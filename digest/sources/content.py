"""Turns the bytes of a dump file into text: decompresses, decodes, and refuses binary data."""

import gzip
import io
import re
import zlib

from digest.errors import DumpError
from digest.sources import encodings

LIMIT = 64 * 2**20  # the most bytes of a dump, which is kept in memory; most have some 100 kB
GZIP = b"\x1f\x8b"
DAMAGED = ("the gzip file is damaged or cut off", "copy or download it again")
KNOWN_FILES = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"bplist00", "a web archive of Safari or a property list"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "an SQLite database"),
)
SAMPLE = 8192
NOT_ASCII = re.compile(r"[^\x00-\x7f]")
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]")
LINE_END = re.compile("\r\n?|[\x85\u2028\u2029]")
SAVE_AS_TEXT = "save the papers page as text, or copy its text into a .txt file"


def unpacked(content: bytes) -> bytes:
    """Decompress ``content`` if it is a gzip file.

    Raises:
        DumpError: The gzip file is damaged, or the content is larger than ``LIMIT``.
    """
    if len(content) > LIMIT:
        raise too_large()
    return _gunzipped(content) if content.startswith(GZIP) else content


def text_of(data: bytes) -> str:
    """Decode ``data`` as ``decoded`` does.

    Raises:
        DumpError: The data are empty or binary.
    """
    return decoded(data)[0]


def decoded(data: bytes) -> tuple[str, str]:
    """``data`` as text, with ``\\n`` as line end, and what is wrong with its encoding, if anything.
    Bytes that cannot be decoded become U+FFFD.

    Raises:
        DumpError: The data are empty or binary, or in an encoding that nothing tells.
    """
    for magic, what in KNOWN_FILES:
        if data.startswith(magic):
            raise DumpError(f"it is {what}, not a list of papers", SAVE_AS_TEXT)
    raw, doubt = encodings.decoded(data)
    text = LINE_END.sub("\n", raw)
    if not text.strip(" \t\n\x00"):
        raise DumpError("it is empty", "save the page or file again")
    sample = text[:SAMPLE]
    if len(NOT_TEXT.findall(sample)) * 10 > len(sample):
        raise DumpError("it is binary data, not text", SAVE_AS_TEXT)
    lost, letters = sample.count("\ufffd"), len(NOT_ASCII.findall(sample))
    if lost * 10 > len(sample) or (lost > 20 and lost * 2 > letters):
        what = "it is text in an encoding that it does not declare, or not as it is"
        raise DumpError(what, "save it as UTF-8, or have it declare its encoding")
    return text, doubt


def too_large() -> DumpError:
    """Make the error for a file that is larger than ``LIMIT``."""
    what = f"it is larger than {LIMIT // 2**20} MiB"
    return DumpError(what, "split it into files of fewer papers")


def _gunzipped(content: bytes) -> bytes:
    """Decompress a gzip file, but never more than a byte beyond ``LIMIT``."""
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(content)) as file:
            data = file.read(LIMIT + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise DumpError(*DAMAGED) from error
    if len(data) > LIMIT:
        raise too_large()
    return data
