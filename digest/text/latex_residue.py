r"""Turns LaTeX that lost its backslashes and dollar signs into Unicode: a papers page shows
``$\sim$21M`` as ``sim21M``. Each rule requires a context in which its word cannot be an ordinary
one; ``similar``, ``sometimes``, ``sim2real``, ``5 times`` and a single ``tau`` stay as they are."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping

from digest.text.scripts import CLOSE, OPEN, SET_ASIDE

GREEK_NAMES = (
    "alpha beta gamma delta epsilon varepsilon zeta eta theta vartheta iota kappa lambda mu nu xi"
    " pi rho sigma tau upsilon phi varphi chi psi omega ell"
    " Gamma Delta Theta Lambda Xi Pi Sigma Upsilon Phi Psi Omega"
)
GREEK = dict(zip(GREEK_NAMES.split(), "αβγδεεζηθϑικλμνξπρστυφφχψωℓΓΔΘΛΞΠΣΥΦΨΩ", strict=True))
OPERATOR_NAMES = (
    "times cdot circ leq geq neq simeq approx equiv propto infty oplus otimes odot"
    " rightarrow leftarrow cdots ldots"
)
OPERATORS = dict(zip(OPERATOR_NAMES.split(), "×·∘≤≥≠≃≈≡∝∞⊕⊗⊙→←⋯…", strict=True))
"""Only ``times`` of these is an English word; none is one with one more letter before it."""
RELATIONS = {"ll": "≪", "gg": "≫", "le": "≤", "ge": "≥", "ne": "≠", "in": "∈", "to": "→"}
"""They are words or ends of words, so they are converted only between operands."""
SYMBOLS = GREEK | OPERATORS | RELATIONS
CODE_POINTS = {"2013": "–", "2014": "—", "2018": "‘", "2019": "’", "201c": "“", "201d": "”"}
ARROW_NAMES = (
    "right left leftright Right Left Leftright Longright Longleft Longleftright hookright hookleft"
)
ARROWS = dict(zip(ARROW_NAMES.split(), "→←↔⇒⇐⇔⇒⇐⇔↪↩", strict=True))
VERTICAL_ARROWS = {"updownarrow": "↕", "uparrow": "↑", "downarrow": "↓"}
RAISED_NAMES = {"top": "ᵀ", "⊤": "ᵀ", "prime": "′", "′": "′", "circ": "°", "∘": "°"}


def _one_of(names: Iterable[str]) -> str:
    return f"(?:{'|'.join(sorted(names, key=len, reverse=True))})"


LETTER = _one_of(GREEK)
SIGN = _one_of(OPERATORS)
SYMBOL = re.compile(_one_of(SYMBOLS))
OPERAND = rf"(?:[A-Za-z]|{LETTER})"
START = r"(?<![\w.\\/])"
AFTER_ONE = r"(?<=(?<![\w.\\/-])\d/)"  # as in O(1/epsilon^2), not in a path: runs/1/epsilon_2
BASE = rf"(?:{START}|{AFTER_ONE}){LETTER}"
NO_COMPOUND = "(?!tep|tamp|cale|lot|lice|pan|eries|heet|haring)"  # not timestep, not timescale
INDEX = rf"(?:{LETTER}|infty)"
PERCENT = "%" + chr(SET_ASIDE + ord("%"))
DOLLAR = "$" + chr(SET_ASIDE + ord("$"))
NUMBER = r"\d[\d.,]*+"

BRACED_COMMAND = re.compile(
    # no word ends in the first three, so a letter may stand before them: dsqrt{T}
    r"(?<!\\)(?=(?:math(?:cal|bb|bf|rm|sf|it|frak|scr)|sqrt|operatorname"
    r"|(?<!\w)(?:text(?:bf|it|rm|sc|tt|sf|sl)?|boldsymbol|emph|underline|overline|[dt]?frac"
    r"|(?:wide)?(?:hat|tilde)|bar|vec|cite[pt]?|footnote|url|href))\{)"
)
FORMULA_WORD = re.compile(rf"(?<![A-Za-z\\])(?:{LETTER}+|{OPERAND}?{SIGN}+{OPERAND}?)(?![A-Za-z])")
OPERATOR_SPACE = re.compile(r"(?<=\S)([·∘]) (?=\S)|(?<=\S)(×) (?=\d)")

Replacement = str | Callable[[re.Match[str]], str]
_Rule = tuple[str, str, Replacement]


def _symbols(match: re.Match[str]) -> str:
    return SYMBOL.sub(lambda name: SYMBOLS[name[0]], match[0])


def _joined(match: re.Match[str]) -> str:
    return _symbols(match).replace(" ", "")


def _of(symbols: Mapping[str, str]) -> Replacement:
    return lambda match: symbols[match[1]]


def _rule(trigger: str, pattern: str, replacement: Replacement = _symbols) -> _Rule:
    """A pattern, tried only on texts that contain ``trigger``, which is much faster to find."""
    return trigger, pattern, replacement


def _each(names: str, pattern: str, replacement: Replacement = _symbols) -> Iterator[_Rule]:
    """The rules of several names, each of which is NAME in the pattern."""
    return (_rule(name, pattern.replace("NAME", name), replacement) for name in names.split())


# Patterns that run often begin with a literal and then look behind, which is faster.
RULES = (
    # several partsx2013such as, (7B)x2014a model
    _rule("x20", rf"(?<=[A-Za-z)])x({_one_of(CODE_POINTS)})(?=[A-Za-z])", _of(CODE_POINTS)),
    # EnglishrightarrowGerman, 3.5%uparrow; not the uparrow key
    _rule("tarrow", rf"(?<!\\)(?<!\\long)(?:long)?({_one_of(ARROWS)})arrow", _of(ARROWS)),
    *(
        _rule(name, rf"(?<=[A-Za-z\d(){PERCENT}]){name}", arrow)
        for name, arrow in VERTICAL_ARROWS.items()
    ),
    # 1.22times, 224times224, ntimes n, 512 times 512; not 4timesteps, 5 times, 5 times 3
    _rule("times", rf"times(?<=[\d⁰¹²³⁴-⁹{CLOSE}]times){NO_COMPOUND}(?: (?=\d))?", "×"),
    _rule(
        "times",
        r"times(?<=[A-Za-np-z]times)(?<![A-Za-z'’][A-Za-z]times)(?![a-z]| [a-z]{2})(?: (?=\w))?",
        "×",
    ),
    _rule(" times ", rf"{START}(\d\d+|[B-HJ-Z]) times (\d\d+|[B-HJ-Z])(?![\w%-]|\.\d)", r"\1 × \2"),
    _rule(" times 10", r"(?<=\d) times (?=10[\^⁰¹²³⁴-⁹⁻])", " × "),
    # sim21M, sim0.01%, 100M sim 1B; not sim2real, sim3D
    _rule(
        "sim",
        rf"sim(?<![\w./-]sim)(?=[{DOLLAR}]?{NUMBER}(?!(?!min|sec|hou|day|GPU)[A-Za-z]{{3}}|D\b))",
        "~",
    ),
    _rule("sim ", r"sim (?<=[\d%KMBGTkx(] sim )(?=\d)|(?<=\()sim (?=\d)", "~"),
    # about sim 21M; not in sim 95%
    _rule("sim ", rf"sim (?<=[a-z] sim )(?<!\b[io]n sim )(?={NUMBER}[KMB{PERCENT}])", "~"),
    # le13 labels, geq 5, approx 3, infty
    *_each("le ge", rf"NAME(?<![\w./-]NAME)q?(?={NUMBER}(?:%|[KMBkx×])?(?!\w))"),
    *_each("leq geq neq otimes oplus", r"NAME(?<![\w./\\-]NAME)(?![\w/(.])"),
    _rule("approx", rf"{START}approx(?= ?\d)"),
    _rule("infty", rf"{START}infty(?![\w(])"),
    _rule("dot", rf"{START}(?:cdots?|ldots)(?![\w(/.])"),
    # 94.2pm0.3, 94.2 pm 0.3; not 5 pm 3, 5pm 3
    _rule("pm", r"(?<=[\d%]) ?pm(?: (?=\d+\.\d)|(?=\d))", " ± "),
    # m gg n, tau'lltau, Acdot S
    *_each("ll gg", rf"{START}(?![aI] ){OPERAND} NAME {OPERAND}(?!\w)"),
    _rule("'", rf"{START}{LETTER}'(?:ll|gg|le|ge|ne|in|to){LETTER}(?!\w)"),
    *_each(
        "cdot circ leq geq neq oplus otimes odot",
        rf"{START}{OPERAND}NAME ?(?:\d|{OPERAND})(?![^\W_])",
        _joined,
    ),
    # nu^2, pi_0, C_Phi, 3sigma; not beta_schedule, 1.0beta
    _rule("_", rf"{BASE}(?=_(?:(?:\d{{1,3}}|[A-Za-z]|{INDEX})(?!\w)|[^\w\s]))"),
    _rule("^", rf"{BASE}(?=\^(?:-?\d|[A-Za-z](?!\w)|{LETTER}(?!\w)|[^\w\s]))"),
    _rule("_", rf"(?<![^\W\d])[^\W\d_]_{INDEX}(?![A-Za-z_])"),
    _rule("^", rf"(?<![^\W\d])[^\W\d_]\^{INDEX}(?![A-Za-z_])"),
    # 360^circ, A^{top}; not the accuracy^top-1
    _rule(
        "^",
        rf"\^(?<=[^\W_]\^|[)\]{CLOSE}]\^)(?:(?:top(?!-)|prime|circ)(?![a-z])|[⊤′∘]"
        rf"|{OPEN}(?:top|prime|circ){CLOSE})",
        lambda match: RAISED_NAMES[match[0].strip(f"^{OPEN}{CLOSE}")],
    ),
    *_each("sigma mu pi epsilon lambda tau delta", r"NAME(?<=\dNAME)(?![A-Za-z_])"),
    # O(nlog n), Tlog(T); not a blog n, catalog n
    _rule("log", r"log(?<=[(\s+*][dmnKMNT]log)(?= [A-Za-z]\b(?!['’-])|\([A-Za-z]\b)", " log"),
    # xinmathbb{R}, mathbb R, Oleft(nright); not left(right), top-left(upright)
    _rule("inmath", r"in(?=math(?:bb|cal)\b)", "∈"),
    _rule("math", rf"{START}math(?:bb|cal|bf|rm|sf) ?([A-Z])(?![A-Za-z])", r"\1"),
    _rule(
        "left",
        r"left(?:(?<=[^\s(-]left)|(?=.[^()\[\]|]{0,80}[\d+=]))"
        r"([(\[|])([^()\[\]|]{1,80})(?<!\s)right([)\]|])",
        r"\1\2\3",
    ),
)


def outside_math(text: str) -> str:
    """Replace the names of symbols where their context leaves no doubt."""
    for trigger, pattern, replacement in RULES:
        if trigger in text:
            text = re.sub(pattern, replacement, text)  # compiled when it is first needed
    return text


def in_math(formula: str) -> str:
    """Replace every name of a symbol in a formula, as in ``Acdot S_1^{-alpha}``."""
    text = FORMULA_WORD.sub(_symbols, formula)
    return OPERATOR_SPACE.sub(r"\1\2", outside_math(text))


def with_backslashes(text: str) -> str:
    """Put the backslash back before commands with an argument in braces: ``\\mathcal{O}``."""
    return BRACED_COMMAND.sub(r"\\", text) if "{" in text else text
