"""Settings: what they mean, and the whole list of problems as a person reads it."""

# ruff: noqa: E501 - tables of messages read best with one on a line

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

from digest import config
from digest.config import fields
from digest.errors import ConfigError
from digest.model import Source
from tests.conftest import examples

NOTHING: Mapping[str, str] = {}
LOGIN = {"DIGEST_SMTP__PASSWORD": "hunter2"}


def told(home: Path, text: str, environ: Mapping[str, str] = NOTHING) -> list[str]:
    """The problems once ``digest.toml`` holds ``text``; none if it loads."""
    (home / "digest.toml").write_text(text, encoding="utf-8")
    try:
        config.load(home, environ)
    except ConfigError as error:
        return [str(problem) for problem in error.problems]
    return []


def test_without_any_setting(tmp_path: Path) -> None:
    found = config.load(tmp_path, NOTHING)
    assert found == config.Settings(database_url=f"sqlite:///{tmp_path}/state/digest.db")
    assert (found.base_url, found.smtp, found.dkim, found.secret, found.sources) == (
        None,
        None,
        None,
        None,
        (),
    )
    assert (found.sender, found.inbox, found.expect) == (
        "Paper Digest <digest@localhost>",
        Path("inbox"),
        "weekday",
    )


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    text = """\
base_url = "https://digest.example.org/"
from = "Paper Digest <digest@example.org>"
database_url = "sqlite:///state/digest.db"   # or postgresql+psycopg://…
[smtp]                      # absent: .eml files in outbox/
host = "localhost"
port = 587
security = "starttls"       # starttls | tls | none
username = "digest"
[delivery]
uncertain = "hold"          # hold | resend
connections = 8
per_second = 50
expire_after = "2d"
lease = "5m"
bounce_domain = "bounces.example.org"
[web]
bind = "127.0.0.1:8000"
[[sources]]
kind = "daily-papers"
every = "1h"
"""
    (tmp_path / "digest.toml").write_text(text, encoding="utf-8")
    found = config.load(tmp_path, LOGIN)
    assert found.base_url == "https://digest.example.org"
    assert found.sender == "Paper Digest <digest@example.org>"
    assert found.smtp is not None
    assert found.smtp.password is not None
    assert (found.smtp.host, found.smtp.port, found.smtp.username) == ("localhost", 587, "digest")
    assert found.smtp.password.get_secret_value() == "hunter2"
    assert found.delivery == config.Delivery(bounce_domain="bounces.example.org")
    assert (found.delivery.expire_after, found.delivery.lease) == (
        timedelta(days=2),
        timedelta(minutes=5),
    )
    assert (found.web.host, found.web.port) == ("127.0.0.1", 8000)
    assert found.sources == (config.Source(kind="daily-papers", every=timedelta(hours=1)),)


def test_a_variable_wins_over_the_file_key_by_key(tmp_path: Path) -> None:
    text = '[delivery]\nconnections = 2\nlease = "1m"\n[log]\nformat = "json"\n'
    (tmp_path / "digest.toml").write_text(text, encoding="utf-8")
    environ = {
        "DIGEST_FROM": "me@example.org",
        "DIGEST_DELIVERY__CONNECTIONS": "16",
        "DIGEST_DELIVERY__MAILBOXES": '["Maildir"]',
        "DIGEST_SOURCES": '[{"kind": "atom", "url": "https://example.org/feed"}]',
        "DIGEST_FEEDS": '{"entries": 10}',
        "DIGEST_LOG__FORMAT": "",
        "DIGEST_HOME": "elsewhere",
        "FROM": "somebody@example.org",
    }
    found = config.load(tmp_path, environ)
    assert found.sender == "me@example.org"
    assert found.delivery == config.Delivery(
        connections=16, lease=timedelta(minutes=1), mailboxes=("Maildir",)
    )
    assert found.sources == (config.Source(kind="feed", url="https://example.org/feed"),)
    assert (found.feeds.entries, found.log.format) == (10, "json")


def test_the_environment_of_the_process_is_not_looked_at(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_EXPECT", "none")
    monkeypatch.setenv("EXPECT", "none")
    assert config.load(tmp_path, NOTHING).expect == "weekday"
    assert config.Settings().expect == "weekday"


def test_feeds_on_demand_need_an_address(tmp_path: Path) -> None:
    text = '[public]\nmode = "serve"\n'
    assert told(tmp_path, text) == [
        "digest.toml:2: feeds and pages on demand need an address that `digest serve` is reached at (set `base_url`)"
    ]
    assert told(tmp_path, f'base_url = "https://digest.example.org"\n{text}') == []
    where = {"DIGEST_PUBLIC__MODE": "serve"}
    assert told(tmp_path, "", where)[0].startswith("DIGEST_PUBLIC__MODE: feeds and pages on demand")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    found = config.load(tmp_path, NOTHING)
    with pytest.raises(ValidationError, match="frozen"):
        found.expect = "day"
    with pytest.raises(ValidationError, match="frozen"):
        found.delivery.connections = 1


def test_all_problems_at_once(tmp_path: Path) -> None:
    text = """\
base_url = "digest.example.org"
form = "Paper Digest <digest@example.org>"
from = "Paper Digest"
secret = "sesame, open up please"
[smtp]
host = "mail.example.org"
port = "submission"
security = "startls"
password = "hunter2"
[delivery]
uncertain = "hodl"
connections = 0
expire_after = "2 days"
[web]
bind = "8000"
[[sources]]
kind = "daily-papers"
[[sources]]
kind = "ataxiv"
every = 5
[logging]
format = "json"
[dkim]
selector = "a b"
domain = "example..org"
"""
    environ = {
        "DIGEST_FEEDS__ENTRIES": "many",
        "DIGEST_FEEDS__ENTRY": "3",
        "digest_expect": "weekdays",
        "DIGEST_DELIVERY__LEASE": "soon",
    }
    assert told(tmp_path, text, environ) == [
        "digest.toml:1: 'digest.example.org' is not an http(s) URL (write it like https://digest.example.org)",
        "digest.toml:2: unknown key 'form' (did you mean 'from'?)",
        "digest.toml:3: 'Paper Digest' is not an e-mail address: An email address must have an @-sign. (write it as name@example.org)",
        "digest.toml:4: `secret` in this file is not read (set DIGEST_SECRET in the environment)",
        "digest.toml:7: 'port' is not a whole number (write one such as 5)",
        "digest.toml:8: unknown word 'startls' (did you mean 'starttls'?)",
        "digest.toml:9: `password` in this file is not read (set DIGEST_SMTP__PASSWORD in the environment, or name a `password_file`)",
        "digest.toml:11: unknown word 'hodl' (did you mean 'hold'?)",
        "digest.toml:12: 'connections' is too low (write at least 1)",
        "digest.toml:13: '2 days' is not a duration (write a number and a unit: 90s, 5m, 12h, 30d or 2w)",
        "digest.toml:15: '8000' is not host:port (write it as 127.0.0.1:8000 or [::1]:80)",
        "digest.toml:19: unknown word 'ataxiv' (did you mean 'arxiv'?)",
        "digest.toml:20: '5' is not a duration (write a number and a unit: 90s, 5m, 12h, 30d or 2w)",
        "digest.toml:21: unknown key 'logging' (the keys are base_url, from, reply_to, brand, database_url, inbox, expect, grace, secret, smtp, delivery, dkim, web, sources, fetch, keep, alarms, feeds, public, cluster, log)",
        "digest.toml:23: 'key_file' is missing (add it)",
        "digest.toml:24: 'a b' is not a selector (write letters, digits, '.' and '-')",
        "digest.toml:25: 'example..org' is not a domain (write it as example.org)",
        "DIGEST_DELIVERY__LEASE: 'soon' is not a duration (write a number and a unit: 90s, 5m, 12h, 30d or 2w)",
        "DIGEST_FEEDS__ENTRIES: 'entries' is not a whole number (write one such as 5)",
        "DIGEST_FEEDS__ENTRY: unknown key 'entry' (the keys are entries)",
        "digest_expect: unknown word 'weekdays' (did you mean 'weekday'?)",
    ]


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ('base_url = "ftp://example.org"', "1: 'ftp://example.org' is not an http(s) URL (write it like https://digest.example.org)"),
        ('base_url = "https://"', "1: 'https://' is not an http(s) URL (write it like https://digest.example.org)"),
        ('base_url = "https://x.org:99999"', "1: 'https://x.org:99999' is not a URL: Port out of range 0-65535 (write it like https://digest.example.org)"),
        ('base_url = "https://x.org/?a=b"', "1: 'https://x.org/?a=b' has more than a path (leave out ? and # and what follows)"),
        ('base_url = "https://me:pw@x.org"', "1: a URL with a name or password in it (leave them out)"),
        ('base_url = "https://x.org/\\n"', "1: the character U+000A in 'https://x.org/\\n' (delete it)"),
        ("base_url = 5", "1: 'base_url' is not text (put it in quotes)"),
        ('from = "A <a@b.org>, C <c@d.org>"', "1: 'A <a@b.org>, C <c@d.org>' is not an e-mail address: The part after the @-sign contains invalid characters: ',', '<', '>', '@', SPACE. (write it as name@example.org, without a name and angle brackets)"),
        ('from = "A\\r\\nBcc: x@y.org <a@b.org>"', "1: the character U+000D in 'A\\r\\nBcc: x@y.org <a@b.org>' (delete it)"),
        ('from = "ädä@example.org"', "1: 'ädä@example.org' has letters before the @ that many servers refuse (send from an address in plain ASCII)"),
        ('database_url = "mysql://u:hunter2@h/d"', "1: a database that is not supported (write sqlite:///… or postgresql+psycopg://…)"),
        ('database_url = "postgresql://u:hunter2@h/d"', "1: a PostgreSQL URL without its driver (begin it with postgresql+psycopg://)"),
        ('database_url = "sqlite:///:memory:"', "1: a database in memory would forget what was sent (name a file)"),
        ('inbox = ""', "1: the inbox would be the home itself (name a folder in it)"),
        ("[smtp]", "1: 'host' is missing (add it)"),
        ('smtp.host = "mail example org"', "1: 'mail example org' is not a host (write its name alone: mail.example.org)"),
        ('[smtp]\nhost = "h"\nport = 70000', "3: 'port' is too high (write at most 65535)"),
        ('[smtp]\nhost = "h"\nusername = "u"', "1: a `username` without a password (set DIGEST_SMTP__PASSWORD, or name a `password_file`)"),
        ('[smtp]\nhost = "h"\npassword_file = "p"', "1: a password without a `username` (add the name to log in with)"),
        ('[smtp]\nhost = "h"\nusername = "u"\npassword_file = "none.txt"', "4: cannot read {home}/none.txt: No such file or directory (name a file that can be read)"),
        ('[smtp]\nhost = "h"\nusername = "u"\nsecurity = "none"\npassword_file = "p"', "1: the password would go to h unencrypted (write security = \"starttls\" or \"tls\")"),
        ('[dkim]\nselector = "s"\ndomain = "x.org"\nkey_file = "dkim.pem"', "4: cannot read {home}/dkim.pem: No such file or directory (name a file that can be read)"),
        ('reply_to = "Ada"', "1: 'Ada' is not an e-mail address: An email address must have an @-sign. (write it as name@example.org)"),
        ('[brand]\naccent = "teal"', "2: 'teal' is not a colour (write it like #1d3f78)"),
        ('[brand]\nfooter = "a\\rb\\u0007"', "2: the character U+0007 in 'b\\x07' (delete it)"),
        ('[brand]\npostal_address = "a\\nb\\nc\\nd\\ne\\nf\\ng\\nh\\ni"', "2: a text of 9 lines (write at most 8)"),
        ("[delivery]\nper_second = 0", "2: 'per_second' is too low (write more than 0)"),
        ("[delivery]\nper_domain = nan", "2: 'per_domain' is not a finite number (write one such as 2 or 0.5)"),
        ("delivery = 3", "1: 'delivery' is not a mapping of keys to values (give it keys of its own)"),
        (
            'sources = "daily-papers"',
            "1: 'sources' is not a list of tables (write [[sources]] above each source)",
        ),
        (
            '\n[sources]\nkind = "daily-papers"',
            "2: 'sources' is not a list of tables (write [[sources]] above each source)",
        ),
        (
            '\n[[source]]\nkind = "daily-papers"',
            "2: unknown key 'source' (did you mean 'sources'?)",
        ),
        (
            '\n[[sources]]\nkind = "daily-papers"\n[[sources]]\nkind = "daily-papers"',
            "2: 2 sources are called 'daily-papers' (give each a `name` of its own)",
        ),
        (
            '[[sources]]\nkind = "daily-papers"\nholidays = ["christmas"]',
            "3: the entry is not a date (write it like 2026-12-24, without quotes)",
        ),
        (
            '[[sources]]\nkind = "daily-papers"\ncategories = ["cs.LG"]',
            "1: `categories` in a source of kind daily-papers (delete it: only arxiv, biorxiv can have it)",
        ),
        ('[[sources]]\nkind = "rss"', "1: a source of kind feed without `url` (add it)"),
        ('[web]\nbind = "::1:8000"', "2: '::1:8000' is not host:port (write it as 127.0.0.1:8000 or [::1]:80)"),
        ('[fetch]\nopenalex_key = "k"', "2: `openalex_key` in this file is not read (set DIGEST_FETCH__OPENALEX_KEY in the environment)"),
        ("expect = \"always\"", "1: unknown word 'always' (write 'weekday', 'day' or 'none')"),
        ("a = 1\nb =\n", "2: not TOML: Invalid value (write `key = \"text\"`, `key = 5` or [section]; see toml.io)"),
        ("[log]\nformat = \"text\"\nformat = \"json\"", "3: not TOML: Cannot overwrite a value (write `key = \"text\"`, `key = 5` or [section]; see toml.io)"),
    ],
)  # fmt: skip
def test_a_wrong_file(tmp_path: Path, text: str, problem: str) -> None:
    assert told(tmp_path, text) == [f"digest.toml:{problem.format(home=tmp_path)}"]


@pytest.mark.parametrize(
    ("environ", "problem"),
    [
        ({"DIGEST_SECRET": "sesame"}, "DIGEST_SECRET: a secret of fewer than 16 characters (make one with `openssl rand -hex 32`)"),
        (LOGIN, "DIGEST_SMTP__PASSWORD: 'host' is missing (add it)"),
        ({"DIGEST_SOURCES": "["}, "DIGEST_SOURCES: not JSON (write JSON, or a variable for each key)"),
        ({"DIGEST_DELIVERY": "fast"}, "DIGEST_DELIVERY: not JSON (write JSON, or a variable for each key)"),
        ({"DIGEST_SMTP": "mail.example.org"}, "DIGEST_SMTP: not JSON (write JSON, or a variable for each key)"),
        ({"DIGEST_SMTP": "5"}, "DIGEST_SMTP: 'smtp' is not a mapping of keys to values (give it keys of its own)"),
        ({"DIGEST_DELIVERY__MAILBOXES": "Maildir"}, "DIGEST_DELIVERY__MAILBOXES: not JSON (write JSON)"),
        ({"DIGEST_SMTP__HOTS": "h", "DIGEST_SMTP__HOST": "h"}, "DIGEST_SMTP__HOTS: unknown key 'hots' (did you mean 'host'?)"),
    ],
)  # fmt: skip
def test_a_wrong_variable(tmp_path: Path, environ: Mapping[str, str], problem: str) -> None:
    assert told(tmp_path, "", environ) == [problem]


def test_a_file_that_cannot_be_read_hides_no_wrong_variable(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_bytes(b'from = "J\xf6rg <j@x.org>"\n')
    with pytest.raises(ConfigError) as caught:
        config.load(tmp_path, {"DIGEST_EXPECT": "never"})
    assert [str(problem) for problem in caught.value.problems] == [
        "digest.toml: not UTF-8 (save the file as UTF-8)",
        "DIGEST_EXPECT: unknown word 'never' (write 'weekday', 'day' or 'none')",
    ]


def test_a_brand(tmp_path: Path) -> None:
    text = """\
reply_to = "Ada <ada@example.org>"
[brand]
accent = "#1D3F78"
footer = "Questions are welcome."
postal_address = \"\"\"
 Example Library

1 Main Street\"\"\"
"""
    (tmp_path / "digest.toml").write_text(text)
    found = config.load(tmp_path, {"DIGEST_BRAND__NAME": "Example"})
    assert found.reply_to == "Ada <ada@example.org>"
    assert found.brand.model_dump() == {
        "name": "Example",
        "accent": "#1d3f78",
        "footer": "Questions are welcome.",
        "postal_address": "Example Library\n1 Main Street",
    }


@pytest.mark.parametrize(
    ("written", "sender"),
    [
        ("digest@example.org", "digest@example.org"),
        ("<digest@example.org>", "digest@example.org"),
        ("Größe & Maß <digest@EXÄMPLE.org>", "Größe & Maß <digest@xn--exmple-cua.org>"),
        ("Papers, Inc. <digest@example.org>", '"Papers, Inc." <digest@example.org>'),
        (
            '"Papers, \\"daily\\"" <digest@example.org>',
            '"Papers, \\"daily\\"" <digest@example.org>',
        ),
    ],
)
def test_senders(tmp_path: Path, written: str, sender: str) -> None:
    assert config.load(tmp_path, {"DIGEST_FROM": written}).sender == sender


@pytest.mark.parametrize(("security", "port"), [("starttls", 587), ("tls", 465), ("none", 25)])
def test_usual_ports(tmp_path: Path, security: str, port: int) -> None:
    environ = {"DIGEST_SMTP__HOST": "mail.example.org", "DIGEST_SMTP__SECURITY": security}
    smtp = config.load(tmp_path, environ).smtp
    assert smtp is not None
    assert smtp.port == port


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_login_in_the_clear_stays_on_this_machine(tmp_path: Path, host: str) -> None:
    environ = {
        **LOGIN,
        "DIGEST_SMTP__HOST": host,
        "DIGEST_SMTP__USERNAME": "digest",
        "DIGEST_SMTP__SECURITY": "none",
    }
    smtp = config.load(tmp_path, environ).smtp
    assert smtp is not None
    assert smtp.host == host


def test_a_password_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "password.txt").write_text("hunter2\r\n")
    text = '[smtp]\nhost = "h"\nusername = "u"\npassword_file = "password.txt"\n'
    (tmp_path / "digest.toml").write_text(text)
    smtp = config.load(tmp_path, NOTHING).smtp
    assert smtp is not None
    assert smtp.password is not None
    assert smtp.password.get_secret_value() == "hunter2"


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///state/digest.db", "sqlite:///{home}/state/digest.db"),
        ("sqlite:////var/lib/digest.db", "sqlite:////var/lib/digest.db"),
        ("sqlite:///d.db?timeout=5", "sqlite:///{home}/d.db?timeout=5"),
        ("postgresql+psycopg://u:pw@h/d", "postgresql+psycopg://u:pw@h/d"),
    ],
)
def test_databases(tmp_path: Path, url: str, resolved: str) -> None:
    found = config.load(tmp_path, {"DIGEST_DATABASE_URL": url})
    assert found.database_url == resolved.format(home=tmp_path)


def test_no_secret_is_ever_shown(tmp_path: Path) -> None:
    environ = {
        **LOGIN,
        "DIGEST_SMTP__HOST": "h",
        "DIGEST_SMTP__USERNAME": "digest",
        "DIGEST_SECRET": "hunter2hunter2hunter2",
        "DIGEST_DATABASE_URL": "postgresql+psycopg://u:hunter2@h/d",
    }
    found = config.load(tmp_path, environ)
    assert "hunter2" not in f"{found!r} {found}"
    broken = [
        told(tmp_path, '[smtp]\npassword = "hunter2"\n', environ),
        told(tmp_path, "", {**environ, "DIGEST_DATABASE_URL": "oracle://u:hunter2@h"}),
        told(tmp_path, "", {**environ, "DIGEST_SMTP__PORT": "hunter", "DIGEST_SECRET": "hunter2"}),
        told(tmp_path, 'database_url = "sqlite:///x', environ),
        told(tmp_path, 'base_url = "https://u:hunter2@x.org"'),
    ]
    assert all(broken)
    assert "hunter2" not in repr(broken)


def test_stray_variables_are_warned_of() -> None:
    environ = {
        "DIGEST_BASE_ULR": "https://x.org",
        "DIGEST_HOME": "/srv/digest",
        "DIGEST_FROM": "a@b.org",
        "DIGEST_SMTP__HOTS": "told as a problem by load",
        "DIGEST_ZZZ": "1",
        "OTHER": "1",
    }
    assert [str(warning) for warning in config.unknown_variables(environ)] == [
        "DIGEST_BASE_ULR: an unknown variable (did you mean 'DIGEST_BASE_URL'?)",
        "DIGEST_ZZZ: an unknown variable (unset it)",
    ]


KEYS = st.sampled_from(
    [
        "base_url",
        "from",
        "database_url",
        "inbox",
        "expect",
        "secret",
        "smtp",
        "delivery",
        "x",
        "web",
    ]
)


@given(st.dictionaries(KEYS.map("DIGEST_{}".format), st.text(max_size=30)))
@settings(max_examples=examples(100))
def test_any_variables_load_or_are_told(environ: dict[str, str]) -> None:
    try:
        config.load(Path("/nonexistent"), environ)
    except ConfigError as error:
        for problem in error.problems:
            assert problem.where in environ
            assert problem.what


@pytest.mark.parametrize(
    ("text", "inbox"),
    [
        ("", "weekday"),
        ('expect = "day"', "day"),
        ('[[sources]]\nkind = "daily-papers"', "none"),
        ('expect = "weekday"\n[[sources]]\nkind = "daily-papers"', "weekday"),
    ],
)
def test_with_sources_the_inbox_is_expected_to_bring_what_is_set(
    tmp_path: Path, text: str, inbox: str
) -> None:
    (tmp_path / "digest.toml").write_text(text)
    assert config.load(tmp_path, {}).expected.inbox == inbox


def test_a_source_is_fetched_as_its_section_says(tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text("""\
[[sources]]
kind = "arxiv"
name = "mirror"
url = "https://arxiv.example.org"
categories = ["cs.LG"]
query = "ti:lamp"
every = "2h"
expect = "day"
holidays = [2026-12-25]
backfill = "1w"
[[sources]]
kind = "arxiv"
categories = ["cs.CL"]
via = "rss"
[[sources]]
kind = "biorxiv"
server = "medrxiv"
""")
    day, hour = timedelta(days=1), timedelta(hours=1)
    assert config.load(tmp_path, {}).expected.sources == (
        Source(
            "mirror",
            "arxiv",
            "https://arxiv.example.org",
            "ti:lamp",
            ("cs.LG",),
            every=2 * hour,
            expect="day",
            holidays=(date(2026, 12, 25),),
            backfill=7 * day,
        ),
        Source("arxiv", "arxiv", categories=("cs.CL",), via="rss", expect="weekday"),
        Source("biorxiv", "biorxiv", server="medrxiv"),
    )


@pytest.mark.parametrize(
    "address",
    [
        *("ada@example.org", "a.b+c_d-e@sub.Example.ORG", "postmaster@example.org", "Ada@x.org"),
        *("a@x", "a..b@example.org", ".a@example.org", "a@-x.org", "a@x..org", "a@x.org.", "a@x.c-m"),
        *("a" * 64 + "@example.org", "a" * 65 + "@example.org", "a@" + "b" * 64 + ".org", "a@1.2.3.4"),
        *("a@xn--bcher-kva.example.org", "ä@example.org", "a@bücher.org", "a@b@example.org", "a @x.org"),
        *("a@example.local", "a@localhost", "a@example", "a@x.test", "a@" + ".".join(["abc"] * 70)),
    ],
)  # fmt: skip
def test_an_address_with_a_domain_that_was_seen_before_is_judged_the_same(address: str) -> None:
    """Domains are checked once for all addresses at them."""

    def judged(check: Callable[[str], str]) -> str:
        try:
            return check(address)
        except PydanticCustomError as error:
            return str(error)

    assert judged(fields.email_address) == judged(fields._checked_address)
    assert judged(fields.email_address) == judged(fields._checked_address)
