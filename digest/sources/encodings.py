"""Decodes text: by its mark or declaration, unless the bytes themselves say otherwise."""

import codecs
import contextlib
import re

BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark it begins with
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
SAMPLE = 8192
DECLARED = re.compile(
    rb"\s*<\?xml\b[^>]{0,200}?\bencoding\s*=\s*[\"']\s*([\w.:-]{1,40})"
    rb"|\s*<(?:!doctype\s+html|html|head|!--)[^\0]{0,4000}?<meta\b[^>]{0,300}?\bcharset\s*=\s*[\"']?\s*([\w.:-]{1,40})",
    re.IGNORECASE,
)
UTF_8 = re.compile(rb"[\xc2-\xdf][\x80-\xbf]|[\xe0-\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}")
"""Characters of several bytes in UTF-8; text in another encoding hardly ever looks like that."""
NOT_ASCII = re.compile(rb"[\x80-\xff]")
TEXTS = re.compile(rb"[^<>\n\x80-\xff]{0,200}[\x80-\xff][^<>\n]*")
WORDS = re.compile(rb"[A-Za-z]{0,20}[\x80-\xff][A-Za-z@\\^\[\]`{|}~\x80-\xff]*")
CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
MOST_SAMPLED = 100 * SAMPLE
MOSTLY = 4  # by chance, text in another encoding has fewer of these bytes than of others
STRAY = re.compile("[\udc80-\udcff]")  # a byte that could not be decoded
FEW = 8  # bytes of letters in UTF-8: so few can be chance in an encoding of East Asia
WIDE = {"utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"}
LARGER = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "big5": "big5hkscs",
}
"""What browsers read instead of what is declared: the same with more characters, which programs
write under the old name."""
ALLOWED = re.compile(
    r"utf-8|utf-16(?:-[lb]e)?|utf-32(?:-[lb]e)?|cp\d{3,4}|iso8859-\d+|koi8-[rtu]|mac-\w+|kz1048"
    r"|gb18030|big5hkscs|euc_j\w+|iso2022_(?:jp|kr)\w*|shift_jis\w+|johab|ptcp154|hz"
)
"""Encodings of text. Python has others, which compress or escape, and some are slow."""


def decoded(data: bytes) -> tuple[str, str]:
    """``data`` as text, and what is wrong with its encoding; "" if nothing is. Bytes that cannot
    be decoded become U+FFFD."""
    for mark, encoding in BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _told(data[len(mark) :], encoding, "")
    if wide := _without_mark(data[:SAMPLE]):
        return _told(data, wide, "")
    match = DECLARED.match(data)
    name = (match[1] or match[2]).decode("ascii", "replace") if match else ""
    declared = _codec(name)
    if data.isascii() and not declared.startswith(("iso2022", "hz")):
        return data.decode("ascii"), _contradiction(name, "UTF-8") if declared in WIDE else ""
    found = _by_bytes(data, declared)
    shown = {"utf-8": "UTF-8", "cp1252": "windows-1252"}.get(found, found)
    doubt = ""
    if name and found != declared:
        doubt = _contradiction(name, shown)
    elif not name and found != "utf-8" and data.lstrip().startswith(b"<"):
        doubt = f"it declares no encoding, and is not in UTF-8; it is read as {shown}"
    return _told(data, found, doubt)


def _contradiction(name: str, shown: str) -> str:
    return f"it is not in the encoding that it declares, “{name}”; it is read as {shown}"


def _told(data: bytes, encoding: str, doubt: str) -> tuple[str, str]:
    try:
        return data.decode(encoding), doubt
    except UnicodeDecodeError:
        if encoding == "cp1252":  # five bytes stand for nothing in it
            return "".join(map(_windows_letter, data.decode("latin-1"))), doubt
        lost = f"some of its bytes are no {encoding.upper()}"
        in_utf_8, others = _shares(data)
        if encoding == "utf-8" and in_utf_8 > MOSTLY * others:
            text = STRAY.sub(_stray_letter, data.decode(encoding, "surrogateescape"))
            return text, doubt or f"{lost}; they are read as windows-1252"
        return data.decode(encoding, "replace"), doubt or f"{lost}; “\ufffd” stands for them"


def _stray_letter(match: re.Match[str]) -> str:
    return chr(ord(match[0]) - 0xDC00).encode("latin-1").decode("cp1252", "replace")


def _windows_letter(char: str) -> str:
    return char.encode("latin-1").decode("cp1252", "replace") if "\x80" <= char <= "\x9f" else char


def _without_mark(head: bytes) -> str:
    """UTF-16 without a mark: every other byte of European text is 0."""
    if head.count(0) * 4 <= len(head):
        return ""
    return "utf-16-le" if head[1::2].count(0) > head[::2].count(0) else "utf-16-be"


def _codec(name: str) -> str:
    """Python's name of the encoding, or of a larger one; "" for one that is unknown."""
    try:
        canonical = codecs.lookup(name).name if name else ""
    except (LookupError, ValueError):
        return ""
    canonical = LARGER.get(canonical, canonical)
    return canonical if ALLOWED.fullmatch(canonical) else ""


def _by_bytes(data: bytes, declared: str) -> str:
    """The encoding of ``data``, which are not ASCII: as declared, unless they are not in it, or are
    in UTF-8 beyond doubt."""
    is_single = declared.startswith(("cp12", "cp8", "iso8859", "koi8", "mac"))
    in_utf_8, others = _shares(data)
    is_utf_8 = others * 10 < in_utf_8  # a few bytes can have got in from elsewhere
    if is_utf_8 and (declared in {"", "utf-8", *WIDE} or is_single or in_utf_8 > FEW):
        return "utf-8"
    if declared not in {"", "utf-8", *WIDE}:
        try:
            data.decode(declared)
        except UnicodeDecodeError:
            return declared if declared == "cp1252" else _undeclared(data)
        return declared
    return _undeclared(data)


def _undeclared(data: bytes) -> str:
    """European text is in cp1252 as old programs for Windows save it. In other text, the letters
    and their neighbours tell the encoding; if they tell none, it is read as UTF-8."""
    in_utf_8, others = _shares(data)
    if in_utf_8 > MOSTLY * others:
        return "utf-8"
    letters = in_utf_8 + others
    texts = b"\n".join(TEXTS.findall(data[:MOST_SAMPLED]))[:SAMPLE]
    words = b"".join(WORDS.findall(texts))
    share = len(NOT_ASCII.findall(words)) / len(words)
    if share < 0.3 or (letters < 40 and letters * 10 < len(data)):
        return "cp1252"
    from charset_normalizer import from_bytes  # noqa: PLC0415 - slow to import, seldom needed

    best = from_bytes(texts).best()
    found = _codec(best.encoding) if best and not CONTROL.search(data[:SAMPLE]) else ""
    with contextlib.suppress(UnicodeDecodeError):
        if found and data.decode(found):
            return found
    return "utf-8"


def _shares(data: bytes) -> tuple[int, int]:
    """How many bytes belong to letters of several bytes in UTF-8, and how many others there are."""
    in_utf_8 = sum(map(len, UTF_8.findall(data)))
    return in_utf_8, len(NOT_ASCII.findall(data)) - in_utf_8
