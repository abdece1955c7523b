"""Mail over SMTP: several connections side by side, each used for many messages."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from queue import Empty, SimpleQueue
from threading import Lock, Thread

from digest.delivery.connection import Connection, Refused, Server
from digest.delivery.envelope import with_crlf, without_addresses
from digest.delivery.send_queue import RateLimiter, SendQueue
from digest.delivery.session import Session
from digest.errors import LedgerError
from digest.model import DeliveryId, Message, Outcome, State

log = logging.getLogger(__name__)

Commit = Callable[[DeliveryId], bool]

FIRST_PAUSE = 1.0
"""Seconds before a new connection once the server has ended one; doubles while none is of use."""
GIVE_UP_AFTER = 3
"""Connections in a row that open but take up no message."""
LOOK_UP_EVERY = 0.25
"""Seconds after which a caller that waits for an outcome sees whether to stop."""


class SmtpTransport:
    """Sends messages over up to ``connections`` connections to one server."""

    repeatable = False
    """A message that is sent twice arrives twice."""

    def __init__(
        self,
        server: Server,
        *,
        connections: int = 8,
        per_second: float | None = None,
        per_domain: float | None = None,
        lease: timedelta = timedelta(minutes=5),
        sign: Callable[[bytes], bytes] = with_crlf,
        stopping: Callable[[], bool] = lambda: False,
    ) -> None:
        """``per_second`` and ``per_domain`` are the most messages a second, over all and to one
        recipient domain; ``sign`` gives a message the bytes it goes out with; ``stopping`` tells
        whether to finish what is in flight and begin no more.

        Raises OSError where the server's CA file cannot be read.
        """
        self.server, self.connections = server, connections
        self._tls = server.tls()
        self._pace = (per_second, per_domain)
        self._stale_after = lease.total_seconds() / 2
        self.sign, self.stopping = sign, stopping

    def send(self, messages: Iterable[Message], commit: Commit) -> Iterator[Outcome]:
        """Deliver each message. Messages are drawn in the caller's thread, only as fast as they
        go out; ``commit`` is called in the connections' threads.

        ``retry_at`` is left to the caller: see ``pacing.retry_after``. When no connection can be
        had, or the ledger cannot be written, everything that is left is deferred at once. When
        ``stopping`` turns true, messages that were not begun get no outcome. A caller that stops
        iterating never learns what became of the messages in flight.
        """
        run = _Run(self, commit)
        try:
            yield from run.outcomes(iter(messages))
        finally:
            run.end()

    def feed(self) -> SendQueue:
        """A queue that keeps the pace."""
        return SendQueue(RateLimiter(*self._pace))

    def open(self) -> Session:
        """A new session; raises Refused."""
        return Session(Connection.open(self.server, self._tls), stale_after=self._stale_after)


class _Run:
    """One call of ``send``: a queue, the threads of its connections, their outcomes."""

    def __init__(self, transport: SmtpTransport, commit: Commit) -> None:
        self._transport, self._commit = transport, commit
        self._feed = transport.feed()
        self._results: SimpleQueue[Outcome | tuple[DeliveryId, Exception]] = SimpleQueue()
        """An exception is a defect, for the caller."""
        self._failure: Exception | None = None
        self._threads: list[Thread] = []
        self._names: dict[DeliveryId, str] = {}
        """Of the messages that have no outcome yet."""
        self._opening = Lock()
        self._sessions: set[Session] = set()
        self._useless = 0
        self._down: str | None = None
        """Why nothing more can be sent."""

    # --- the caller's thread -------------------------------------------------------------

    def outcomes(self, source: Iterator[Message]) -> Iterator[Outcome]:
        """Draw messages, a few ahead of the connections, and yield what becomes of them.

        An exception, of ``source`` or of ours, is raised once nothing is in flight any more.
        """
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
                    self._log(outcome)
                    yield outcome
        if self._failure is not None:
            raise self._failure

    def end(self) -> None:
        """Wait for the threads; what they have in flight is finished."""
        self._feed.close()
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
            self._failure = error  # raised when nothing is in flight any more
            return None

    def _begin_no_more(self) -> None:
        for message in self._feed.close():
            del self._names[message.delivery]

    def _dispatch(self, message: Message) -> None:
        self._names[message.delivery] = message.name or f"delivery {message.delivery}"
        if not self._feed.put(message):
            self._defer(message, self._down)
        elif len(self._threads) < self._transport.connections:
            thread = Thread(target=self._work, name="smtp connection", daemon=True)
            self._threads.append(thread)
            thread.start()

    def _log(self, outcome: Outcome) -> None:
        log.info(
            "%s: %s: %s",
            self._names.pop(outcome.delivery),
            outcome.state,
            without_addresses(outcome.detail),
            extra={"delivery": outcome.delivery, "state": outcome.state},
        )

    # --- the connections' threads --------------------------------------------------------

    def _work(self) -> None:
        session: Session | None = None
        while (message := self._feed.take()) is not None:
            if self._transport.stopping():
                self._feed.put_back(message)
                break
            try:
                session = session or self._open(message)
                if session is None:
                    return
                session = self._deliver(session, message)
            except Exception as error:
                self._results.put((message.delivery, error))
        if session is not None:
            session.leave()

    def _open(self, message: Message) -> Session | None:
        """A session to send this message on; None if there is none, and the message seen to."""
        with self._opening:  # one at a time: a server that is down is asked once
            if self._down is None:
                try:
                    session = self._transport.open()
                except Refused as error:
                    # With others at work, the server only wants no more connections.
                    if self._sessions and self._feed.put_back(message):
                        return None
                    self._give_up(str(error))
                else:
                    self._sessions.add(session)
                    return session
        self._defer(message, self._down)
        return None

    def _deliver(self, session: Session, message: Message) -> Session | None:
        """Send a message; the session for the next one, None if a new one is needed."""
        ours = False
        again = session.used
        try:
            outcome = session.deliver(self._signed(message), self._commit)
        except LedgerError as error:
            self._give_up(f"the ledger cannot be written: {error}")
            self._defer(message, self._down)
        except Refused as error:
            self._refused(message, str(error), again=again)
        else:
            self._useless = 0
            ours = outcome.state is State.CANCELLED
            self._results.put(outcome)
        if session.alive:
            return session
        self._sessions.discard(session)
        if not ours:
            self._feed.pause(FIRST_PAUSE * 2**self._useless)
        return None

    def _signed(self, message: Message) -> Message:
        return replace(message, content=self._transport.sign(message.content))

    def _refused(self, message: Message, reason: str, *, again: bool) -> None:
        """A session ended before it took up the message: one that has served its time is simply
        replaced, one that never was of use counts against the server."""
        if again and self._feed.put_back(message):
            return
        self._useless += 1
        if self._useless >= GIVE_UP_AFTER:
            self._give_up(reason)
        self._defer(message, reason)

    def _give_up(self, reason: str) -> None:
        """Nothing more can be sent: everything that is left is deferred at once."""
        self._down = self._down or reason
        for message in self._feed.close():
            self._defer(message, reason)

    def _defer(self, message: Message, reason: str | None) -> None:
        self._results.put(Outcome(message.delivery, State.DEFERRED, reason or ""))
