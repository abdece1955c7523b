"""Checks of folders, disks and clocks."""

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from digest.doctor.finding import Finding, fail, ok, warn

SCARCE, LITTLE = 100_000_000, 1_000_000_000  # free bytes below which a check fails, or warns
TOLERATED, WRONG = timedelta(seconds=30), timedelta(minutes=10)  # of clocks: what warns, or fails


def folder(area: str, path: Path, *, written: bool = True) -> Finding:
    """Check that a folder can be used; one to write to may also be creatable."""
    there = _nearest(path)
    if there == path and not path.is_dir():
        return fail(area, f"{path} is no folder", "move it away")
    if there != path and not written:
        return fail(area, f"{path} does not exist", "create it")
    needed = os.R_OK | os.X_OK | (os.W_OK if written or there != path else 0)
    if not os.access(there, needed):
        act = "written" if written else "read"
        return fail(area, f"{there} cannot be {act}", f"give this user the right: chown {there}")
    state = "will be made" if there != path else "writable" if written else "readable"
    return ok(area, f"{path}: {state}")


def disk(area: str, path: Path) -> Finding:
    """Check the free space of the disk where ``path`` is, or will be."""
    there = _nearest(path)
    free = shutil.disk_usage(there).free
    words = f"{free / 1e9:,.1f} GB free at {there}"
    if free < SCARCE:
        remedy = "make room: without it mail is not sent, for it cannot be recorded"
        return fail(area, words, remedy)
    return ok(area, words) if free >= LITTLE else warn(area, words, "make room soon")


def private(area: str, path: Path) -> Finding | None:
    """Check that only its owner can read a secret file; None: there is no such file."""
    try:
        mode = path.stat().st_mode & 0o777
    except OSError:
        return None
    if mode & 0o077:
        return warn(area, f"{path}: others may read it (mode {mode:o})", f"chmod 600 {path}")
    return ok(area, f"{path}: for its owner alone")


def clocks(
    now: datetime, others: dict[str, datetime], newest: datetime | None
) -> Iterator[Finding]:
    """Compare this machine's clock with others, and with the newest entry of the ledger."""
    remedy = "let a time service (chrony, systemd-timesyncd) set the clock"
    for name, time in others.items():
        apart = abs(now - time)
        words = f"{apart.total_seconds():.0f} s from that of {name}"
        if apart > WRONG:
            yield fail("clock", words, remedy)
        else:
            yield ok("clock", words) if apart <= TOLERATED else warn("clock", words, remedy)
    if newest is not None and newest > now + TOLERATED:
        words = f"the ledger was last written at {newest:%Y-%m-%d %H:%M} UTC, later than now"
        yield warn("clock", words, f"{remedy}; digests fall due again from that time on")
    elif not others:
        yield ok("clock", f"{now:%Y-%m-%d %H:%M} UTC, after everything in the ledger")


def _nearest(path: Path) -> Path:
    """The path, or the nearest parent folder that exists."""
    return next(each for each in (path, *path.parents) if os.access(each, os.F_OK))
