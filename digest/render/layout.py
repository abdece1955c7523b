"""The frame of every web page: its style, its policy, its links to feeds and other pages.

A page needs nothing from anywhere: the style stands in it, links to other pages are relative,
there is no script, and a content security policy forbids what is not needed. A page whose
address is a secret tells it to nobody it links to (``referrer``) and to no search engine.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from functools import cached_property

from markupsafe import Markup

from digest.render.feeds import ALL
from digest.render.site import FEED_TYPES, FeedFormat, Site, feed_path
from digest.render.templates import Templates

_NAMES: Mapping[FeedFormat, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
FORMATS: tuple[FeedFormat, ...] = tuple(_NAMES)


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed that a page offers."""

    name: str
    type: str
    href: str


class Layout:
    """Puts pages into the frame, all with one reading of the style sheets."""

    def __init__(self, templates: Templates, site: Site) -> None:
        self._templates, self._site = templates, site

    def page(
        self,
        path: str,
        template: str,
        values: Mapping[str, object],
        *,
        token: str = "",
        feeds: Collection[FeedFormat] = (),
        has_form: bool = False,
    ) -> bytes:
        """A page whose links to others start from ``path``, relative to the public folder.

        ``token`` names whose ``feeds`` it offers; a page of ``ALL`` is for everybody, any other
        is personal. One that ``has_form`` can send it to where the page came from, and nowhere
        else. Raises TemplateError.
        """
        style, style_hash = self._style
        root = "../" * path.count("/")
        target = "'self'" if has_form else "'none'"
        frame = {
            "brand": self._site.name,
            "style": style,
            "policy": (
                f"default-src 'none'; style-src '{style_hash}'; base-uri 'none'; "
                f"form-action {target}"
            ),
            "personal": token != ALL,
            "root": root,
            "feeds": [
                Feed(_NAMES[each], FEED_TYPES[each], root + feed_path(token, each))
                for each in feeds
            ],
        }
        return self._templates.render(template, {**frame, **values}).encode()

    @cached_property
    def _style(self) -> tuple[Markup, str]:
        """The style sheet, and the source expression that allows it and no other."""
        # A browser hashes the text it has parsed; ``source`` has no carriage returns either.
        style = "\n".join(map(self._templates.source, ("style.css", "page.css")))
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        return Markup(style), f"sha256-{digest}"  # noqa: S704  the operator's own file
