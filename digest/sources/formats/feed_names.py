"""What an element of a feed is: its namespace decides, then its name."""

from typing import Any

from digest.sources.formats.xml_tree import local_name

PREFIXES = {
    "w3.org/2005/atom": "atom",
    "purl.org/atom/ns": "atom",
    "purl.org/dc/elements/1.1": "dc",
    "purl.org/dc/elements/1.0": "dc",
    "purl.org/dc/terms": "dcterms",
    "purl.org/rss/1.0/modules/content": "content",
    "purl.org/rss/1.0": "",
    "purl.org/net/rss1.1": "",
    "my.netscape.com/rdf/simple/0.9": "",
    "channel.netscape.com/rdf/simple/0.9": "",
    "my.netscape.com/publish/formats/rss-0.91.dtd": "",
    "backend.userland.com/rss": "",
    "backend.userland.com/rss2": "",
    "blogs.law.harvard.edu/tech/rss": "",
    "w3.org/1999/xhtml": "xhtml",
    "search.yahoo.com/mrss": "media",
    "video.search.yahoo.com/mrss": "media",
    "arxiv.org/schemas/atom": "arxiv",
    "purl.org/rss/1.0/modules/slash": "slash",
    "purl.org/syndication/thread/1.0": "thr",
    "rssnamespace.org/feedburner/ext/1.0": "feedburner",
    "itunes.com/dtds/podcast-1.0.dtd": "itunes",
    "w3.org/1999/02/22-rdf-syntax-ns": "rdf",
}
PRISM = ("prismstandard.org/", "purl.org/rss/1.0/modules/prism")
WITHOUT_NAMESPACE = {*PREFIXES.values(), "prism"} - {""}


def prefix_of(namespace: str) -> str:
    """Our prefix for a namespace: "" for that of RSS in all versions, "?" for an unknown one."""
    place = namespace.strip().lower().rpartition("://")[2].removeprefix("www.").rstrip("/#")
    return "prism" if place.startswith(PRISM) else PREFIXES.get(place, "?")


class Names:
    """Names the elements of one feed."""

    def __init__(self, root: Any) -> None:
        self.own = _namespace(root)
        self.is_atom = local_name(root) == "feed" or prefix_of(self.own) == "atom"
        self._known: dict[str, str] = {}

    def of(self, element: Any) -> str:
        """The element's name: ``title`` if it is one of the feed's own format, ``dc:title`` and so
        on with the prefix above, "" if it is of any other."""
        if not isinstance(element.tag, str):
            return ""
        if element.tag not in self._known:
            self._known[element.tag] = self._name(element)
        return self._known[element.tag]

    def _name(self, element: Any) -> str:
        namespace, name = _namespace(element), local_name(element)
        if ":" in name:  # its prefix was not declared
            prefix, _, name = name.partition(":")
            prefix = prefix.lower()
            return f"{prefix}:{name}" if prefix in WITHOUT_NAMESPACE else ""
        if namespace in {"", self.own}:
            return name
        prefix = prefix_of(namespace)
        if prefix in {"", "atom" if self.is_atom else ""}:
            return name
        return "" if prefix == "?" else f"{prefix}:{name}"


def _namespace(element: Any) -> str:
    return str(element.tag).rpartition("}")[0][1:]
