"""Finds the repository with the code of a paper, in links and in what its authors write."""

import re

from digest.sources.links import web_url

FORGE = (
    r"(?:(?:github\.com|gitlab\.com|bitbucket\.org|codeberg\.org|gitee\.com|git\.sr\.ht"
    r"|gitlab\.[a-z0-9.-]{3,60})/[\w~.-]{1,100}|anonymous\.4open\.science/r|sourceforge\.net/projects)"
)
REPOSITORY = re.compile(
    rf"(?:https?://)?(?:www\.)?(?P<address>{FORGE}/[\w.-]{{1,100}}(?:[/?#][\w.~%#/=?&+@:-]{{0,300}})?)",
    re.IGNORECASE,
)
SITES = ("git", "bitbucket.org", "codeberg.org", "4open.science", "sourceforge.net")
OF_THE_SITE = re.compile(
    r"github\.com/(?:about|apps|blog|features|login|marketplace|orgs|search|sponsors|topics)\b",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?][\"')\]]?\s+(?=[^\W\d_a-z]|\d)|\n\s*\n")
BEFORE = 400  # the characters of a sentence that are read before a link
NOUN = (
    r"\b(?:(?:source[ -]?)?codes?|code-?base|implementations?|software|packages?|library"
    r"|repos?(?:itory)?|tool(?:kit|box)?s?|scripts?|github)\b"
)
GIVEN = (
    r"\b(?:availab\w+|releas\w+|open[ -]?sourc\w+|publish\w*|found|access\w*|hosted|shar(?:ed?|ing)"
    r"|provid\w+|download\w*|obtained|public(?:ly)?|online|maintained|contribute)\b"
)
OWN = re.compile(
    rf"{NOUN}.*{GIVEN}|{GIVEN}.*{NOUN}|\bopen[ -]?sourc\w+\b"
    rf"|{NOUN}(?:[^.]{{0,40}}(?:\bat|\bis|\bin|\bon|\bhere|\bvia|[:(]))?[\s:(<\[{{“\"']*$",
    re.IGNORECASE | re.DOTALL,
)
FOREIGN = re.compile(
    r"\b(?:(?:buil[dt]|builds|building|bas(?:ed|es)|rel(?:y|ies|ied)) (?:up)?on|top of|fork\w*"
    r"|et al|us(?:e|es|ed|ing) the [\w -]{0,40}(?:code|implementation)s?|adapted|adopted|borrow\w*"
    r"|taken from|extends?|their|third[- ]party|compared? (?:to|with)|following|inspired"
    r"|baselines? (?:of|from|at|in))\b",
    re.IGNORECASE,
)
"""What says that a link leads to the code of others."""


def repository(url: object) -> str | None:
    """``url`` as that of a repository at a known forge; None if it is none."""
    if not isinstance(url, str) or not (match := REPOSITORY.fullmatch(url.strip())):
        return None
    return _clean(match)


def first_repository(text: str) -> str | None:
    """The first repository that a text names."""
    return next(filter(None, (_clean(match) for match in REPOSITORY.finditer(text))), None)


def own_code(text: str) -> str | None:
    """The repository of which a text says that it has the code of its authors, as in "our code is
    available at https://github.com/ada/lamps"; None if no sentence clearly does."""
    start = 0
    if not any(site in text.casefold() for site in SITES):  # almost always, and much faster
        return None
    for match in REPOSITORY.finditer(text):
        before = SENTENCE_END.split(text[max(start, match.start() - BEFORE) : match.start()])[-1]
        start = match.end()
        if OWN.search(before) and not FOREIGN.search(before) and (found := _clean(match)):
            return found
    return None


def _clean(match: re.Match[str]) -> str | None:
    address = match["address"].rstrip(".,;:-/?#").removesuffix(".git")
    return None if OF_THE_SITE.match(address) else web_url(f"https://{address}")
