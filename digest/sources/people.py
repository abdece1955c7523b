"""Splits what sources say of a paper's authors into people, each as ``Given Surname``.

A comma separates people, or a surname from what comes before it: what is true is decided by the
whole text, from initials, single words, particles, suffixes and the names of groups.
"""

import re

from digest.text.clean import one_line

LONGEST = 100_000  # characters; some papers of physics have three thousand authors
MAILBOX = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,4}")
IN_ANGLES = re.compile(r"<[^<>]{0,200}>")
NAME_OF_MAILBOX = re.compile(rf"{MAILBOX.pattern}\s*\(([^()]{{1,100}})\)")
IN_BRACKETS = re.compile(r"\s*(?:\([^()]*\)|\[[^\[\]]*\])")
LABEL = re.compile(
    r"^(?:(?i:authors?|author\(s\)|creators?|by)\s*:\s*|(?i:by)\s+(?=[^\W\d_a-z])"
    r"|(?i:for|on behalf of)\s+(?=the\s))"
)
AND_OTHERS = re.compile(
    r"(?<![,;\s])[,;\s]*(?:\bet\.? al(?:ii|\b)\.?|\band (?:\d+ )?others\b\.?|…|\.\.\.)",
    re.IGNORECASE,
)
NOBODY = {"anonymous", "unknown", "n/a", "none", "null", "no authors", "no authors listed"}
STRONG = re.compile(r"\s*[;；|、，•·\t]\s*|\s+/\s+")
COMMA = re.compile(r"\s*[,،]\s*")
AND = re.compile(r"(?<![\s,])[\s,]+(?:and|&|on behalf of|for(?= the\b))\s+", re.IGNORECASE)
AND_ELSEWHERE = re.compile(r"\s+(?:und|et|y|и|en|och)\s+")
NOTE = re.compile(r"(?<=[^\W_])[\d¹²³⁰-⁹*†‡§¶#✉]+$|^[\d¹²³⁰-⁹*†‡§¶#✉]+(?=[^\W\d_])")
TITLE = re.compile(r"(?:Dr|Prof|Professor|Mrs?|Ms|PD|Ing)\b\.?\s+(?=\S+\s)")
SUFFIX = re.compile(
    r"(?:jr|sr|jnr|snr)\.?|junior|senior|I{2,3}|IV|VI{0,2}|[23]rd|2nd|4th",
    re.IGNORECASE,
)
DEGREE = re.compile(
    r"(?:ph\.? ?d|m\.? ?d|d\.?phil|(?:m|b)\.?sc|mph|mba|msn?|bsn?|rn|dds|dvm|facs|frcp|pharmd|drph"
    r"|esq|(?:senior |life |student |graduate student )?(?:member|fellow)|ieee)\.?",
    re.IGNORECASE,
)
INITIAL = r"(?:(?!St\.|Jr\.|Sr\.)[^\W\d_a-z][^\W\d_A-Z]?\.)"
DOTTED = re.compile(rf"{INITIAL}(?:[-‐ ]?{INITIAL})*(?:[-‐ ]?[^\W\d_a-z])?")
BARE = re.compile(r"[^\W\d_a-z](?:[- ]?[^\W\d_a-z]){0,2}")
ENDS_IN_INITIAL = re.compile(rf"\S+ (?:{INITIAL}[-‐ ]?){{1,3}}")
SURNAME_FIRST = re.compile(
    rf"(?P<surname>[^\W\d_][^\d.,]*[^\W\d_A-Z])\s+(?P<initials>{DOTTED.pattern}|[A-Z]{{1,3}})"
    r"(?P<suffix>(?:\s+(?:Jr|Sr)\.?)?)"
)
TWO_INITIALS = re.compile(rf"{INITIAL}[-‐ ]?{INITIAL}(?:\s+[JS]r\.?)?$")
PARTICLE = re.compile(
    r"(?:van|von|vom|de|del|della|degli|di|da|dal|dos|das|do|der|den|des|du|la|le|lo|el|al|bin|ibn"
    r"|abu|ter|ten|te|zu|zur|zum|af|av|san|st\.|d['’]|l['’])(?=[\s'’]|(?<=['’]))"
)
GROUP = re.compile(
    r"\b(?:collaborations?|consorti(?:um|a)|group|team|network|initiative|investigators|committee"
    r"|working group|project|program(?:me)?|society|association|institutes?|university|universit\w+"
    r"|department|centers?|centres?|council|commission|foundation|federation|alliance|organi[sz]ation"
    r"|administration|agency|laborator(?:y|ies)|lab|labs|ministry|academy|board|task force|study"
    r"|trial|panel|partnership|services|school|college|hospital|inc|ltd|gmbh|llc|corporation"
    r"|company|editors|staff|community|developers|survey|registry|observatory)\b",
    re.IGNORECASE,
)
GROUP_END = re.compile(f"{GROUP.pattern}$", re.IGNORECASE)
CJK = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]+")


def split(text: str) -> list[str]:
    """The people, and groups of people, that ``text`` names; none where it names nobody.

    ``Example, Ada`` is one person, ``Example, A., Sample, B.`` are two, and so are ``Ada Example,
    Bob Sample``. Addresses, affiliations in brackets, degrees and ``et al.`` are left out.
    """
    lines = [line for line in text[:LONGEST].splitlines() if line.strip()]
    if len(lines) > 1 and not re.search(r"[,;]|\band\b", text):
        return [name for line in lines for name in split(line)]
    clean = NAME_OF_MAILBOX.sub(r"\1", one_line(" ".join(lines)))
    clean = MAILBOX.sub("", IN_ANGLES.sub("", clean))
    for _ in range(3):
        clean = IN_BRACKETS.sub("", clean)
    clean = AND_OTHERS.sub(", ", LABEL.sub("", clean.strip(), count=1))
    parts = [part for part in map(_bare, STRONG.split(clean)) if part]
    names = [name for part in parts for name in _people(part, is_one=len(parts) > 1)]
    if len(names) > 1 and all(
        SURNAME_FIRST.fullmatch(name) or GROUP.search(name) for name in names
    ):
        names = [_initials_first(name) for name in names]
    return [name for name in names if name.lower().rstrip(".") not in NOBODY]


def _bare(name: str) -> str:
    """``name`` without marks of footnotes, and what is not of a name at its ends."""
    for _ in range(2):
        name = NOTE.sub("", name.strip(" ,:&|-–"))
    return name


def _people(text: str, *, is_one: bool) -> list[str]:
    """The people in a text without semicolons; ``is_one``: semicolons stood around it."""
    if _is_group_with_commas(text):
        return [text]
    segments = [_merged(COMMA.split(segment)) for segment in _at_and(text)]
    segments = [segment for segment in segments if segment]
    if is_one and len(segments) == 1 and len(segments[0]) == 2 and not _is_group(segments[0][1]):
        return [_joined(*segments[0])]
    tokens = [token for segment in segments for token in segment]
    if _are_pairs(tokens) and all(len(segment) % 2 == 0 for segment in segments):
        return [_joined(*pair) for pair in zip(tokens[::2], tokens[1::2], strict=True)]
    if any(map(_is_given, tokens[1:])):
        return _paired_where_given(tokens)
    if _is_first_inverted(segments, tokens):
        return [_joined(*tokens[:2]), *map(_natural, tokens[2:])]
    return [_natural(token) for token in tokens]


def _at_and(text: str) -> list[str]:
    """The parts between words for "and", except one in the name of a group."""
    parts: list[str] = []
    for part in AND.split(text):
        alone = AND_ELSEWHERE.split(part)
        found = alone if all(len(each.split()) > 1 for each in alone) else [part]
        before = parts[-1] if parts else ""
        if before and _is_inside_group(before.rpartition(",")[2], found[0]):
            parts[-1] = f"{before} and {part}"
        else:
            parts += found
    return parts


def _is_inside_group(before: str, after: str) -> bool:
    """Whether "and" between the two stands in the name of a group."""
    head = COMMA.split(after)[0]
    if len(before) > 300 or not (GROUP.search(before) or GROUP.search(head)):
        return False
    words = before.split()
    if not GROUP.search(head):  # the group stands before, whole or as its beginning
        return not (GROUP_END.search(before) and _is_full(head))
    is_name = len(words) in {2, 3} or before.endswith(".") or GROUP.search(before)
    is_new = is_name and words[0] != "The" and re.match(r"[Tt]he\b|[A-Z]{3,}\b|\S+ Collab", head)
    return not is_new


def _is_group_with_commas(text: str) -> bool:
    """Whether all of ``text`` is one name, as of a consortium "for Health, Wealth, and Care"."""
    if "," not in text or not GROUP.search(text) or DOTTED.search(text):
        return False
    first, *rest = COMMA.split(text)
    if GROUP.search(first) and re.search(r"\b(?:for|of|on|in|to)\b", first):
        return not any(_is_full(token) for token in rest)
    is_begun = first.startswith("The ") and not GROUP.search(first)
    return is_begun and bool(GROUP.search(rest[-1])) and all(" " not in each for each in rest[:-1])


def _is_full(token: str) -> bool:
    """Whether it is a name of two words or more, such as ``Ada Example``."""
    words = re.sub(r"^and\s+", "", token).split()
    capital = all(word[:1].isupper() for word in words)
    return len(words) > 1 and capital and not GROUP.search(token)


def _merged(tokens: list[str]) -> list[str]:
    """The tokens without degrees, with a suffix such as ``Jr.`` at the name before it."""
    merged: list[str] = []
    for token in map(_bare, tokens):
        if not any(map(str.isalpha, token)):
            continue  # a year of birth, the number of an affiliation
        is_single = bool(merged) and len(merged[-1].split()) == 1 and len(merged) % 2 == 1
        if merged and SUFFIX.fullmatch(token) and not (is_single and token in {"V", "VI", "I"}):
            merged[-1] += f" {token}"
        elif not (DEGREE.fullmatch(token) and merged and not is_single):
            merged.append(
                LABEL.sub("", TITLE.sub("", token)) if GROUP.search(token) else TITLE.sub("", token)
            )
    return merged


def _is_initials(token: str) -> bool:
    is_bare = BARE.fullmatch(token) and token.isupper()
    return bool(is_bare or (DOTTED.fullmatch(token) and token[0].isupper()))


def _is_given(token: str) -> bool:
    """Whether it can only be what stands before a surname, as ``A. B.`` and ``Ada B.``."""
    return _is_initials(_without_suffix(token)) or bool(ENDS_IN_INITIAL.fullmatch(token))


def _without_suffix(token: str) -> str:
    before, _, last = token.rpartition(" ")
    return before if before and SUFFIX.fullmatch(last) and len(last) > 1 else token


def _is_given_or_begun(token: str) -> bool:
    """Whether the token is no surname, since it has initials at its end or beginning."""
    return bool(ENDS_IN_INITIAL.fullmatch(token) or DOTTED.match(token))


def _is_surname(token: str) -> bool:
    """Whether it looks like a surname alone: one word, or one with particles before it."""
    if _is_group(token) or _is_initials(token):
        return False
    return " " not in _without_suffix(token) or bool(PARTICLE.match(token))


def _is_group(token: str) -> bool:
    return bool(GROUP.search(token) or token.startswith("the "))


def _are_pairs(tokens: list[str]) -> bool:
    """Whether the tokens are surname and given name in turn."""
    pairs = list(zip(tokens[::2], tokens[1::2], strict=False))
    if not pairs or len(tokens) % 2 or any(map(_is_group, tokens)):
        return False
    if any(CJK.fullmatch(token) for token in tokens):
        return all(len(surname) == 1 for surname, _ in pairs)
    if all(_is_given(given) and not _is_given_or_begun(surname) for surname, given in pairs):
        return True
    singles = [" " not in _without_suffix(given) for _, given in pairs]
    surnames = [_is_surname(surname) for surname, _ in pairs]
    if any(DOTTED.match(surname) or PARTICLE.match(given) for surname, given in pairs):
        return False
    if any(len(given) > 3 and given.isupper() > surname.isupper() for surname, given in pairs):
        return False  # the given name is the acronym of a group
    return all(surnames) or all(singles)


def _paired_where_given(tokens: list[str]) -> list[str]:
    """The people where some tokens are given names or initials, which follow their surname."""
    names: list[str] = []
    position = 0
    while position < len(tokens):
        token, after = tokens[position], tokens[position + 1 : position + 2]
        is_pair = bool(after) and not _is_group(token) and not _is_given_or_begun(token)
        if is_pair and (_is_given(after[0]) or (_is_surname(token) and _is_surname(after[0]))):
            names.append(_joined(token, after[0]))
            position += 1
        else:
            names.append(_natural(token))
        position += 1
    return names


def _is_first_inverted(segments: list[list[str]], tokens: list[str]) -> bool:
    """Whether only the first name has its surname first: ``Example, Ada, and Bob Sample``."""
    if len(tokens) < 3 or not all(" " in token for token in tokens[2:]) or len(segments[0]) < 2:
        return False
    return all(_is_surname(token) for token in tokens[:2]) and not CJK.search(tokens[0])


def _joined(surname: str, given: str) -> str:
    """The name in its natural order; a suffix such as ``Jr.`` ends it."""
    if CJK.fullmatch(surname) and CJK.fullmatch(given):
        return surname + given
    suffixes = []
    for name in (surname, given):
        bare = _without_suffix(name)
        suffixes.append(name[len(bare) :])
    first, last = _without_suffix(given), _without_suffix(surname)
    space = "" if re.search(r"\b[dl]['’]$", first) else " "
    if not (len(first) == 3 and first.isalpha() and last.isupper()):
        first = _spaced(first)
    return f"{first}{space}{last}{''.join(suffixes)}"


def _spaced(initials: str) -> str:
    """``A.B.`` as ``A. B.``, and ``AB`` as ``A. B.``: one form for all sources."""
    if BARE.fullmatch(initials):
        letters = re.sub(r"[^\W\d_]", r"\g<0>.", initials)
        return re.sub(r"\.(?=[^\W\d_])", ". ", letters)
    return re.sub(r"\.(?=[^\W\d_])", ". ", initials) if DOTTED.fullmatch(initials) else initials


def _natural(name: str) -> str:
    """``Example A. B.`` as ``A. B. Example``; any other name as it is."""
    return _initials_first(name) if TWO_INITIALS.search(name) else name


def _initials_first(name: str) -> str:
    match = SURNAME_FIRST.fullmatch(name)
    if not match or GROUP.search(name) or SUFFIX.fullmatch(match["initials"]):
        return name
    return f"{_spaced(match['initials'])} {match['surname']}{match['suffix']}"
