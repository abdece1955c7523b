"""Tells the operator of sources that need attention, once when it begins and once when it ends: in
the log, and by mail where the settings name an address."""

import logging
from collections.abc import Collection
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, make_msgid, parseaddr

from digest.cli import app
from digest.ledger import Ledger
from digest.model import Alarm, DeliveryId, Message, State
from digest.sources.fetch import alarms

GOES_ON = """\
Digests are made of what the other sources bring, and say which pages are missing. Pages that come
later go into the next digest.

`digest status` shows the state of every source; `digest fetch {source}` fetches this one at once.
"""

log = logging.getLogger("digest")


class Alarms:
    """The alarms of a home. ``raised`` are those of the last look."""

    def __init__(self, home: app.Home) -> None:
        self._home = home
        self._sources = home.settings.expected.sources
        self._logged: dict[str, bool] = {}
        """Whether the last line that this process logged of a source was an alarm: the mail of it
        may not have been sent yet."""
        self.raised: tuple[Alarm, ...] = ()

    def look(self, ledger: Ledger, *, now: datetime) -> None:
        """Look at every source, and tell what has begun or ended since it was told last.

        Raises:
            LedgerError: The ledger cannot be used.
        """
        if not self._sources:
            return
        states = ledger.source_states()
        found = find(self._home, ledger, now=now)
        self.raised = tuple(found.values())
        for source in self._sources:
            state, alarm = states.get(source.name), found.get(source.name)
            if state and bool(alarm) != bool(state.alarmed):
                self._tell(ledger, source.name, alarm, state.alarmed, now)

    def _tell(
        self,
        ledger: Ledger,
        source: str,
        alarm: Alarm | None,
        alarmed: datetime | None,
        now: datetime,
    ) -> None:
        if self._logged.get(source) is not bool(alarm):
            self._logged[source] = bool(alarm)
            if alarm:
                log.warning("%s %s", source, alarm.what, extra={"source": source})
            else:
                log.info("%s is well again", source, extra={"source": source})

        def commit(deliveries: Collection[DeliveryId]) -> Collection[DeliveryId]:
            is_first = ledger.record_alarm(source, since=alarmed, at=now if alarm else None)
            return deliveries if is_first else ()

        if not self._home.settings.alarms.to:
            commit(())
            return
        message = mail(self._home, source, alarm, alarmed, now=now)
        for outcome in app.transport(self._home).send([message], commit):
            if outcome.state not in (State.SENT, State.CANCELLED):
                log.warning("the mail that tells of it: %s, %s", outcome.state, outcome.detail)


def find(home: app.Home, ledger: Ledger, *, now: datetime) -> dict[str, Alarm]:
    """The sources that need attention, by name."""
    return alarms.alarms(
        home.settings.expected.sources,
        ledger.source_states(),
        ledger.pages_read(since=(now - alarms.LOOK_BACK).date()),
        after=home.settings.alarms.after,
        now=now,
    )


def mail(
    home: app.Home, source: str, alarm: Alarm | None, alarmed: datetime | None, *, now: datetime
) -> Message:
    """The mail to the operator; without an alarm, that the one of ``alarmed`` is over."""
    sender, recipient = home.settings.sender, home.settings.alarms.to or ""
    address = parseaddr(sender)[1]
    written = EmailMessage(SMTP)
    written["From"], written["To"] = sender, recipient
    written["Date"] = format_datetime(now)
    written["Message-ID"] = make_msgid(domain=address.rpartition("@")[2] or "localhost")
    written["Auto-Submitted"] = "auto-generated"
    if alarm:
        written["Subject"] = f"{source} needs attention"
        began = f"This began on {alarm.since:%d %b %Y, %H:%M} UTC."
        what = f"The source {source} {alarm.what.rstrip('.')}."
        text = f"{what}\n\n{began}\n\n{GOES_ON.format(source=source)}"
    else:
        written["Subject"] = f"{source} is well again"
        text = f"The source {source} is well again."
        if alarmed:
            text += f" It needed attention since {alarmed:%d %b %Y, %H:%M} UTC."
        text += "\n"
    written.set_content(text, cte="quoted-printable")
    name = f"{now:%Y-%m-%dT%H%M}-{source}-{'alarm' if alarm else 'well'}"
    return Message(DeliveryId(0), address, recipient, written.as_bytes(), name)
