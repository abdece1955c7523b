"""Writes the style sheet into the source of the email's templates, once for all messages.

premailer takes milliseconds a page. So it styles the source instead, as one page with markers in
the places of Jinja's tags, which take their places back afterwards.

That gives what premailer would make of each message as long as the elements, their classes and
their order do not depend on values. Where they may, the place is told, and nothing is styled here.
"""

import logging
import re
from collections.abc import Iterable, Sequence
from hashlib import sha256
from itertools import chain
from pathlib import Path
from typing import NamedTuple

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.render.email.outline import MARKER, Outline, selector_faults
from digest.render.email.source_page import SourcePage
from digest.render.templates import CARD, HTML, WITH_TAGS, Origin, Templates

KEPT = Path(__file__).with_name("styled_source.txt")
"""What premailer makes of the shipped source, below the hash of that source. Importing and
applying premailer takes .12 s otherwise. ``python -m digest.render.email`` prints the file."""
_OPENING = re.compile(r"\{(?=[{%#]|\Z)")


class Unstylable(Exception):
    """The source cannot be styled; each fault has its ``file:line`` and the reason."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(": ".join, faults)))


class Styled(NamedTuple):
    """The source of a template with its style, and where its lines come from."""

    source: str
    origins: Sequence[Origin]


def style(templates: Templates) -> dict[str, Styled]:
    """Return the styled frame and card by the names of their templates.

    The reason has become part of the frame: there are nearly as many reasons as papers in messages.

    Raises:
        Unstylable: what a message looks like depends on more than the source.
        TemplateError: a template is missing, or its syntax is wrong.
    """
    page = SourcePage(templates)
    pieces = _styled(page, _outline(page))
    cards = ["".join(pieces[number] for number in numbers) for numbers in page.cards]
    for numbers, card in zip(page.cards, cards, strict=True):
        if card != cards[0]:
            place = page.place(page.text.index(f"jinja.begin.{numbers[0]}."))
            raise Unstylable([(place, "the card looks different in two places")])
    of_cards = set(chain.from_iterable(page.cards))
    parts = {HTML: [number for number in range(len(pieces)) if number not in of_cards]}
    if page.cards:
        parts[CARD] = list(page.cards[0])
    return {name: _joined(page, pieces, parts[name]) for name in parts}


def _outline(page: SourcePage) -> Outline:
    """Return the outline of a page, if nothing that decides about style depends on values."""
    outline = Outline(page.text)
    faults = list(outline.faults)
    for start, sheet in outline.styles:
        faults += [(start + at, reason) for at, reason in selector_faults(sheet, page.computed)]
    places = [*page.faults, *((page.place(at), reason) for at, reason in faults)]
    if places:
        raise Unstylable(list(dict.fromkeys(places)))
    return outline


def _styled(page: SourcePage, outline: Outline) -> list[str]:
    """Return the tag that each marker stands for with the styled text behind it."""
    styled = _inlined_source(page.text)
    again = Outline(styled)
    pairs = zip(outline.events, again.events, outline.offsets, strict=False)
    moved_at = next((at for one, two, at in pairs if one != two), -1)
    if moved_at >= 0 or len(outline.events) != len(again.events):
        moved = "premailer puts elements or values elsewhere than they stand here"
        raise Unstylable([(page.place(max(moved_at, 0)), moved)])
    tags = ["", *map(_tag, page.tags[1:], MARKER.finditer(styled))]
    texts = MARKER.split(styled)[:: MARKER.groups + 1]
    return [tag + _OPENING.sub('{{ "{" }}', text) for tag, text in zip(tags, texts, strict=True)]


def _inlined_source(source: str) -> str:
    key, _, styled = KEPT.read_text("utf-8").partition("\n")
    return styled if key == _hash(source) else inlined(source)


def _hash(source: str) -> str:
    return sha256(source.encode()).hexdigest()


def kept_file(templates: Templates) -> str:
    """The text that ``KEPT`` has to have for these templates."""
    source = SourcePage(templates).text
    return f"{_hash(source)}\n{inlined(source)}"


def _tag(found: tuple[str, object], marker: re.Match[str]) -> str:
    """Return a tag; elements that its value may hold get the styles of its place."""
    inside, (is_value, *starts) = found[0], marker.groups("")
    if not is_value:
        return inside
    if not any(" " in start for start in starts):
        return f"{{{{\n{inside}}}}}"
    return f"{{{{(\n{inside}) | {WITH_TAGS}({', '.join(map(repr, starts))})}}}}"


def _joined(page: SourcePage, pieces: Sequence[str], numbers: Iterable[int]) -> Styled:
    source, origins = "", []
    for number in numbers:
        # A tag begins with a line break, so that no two have a line in common.
        origins.append((source.count("\n") + 2, *page.tags[number][1]))
        source += pieces[number]
    return Styled(source, origins)


def inlined(page: str) -> str:
    """The page with its style sheet written into the elements. Rules inside ``@media`` and for
    ``:hover`` stay in the head, where ``!important`` lets them win over what was written into the
    elements. Nothing is fetched."""
    # Slow to import, and most commands style no mail. It ships no types.
    from premailer import Premailer  # type: ignore[import-untyped]  # noqa: PLC0415

    return str(
        Premailer(
            page,
            allow_network=False,
            strip_important=False,
            disable_validation=True,  # it only logs, and knows neither mso- nor newer properties
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    )


def same_page(one: bytes, other: bytes) -> bool:
    """Whether two HTML pages have the same elements, attributes, comments and text."""
    return _canonical(one) == _canonical(other)


def _canonical(page: bytes) -> bytes:
    tree = etree.fromstring(page, etree.HTMLParser(encoding="utf-8"))
    return bytes(etree.tostring(tree, method="c14n"))
