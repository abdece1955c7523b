"""The layout of every web page: its style, its policy, its links to feeds and other pages.

A page needs nothing from elsewhere: it holds its style, links to other pages are relative, there is
no script, and a content security policy forbids everything else. A page whose address is a secret
tells it to no page that it links to (``referrer``) and to no search engine.
"""

import base64
import hashlib
from collections.abc import Collection, Mapping
from functools import cached_property

from markupsafe import Markup

from digest.render.feeds import ALL
from digest.render.site import (
    FEED_NAMES,
    FEED_TYPES,
    OPML_TYPE,
    REFERENCE_NAMES,
    REFERENCE_TYPES,
    FeedFormat,
    Site,
    feed_path,
)
from digest.render.templates import STYLE, Templates

FORMATS: tuple[FeedFormat, ...] = tuple(FEED_NAMES)


class Layout:
    """Puts pages into the layout. The style sheets are read once for all of them."""

    def __init__(self, templates: Templates, site: Site) -> None:
        self._templates = templates.with_style(site.brand.email_style)
        self._site = site

    def page(
        self,
        path: str,
        template: str,
        values: Mapping[str, object],
        *,
        token: str = "",
        feeds: Collection[FeedFormat] = (),
        references: str = "",
        opml: str = "",
        has_form: bool = False,
    ) -> bytes:
        """Render the page at ``path``, relative to the public folder.

        ``references`` is the name, before its ending, of the files beside the page that hold its
        papers for reference managers; ``opml`` that of its feeds for feed readers, whole.
        ``token`` names whose ``feeds`` the page offers; a page of ``ALL`` is for everybody, any
        other is personal. ``has_form`` allows the page to send a form to where it came from.

        Raises:
            TemplateError: a template is missing or wrong.
        """
        style, style_hash = self._style
        root = "../" * path.count("/")
        target = "'self'" if has_form else "'none'"
        frame = {
            "brand": self._site.name,
            "footer": self._site.brand.footer,
            "postal_address": self._site.brand.postal_address,
            "style": style,
            "policy": (
                f"default-src 'none'; style-src '{style_hash}'; base-uri 'none'; "
                f"form-action {target}"
            ),
            "personal": token != ALL,
            "root": root,
            "feeds": [
                {
                    "name": FEED_NAMES[kind],
                    "type": FEED_TYPES[kind],
                    "href": root + feed_path(token, kind),
                }
                for kind in feeds
            ],
            "references": [
                {"name": name, "type": REFERENCE_TYPES[kind], "href": f"{references}.{kind}"}
                for kind, name in REFERENCE_NAMES.items()
                if references
            ],
            "opml": [{"name": "OPML", "type": OPML_TYPE, "href": opml}] if opml else [],
        }
        return self._templates.render(template, {**frame, **values}).encode()

    @cached_property
    def _style(self) -> tuple[Markup, str]:
        """The style sheet, and the source expression that allows it and no other."""
        # A browser hashes the text it has parsed; ``source`` has no carriage returns either.
        style = "\n".join(map(self._templates.source, (STYLE, "page.css")))
        style += self._site.brand.page_style
        digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
        return Markup(style), f"sha256-{digest}"  # noqa: S704  the operator's own file
