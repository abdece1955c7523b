"""Files for other programs: papers for reference managers, feeds for feed readers."""

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.model import Digest, Subscriber
from digest.render.feeds import ALL
from digest.render.references import bibtex, ris
from digest.render.site import (
    FEED_NAMES,
    INDEX,
    Site,
    archive_index_path,
    feed_path,
    opml_path,
    references_path,
)
from digest.text.clean import one_line


def of_digest(token: str, digest: Digest) -> dict[str, bytes]:
    """The papers of a digest as BibTeX and RIS, by public path; nothing where it has none."""
    papers = [pick.paper for pick in digest.picks]
    if not papers:
        return {}
    return {
        references_path(token, "bib", digest.period): bibtex(papers).encode(),
        references_path(token, "ris", digest.period): ris(papers).encode(),
    }


def opml(subscriber: Subscriber, token: str, site: Site) -> dict[str, bytes]:
    """A subscriber's feeds and those of all papers, in OPML 2.0, by public path."""
    name = one_line(subscriber.name) or one_line(subscriber.id)
    root = etree.Element("opml", version="2.0")
    etree.SubElement(etree.SubElement(root, "head"), "title").text = f"Feeds of {site.name}"
    body = etree.SubElement(root, "body")
    for title, key, home in (
        (f"Paper digest for {name}", token, archive_index_path(token)),
        ("All papers", ALL, INDEX),
    ):
        group = etree.SubElement(body, "outline", text=title)
        for kind, kind_name in FEED_NAMES.items():
            etree.SubElement(
                group,
                "outline",
                # Readers know the type "rss" for feeds of any format.
                type="rss",
                text=f"{title} ({kind_name})",
                title=f"{title} ({kind_name})",
                xmlUrl=site.url(feed_path(key, kind)),
                htmlUrl=site.url(home),
            )
    written = etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True)
    return {opml_path(token): written}
