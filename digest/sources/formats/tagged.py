"""Parses libraries whose lines begin with a tag: RIS, PubMed's ``.nbib``, EndNote's ``.enw``, and
the Web of Science's export."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Style:
    """A format of lines with tags."""

    name: str
    sign: re.Pattern[str]
    """What the beginning of a file of this format has."""
    line: re.Pattern[str]
    first: frozenset[str]
    """The tags that begin an entry."""
    last: frozenset[str]
    tags: Mapping[str, str]
    """Tags by what they stand for: title, author and so on, the best one first."""


def _style(name: str, sign: str, line: str, first: str, last: str, **tags: str) -> Style:
    return Style(
        name,
        re.compile(sign, re.MULTILINE),
        re.compile(line),
        frozenset(first.split()),
        frozenset(last.split()),
        tags,
    )


STYLES = (
    _style(
        "ris",
        r"^[ \t]*TY {0,3}-",
        r"[ \t]*(?P<tag>[A-Z][A-Z0-9]) {0,3}- ?(?P<value>.*)",
        "TY",
        "ER",
        title="TI T1 CT BT",
        abstract="AB N2",
        author="AU A1",
        keyword="KW",
        date="DA Y1 PY",
        venue="JF T2 JO JA J2 JT BT",
        doi="DO M3",
        url="UR L2 L1",
        pdf="L1",
        note="N1",
        arxiv="M1 AN C7",
    ),
    _style(
        "nbib",
        r"^PMID ?- ?\d",
        r"(?P<tag>[A-Z]{2,4}) {0,2}- ?(?P<value>.*)",
        "PMID",
        "",
        title="TI TT BTI",
        abstract="AB",
        author="FAU AU CN",
        keyword="OT",
        heading="MH",
        date="DEP DP",
        venue="JT TA",
        doi="LID AID",
        pmid="PMID",
    ),
    _style(
        "enw",
        r"^%[0T] \S",
        r"(?P<tag>%[0-9A-Z@!#$&()*+?^>~\[\]<]) ?(?P<value>.*)",
        "%0",
        "",
        title="%T",
        abstract="%X",
        author="%A",
        keyword="%K",
        date="%8 %7 %D",
        venue="%J %B",
        doi="%R",
        url="%U",
        pdf="%>",
        arxiv="%M",
    ),
    _style(
        "isi",
        r"^FN .*\n(?:VR .*\n)?PT |^PT [A-Z]\n[A-Z][A-Z0-9] ",
        r"(?P<tag>[A-Z][A-Z0-9])(?: (?P<value>.*)|$)",
        "PT",
        "ER EF FN VR",
        title="TI",
        abstract="AB",
        author="AF AU",
        keyword="DE",
        category="WC SC",
        venue="SO",
        doi="DI",
    ),
)


@dataclass(slots=True)
class Lines:
    """An entry as its lines have it."""

    line: int
    values: dict[str, list[list[str]]] = field(default_factory=dict)
    """By tag, the lines of each value."""


def style_of(text: str) -> Style | None:
    """The style of a text; None if it is in none."""
    return next((style for style in STYLES if style.sign.search(text)), None)


def entries(text: str, style: Style) -> Iterator[Lines]:
    """Yield the entries of a text. An entry ends where the next one begins, with or without a line
    that says so; a line without a tag goes on with the one before."""
    entry: Lines | None = None
    last: list[list[str]] | None = None
    for number, tag, value, was_blank in _lines(text, style):
        if entry and (tag in style.last or _begins(tag, entry, style, was_blank=was_blank)):
            yield entry
            entry = last = None
        if entry is None and tag and tag not in style.last:
            entry = Lines(number)
        if entry and (tag or (last is not None and _is_further_author(entry, last, style))):
            last = entry.values.setdefault(tag, []) if tag else last
            assert last is not None  # noqa: S101 - by the condition
            last.append([value])
        elif last:
            last[-1].append(value)
    if entry:
        yield entry


def _lines(text: str, style: Style) -> Iterator[tuple[int, str, str, bool]]:
    """The lines with text: number, tag or "", value, and whether a blank line was before."""
    was_blank = False
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            was_blank = True
        elif match := style.line.fullmatch(line.rstrip()):
            yield number, match["tag"], (match["value"] or "").strip(), was_blank
            was_blank = False
        else:
            yield number, "", line.strip(), was_blank
            was_blank = False


def _begins(tag: str, entry: Lines, style: Style, *, was_blank: bool) -> bool:
    """Whether another entry begins with this tag."""
    if tag in style.first:
        return True
    # EndNote's format is also used without a type: a blank line separates entries then.
    return style.name == "enw" and was_blank and "%T" in entry.values and tag in ("%A", "%T")


def _is_further_author(entry: Lines, last: list[list[str]], style: Style) -> bool:
    """Whether a line without a tag is one more author, as in the Web of Science's export."""
    authors = (entry.values.get("AF"), entry.values.get("AU"))
    return style.name == "isi" and any(last is each for each in authors)


def values(entry: Lines, style: Style, what: str) -> list[str]:
    """The values of the first tag that stands for this and has any."""
    for tag in style.tags.get(what, "").split():
        if found := list(filter(None, map("\n".join, entry.values.get(tag, ())))):
            return found
    return []
