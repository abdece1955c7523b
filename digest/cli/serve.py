"""``digest serve``: passes when something is due or has come in, and answers to requests."""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager, closing, nullcontext, suppress
from datetime import UTC, datetime
from functools import partial

import click

from digest import subscribers, web
from digest.cli import app, bounces, fetching, health, logs, pruning, workers
from digest.cli.alarms import Alarms
from digest.cli.on_demand import on_demand
from digest.cli.options import pass_home
from digest.cli.stop_signals import stop_on_signals
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.model import DumpHash, SubscriberId
from digest.pipeline.run import run
from digest.render import templates
from digest.scheduling.fetch_loop import FetchLoop
from digest.scheduling.service import Service
from digest.sources.inbox import Inbox
from digest.web.notices import Notices

log = logging.getLogger("digest")


@click.command()
@pass_home("digest serve")
def serve(home: app.Home) -> None:
    """Run as a service: fetch and read what comes, send digests as they fall due.

    Over HTTP, at the address of `bind` under [web], it answers with what is in public/, or, with
    mode = "serve" under [public], renders feeds and pages of readers when they are asked for. It
    lets people unsubscribe by the link in their mail; /healthz tells whether all is well.

    Profiles that are edited meanwhile are picked up; a broken edit is reported, and the last
    good one stays in force. SIGTERM finishes what is in flight; a second one ends at once.
    """
    logs.start(home.settings.log.format)
    workers.check(home)
    for stray in app.unknown_variables():
        log.warning("%s", stray)
    passes = Passes(home)
    service = _service(home, passes)
    with (
        closing(web.listen(home.settings.web.host, home.settings.web.port)) as listener,
        web.serving(web.application(_web_context(home, passes)), listener),
        stop_on_signals(service.stop),
    ):
        host, port = home.settings.web.bind.rpartition(":")[0], listener.getsockname()[1]
        log.info("listening on http://%s:%d", host, port)
        with app.open_ledger(home) as ledger:
            app.follow_profiles(home, ledger, now=_clock())
            log.info("watching %s; %d subscribers", home.inbox, ledger.count_subscribers())
        with _fetching(home):
            service.run()
    with suppress(OSError):
        (home.state / health.HEARTBEAT).unlink()
    log.info("stopped")


def _clock() -> datetime:
    return datetime.now(UTC)


def _service(home: app.Home, passes: Passes) -> Service:
    service = Service(
        run_pass=passes.run,
        next_due=lambda: next_due(home),
        profiles_changed=passes.profiles.changed,
        inbox_changed=passes.watch.changed,
        clock=_clock,
    )
    passes.stopping = service.stopping
    return service


def _fetching(home: app.Home) -> AbstractContextManager[None]:
    """Fetch from the sources, if the settings have any, until the block ends."""
    if not home.settings.sources:
        return nullcontext()
    loop = FetchLoop(_clock)
    connect = fetching.connecting(home, clock=_clock, wait=loop.wait)
    fetches = fetching.Fetches(home, connect, clock=_clock, stopping=loop.stopping)
    return loop.running(fetches.fetch_due)


class Passes:
    """The passes of a service, one after the other."""

    def __init__(self, home: app.Home) -> None:
        self._home = home
        self.profiles = Profiles(home)
        self._inbox = Inbox(home.inbox, home.fetched, partial(app.open_ledger, home))
        self.watch = Watch(home, self._inbox)
        self.alarms = Alarms(home)
        self.stopping: Callable[[], bool] = lambda: False

    def run(self, now: datetime) -> None:
        """Make one pass."""
        home = self._home
        with health.recorded(home, now=now):
            if places := bounces.mailboxes(home):
                _tell_post(bounces.read(home, places, now=now))
            with app.open_context(
                home, now=now, inbox=self._inbox, stopping=self._is_stopping
            ) as context:
                self.profiles.follow(context.ledger, now=now)
                work = workers.divided(home, context, now=now)
                report = run(context, now=now, work=work)
                self.alarms.look(context.ledger, now=now)
                pruning.daily(home, context.ledger, now=now, stopping=self._is_stopping)
        logs.tell(report)
        self.watch.seen()

    def _is_stopping(self) -> bool:
        health.beat(self._home)  # a long pass asks often
        return self.stopping()


def _tell_post(post: bounces.Post) -> None:
    for one in post.reports:
        if one.changed:
            log.info("%s: %s", one.subscriber, one.what)
    for problem in post.problems:
        log.warning("%s", problem)


def _web_context(home: app.Home, passes: Passes) -> web.WebContext:
    """What requests are answered from."""
    loaded = templates.load(home.path)

    def unsubscribe(subscriber: SubscriberId) -> bool:
        # A connection kept for days would write to a file that was replaced meanwhile.
        with app.open_ledger(home) as ledger:
            return ledger.unsubscribe(subscriber, now=_clock())

    return web.WebContext(
        site=home.site,
        unsubscribe=unsubscribe,
        keys=lambda: app.signer(home),
        notices=lambda: Notices(loaded, home.site),
        health=lambda: health.of(home, now=_clock())[0],
        alarms=lambda: passes.alarms.raised,
        on_demand=on_demand(home) if home.settings.public.mode == "serve" else None,
    )


def next_due(home: app.Home) -> datetime | None:
    """When the next digest falls due, by the ledger as it stands now."""
    with app.open_ledger(home) as ledger:
        return ledger.next_due()


class Profiles:
    """Notices edits of the profile files, and has the ledger follow them."""

    def __init__(self, home: app.Home) -> None:
        self._home = home
        self._seen = subscribers.watch_stamp(home.path)
        self._refused: subscribers.Stamp | None = None  # the edit that was refused last

    def changed(self) -> bool:
        """Whether a file was edited, added or removed since the last look."""
        before, self._seen = self._seen, subscribers.watch_stamp(self._home.path)
        return self._seen != before

    def follow(self, ledger: Ledger, *, now: datetime) -> None:
        """Compile an edit into the ledger; a broken edit is logged once, and changes nothing."""
        stamp = subscribers.watch_stamp(self._home.path)
        try:
            changes = app.follow_profiles(self._home, ledger, now=now)
        except ConfigError as error:
            if stamp != self._refused:
                log.warning("%s\nThe profiles as they were before this edit stay in force.", error)
            self._refused = stamp
        else:
            self._refused = None
            if changes:
                counts = (len(changes.added), len(changes.changed), len(changes.removed))
                log.info("profiles read anew: %d new, %d changed, %d removed", *counts)


class Watch:
    """Notices finished files that no pass has seen; each look shows that the service runs."""

    def __init__(self, home: app.Home, inbox: Inbox) -> None:
        self._home, self._inbox = home, inbox
        self._now = self._seen = frozenset[DumpHash]()

    def changed(self) -> bool:
        """Whether the inbox holds a file that has not been there at the last pass."""
        health.beat(self._home)
        self._now = frozenset(file.hash for file in self._inbox.scan().found)
        return not self._now <= self._seen

    def seen(self) -> None:
        """Take what the last look saw as read."""
        self._seen = self._now
