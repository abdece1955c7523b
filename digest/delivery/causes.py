"""Why a message was refused for good, judged by status codes (RFC 3463) and the server's words."""

import re
from enum import StrEnum

from digest.delivery.envelope import without_addresses


class Cause(StrEnum):
    """What a permanent refusal is about. Only the first says that an address does not exist."""

    ADDRESS = "no such address"
    FULL = "mailbox full"
    SIZE = "message too large"
    POLICY = "policy or reputation"
    OTHER = "other"


_STATUS = re.compile(r"(?<![\w.])([245])\.(\d{1,3})\.(\d{1,3})(?!\w|\.\d)")
_NOT_OF_RECIPIENT = frozenset({5, 7, 8, 9, 20, 90})
"""Details of 5.1.x that do not say that the recipient is unknown: most are about the sender."""
_WORDS = {
    Cause.FULL: re.compile(
        r"(?:mail ?box|inbox|account|user|recipient)\S*(?: \S+){0,3} full\b|\bquota\b|overquota"
        r"|insufficient (?:\w+ )?storage|(?:out of|exceeded) storage"
        r"|(?:not enough|no) (?:\w+ )?(?:storage|space)|disk full",
        re.IGNORECASE,
    ),
    Cause.SIZE: re.compile(
        r"(?:message|mail|size|content)(?: \S+){0,4} (?:too (?:large|big)|exceed\w*)"
        r"|exceed\w*(?: \S+){0,4} (?:size|limit)|size limit|too (?:large|big)",
        re.IGNORECASE,
    ),
    Cause.POLICY: re.compile(
        r"\b(?:spam\w*|junk|block(?:ed|list\w*)|(?:black|deny|grey|gray)list\w*|rbl|dnsbl|spamhaus"
        r"|reputation|dmarc|spf|dkim|arc|polic(?:y|ies)|authenticat\w*|unauthenticated|banned"
        r"|virus\w*|unsolicited|too many|rate.?limit\w*|relay(?:ing)?|prohibited|denied|sender"
        r"|(?:un|not )authori[sz]ed|not (?:allowed|permitted)|suspicious"
        r"|(?<!not )listed (?:in|by|on|at)|ptr|reverse dns|helo|ehlo|forged|abuse)\b",
        re.IGNORECASE,
    ),
}
_BELIEVED = {
    Cause.FULL: _WORDS[Cause.FULL],
    Cause.POLICY: re.compile(
        r"\b(?:spam|block(?:ed|list\w*)|blacklist\w*|rbl|dnsbl|spamhaus|reputation|dmarc|spf|dkim"
        r"|sender|mail from|too many)\b",
        re.IGNORECASE,
    ),
}
"""Words that are believed rather than a status code for an unknown address beside them."""
_WHO = r"(?:user|users|recipient|addressee|mail ?box|account|address|alias|user ?id|local part)"
_UNKNOWN = re.compile(
    rf"\b(?:no such|unknown|invalid|non-?existent|unrouteable|unrecogni[sz]ed|bad destination)"
    rf" (?:\w+ ){{0,2}}{_WHO}(?!\w)"
    rf"|\b{_WHO}\W(?:\S+ ){{0,4}}?(?:is |was |are )?"
    r"(?:unknown|not (?:be )?found|(?:does not|doesn't|doesnt|did not|not) exist|nonexistent"
    r"|not known|invalid)\b"
    r"|\b(?:does not|doesn't) have an? \S+ account\b|\bno (?:mail ?box|account) here\b"
    r"|\bnot listed in (?:the )?(?:public |domino )"
    r"|\bis not a (?:valid|known) (?:user|mail ?box|recipient|account|address)\b",
    re.IGNORECASE,
)

_LONGEST = 4000  # the characters of a reply that are read
_AFTER_DATA = re.compile(r"\bDATA\b|end of data")
"""Who has accepted RCPT and refuses the message with "user unknown" means the message."""


def cause_of(reply: str, status: str = "") -> Cause:
    """Judge the words of a server, which begin with its reply code if there is one, and the
    ``Status`` field of a report. Every status code has to speak of the address: where two of them,
    or the words, say something else, that is believed, since it does less harm. Without a code
    that says anything, the words decide: none but a clear "user unknown" stands for an address."""
    words = " ".join(reply[:_LONGEST].split())
    words = without_addresses(words).replace("[address]", "<>")
    codes = [code for code in _codes(f"{status} {words}") if code[2] or code[1] == 1]
    if codes and all(_is_of_address(code) for code in codes):
        return next(
            (cause for cause, said in _BELIEVED.items() if said.search(words)), Cause.ADDRESS
        )
    for _, subject, detail in codes:
        match subject, detail:
            case 2, 2:
                return Cause.FULL
            case (2, 3) | (3, 4):
                return Cause.SIZE
            case 7, _:
                return Cause.POLICY
    for cause, said in _WORDS.items():
        if said.search(words):
            return cause
    passing = words.startswith("4") or any(code[0] == 4 for code in _codes(status))
    unknown = not (codes or passing or _AFTER_DATA.search(words)) and _UNKNOWN.search(words)
    return Cause.ADDRESS if unknown else Cause.OTHER


def has_status(words: str) -> bool:
    """Whether a status code for a permanent failure stands in a text."""
    return any(code[0] == 5 for code in _codes(words))


def is_of_recipient(reply: str) -> bool:
    """Whether a permanent refusal in an SMTP session counts against the recipient's address: not
    where the server did not like the session itself, or does not relay for us at all."""
    ours = re.match(r"50[0-4]|53[0458]|555", reply) or re.search(r"\brelay", reply, re.IGNORECASE)
    return ours is None


def _codes(text: str) -> list[tuple[int, int, int]]:
    return [(int(one), int(two), int(three)) for one, two, three in _STATUS.findall(text)]


def _is_of_address(code: tuple[int, int, int]) -> bool:
    return code[:2] == (5, 1) and code[2] not in _NOT_OF_RECIPIENT
