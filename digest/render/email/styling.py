"""Writes the style sheet into the source of the email's templates, once for all messages.

premailer takes milliseconds a page. So it styles the source instead, as one page with markers in
the places of values and blocks. The texts between the markers then take the places of the old ones
in the syntax trees of the templates, which keep the operator's lines.

That gives what premailer would make of each message as long as the elements, their classes and
their order do not depend on values. Where they may, the place is told, and nothing is styled here.
"""

from collections.abc import Sequence

from jinja2 import nodes

from digest.render.email.inlining import inlined
from digest.render.email.outline import MARKER, Outline, selector_faults
from digest.render.email.source_page import BLOCKS, HTML, SourcePage
from digest.render.templates import WITH_TAGS, Template, Templates


class Unstylable(Exception):
    """The source cannot be styled; each fault has its ``file:line`` and the reason."""

    def __init__(self, faults: Sequence[tuple[str, str]]) -> None:
        self.faults = tuple(faults)
        super().__init__("; ".join(map(": ".join, faults)))


def style(templates: Templates) -> dict[str, Template]:
    """Return the styled frame and card by the names of their templates.

    The reason has become part of the frame: there are nearly as many reasons as papers in messages.

    Raises:
        Unstylable: what a message looks like depends on more than the source.
        TemplateError: a template is missing, or its syntax is wrong.
    """
    page = SourcePage(templates)
    _put_back(page, _outline(page), inlined(page.text))
    return {name: templates.compile(name, tree) for name, tree in page.trees.items()}


def whole(templates: Templates) -> dict[str, Template]:
    """Return frame, card and reason as they are, for messages that are styled one by one.

    Raises:
        TemplateError: a template is missing, or its syntax is wrong.
    """
    blocks = {name: templates.parse(name, last_newline=False) for name in BLOCKS.values()}
    trees = {HTML: None, **blocks}
    return {name: templates.compile(name, tree) for name, tree in trees.items()}


def _outline(page: SourcePage) -> Outline:
    """Return the outline of a page, if nothing that decides about style depends on values."""
    outline = Outline(page.text)
    faults = list(outline.faults)
    for start, sheet in outline.styles:
        faults += [(start + at, reason) for at, reason in selector_faults(sheet, page.computed)]
    hidden = "a card or a reason is not printed by itself, as {{ paper.card }}"
    places = [
        *page.faults,
        *((page.place(at), reason) for at, reason in faults),
        *((place, hidden) for place in page.hidden_blocks()),
    ]
    if places:
        raise Unstylable(list(dict.fromkeys(places)))
    return outline


def _put_back(page: SourcePage, outline: Outline, styled: str) -> None:
    """Give the texts of the styled page to the trees."""
    again = Outline(styled)
    pairs = zip(outline.events, again.events, outline.offsets, strict=False)
    moved_at = next((at for one, two, at in pairs if one != two), -1)
    if moved_at >= 0 or len(outline.events) != len(again.events):
        moved = "premailer puts elements or values elsewhere than they stand here"
        raise Unstylable([(page.place(max(moved_at, 0)), moved)])
    markers = list(MARKER.finditer(styled))
    edges = [0, *(edge for marker in markers for edge in marker.span()), len(styled)]
    texts = [styled[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True)]
    for slot, text in zip(page.slots, texts, strict=True):
        slot.nodes = [nodes.TemplateData(text, lineno=1)] if text else []
    tags = {number: markers[number - 1].groups() for number, _ in page.values}
    for number, printed in page.values:
        if any(" " in (tag or "") for tag in tags[number]):
            printed.nodes = [_with_tags(printed.nodes[0], tags[number])]
    looks = [(text, tags.get(number)) for number, text in enumerate(texts)]
    first, *others = page.cards or [range(0)]
    for other in others:
        if [looks[number] for number in first] != [looks[number] for number in other]:
            place = page.place(page.text.index(f"jinja.begin.{other[0]}."))
            raise Unstylable([(place, "the card looks different in two places")])


def _with_tags(value: nodes.Expr, tags: Sequence[str]) -> nodes.Expr:
    """Have the elements that a value may hold printed with the styles of their place."""
    arguments = [nodes.Const(tag, lineno=value.lineno) for tag in tags]
    return nodes.Filter(value, WITH_TAGS, arguments, [], None, None, lineno=value.lineno)
