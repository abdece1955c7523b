"""Pages that answer a request: to unsubscribe, and for a path that does not exist."""

from typing import Literal
from urllib.parse import quote

from digest.render.layout import Layout
from digest.render.site import Site
from digest.render.templates import Templates
from digest.text.clean import one_line

Step = Literal["ask", "done", "failed", "unknown"]
"""Asks whether to unsubscribe; confirms it; says that it could not be recorded; or that the link is
not valid, perhaps cut off. ``ask`` and ``failed`` have a button that unsubscribes."""


class Notices:
    """Renders notices. No page contains its own URL, which may be a secret. Every method raises
    ``TemplateError`` if a template fails."""

    def __init__(self, templates: Templates, site: Site) -> None:
        self._frame = Layout(templates, site)
        self._contact = site.contact

    def unsubscribe(
        self, step: Step, subscriber: str = "", *, path: str = "unsubscribe/token"
    ) -> bytes:
        """Show a step of unsubscribing; ``path`` is as for ``missing``."""
        values = {
            "step": step,
            "who": one_line(subscriber),
            "contact": self._contact,
            "mailto": f"mailto:{quote(self._contact, safe='@')}",
        }
        has_form = step in ("ask", "failed")
        return self._frame.page(path, "unsubscribe.html.j2", values, has_form=has_form)

    def missing(self, path: str) -> bytes:
        """Say that nothing is at this path, which is relative to the public folder."""
        return self._frame.page(path, "missing.html.j2", {})
