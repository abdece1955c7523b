"""Tells pylatexenc what LaTeX commands mean in titles and abstracts: letters without styles."""

import logging
import re
from functools import lru_cache
from typing import Any

# pylatexenc ships no types
from pylatexenc import latex2text, latexwalker  # type: ignore[import-untyped]
from pylatexenc.latex2text import LatexNodes2Text, MacroTextSpec  # type: ignore[import-untyped]
from pylatexenc.macrospec import LatexContextDb, std_macro  # type: ignore[import-untyped]

from digest.text import scripts

SHOWN = (
    "mathcal mathbf mathrm mathsf mathit mathfrak mathscr mathtt bm boldsymbol pmb operatorname"
    " mbox hbox underline texttt textsf textmd textup textsl"
)
DROPPED = "ref eqref autoref cref Cref pageref label cite citep citet citealp citealt nocite"
# pylatexenc knows these commands, but they read the clock, a file or earlier text.
UNUSABLE = {"today", "input", "include", "title", "author", "date", "maketitle"}
BLACKBOARD = dict(zip("CHNPQRZ", "ℂℍℕℙℚℝℤ", strict=True))
SIGNS = {"checkmark": "✓", "xmark": "✗", "prime": "′", "limits": "", "nolimits": ""}
SIGNS |= {
    "textbraceleft": scripts.LEFT,
    "textbraceright": scripts.RIGHT,
    "textasciicircum": chr(scripts.SET_ASIDE + ord("^")),
}
ROOTS = {"": "√", "2": "√", "3": "∛", "4": "∜"}


@lru_cache(maxsize=1)
def arguments() -> dict[str, str]:
    """The known commands with the arguments that each takes, as ``[{{``."""
    context = _argument_context()
    names = {spec.macroname for spec in _converter().latex_context.iter_macro_specs()}
    known = {}
    for name in names - UNUSABLE:
        parser = getattr(context.get_macro_spec(name), "args_parser", None)
        known[name] = getattr(parser, "argspec", None) or ""
    return known


@lru_cache(maxsize=4096)
def unicode_of(source: str) -> str:
    """Convert a short piece of LaTeX; if pylatexenc fails, only its markup is removed."""
    try:
        return str(_converter().latex_to_text(source, latex_context=_argument_context()))
    except Exception:  # the library raises errors of any type for a malformed command
        return re.sub(r"\\[A-Za-z]*|[{}]", "", source)


@lru_cache(maxsize=1)
def _converter() -> LatexNodes2Text:
    # Malformed LaTeX is expected here, and an operator can do nothing about it.
    logging.getLogger("pylatexenc").setLevel(logging.CRITICAL)
    context = latex2text.get_default_latex_context_db()
    shown = [MacroTextSpec(name, simplify_repl="%s") for name in SHOWN.split()]
    dropped = [MacroTextSpec(name, simplify_repl=lambda _: "") for name in DROPPED.split()]
    signs = [MacroTextSpec(name, simplify_repl=sign) for name, sign in SIGNS.items()]
    known = ((f"wide{name}", context.get_macro_spec(name)) for name in ("hat", "tilde"))
    wide = [MacroTextSpec(name, spec.simplify_repl) for name, spec in known]
    own = [
        MacroTextSpec("sqrt", simplify_repl=_root),
        MacroTextSpec("mathbb", simplify_repl=_blackboard),
        MacroTextSpec("enquote", simplify_repl="“%s”"),
        MacroTextSpec("url", simplify_repl="%s"),
        MacroTextSpec("href", simplify_repl="%(2)s (%(1)s)"),
        MacroTextSpec("footnote", simplify_repl=" (%(2)s)"),
        MacroTextSpec("textcolor", simplify_repl="%(3)s"),
        MacroTextSpec("textsubscript", simplify_repl=f"_{scripts.OPEN}%s{scripts.CLOSE}"),
        MacroTextSpec("textsuperscript", simplify_repl=f"^{scripts.OPEN}%s{scripts.CLOSE}"),
        *(MacroTextSpec(name, simplify_repl=_fraction) for name in ("frac", "dfrac", "tfrac")),
    ]
    macros = [*shown, *dropped, *signs, *wide, *own]
    context.add_context_category("papers", prepend=True, macros=macros)
    return LatexNodes2Text(context, strict_latex_spaces="based-on-source")


@lru_cache(maxsize=1)
def _argument_context() -> LatexContextDb:
    context = latexwalker.get_default_latex_context_db()
    one = f"{SHOWN} {DROPPED} enquote textsubscript textsuperscript mathbb".split()
    macros = [
        *(std_macro(name, "*[[{" if name.startswith("cite") else "{") for name in one),
        *(std_macro(name, "{{") for name in ("frac", "dfrac", "tfrac", "href")),
        std_macro("textcolor", "[{{"),
    ]
    context.add_context_category("papers", prepend=True, macros=macros)
    return context


def _argument(node: Any, converter: LatexNodes2Text, index: int) -> str:
    given = node.nodeargd.argnlist if node.nodeargd else ()
    if index >= len(given) or given[index] is None:
        return ""
    return str(converter.nodelist_to_text([given[index]])).strip()


def _blackboard(node: Any, l2tobj: LatexNodes2Text) -> str:
    letters = _argument(node, l2tobj, 0)
    return "".join(BLACKBOARD.get(letter, letter) for letter in letters)


def _root(node: Any, l2tobj: LatexNodes2Text) -> str:
    index, content = (_argument(node, l2tobj, number) for number in (0, 1))
    return f"{ROOTS.get(index) or scripts.script('^', index) + '√'}({content})"


def _fraction(node: Any, l2tobj: LatexNodes2Text) -> str:
    parts = (_argument(node, l2tobj, index) for index in (0, 1))
    return "/".join(part if part.isalnum() else f"({part})" for part in parts)
