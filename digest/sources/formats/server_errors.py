"""Recognises what servers answer instead of papers: errors in JSON, as pages, and as bare text."""

import re

from digest.errors import DumpError
from digest.sources.formats.json_values import is_object
from digest.sources.formats.values import text_in
from digest.sources.records import File, Reading
from digest.text.clean import cut

LONGEST = 300  # characters of an error that are quoted
KEYS = ("error", "errors", "message", "messages", "detail", "errorMessage", "esummaryresult")
NO_ERROR = re.compile(r"ok\b|success|no (?:posts|results|papers|records) found", re.IGNORECASE)
OF_PAPERS = ("items", "results", "papers", "data", "collection", "notes")
PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!doctype[^>]{0,200}>\s*)?"
    r"<(?:html|head|title|body|center|h1)\b",
    re.IGNORECASE,
)
TITLE = re.compile(r"<(?:title|h1)[^>]{0,200}>([^<]{1,300})</(?:title|h1)", re.IGNORECASE)
OF_ERRORS = re.compile(
    r"\s*(?:error\s*:?\s*)?(?:(?:40\d|41[0-8]|42\d|451|50\d|52\d)\b[\s:|–—-]*(?:[A-Z]|$)"
    r"|bad gateway|bad request|forbidden|(?:page |resource )?not found|too many requests"
    r"|service (?:temporarily )?unavailable|gateway time-?out|internal server error|access denied"
    r"|just a moment|attention required|are you a robot|robot check|unauthorized|request blocked"
    r"|rate (?:limit )?exceeded|api rate limit|site (?:is )?(?:down for |under )?maintenance"
    r"|upstream connect error|error code: ?\d{3,4})",
    re.IGNORECASE,
)
SHORT_TEXT = 400


def read(file: File) -> Reading | None:
    """Refuse the error page or error text of a server; None for anything else.

    Raises:
        DumpError: It is an error of a server.
    """
    start = file.text[:20_000]
    if PAGE.match(start):
        found = TITLE.search(start)
        said = found[1] if found else ""
    else:
        said = start.strip() if len(start) < SHORT_TEXT else ""
    if OF_ERRORS.match(said):
        raise DumpError(f"it is an error page of a server: “{quoted(said)}”", "fetch it again")
    return None


def error_in(value: object) -> str:
    """The error that an answer in JSON consists of; empty if there is none."""
    if not is_object(value) or any(value.get(key) for key in OF_PAPERS):
        return ""
    all_said = (_said(value.get(key)) for key in KEYS)
    if said := [each for each in all_said if each and not NO_ERROR.match(each)]:
        return quoted(": ".join(dict.fromkeys(said)))
    result = value.get("result")
    status = result.get("status") if is_object(result) else None
    is_failure = is_object(status) and str(status.get("@code", "200")) != "200"
    return quoted(_said(status)) if is_failure else ""


def _said(value: object) -> str:
    """The message in an error, which may be a text, an object or a list of either."""
    if is_object(value):
        keys = ("message", "detail", "title", "error", "msg", "reason", "text", "status", "type")
        return next(filter(None, (_said(value.get(key)) for key in keys)), "")
    if isinstance(value, list):
        return "; ".join(filter(None, map(_said, value[:3])))
    return text_in(value)


def quoted(text: str) -> str:
    """An error in one line, as it is quoted."""
    line = " ".join(text.split())
    return cut(line, LONGEST)
