"""Every setting with its key in ``digest.toml``, its type, its default and its checks.
``config.load`` makes an instance from the file and the environment."""

import re
from collections import Counter
from datetime import date, timedelta
from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationInfo, field_validator
from pydantic.functional_validators import AfterValidator, BeforeValidator, model_validator

from digest import model
from digest.config import fields
from digest.config.messages import quoted, wrong
from digest.model import Expect, Expected, SourceKind

SHORTEST_SECRET = 16
_ONLY_FOR: dict[str, tuple[SourceKind, ...]] = {
    "query": ("arxiv", "openalex", "semantic-scholar", "crossref", "pubmed"),
    "categories": ("arxiv", "biorxiv"),
    "via": ("arxiv",),
    "server": ("biorxiv",),
}
_EXPECTED: dict[SourceKind, Expect] = {"daily-papers": "weekday", "arxiv": "weekday"}
"""The days on which sources usually have a page; others say nothing of it."""
_PORTS = {"starttls": 587, "tls": 465, "none": 25}

Duration = Annotated[timedelta, BeforeValidator(fields.span)]
Rate = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]


class Section(BaseModel):
    """A table of ``digest.toml``."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Smtp(Section):
    """The server that takes the mail."""

    host: str
    security: Literal["starttls", "tls", "none"] = "starttls"
    """With ``starttls`` and ``tls``, the server's certificate must be valid for ``host``."""
    port: Annotated[int, Field(ge=1, le=65535, validate_default=True)] = 0
    """The default is 587 with ``starttls``, 465 with ``tls`` and 25 with ``none``."""
    username: str | None = None
    password: SecretStr | None = None
    """Comes from the environment or ``password_file``, never from ``digest.toml``."""
    password_file: Path | None = None
    """A file, relative to the home, whose first line is the password."""
    ca_file: Path | None = None
    """A PEM file, relative to the home, of the authorities to trust instead of the system's."""

    @field_validator("host")
    @classmethod
    def _host(cls, text: str) -> str:
        host = fields.one_line(text)
        if not host or re.search(r"[\s/@]", host):
            raise wrong(f"{quoted(text)} is not a host", "write its name alone: mail.example.org")
        return host

    @field_validator("port", mode="before")
    @classmethod
    def _usual_port(cls, value: object, info: ValidationInfo) -> object:
        return value or _PORTS.get(info.data.get("security", ""), 587)

    @model_validator(mode="after")
    def _no_login_in_the_clear(self) -> Self:
        if self.username and self.security == "none" and not fields.is_loopback(self.host):
            what = f"the password would go to {self.host} unencrypted"
            raise wrong(what, 'write security = "starttls" or "tls"')
        if self.username and not (self.password or self.password_file):
            remedy = "set DIGEST_SMTP__PASSWORD, or name a `password_file`"
            raise wrong("a `username` without a password", remedy)
        if not self.username and (self.password or self.password_file):
            raise wrong("a password without a `username`", "add the name to log in with")
        return self


class Delivery(Section):
    """How mail goes out."""

    uncertain: Literal["hold", "resend"] = "hold"
    """What happens to a message that the server may or may not have accepted."""
    connections: Annotated[int, Field(ge=1, le=256)] = 8
    per_second: Rate = 50  # the most messages in a second
    per_domain: Rate | None = None
    """The most messages in a second to one recipient domain; None: the limit is ``per_second``."""
    expire_after: Duration = timedelta(days=2)
    """A message that could not be delivered for this long expires."""
    lease: Duration = timedelta(minutes=5)  # how long a claim stays valid without renewal
    bounce_domain: Annotated[str, AfterValidator(fields.domain)] | None = None
    """The domain that receives bounces; with it, each message has its own envelope sender."""
    mailboxes: tuple[str, ...] = ()
    """The mailboxes that receive bounces: maildirs and mbox files, relative to the home, and IMAP
    folders as ``imaps://user@host/Folder``."""


class Dkim(Section):
    """How messages are signed."""

    selector: Annotated[str, AfterValidator(fields.selector)]
    """The public key is published in the DNS at SELECTOR._domainkey.DOMAIN."""
    domain: Annotated[str, AfterValidator(fields.domain)]
    key_file: Path  # a PEM file, relative to the home, with the private key


class Web(Section):
    """The web server of ``digest serve``."""

    bind: Annotated[str, AfterValidator(fields.bind)] = "127.0.0.1:8000"

    @property
    def host(self) -> str:
        """The host to listen on, without brackets."""
        return self.bind.rpartition(":")[0].strip("[]")

    @property
    def port(self) -> int:
        """The port to listen on; 0 stands for any free port."""
        return int(self.bind.rpartition(":")[2])


class Source(Section):
    """A place in the web that dumps come from."""

    kind: Annotated[SourceKind, BeforeValidator(fields.source_kind)]
    name: Annotated[str, AfterValidator(fields.source_name)] = Field(
        default="", validate_default=True
    )
    """Names it in commands, messages and the folder of its dumps; left out: its kind."""
    url: Annotated[str, AfterValidator(fields.web_url)] | None = None
    """Of a feed; for other kinds, the address of another server than the public one."""
    query: Annotated[str, AfterValidator(fields.one_line)] = ""
    """What to search for, in the source's own syntax."""
    categories: tuple[Annotated[str, AfterValidator(fields.one_line)], ...] = ()
    """The categories to fetch, as ``cs.LG``; a paper in any of them is listed."""
    via: Literal["api", "rss"] = "api"  # of ``arxiv``: its search, or its daily feed
    server: Literal["biorxiv", "medrxiv"] = "biorxiv"
    every: Annotated[Duration, AfterValidator(fields.at_least_a_minute)] = timedelta(hours=1)
    expect: Expect | None = None
    """The days for which a page is expected; left out: as its kind usually has them."""
    holidays: tuple[date, ...] = ()  # days for which none is
    backfill: Duration = timedelta(days=3)
    """How far back the first fetch reaches; a gap after an outage is filled anyway."""

    @field_validator("name", mode="before")
    @classmethod
    def _named(cls, name: object, info: ValidationInfo) -> object:
        return name or info.data.get("kind", "source")

    @model_validator(mode="after")
    def _has_what_it_needs(self) -> Self:
        if self.url is None and self.kind == "feed":
            raise wrong("a source of kind feed without `url`", "add it")
        for key, kinds in _ONLY_FOR.items():
            if key in self.model_fields_set and self.kind not in kinds:
                remedy = f"delete it: only {', '.join(kinds)} can have it"
                raise wrong(f"`{key}` in a source of kind {self.kind}", remedy)
        wanted = [key for key in ("query", "categories") if self.kind in _ONLY_FOR[key]]
        if self.kind != "biorxiv" and wanted and not any(getattr(self, key) for key in wanted):
            keys = " or ".join(f"`{key}`" for key in wanted)
            raise wrong(f"a source of kind {self.kind} without {keys}", "say what to fetch")
        if self.via == "rss" and self.query:
            raise wrong('a `query` with `via = "rss"`', "give `categories`, or leave out `via`")
        return self

    def as_model(self) -> model.Source:
        """The source as the program goes by it."""
        expect = self.expect or _EXPECTED.get(self.kind, "none")
        return model.Source(**self.model_dump(exclude={"expect"}), expect=expect)


class Fetch(Section):
    """How sources are fetched."""

    contact: Annotated[str, AfterValidator(fields.email_address)] | None = None
    """The address that servers are told, so that they can complain; left out: that of ``from``."""
    timeout: Duration = timedelta(seconds=60)  # the longest that one answer may take
    megabytes: Annotated[int, Field(ge=1, le=1000)] = 50  # the largest answer that is taken
    openalex_key: SecretStr | None = None
    semantic_scholar_key: SecretStr | None = None
    """Keys come only from the environment."""

    def keys(self) -> dict[SourceKind, str]:
        """The keys that there are, by the kind of source that wants them."""
        given: dict[SourceKind, SecretStr | None] = {
            "openalex": self.openalex_key,
            "semantic-scholar": self.semantic_scholar_key,
        }
        return {kind: key.get_secret_value() for kind, key in given.items() if key is not None}


class Keep(Section):
    """How long things are kept that no promise needs."""

    fetched: Duration = timedelta(days=30)  # the files of dumps that were fetched
    sightings: Duration = timedelta(days=90)  # records as they stood in dumps
    digests: Duration = timedelta(days=730)  # which papers past digests hold, and why
    pages: Duration = timedelta(days=60)
    """The pages of past digests, beside those that the reader's index lists."""
    outbox: Duration = timedelta(days=30)  # mail that was written to `outbox/`


class Alarms(Section):
    """Whom the program tells that a source fails, changed its form, or went quiet."""

    to: Annotated[str, AfterValidator(fields.email_address)] | None = None
    after: Duration = timedelta(hours=6)  # for how long a source has to fail


class Public(Section):
    """How feeds and pages reach their readers."""

    mode: Literal["files", "serve"] = "files"
    """``files``: they are written to ``public/``. ``serve``: `digest serve` renders them when they
    are asked for, and no file is written for a reader."""


class Cluster(Section):
    """Which processes share a pass out; without it, the one that makes the pass does all."""

    workers: Annotated[int, Field(ge=1, le=1024)] | None = None  # so many, on this machine
    url: Annotated[str, AfterValidator(fields.scheduler_url)] | None = None
    """The workers of this Dask scheduler: ``tls://HOST:PORT``, or ``tcp://127.0.0.1:PORT``."""

    @model_validator(mode="after")
    def _one_of_them(self) -> Self:
        if self.workers and self.url:
            raise wrong("`workers` and `url` together", "delete one of them")
        return self


class Feeds(Section):
    """The feeds in ``public/``."""

    entries: Annotated[int, Field(ge=1, le=1000)] = 50  # the most entries in one feed


class Brand(Section):
    """How emails and pages show who publishes them."""

    name: Annotated[str, AfterValidator(fields.one_line)] = ""
    """Left out: the display name in ``from``."""
    accent: Annotated[str, AfterValidator(fields.colour)] = ""
    """Colour of links and bars as ``#rrggbb``; darker or lighter shades are used where it could not
    be read."""
    footer: Annotated[str, AfterValidator(fields.lines)] = ""
    """A text of a few lines below each email and page."""
    postal_address: Annotated[str, AfterValidator(fields.lines)] = ""
    """Shown below the footer; many laws demand it in bulk mail."""


class Log(Section):
    """The log of the service."""

    format: Literal["text", "json"] = "text"


class Settings(Section):
    """All settings of a home."""

    base_url: Annotated[str, AfterValidator(fields.base_url)] | None = None
    """The URL at which ``public/`` is served; None: links are file URIs."""
    sender: Annotated[str, AfterValidator(fields.mailbox)] = Field(
        default="Paper Digest <digest@localhost>", alias="from"
    )
    """The From header."""
    reply_to: Annotated[str, AfterValidator(fields.mailbox)] | None = None
    """Where answers go; left out: to ``from``."""
    brand: Brand = Brand()
    database_url: Annotated[str, AfterValidator(fields.database_url)] = Field(
        default="sqlite:///state/digest.db", repr=False
    )
    """In ``digest.toml`` the path of an SQLite file is relative to the home; loaded, absolute."""
    inbox: Annotated[Path, AfterValidator(fields.folder)] = Path("inbox")
    """The folder of dumps, relative to the home."""
    expect: Expect = "weekday"
    """The days on which a dump is expected in the inbox; one that does not come is told as missing.
    Left out where there are ``sources``: none."""
    grace: Duration | None = None
    """How long a period in which nothing came stays open for late dumps; left out: 6 h for a daily
    digest, 24 h for others."""
    secret: SecretStr | None = None
    """Signs tokens; comes only from the environment. None: the home creates its own keys."""
    smtp: Smtp | None = None  # None: messages are written to ``outbox/``
    delivery: Delivery = Delivery()
    dkim: Dkim | None = None
    web: Web = Web()
    sources: tuple[Source, ...] = ()
    fetch: Fetch = Fetch()
    keep: Keep = Keep()
    alarms: Alarms = Alarms()
    feeds: Feeds = Feeds()
    public: Public = Public()
    cluster: Cluster = Cluster()
    log: Log = Log()

    @property
    def expected(self) -> Expected:
        """Where pages are expected from. With sources, the inbox is expected to bring nothing
        unless ``expect`` is set."""
        is_set = "expect" in self.model_fields_set or not self.sources
        sources = tuple(source.as_model() for source in self.sources)
        return Expected(self.expect if is_set else "none", sources)

    @field_validator("sources")
    @classmethod
    def _named_once(cls, sources: tuple[Source, ...]) -> tuple[Source, ...]:
        names = Counter(source.name for source in sources)
        if doubled := [name for name, count in names.items() if count > 1]:
            what = f"{names[doubled[0]]} sources are called {quoted(doubled[0])}"
            raise wrong(what, "give each a `name` of its own")
        return sources

    @field_validator("secret")
    @classmethod
    def _long_enough(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(secret.get_secret_value()) < SHORTEST_SECRET:
            what = f"a secret of fewer than {SHORTEST_SECRET} characters"
            raise wrong(what, "make one with `openssl rand -hex 32`")
        return secret
