"""Cleans text, so that it is safe to store, compare and show."""

import re
import unicodedata
from functools import lru_cache

LINE_END = re.compile("\r\n?|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
BLANK_LINE = re.compile(r"\n[^\S\n]*+\n\s*+")
WHITE = re.compile(r"\s+")

UNWANTED = re.compile(
    "["
    "\x00-\x08\x0e-\x1b\x1f\x7f-\x84\x86-\x9f"  # control characters that are not white space
    "\u00ad\u200b\u2060-\u2064\ufeff"  # invisible: soft hyphen, zero width, byte order mark
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that change the direction of text
    "\u206a-\u206f\ufff9-\ufffb\U000e0000-\U000e007f"  # deprecated formatting, tags
    "\ud800-\udfff\ufdd0-\ufdef"  # surrogates, noncharacters
    + "".join(
        chr(plane + last) for plane in range(0, 0x110000, 0x10000) for last in (0xFFFE, 0xFFFF)
    )
    + "\ue000-\uf8ff\U000f0000-\U000ffffd\U00100000-\U0010fffd"  # private use: nobody can read it
    "]"
)
STRAY_JOINER = re.compile(  # joiners belong between letters of scripts that join, and in emoji
    "(?<=[\x00-\x7f])[\u200c\u200d]++|(?<![\u200c\u200d])[\u200c\u200d]++(?=[\x00-\x7f]|$)"
)
UNSTORABLE = re.compile("[\x00\ud800-\udfff]")

WORD_JOINT = re.compile(r"(?<=[^\W_])[-‐‑‒–—−'’ʼ`]+(?=[^\W_])")
NOT_WORD = re.compile(r"[^\w+#]|_")
NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma"
    " tau upsilon phi chi psi omega infty"
)
# Symbols → their LaTeX names, since some sources contain only the name.
SPELLED = str.maketrans(dict(zip("αβγδεζηθικλμνξοπρστυφχψω∞", NAMES.split(), strict=True)))
VARIATION = re.compile("[\u034f\ufe00-\ufe0f\U000e0100-\U000e01ef]")


def plain(raw: str) -> str:
    """Remove invisible, control and bidirectional characters, and normalise to NFC. Paragraphs are
    kept and separated by one blank line; other white space becomes one space."""
    # The common case, much faster: a printable text has no control, format or private use
    # characters, no surrogates, and no white space but spaces.
    if raw.isprintable() and "  " not in raw and unicodedata.is_normalized("NFC", raw):
        return raw.strip()
    text = UNWANTED.sub("", LINE_END.sub("\n", raw))
    text = unicodedata.normalize("NFC", STRAY_JOINER.sub("", text))
    paragraphs = (WHITE.sub(" ", part).strip() for part in BLANK_LINE.split(text))
    return "\n\n".join(part for part in paragraphs if part)


@lru_cache(maxsize=10_000)
def one_line(raw: str) -> str:
    """``plain(raw)`` as a single line: for titles, names and headers."""
    return plain(raw).replace("\n\n", " ")


def storable(raw: str) -> str:
    """Remove only NUL and lone surrogates, which databases refuse."""
    return UNSTORABLE.sub("", raw)


def normal_title(title: str) -> str:
    """Normalise a title to its letters and digits in lower case. Accents, hyphens and apostrophes
    inside words are removed; ``+`` and ``#`` stay, since ``CodeT5+`` is not ``CodeT5``;
    Greek letters are spelled out (``τ-bench``). A title of punctuation only stays as it is."""
    folded = one_line(unicodedata.normalize("NFKD", one_line(title)).casefold())
    decomposed = unicodedata.normalize("NFKD", folded).translate(SPELLED)
    bare = "".join(char for char in decomposed if char.isascii() or not _is_accent(char))
    words = NOT_WORD.sub(_separator, WORD_JOINT.sub("", bare))
    return unicodedata.normalize("NFC", " ".join(words.split()) or folded)


def _is_accent(char: str) -> bool:
    """Whether ``char`` is a mark that is often left out. The vowel signs of Devanagari or Thai and
    the voicing marks of kana are not: without them, a word is another word."""
    place = unicodedata.combining(char)
    return place == 1 or 10 <= place < 40 or place >= 200


def _separator(sign: re.Match[str]) -> str:
    """Replace a character that is not a letter by a space, except marks that belong to a letter."""
    is_mark = unicodedata.category(sign[0]).startswith("M") and not VARIATION.match(sign[0])
    return sign[0] if is_mark else " "


def cut(text: str, longest: int) -> str:
    """A text of at most ``longest`` characters; where it is longer, its beginning and ``…``."""
    return text if len(text) <= longest else text[: longest - 1].rstrip() + "…"
