"""Sends mail over SMTP by several connections at once, each used for many messages."""

import logging
import ssl
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from digest.delivery.connection import Connection, Refused, Server
from digest.delivery.envelope import on_the_wire, without_addresses
from digest.delivery.send_queue import RateLimiter, SendQueue
from digest.delivery.session import Session
from digest.errors import LedgerError
from digest.model import CommitAll, DeliveryId, Message, Outcome, State

log = logging.getLogger(__name__)

FIRST_PAUSE = 1.0  # seconds before a new connection; doubles while none accepts a message
GIVE_UP_AFTER = 3  # the number of connections in a row that end before they accept a message
LOOK_UP_EVERY = 0.25  # seconds between two looks at `stopping` by who waits for an outcome


@dataclass(slots=True)
class SmtpTransport:
    """Sends messages to one server. Making one raises ``OSError`` if the server's CA file cannot be
    read; no connection is opened yet."""

    server: Server
    connections: int = 8  # the most at once
    per_second: float | None = None  # over all
    per_domain: float | None = None  # a second, for one recipient domain
    lease: timedelta = timedelta(minutes=5)
    sign: Callable[[bytes], bytes] = bytes  # returns the content to send; by default as it is
    stopping: Callable[[], bool] = lambda: False
    repeatable = False  # a message that is sent twice arrives twice
    tls: ssl.SSLContext = field(init=False)

    def __post_init__(self) -> None:
        self.tls = self.server.tls()

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        """Deliver messages, drawn as fast as they go out; yields one outcome for each.

        ``commit`` is called in the connections' threads. If no connection can be opened, or the
        ledger cannot be written, all remaining messages are deferred at once. Once ``stopping``
        returns true, messages in flight are finished, and others get no outcome.
        """
        run = _Run(self, commit)
        try:
            yield from run.outcomes(iter(messages))
        finally:
            run.end()


class _Run:
    """One call of ``send``: its queue, the threads of its connections, and their outcomes."""

    def __init__(self, transport: SmtpTransport, commit: CommitAll) -> None:
        self._transport, self._commit = transport, commit
        self._queue = SendQueue(RateLimiter(transport.per_second, transport.per_domain))
        # An exception is a defect of the program; it is raised in the caller's thread.
        self._results: SimpleQueue[Outcome | tuple[DeliveryId, Exception]] = SimpleQueue()
        self._failure: Exception | None = None
        self._threads: list[Thread] = []
        self._names: dict[DeliveryId, str] = {}  # of the messages that have no outcome yet
        self._opening = Lock()
        self._sessions: set[Session] = set()
        self._unused_sessions = 0
        self._down: str | None = None  # why no more messages can be sent; None as long as they can

    # --- the caller's thread -------------------------------------------------------------

    def outcomes(self, source: Iterator[Message]) -> Iterator[Outcome]:
        """Draw messages, a few more than the connections can take, and yield their outcomes. An
        exception of ``source`` or of a connection's thread is raised once no message is in flight
        any more."""
        ahead = 2 * self._transport.connections + 8
        while True:
            while len(self._names) < ahead and (message := self._draw(source)) is not None:
                self._dispatch(message)
            if not self._names:
                break
            try:
                result = self._results.get(timeout=LOOK_UP_EVERY)
            except Empty:
                if self._transport.stopping():
                    self._begin_no_more()
                continue
            match result:
                case (delivery, error):
                    del self._names[delivery]
                    self._failure = error
                    self._begin_no_more()
                case outcome:
                    name, said = self._names.pop(outcome.delivery), outcome.detail
                    if log.isEnabledFor(logging.INFO):
                        extra = {"delivery": outcome.delivery, "state": outcome.state}
                        words = without_addresses(said)
                        log.info("%s: %s: %s", name, outcome.state, words, extra=extra)
                    yield outcome
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Wait until the threads have finished their messages."""
        self._queue.close()
        for thread in self._threads:
            thread.join()

    def _draw(self, source: Iterator[Message]) -> Message | None:
        if self._failure is not None:
            return None
        if self._transport.stopping():
            self._begin_no_more()
            return None
        try:
            return next(source, None)
        except Exception as error:
            self._failure = error  # raised once no message is in flight any more
            return None

    def _begin_no_more(self) -> None:
        for message in self._queue.close():
            del self._names[message.delivery]

    def _dispatch(self, message: Message) -> None:
        self._names[message.delivery] = message.name or f"delivery {message.delivery}"
        if not self._queue.put(message):
            self._defer(message, self._down)
        elif len(self._threads) < self._transport.connections:
            thread = Thread(target=self._work, name="smtp connection", daemon=True)
            self._threads.append(thread)
            thread.start()

    # --- the connections' threads --------------------------------------------------------

    def _work(self) -> None:
        session: Session | None = None
        while (message := self._queue.take()) is not None:
            if self._transport.stopping():
                self._queue.put(message, again=True)
                break
            try:
                session = session or self._open(message)
                if session is None:
                    return
                session = self._deliver(session, message)
            except Exception as error:
                self._results.put((message.delivery, error))
        if session is not None:
            session.connection.leave()

    def _open(self, message: Message) -> Session | None:
        """Open a session for a message; None if that fails: the message is queued or deferred."""
        with self._opening:  # one at a time, so that a server that is down is asked once
            if self._down is None:
                try:
                    connection = Connection.open(self._transport.server, self._transport.tls)
                except Refused as error:
                    # While others are open, the server only limits their number.
                    if self._sessions and self._queue.put(message, again=True):
                        return None
                    self._give_up(str(error))
                else:
                    session = Session(connection, self._transport.lease.total_seconds() / 2)
                    self._sessions.add(session)
                    return session
        self._defer(message, self._down)
        return None

    def _deliver(self, session: Session, message: Message) -> Session | None:
        """Send a message; returns the session for the next one, None if a new one is needed."""
        ours, again = False, session.used
        body = on_the_wire(self._transport.sign(message.content))
        try:
            outcome = session.deliver(message, body, self._commit)
        except LedgerError as error:
            self._give_up(f"the ledger cannot be written: {error}")
            self._defer(message, self._down)
        except Refused as error:
            self._refused(message, str(error), again=again)
        else:
            self._unused_sessions = 0
            ours = outcome.state is State.CANCELLED
            self._results.put(outcome)
        if session.connection.sock is not None:
            return session
        self._sessions.discard(session)
        if not ours:
            self._queue.pause(FIRST_PAUSE * 2**self._unused_sessions)
        return None

    def _refused(self, message: Message, reason: str, *, again: bool) -> None:
        """Handle a session that ended before it accepted a message. A session that was used
        ``again`` is replaced; one that never accepted a message counts towards
        ``GIVE_UP_AFTER``."""
        if again and self._queue.put(message, again=True):
            return
        self._unused_sessions += 1
        if self._unused_sessions >= GIVE_UP_AFTER:
            self._give_up(reason)
        self._defer(message, reason)

    def _give_up(self, reason: str) -> None:
        """Defer all remaining messages at once."""
        self._down = self._down or reason
        for message in self._queue.close():
            self._defer(message, reason)

    def _defer(self, message: Message, reason: str | None) -> None:
        self._results.put(Outcome(message.delivery, State.DEFERRED, reason or ""))
