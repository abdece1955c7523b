"""``digest doctor``: is everything well, and what to do where it is not."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import datetime
from email.utils import parseaddr
from functools import partial
from pathlib import Path

import click

from digest import config, subscribers
from digest.cli import app, output
from digest.cli.app import Home
from digest.cli.options import json_option, moment, now_option, pass_home
from digest.doctor import dns_records, machine, mail_server, template_check
from digest.doctor.finding import Finding, fail, ok, warn
from digest.doctor.resolver import Resolver
from digest.errors import ConfigError, LedgerError
from digest.model import SubscriberId
from digest.pipeline.context import MEND_TEMPLATE
from digest.render import templates
from digest.render.site import HELP

NOBODY = SubscriberId("doctor")
"""For whom the unsubscribe link is that is looked at."""

_MARKS = {
    "ok": "[green]ok  [/green]",
    "warn": "[yellow]warn[/yellow]",
    "fail": "[red]fail[/red]",
    "skip": "[dim]–   [/dim]",
}


@click.command()
@now_option
@json_option
@pass_home
def doctor(home: Path, now: datetime | None, as_json: bool) -> int:
    """Look whether folders, database, clock, templates, mail server and DNS are well.

    Sends and changes nothing. Only servers that the settings name are asked, and the DNS where
    mail goes out by SMTP. What cannot be asked, as without a network, is marked as such.

    Exit status: 0; 1 when something fails.

    \b
    Examples:
      digest doctor
      digest doctor --json
    """
    found: list[Finding] = []
    out = output.console()
    for finding in look(home, moment(now)):
        found.append(finding)
        if not as_json:
            words = output.escape(f"{finding.area:10} {finding.what}")
            out.print(f"{_MARKS[finding.level]}  {words}")
            if finding.remedy:
                out.print(f"      {'':10} [bold]→[/bold] {output.escape(finding.remedy)}")
    if as_json:
        output.print_json(found)
    return int(any(finding.level == "fail" for finding in found))


def look(path: Path, now: datetime) -> Iterator[Finding]:
    """Everything, from the settings outwards."""
    try:
        home = app.open_home(path)
    except ConfigError as error:
        for problem in error.problems:
            yield fail("settings", f"{problem.where}: {problem.what}", problem.remedy)
        return
    yield ok("settings", "digest.toml" if (path / "digest.toml").exists() else "defaults")
    for stray in app.unknown_variables():
        yield warn("settings", f"{stray.where}: {stray.what}", stray.remedy)
    yield from _profiles(home)
    yield from _templates(home)
    yield from _folders(home)
    clocks: dict[str, datetime] = {}
    newest = yield from _ledger(home, clocks)
    if home.settings.smtp is None:
        yield ok("SMTP", f"not set: mail goes to {home.path / 'outbox'}")
    else:
        yield from _mail(home, home.settings.smtp, now)
    yield from _web(home, clocks)
    yield from machine.clocks(now, clocks, newest)


def _profiles(home: Home) -> Iterator[Finding]:
    try:
        yield ok("profiles", f"{len(subscribers.load(home.path))} subscribers")
    except ConfigError as error:
        for problem in error.problems:
            yield fail("profiles", f"{problem.where}: {problem.what}", problem.remedy)


def _templates(home: Home) -> Iterator[Finding]:
    found = template_check.check(templates.load(home.path), home.site)
    for error in found.failures:
        yield fail("templates", str(error), MEND_TEMPLATE)
    for problem in found.notes:
        yield warn("templates", f"{problem.where}: {problem.what}", problem.remedy)
    if not found.failures and not found.notes:
        yield ok("templates", "they render")


def _folders(home: Home) -> Iterator[Finding]:
    yield machine.folder("inbox", home.inbox, written=False)
    yield machine.folder("state", home.state)
    yield machine.folder("public", home.public)
    if home.settings.smtp is None:
        yield machine.folder("outbox", home.path / "outbox")
    yield machine.disk("disk", home.path)
    secrets = [home.state / "keys"]
    if home.settings.smtp and home.settings.smtp.password_file:
        secrets.append(home.path / home.settings.smtp.password_file)
    for path in secrets:
        if finding := machine.private("secrets", path):
            yield finding


def _ledger(home: Home, clocks: dict[str, datetime]) -> Generator[Finding, None, datetime | None]:
    """Yields findings, adds the server's clock; returns when the ledger was last written."""
    try:
        with app.open_ledger(home) as ledger:
            if not ledger.exists:
                yield ok("database", "none yet; the first run makes it")
                return None
            health = ledger.examine()
    except LedgerError as error:
        yield fail("database", str(error), "see docs/operating.md on backups")
        return None
    for fault in health.faults:
        yield fail("database", fault, "restore a backup, then run `digest db restored`")
    if not health.faults:
        yield ok("database", f"{health.engine}, tables at version {health.schema}, sound")
    if health.clock:
        clocks["the database"] = health.clock
    return health.newest


def _mail(home: Home, smtp: config.Smtp, now: datetime) -> Iterator[Finding]:
    address = parseaddr(home.settings.sender)[1]
    domain = address.rpartition("@")[2]
    bounces = home.settings.delivery.bounce_domain
    envelope = f"bounces@{bounces}" if bounces else address
    yield from mail_server.smtp(app.mail_server(home, smtp), envelope, now=now)
    if domain.rpartition(".")[2] in ("localhost", "local", "test"):
        yield warn("DNS", f"nobody can answer {address}", "set `from` to an address of yours")
        return
    resolver = Resolver()
    yield dns_records.asked("SPF", partial(dns_records.spf, resolver, bounces or domain))
    yield from _signatures(home, resolver, domain)
    yield dns_records.asked("DMARC", partial(dns_records.dmarc, resolver, domain))
    yield dns_records.asked(
        "MX", partial(dns_records.takes_mail, resolver, domain, "requests to unsubscribe by mail")
    )
    if bounces:
        yield dns_records.asked("MX", partial(dns_records.takes_mail, resolver, bounces, "bounces"))
    yield dns_records.asked("PTR", partial(dns_records.reverse, resolver, smtp.host))


def _signatures(home: Home, resolver: Resolver, domain: str) -> Iterator[Finding]:
    settings = home.settings.dkim
    if settings is None:
        yield warn("DKIM", "mail is not signed here", "set [dkim], unless the server signs")
        return
    try:
        record = app.signer(home, settings).record()
    except ConfigError as error:
        for problem in error.problems:
            yield fail("DKIM", f"{problem.where}: {problem.what}", problem.remedy)
        return
    if finding := dns_records.aligned(domain, settings.domain):
        yield finding
    yield dns_records.asked(
        "DKIM", partial(dns_records.dkim, resolver, settings.domain, settings.selector, record)
    )


def _web(home: Home, clocks: dict[str, datetime]) -> Iterator[Finding]:
    if home.settings.base_url is None:
        return
    link = None
    if home.settings.secret or (home.state / "keys").exists():  # else it would be made
        link = f"unsubscribe/{app.signing_keys(home).link('unsubscribe', NOBODY)}"
    answer = mail_server.web(home.settings.base_url, HELP, link)
    yield answer.finding
    if answer.date:
        clocks["the web server"] = answer.date
