"""New mail is read once, from wherever it lies."""

from __future__ import annotations

import mailbox
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import trustme

from digest.bounces import mailbox as places
from digest.bounces.mailbox import Imap, MailboxError

FIRST, SECOND = b"Subject: 1\r\n\r\none\r\n", b"Subject: 2\r\n\r\ntwo\r\n"


def test_a_maildir_is_read_once(tmp_path: Path) -> None:
    box = mailbox.Maildir(tmp_path / "box")
    box.add(FIRST)
    box.add(SECOND)
    place = str(tmp_path / "box")
    assert sorted(places.unread(place)) == [FIRST, SECOND]
    assert list(places.unread(place)) == []
    assert sorted(message.get_flags() for message in box) == ["S", "S"]


def test_a_message_is_marked_only_when_it_has_been_dealt_with(tmp_path: Path) -> None:
    mailbox.Maildir(tmp_path / "box").add(FIRST)
    place = str(tmp_path / "box")
    interrupted = places.unread(place)
    next(interrupted)
    del interrupted
    assert len(list(places.unread(place))) == 1


def test_other_flags_are_kept_and_large_messages_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "LARGEST", 100)
    box = mailbox.Maildir(tmp_path / "box")
    flagged = mailbox.MaildirMessage(FIRST)
    flagged.set_flags("F")
    flagged.set_subdir("cur")
    box.add(flagged)
    box.add(b"Subject: big\n\n" + b"x" * 200)
    assert len(list(places.unread(str(tmp_path / "box")))) == 1
    assert sorted(message.get_flags() for message in box) == ["FS", "S"]


def test_an_mbox_is_read_and_left_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "box"
    box = mailbox.mbox(path)
    box.add(FIRST)
    box.add(SECOND)
    box.close()
    before = path.read_bytes()
    assert list(places.unread(str(path))) == [FIRST, SECOND]
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "place", ["nowhere", "imap://ada@mail.example.org/", "imaps://mail.example.org/", "pop://a@b/"]
)
def test_what_is_no_mailbox_is_said_so(place: str) -> None:
    with pytest.raises(MailboxError, match=re.escape(place)):
        places.unread(place)


def test_a_folder_that_is_no_maildir_is_said_so(tmp_path: Path) -> None:
    with pytest.raises(MailboxError, match="No such file"):
        list(places.unread(str(tmp_path)))


def test_an_address_names_user_host_and_folder() -> None:
    place = places.imap("imaps://ada%40example.org@mail.example.org/Digest/Bounces", "secret")
    assert place == Imap("mail.example.org", 993, "ada@example.org", "secret", "Digest/Bounces")


# --- IMAP --------------------------------------------------------------------------------


@dataclass
class ImapServer:
    """Knows as much of IMAP as is asked of it here."""

    tls: ssl.SSLContext
    messages: dict[int, bytes]
    password: str = "secret"
    seen: set[int] = field(default_factory=set)
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def stop(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            try:
                with self.tls.wrap_socket(connection, server_side=True) as secure:
                    self._talk(secure)
            except OSError:
                pass

    def _talk(self, secure: ssl.SSLSocket) -> None:
        file = secure.makefile("rwb")
        file.write(b"* OK ready\r\n")
        file.flush()
        while line := file.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.said.append(command)
            for untagged in self._answer(command):
                file.write(b"* " + untagged + b"\r\n")
            wrong = command.startswith("LOGIN") and f'"{self.password}"' not in command
            missing = command.startswith("SELECT") and "INBOX" not in command
            file.write(f"{tag} {'NO not that one' if wrong or missing else 'OK done'}\r\n".encode())
            file.flush()

    def _answer(self, command: str) -> list[bytes]:
        match command.split():
            case ["CAPABILITY"]:
                return [b"CAPABILITY IMAP4rev1"]
            case ["SELECT", *_]:
                return [b"%d EXISTS" % len(self.messages)]
            case ["UID", "SEARCH", *_]:
                unseen = (str(number) for number in self.messages if number not in self.seen)
                return [f"SEARCH {' '.join(unseen)}".encode()]
            case ["UID", "STORE", number, *_]:
                self.seen.add(int(number))
            case ["UID", "FETCH", number, what]:
                content = self.messages[int(number)]
                if "SIZE" in what:
                    return [f"1 FETCH (UID {number} RFC822.SIZE {len(content)})".encode()]
                head = f"1 FETCH (UID {number} BODY[] {{{len(content)}}}\r\n"
                return [head.encode() + content + b")"]
        return []


@pytest.fixture
def imap(tmp_path: Path) -> Iterator[tuple[ImapServer, Imap]]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("localhost").configure_cert(context)
    server = ImapServer(context, {7: FIRST, 9: SECOND})
    ca_file = str(tmp_path / "ca.pem")
    yield server, Imap("localhost", server.port, "ada", "secret", "INBOX", ca_file)
    server.stop()


def test_an_imap_folder_is_read_once(imap: tuple[ImapServer, Imap]) -> None:
    server, place = imap
    assert list(place.unread()) == [FIRST, SECOND]
    assert server.seen == {7, 9}
    assert list(place.unread()) == []
    assert not [said for said in server.said if "BODY[]" in said]


def test_large_messages_are_not_fetched(
    imap: tuple[ImapServer, Imap], monkeypatch: pytest.MonkeyPatch
) -> None:
    server, place = imap
    server.messages[7] = FIRST + b"x" * 1000
    monkeypatch.setattr(places, "LARGEST", 100)
    assert list(place.unread()) == [SECOND]
    assert server.seen == {7, 9}


def test_a_wrong_password_is_said_without_it(imap: tuple[ImapServer, Imap]) -> None:
    server, place = imap
    server.password = "another"
    with pytest.raises(MailboxError, match="not that one") as caught:
        list(place.unread())
    assert "secret" not in str(caught.value).replace("[secret]", "")


def test_a_missing_folder_is_said_so(imap: tuple[ImapServer, Imap]) -> None:
    server, _ = imap
    elsewhere = Imap("localhost", server.port, "ada", "secret", 'Nowhere"\\', imap[1].ca_file)
    with pytest.raises(MailboxError, match="not that one"):
        list(elsewhere.unread())
    assert server.said[-2:][0] == r'SELECT "Nowhere\"\\"'


def test_an_unverified_certificate_is_refused(imap: tuple[ImapServer, Imap]) -> None:
    server, _ = imap
    with pytest.raises(MailboxError, match="certificate verify failed"):
        list(Imap("localhost", server.port, "ada", "secret", "INBOX").unread())
    assert server.said == []
