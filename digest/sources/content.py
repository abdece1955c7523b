"""Turns the bytes of a dump file into text: decompresses, decodes, and refuses binary data."""

import codecs
import gzip
import io
import re
import zlib

from digest.errors import DumpError

LIMIT = 64 * 2**20  # the most bytes of a dump, which is kept in memory; most have some 100 kB
GZIP = b"\x1f\x8b"
BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
KNOWN_FILES = (
    (b"%PDF-", "a PDF file"),
    (b"PK\x03\x04", "a ZIP archive or an Office document"),
    (b"\xd0\xcf\x11\xe0", "an Office document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"BZh", "a bzip2 archive"),
    (b"\xfd7zXZ", "an xz archive"),
    (b"\x28\xb5\x2f\xfd", "a zstd archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"SQLite format 3", "an SQLite database"),
)
SAMPLE = 8192
NOT_ASCII = re.compile(rb"[\x80-\xff]")
UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""Characters of several bytes in UTF-8; text in another encoding hardly ever looks like that."""
NOT_TEXT = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
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
    """Decode ``data``, with ``\\n`` as line end; bytes that cannot be decoded become U+FFFD.

    Raises:
        DumpError: The data are empty or binary.
    """
    for magic, what in KNOWN_FILES:
        if data.startswith(magic):
            raise DumpError(f"it is {what}, not a list of papers", SAVE_AS_TEXT)
    text = LINE_END.sub("\n", _decoded(data))
    if not text.strip(" \t\n\x00"):
        raise DumpError("it is empty", "save the page or file again")
    if len(NOT_TEXT.findall(text, 0, SAMPLE)) * 10 > min(len(text), SAMPLE):
        raise DumpError("it is binary data, not text", SAVE_AS_TEXT)
    return text


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
        what = "the gzip file is damaged or cut off"
        raise DumpError(what, "copy or download it again") from error
    if len(data) > LIMIT:
        raise too_large()
    return data


def _decoded(data: bytes) -> str:
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return data[len(mark) :].decode(encoding, "replace")
    head = data[:SAMPLE]
    if head.count(0) * 4 > len(head):  # in UTF-16, every other byte of European text is 0
        is_little = head[1::2].count(0) > head[::2].count(0)
        return data.decode("utf-16-le" if is_little else "utf-16-be", "replace")
    return data.decode("cp1252" if _is_windows_text(data) else "utf-8", "replace")


def _is_windows_text(data: bytes) -> bool:
    """Whether it is European text in cp1252, as old programs for Windows save it."""
    if data.isascii() or UTF_8.search(data):
        return False
    return len(NOT_ASCII.findall(data)) * 10 < len(data)
