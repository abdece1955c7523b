"""What a service renders feeds and pages from where readers have no files."""

from hashlib import sha256
from threading import Lock

from digest import __version__
from digest.cli import app
from digest.ledger import Ledger
from digest.render import templates
from digest.render.pages import Pages
from digest.web.on_demand import Look, OnDemand


def on_demand(home: app.Home) -> OnDemand:
    """What answers requests for the feeds and pages of this home's readers."""
    ledger = KeptLedger(home)
    return OnDemand(ledger, KeptLook(home), is_near=ledger().is_near)


class KeptLedger:
    """The ledger of a home, kept open between requests as long as it is the same file: a backup
    that is put back replaces the file."""

    def __init__(self, home: app.Home) -> None:
        self._home, self._lock = home, Lock()
        self._ledger = app.open_ledger(home)
        self._file = self._ledger.file

    def __call__(self) -> Ledger:
        """The ledger as it is now. Raises LedgerError."""
        with self._lock:
            if (file := self._ledger.file) != self._file:
                self._ledger.close()
                self._ledger, self._file = app.open_ledger(self._home), file
            return self._ledger


class KeptLook:
    """How feeds and pages look by the templates of a home, which are read again when they
    change."""

    def __init__(self, home: app.Home) -> None:
        self._home, self._lock = home, Lock()
        self._templates = templates.load(home.path)
        self._stamp = self._templates.stamp()
        self._look = self._made()

    def __call__(self) -> Look:
        """The present look. Raises TemplateError."""
        with self._lock:
            if (stamp := self._templates.stamp()) != self._stamp:
                self._templates, self._stamp = templates.load(self._home.path), stamp
                self._look = self._made()
            return self._look

    def _made(self) -> Look:
        site, entries = self._home.site, self._home.settings.feeds.entries
        seen = (site.base_url, site.sender, site.reply_to, site.brand, entries, __version__)
        version = sha256(f"{self._templates.hash()} {seen!r}".encode()).hexdigest()[:12]
        return Look(Pages(self._templates, site), site, entries, version)
