"""Work done by a second process while this one goes on."""

from __future__ import annotations

import os
import pickle
import warnings
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def put_off(work: Callable[[], T]) -> Callable[[], T]:
    """Do ``work`` once its result is asked for."""
    return work


def forked(work: Callable[[], T]) -> Callable[[], T]:
    """Begin ``work`` in a fork of this process; what comes back waits for its result.

    For work that may be done twice: where there is no process to be had, or it fails or dies, the
    work is done here. The caller sees to it that nothing is open which two processes cannot share,
    such as a database.
    """
    reading, writing = os.pipe()
    try:
        with warnings.catch_warnings():
            # Python 3.12 warns of locks that other threads may hold; here only those of the BLAS
            # library are left, which looks after them.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
    except OSError:
        os.close(reading)
        os.close(writing)
        return work
    if child == 0:
        status = 1
        try:
            os.close(reading)
            with os.fdopen(writing, "wb") as pipe:
                pipe.write(pickle.dumps(work()))
            status = 0
        finally:
            os._exit(status)  # what there is to clean up is the parent's
    os.close(writing)

    def result() -> T:
        with os.fdopen(reading, "rb") as pipe:
            answer = pipe.read()
        _, status = os.waitpid(child, 0)
        return work() if status else pickle.loads(answer)  # noqa: S301  our own process wrote it

    return result
