"""Where published files lie, who publishes them, and the links that a message carries."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import lru_cache
from pathlib import Path
from typing import Literal
from urllib.parse import quote

from digest.model import Period
from digest.render.brand import NO_BRAND, Brand
from digest.text.clean import one_line

FeedFormat = Literal["atom", "rss", "json"]
FEED_TYPES: Mapping[FeedFormat, str] = {  # the media type of each format
    "atom": "application/atom+xml",
    "rss": "application/rss+xml",
    "json": "application/feed+json",
}

FEED_NAMES: Mapping[FeedFormat, str] = {"atom": "Atom", "rss": "RSS", "json": "JSON Feed"}
ReferenceFormat = Literal["bib", "ris"]
REFERENCE_TYPES: Mapping[ReferenceFormat, str] = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
}
REFERENCE_NAMES: Mapping[ReferenceFormat, str] = {"bib": "BibTeX", "ris": "RIS"}
OPML_TYPE = "text/x-opml"

mailbox = lru_cache(maxsize=64)(parseaddr)
"""The few that are configured, asked for by every message."""
INDEX, HELP = "index.html", "help.html"
"""Pages at the top of the public folder: what this is, and how to edit a profile."""


@dataclass(frozen=True, slots=True)
class Site:
    """The public folder and the URL it is served under."""

    public: Path  # absolute
    base_url: str | None  # http(s), without a last slash; None: links are file URIs into ``public``
    sender: str  # the From header as configured: `Paper Digest <digest@example.org>`.
    reply_to: str = ""  # the Reply-To header as configured; "" has replies go to the sender
    brand: Brand = NO_BRAND

    @property
    def sender_name(self) -> str:
        """The display name in the From header."""
        return one_line(mailbox(self.sender)[0]) or self.brand.name or "Paper Digest"

    @property
    def name(self) -> str:
        """Who publishes: the name of the brand, by default the sender's display name."""
        return self.brand.name or self.sender_name

    @property
    def contact(self) -> str:
        """The address at which a person answers."""
        return mailbox(self.reply_to or self.sender)[1]

    def url(self, path: str) -> str:
        """The address of a file whose path is relative to the public folder."""
        if self.base_url is None:
            return (self.public / path).as_uri()
        return f"{self.base_url}/{quote(path)}"


def feed_path(token: str, kind: FeedFormat) -> str:
    """A subscriber's feed, relative to the public folder; token ``all``: every paper."""
    return f"feeds/{token}.{kind}"


def feed_paths(token: str) -> list[str]:
    """All feeds of one subscriber, relative to the public folder."""
    return [feed_path(token, kind) for kind in FEED_TYPES]


def archive_folder(token: str) -> str:
    """The folder with all pages of one subscriber, relative to the public folder."""
    return f"archive/{token}"


def archive_path(token: str, period: Period) -> str:
    """The page that keeps one past digest, relative to the public folder."""
    return f"archive/{token}/{period}.html"


def archive_index_path(token: str) -> str:
    """The page that lists a subscriber's digests and feeds, relative to the public folder."""
    return f"archive/{token}/index.html"


def references_path(token: str, kind: ReferenceFormat, period: Period) -> str:
    """The papers of a digest for reference managers, relative to the public folder."""
    return f"archive/{token}/{period}.{kind}"


def opml_path(token: str) -> str:
    """The list of a subscriber's feeds for feed readers, relative to the public folder."""
    return f"archive/{token}/feeds.opml"


@dataclass(frozen=True, slots=True)
class Links:
    """The personal addresses of one message."""

    feed: str
    archive: str  # the page with this digest in full
    help: str  # how to edit an interest profile
    unsubscribe: str  # in the footer: the https address where there is one, else the mailto
    unsubscribe_mailto: str
    one_click: str | None = None  # https, takes the POST of RFC 8058
    bibtex: str = ""  # the papers of this digest for reference managers
    ris: str = ""
