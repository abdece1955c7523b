"""From a digest to the email that is sent."""

import logging
from bisect import bisect
from collections.abc import Mapping, Sequence
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from quopri import decodestring

from digest.model import DeliveryId, Digest, Message, Period, Problem, Subscriber, SubscriberId
from digest.render.email import made_up, mime
from digest.render.email.holes import General
from digest.render.email.parts import TEXT, Parts
from digest.render.email.ready import ReadyParts
from digest.render.email.styling import Styled, Unstylable, same_page, style
from digest.render.email.view import EmailView, write
from digest.render.site import Links, Site, mailbox
from digest.render.templates import CARD, HTML, REASON, STYLE, Templates

TRIAL = "[Test] "  # begins the subject of a message that is only sent to try things out
BUDGET = 88_000  # bytes of the encoded HTML part. Gmail cuts a message near 102,000.

_DATE = lru_cache(maxsize=64)(format_datetime)
_SLOW = "each message is styled by itself, which is slow: %s"
_FAST = "docs/templates.md says what can be styled once for all messages"
_log = logging.getLogger(__name__)


class EmailComposer:
    """Composes messages from one set of templates; make one a run.

    Raises:
        TemplateError: a template cannot be rendered at all.
    """

    def __init__(self, templates: Templates, site: Site) -> None:
        self._site = site
        self._sender = mime.address(mailbox(site.sender)[1])
        self._from = [("From", mime.mailbox(site.sender_name, self._sender))]
        if site.reply_to:
            name, address = mailbox(site.reply_to)
            self._from.append(("Reply-To", mime.mailbox(name, mime.address(address))))
        local, _, domain = self._sender.rpartition("@")
        self._list_id = "List-Id", f"<{_label(local)}.{domain}>"
        templates = templates.with_style(site.brand.email_style)
        faults: Sequence[tuple[str, str]] = ()
        self._parts: Parts | ReadyParts
        try:
            styled = style(templates)
        except Unstylable as found:
            faults = found.faults
        else:
            self._parts = self._best(templates, styled)
            if not templates.is_shipped(HTML, CARD, REASON, TEXT, STYLE):
                whole = self._try(Parts(templates, site.name, None))
                if not all(map(same_page, self._try(self._parts), whole)):
                    faults = [(HTML, "a message looks different when it is styled by itself")]
        if faults:
            self._parts = Parts(templates, site.name, None)
            self._try(self._parts)
        # What the operator should know of the templates.
        self.problems = tuple(Problem(where, _SLOW % why, _FAST) for where, why in faults)
        for problem in self.problems:
            _log.warning("%s", problem)

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
        letter = write(digest, subscriber, links, self._site, self._parts.pick)
        recipient = mime.address(subscriber.email or "")
        subject = f"{TRIAL}{letter.subject}" if trial else letter.subject
        head = [
            *self._headers(subscriber, links, subject, recipient),
            ("Date", _DATE(digest.composed)),
            ("Message-ID", message_id(subscriber.id, digest.period, self._sender, trial)),
            *((name, mime.unstructured(value)) for name, value in (headers or {}).items()),
        ]
        html, text = self._parts.render(letter)
        content = mime.assemble(head, text, html)
        if len(content) > BUDGET:  # before that, its HTML cannot be longer either
            html, text = self._fitting(letter)
            content = mime.assemble(head, text, html)
        return Message(
            delivery=delivery,
            sender=envelope_sender or self._sender,
            recipient=recipient,
            content=content,
            name=f"{digest.period}-{subscriber.id}" + (f"-test-{trial}" if trial else ""),
        )

    def html(self, digest: Digest, subscriber: Subscriber, links: Links) -> str:
        """The page that the message shows, for previews."""
        html, _ = self._fitting(write(digest, subscriber, links, self._site, self._parts.pick))
        return decodestring(b"".join(html)).decode().replace("\r\n", "\n")

    def text(self, digest: Digest, subscriber: Subscriber, links: Links) -> str:
        """The text that the message shows where HTML is not wanted."""
        _, text = self._fitting(write(digest, subscriber, links, self._site, self._parts.pick))
        return decodestring(b"".join(text)).decode().replace("\r\n", "\n")

    def _fitting(self, letter: EmailView) -> tuple[list[bytes], list[bytes]]:
        """HTML and text of the letter with as many of its papers as the budget allows."""
        render = self._parts.render

        def size(count: int) -> int:
            return sum(map(len, render(letter.first(count))[0]))

        count = len(letter.papers)
        if count and size(count) > BUDGET:
            count = bisect(range(1, count), BUDGET, key=size)
        return render(letter.first(count))

    def _headers(
        self, subscriber: Subscriber, links: Links, subject: str, recipient: str
    ) -> list[tuple[str, str]]:
        one_click = links.one_click if (links.one_click or "").startswith("https://") else None
        headers = [
            *self._from,
            ("To", mime.mailbox(subscriber.name[:200], recipient)),
            ("Subject", mime.unstructured(subject)),
            self._list_id,
            ("List-Unsubscribe", mime.uris(one_click or "", links.unsubscribe_mailto)),
        ]
        if one_click:
            headers.append(("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"))
        if links.archive.startswith(("https://", "http://")):
            headers.append(("List-Archive", mime.uris(links.archive)))
        # RFC 3834 says it to programs of today; older absence notices know only the other.
        return [*headers, ("Auto-Submitted", "auto-generated"), ("Precedence", "bulk")]

    def _best(self, templates: Templates, styled: Mapping[str, Styled]) -> Parts | ReadyParts:
        """Return the faster way to make messages, where it is one for these templates."""
        try:
            return ReadyParts(templates, self._site, styled)
        except General:
            return Parts(templates, self._site.name, styled)

    def _try(self, parts: Parts | ReadyParts) -> list[bytes]:
        """Return the pages of made-up digests."""
        full, *others = (
            write(digest, made_up.READER, made_up.LINKS, self._site, parts.pick)
            for digest in (made_up.FULL, made_up.ONE, made_up.EMPTY)
        )
        letters = (full, full.first(7), *others)
        return [decodestring(b"".join(parts.render(letter)[0])) for letter in letters]


def message_id(subscriber: SubscriberId, period: Period, sender: str, trial: str = "") -> str:
    """The Message-ID of a digest by email, in its angle brackets: the same on every try. ``sender``
    is the From header or the address in it; ``trial`` as in ``compose``."""
    name = f"{subscriber}\0email\0{period}" + (f"\0{trial}" if trial else "")
    domain = mime.address(mailbox(sender)[1]).rpartition("@")[2]
    return f"<{sha256(name.encode()).hexdigest()[:32]}@{domain}>"


def _label(local: str) -> str:
    """The local part of the sender's address as a part of a list's name (RFC 2919)."""
    kept = "".join(char for char in local if char.isascii() and (char.isalnum() or char in "-_."))
    return kept.strip(".") or "digest"
