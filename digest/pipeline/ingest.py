"""Reads new dump files into the ledger's papers."""

from datetime import datetime
from functools import partial

from digest import dedup, sources
from digest.errors import DumpError
from digest.model import Dump, Problem
from digest.pipeline.protocols import Inbox, InboxFile, PaperLedger, Track, untracked
from digest.pipeline.report import DumpRow, IngestReport


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
        try:
            dump, keys = _read(file, now=now)
        except DumpError as error:
            ledger.record_rejected(
                file.name, file.hash, error.reason, readers=sources.VERSION, now=now
            )
            rejected.append(file.name)
            where = f"{file.name}:{error.line}" if error.line else file.name
            problems.append(Problem(where, error.reason, error.remedy))
        except OSError as error:
            problems.append(Problem(file.name, f"cannot be read: {error.strerror or error}"))
        except MemoryError:
            problems.append(Problem(file.name, "cannot be read: there is not enough memory"))
        else:
            rows.append(_store(dump, keys, ledger, now=now))
            problems.extend(dump.problems)
    unchanged = len(found) - len(rows) - len(rejected)
    return IngestReport(tuple(rows), unchanged, scan.waiting, tuple(rejected), tuple(problems))


def _read(file: InboxFile, *, now: datetime) -> tuple[Dump, frozenset[int]]:
    """The dump of a file and the keys of its records; raises DumpError, OSError or MemoryError."""
    dump = sources.read(file.name, file.content(), hash=file.hash, arrived=now)
    return dump, frozenset().union(*map(dedup.keys, dump.records))


def _store(dump: Dump, keys: frozenset[int], ledger: PaperLedger, *, now: datetime) -> DumpRow:
    match = partial(dedup.match, listed=dump.listed, arrived=now)
    matches = ledger.record_dump(dump, keys, match, now=now)
    read = sum(len(match.records) for match in matches)
    new = sum(match.is_new for match in matches)
    bad = len(dump.problems)
    return DumpRow(dump.name, dump.format, read, new, read - new, bad, dump.is_incomplete)
