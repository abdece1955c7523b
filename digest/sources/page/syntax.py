"""Turns the forms in which programs write a page as text (Markdown of several kinds, numbered links
of lynx, elinks and w3m, addresses in angle brackets or on lines of their own) into plain text of as
many lines. What the syntax said stays as marks: noncharacters, which no text contains."""

import re
from collections.abc import Iterator, Mapping

from digest.sources import code_links
from digest.sources.links import NEW_NUMBER, arxiv_id

LINK, AFTER, END = "\ufdd0", "\ufdd1", "\ufdd2"
"""``LINK target END`` stands before the text of a link, ``AFTER target END`` behind it. The target
is an arXiv id where the link leads to the page of a paper, the URL of a repository, or empty."""
HEADING, IMAGE, JOINT, CLOSED, LINE = "\ufdd3", "\ufdd4", "\ufdd5", "\ufdd6", "\ufdd7"
CLOSING, SPLIT = "\ufdd8", "\ufdd9"  # a link ends; what follows is a line of its own
"""A heading begins; a picture was here; two lines were joined; a paragraph ends. ``LINE number
END`` tells the line of the file."""
NONCHARACTERS = re.compile("[\ufdd0-\ufdef]")
FEW = 3
PAPER = re.compile(rf"/papers/({NEW_NUMBER})(?:v\d+)?/?(?:\?[^#]*)?")
LIST_MARK = r"[ \t]*(?:(?:[-*+•]|\d{1,3}\.)[ \t]+)?"

OUR_ADDRESS = r"https?://(?:www\.)?(?:huggingface|hf)\.co"
MARKDOWN = re.compile(
    rf"\]\(<?(?:{OUR_ADDRESS})?/(?:papers|login)|^{LIST_MARK}#{{1,6}} \S|^:{{3,}}"
    r"|^[ \t]{0,3}\[\d+\]: \S",
    re.MULTILINE,
)
NUMBERED = re.compile(r"^[ \t]*(?:[*+•] )?\[\d{1,4}\](?=[^\s(\[])", re.MULTILINE)
ANGLE = re.compile(r"<(https?://[^<>\s]+)>")
ADDRESS = re.compile(r"^[ \t]*(https?://\S+)[ \t]*$", re.MULTILINE)
BESIDE = re.compile(rf"[ \t]*[(<]?({OUR_ADDRESS}/[^\s()<>]*)[)>]?[ \t]*$", re.MULTILINE)
OF_CARDS = re.compile(rf"{OUR_ADDRESS}/(?:papers/\d|login\?)")
STARRED = re.compile(r"^(\*{3,6}) (\S[^\n]{0,300}?(?:\n[^\n]{1,300}?)?) \1$", re.MULTILINE)
LONGEST_TARGET = 150
A_LINK = f"{LINK}[^{END}\n]{{0,{LONGEST_TARGET}}}{END}"
PLACEHOLDER = re.compile(
    rf"^(?=[^\n]{{0,300}}\[)(?:[ \t*+•-]|{A_LINK}|\[[\w.%-]{{0,80}}\])+$", re.MULTILINE
)
IN_METADATA = re.compile(
    rf"\[\]|\[(?:IMG|INLINE)\]|^[ \t]*(?:{A_LINK})?\[[^\]\s]{{1,80}}\](?=[^\n]{{1,120}}·)",
    re.MULTILINE,
)
BROKEN_DATE = re.compile(
    r"(·[ \t]*[^\W\d_]{3,12}\.?(?: on)?(?: [^\W\d_]{3,9}\.?)?)[ \t]*\n[ \t]*"
    r"((?:[^\W\d_]{3,9}\.? )?\d)"
)

FOOTER = re.compile(r"(?<=\d)System theme[^\n]{0,300}\s*\Z")  # glued to the last card

REFERENCES = re.compile(
    r"^[ \t]*References:?[ \t]*\n(?=\s*(?:Visible links|\[?\d+[\].]))", re.MULTILINE
)
# An address at the end of the file may be cut off.
REFERENCE = re.compile(r"^[ \t]*(?:\[(\d{1,5})\]|(\d{1,5})\.)[ \t]+(\S+)\n", re.MULTILINE)
NUMBER = re.compile(r"\[(\d{1,4})\](?=[^\s.,;:)\]]|[ \t]*$)", re.MULTILINE)
NUMBER_IN_METADATA = re.compile(r"(·[^\n\[]{1,40})\[\d{1,4}\] ", re.MULTILINE)

DEFINITION = re.compile(
    r"^[ \t]{0,3}\[([^\[\]\n]{1,300})\]:[ \t]*\n?[ \t]*(\S+)[^\n{]*(?:\{[^{}]{0,500}\})?$",
    re.MULTILINE,
)
TO_PAPER = r"[^\s\[\]{}]{0,100}/(?:papers/|login\?)"
OTHERS = (
    ("reStructuredText", re.compile(r"^[ \t]*\.\. (?:container|rubric)::|`__$", re.MULTILINE)),
    ("Org", re.compile(rf"\[\[{TO_PAPER}")),
    ("LaTeX", re.compile(rf"\\href\{{{TO_PAPER}")),
    ("AsciiDoc", re.compile(rf"link:{TO_PAPER}")),
    ("MediaWiki", re.compile(r"\[\[(?:/?papers/|login\?)[^\s|]{1,60}\|")),
    ("Textile", re.compile(rf'":{TO_PAPER}')),
)
"""Markup that is not read, since its links and its text look alike."""
FENCE = re.compile(r"^[ \t]*:{3,}[^\n]*$", re.MULTILINE)
TAG = re.compile(
    r"<(?P<slash>/?)(?P<name>a|article|br|button|div|figure|footer|h[1-6]|header|hr|img|input|li"
    r"|main|nav|ol|p|path|section|span|svg|ul|video)\b(?P<rest>[^<>]*)>"
)
TAGGED = re.compile(r"<(a|span)\b[^<>]*>[^<>]{0,1000}</\1>")
HREF = re.compile(r"""\bhref=["']?([^"'\s>]+)""")
PICTURE = re.compile(
    r"!\[[^\[\]]*\](?:\([^()\s]*(?:\s+\"[^\"]{0,300}\")?\)|\[[^\[\]\n]*\])(?:\{[^{}]{0,500}\})?"
)
SEVERAL = re.compile(r"\n\s*(?:\n|[-*+] )")
LINE_START = re.compile(r"(?<=\n)(?=[^\n]*\w)")
MOST_PIECES, LONGEST_LINK = 50, 5000
BRACKETS = re.compile(
    r"\\.|(?P<open>\[)|\](?:\(<?(?P<url>[^()<>\s]*(?:\([^()<>\s]*\)[^()<>\s]*)*)>?(?:\s+\"[^\"]{0,300}\")?\s*\)"
    r"|\[(?P<key>[^\[\]\n]*)\])?(?P<attributes>\{(?:[#.]|\w+=)[^{}]{0,500}\})?",
    re.DOTALL,
)
ATTRIBUTES = re.compile(r"[ \t]\{[#.][^{}]{0,500}\}[ \t]*$", re.MULTILINE)
HASHES = re.compile(rf"^({LIST_MARK}(?:{LINK}[^{END}]*{END})?[ \t]*)#{{1,6}}[ \t]+", re.MULTILINE)
UNDERLINED = re.compile(
    r"^(?=[^\n]{0,400}\w)([^\n]{1,400})\n[ \t]*(?:=+|-{3,})[ \t]*$", re.MULTILINE
)
BOLD = re.compile(r"\*\*(\S[^*\n]*)\*\*|^__(\S[^\n]*)__$", re.MULTILINE)
ESCAPED = re.compile(
    r"\\([\\`*_\[\]()#+.!|<>~^-])|(?<![^\W\d_])\\([\"'$])"
    r"|\\([\"'$])(?=(?:s|t|re|ve|ll|d|m)\b|[^aeiouycnszAEIOUYCNSZ{])"  # others are accents
)
ENTITIES = {"&lt;": "<", "&gt;": ">", "&amp;": "&", "&quot;": '"', "&#39;": "'", "&nbsp;": " "}
ENTITY = re.compile("|".join(ENTITIES))
TITLE_IN_LINE = re.compile(
    rf"^(?P<before>[^\n{LINK}{CLOSING}\w]{{0,40}}(?:\d{{1,6}}[^\n\w]{{1,5}})?)"
    rf"(?P<title>{LINK}\d[^{END}\n]{{1,20}}{END}[^\n{CLOSING}]+){CLOSING}(?P<after>[^\n]*)$",
    re.MULTILINE,
)
AROUND = " \t-–—:*_()|"
AT_LINE_END = re.compile(r"\\+$", re.MULTILINE)


def paper_of(url: str) -> str:
    """The arXiv id of the paper whose page ``url`` is; "" for anything else."""
    if "#" in url or "login?" in url:
        return ""
    match = PAPER.search(url)
    return match[1] if match and match.end() == len(url) else arxiv_id(url) or ""


def target(url: str) -> str:
    """What a mark says of where a link leads."""
    code = code_links.repository(url) or ""
    return paper_of(url) or (code if len(code) <= LONGEST_TARGET else "")


def link(url: str) -> str:
    """The mark before the text of a link."""
    return f"{LINK}{target(url)}{END}"


def plain(text: str) -> str:
    """Write ``text`` without syntax; a text without any stays as it is."""
    text = FOOTER.sub("", NONCHARACTERS.sub("", text))
    if is_markdown(text):
        text = _markdown(text)
    elif _count(STARRED, text) > 1:
        text = _starred(text)
    else:
        text = _numbered(text) if _count(NUMBERED, text) >= FEW else text
        if _count(PLACEHOLDER, text) >= FEW:
            text = IN_METADATA.sub("", PLACEHOLDER.sub(IMAGE, text))
    for pattern, fewest in ((ANGLE, 1), (ADDRESS, 2), (BESIDE, FEW)):
        if sum(1 for match in pattern.finditer(text) if OF_CARDS.match(match[1])) >= fewest:
            text = pattern.sub(lambda match: f"{AFTER}{target(match[1])}{END}", text)
    return BROKEN_DATE.sub(rf"\1 {JOINT}\2", text)


def is_markdown(text: str) -> bool:
    """Whether it is Markdown, perhaps with elements of HTML."""
    return _count(MARKDOWN, text) > 1


def other_markup(text: str) -> str | None:
    """The name of the markup in which ``text`` is written, if it is one that is not read."""
    if text.lstrip().startswith("{\\rtf"):
        return "RTF"
    return next((name for name, sign in OTHERS if _count(sign, text) >= FEW), None)


def _count(pattern: re.Pattern[str], text: str) -> int:
    """The number of matches, at most a few."""
    return sum(1 for _, _match in zip(range(FEW), pattern.finditer(text), strict=False))


def _breaks(match: re.Match[str]) -> str:
    return JOINT * match[0].count("\n")


def _numbered(text: str) -> str:
    """Replace the numbers of links by what the list at the end of the text says of them."""
    targets: dict[str, str] = {}
    if listed := next(REFERENCES.finditer(text), None):
        targets = {m[1] or m[2]: m[3] for m in REFERENCE.finditer(text, listed.end())}
        text = text[: listed.start()]
    text = NUMBER_IN_METADATA.sub(r"\1", text)
    return NUMBER.sub(lambda match: link(targets.get(match[1], "")), text)


def _starred(text: str) -> str:
    """Read headings in asterisks, and link texts with underscores in the place of spaces, as the
    html2text of Debian writes them."""

    def heading(match: re.Match[str]) -> str:
        return HEADING + match[2].replace("\n", f" {JOINT}") + CLOSED

    lines = STARRED.sub(heading, text).split("\n")
    are_linked = ("_" in line and line.count("_") >= line.strip().count(" ") for line in lines)
    pairs = zip(lines, are_linked, strict=True)
    return "\n".join(line.replace("_", " ") if is_linked else line for line, is_linked in pairs)


def _markdown(text: str) -> str:
    targets = {match[1]: match[2] for match in DEFINITION.finditer(text)}
    text = FENCE.sub("", DEFINITION.sub(_breaks, text) if targets else text)
    text = TAG.sub(_tag, TAGGED.sub(lambda match: _joined(match[0]), text))
    text = PICTURE.sub(lambda match: IMAGE + _breaks(match), text)
    text = "".join(_without_brackets(text, targets))
    text = UNDERLINED.sub(rf"{HEADING}\1\n", HASHES.sub(rf"\1{HEADING}", ATTRIBUTES.sub("", text)))
    text = AT_LINE_END.sub("", BOLD.sub(r"\1\2", text))
    text = ENTITY.sub(lambda match: ENTITIES[match[0]], text)
    return TITLE_IN_LINE.sub(_split, ESCAPED.sub(r"\1\2\3", text))


def _split(match: re.Match[str]) -> str:
    """Give a link to a paper a line of its own, in an entry of a list."""
    heading = HEADING if HEADING in match["before"] else ""
    return f"{heading}{match['title'].strip()}{CLOSED}{SPLIT}{match['after'].strip(AROUND)}"


def _joined(text: str) -> str:
    """The lines of a link as one line, unless they are a list or several paragraphs."""
    return text if SEVERAL.search(text) else text.replace("\n", f" {JOINT}")


def _tag(match: re.Match[str]) -> str:
    name, is_end = match["name"], match["slash"]
    href = HREF.search(match["rest"]) if name == "a" and not is_end else None
    mark = link(href[1]) if href else IMAGE if name == "img" else ""
    return (
        mark
        + (HEADING if name[0] == "h" and name[1:].isdigit() and not is_end else "")
        + (_breaks(match))
    )


def _without_brackets(text: str, targets: Mapping[str, str]) -> Iterator[str]:
    """Replace the opening bracket of each link by its mark, and remove the rest of its syntax."""
    pieces: list[str] = []
    opened: list[int] = []  # the indices of brackets that are not closed
    start = 0
    for match in BRACKETS.finditer(text):
        pieces.append(text[start : match.start()])
        start = match.end()
        if match["open"]:
            opened.append(len(pieces))
        if match["open"] or match[0].startswith("\\") or not opened:
            pieces.append(match[0])
            continue
        begin = opened.pop()
        is_short = sum(map(len, pieces[begin + 1 : begin + MOST_PIECES])) < LONGEST_LINK
        content = "".join(pieces[begin + 1 : begin + MOST_PIECES]) if is_short else ""
        url = _target(match, " ".join(content.split()), targets)
        if url is None and not match["attributes"]:
            pieces.append(match[0])
            continue
        mark = "" if url is None else link(url)
        pieces[begin] = mark
        if content and len(pieces) - begin <= MOST_PIECES:
            pieces[begin + 1 :] = [LINE_START.sub(mark, _joined(content))]
        pieces.append(_breaks(match) + ("" if url is None else CLOSING))
    pieces.append(text[start:])
    return iter(pieces)


def _target(match: re.Match[str], content: str, targets: Mapping[str, str]) -> str | None:
    """The address of a link, or None if these brackets are no link."""
    if match["url"] is not None:
        return match["url"]
    key = match["key"]
    if key is None:  # a text in brackets may be its own key; a number would be a citation
        return None if content.isdigit() else targets.get(content)
    is_citation = content.isdigit() and key not in targets
    return None if is_citation else targets.get(key or content, "")  # the list may be cut off
