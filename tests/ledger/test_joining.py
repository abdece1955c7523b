"""Papers that turn out to be one: what was sent, said and stored of either is kept."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import permutations

import pytest
from sqlalchemy import select

from digest.ledger import Ledger
from digest.ledger.tables import sighting
from digest.model import (
    DumpHash,
    Match,
    Outcome,
    Paper,
    PaperKey,
    Period,
    Record,
    State,
    Verdict,
)
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    DAY,
    EMAIL,
    HOUR,
    NEXT_WEEK,
    NOW,
    WEEK,
    arrive,
    claim,
    digest_of,
    dump,
    key_of,
    keys_of,
    match_titles,
    recorded,
    states,
)

ONE, TWO, THREE = PaperKey(1), PaperKey(2), PaperKey(3)


def join(ledger: Ledger, *papers: Paper, name: str = "bridge") -> None:
    """Have a dump recorded that shows that these papers are one, the first of them."""
    first, *others = papers
    read = dump("Bridge", name=name)

    def match(records: Sequence[Record], candidates: Sequence[Paper]) -> list[Match]:
        better = replace(first, doi="10.1000/one")
        joined = tuple(one.key for one in others)
        return [Match(better, read.records, is_new=False, keys=frozenset({99}), joined=joined)]

    ledger.record_dump(read, set(), match, now=NOW + DAY)


def send(ledger: Ledger) -> None:
    """Have every email that waits accepted."""
    for one in claim(ledger):
        ledger.settle([(Outcome(one.delivery, State.SENT), one.fence)], now=NOW)


def test_there_is_one_paper_with_all_keys_and_records(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    join(ledger, one, two)

    (paper,) = ledger.papers()
    assert (paper.key, paper.doi) == (ONE, "10.1000/one")
    assert ledger.newest_paper() == ONE
    assert ledger.status().papers == 1
    assert ledger.copies(ONE) == {ONE, TWO}
    found = ledger.candidates({key_of("b"), key_of("a")}, DumpHash("none"))
    assert [(each.key, each.keys) for each in found] == [
        (ONE, frozenset({key_of("a"), key_of("b")}))
    ]
    assert {row.paper for row in ledger._rows(select(sighting.c.paper))} == {ONE}
    for name in (one.id, two.id, "a", "10.1000/one"):
        assert ledger.paper(name) == paper
    # The next paper does not get the key of the one that went.
    assert [each.key for each in arrive(ledger, "c")] == [THREE]


def test_a_new_paper_under_the_id_of_one_that_was_joined_is_the_paper_it_joined(
    ledger: Ledger,
) -> None:
    one, two = arrive(ledger, "a", "b")
    join(ledger, one, two)
    (again,) = arrive(ledger, "b", name="again")
    assert again.key == ONE


@pytest.mark.parametrize("order", list(permutations("abc")))
def test_several_papers_become_one_in_any_order(ledger: Ledger, order: tuple[str, ...]) -> None:
    _, two, three = arrive(ledger, "a", "b", "c")
    for digest in (digest_of([three]), digest_of([two], period=NEXT_WEEK)):
        recorded(ledger, [digest], {ADA: EMAIL})
        send(ledger)
    for one, other in (order[:2], order[1:]):
        pair = {paper.key: paper for paper in map(ledger.paper, (f"title:{one}", f"title:{other}"))}
        join(ledger, *(pair[key] for key in sorted(pair)), name=one)

    assert [each.key for each in ledger.papers()] == [ONE]
    assert ledger.copies(ONE) == {ONE, TWO, THREE}
    assert ledger.sent({ADA: PaperKey(0)})[ADA] == {ONE, TWO, THREE}
    titles = [[pick.paper.title for pick in each.picks] for each in ledger.digests(ADA, limit=5)]
    assert titles == [["a"], ["a"]]


@pytest.mark.parametrize("which", [[1], [2], [1, 2], [2, 1]])
def test_what_was_sent_of_either_counts_as_sent(ledger: Ledger, which: list[int]) -> None:
    papers = {each.key: each for each in arrive(ledger, "a", "b")}
    for period, key in zip((WEEK, NEXT_WEEK), which, strict=False):
        digest = digest_of([papers[PaperKey(key)]], period=period)
        recorded(ledger, [digest], {ADA: EMAIL})
        send(ledger)
    join(ledger, papers[ONE], papers[TWO])

    assert ONE in ledger.sent({ADA: PaperKey(0)})[ADA]
    later = Period(NEXT_WEEK.end, "day")
    assert recorded(ledger, [digest_of([papers[ONE]], period=later)], {ADA: EMAIL}) == 0
    assert [len(each.picks) for each in ledger.digests(ADA, limit=5)] == [1] * len(which)
    assert states(ledger) == [State.SENT] * len(which)


def test_a_digest_that_was_planned_before_with_either_is_not_recorded(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    join(ledger, one, two)
    assert recorded(ledger, [digest_of([two])], {ADA: EMAIL}) == 0
    assert recorded(ledger, [digest_of([one])], {ADA: EMAIL}) == 1


def test_a_mail_that_has_not_gone_out_does_not_send_the_paper_again(ledger: Ledger) -> None:
    one, two, other = arrive(ledger, "a", "b", "c")
    recorded(ledger, [digest_of([one])], {ADA: BOTH, BOB: BOTH})
    send(ledger)
    recorded(ledger, [digest_of([two, other], period=NEXT_WEEK)], {ADA: BOTH})
    join(ledger, one, two)

    (waiting,) = claim(ledger, now=NOW + HOUR)
    assert [pick.paper.title for pick in waiting.digest.picks] == ["c"]


def test_a_mail_that_has_nothing_left_is_cancelled(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    recorded(ledger, [digest_of([one]), digest_of([two], period=NEXT_WEEK)], {ADA: EMAIL})
    join(ledger, one, two)

    (waiting,) = claim(ledger, now=NOW + HOUR)
    assert [pick.paper.title for pick in waiting.digest.picks] == ["a"]
    assert states(ledger) == [State.CLAIMED, State.CANCELLED]


def test_a_mail_that_holds_both_sends_one(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    recorded(ledger, [digest_of([two, one])], {ADA: EMAIL})
    join(ledger, one, two)

    (waiting,) = claim(ledger, now=NOW + HOUR)
    assert [pick.paper.title for pick in waiting.digest.picks] == ["a"]


def test_the_newest_verdict_on_either_counts(ledger: Ledger) -> None:
    one, two = arrive(ledger, "a", "b")
    ledger.record_verdict(ADA, one.key, "like", now=NOW)
    ledger.record_verdict(ADA, two.key, "dislike", now=NOW + HOUR)
    ledger.record_verdict(BOB, two.key, "like", now=NOW)
    join(ledger, one, two)

    (paper,) = ledger.papers()
    assert ledger.verdicts_of(ADA) == [Verdict(paper, "dislike", NOW + HOUR)]
    assert ledger.verdicts_of(BOB) == [Verdict(paper, "like", NOW)]


# --- dumps that are read again -----------------------------------------------------------


def test_a_dump_of_before_versions_were_kept_is_of_version_1(ledger: Ledger) -> None:
    read = dump("a")
    arrive(ledger, "a")
    assert ledger.seen([read.hash], readers="1") == {read.hash}
    assert ledger.seen([read.hash], readers="2") == set()


def again(ledger: Ledger, *titles: str, version: str = "2") -> list[Match]:
    """Have newer readers read the dump of ``a`` and ``b``, and find these titles in it."""
    read = replace(dump("a", "b"), records=dump(*titles).records if titles else (), readers=version)
    return list(ledger.record_dump(read, keys_of(read), match_titles, now=NOW + DAY))


def test_reading_again_changes_neither_arrival_nor_cursor(ledger: Ledger) -> None:
    before = arrive(ledger, "a", "b")
    seen = ledger.dumps(since=NOW)
    assert [match.is_new for match in again(ledger, "a", "b")] == [False, False]
    assert ledger.papers() == before
    assert ledger.dumps(since=NOW) == seen
    assert again(ledger, "a", "b", "c") == []
    assert len(ledger._rows(select(sighting))) == 2


def test_a_paper_that_only_newer_readers_find_is_new_and_its_dump_counts(ledger: Ledger) -> None:
    arrive(ledger, "a", "b")
    assert [match.is_new for match in again(ledger, "a", "b", "c")] == [False, False, True]
    assert [one.newest for one in ledger.dumps(since=NOW)] == [THREE]
    assert ledger.papers()[-1].key == THREE


def test_a_paper_that_is_not_found_again_is_hidden(ledger: Ledger) -> None:
    arrive(ledger, "a", "b")
    again(ledger, "a")
    assert [one.title for one in ledger.papers()] == ["a"]
    assert ledger.newest_paper() == ONE
    # Where it comes after all, it is a new paper, with a key of its own.
    assert [one.key for one in arrive(ledger, "b", name="other")] == [THREE]


@pytest.mark.parametrize("case", ["listed", "sent", "judged"])
def test_a_paper_that_another_dump_lists_or_that_was_sent_or_judged_stays(
    ledger: Ledger, case: str
) -> None:
    _, two = arrive(ledger, "a", "b")
    if case == "listed":
        arrive(ledger, "b", name="other")
    elif case == "sent":
        recorded(ledger, [digest_of([two])], {ADA: EMAIL})
    else:
        ledger.record_verdict(BOB, two.key, "like", now=NOW)
    again(ledger)
    assert [each.title for each in ledger.papers()] == ["b"]


def test_a_dump_that_newer_readers_refuse_is_rejected(ledger: Ledger) -> None:
    arrive(ledger, "a", "b")
    content = dump("a", "b").hash
    ledger.record_rejected("x.txt", content, "an answer of a server", readers="2", now=NOW)
    assert ledger.papers() == []
    assert [one.reason for one in ledger.rejected()] == ["an answer of a server"]
    assert ledger.seen([content], readers="2") == {content}
    assert ledger.dumps(since=NOW - DAY) == []
    assert [match.is_new for match in again(ledger, "a", version="3")] == [True]
