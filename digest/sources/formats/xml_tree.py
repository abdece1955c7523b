"""Parses XML as it is found: with undefined entities, stray signs, HTML that was not escaped."""

import re
from html import unescape
from html.entities import html5
from typing import Any

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

UNDECLARED = "NS_ERR_UNDEFINED_NAMESPACE"  # a prefix without a namespace breaks nothing
BEFORE = re.compile(
    r"\A\s*(?!<\?xml)<(?:br|b|p|div)\b.{0,5000}?(?=<\?xml|<rss\b|<feed\b|<rdf:RDF\b)", re.DOTALL
)
"""The warning of a program for web pages before the feed."""
DECLARATION = re.compile(r"\A[\s\ufeff\x00]*<\?xml\b[^>]{0,500}>")
DOCTYPE = re.compile(r"<!DOCTYPE\b[^<>\[]{0,1000}(?:\[(?P<subset>.{0,100000}?)\]\s*)?>", re.DOTALL)
ENTITY = re.compile(r"<!ENTITY\s+([\w.-]{1,60})\s+(?:\"([^\"]{0,2000})\"|'([^']{0,2000})')\s*>")
REFERENCE = re.compile(r"&(#\d{1,8}|#[xX][0-9A-Fa-f]{1,7}|[A-Za-z][\w.-]{0,60});")
REFERENCES = r"&(?:(?:#\w{1,9}|[A-Za-z][\w.-]{0,60});)?"
ANY_REFERENCE = re.compile(REFERENCES)
PIECE = re.compile(rf"<!\[CDATA\[|\]\]>|<!--|-->|<(?![A-Za-z_/!?])|{REFERENCES}")
PIECE_OR_TAG = re.compile(rf"<!\[CDATA\[|\]\]>|<!--|-->|<(?![!?])|{REFERENCES}")
TAG = re.compile(
    r"""<(?P<name>/?[A-Za-z_][\w:.-]*)(?P<rest>(?:\s+[\w:.-]+\s*=\s*
    (?:"[^"<]*"|'[^'<]*'|[^\s"'<>]+))*+)(?P<end>\s*/?>)""",
    re.VERBOSE,
)
UNQUOTED = re.compile(r"=\s*([^\s\"'<>=]+)(?=\s|$)")
BAD_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
ESCAPED = {"<": "&lt;", ">": "&gt;", "&": "&amp;", '"': "&quot;", "'": "&apos;"}
MOST_OF_ENTITIES = 1_000_000  # characters that a document's own entities may become in all
HTML = re.compile(
    r"/?(?:a|abbr|b|big|blockquote|br|center|cite|code|d[dlt]|del|div|em|font|h[1-6]|hr|i|iframe"
    r"|img|ins|li|[ou]l|p|pre|q|s|script|small|span|strike|strong|style|su[bp]|t(?:able|body|[dhrt])"
    r"|u|video|wbr)",
    re.IGNORECASE,
)


def tree(text: str, wanted: set[str]) -> Any | None:
    """The root element of a document, with whatever of it can be read; None if nothing can. Where
    the document is broken, what is HTML or no whole tag in it is read as text, if as many
    ``wanted`` elements with a title result. Nothing is fetched, and no entity grows beyond
    ``MOST_OF_ENTITIES``."""
    root, is_whole = _parsed(_ready(text, PIECE))
    if not is_whole:
        other, _ = _parsed(_ready(text, PIECE_OR_TAG))
        if other is not None and _count(other, wanted) >= _count(root, wanted):
            return other
    return root


def _parsed(text: str) -> tuple[Any | None, bool]:
    parser = etree.XMLParser(
        recover=True,
        no_network=True,
        remove_comments=True,
        remove_pis=True,
        resolve_entities=False,
        load_dtd=False,
        huge_tree=True,  # texts of more than 10 MB; without a document type, nothing grows
        encoding="utf-8",
    )
    try:
        root = etree.fromstring(text.encode(), parser)
    except etree.XMLSyntaxError:
        return None, False
    return root, not any(entry.type_name != UNDECLARED for entry in parser.error_log)


def _count(root: Any | None, wanted: set[str]) -> int:
    """How many wanted elements with a title of their own there are."""
    if root is None:
        return 0
    entries = (each for name in wanted for each in root.iter(f"{{*}}{name}"))
    return sum(any(local_name(child) == "title" for child in entry) for entry in entries)


def local_name(element: Any) -> str:
    """The element's name without its namespace; "" for anything but an element."""
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def _ready(text: str, pieces: re.Pattern[str]) -> str:
    """The document without declaration and document type, with every reference replaced, and with
    what is no markup escaped. Its lines stay the same."""
    entities: dict[str, str] = {}

    def blank(match: re.Match[str]) -> str:
        for name, first, second in ENTITY.findall(match.groupdict().get("subset") or ""):
            entities.setdefault(name, first or second)
        return "\n" * match[0].count("\n")

    text = _closed(BEFORE.sub(blank, text, count=1))
    text = DECLARATION.sub(blank, BAD_CHARACTER.sub("", text), count=1)
    head = DOCTYPE.sub(blank, text[:200_000], count=1)
    return _escaped(head + text[200_000:], pieces, _Entities(entities))


def _closed(text: str) -> str:
    """The document without a last ``<![CDATA[`` that nothing closes: it would swallow the rest."""
    start = text.rfind("<![CDATA[")
    return text if start < 0 or text.find("]]>", start) > 0 else text[:start] + text[start + 9 :]


def _escaped(text: str, pattern: re.Pattern[str], entities: "_Entities") -> str:
    pieces: list[str] = []
    position, closing = 0, ""  # ``closing`` ends the section that is left as it is
    for match in pattern.finditer(text):
        piece = match[0]
        if closing:
            if piece == closing:
                closing = ""
            continue
        if piece in {"<![CDATA[", "<!--"}:
            closing = "]]>" if piece == "<![CDATA[" else "-->"
        elif piece == "<" and (tag := TAG.match(text, match.start())) and not _is_html(tag):
            rest = UNQUOTED.sub(r'="\1"', tag["rest"])
            rest = ANY_REFERENCE.sub(lambda found: entities.replaced(found[0]), rest)
            pieces += [text[position : match.start()], f"<{tag['name']}{rest}{tag['end']}"]
            position = tag.end()
        elif piece == "<" or piece.startswith("&"):
            pieces += [text[position : match.start()], entities.replaced(piece)]
            position = match.end()
    return "".join([*pieces, text[position:]])


def _is_html(tag: re.Match[str]) -> bool:
    return bool(HTML.fullmatch(tag["name"]))


class _Entities:
    """The entities that a document declares, and those of HTML."""

    def __init__(self, declared: dict[str, str]) -> None:
        self.declared = declared
        self.left = MOST_OF_ENTITIES

    def replaced(self, piece: str) -> str:
        """``piece``, which is ``<``, ``&`` or a reference, as XML without other entities."""
        match = REFERENCE.fullmatch(piece)
        if not match:
            return "&lt;" if piece == "<" else f"&amp;{piece[1:]}"
        if (name := match[1]) in {"lt", "gt", "amp", "quot", "apos"}:
            return piece
        if name in self.declared:
            return self._expanded(name, depth=0)
        if name.startswith("#") or f"{name};" in html5:
            return "".join(ESCAPED.get(c, c) for c in BAD_CHARACTER.sub("", unescape(piece)))
        return f"&amp;{name};"

    def _expanded(self, name: str, depth: int) -> str:
        """The text of a declared entity, which may contain markup and other entities."""
        value = self.declared[name]
        self.left -= len(value)
        if depth > 8 or self.left < 0:
            return ""

        def inner(match: re.Match[str]) -> str:
            if match[1] in self.declared:
                return self._expanded(match[1], depth + 1)
            return self.replaced(match[0])

        return REFERENCE.sub(inner, value)
