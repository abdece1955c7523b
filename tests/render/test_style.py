"""Whether everything can be read, in light and dark, and nothing is fetched.

The colours are those of the finished page: light ones from the elements themselves, dark ones from
the rules that stay in its head. Contrast is computed as in WCAG 2.2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types
from lxml.cssselect import CSSSelector  # type: ignore[import-untyped]  # nor here

from digest.render.email.compose import EmailComposer
from digest.render.templates import load
from tests.render.email.views import ADA, LINKS, SITE, WEEK_OF_SEVEN, digest

ENOUGH = 4.5
LONG_DIGEST = digest([*WEEK_OF_SEVEN.picks * 8])
PAGES = {"seven": WEEK_OF_SEVEN, "empty": digest([]), "cut": LONG_DIGEST}


def page(name: str) -> etree._Element:
    html = EmailComposer(load(), SITE).html(PAGES[name], ADA, LINKS)
    return etree.fromstring(html, etree.HTMLParser())


def declarations(block: str) -> dict[str, str]:
    pairs = (each.partition(":") for each in block.replace("!important", "").split(";"))
    return {name.strip(): value.strip() for name, _, value in pairs if value}


def dark_rules(root: etree._Element) -> Iterator[tuple[str, dict[str, str]]]:
    [style] = root.xpath("//head/style")
    block = style.text.partition("prefers-color-scheme: dark")[2]
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", block.partition("{")[2]):
        for selector in selectors.split(","):
            yield selector.strip(), declarations(body)


def styles(root: etree._Element, scheme: str) -> dict[etree._Element, dict[str, str]]:
    found = {each: declarations(each.get("style", "")) for each in root.iter("*")}
    if scheme == "dark":
        for selector, said in dark_rules(root):
            if ":" not in selector:
                for each in CSSSelector(selector)(root):
                    found[each] |= said
    return found


def luminance(colour: str) -> float:
    if len(colour) == 4:  # as #fff
        colour = "#" + "".join(digit * 2 for digit in colour[1:])
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def inherited(found: dict[etree._Element, dict[str, str]], at: etree._Element, name: str) -> str:
    while name not in found[at]:
        at = at.getparent()
    return found[at][name]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", PAGES)
def test_every_text_stands_out_from_its_ground(name: str, scheme: str) -> None:
    root = page(name)
    found = styles(root, scheme)
    [body] = root.xpath("//body")
    checked = 0
    for each in body.iter("*"):
        said = (each.text or "").strip() + "".join((child.tail or "").strip() for child in each)
        if said:
            ground = inherited(found, each, "background-color")
            colour = inherited(found, each, "color")
            ratio = contrast(colour, ground)
            assert ratio >= ENOUGH, f"{said[:30]!r}: {colour} on {ground} is {ratio:.2f}"
            checked += 1
    assert checked > 10


def test_the_dark_scheme_says_every_colour_again() -> None:
    """One that it forgets would be dark on dark, or glaring."""
    light, _, _ = load().source("style.css").partition("@media")
    light = re.sub(r"/\*.*?\*/", "", light, flags=re.DOTALL)
    coloured = {
        selector.strip()
        for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", light)
        for selector in selectors.split(",")
        if re.search(r"#[0-9a-f]{6}", body)
    }
    dark = {selector for selector, _ in dark_rules(page("cut"))}
    assert coloured - dark == set()


def test_nothing_is_fetched() -> None:
    root = page("seven")
    assert root.xpath("//img | //link | //script | //iframe | //@src | //@background") == []
    for style in (*root.xpath("//style/text()"), *root.xpath("//@style")):
        assert "url(" not in style
        assert "@import" not in style


def test_what_screen_readers_and_old_programs_need_is_there() -> None:
    root = page("seven")
    assert root.get("lang") == "en"
    assert root.xpath("string(//title)")
    assert root.xpath("//meta[@name='color-scheme']/@content") == ["light dark"]
    assert {table.get("role") for table in root.iter("table")} == {"presentation"}
    assert [bar.get("aria-hidden") for bar in root.xpath("//*[@class='bar']")] == ["true"] * 7
    assert len(root.xpath("//h1")) == 1
    conditional = [each.text for each in root.iter(etree.Comment) if "[if mso]" in each.text]
    assert any('width="640"' in text for text in conditional)


def test_gmail_keeps_the_style_in_the_head() -> None:
    """It drops what is longer than 8,192 characters."""
    assert sum(len(style) for style in page("seven").xpath("//style/text()")) < 8192
