"""Wires passes that several processes share: what workers need, and what has to be set for them."""

import gc
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from digest import __version__, config
from digest.cli import CYCLES_EVERY, app, logs
from digest.errors import ConfigError
from digest.ledger import Ledger
from digest.model import PaperKey, Problem, SubscriberId
from digest.pipeline.context import RunContext
from digest.pipeline.run import Work, alone
from digest.render import templates
from digest.workers.shards import Opened, Pass

_ALIKE = ("base_url", "sender", "reply_to", "brand", "grace", "expected", "feeds", "public")
"""Settings on which decisions and messages depend."""


def check(home: app.Home) -> None:
    """Make sure that passes can be shared out as the settings say.

    Raises:
        ConfigError: Something has to be set or installed for it; every problem at once.
    """
    cluster = home.settings.cluster
    problems = []
    if (cluster.workers or cluster.url) and find_spec("distributed") is None:
        remedy = "pip install 'papers-digest[cluster]'"
        problems.append(Problem("cluster", "Dask's distributed is not installed", remedy))
    if cluster.url and urlsplit(cluster.url).scheme == "tls":
        problems += _not_to_be_shared(home.settings)
    if problems:
        raise ConfigError(problems)


def _not_to_be_shared(settings: config.Settings) -> Iterator[Problem]:
    """What the settings have that works on one machine alone."""
    if settings.database_url.startswith("sqlite"):
        remedy = "set DIGEST_DATABASE_URL to a PostgreSQL database"
        yield Problem("database_url", "machines cannot share an SQLite file", remedy)
    if settings.smtp is None:
        remedy = "add [smtp] with a `host`"
        yield Problem("smtp", "machines cannot share an outbox of files", remedy)
    if settings.public.mode == "files":
        remedy = 'write mode = "serve" under [public]'
        yield Problem("public", "machines cannot share the files in public/", remedy)
    if settings.secret is None:
        remedy = "set DIGEST_SECRET to the same value on all machines"
        yield Problem("secret", "machines have to sign links with the same key", remedy)


def divided(home: app.Home, context: RunContext[Ledger], *, now: datetime) -> Work:
    """What decides and delivers in a pass by the settings: this process alone, processes of this
    machine, or the workers of a scheduler."""
    cluster = home.settings.cluster
    if not cluster.workers and not cluster.url:
        return alone
    # Dask takes as long to import as all the rest, and few passes want it.
    from digest.workers import clusters  # noqa: PLC0415
    from digest.workers.coordinator import Coordinator  # noqa: PLC0415

    described = Pass(
        name=f"digest-{secrets.token_hex(8)}",
        home=home.path,
        terms=_terms(home),
        now=now,
        ahead=context.clock() - datetime.now(UTC),
        until=PaperKey(0),
        papers_came=False,
        corpus=None,
        is_local=cluster.url is None,
    )
    return Coordinator(
        connect=partial(clusters.remote, cluster.url)
        if cluster.url
        else partial(clusters.local, cluster.workers or 1),
        describe=lambda until, came: replace(described, until=until, papers_came=came),
        opener=join,
        ledger=context.ledger,
        take_over=lambda: app.take_over(home, context),
    )


@contextmanager
def join(of: Pass, stopping: Callable[[], bool]) -> Iterator[Opened]:
    """Open what a worker needs, by the settings and the environment that its own machine has.

    Raises:
        ConfigError: They differ from the coordinator's.
    """
    gc.set_threshold(CYCLES_EVERY)
    elsewhere = None if of.is_local else os.environ.get("DIGEST_HOME")
    home = app.open_home(Path(elsewhere or of.home))
    logs.start(home.settings.log.format, level="WARNING")
    own = _terms(home)
    if differing := [name for name, value in of.terms.items() if own.get(name) != value]:
        what = f"is not what it is where the pass was started: {home.path}"
        remedy = "give all machines the same program, settings and templates"
        raise ConfigError([Problem(name, what, remedy) for name in differing])
    with app.open_shared_context(home, now=of.now, stopping=stopping) as context:
        if context.ledger.newest_key() < of.until:
            what = "another ledger than the pass was started with"
            raise ConfigError([Problem("database_url", what, "give all machines the same")])
        yield Opened(
            replace(context, clock=lambda: datetime.now(UTC) + of.ahead),
            transport=lambda share: app.transport(_with_share(home, share), stopping),
            release=lambda: app.release(home, context),
        )


def _terms(home: app.Home) -> Mapping[str, str]:
    """What all machines have to agree on, by name: hashes, and a link to nobody."""
    settings = home.settings
    told: dict[str, object] = {name: getattr(settings, name) for name in _ALIKE}
    told["delivery"] = (settings.delivery.uncertain, settings.delivery.bounce_domain)
    told["templates"] = templates.load(home.path).hash()
    hashed = {name: sha256(repr(value).encode()).hexdigest()[:16] for name, value in told.items()}
    nobody = app.signer(home).link("unsubscribe", SubscriberId("/"))
    return {"version": __version__, "secret": nobody, **hashed}


def _with_share(home: app.Home, share: float) -> app.Home:
    """A home whose limits are one worker's part of those of all."""
    limits = home.settings.delivery
    less = {
        "connections": max(1, int(limits.connections * share)),
        "per_second": limits.per_second * share,
        "per_domain": limits.per_domain and limits.per_domain * share,
    }
    delivery = limits.model_copy(update=less)
    return replace(home, settings=home.settings.model_copy(update={"delivery": delivery}))
