"""The papers of a draft: what dumps would bring, in memory."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from digest import model as m
from digest.ledger.database import Database
from digest.ledger.ledger import Ledger
from digest.ledger.papers import numbered


class DraftPapers(Ledger):
    """A ledger as it would be once dumps were read, which it writes nowhere."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._read_hashes: set[m.DumpHash] = set()
        self._papers: dict[m.PaperKey, m.Paper] = {}
        """Those that are new or improved."""
        self._copies: dict[m.PaperKey, m.PaperKey] = {}
        """Papers that turned out to be another one, or none at all: 0."""
        self._by_hash: dict[int, set[m.PaperKey]] = {}
        self._second_looks: dict[m.PaperKey, m.SecondLook] = {}
        """Those that are new, by the key of the paper."""
        self._new_dumps: list[m.DumpSeen] = []
        self._unread: set[tuple[str, date | None]] = set()
        """The pages, by source and day, whose dumps were rejected."""

    def seen(self, hashes: Collection[m.DumpHash], *, readers: str) -> set[m.DumpHash]:
        return super().seen(hashes, readers=readers) | (self._read_hashes & set(hashes))

    def record_dump(
        self, read: m.Dump, keys: Collection[int], match: m.Matcher, *, now: datetime
    ) -> Sequence[m.Match]:
        """Match the records of a dump, and keep their papers in memory."""
        known = {one.key: one for one in self.candidates(keys, read.hash)}
        shared: dict[m.PaperKey, set[int]] = {}
        for key, one in known.items():
            if to := self._copies.get(key, key):
                shared.setdefault(to, set()).update(one.keys)
        for each in keys:
            for key in self._by_hash.get(each, ()):
                shared.setdefault(key, set()).add(each)
        papers = [
            replace(
                self._papers.get(key) or known[key],
                keys=frozenset(own),
                former=known[key].former if key in known else (),
            )
            for key, own in sorted(shared.items())
        ]
        found = match(read.records, papers)
        by_id = self.keys_of_papers([one.paper.id for one in found if one.is_new])
        by_id = {name: self._copies.get(key, key) for name, key in by_id.items()}
        by_id |= {one.id: key for key, one in self._papers.items()}
        matches = numbered(found, by_id, self.newest_key())
        for before, after in zip(found, matches, strict=True):
            key = after.paper.key
            if after.is_new or not before.is_new:
                self._papers[key] = after.paper
            for each in after.keys if key in self._papers else ():
                self._by_hash.setdefault(each, set()).add(key)
            self._hide(after.joined, key)
            self._look_again(after)
        former = {one.key: one.former for one in papers if one.former}
        self._hide(self.misread(former, {one.paper.key for one in matches}), m.PaperKey(0))
        self._read_hashes.add(read.hash)
        if not former and not read.format.endswith(m.PART):
            seen = (read.name, read.listed, now, self.newest_key(), read.is_incomplete)
            self._new_dumps.append(m.DumpSeen(*seen, read.source))
        return matches

    def _look_again(self, match: m.Match) -> None:
        if match.upvotes_before is not None:
            key, paper = m.PaperKey(self.newest_key() + 1), match.paper
            self._second_looks[paper.key] = m.SecondLook(key, paper, match.upvotes_before)

    def _hide(self, keys: Collection[m.PaperKey], to: m.PaperKey) -> None:
        self._copies |= dict.fromkeys(keys, to)
        for key in keys:
            self._papers.pop(key, None)
            for own in self._by_hash.values():
                if key in own:
                    own.remove(key)
                    own.update({to} if to else ())

    def record_rejected(
        self,
        name: str,
        content: m.DumpHash,
        *_: Any,
        source: str = "",
        day: date | None = None,
        **__: Any,
    ) -> None:
        """Keep in memory that this content was rejected."""
        self._read_hashes.add(content)
        self._unread.add((source, day))

    def _unread_pages(self, since: date) -> set[tuple[str, date | None]]:
        cut = {(one.source, one.listed) for one in self._new_dumps if one.is_incomplete}
        return super()._unread_pages(since) | self._unread | cut

    def record_file_stamps(self, *_: Any) -> None:
        """Keep nothing."""

    def papers(
        self, *, after: int = 0, until: m.PaperKey | None = None, limit: int | None = None
    ) -> list[m.Paper]:
        found = {one.key: one for one in super().papers(after=after, until=until, limit=limit)}
        new = (key for key in self._papers if key > after and (until is None or key <= until))
        found |= {key: self._papers[key] for key in new}
        listed = [found[key] for key in sorted(found) if key not in self._copies]
        return listed if limit is None else listed[-limit:]

    def newest_dump(self) -> int:
        return super().newest_dump() + len(self._new_dumps)

    def newest_paper(self) -> m.PaperKey:
        return max([super().newest_paper(), *self._papers])

    def newest_key(self) -> m.PaperKey:
        looks = (look.key for look in self._second_looks.values())
        return max([super().newest_key(), *self._papers, *looks])

    def second_looks(self, *, after: m.PaperKey, until: m.PaperKey) -> list[m.SecondLook]:
        kept = super().second_looks(after=after, until=until)
        found = [one for one in kept if one.paper.key not in self._second_looks]
        found += (one for one in self._second_looks.values() if after < one.key <= until)
        return [one for one in found if one.paper.key not in self._copies]

    def sent(
        self, after: Mapping[m.SubscriberId, m.PaperKey]
    ) -> Mapping[m.SubscriberId, set[m.PaperKey]]:
        found = super().sent(after)
        if self._copies:
            every = super().sent(dict.fromkeys(after, m.PaperKey(0)))
            for name, keys in every.items():
                found[name].update(self._copies[key] for key in keys & self._copies.keys())
        return found

    def cursor(self, before: datetime) -> m.PaperKey:
        found = super().cursor(before)
        if found == super().newest_key():
            for key in sorted(key for key in self._papers if key > found):
                if self._papers[key].arrived >= before:
                    break
                found = key
        return found

    def dumps(self, *, since: datetime) -> list[m.DumpSeen]:
        return super().dumps(since=since) + [one for one in self._new_dumps if one.arrived >= since]

    def _paper_by_id(self, name: str, number: str) -> m.Paper | None:
        for one in self._papers.values():
            if one.id in (name, f"arxiv:{number}") or one.arxiv_id == number:
                return one
        found = super()._paper_by_id(name, number)
        return self._papers.get(self._copies.get(found.key, found.key), found) if found else None

    def _titles(self) -> dict[m.PaperKey, tuple[m.PaperId, str]]:
        known = super()._titles() | {key: (p.id, p.title) for key, p in self._papers.items()}
        return {key: known[key] for key in known if key not in self._copies}
