"""SIGTERM and SIGINT let a pass end where it is safe to."""

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stop_on_signals(stop: Callable[[], object] = lambda: None) -> Iterator[Callable[[], bool]]:
    """Call ``stop`` on SIGTERM or SIGINT inside the block, which is in the main thread; returns a
    function that tells whether one has come. A second signal has its usual effect."""
    seen: list[int] = []

    def handle(number: int, _frame: FrameType | None) -> None:
        seen.append(number)
        restore()
        stop()

    def restore() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    before = {number: signal.signal(number, handle) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield lambda: bool(seen)
    finally:
        restore()
