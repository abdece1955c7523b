"""Turns sub- and superscripts into Unicode: ``S_1^2`` becomes ``S₁²``."""

import re

OPEN, CLOSE = "\U0010f100", "\U0010f101"  # replace the braces of _{…} and ^{…} for a while
SET_ASIDE = 0x10F000
"""An ASCII character that must stay as it is becomes the private-use character with this code plus
its own, so that no later step reads it as markup."""
LEFT, RIGHT = chr(SET_ASIDE + ord("{")), chr(SET_ASIDE + ord("}"))

_PLAIN = "0123456789+-−=()abcdefghijklmnoprstuvwxyzTABDEGHIJKLMNOPRUVW′*∗⊤†∘"
_RAISED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵁⱽᵂ′**ᵀ†°"
RAISED = dict(zip(_PLAIN, _RAISED, strict=True))
LOWERED = dict(
    zip("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True)
)

CONTENT = re.compile(f"(?<={OPEN})[^{OPEN}{CLOSE}]{{1,200}}(?={CLOSE})")
BRACED = re.compile(rf"([_^]){OPEN}([^{OPEN}{CLOSE}]{{0,60}}){CLOSE}")
SINGLE = re.compile(r"([_^])([^\W_]|[*∗⊤†′∘∞⊥∥])")
LONE_INDEX = re.compile(r"(?<![\w/.\\])([^\W\d_])_(\d{1,3})(?!\w|\.\w)")
LONE_POWER = re.compile(r"((?<!\w)[^\W\d_]|[\d)\]₀-₉])\^(-?\d{1,3})(?![\w^/]|\.\w)")


def braced(text: str) -> str:
    """Convert scripts between ``OPEN`` and ``CLOSE``; those without a Unicode form keep braces."""
    for _ in range(3):  # innermost first; deeper nesting keeps its braces
        text, count = BRACED.subn(lambda match: script(match[1], match[2]), text)
        if not count:
            break
    return text.replace(OPEN, LEFT).replace(CLOSE, RIGHT)


def in_math(text: str) -> str:
    """Convert the scripts of a formula: in braces, or one character after ``_`` or ``^``."""
    return SINGLE.sub(lambda match: script(match[1], match[2]), braced(text))


def lone(text: str) -> str:
    """Convert scripts outside formulas: numbers after one letter, as in ``L_2`` and ``n^2``."""
    text = LONE_INDEX.sub(lambda match: match[1] + script("_", match[2]), text)
    return LONE_POWER.sub(lambda match: match[1] + script("^", match[2]), text)


def script(sign: str, content: str) -> str:
    """Raise (``^``) or lower (``_``) ``content``; without a Unicode form it gets braces."""
    content = content.strip()
    if sign == "_" and content in {"∞", "⊥", "∥"}:
        return content  # beside its letter it reads as the index that it is: H∞
    table = RAISED if sign == "^" else LOWERED
    if all(char in table for char in content):
        return "".join(table[char] for char in content)
    return sign + (content if content.isalnum() or len(content) == 1 else f"{LEFT}{content}{RIGHT}")
