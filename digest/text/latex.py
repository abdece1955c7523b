"""Turns LaTeX, half-stripped LaTeX and markup in titles and abstracts into readable Unicode."""

import re

from digest.text import latex_commands, latex_residue, scripts
from digest.text.clean import plain

STASH, STASH_END = 0x100000, 0x10EFFF
"""Private-use characters that stand for URLs, addresses and code; ``plain`` removes any others."""

MARKUP = re.compile(r"[\\$~{}^_`&<]")
TAG = re.compile(
    r"</?(?:jats:)?(?:i|b|u|em|strong|italic|bold|tt|code|span|small|sc|p)>|<br ?/?>", re.IGNORECASE
)
SCRIPT_TAG = re.compile(r"<(?:jats:)?(sub|sup)>([^<>]{1,60})</(?:jats:)?\1>", re.IGNORECASE)
REPEATED_AMPERSAND = re.compile(r"&(?:(?:amp|#0*38|#x0*26);)+", re.IGNORECASE)
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9A-Fa-f]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
VERBATIM = (
    ("://", re.compile(r"https?://(?:[^\s{}<>\"'`\\^$|]|\\[_%&#~])+(?<![.,;:!?)\]])")),
    ("@", re.compile(r"(?<![\w.+-])[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")),
    ("`", re.compile(r"(?<![`\w])(`{1,3})(?![`\s])[^`'\"\n]{1,200}(?<!\s)\1(?!`)")),
)
"""URLs, e-mail addresses, and code between backquotes, each with a text that it always contains."""
WAITING = re.compile(f"[{chr(STASH)}-{chr(STASH_END)}]")
SET_ASIDE = re.compile(f"[{chr(scripts.SET_ASIDE)}-{chr(scripts.SET_ASIDE + 0x7F)}]")

DOUBLE_QUOTED = re.compile(r"``([^`\n]{1,400}?)(?:''|[\"”])")
SINGLE_QUOTED = re.compile(r"(?<![`\w])`([^`'\n]{1,120}(?:'\w[^`'\n]{0,120}){0,3})'(?!\w)")
TWICE_QUOTED = re.compile(r"(?<![\w'’])''(?=\w)([^'\"\n]{1,200})''(?!\w)")
OPENING_QUOTES = re.compile(r"(?<!\S)``(?=\w)")
TIE = re.compile(
    # after a word of two letters or more or a mark that ends one: not x~N(0,1), not 3%~6%
    rf"(?:(?<=[^\W\d_]{{2}})|(?<=\ba)|(?<=[.,:;)\]}}’”%])(?!(?<=%)~\d))~(?=[\w(\[{{“‘\"{chr(STASH)}-{chr(STASH_END)}])"
    r"|(?<=\d)~(?=[^\W\d_])|(?<=\w)~(?=[\s.,;:)])"
)
GROUP = re.compile(r"\{([^{}]{0,200})\}")
DATA = re.compile(r"[,:;=|\"<>]")
DASHES = re.compile(
    rf"--(?:(?<=[^\W_]--|[{latex_residue.PERCENT}×°]--)-?(?=[^\W_])|(?<=\s--)-?(?=\s))"
)


def readable(raw: str) -> str:
    """Turn LaTeX, remains of LaTeX and simple markup into Unicode, and clean the text. Paragraphs
    stay separated by a blank line. URLs, addresses and code between backquotes stay as they are,
    and so does anything that may be ordinary words, prices or data."""
    text = _once_readable(raw)
    # A price before a formula can hide one end of it until the other formulas are converted.
    return _once_readable(text) if "$" in text else text


def _once_readable(raw: str) -> str:
    text = plain(raw)
    if MARKUP.search(text) or any(mark in text for mark in ("--", "''", "://")):
        text = _without_markup(text)
    else:
        text = latex_residue.outside_math(text)
    return text.replace("∼", "~")


def _without_markup(text: str) -> str:
    waiting: list[str] = []

    def put_by(match: re.Match[str]) -> str:
        if STASH + len(waiting) > STASH_END:
            return match[0]
        waiting.append(re.sub(r"\\(?=[_%&#~])", "", match[0]))
        return chr(STASH + len(waiting) - 1)

    text = _without_tags(text)
    for trigger, pattern in VERBATIM:
        if trigger in text:
            text = pattern.sub(put_by, text)
    text = _with_typography(_without_latex(text))
    text = SET_ASIDE.sub(lambda match: chr(ord(match[0]) - scripts.SET_ASIDE), text)
    text = WAITING.sub(lambda match: waiting[ord(match[0]) - STASH], text)
    return plain(text)


def _without_tags(text: str) -> str:
    if "<" in text:
        text = SCRIPT_TAG.sub(_script_tag, text)
        text = TAG.sub(lambda match: "\n\n" if match[0][-2] in "pP" else "", text)
    if "&" in text:
        from html import unescape  # noqa: PLC0415 - its table is large, few texts need it

        text = REPEATED_AMPERSAND.sub("&", text)
        text = ENTITY.sub(lambda match: unescape(match[0]), text)
    return plain(text)


def _script_tag(match: re.Match[str]) -> str:
    return scripts.script("_" if match[1].lower() == "sub" else "^", match[2])


def _without_latex(text: str) -> str:
    text = latex_commands.mark_scripts(text)
    if "\\" in text or "$" in text:
        text = latex_commands.convert(text)
    text = scripts.CONTENT.sub(lambda match: latex_residue.in_math(match[0]), text)
    text = latex_residue.outside_math(text)
    whole = latex_residue.with_backslashes(text)
    if whole != text:
        text = latex_residue.outside_math(latex_commands.convert(whole))
    return scripts.lone(scripts.braced(text))


def _with_typography(text: str) -> str:
    if "''" in text:
        text = TWICE_QUOTED.sub(r"“\1”", text)
    if "`" in text:
        text = DOUBLE_QUOTED.sub(r"“\1”", text)
        text = SINGLE_QUOTED.sub(r"‘\1’", text)
        text = OPENING_QUOTES.sub("“", text)
    if "~" in text:
        text = TIE.sub(" ", text)
    if "{" in text:
        for _ in range(3):
            text = GROUP.sub(_group, text)
    if "--" in text:
        text = DASHES.sub(lambda match: "—" if len(match[0]) == 3 else "–", text)
    return text


def _group(match: re.Match[str]) -> str:
    """Remove braces that only group, as in ``{BERT}``; sets and data keep their braces."""
    content = match[1]
    if not content.strip():
        return ""
    if DATA.search(content) or not any(char.isalpha() for char in content):
        return match[0]
    before = match.string[match.start() - 1 : match.start()]
    return (" " if before and STASH <= ord(before) <= STASH_END else "") + content.strip()
