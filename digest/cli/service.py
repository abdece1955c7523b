"""The service: wakes up when something is due or has come in, and makes a pass."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from digest import pipeline, subscribers
from digest.cli import logs, wiring
from digest.errors import ConfigError
from digest.inbox import Inbox
from digest.model import DumpHash, Subscriber
from digest.schedule import Service, stopped_by_signals

log = logging.getLogger("digest")


def serve(path: Path, *, clock: Callable[[], datetime]) -> None:
    """Make passes until SIGTERM or SIGINT. Raises ConfigError where a start makes no sense."""
    home = wiring.open_home(path)
    logs.start(home.settings.log.format)
    for stray in wiring.strays():
        log.warning("%s", stray)
    profiles = Profiles(path)
    inbox = Inbox(home.inbox)

    def run_pass(now: datetime) -> None:
        with wiring.open_house(home, now=now, inbox=inbox, stopping=service.stopping) as house:
            report = pipeline.run_once(house, profiles(), now=now)
        logs.tell(report)
        watch.seen()

    watch = Watch(home, inbox)
    service = Service(
        run_pass=run_pass, subscribers=profiles, inbox_changed=watch.changed, clock=clock
    )
    log.info("watching %s; %d subscribers", home.inbox, len(profiles()))
    with stopped_by_signals(service):
        service.run()
    log.info("stopped")


class Profiles:
    """The profiles as they stand; after a broken edit, as they last stood well."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._stamp = subscribers.watch_stamp(home)
        self._good = subscribers.load(home)

    def __call__(self) -> Sequence[Subscriber]:
        """Read them anew if a file has changed. A broken edit is logged once."""
        stamp = subscribers.watch_stamp(self._home)
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._good = subscribers.load(self._home)
            except ConfigError as error:
                log.warning("%s\nThe profiles as they were before this edit stay in force.", error)
            else:
                log.info("profiles read anew; %d subscribers", len(self._good))
        return self._good


class Watch:
    """Notices finished files that no pass has seen; each look shows that the service is well."""

    def __init__(self, home: wiring.Home, inbox: Inbox) -> None:
        self._home, self._inbox = home, inbox
        self._now: frozenset[DumpHash] = frozenset()
        self._seen: frozenset[DumpHash] = frozenset()

    def changed(self) -> bool:
        """Whether the inbox holds a file that has not been there at the last pass."""
        self._home.heartbeat.parent.mkdir(parents=True, exist_ok=True)
        self._home.heartbeat.touch()
        self._now = frozenset(file.hash for file in self._inbox.scan().found)
        return not self._now <= self._seen

    def seen(self) -> None:
        """A pass was made since the last look."""
        self._seen = self._now
