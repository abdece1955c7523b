"""Dumps and papers: known by content, numbered as they arrive, never stored twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from threading import Barrier, Thread

import pytest
from sqlalchemy import create_engine, select, update

import digest.ledger
from digest.errors import NotFound
from digest.ledger import Ledger
from digest.ledger.tables import dump as dump_table
from digest.ledger.tables import sighting
from digest.model import DumpHash, DumpSeen, Match, Paper, PaperId, PaperKey, Record
from digest.pipeline.protocols import PassLedger
from tests.conftest import disposing
from tests.ledger.samples import DAY, HOUR, NOW, arrive, dump, key_of, keys_of, match_titles, record


def fulfils_the_contract(ledger: Ledger) -> PassLedger:
    """Checked by mypy."""
    return ledger


def test_new_papers_are_numbered_in_order_of_arrival(ledger: Ledger) -> None:
    first = arrive(ledger, "Scaling laws", "Mixtures", name="a")
    second = arrive(ledger, "Mixtures", "Adapters", name="b", now=NOW + DAY)

    assert [(paper.key, paper.title) for paper in first] == [(1, "Scaling laws"), (2, "Mixtures")]
    assert [(paper.key, paper.title) for paper in second] == [(2, "Mixtures"), (3, "Adapters")]
    assert [paper.title for paper in ledger.papers()] == ["Scaling laws", "Mixtures", "Adapters"]


def test_a_paper_comes_back_as_it_was_stored(ledger: Ledger) -> None:
    paper = Paper(
        PaperKey(0),
        PaperId("arxiv:2401.01234"),
        "Größe, 1.22×",
        "First.\n\nSecond paragraph.",
        NOW,
        listed=date(2025, 10, 28),
        authors=("Ada Ångström", "B. Babbage"),
        author_count=17,
        published=date(2024, 9, 27),
        comments=3,
        url="https://example.org/p",
        arxiv_id="2401.01234",
        pdf="https://example.org/p.pdf",
        code="https://github.com/example/p",
        categories=("cs.LG", "cs.CL"),
        keywords=("Größenordnung", "adapters"),
    )
    read = dump("x")
    match = Match(paper, read.records, is_new=True, keys=frozenset({-(2**63), 2**63 - 1}))

    (stored,) = ledger.record_dump(read, match.keys, lambda records, candidates: [match], now=NOW)

    assert stored == replace(match, paper=replace(paper, key=PaperKey(1)))
    assert ledger.papers() == [replace(paper, key=PaperKey(1))]


def test_a_known_dump_changes_nothing(ledger: Ledger) -> None:
    read = dump("Scaling laws")
    ledger.record_dump(read, keys_of(read), match_titles, now=NOW)

    again = replace(read, name="copy.txt", records=(record("Other"),))

    assert ledger.record_dump(again, {key_of("Other")}, match_titles, now=NOW) == []
    assert [paper.title for paper in ledger.papers()] == ["Scaling laws"]
    assert [seen.name for seen in ledger.dumps(since=NOW)] == ["papers.txt"]


def test_candidates_come_with_the_keys_they_share(ledger: Ledger) -> None:
    arrive(ledger, "Scaling laws", "Mixtures", "Adapters")
    asked: list[tuple[str, frozenset[int]]] = []

    def match(records: Sequence[Record], candidates: Sequence[Paper]) -> list[Match]:
        asked.extend((paper.title, paper.keys) for paper in candidates)
        return match_titles(records, candidates)

    read = dump("Adapters", "Scaling laws", "New")
    ledger.record_dump(read, keys_of(read), match, now=NOW)

    assert asked == [
        ("Scaling laws", frozenset({key_of("scaling laws")})),
        ("Adapters", frozenset({key_of("adapters")})),
    ]


def test_better_metadata_replaces_what_was_known_but_not_name_and_arrival(
    ledger: Ledger,
) -> None:
    (known,) = arrive(ledger, "Scaling laws")
    better = replace(
        known, id=PaperId("other"), comments=9, arxiv_id="2401.01234", arrived=NOW + DAY
    )
    read = dump("Scaling Laws", name="later")
    match = Match(better, read.records, is_new=False, keys=frozenset({7}))

    ledger.record_dump(read, {7}, lambda records, candidates: [match], now=NOW + DAY)

    assert ledger.papers() == [replace(known, comments=9, arxiv_id="2401.01234")]

    found: list[PaperKey] = []

    def look(records: Sequence[Record], candidates: Sequence[Paper]) -> list[Match]:
        found.extend(paper.key for paper in candidates)
        return []

    ledger.record_dump(dump("x", name="finds it by its new key"), {7}, look, now=NOW)
    assert found == [known.key]


def test_a_new_paper_under_a_known_id_is_the_known_one(ledger: Ledger) -> None:
    (known,) = arrive(ledger, "Scaling laws")
    read = dump("Scaling laws", name="again")

    # No keys: identity gets no candidate and takes the record for a new paper.
    (match,) = ledger.record_dump(read, set(), match_titles, now=NOW)

    assert (match.paper.key, match.is_new) == (known.key, False)
    assert len(ledger.papers()) == 1


def test_the_raw_text_of_every_record_is_kept_whatever_it_holds(url: str, ledger: Ledger) -> None:
    odd = replace(
        record("Scaling\0laws \ud83d", line=3), raw_title="$\\alpha$\0\ud800", raw_abstract="\r\n"
    )
    read = replace(dump("Mixtures"), records=(odd, record("Mixtures", line=9)))
    ledger.record_dump(read, keys_of(dump("Mixtures")), match_titles, now=NOW)
    ledger.close()

    query = select(sighting.c.line, sighting.c.raw_title, sighting.c.raw_abstract)
    with disposing(create_engine(url)) as engine, engine.connect() as connection:
        kept = [tuple(row) for row in connection.execute(query.order_by(sighting.c.id))]
    assert kept == [(3, "$\\alpha$\0\ud800", "\r\n"), (9, "raw Mixtures", "raw About Mixtures.")]
    assert ledger.papers()[0].title == "Scaling\ufffdlaws \ufffd"


def test_counts_that_nothing_could_reach_are_left_out(ledger: Ledger) -> None:
    read = dump("x")
    paper = Paper(PaperKey(0), PaperId("x"), "x", "", NOW, author_count=10**30, comments=-1)
    match = Match(paper, read.records, is_new=True, keys=frozenset())

    ledger.record_dump(read, set(), lambda records, candidates: [match], now=NOW)

    assert [(one.author_count, one.comments) for one in ledger.papers()] == [(None, None)]


def test_nothing_is_stored_when_matching_fails(ledger: Ledger) -> None:
    def fail(records: Sequence[Record], candidates: Sequence[Paper]) -> list[Match]:
        raise ZeroDivisionError

    read = dump("Scaling laws")
    with pytest.raises(ZeroDivisionError):
        ledger.record_dump(read, keys_of(read), fail, now=NOW)

    assert ledger.seen([read.hash], readers="1") == set()
    assert len(ledger.record_dump(read, keys_of(read), match_titles, now=NOW)) == 1


def test_two_processes_reading_the_same_dump_store_it_once(url: str) -> None:
    dumps = [dump("Scaling laws", f"Paper {n}", name=f"{n}") for n in range(4)]
    start = Barrier(2)
    counts: list[int] = []

    def process() -> None:
        with digest.ledger.open(url) as own:
            start.wait()
            counts.extend(
                len(own.record_dump(read, keys_of(read), match_titles, now=NOW)) for read in dumps
            )

    threads = [Thread(target=process) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(counts) == [0, 0, 0, 0, 2, 2, 2, 2]
    with digest.ledger.open(url) as after:
        assert sorted(paper.title for paper in after.papers()) == [
            *(f"Paper {n}" for n in range(4)),
            "Scaling laws",
        ]


def test_a_rejected_file_stays_known_to_the_readers_that_rejected_it(ledger: Ledger) -> None:
    content = dump("Scaling laws").hash
    ledger.record_rejected("photo.jpg", content, "no text in it", readers="1", now=NOW)
    ledger.record_rejected("again.jpg", content, "other words", readers="1", now=NOW + DAY)

    assert ledger.seen([content, DumpHash("0" * 64)], readers="1") == {content}
    assert ledger.seen([content], readers="2") == set()
    assert ledger.dumps(since=NOW - DAY) == []
    (rejected,) = ledger.rejected()
    assert (rejected.name, rejected.reason, rejected.arrived) == ("photo.jpg", "no text in it", NOW)

    ledger.record_rejected("again.jpg", content, "other words", readers="2", now=NOW + DAY)
    assert ledger.seen([content], readers="2") == {content}
    (rejected,) = ledger.rejected()
    assert (rejected.name, rejected.reason) == ("again.jpg", "other words")
    assert rejected.arrived == NOW + DAY


def test_a_file_that_other_readers_can_read_is_rejected_no_longer(ledger: Ledger) -> None:
    read = dump("Scaling laws")
    ledger.record_rejected("a.json", read.hash, "a fault", readers="1", now=NOW)
    (match,) = ledger.record_dump(read, keys_of(read), match_titles, now=NOW + DAY)

    assert match.is_new
    assert ledger.rejected() == []
    assert [each.arrived for each in ledger.dumps(since=NOW)] == [NOW + DAY]
    ledger.record_rejected("a.json", read.hash, "a fault", readers="1", now=NOW + DAY)
    assert ledger.rejected() == []
    assert ledger.record_dump(read, keys_of(read), match_titles, now=NOW + DAY) == []


def test_a_file_rejected_before_versions_were_kept_is_tried_again(url: str, ledger: Ledger) -> None:
    content = DumpHash("f" * 64)
    ledger.record_rejected("a.json", content, "a fault", readers="1", now=NOW)
    with disposing(create_engine(url)) as engine, engine.begin() as connection:
        connection.execute(update(dump_table).values(format=None))
    assert ledger.seen([content], readers="1") == set()
    ledger.record_rejected("a.json", content, "a fault", readers="1", now=NOW)
    assert ledger.seen([content], readers="1") == {content}


def test_papers_after_a_key_and_the_newest_of_them(ledger: Ledger) -> None:
    arrive(ledger, "a", "b", "c", "d")

    assert [p.title for p in ledger.papers(after=PaperKey(1))] == ["b", "c", "d"]
    assert [p.title for p in ledger.papers(limit=2)] == ["c", "d"]
    assert [p.title for p in ledger.papers(after=PaperKey(3), limit=5)] == ["d"]
    assert [p.title for p in ledger.papers(until=PaperKey(3), limit=2)] == ["b", "c"]
    assert [p.title for p in ledger.papers(after=PaperKey(1), until=PaperKey(2))] == ["b"]
    assert ledger.papers(after=PaperKey(4)) == []


def test_dumps_tell_what_was_known_once_they_were_read(ledger: Ledger) -> None:
    arrive(ledger, "a", "b", name="1", now=NOW)
    arrive(ledger, "a", name="2", now=NOW + HOUR)
    arrive(ledger, "c", name="3", now=NOW + DAY)
    listed = date(2025, 11, 19)

    assert ledger.dumps(since=NOW + HOUR) == [
        DumpSeen("2", listed, NOW + HOUR, PaperKey(2)),
        DumpSeen("3", listed, NOW + DAY, PaperKey(3)),
    ]


def test_the_cursor_before_an_instant(ledger: Ledger) -> None:
    assert ledger.cursor(NOW) == 0
    arrive(ledger, "a", "b", name="1", now=NOW)
    arrive(ledger, "c", name="2", now=NOW + DAY)

    assert ledger.cursor(NOW) == 0
    assert ledger.cursor(NOW + HOUR) == 2
    assert ledger.cursor(NOW + 2 * DAY) == 3


def test_a_clock_put_back_leaves_no_paper_behind_the_cursor(ledger: Ledger) -> None:
    arrive(ledger, "old", name="1", now=NOW - DAY)
    arrive(ledger, "while the clock was ahead", name="2", now=NOW + 365 * DAY)
    arrive(ledger, "after it was put back", name="3", now=NOW)

    assert ledger.cursor(NOW + HOUR) == 1


@pytest.mark.parametrize(
    "name",
    [
        "title:low-rank adaptation",
        "2106.09685",
        "arXiv:2106.09685v2",
        "https://arxiv.org/abs/2106.09685",
        "http://www.arxiv.org/pdf/2106.09685v1.pdf",
        "low-rank Adaptation",
        "Low Rank",
    ],
)
def test_a_paper_is_found_by_what_people_type(ledger: Ledger, name: str) -> None:
    (known, _) = arrive(ledger, "Low-Rank Adaptation", "Low-Tank Adaptation of fish")
    read = dump("Low-Rank Adaptation", name="2")
    better = replace(known, arxiv_id="2106.09685")
    match = Match(better, read.records, is_new=False, keys=frozenset())
    ledger.record_dump(read, keys_of(read), lambda records, candidates: [match], now=NOW)

    assert ledger.paper(name) == better


def test_a_part_of_several_titles_names_no_paper_but_shows_them(ledger: Ledger) -> None:
    arrive(ledger, "Adaptation of fish", "Adaptation of birds", "Scaling laws")

    with pytest.raises(NotFound) as several:
        ledger.paper("adaptation")
    with pytest.raises(NotFound) as none:
        ledger.paper("adaptation laws")
    with pytest.raises(NotFound) as empty:
        ledger.paper("")

    assert several.value.nearest == ("Adaptation of fish", "Adaptation of birds")
    assert set(none.value.nearest) == {"Adaptation of fish", "Adaptation of birds", "Scaling laws"}
    assert empty.value.nearest == ()


def test_a_title_that_is_part_of_another_is_found_whole(ledger: Ledger) -> None:
    arrive(ledger, "Scaling laws revisited", "Scaling laws")

    assert ledger.paper("scaling LAWS").title == "Scaling laws"
