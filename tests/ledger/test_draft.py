"""A draft: it sees what it was given, and writes nothing."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import make_url

import digest.ledger
from digest.errors import LedgerError, NotFound
from digest.ledger import Draft, Ledger
from digest.ledger.backup import Content, _content
from digest.ledger.tables import metadata
from digest.model import (
    Decision,
    Interest,
    Outcome,
    PaperKey,
    Profile,
    State,
    Subscriber,
    SubscriberId,
)
from tests.ledger.samples import (
    ADA,
    BOB,
    BOTH,
    LEASE,
    NOW,
    WEEKLY,
    arrive,
    digest_of,
    dump,
    keys_of,
    match_titles,
    recorded,
)

CYD = SubscriberId("cyd")


def person(name: SubscriberId) -> Subscriber:
    return Subscriber(name, f"{name}@example.org", Profile((Interest("LoRA"),)), channels=BOTH)


@pytest.fixture
def used(ledger: Ledger, url: str) -> str:
    """A ledger with Ada and Bob, of whom Ada has had a digest that waits to be sent."""
    ledger.compile("host", "first", [person(ADA), person(BOB)], now=NOW)
    recorded(ledger, [digest_of(arrive(ledger, "known"))], {ADA: BOTH})
    ledger.close()
    return url


def everything(url: str) -> list[Content]:
    with (
        digest.ledger.open(url) as book,
        book._database.reading() as connection,
    ):
        return [_content(table, connection) for table in metadata.sorted_tables]


def files(url: str) -> dict[str, bytes]:
    """The files of a SQLite database; none of PostgreSQL."""
    path = make_url(url).database if url.startswith("sqlite") else None
    found = Path(path).parent.glob(f"{Path(path).name}*") if path else ()
    return {one.name: one.read_bytes() for one in found if one.stat().st_size}


def a_pass(draft: Draft) -> None:
    """What a pass does with a ledger, Bob having left the file and Cyd having come."""
    draft.follow_clock("zones", now=NOW)
    draft.compile("host", "second", [person(ADA), person(CYD)], now=NOW)
    read = dump("new", "Known", name="second")
    draft.record_dump(read, keys_of(read), match_titles, now=NOW)
    draft.record_rejected("bad.txt", dump("bad").hash, "no dump", readers="1", now=NOW)
    (cyd,) = draft.stored([CYD]).values()
    made = digest_of(draft.papers(), subscriber=CYD)
    draft.record([Decision(cyd, made, NOW + WEEKLY)], now=NOW)
    claims = draft.claim("email", "one", now=NOW, lease=LEASE, limit=10)
    assert [one.digest.subscriber for one in claims] == [ADA, CYD]
    pairs = [(one.delivery, one.fence) for one in claims]
    assert draft.commit(pairs, now=NOW) == {number for number, _ in pairs}
    draft.settle([(Outcome(number, State.SENT), fence) for number, fence in pairs], now=NOW)
    behind = draft.claim_publications("one", now=NOW, lease=LEASE, limit=10)
    assert {one.name for one in behind} == {ADA, BOB, CYD}
    assert draft.renew_publications("one", now=NOW, lease=LEASE) == {one.key for one in behind}
    draft.settle_publications(behind, "one", now=NOW)
    draft.release_publications(["one"])
    draft.renew("one", now=NOW, lease=LEASE)
    draft.expire(now=NOW, expire_after=timedelta())


def test_a_pass_over_a_draft_writes_nothing(used: str) -> None:
    held = everything(used)
    before = files(used)
    with digest.ledger.open_draft(used) as draft:
        a_pass(draft)
    assert files(used) == before
    assert everything(used) == held


def test_a_draft_sees_what_it_was_given(used: str) -> None:
    with digest.ledger.open_draft(used) as draft:
        a_pass(draft)
        assert [one.title for one in draft.papers()] == ["known", "new"]
        assert [one.title for one in draft.papers(after=PaperKey(1), limit=1)] == ["new"]
        assert draft.paper("new").key == draft.newest_paper() == draft.cursor(NOW + LEASE) == 2
        assert draft.newest_dump() == 2
        assert [one.name for one in draft.dumps(since=NOW)] == ["papers.txt", "second"]
        hashes = {dump("new", "Known", name="second").hash, dump("bad").hash}
        assert draft.seen(hashes, readers="1") == hashes
        assert [one.subscriber.id for one in draft.subscribers(limit=9)] == [ADA, CYD]
        assert draft.subscriber("cyd").subscriber == person(CYD)
        assert set(draft.subscribers_at({"cyd@example.org", "bob@example.org"})) >= {
            "cyd@example.org"
        }
        assert [len(each) for each in draft.newest_digests([ADA, CYD], limit=5).values()] == [1, 1]
        assert draft.claim("email", "one", now=NOW, lease=LEASE, limit=10) == []


def test_a_draft_takes_in_dump_after_dump_as_the_ledger_would(used: str) -> None:
    dumps = [dump(*titles, name=titles[0]) for titles in (("b", "Known", "new"), ("c", "Known"))]
    dumps += [dump("d", "NEW", "Known", "b", name="d")]
    taken = []
    for book in (digest.ledger.open_draft(used), digest.ledger.open(used)):
        with book:
            first = book.newest_paper()
            found = [book.record_dump(one, keys_of(one), match_titles, now=NOW) for one in dumps]
            taken.append((found, book.papers(after=first), book.papers(limit=2)))
    assert taken[0] == taken[1]
    assert [[one.is_new for one in matches] for matches in taken[0][0]] == [
        [True, False, True],
        [True, False],
        [True, False, False, False],
    ]


def test_the_ledger_goes_on_as_if_no_draft_had_been(used: str) -> None:
    with digest.ledger.open_draft(used) as draft:
        a_pass(draft)
    with digest.ledger.open(used) as book:
        with pytest.raises(NotFound):
            book.subscriber("cyd")
        assert [one.title for one in book.papers()] == ["known"]
        assert len(book.claim("email", "one", now=NOW, lease=LEASE, limit=10)) == 1


@pytest.mark.parametrize(
    "write",
    [
        partial(Ledger.unsubscribe, subscriber=ADA, now=NOW),
        partial(Ledger.recover, now=NOW),
        partial(Ledger.restored, now=NOW),
        partial(Ledger.remove, names=[ADA], now=NOW),
    ],
    ids=["unsubscribe", "recover", "restored", "remove"],
)
def test_what_a_pass_does_not_write_a_draft_refuses(
    used: str, write: Callable[[Ledger], object]
) -> None:
    with (
        digest.ledger.open_draft(used) as draft,
        pytest.raises(LedgerError, match="open for questions"),
    ):
        write(draft)


def test_where_there_is_no_ledger_a_draft_begins_empty_and_makes_none(blank_url: str) -> None:
    with digest.ledger.open_draft(blank_url) as draft:
        draft.compile("host", "first", [person(ADA)], now=NOW)
        arrive(draft, "new")
        assert [one.subscriber.id for one in draft.due(NOW, reopened=False, limit=9)] == [ADA]
        assert [one.title for one in draft.papers()] == ["new"]
    assert files(blank_url) == {}
    with digest.ledger.open_draft(blank_url) as draft:
        assert draft.papers() == []
