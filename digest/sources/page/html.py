"""Recognises a papers page that was saved as HTML."""

import re

from digest.errors import DumpError
from digest.sources.records import File, Reading

HTML = re.compile(r"\s*(?:<\?xml[^>]{0,200}>\s*)?<(?:!doctype\s+html|html)\b", re.IGNORECASE)


def read(file: File) -> Reading | None:
    """Refuse an HTML page; None for anything else.

    Raises:
        DumpError: It is an HTML page.
    """
    if HTML.match(file.text):
        raise DumpError("it is an HTML page", "save the page as text, not as HTML")
    return None
