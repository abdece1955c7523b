"""premailer, set up for email."""

import logging

from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types


def inlined(page: str) -> str:
    """The page with its style sheet written into the elements. Rules inside ``@media`` and for
    ``:hover`` stay in the head, where ``!important`` lets them win over what was written into the
    elements. Nothing is fetched."""
    # Slow to import, and most commands style no mail. It ships no types.
    from premailer import Premailer  # type: ignore[import-untyped]  # noqa: PLC0415

    return str(
        Premailer(
            page,
            allow_network=False,
            strip_important=False,
            disable_validation=True,  # it only logs, and knows neither mso- nor newer properties
            cssutils_logging_level=logging.CRITICAL,
        ).transform(pretty_print=False)
    )


def same_page(one: bytes, other: bytes) -> bool:
    """Whether two HTML pages have the same elements, attributes, comments and text."""
    return _canonical(one) == _canonical(other)


def _canonical(page: bytes) -> bytes:
    tree = etree.fromstring(page, etree.HTMLParser(encoding="utf-8"))
    return bytes(etree.tostring(tree, method="c14n"))
