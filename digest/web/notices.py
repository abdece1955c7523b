"""Pages that answer a request: to unsubscribe, and for a path that does not exist."""

from typing import Literal
from urllib.parse import quote

from digest.model import SubscriberId
from digest.render.layout import Layout
from digest.render.site import Site
from digest.render.templates import Templates
from digest.text.clean import one_line

_Step = Literal["ask", "done", "failed", "unknown"]


class Notices:
    """Renders notices. No page contains its own URL, which may be a secret. Every method raises
    ``TemplateError`` if a template fails."""

    def __init__(self, templates: Templates, site: Site) -> None:
        self._frame = Layout(templates, site)
        self._contact = site.contact

    def question(self, subscriber: SubscriberId) -> bytes:
        """Ask whether to unsubscribe, with a button that does it."""
        return self._unsubscribe("ask", subscriber)

    def unsubscribed(self, subscriber: SubscriberId) -> bytes:
        """Confirm it, and say how to subscribe again."""
        return self._unsubscribe("done", subscriber)

    def not_unsubscribed(self) -> bytes:
        """Say that it could not be recorded, with a button to try again."""
        return self._unsubscribe("failed")

    def broken_link(self, path: str) -> bytes:
        """Say that the link is not valid, perhaps cut off; ``path`` is as for ``missing``."""
        return self._unsubscribe("unknown", path=path)

    def missing(self, path: str) -> bytes:
        """Say that nothing is at this path, which is relative to the public folder."""
        return self._frame.page(path, "missing.html.j2", {})

    def _unsubscribe(
        self, step: _Step, subscriber: str = "", path: str = "unsubscribe/token"
    ) -> bytes:
        values = {
            "step": step,
            "who": one_line(subscriber),
            "contact": self._contact,
            "mailto": f"mailto:{quote(self._contact, safe='@')}",
        }
        has_form = step in ("ask", "failed")
        return self._frame.page(path, "unsubscribe.html.j2", values, has_form=has_form)
