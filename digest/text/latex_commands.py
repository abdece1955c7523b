r"""Turns complete LaTeX (``\'e``, ``$\alpha$``) into Unicode. pylatexenc reads the commands, but
only in the short spans that contain one, since an abstract is not LaTeX as a whole: ``%`` begins no
comment in it, ``$`` is mostly money. The spans are bounded, so the time is linear in the text."""

import re
from types import ModuleType

from digest.text import latex_residue, scripts

SPECIAL = {ord(char): scripts.SET_ASIDE + ord(char) for char in "%$&#"}
SPAN_LENGTH, SPAN_GROUPS = 600, 24

_WRITTEN_OUT = ("i.e.", "e.g.", "etc.", "et al.", "w.r.t.", "vs.", "a.k.a.", "cf.", "i.i.d.")
ABBREVIATIONS = {re.sub(r"[. ]", "", words): words for words in _WRITTEN_OUT}
SPACES = {" ": " ", ",": " ", ";": " ", ":": " ", "\\": " ", "!": "", "/": "", "-": "", "@": ""}
SIGNS = SPACES | {"|": "‖"}
ACCENTS = "\"'`^~=."
LETTERS = {"o", "O", "l", "L", "ss", "ae", "AE", "oe", "OE", "aa", "AA", "i", "j"}

DECLARATION = re.compile(
    r"\\(?:em|it|bf|sc|rm|sf|tt|sl|itshape|bfseries|scshape|tiny|small|large|Large|footnotesize"
    r"|normalsize|displaystyle|textstyle|centering|noindent|xspace|protect)(?![A-Za-z]) ?"
    r"|\\(?:left|right|[bB]igg?[lr]?)(?![A-Za-z])\.?|\\(?:begin|end)\{[A-Za-z]{1,20}\*?\}"
)
COMMAND = re.compile(r"\\(?:([A-Za-z]+)(\{\})?|([^A-Za-z]))", re.DOTALL)
COMMAND_BEFORE = re.compile(r"\\[A-Za-z]{2,}\Z")
SPAN = re.compile(rf"\\(?:([A-Za-z]+)\*?|[{re.escape(ACCENTS)}])")
FUNCTION = (
    r"(?:log|ln|exp|sin|cos|tanh?|min|max|inf|sup|lim|arg(?:min|max)?|det|dim|gcd|Pr)(?![A-Za-z])"
)
BEFORE_FUNCTION = re.compile(rf"\\(?<=[\w)}}{scripts.CLOSE}]\\)(?={FUNCTION})")
AFTER_FUNCTION = re.compile(rf"(\\{FUNCTION})(?=\\(?!(?:no)?limits)[A-Za-z]|\{{\w)")
BRACE = re.compile(r"[{}]")
SCRIPT_BRACE = re.compile(r"(?<!\\)[_^]\{")
DISPLAYED = re.compile(
    rf"\$\$([^$]{{1,{SPAN_LENGTH}}})\$\$|\\\((.{{1,{SPAN_LENGTH}}}?)\\\)|\\\[(.{{1,{SPAN_LENGTH}}}?)\\\]"
)
ESCAPED = r"(?<!(?<!\\)\\)"  # before a sign: not behind one backslash, as in \$5
INLINE = re.compile(rf"{ESCAPED}\$(?!\s)(?=([^$]{{1,{SPAN_LENGTH}}})(?<!\s){ESCAPED}\$(\d?))")
NO_PRICE = re.compile(r"[\\_^]|\A[<>=+~±-]+\Z")
FORMULA_SIGN = re.compile(r"[\\_^={}<>+/*|]")


def convert(text: str) -> str:
    """Convert the LaTeX in ``text``; unknown LaTeX only loses its markup."""
    text = DISPLAYED.sub(lambda match: formula(match[1] or match[2] or match[3]), text)
    return _commands(_inline_formulas(text))


def formula(source: str) -> str:
    """Convert the inside of a formula."""
    text = latex_residue.in_math(_commands(source)).strip()
    return scripts.in_math(text)


def mark_scripts(text: str) -> str:
    """Replace the braces of ``_{…}`` and ``^{…}`` by ``scripts.OPEN`` and ``CLOSE``."""
    if not SCRIPT_BRACE.search(text):
        return text
    closing = _closing_braces(text)
    chars = list(text)
    for match in SCRIPT_BRACE.finditer(text):
        opened = match.end() - 1
        if opened in closing:
            chars[opened], chars[closing[opened]] = scripts.OPEN, scripts.CLOSE
    return "".join(chars)


def _inline_formulas(text: str) -> str:
    """Convert ``$…$`` if it is a formula, unlike ``costs $3 and $4``."""
    pieces, done = [], 0
    for match in INLINE.finditer(text) if "$" in text else ():
        content = match[1]
        is_price = match[2] and not NO_PRICE.search(content)
        is_formula = " " not in content or FORMULA_SIGN.search(content)
        if match.start() >= done and is_formula and not is_price:
            pieces += [text[done : match.start()], formula(content)]
            done = match.end() + len(content) + 1
    return "".join(pieces) + text[done:]


def _commands(text: str) -> str:
    if "\\" not in text:
        return text
    text = COMMAND.sub(_simple_command, DECLARATION.sub("", text))
    text = AFTER_FUNCTION.sub(r"\1 ", BEFORE_FUNCTION.sub(r" \\", text))  # n log n, not nlog n
    closing = _closing_braces(text)
    pieces, done = [], 0
    for match in SPAN.finditer(text):
        if match.start() < done:
            continue
        before = text[done : match.start()]
        end = _span_end(text, match, closing)
        if end - match.start() > SPAN_LENGTH or text.count("{", match.start(), end) > SPAN_GROUPS:
            end = match.end()  # too long: only the command is removed
            pieces.append(before)
        else:
            pieces.append(before.rstrip(" ~") if match[1] in _macros().DROPPED.split() else before)
            source = text[match.start() : end].translate(SPECIAL)
            pieces.append(str(_macros().unicode_of(source)))
        done = end
    return "".join(pieces) + text[done:]


def _simple_command(match: re.Match[str]) -> str:
    """Convert escapes, spaces, abbreviations and unknown names; other commands stay."""
    following = match.string[match.end() : match.end() + 1]
    shown = _named(match, following) if match[1] else _sign(match, following)
    would_join = (shown + following)[:1].isalpha() and COMMAND_BEFORE.search(
        match.string[max(0, match.start() - 30) : match.start()]
    )
    return f"{{{shown}}}" if would_join else shown  # \alpha\foo is not \alphafoo


def _named(match: re.Match[str], following: str) -> str:
    name = match[1]
    if name in ABBREVIATIONS:
        return ABBREVIATIONS[name].removesuffix("." if following == "." else "\0")
    if name in _macros().arguments():
        return match[0]
    return "" if following == "{" else name  # an author's own \method, or \revised{…}


def _sign(match: re.Match[str], following: str) -> str:
    sign = match[3]
    if sign in SIGNS:
        return SIGNS[sign]
    is_accent = sign in ACCENTS and (following.isalpha() or following in {"{", "\\"})
    return match[0] if is_accent or not "!" <= sign <= "~" else chr(scripts.SET_ASIDE + ord(sign))


def _closing_braces(text: str) -> dict[int, int]:
    closing, opened = {}, []
    for match in BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif opened:
            closing[opened.pop()] = match.start()
    return closing


def _span_end(text: str, match: re.Match[str], closing: dict[int, int]) -> int:
    """The end of the command with the arguments that pylatexenc will read."""
    name, end = match[1], match.end()
    arguments = _macros().arguments().get(name, "") if name else "{"
    if "[" in arguments and text[end : end + 1] == "[":
        bracket = text.find("]", end, end + 200)
        end = bracket + 1 if bracket >= 0 else end
    for _ in range(arguments.count("{")):
        start = end + (text[end : end + 1] == " ")
        if start in closing:
            end = closing[start] + 1
        elif inner := SPAN.match(text, start):
            end = inner.end()
        else:
            end = min(start + 1, len(text))
    if not arguments and text.startswith("{}", end):
        return end + 2
    return end + (name in LETTERS and text[end : end + 1] == " ")


def _macros() -> ModuleType:
    """Import the module when it is first needed: most texts contain no command."""
    from digest.text import latex_macros  # noqa: PLC0415 - pylatexenc takes 25 ms to import

    return latex_macros
