"""What a client makes of what servers do, over real connections."""

from __future__ import annotations

import gzip
import logging
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
import trustme

from digest.sources.fetch.client import RETRIES, Client, shown
from digest.sources.fetch.exchange import Answer, FetchError, Interrupted, Request, Validators
from digest.sources.fetch.guard import is_public
from digest.sources.fetch.turns import Turns
from tests.sources.fetch.server import (
    Reply,
    SourceServer,
    compressed,
    redirect,
    versioned,
)

NOW = datetime(2026, 11, 27, 8, tzinfo=UTC)
MOST = 1_000_000


class Time:
    """A clock that moves only when somebody sleeps."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self.pauses: list[float] = []

    def clock(self) -> float:
        return self.seconds

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def server(time: Time) -> Iterator[SourceServer]:
    with SourceServer(time.clock).running() as server:
        yield server


@pytest.fixture
def client(server: SourceServer, time: Time) -> Client:
    return make_client(server, time)


def make_client(server: SourceServer, time: Time, **options: object) -> Client:
    usual: dict[str, object] = {
        "agent": "papers-digest/1 (+mailto:ada@example.org)",
        "timeout": timedelta(seconds=5),
        "most": MOST,
        "interval": 0,
        "trusted": server.url,
        "turns": Turns(time.clock, time.sleep),
        "now": lambda: NOW + timedelta(seconds=time.seconds),
        "jitter": lambda: 0.5,
    }
    return Client(**(usual | options))  # type: ignore[arg-type]


def failure(client: Client, url: str, **headers: str) -> FetchError:
    with pytest.raises(FetchError) as caught:
        client.get(Request(url, headers))
    return caught.value


# --- what arrives ------------------------------------------------------------------------


def test_an_answer_comes_as_it_was_sent_with_its_validators(
    server: SourceServer, client: Client
) -> None:
    said = {"Content-Type": "text/plain; charset=x-wrong", "ETag": '"1"'}
    server.play("/feed", Reply("<é>".encode("latin-1"), headers=said))
    assert client.get(Request(f"{server.url}/feed?q=a+b", {"X-Wish": "1"})) == Answer(
        b"<\xe9>", Validators('"1"', "")
    )
    [asked] = server.asked
    assert asked.path == "/feed?q=a+b"
    assert asked.headers["user-agent"] == "papers-digest/1 (+mailto:ada@example.org)"
    assert (asked.headers["host"], asked.headers["x-wish"]) == (server.place, "1")


def test_what_has_not_changed_is_not_sent_again(server: SourceServer, client: Client) -> None:
    server.play("/feed", versioned(b"papers", '"7"', "Fri, 27 Nov 2026 06:00:00 GMT"))
    first = client.get(Request(f"{server.url}/feed"))
    again = client.get(Request(f"{server.url}/feed"), first.validators)
    assert (first.content, again.content) == (b"papers", None)
    assert again.validators == first.validators
    asked = server.asked[-1].headers
    assert asked["if-none-match"] == '"7"'
    assert asked["if-modified-since"] == "Fri, 27 Nov 2026 06:00:00 GMT"


def test_a_304_that_nobody_asked_for_is_an_error(server: SourceServer, client: Client) -> None:
    server.play("/", Reply(status=304))
    assert "status 304" in failure(client, f"{server.url}/").what


@pytest.mark.parametrize("times", [1, 2], ids=["one member", "two members"])
def test_compressed_answers_are_decoded(server: SourceServer, client: Client, times: int) -> None:
    packed = gzip.compress(b"paper " * 30_000) * times
    server.play("/", Reply(packed, headers={"Content-Encoding": "gzip"}))
    assert client.get(Request(f"{server.url}/")).content == b"paper " * 30_000 * times


# --- what does not arrive whole ----------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "what"),
    [
        (Reply(b"half", fault="cut"), "broke off"),
        (Reply(b"half", fault="cut chunk"), "broke off"),
        (Reply(fault="drop"), "broke off"),
        (Reply(fault="no http"), "broke off, or is not HTTP"),
        (compressed(b"papers", cut=5), "cannot be decompressed"),
        (Reply(b"papers", headers={"Content-Encoding": "gzip"}), "cannot be decompressed"),
    ],
)
def test_half_an_answer_is_none(
    server: SourceServer, client: Client, reply: Reply, what: str
) -> None:
    server.play("/", reply)
    error = failure(client, f"{server.url}/")
    assert what in error.what
    assert f"{server.place}/" in error.what
    assert len(server.asked) == RETRIES + 1


def test_what_fails_once_is_asked_for_again(server: SourceServer, client: Client) -> None:
    server.play("/", Reply(fault="drop"), Reply(status=503), Reply(b"papers"))
    assert client.get(Request(f"{server.url}/")).content == b"papers"


@pytest.mark.parametrize(
    "reply",
    [
        Reply(grown=2**30),
        compressed(bytes(MOST + 1)),
        Reply(gzip.compress(bytes(600_000)) * 2, headers={"Content-Encoding": "gzip"}),
    ],
    ids=["1 GB", "bomb", "bomb of members"],
)
def test_an_answer_that_is_too_large_is_left(
    server: SourceServer, client: Client, reply: Reply
) -> None:
    server.play("/", reply)
    error = failure(client, f"{server.url}/")
    assert "larger than 1 MB" in error.what
    assert "`megabytes`" in error.remedy
    assert len(server.asked) == 1


def test_a_coding_of_codings_is_not_unpacked(server: SourceServer, client: Client) -> None:
    server.play("/", Reply(b"x", headers={"Content-Encoding": "gzip, gzip"}))
    assert "'gzip, gzip'" in failure(client, f"{server.url}/").what


@pytest.mark.parametrize("fault", ["drip", "drip head"])
def test_a_slow_drip_ends_at_the_timeout(server: SourceServer, time: Time, fault: str) -> None:
    server.play("/", Reply(b"papers", fault=fault))  # type: ignore[arg-type]
    slow = make_client(server, time, timeout=timedelta(seconds=0.3))
    error = failure(slow, f"{server.url}/")
    assert "did not answer within 0.3 s" in error.what
    assert "`timeout`" in error.remedy
    assert len(server.asked) == 1


def test_a_request_under_way_is_given_up_when_the_program_is_to_stop(
    server: SourceServer, time: Time
) -> None:
    server.play("/", Reply(b"papers", fault="drip"))
    slow = make_client(server, time, stopping=lambda: bool(server.asked))
    with pytest.raises(Interrupted):
        slow.get(Request(f"{server.url}/"))


# --- what servers refuse -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "remedy"),
    [(404, "URL"), (410, "URL"), (401, "key"), (403, "key"), (400, "query"), (418, "URL")],
)
def test_a_refusal_says_what_to_do(
    server: SourceServer, client: Client, status: int, remedy: str
) -> None:
    server.play("/", Reply(status=status))
    error = failure(client, f"{server.url}/")
    assert error.what == f"{server.place}/ answered with status {status}"
    assert remedy in error.remedy
    assert len(server.asked) == 1


def test_pauses_grow_and_end(server: SourceServer, client: Client, time: Time) -> None:
    server.play("/", Reply(status=500))
    error = failure(client, f"{server.url}/")
    assert error.what == f"{server.place}/ answered with status 500, asked 4 times"
    assert time.pauses == [2, 4, 8]
    assert error.retry_at is None


def test_pauses_differ_by_chance(server: SourceServer, time: Time) -> None:
    server.play("/", Reply(status=500))
    failure(make_client(server, time, jitter=lambda: 0.0), f"{server.url}/")
    assert time.pauses == [1, 2, 4]


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize("after", ["30", format_datetime(NOW + timedelta(seconds=30), usegmt=True)])
def test_a_short_wait_that_is_asked_for_is_kept(
    server: SourceServer, client: Client, time: Time, status: int, after: str
) -> None:
    server.play("/", Reply(status=status, headers={"Retry-After": after}), Reply(b"papers"))
    assert client.get(Request(f"{server.url}/")).content == b"papers"
    assert time.pauses == [30]


@pytest.mark.parametrize(
    ("after", "hours"),
    [
        ("7200", 2),
        (format_datetime(NOW + timedelta(hours=2), usegmt=True), 2),
        ("9" * 5000, 24),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 24),
    ],
)
def test_a_long_wait_is_told_and_not_waited_for(
    server: SourceServer, client: Client, time: Time, after: str, hours: int
) -> None:
    server.play("/", Reply(status=429, headers={"Retry-After": after}))
    error = failure(client, f"{server.url}/")
    assert error.retry_at == NOW + timedelta(hours=hours)
    assert (time.pauses, len(server.asked)) == ([], 1)


@pytest.mark.parametrize(
    "after",
    [
        "soon",
        "-5",
        "Thu, 26 Nov 2026 00:00:00 GMT",
        "",
        "Fri, 99 Foo 2026",
        "1e3",
        f"1 Jan {9**30} 0:0 GMT",
    ],
)
def test_a_wait_that_says_nothing_is_as_none(
    server: SourceServer, client: Client, time: Time, after: str
) -> None:
    server.play("/", Reply(status=503, headers={"Retry-After": after}), Reply(b"papers"))
    assert client.get(Request(f"{server.url}/")).content == b"papers"
    assert time.pauses == [2]


# --- politeness --------------------------------------------------------------------------


def test_one_host_is_asked_once_an_interval_by_all_clients(
    server: SourceServer, time: Time
) -> None:
    turns = Turns(time.clock, time.sleep)
    clients = [make_client(server, time, turns=turns, interval=3) for _ in range(2)]
    server.play("/a", redirect("/b"))
    server.play("/b", Reply(b"papers"))
    for client in clients:
        client.get(Request(f"{server.url}/a"))
    assert [asked.at for asked in server.asked] == [0, 3, 6, 9]


def test_who_comes_late_does_not_wait(server: SourceServer, time: Time) -> None:
    client = make_client(server, time, interval=3)
    server.play("/", Reply(b"papers"))
    client.get(Request(f"{server.url}/"))
    time.seconds += 100
    client.get(Request(f"{server.url}/"))
    assert time.pauses == []


# --- where redirects lead ----------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_redirects_are_followed(server: SourceServer, client: Client, status: int) -> None:
    server.play("/a", redirect("b?x=1", status))
    server.play("/b", Reply(b"papers"))
    assert client.get(Request(f"{server.url}/a")).content == b"papers"
    assert server.paths() == ["/a", "/b?x=1"]


def test_redirects_in_a_circle_end(server: SourceServer, client: Client) -> None:
    server.play("/", redirect("/"))
    assert "redirect" in failure(client, f"{server.url}/").what
    assert len(server.asked) == 6


@pytest.mark.parametrize("to", ["file:///etc/passwd", "gopher://example.org/", "", "http://[::1"])
def test_redirects_lead_to_web_pages_only(server: SourceServer, client: Client, to: str) -> None:
    server.play("/", redirect(to))
    assert failure(client, f"{server.url}/").remedy == "check the URL of the source"
    assert len(server.asked) == 1


@pytest.mark.parametrize("host", ["127.0.0.2", "[::1]", "[::ffff:127.0.0.2]", "0x7f000002"])
def test_a_redirect_to_this_machine_is_refused(server: SourceServer, time: Time, host: str) -> None:
    server.play("/", redirect(f"http://{host}:{server.port}/inside"))
    server.play("/inside", Reply(b"secret"))
    client = make_client(server, time)
    assert "not public" in failure(client, f"{server.url}/").what
    assert server.paths() == ["/"]


def test_a_redirect_to_another_port_of_the_same_host_is_refused(
    server: SourceServer, client: Client, time: Time
) -> None:
    with SourceServer().running() as other:
        server.play("/", redirect(f"{other.url}/"))
        assert "not public" in failure(client, f"{server.url}/").what
        assert other.asked == []


def named(**addresses: list[str]) -> Callable[[str, int], list[str]]:
    """A name server with these hosts; each question takes one address, the last one stays."""

    def resolve(host: str, _: int) -> list[str]:
        found = addresses.get(host.removesuffix(".example"), [host])
        return [found.pop(0)] if len(found) > 1 else found

    return resolve


def test_a_redirect_to_a_name_that_stands_for_this_machine_is_refused(
    server: SourceServer, time: Time
) -> None:
    server.play("/", redirect(f"http://inside.example:{server.port}/inside"))
    server.play("/inside", Reply(b"secret"))
    client = make_client(server, time, resolve=named(inside=["127.0.0.2"]))
    error = failure(client, f"{server.url}/")
    assert error.what == "inside.example has the address 127.0.0.2, which is not public"
    assert server.paths() == ["/"]


def test_a_name_is_looked_up_once_so_that_it_cannot_change_after_the_check(
    server: SourceServer, time: Time
) -> None:
    lookups: list[str] = []

    def resolve(host: str, port: int) -> list[str]:
        lookups.append(host)
        # A public address first (nothing answers there), this machine's at any second look.
        return ["127.0.0.1"] if host == "127.0.0.1" or "x" in lookups[:-1] else ["203.0.113.1"]

    server.play("/", redirect(f"http://x:{server.port}/inside"))
    server.play("/inside", Reply(b"secret"))
    client = make_client(server, time, resolve=resolve)
    failure(client, f"{server.url}/")
    assert server.paths() == ["/"]


def test_a_name_of_which_one_address_is_private_is_refused(
    server: SourceServer, time: Time
) -> None:
    client = make_client(server, time, trusted=None, resolve=lambda *_: ["8.8.8.8", "192.168.0.1"])
    assert "192.168.0.1" in failure(client, "http://both.example/").what


def test_the_next_address_is_tried_where_one_does_not_answer(
    server: SourceServer, time: Time
) -> None:
    server.play("/", Reply(b"papers"))
    client = make_client(
        server,
        time,
        trusted=f"http://in.example:{server.port}/feed",
        resolve=lambda *_: ["127.0.0.3", "127.0.0.1"],
    )
    assert client.get(Request(f"http://in.example:{server.port}/")).content == b"papers"


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("2606:4700::1", True),
        ("64:ff9b::808:808", True),
        ("127.0.0.1", False),
        ("10.1.2.3", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104 (it is not bound)
        ("224.0.0.1", False),
        ("255.255.255.255", False),
        ("240.0.0.1", False),
        ("::", False),
        ("::1", False),
        ("::127.0.0.1", False),
        ("fe80::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("fec0::1", False),
        ("ff02::1", False),
        ("::ffff:127.0.0.1", False),
        ("::ffff:10.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b:1::7f00:1", False),
        ("2002:7f00:1::", False),
        ("2001:0:7f00:1::", False),
    ],
)
def test_which_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


# --- encryption --------------------------------------------------------------------------


def test_from_an_encrypted_page_no_redirect_leads_to_an_open_one(
    server: SourceServer, time: Time, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with SourceServer(certificate=trusted_by_all(tmp_path, monkeypatch)).running() as secure:
        client = make_client(secure, time)
        secure.play("/", redirect(f"{server.url}/"))
        assert "not encrypted" in failure(client, f"{secure.url}/").what
        secure.play("/", Reply(b"papers"))
        assert client.get(Request(f"{secure.url}/")).content == b"papers"


def test_a_certificate_that_nobody_vouches_for_ends_it(time: Time) -> None:
    certificate = trustme.CA().issue_cert("127.0.0.1")
    with SourceServer(certificate=certificate).running() as secure:
        error = failure(make_client(secure, time), f"{secure.url}/")
    assert "certificate that cannot be verified" in error.what
    assert "SSL_CERT_FILE" in error.remedy
    assert secure.asked == []


def trusted_by_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> trustme.LeafCert:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))
    return authority.issue_cert("127.0.0.1")


# --- secrets -----------------------------------------------------------------------------


def test_keys_stand_in_no_message_and_no_log(
    server: SourceServer, client: Client, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)  # the finest that the program logs at
    server.play("/gone", Reply(status=404))
    server.play("/moved", redirect("http://127.0.0.2/?api_key=hush"))
    server.play("/broken", Reply(fault="drop"))
    for path in ("gone", "moved", "broken"):
        url = f"{server.url}/{path}?api_key=hush&q=llm"
        error = failure(client, url, **{"X-Api-Key": "hush"})
        assert "hush" not in f"{error} {error.remedy} {error.__cause__} {error.__context__}"
    assert "hush" not in caplog.text


def test_a_key_that_cannot_be_sent_is_not_shown(server: SourceServer, client: Client) -> None:
    error = failure(client, f"{server.url}/", **{"X-Api-Key": "hush\nhush"})
    assert re.search("cannot be sent", error.what)
    assert "hush" not in f"{error} {error.remedy} {error.__cause__}"
    assert error.__suppress_context__


def test_a_key_goes_to_no_other_server(
    server: SourceServer, time: Time, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("digest.sources.fetch.guard.is_public", lambda _: True)
    client = make_client(server, time, resolve=lambda *_: ["127.0.0.1"])
    server.play("/", redirect("/here"))
    server.play("/here", redirect(f"http://there.example:{server.port}/there"))
    server.play("/there", Reply(b"papers"))
    client.get(Request(f"{server.url}/", {"X-Api-Key": "hush"}))
    assert ["x-api-key" in asked.headers for asked in server.asked] == [True, True, False]


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("https://ada:pw@example.org/a?q=llm&api_key=hush#x", "example.org/a"),
        ("http://example.org:81/" + "a" * 300, "example.org:81/" + "a" * 65 + "…"),
    ],
)
def test_a_url_is_shown_by_host_and_path(url: str, text: str) -> None:
    assert shown(httpx.URL(url)) == text
