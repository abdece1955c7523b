"""Messages with each reader's own links and envelope sender."""

from email.utils import parseaddr
from urllib.parse import quote

from digest.model import Claim, Digest, Message, StoredSubscriber
from digest.render.email.compose import EmailComposer
from digest.render.site import HELP, Links, Site, archive_folder
from digest.render.templates import Templates
from digest.tokens import TokenSigner


class PersonalComposer:
    """Composes the messages of claimed deliveries.

    ``bounce_domain`` is where failures are reported, each to an address of its own; None has them
    go to the sender. ``test`` marks messages that are only sent to try things out; see
    ``EmailComposer.compose``.

    Raises:
        TemplateError: a template cannot be rendered at all.
    """

    def __init__(
        self,
        templates: Templates,
        site: Site,
        keys: TokenSigner,
        *,
        bounce_domain: str | None = None,
        test: str = "",
    ) -> None:
        self._composer = EmailComposer(templates, site)
        self._site, self._keys = site, keys
        self._bounce_domain, self._test = bounce_domain, test
        self._headers = {"X-Digest-Test": test} if test else {}
        self._mailto = f"mailto:{quote(parseaddr(site.sender)[1], safe='@')}?subject=unsubscribe%20"
        self._help = site.url(HELP)

    def __call__(self, claim: Claim, reader: StoredSubscriber) -> Message:
        """Return the message of a delivery; the same bytes for the same claim.

        Raises:
            TemplateError: a template fails on this digest.
        """
        address, domain = reader.subscriber.email or "", self._bounce_domain
        return self._composer.compose(
            claim.delivery,
            claim.digest,
            reader.subscriber,
            self._links(reader, claim.digest),
            envelope_sender=domain
            and self._keys.envelope_sender(claim.delivery, claim.fence, address, domain),
            headers=self._headers,
            trial=self._test,
        )

    def _links(self, reader: StoredSubscriber, digest: Digest) -> Links:
        site = self._site
        goodbye = self._keys.link("unsubscribe", reader.subscriber.id)
        mailto = self._mailto + goodbye
        page = f"{site.base_url}/unsubscribe/{goodbye}" if site.base_url else None
        folder = site.url(archive_folder(reader.feed_token))
        of_period = f"{folder}/{digest.period}"
        return Links(
            feed=f"{folder}/index.html",
            archive=f"{of_period}.html",
            help=self._help,
            unsubscribe=page or mailto,
            unsubscribe_mailto=mailto,
            one_click=page,
            bibtex=f"{of_period}.bib",
            ris=f"{of_period}.ris",
        )
