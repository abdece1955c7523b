"""``digest doctor``: is everything well, and what to do where it is not."""

from collections.abc import Callable, Generator, Iterable, Iterator
from datetime import datetime
from email.utils import parseaddr
from pathlib import Path

import click
from rich.text import Text

from digest import config
from digest.cli import app, lookup, output
from digest.cli.options import examples, json_option, now_option, pass_folder
from digest.doctor import dns_records, machine, mail_server, template_check
from digest.doctor.dns_records import asked
from digest.doctor.finding import Finding, fail, ok, warn
from digest.doctor.resolver import Resolver
from digest.errors import ConfigError, LedgerError
from digest.model import Problem, SubscriberId
from digest.pipeline.context import MEND_TEMPLATE
from digest.render import templates
from digest.render.site import HELP

NOBODY = SubscriberId("doctor")
"""The subscriber of the unsubscribe link that is tried; nobody has this id."""

MANY_READERS = 10_000  # from so many on, files for each of them cost more than they are worth

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red", "skip": "dim"}


@click.command()
@now_option
@json_option
@pass_folder
@examples("digest doctor", "digest doctor --json")
def doctor(folder: Path, now: datetime, as_json: bool) -> int:
    """Look whether folders, database, clock, templates, mail server and DNS are well.

    Sends and changes nothing. Only servers that the settings name are asked, and the DNS where
    mail goes out by SMTP. What cannot be asked, as without a network, is marked as such.

    Exit status: 0; 1 when something fails.
    """
    found: list[Finding] = []
    out = output.console()
    for finding in look(folder, now):
        found.append(finding)
        if not as_json:
            mark = f"{'–' if finding.level == 'skip' else finding.level:4}"
            words = f"  {finding.area:10} {finding.what}"
            out.print(Text.assemble((mark, _COLOURS[finding.level]), words))
            if finding.remedy:
                out.print(Text.assemble(" " * 17, ("→", "bold"), f" {finding.remedy}"))
    if as_json:
        names = ("area", "level", "what", "remedy")
        output.print_json([output.fields(each, *names) for each in found])
    return int(any(finding.level == "fail" for finding in found))


def look(path: Path, now: datetime) -> Iterator[Finding]:
    """Check everything, from the settings outwards."""
    try:
        home = app.open_home(path)
    except ConfigError as error:
        yield from _each(fail, "settings", error.problems)
        return
    yield ok("settings", "digest.toml" if (path / "digest.toml").exists() else "defaults")
    yield from _each(warn, "settings", app.unknown_variables())
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


def _each(
    make: Callable[[str, str, str], Finding], area: str, problems: Iterable[Problem]
) -> Iterator[Finding]:
    return (make(area, f"{each.where}: {each.what}", each.remedy) for each in problems)


def _profiles(home: app.Home) -> Iterator[Finding]:
    try:
        yield ok("profiles", f"{lookup.checked(home.path, home, limit=0)[1]:,} subscribers")
    except ConfigError as error:
        yield from _each(fail, "profiles", error.problems)


def _templates(home: app.Home) -> Iterator[Finding]:
    failures, notes = template_check.check(templates.load(home.path), home.site)
    for error in failures:
        yield fail("templates", str(error), MEND_TEMPLATE)
    yield from _each(warn, "templates", notes)
    if not failures and not notes:
        yield ok("templates", "they render")


def _folders(home: app.Home) -> Iterator[Finding]:
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


def _ledger(
    home: app.Home, clocks: dict[str, datetime]
) -> Generator[Finding, None, datetime | None]:
    """Yield findings, add the database's clock, and return when the ledger was last written."""
    try:
        with app.open_ledger(home) as ledger:
            if not ledger.exists:
                yield ok("database", "none yet; the first run makes it")
                return None
            health, readers = ledger.examine(), ledger.count_subscribers()
    except LedgerError as error:
        yield fail("database", str(error), "see docs/operating.md on backups")
        return None
    for fault in health.faults:
        yield fail("database", fault, "restore a backup, then run `digest db restored`")
    if not health.faults:
        yield ok("database", f"{health.engine}, tables at version {health.schema}, sound")
    if health.clock:
        clocks["the database"] = health.clock
    yield from _publishing(home, readers)
    return health.newest


def _publishing(home: app.Home, readers: int) -> Iterator[Finding]:
    """Look whether feeds and pages reach their readers in the way that suits their number."""
    serves = home.settings.public.mode == "serve"
    if not serves and readers >= MANY_READERS:
        what = f"{readers:,} readers have files of their own, eight for a digest by feed"
        remedy = 'consider mode = "serve" in [public]: `digest serve` then renders them on demand'
        yield warn("public", what, f"{remedy} (docs/operating.md, Feeds and pages)")
    old = home.public / "archive"
    if serves and old.is_dir():
        what = f"{old} holds pages of readers from before, which are no longer kept up to date"
        remedy = "delete it, and what is not called all.* in public/feeds"
        yield warn(
            "public",
            what,
            f"{remedy}; where a web server hands out public/, it must ask `digest serve` instead",
        )


def _mail(home: app.Home, smtp: config.Smtp, now: datetime) -> Iterator[Finding]:
    address = parseaddr(home.settings.sender)[1]
    domain = address.rpartition("@")[2]
    bounces = home.settings.delivery.bounce_domain
    envelope = f"bounces@{bounces}" if bounces else address
    yield from mail_server.smtp(app.mail_server(home, smtp), envelope, now=now)
    if domain.rpartition(".")[2] in ("localhost", "local", "test"):
        yield warn("DNS", f"nobody can answer {address}", "set `from` to an address of yours")
        return
    resolver = Resolver()
    yield asked("SPF", dns_records.spf, resolver, bounces or domain)
    yield from _signatures(home, resolver, domain)
    yield asked("DMARC", dns_records.dmarc, resolver, domain)
    yield asked("MX", dns_records.takes_mail, resolver, domain, "requests to unsubscribe by mail")
    if bounces:
        yield asked("MX", dns_records.takes_mail, resolver, bounces, "bounces")
    yield asked("PTR", dns_records.reverse, resolver, smtp.host)


def _signatures(home: app.Home, resolver: Resolver, domain: str) -> Iterator[Finding]:
    settings = home.settings.dkim
    if settings is None:
        yield warn("DKIM", "mail is not signed here", "set [dkim], unless the server signs")
        return
    try:
        record = app.dkim_signer(home, settings).record()
    except ConfigError as error:
        yield from _each(fail, "DKIM", error.problems)
        return
    if finding := dns_records.aligned(domain, settings.domain):
        yield finding
    yield asked("DKIM", dns_records.dkim, resolver, settings.domain, settings.selector, record)


def _web(home: app.Home, clocks: dict[str, datetime]) -> Iterator[Finding]:
    if home.settings.base_url is None:
        return
    link = None
    if home.settings.secret or (home.state / "keys").exists():  # else it would be made
        link = f"unsubscribe/{app.signer(home).link('unsubscribe', NOBODY)}"
    answer = mail_server.web(home.settings.base_url, HELP, link)
    yield answer.finding
    if answer.date:
        clocks["the web server"] = answer.date
