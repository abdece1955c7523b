"""Dumps, the papers in them and every record as it stood."""

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, bindparam, case, delete, false, func, insert, or_, select, update

from digest.ledger.aggregate import INTAKE, Aggregate, next_key, rows_in
from digest.ledger.joining import FormerPapers, formers, join, misread, retract
from digest.ledger.tables import dump, paper, paper_key, second_look, sighting
from digest.model import (
    PART,
    Dump,
    DumpHash,
    DumpSeen,
    Match,
    Matcher,
    Paper,
    PaperId,
    PaperKey,
    SecondLook,
)

PAPER = tuple(paper.c[field.name] for field in dataclasses.fields(Paper) if field.name in paper.c)
"""The columns of a paper in the order of its fields."""
_NAMES = {column.name for column in PAPER}
_IMPROVABLE = _NAMES - {"key", "id", "arrived", "listed"}
_IMPROVE = (
    update(paper)
    .where((paper.c.key == bindparam("its_key")) | (paper.c.same_as == bindparam("its_key")))
    .values({name: bindparam(f"new_{name}") for name in sorted(_IMPROVABLE)})
)
"""Changes the metadata of papers and of their copies: many at once, with one statement."""
IS_ONE = paper.c.same_as.is_(None)
"""Of a row that is a paper: it did not turn out to be another one, or none at all."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A file that was no dump."""

    name: str
    hash: DumpHash
    reason: str
    arrived: datetime


class Papers(Aggregate):
    """Dumps that were read, and the papers found in them."""

    def seen(self, hashes: Collection[DumpHash], *, readers: str) -> set[DumpHash]:
        """Of these, the files that this version of the readers has read or rejected, or that no
        version reads again."""
        with self._database.reading() as connection:
            return _seen(connection, hashes, readers)

    def record_dump(
        self, read: Dump, keys: Collection[int], match: Matcher, *, now: datetime
    ) -> Sequence[Match]:
        """Match and store a dump's records; empty, and nothing stored, if these readers have read
        it. ``match`` gets the records, and the papers that share one of ``keys``, each with those
        it shares in ``Paper.keys``. Papers of a dump that older readers misread come with what they
        made of them; those that are not found again, and that nobody was sent, are hidden."""
        with self._database.writing(INTAKE) as connection:
            _forget_rejection(connection, read.hash)
            if _seen(connection, [read.hash], read.readers):
                return []
            former = formers(connection, read.hash)
            candidates = _candidates(connection, keys, former)
            found = match(read.records, candidates)
            matches = _store_papers(connection, found, candidates, now=now)
            _store_second_looks(connection, matches, now=now)
            row: dict[str, object] = {"format": read.format, "listed": read.listed}
            row |= {"readers": read.readers, "is_incomplete": read.is_incomplete}
            row["source"] = read.source or None
            if any(one.is_new or one.upvotes_before is not None for one in matches):
                row["newest"] = _newest(connection)
            number = _store_dump(connection, read.hash, read.name, now, row)
            _store_keys(connection, matches)
            retract(connection, number, former, found={one.paper.key for one in matches})
            _store_sightings(connection, number, matches)
            return matches

    def candidates(self, keys: Collection[int], content: DumpHash) -> list[Paper]:
        """The papers that ``record_dump`` of this content hands to ``match``."""
        with self._database.reading() as connection:
            return _candidates(connection, keys, formers(connection, content))

    def misread(self, former: FormerPapers, found: Collection[PaperKey]) -> set[PaperKey]:
        """The papers that ``record_dump`` hides."""
        with self._database.reading() as connection:
            return misread(connection, former, found)

    def copies(self, key: PaperKey) -> set[PaperKey]:
        """The keys of all rows that are this paper, under which digests may hold it."""
        query = select(paper.c.key).where(paper.c.same_as == key)
        return {key, *(row.key for row in self._rows(query))}

    def keys_of_papers(self, ids: Collection[PaperId]) -> dict[PaperId, PaperKey]:
        """The keys of the papers that are known by these ids."""
        with self._database.reading() as connection:
            return keys_by_id(connection, ids)

    def record_rejected(
        self,
        name: str,
        content: DumpHash,
        reason: str,
        *,
        readers: str,
        now: datetime,
        source: str = "",
        day: date | None = None,
    ) -> None:
        """Remember that this version of the readers can make no dump of this content, which was
        fetched from the ``source`` as its page of the ``day`` unless it lay in the inbox. Papers
        that older readers made of it are hidden unless they were sent."""
        with self._database.writing(INTAKE) as connection:
            if not _seen(connection, [content], readers):
                _forget_rejection(connection, content)
                former = formers(connection, content)
                row: dict[str, object] = {"format": readers, "listed": day, "rejected": reason}
                row["source"] = source or None
                number = _store_dump(connection, content, name, now, row)
                retract(connection, number, former, found=())

    def rejected(self) -> list[Rejected]:
        """Files that were no dumps, newest first."""
        query = (
            select(dump.c.name, dump.c.hash, dump.c.rejected, dump.c.arrived)
            .where(dump.c.rejected.is_not(None))
            .order_by(dump.c.id.desc())
        )
        return [Rejected(*row) for row in self._rows(query)]

    def papers(
        self, *, after: int = 0, until: PaperKey | None = None, limit: int | None = None
    ) -> list[Paper]:
        """Papers with keys beyond ``after`` up to ``until``, oldest first. At most ``limit``
        papers, the newest ones."""
        query = select(*PAPER).where(paper.c.key > after, IS_ONE)
        query = query.order_by(paper.c.key.desc()).limit(limit)
        if until is not None:
            query = query.where(paper.c.key <= until)
        return [Paper(*row) for row in self._rows(query)][::-1]

    def second_looks(self, *, after: PaperKey, until: PaperKey) -> list[SecondLook]:
        """The papers whose upvotes jumped, by keys beyond ``after`` up to ``until``, in order."""
        query = select(second_look.c.key, second_look.c.upvotes_before, *PAPER)
        query = query.join(paper, (paper.c.key == second_look.c.paper) & IS_ONE)
        query = query.where(second_look.c.key > after, second_look.c.key <= until)
        rows = self._rows(query.order_by(second_look.c.key))
        return [SecondLook(key, Paper(*of_paper), before) for key, before, *of_paper in rows]

    def cursor(self, before: datetime) -> PaperKey:
        """The newest key that was given before this instant and before all that were given later.
        The second half matters where the clock was put back between two dumps: no paper that
        arrived at ``before`` or after is left behind the cursor. 0: there is none."""
        first = self._value(select(func.min(paper.c.key)).where(paper.c.arrived >= before))
        # A draft has a newest key of its own, which is not in the database.
        return Papers.newest_key(self) if first is None else PaperKey(first - 1)

    def newest_dump(self) -> int:
        """The key of the dump that was read last; 0: there is none."""
        return self._count(select(func.max(dump.c.id)))

    def newest_paper(self) -> PaperKey:
        """The key of the paper that arrived last; 0: there is none."""
        return PaperKey(self._count(select(func.max(paper.c.key)).where(IS_ONE)))

    def newest_key(self) -> PaperKey:
        """The key that was given last, to a paper or a second look; 0: there is none."""
        with self._database.reading() as connection:
            return _newest(connection)

    def dumps(self, *, since: datetime) -> list[DumpSeen]:
        """Dumps that arrived at or after ``since``, in the order they were read; one that was read
        in parts is there once."""
        query = (
            select(dump.c.name, dump.c.listed, dump.c.arrived, dump.c.newest)
            .add_columns(func.coalesce(dump.c.is_incomplete, false()))
            .add_columns(func.coalesce(dump.c.source, ""))
            .where(
                dump.c.arrived >= since, dump.c.rejected.is_(None), ~dump.c.format.endswith(PART)
            )
            .order_by(dump.c.id)
        )
        return [DumpSeen(*row) for row in self._rows(query)]


def papers_with_keys(connection: Connection, keys: Iterable[int]) -> list[Paper]:
    """These papers, oldest first."""
    query = select(*PAPER).order_by(paper.c.key)
    return [Paper(*row) for row in rows_in(connection, query, paper.c.key, sorted(keys))]


def _seen(connection: Connection, hashes: Collection[DumpHash], readers: str) -> set[DumpHash]:
    by = case((dump.c.rejected.is_(None), func.coalesce(dump.c.readers, "1")), else_=dump.c.format)
    query = select(dump.c.hash).where(or_(by == readers, dump.c.is_pruned))
    return {row.hash for row in rows_in(connection, query, dump.c.hash, hashes)}


def _newest(connection: Connection) -> PaperKey:
    newest = (connection.scalar(select(func.max(of.key))) for of in (paper.c, second_look.c))
    return PaperKey(max(key or 0 for key in newest))


def _candidates(
    connection: Connection,
    hashes: Collection[int],
    former: FormerPapers,
) -> list[Paper]:
    """The papers that share one of these hashes, each with those it shares, and those of
    ``former``."""
    shared: dict[PaperKey, set[int]] = {key: set() for key in former}
    for found, key in _pairs(connection, hashes):
        shared.setdefault(key, set()).add(found)
    return [
        dataclasses.replace(one, keys=frozenset(shared[one.key]), former=former.get(one.key, ()))
        for one in papers_with_keys(connection, shared)
    ]


def _pairs(connection: Connection, hashes: Collection[int]) -> set[tuple[int, PaperKey]]:
    """(hash, paper key) pairs on record for these hashes."""
    query = select(paper_key.c.hash, paper_key.c.paper)
    return {tuple(row) for row in rows_in(connection, query, paper_key.c.hash, hashes)}


def numbered(
    matches: Sequence[Match], by_id: Mapping[PaperId, PaperKey], newest: PaperKey
) -> list[Match]:
    """The matches with the keys of their papers; a new paper whose id is in ``by_id`` is known."""
    keys = dict(by_id)
    found: list[Match] = []
    for match in matches:
        key = keys.get(match.paper.id) if match.is_new else match.paper.key
        if is_new := key is None:
            newest = PaperKey(newest + 1)
            key = keys[match.paper.id] = newest
        paper = dataclasses.replace(match.paper, key=key, keys=frozenset(), former=())
        found.append(dataclasses.replace(match, paper=paper, is_new=is_new))
    return found


def _store_papers(
    connection: Connection,
    matches: Sequence[Match],
    candidates: Sequence[Paper],
    *,
    now: datetime,
) -> list[Match]:
    """Insert and improve papers; the matches with the keys that their papers have got."""
    by_id = keys_by_id(connection, [match.paper.id for match in matches if match.is_new])
    before = {candidate.key: candidate for candidate in candidates}
    stored = numbered(matches, by_id, _newest(connection))
    better = [
        {f"new_{name}": getattr(match.paper, name) for name in _IMPROVABLE}
        | {"its_key": match.paper.key}
        for match, kept in zip(matches, stored, strict=True)
        if not match.is_new and before.get(kept.paper.key) != match.paper
    ]
    if better:
        connection.execute(_IMPROVE, better)
    added = [{name: getattr(one.paper, name) for name in _NAMES} for one in stored if one.is_new]
    if added:
        connection.execute(insert(paper), added)
    for one in stored:
        if one.joined:
            values = {name: getattr(one.paper, name) for name in _IMPROVABLE}
            join(connection, one.joined, one.paper.key, values, now=now)
    return stored


def _store_second_looks(connection: Connection, matches: Sequence[Match], *, now: datetime) -> None:
    jumped = {
        one.paper.key: one.upvotes_before for one in matches if one.upvotes_before is not None
    }
    if not jumped:
        return
    first = _newest(connection) + 1  # before rows are removed: no key is given twice
    connection.execute(delete(second_look).where(second_look.c.paper.in_(jumped)))
    rows = [
        {"key": key, "paper": of, "upvotes_before": before, "arrived": now}
        for key, (of, before) in enumerate(jumped.items(), first)
    ]
    connection.execute(insert(second_look), rows)


def keys_by_id(connection: Connection, ids: Collection[PaperId]) -> dict[PaperId, PaperKey]:
    """The keys of the papers that are known by these ids."""
    query = select(paper.c.id, func.coalesce(paper.c.same_as, paper.c.key).label("key"))
    return {row.id: row.key for row in rows_in(connection, query, paper.c.id, ids)}


def _forget_rejection(connection: Connection, content: DumpHash) -> None:
    """Make room for what a newer version of the readers says of this content."""
    rejection = (dump.c.hash == content) & dump.c.rejected.is_not(None)
    connection.execute(delete(dump).where(rejection))


def _store_dump(
    connection: Connection, content: DumpHash, name: str, now: datetime, row: Mapping[str, object]
) -> int:
    """Add a dump, or change what is known of one that is read again; its key."""
    known = connection.scalar(select(dump.c.id).where(dump.c.hash == content))
    if known is not None:
        connection.execute(update(dump).where(dump.c.id == known).values(**row))
        return int(known)
    number = next_key(connection, dump.c.id)
    here = {"id": number, "hash": content, "name": name, "arrived": now}
    connection.execute(insert(dump), {**row, **here, "newest": _newest(connection)})
    return number


def _store_keys(connection: Connection, matches: Sequence[Match]) -> None:
    wanted = {(key, match.paper.key) for match in matches for key in match.keys}
    missing = wanted - _pairs(connection, {key for key, _ in wanted})
    if missing:
        rows = [{"hash": key, "paper": found} for key, found in sorted(missing)]
        connection.execute(insert(paper_key), rows)


def _store_sightings(connection: Connection, number: int, matches: Sequence[Match]) -> None:
    first = next_key(connection, sighting.c.id)
    rows = []
    listed = ((record, match.paper.key) for match in matches for record in match.records)
    for key, (record, found) in enumerate(sorted(listed, key=lambda pair: pair[0].line), first):
        raw = {"raw_title": record.raw_title, "raw_abstract": record.raw_abstract}
        rows.append({"id": key, "dump": number, "paper": found, "line": record.line, **raw})
    if rows:
        connection.execute(insert(sighting), rows)
