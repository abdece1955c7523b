"""Sends messages one after the other on a connection, and knows how far each of them has come."""

import smtplib
import time
from dataclasses import dataclass, field

from digest.delivery.causes import Cause, cause_of, is_of_recipient
from digest.delivery.connection import Connection, Refused, reason
from digest.delivery.envelope import readable, wire_address
from digest.model import CommitAll, DeliveryId, Message, Outcome, Refusal, State

_END = "(in reply to the end of data)"


class _Ended(Exception):
    """The outcome of a message is known before the server's reply to the final dot."""

    def __init__(self, state: State, detail: str, reply: str = "") -> None:
        super().__init__(detail)
        self.state, self.detail = state, detail
        self.reply = reply  # the server's words on the recipient or the message, if it refused it

    def refusal(self, recipient: str) -> Refusal | None:
        """How this counts against the recipient's address."""
        if self.state is not State.FAILED or not self.reply or not is_of_recipient(self.reply):
            return None
        return Refusal(recipient, is_unknown=cause_of(self.reply) is Cause.ADDRESS)


@dataclass(slots=True, eq=False)
class Session:
    """Sends a message in three steps: all but the final dot, the commit, the final dot. A commit
    that took more than ``stale_after`` seconds is not acted on: the process was stopped meanwhile,
    and another process may have claimed the delivery."""

    connection: Connection
    stale_after: float
    used: bool = False  # whether the server has accepted a MAIL command in this session
    _half_done: bool = False
    _ahead: list[str] = field(default_factory=list)  # commands that were sent ahead of their turn

    def deliver(self, message: Message, body: bytes, commit: CommitAll) -> Outcome:
        """Send a message, ``body`` as it stands, and return its outcome.

        Raises:
            Refused: The server ended the session before it accepted the MAIL command. This, or an
                exception of ``commit``, says that nothing was accepted, and the session is over.
        """
        try:
            self._offer(message, body)
            self._stream(body)
            self._have_committed(message.delivery, commit)
            return self._finish(message.delivery)
        except _Ended as end:
            refusal = end.refusal(message.recipient)
            return Outcome(message.delivery, end.state, end.detail, refusal=refusal)

    def _offer(self, message: Message, body: bytes) -> None:
        try:
            sender, recipient = wire_address(message.sender), wire_address(message.recipient)
        except ValueError as error:
            raise _Ended(State.FAILED, str(error)) from error
        mail = f"MAIL FROM:<{sender}>{self._options(body, sender + recipient)}"
        lines = [mail, f"RCPT TO:<{recipient}>", "DATA"]
        # One packet instead of three (RFC 2920) saves two of five waits for the server.
        self._ahead = lines[1:] if self.connection.has_extn("pipelining") else []
        self._take_up("\r\n".join([mail, *self._ahead]))
        self._command("RCPT", lines[1], 250, 251, 252)
        self._command("DATA", lines[2], 354)

    def _options(self, body: bytes, addresses: str) -> str:
        offers = self.connection.has_extn
        options = f" SIZE={len(body)}" if offers("size") else ""
        needs_utf8 = not addresses.isascii()
        if not body.isascii():
            head = body.partition(b"\r\n\r\n")[0]
            needs_utf8 = needs_utf8 or not head.isascii()
            if not offers("8bitmime"):
                raise _Ended(State.FAILED, "the message needs 8BITMIME, which is not offered")
            options += " BODY=8BITMIME"
        if needs_utf8:
            if not offers("smtputf8"):
                raise _Ended(State.FAILED, "the address needs SMTPUTF8, which is not offered")
            options += " SMTPUTF8"
        self.connection.command_encoding = "utf-8" if needs_utf8 else "ascii"
        return options

    def _take_up(self, mail: str) -> None:
        """Send MAIL; a server that is gone by now has seen nothing of this message."""
        try:
            if self._half_done:
                self._half_done = False
                code, words = self.connection.ask("RSET")
                if code != 250:
                    raise smtplib.SMTPResponseException(code, words)
            code, words = self.connection.ask(mail)
        except (smtplib.SMTPException, OSError) as error:
            self.connection.close()
            raise Refused(f"MAIL: {reason(error)}") from error
        if code in (421, 530):
            self.connection.close()
            raise Refused(f"MAIL: {code} {readable(words)}")
        self.used = True
        self._expect("MAIL", code, words, 250)

    def _command(self, step: str, line: str, *expected: int) -> None:
        try:
            if self._ahead:
                del self._ahead[0]
                code, words = self.connection.getreply()
            else:
                code, words = self.connection.ask(line)
        except (smtplib.SMTPException, OSError) as error:
            self.connection.close()
            raise _Ended(State.DEFERRED, f"{step}: {reason(error)}") from error
        self._expect(step, code, words, *expected)

    def _expect(self, step: str, code: int, words: bytes, *expected: int) -> None:
        if code not in expected:
            self._half_done = True
            if code < 400 or code == 421 or not self._pass_over_what_is_ahead():
                self.connection.close()
            reply = f"{code} {readable(words)}"
            about = "" if step == "MAIL" else f"{reply} (in reply to {step})"
            raise _Ended(_state(code), f"{step}: {reply}", about)

    def _pass_over_what_is_ahead(self) -> bool:
        """Read the replies to commands that have become void; whether the connection is of use: not
        where the server waits for a body all the same, which is never to be ended by a dot."""
        try:
            return all(self.connection.getreply()[0] not in (354, 421) for _ in self._ahead)
        except (smtplib.SMTPException, OSError):
            return False

    def _stream(self, body: bytes) -> None:
        try:
            self.connection.send_all(body)
        except OSError as error:
            raise self._broken_off(reason(error)) from error

    def _have_committed(self, delivery: DeliveryId, commit: CommitAll) -> None:
        asked = time.monotonic()
        try:
            allowed = commit([delivery])
        except BaseException:
            self.connection.close()
            raise
        if not allowed:
            self.connection.close()
            raise _Ended(State.CANCELLED, "withdrawn before its final dot")
        if time.monotonic() - asked > self.stale_after:
            self.connection.close()
            raise _Ended(State.DEFERRED, "stopped for too long before its final dot")
        if self.connection.speaks_early():
            raise self._broken_off("the server spoke before its turn")

    def _finish(self, delivery: DeliveryId) -> Outcome:
        """Send the final dot; from here on, the outcome is uncertain without an answer."""
        connection, timeout = self.connection, self.connection.timeout
        try:
            connection.send_all(b".\r\n")
            connection.timeout = connection.patience
            code, words = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            connection.close()
            raise _Ended(State.UNCERTAIN, f"after the final dot: {reason(error)}") from error
        finally:
            connection.timeout = timeout
        detail = f"{code} {readable(words)}"
        if code == 421 or 300 <= code < 400:
            connection.close()
        if 300 <= code < 400:
            raise _Ended(State.UNCERTAIN, f"after the final dot: {detail}")
        if code >= 400:
            raise _Ended(_state(code), detail, f"{detail} {_END}")
        return Outcome(delivery, State.SENT, detail)

    def _broken_off(self, why: str) -> _Ended:
        """Make the outcome of a message whose server answered, or left, before the final dot."""
        self.connection.timeout = min(self.connection.timeout, 5.0)
        try:
            code, words = self.connection.getreply()
        except (smtplib.SMTPException, OSError):
            return _Ended(State.DEFERRED, f"before the final dot: {why}")
        finally:
            self.connection.close()
        reply = f"{code} {readable(words)}"
        return _Ended(_state(code), f"before the final dot: {reply}", f"{reply} {_END}")


def _state(code: int) -> State:
    return State.FAILED if code >= 500 else State.DEFERRED
