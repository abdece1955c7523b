"""Turns HTML, which feeds contain in titles and summaries, into text."""

import re
from html import unescape
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

LONGEST = 1_000_000  # characters of HTML that are looked at: fifty times the longest abstract
TAG = re.compile(r"<[a-zA-Z/!?]")
WHITE = re.compile(r"\s+")
BETWEEN_BLOCKS = re.compile(r"\s*\n\s*")
HIDDEN = re.compile(
    r"script|style|head|title|template|no(?:script|frames|embed)|iframe|object|select|datalist"
    r"|annotation(?:-xml)?|video|audio|canvas|svg"
)
BLOCK = re.compile(
    r"address|article|aside|blockquote|body|br|center|d[dlt]|details|dir|div|fieldset|fig\w+|footer"
    r"|form|h[1-6r]|header|hgroup|li|main|menu|nav|[ou]l|p|pre|section|summary|sec"
    r"|t(?:able|body|foot|head|[dhr])|caption|option"
)
SCRIPTS = {"sub": "_{", "sup": "^{"}
"""Scripts are written as LaTeX, which ``text.latex.readable`` turns into Unicode later."""

KNOWN = re.compile(
    r"a|abbr|acronym|address|applet|area|article|aside|audio|b|base|basefont|bd[io]|bgsound|big"
    r"|blink|blockquote|body|br|button|canvas|caption|center|cite|code|col|colgroup|data|datalist"
    r"|d[dlt]|del|details|dfn|dialog|dir|div|em|embed|fieldset|figcaption|figure|font|footer|form"
    r"|frame|frameset|h[1-6]|head|header|hgroup|hr|html|i|iframe|img|input|ins|kbd|label|legend|li"
    r"|link|listing|main|map|mark|marquee|menu|meta|meter|nav|nobr|no(?:embed|frames|script)|object"
    r"|ol|optgroup|option|output|p|param|picture|plaintext|pre|progress|q|r[bpt]|rtc|ruby|s|samp"
    r"|script|section|select|small|source|span|strike|strong|style|sub|summary|sup|svg|table|tbody"
    r"|t[dhrt]|template|textarea|tfoot|thead|time|title|track|u|ul|var|video|wbr|xmp"
    # MathML, and the elements of JATS, in which publishers keep articles
    r"|math|m[inos]|m(?:text|row|frac|sqrt|root|style|su[bp]|subsup|under|over|underover|table|tr|td"
    r"|space|padded|phantom|fenced|enclose)|semantics|annotation(?:-xml)?|italic|bold|sc|sec|xref"
    r"|(?:inline|disp)-formula|tex-math|(?:named|styled)-content|alternatives|ext-link"
)
LIKELY_TAG = re.compile(
    r"""</?(?P<name>[a-zA-Z][\w.:-]*)
    (?P<rest>(?:\s+[\w:@.*-]+(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'<>]+))?)*+)\s*/?>""",
    re.VERBOSE,
)
CUT_TAG = re.compile(r"<[a-zA-Z][\w:-]*\s+[\w:-]+=[^<>]*$|</?[a-zA-Z]\w+\s*$|</[a-zA-Z]$")
CDATA = re.compile(r"<!\[CDATA\[|\]\]>")
CLOSED = re.compile(r"</([a-zA-Z][\w.-]*)>")
SPECIAL = re.compile(r"<(?:!--|!doctype|!\[|\?[a-z])", re.IGNORECASE)
SINGLE = re.compile(r"[a-z]", re.IGNORECASE)


def text_of_html(html: str) -> str:
    """The text that a browser shows, with a blank line between blocks. A ``<`` that begins neither
    HTML nor markup of another kind is a letter: browsers would drop ``<mask>``, and of ``k<n and
    p>q`` all between."""
    if not TAG.search(html):
        return unescape(html)
    marked = _with_letters(CDATA.sub("", html[:LONGEST]))
    if not TAG.search(marked):
        return unescape(marked)
    parser = etree.HTMLParser(no_network=True, remove_comments=True, remove_pis=True)
    root = etree.fromstring(f"<div>{marked}", parser)
    return text_of_element(root) if root is not None else ""


def _with_letters(html: str) -> str:
    """``html`` in which each ``<`` that begins no markup is escaped."""
    # Names of other elements: those with attributes, a prefix, or a hyphen and an end.
    other = {name.lower() for name in CLOSED.findall(html) if "-" in name}

    def is_markup(position: int) -> bool:
        if SPECIAL.match(html, position):
            return True
        if not (match := LIKELY_TAG.match(html, position)):
            return bool(position > len(html) - 2000 and CUT_TAG.match(html, position))
        name, rest = match["name"].lower(), match["rest"]
        if ":" in name or "='" in rest or '="' in rest:
            other.add(name)
        # "p<a and b>c" is no link: the attributes of short names have values.
        is_word = SINGLE.fullmatch(name) and rest and "=" not in rest
        return not is_word and (name in other or bool(KNOWN.fullmatch(name)))

    pieces = html.split("<")
    position = len(pieces[0])
    for number, piece in enumerate(pieces[1:], start=1):
        pieces[number] = ("<" if is_markup(position) else "&lt;") + piece
        position += len(piece) + 1
    return "".join(pieces)


def text_of_element(root: Any) -> str:
    """The text in an element of a parsed document and its descendants."""
    pieces: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end"))
    for event, element in walk:
        given = element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""
        name = given.rpartition(":")[2]
        if event == "start":
            if not given or (element is not root and HIDDEN.fullmatch(given)):
                walk.skip_subtree()
                continue
            pieces.append("\n" if BLOCK.fullmatch(name) else SCRIPTS.get(name, ""))
            pieces.append(WHITE.sub(" ", element.text or ""))
        else:
            pieces.append("\n" if BLOCK.fullmatch(name) else "}" if name in SCRIPTS else "")
            if element is not root:
                pieces.append(WHITE.sub(" ", element.tail or ""))
    return BETWEEN_BLOCKS.sub("\n\n", "".join(pieces)).strip()
