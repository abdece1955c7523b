"""Reads new dump files into the ledger's papers."""

from dataclasses import replace
from datetime import date, datetime
from functools import partial

from digest import dedup, sources
from digest.errors import DumpError
from digest.model import PART, Dump, Problem
from digest.pipeline.protocols import Inbox, InboxFile, PaperLedger, Track, untracked
from digest.pipeline.report import DumpRow, IngestReport

_COUNTS = ("read", "new", "merged", "bad")


def ingest(
    inbox: Inbox, ledger: PaperLedger, *, now: datetime, track: Track = untracked
) -> IngestReport:
    """Read every finished file of the inbox that the ledger does not know, or knows from an older
    version of the readers. A file that a reader fails on is rejected like one that is no dump. A
    file that the disk or the memory fails on is not recorded, so that the next pass tries it
    again."""
    scan = inbox.scan()
    found = list(scan.found)
    known = ledger.seen([file.hash for file in found], readers=sources.VERSION)
    rows: list[DumpRow] = []
    rejected: list[str] = []
    problems = list(scan.problems)
    for file in track(found, "Reading dumps", len(found)):
        if file.hash in known:
            continue
        known.add(file.hash)
        row, of_file, is_rejected = _ingest_file(file, ledger, now=now)
        problems += of_file
        if row:
            rows.append(row)
        elif is_rejected:
            rejected.append(file.name)
    unchanged = len(found) - len(rows) - len(rejected)
    return IngestReport(tuple(rows), unchanged, scan.waiting, tuple(rejected), tuple(problems))


def _ingest_file(
    file: InboxFile, ledger: PaperLedger, *, now: datetime
) -> tuple[DumpRow | None, list[Problem], bool]:
    """Read the parts of a file that the ledger does not know: it may know some from a pass that was
    interrupted, or since the file has grown. Return what was read, the problems, and whether the
    file was rejected."""
    rows: list[DumpRow] = []
    problems: list[Problem] = []
    is_rejected = False
    try:
        for part in file.parts():
            if not part.is_last and ledger.seen([part.hash], readers=sources.VERSION):
                continue
            dump = sources.read_part(file.name, part, arrived=now)
            if file.source:
                dump = replace(dump, source=file.source, listed=file.day)
            if part.is_last:
                is_cut = dump.is_incomplete or any(row.is_incomplete for row in rows)
                dump = replace(dump, is_incomplete=is_cut)
            else:
                dump = replace(dump, format=dump.format + PART)
            listed = file.listed or dump.listed
            rows.append(_store(dump, ledger, listed=listed, now=now))
            problems += dump.problems
    except DumpError as error:
        ledger.record_rejected(
            file.name,
            file.hash,
            error.reason,
            readers=sources.VERSION,
            now=now,
            source=file.source,
            day=file.day,
        )
        where = f"{file.name}:{error.line}" if error.line else file.name
        problems.append(Problem(where, error.reason, error.remedy))
        is_rejected = True
    except OSError as error:
        problems.append(Problem(file.name, f"cannot be read: {error.strerror or error}"))
    except MemoryError:
        problems.append(Problem(file.name, "cannot be read: there is not enough memory"))
    return _sum(rows), problems, is_rejected


def _store(dump: Dump, ledger: PaperLedger, *, listed: date | None, now: datetime) -> DumpRow:
    keys = frozenset[int]().union(*map(dedup.keys, dump.records))
    match = partial(dedup.match, listed=listed, arrived=now)
    matches = ledger.record_dump(dump, keys, match, now=now)
    read = sum(len(match.records) for match in matches)
    new = sum(match.is_new for match in matches)
    bad = len(dump.problems)
    return DumpRow(dump.name, dump.format, read, new, read - new, bad, dump.is_incomplete)


def _sum(rows: list[DumpRow]) -> DumpRow | None:
    """The figures of all parts of a file that were read."""
    if len(rows) < 2:
        return rows[0] if rows else None
    counts = {name: sum(getattr(row, name) for row in rows) for name in _COUNTS}
    is_incomplete = any(row.is_incomplete for row in rows)
    return replace(rows[-1], **counts, is_incomplete=is_incomplete)
