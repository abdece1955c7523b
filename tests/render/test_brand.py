"""What a reader sees of the operator's name, colour, footer and address."""

from __future__ import annotations

import base64
import email
import hashlib
from dataclasses import replace
from email.policy import default
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.model import DeliveryId
from digest.render.brand import DARK, DARK_TEXT, LIGHT, TEXT, Brand, contrast, legible
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.templates import load
from digest.web.notices import Notices
from tests.render.email.own import own
from tests.render.email.views import ADA, LINKS, SITE, WEEK_OF_SEVEN

BRAND = Brand(
    name="Example <Library>",
    accent="#0b7a75",
    footer=("Made by the library.", "Ask us & see."),
    postal_address=("Example Library", "1 Main Street", "Springfield"),
)
BRANDED = replace(SITE, brand=BRAND, reply_to="Grace Hopper <grace@example.org>")
COLOURS = st.integers(0, 0xFFFFFF).map("#{:06x}".format)


def page(html: bytes | str) -> etree._Element:
    return etree.fromstring(html, etree.HTMLParser(encoding="utf-8"))


def foot(root: etree._Element) -> str:
    [found] = root.xpath("//*[@class='foot']")
    return " ".join(" ".join(found.itertext()).split())


def test_an_email_shows_who_sends_it() -> None:
    composer = EmailComposer(load(), BRANDED)
    assert composer.problems == ()
    root = page(composer.html(WEEK_OF_SEVEN, ADA, LINKS).encode())
    assert root.xpath("string(//*[@class='brand']/b)") == "Example <Library>"
    assert foot(root).endswith(
        "New York time. Made by the library. Ask us & see. "
        "Example Library 1 Main Street Springfield"
    )
    text = composer.text(WEEK_OF_SEVEN, ADA, LINKS)
    assert text.startswith("Example <Library> · Week 47")
    assert text.endswith(
        "New York time.\n\nMade by the library.\nAsk us & see.\n\n"
        "Example Library\n1 Main Street\nSpringfield\n"
    )


def test_answers_go_where_the_operator_wants_them() -> None:
    raw = EmailComposer(load(), BRANDED).compose(DeliveryId(1), WEEK_OF_SEVEN, ADA, LINKS).content
    message = email.message_from_bytes(raw, policy=default)
    assert str(message["Reply-To"]) == "Grace Hopper <grace@example.org>"
    assert str(message["From"]) == "Paper Digest <digest@example.org>"
    assert b"grace@example.org" in Notices(load(), BRANDED).unsubscribe("done", ADA.id)


def test_a_sender_without_a_name_goes_by_the_brand() -> None:
    site = replace(BRANDED, sender="digest@example.org")
    raw = EmailComposer(load(), site).compose(DeliveryId(1), WEEK_OF_SEVEN, ADA, LINKS).content
    found = email.message_from_bytes(raw, policy=default)["From"]
    assert found.addresses[0].display_name == "Example <Library>"


def test_pages_show_who_publishes_them() -> None:
    pages = Pages(load(), BRANDED)
    for made in (pages.help(), pages.archive(ADA, "token", WEEK_OF_SEVEN)):
        [html] = made.values()
        root = page(html)
        assert root.xpath("string(//*[@class='brand']/b)") == "Example <Library>"
        assert "Made by the library. Ask us & see. Example Library" in foot(root)


def test_the_accent_colours_links_and_bars_in_light_and_dark() -> None:
    root = page(EmailComposer(load(), BRANDED).html(WEEK_OF_SEVEN, ADA, LINKS).encode())
    assert {style for style in root.xpath("//h2/a/@style") if "#0b7a75" not in style} == set()
    assert {cell.get("bgcolor") for cell in root.xpath("//*[@class='fill']")} == {"#0b7a75"}
    dark = legible(BRAND.accent, DARK, DARK_TEXT)
    [style] = root.xpath("//head/style/text()")
    assert f"color: {dark} !important" in style.partition("prefers-color-scheme: dark")[2]
    assert len(style) < 8192  # Gmail drops what is longer


def test_a_page_allows_the_style_that_it_has() -> None:
    [html] = Pages(load(), BRANDED).help().values()
    root = page(html)
    style = root.xpath("string(//style)")
    assert "background-color: #0b7a75" in style  # the button
    [policy] = root.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    hashed = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    assert f"style-src 'sha256-{hashed}'" in policy


def test_ones_own_templates_get_the_accent_too(tmp_path: Path) -> None:
    made = own(tmp_path, ("style.css", "mark {", "b { color: #111111 }\nmark {"), site=BRANDED)
    assert made.problems == ()
    assert "color:#0b7a75" in made.html(WEEK_OF_SEVEN, ADA, LINKS)


@given(COLOURS)
def test_any_accent_can_be_read_on_every_ground(colour: str) -> None:
    for grounds, least in ((LIGHT, TEXT), (DARK, DARK_TEXT)):
        shade = legible(colour, grounds, least)
        assert all(contrast(shade, ground) >= least for ground in grounds)


@pytest.mark.parametrize("colour", ["#1d3f78", "#0b7a75"])
def test_an_accent_that_can_be_read_is_taken_as_it_is(colour: str) -> None:
    assert legible(colour, LIGHT, TEXT) == colour
