"""How an operator's name, colour and address show in emails and pages."""

from collections.abc import Sequence
from dataclasses import dataclass

LIGHT, DARK = ("#f4f1ea", "#ffffff"), ("#14161a", "#1c1f25")
"""The grounds of ``style.css`` on which text stands, in the light and in the dark scheme."""
_LIGHT_BAR, _DARK_BAR = ("#ebe6da",), ("#343841",)  # grounds of the bar that shows a match
TEXT, DARK_TEXT, SHAPE = 4.5, 7.0, 2.5
"""The least contrast with its ground of a text, of one in the dark scheme, and of a bar. WCAG 2.2
asks for 4.5 of a text; coloured text on dark grounds needs more to be read with ease."""
_STEPS = 50


@dataclass(frozen=True, slots=True)
class Brand:
    """What the section ``[brand]`` of the settings holds; all of it may be left out."""

    name: str = ""
    accent: str = ""  # a colour as `#rrggbb`
    footer: tuple[str, ...] = ()
    postal_address: tuple[str, ...] = ()

    @property
    def email_style(self) -> str:
        """Rules to add to ``style.css``; "" where no accent is set."""
        return _EMAIL % _shades(self.accent) if self.accent else ""

    @property
    def page_style(self) -> str:
        """Rules to add to ``page.css``; "" where no accent is set."""
        return _PAGE % _shades(self.accent) if self.accent else ""


NO_BRAND = Brand()
_EMAIL = """
a, .chip b { color: %(text)s; }
a:focus { outline-color: %(bar)s; }
.fill { background-color: %(bar)s; }
.why { border-color: %(edge)s; }
@media (prefers-color-scheme: dark) {
  a, .chip b { color: %(dark_text)s !important; }
  a:focus { outline-color: %(dark_bar)s !important; }
  .row a { color: #e8e4da !important; }
  .fill { background-color: %(dark_bar)s !important; }
  .why { border-color: %(dark_edge)s !important; }
}
"""
_PAGE = """
.fill { fill: %(bar)s; }
.day .row a { color: %(text)s; }
button { background-color: %(text)s; }
summary:focus-visible, pre:focus-visible, button:focus-visible { outline-color: %(bar)s; }
@media (prefers-color-scheme: dark) {
  .fill { fill: %(dark_bar)s; }
  .day .row a { color: %(dark_text)s !important; }
  button { background-color: %(dark_text)s; }
  summary:focus-visible, pre:focus-visible, button:focus-visible { outline-color: %(dark_bar)s; }
}
"""


def _shades(accent: str) -> dict[str, str]:
    """Return the accent as it can be read: darker on light grounds, lighter on dark ones."""
    bar, dark_bar = legible(accent, _LIGHT_BAR, SHAPE), legible(accent, _DARK_BAR, SHAPE)
    return {
        "text": legible(accent, LIGHT, TEXT),
        "dark_text": legible(accent, DARK, DARK_TEXT),
        "bar": bar,
        "dark_bar": dark_bar,
        "edge": _mixed(bar, LIGHT[1], 0.4),
        "dark_edge": _mixed(dark_bar, DARK[1], 0.4),
    }


def legible(colour: str, grounds: Sequence[str], least: float) -> str:
    """Mix the colour with black or white until its contrast with each ground is ``least``."""
    toward = "#000000" if _luminance(grounds[0]) > 0.2 else "#ffffff"
    steps = (_mixed(colour, toward, step / _STEPS) for step in range(_STEPS + 1))
    fits = (each for each in steps if all(contrast(each, ground) >= least for ground in grounds))
    return next(fits, toward)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours as WCAG 2.2 defines it, from 1 to 21."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in _parts(colour)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _mixed(colour: str, other: str, share: float) -> str:
    pairs = zip(_parts(colour), _parts(other), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * share):02x}" for one, two in pairs)


def _parts(colour: str) -> bytes:
    return bytes.fromhex(colour.removeprefix("#"))
