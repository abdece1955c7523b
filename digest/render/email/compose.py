"""From a digest to the email that is sent.

premailer, which writes the style sheet into every element, takes milliseconds a page. So it runs
once, over a sheet of the template with holes in it; a message joins the ready pieces and fills
the holes (see ``sheet``). Where the template is not the shipped one, a few messages
made both ways are compared first; if they differ, every message goes through premailer.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from email.utils import format_datetime, parseaddr
from functools import lru_cache
from hashlib import sha256
from quopri import decodestring

from markupsafe import escape

from digest.errors import TemplateError
from digest.model import DeliveryId, Digest, Message, Period, Problem, Subscriber, SubscriberId
from digest.render.email import mime, probes, proof
from digest.render.email.inlining import inlined, same_page
from digest.render.email.sheet import Encoding, Unsplittable, cut, fill, specimen, tokens
from digest.render.email.view import EmailView, write
from digest.render.email.wrapping import wrapped
from digest.render.site import Links, Site
from digest.render.templates import Templates

HTML, TEXT, STYLE = "email.html.j2", "email.txt.j2", "style.css"
READY = "email.inlined.html"
"""What premailer makes of the shipped templates."""
TRIAL = "[Test] "
"""Begins the subject of a message that is only sent to try things out."""
BUDGET = 88_000
"""Bytes of the encoded HTML part. Gmail cuts a message near 102,000."""

_log = logging.getLogger(__name__)


class EmailComposer:
    """Composes messages from one set of templates; make one a run.

    Raises:
        TemplateError: a template cannot be rendered at all.
    """

    def __init__(self, templates: Templates, site: Site) -> None:
        self._templates, self._brand = templates, site.name
        self._sender = mime.address(parseaddr(site.sender)[1])
        self.problems: tuple[Problem, ...] = ()
        """What the operator should know of the templates."""
        self._html: Callable[[EmailView], bytes] = self._slow_html
        self._text: Callable[[EmailView], bytes] = self._slow_text
        shipped = templates.is_shipped(HTML, TEXT, STYLE)
        try:
            if not shipped:
                self._look_through()
            html, text = self._html_sheet(), self._text_sheet()
            if not shipped:
                self._prove(html, text)
        except Unsplittable as reason:
            self._fall_back(str(reason))
        else:
            self._html, self._text = html, text

    def compose(
        self,
        delivery: DeliveryId,
        digest: Digest,
        subscriber: Subscriber,
        links: Links,
        *,
        envelope_sender: str | None = None,
        headers: Mapping[str, str] | None = None,
        trial: str = "",
    ) -> Message:
        """The message of one delivery; the same bytes whenever it is composed anew.

        ``envelope_sender`` is where bounces go, else to the sender; ``headers`` are added as
        free text. ``trial``, a word that no other message has, marks one that is sent to try
        things out: in its subject, its name and its Message-ID.

        Raises:
            TemplateError: an operator's template failed on this digest.
        """
        letter, html = self._fitting(self._letter(digest, subscriber, links))
        recipient = mime.address(subscriber.email or "")
        subject = f"{TRIAL}{letter.subject}" if trial else letter.subject
        identifier = message_id(subscriber.id, digest.period, self._sender, trial)
        content = mime.assemble(
            [
                *self._headers(subscriber, links, subject, recipient),
                ("Date", format_datetime(digest.composed)),
                ("Message-ID", identifier),
                *((name, mime.unstructured(value)) for name, value in (headers or {}).items()),
            ],
            self._text(letter),
            html,
        )
        return Message(
            delivery=delivery,
            sender=envelope_sender or self._sender,
            recipient=recipient,
            content=content,
            name=f"{digest.period}-{subscriber.id}" + (f"-test-{trial}" if trial else ""),
        )

    def html(self, digest: Digest, subscriber: Subscriber, links: Links) -> str:
        """The page that the message shows, for previews."""
        _, html = self._fitting(self._letter(digest, subscriber, links))
        return decodestring(html).decode().replace("\r\n", "\n")

    def text(self, digest: Digest, subscriber: Subscriber, links: Links) -> str:
        """The text that the message shows where HTML is not wanted."""
        letter, _ = self._fitting(self._letter(digest, subscriber, links))
        return decodestring(self._text(letter)).decode().replace("\r\n", "\n")

    def _letter(self, digest: Digest, subscriber: Subscriber, links: Links) -> EmailView:
        return write(self._brand, digest, subscriber, links)

    def _fitting(self, letter: EmailView) -> tuple[EmailView, bytes]:
        """The letter with as many of its papers as the budget allows, and its HTML part."""
        html = self._html(letter)
        if len(html) <= BUDGET:
            return letter, html
        fits, too_many = 0, len(letter.papers)
        while too_many - fits > 1:
            middle = (fits + too_many) // 2
            if len(self._html(letter.first(middle))) <= BUDGET:
                fits = middle
            else:
                too_many = middle
        shorter = letter.first(fits)
        return shorter, self._html(shorter)

    # --- headers -------------------------------------------------------------------------

    def _headers(
        self, subscriber: Subscriber, links: Links, subject: str, recipient: str
    ) -> list[tuple[str, str]]:
        one_click = links.one_click if (links.one_click or "").startswith("https://") else None
        local, _, domain = self._sender.rpartition("@")
        headers = [
            ("From", mime.mailbox(self._brand, self._sender)),
            ("To", mime.mailbox(subscriber.name[:200], recipient)),
            ("Subject", mime.unstructured(subject)),
            ("List-Id", f"<{_label(local)}.{domain}>"),
            ("List-Unsubscribe", mime.uris(one_click or "", links.unsubscribe_mailto)),
        ]
        if one_click:
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        if links.archive.startswith(("https://", "http://")):
            headers.append(("List-Archive", mime.uris(links.archive)))
        # RFC 3834 says it to programs of today; older absence notices know only the other.
        return [*headers, ("Auto-Submitted", "auto-generated"), ("Precedence", "bulk")]

    # --- pages ---------------------------------------------------------------------------

    def _page(self, name: str, letter: EmailView) -> str:
        values = {field: getattr(letter, field) for field in EmailView.__slots__}
        return self._templates.render(name, values)

    def _slow_html(self, letter: EmailView) -> bytes:
        return mime.quoted(inlined(self._page(HTML, letter)))

    def _slow_text(self, letter: EmailView) -> bytes:
        return _lines(self._page(TEXT, letter))

    def ready(self) -> str:
        """The shipped file that saves most passes premailer; ``python -m digest.render`` prints it.

        Raises:
            Unsplittable: the template cannot be rendered into a sheet.
        """
        page = self._sheet(HTML)
        return _made_of(page) + inlined(page)

    def _html_sheet(self) -> Callable[[EmailView], bytes]:
        page = self._sheet(HTML)
        # premailer takes a twentieth of a small pass, most of it to be imported.
        made_of, ready = _made_of(page), self._templates.source(READY)
        ready = ready.removeprefix(made_of) if ready.startswith(made_of) else inlined(page)
        if tokens(ready) != tokens(page):
            raise Unsplittable("a value stands where premailer moves or changes it")
        pieces = cut(ready, Encoding(mime.quoted, _escaped, _styled))
        return lambda letter: mime.join(fill(pieces, letter))

    def _text_sheet(self) -> Callable[[EmailView], bytes]:
        pieces = cut(self._sheet(TEXT), Encoding(str, str, lambda _: str))
        return lambda letter: _lines("".join(fill(pieces, letter)))

    def _sheet(self, name: str) -> str:
        try:
            return self._templates.render(name, specimen(EmailView))
        except TemplateError as error:
            raise Unsplittable(str(error)) from error

    # --- templates that are not the shipped ones -------------------------------------------

    def _look_through(self) -> None:
        selector = proof.selects_by_siblings(self._templates.source(STYLE))
        if selector:
            raise Unsplittable(f"{STYLE} selects by siblings or position: {selector}")
        for name in (HTML, TEXT):
            place = proof.computes(self._templates, name)
            if place:
                raise Unsplittable(f"{place} does more with a value than to print it")

    def _prove(
        self, html: Callable[[EmailView], bytes], text: Callable[[EmailView], bytes]
    ) -> None:
        """See that messages come out the same both ways."""
        for letter in probes.letters():
            if not same_page(decodestring(html(letter)), decodestring(self._slow_html(letter))):
                raise Unsplittable(f"{HTML} looks different when it is filled")
            if text(letter) != self._slow_text(letter):
                raise Unsplittable(f"{TEXT} reads different when it is filled")

    def _fall_back(self, reason: str) -> None:
        for letter in probes.letters():
            self._slow_html(letter)
            self._slow_text(letter)
        what = f"each message goes through premailer, which is slow: {reason}"
        _log.warning("%s: %s", HTML, what)
        self.problems = (
            Problem(HTML, what, "use {% each %} for lists and print values unchanged"),
        )


def message_id(subscriber: SubscriberId, period: Period, sender: str, trial: str = "") -> str:
    """The Message-ID of a digest by email, in its angle brackets: the same on every try.

    ``sender`` is the From header or the address in it; ``trial`` as in ``compose``.
    """
    name = f"{subscriber}\0email\0{period}" + (f"\0{trial}" if trial else "")
    domain = mime.address(parseaddr(sender)[1]).rpartition("@")[2]
    return f"<{sha256(name.encode()).hexdigest()[:32]}@{domain}>"


def _made_of(page: str) -> str:
    """The first line of the ready file, if it was made of this page."""
    print_of_it = sha256(page.encode()).hexdigest()[:32]
    made = "`python -m digest.render` makes this file of email.html.j2 and style.css"
    return f"<!-- {print_of_it}: {made} -->\n"


def _label(local: str) -> str:
    """The local part of the sender's address as a part of a list's name (RFC 2919)."""
    kept = "".join(char for char in local if char.isascii() and (char.isalnum() or char in "-_."))
    return kept.strip(".") or "digest"


@lru_cache(maxsize=20_000)
def _escaped(value: str) -> bytes:
    return mime.quoted(str(escape(value)))


def _styled(tags: Mapping[str, str]) -> Callable[[str], bytes]:
    """Writes a ``Markup`` value with the start tags that premailer made for its elements."""

    @lru_cache(maxsize=20_000)
    def written(value: str) -> bytes:
        text = str(value)  # a Markup would escape what is put into it
        for tag, start in tags.items():
            text = text.replace(f"<{tag}>", start)
        return mime.quoted(text)

    return written


def _lines(page: str) -> bytes:
    return b"".join([_line(line) for line in page.rstrip("\n").split("\n")])


@lru_cache(maxsize=20_000)
def _line(line: str) -> bytes:
    return mime.quoted("".join(f"{part}\n" for part in wrapped(line)))
