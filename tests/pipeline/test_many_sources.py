"""One paper from many sources, as its readers see it: sent once, however its listings come."""

from __future__ import annotations

import importlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from hashlib import sha256
from itertools import permutations
from types import SimpleNamespace

import pytest

from digest import sources
from digest.explain.explanation import explain
from digest.model import Expected, Interest, PaperKey, Record, Schedule, SubscriberId
from digest.sources import records
from tests.dedup.test_many_sources import appearances
from tests.world import File, World, person, utc

Listed = Mapping[str, object]
DAILY = person("dai", interests=("robots",), schedule=Schedule("day"), channels=("email", "feed"))
TEXT = (
    "We look at robots in homes for a year and describe what they do there at night and in the day."
    " Nine of them were given names, and four were seen to wait at the door. We ask what people"
    " expect of robots that do not talk, and compare it with what they see."
)
FIRST, SECOND = "Robots in the wild: a first look", "What robots do when nobody watches"
LINK = "https://example.org/papers/1"


def lay(world: World, name: str, *papers: Listed) -> None:
    """Lay a list of papers into the inbox; each has the usual abstract unless it says otherwise."""
    data = json.dumps({"papers": [{"abstract": TEXT, **paper} for paper in papers]}, indent=1)
    world.inbox.files[name] = File(name, data.encode())


def days(world: World, *dumps: Listed | Sequence[Listed]) -> list[list[str]]:
    """The titles mailed on each of the days on which one of these dumps comes."""
    sent: list[list[str]] = []
    for day, dump in enumerate(dumps, 1):
        lay(world, f"{day}.json", *([dump] if isinstance(dump, Mapping) else dump))
        before = world.mail()
        world.run([DAILY], f"2026-11-{day:02}T09:00")
        new = [titles for name, titles in world.mail().items() if name not in before]
        sent.append(sorted(title for titles in new for title in titles))
    return sent


def count(world: World) -> int:
    with world.ledger() as book:
        return len(book.papers())


def test_a_new_title_under_the_same_doi_is_not_sent_again(either: World) -> None:
    doi = "10.1101/2026.11.20.000001"
    listed = [{"title": FIRST, "doi": doi}, {"title": SECOND, "abstract": "New.", "doi": doi}]
    assert days(either, *listed) == [[FIRST], []]


def test_a_title_whose_counter_grows_is_not_sent_again(world: World) -> None:
    counted = [
        {"title": title, "url": LINK}
        for title in (f"{FIRST} (3 comments)", f"{FIRST} (5 comments)", f"87 {FIRST}", FIRST)
    ]
    assert days(world, *counted) == [[f"{FIRST} (3 comments)"], [], [], []]
    with world.ledger() as book:
        assert [paper.title for paper in book.papers()] == [FIRST]


def test_editorials_are_all_sent(world: World) -> None:
    texts = ("About robots.", "Robots again.", "Of robots.")
    listed = [
        {"title": "Editorial", "abstract": text, "doi": f"10.1000/{n}"}
        for n, text in enumerate(texts)
    ]
    assert days(world, *listed) == [["Editorial"]] * 3


# --- papers that turn out to be one ------------------------------------------------------

BY_DOI = {"title": FIRST, "doi": "10.1000/robots", "abstract": "Robots at night."}
BY_ARXIV = {"title": SECOND, "arxiv": "2611.10001", "abstract": "What robots do at day."}
BRIDGE = {"title": "Robots", "arxiv": "2611.10001", "doi": "10.1000/robots", "abstract": ""}
"""It shows that the two others are one paper."""


@pytest.mark.parametrize("order", list(permutations([BY_DOI, BY_ARXIV, BRIDGE])))
def test_nothing_is_sent_twice_once_papers_turn_out_to_be_one(
    world: World, order: tuple[Listed, ...]
) -> None:
    sent = days(world, *order, *order, list(order))
    known = order.index(BRIDGE)
    # Before the bridge comes nobody can know; from then on there is one paper.
    assert [len(titles) for titles in sent[:known]] == [1] * known
    assert [len(titles) for titles in sent[known:]] == [int(not known)] + [0] * (6 - known)
    assert count(world) == 1
    assert len(world.feed(DAILY)) == max(1, known)


def test_papers_that_turn_out_to_be_one_before_they_are_sent_are_sent_once(either: World) -> None:
    sent = days(either, [BY_DOI, BY_ARXIV, BRIDGE], BY_DOI, BY_ARXIV)
    assert [len(titles) for titles in sent] == [1, 0, 0]


def test_verdicts_and_explanations_follow(either: World) -> None:
    days(either, BY_DOI, BY_ARXIV)
    with either.ledger() as book:
        book.record_verdict(SubscriberId("dai"), PaperKey(2), "like", now=utc("2026-11-02T10:00"))
    lay(either, "3.json", BRIDGE)
    either.run([DAILY], "2026-11-03T09:00")
    with either.ledger() as book:
        (verdict,) = book.verdicts_of(SubscriberId("dai"))
        names = ("arXiv:2611.10001", "arxiv:2611.10001", "doi:10.1000/robots", "10.1000/robots")
        for name in names:
            paper = book.paper(name)
            assert paper == verdict.paper
            now = utc("2026-11-03T10:00")
            said = explain(book, DAILY, paper, expected=Expected("none"), now=now)
            assert (said.picked, said.past) == (True, True)
        assert [len(each.picks) for each in book.digests(SubscriberId("dai"), limit=9)] == [1, 1]


def test_a_draft_joins_papers_too_and_writes_nothing(either: World) -> None:
    days(either, BY_DOI, BY_ARXIV)
    lay(either, "3.json", BRIDGE)
    before = either.mail()
    with either.draft() as draft, either.context(utc("2026-11-03T09:00")) as context:
        from digest.pipeline.ingest import ingest  # noqa: PLC0415

        ingest(context.inbox, draft, now=utc("2026-11-03T09:00"))
        assert len(draft.papers()) == 1
        assert draft.paper("2611.10001").key == 1
        lay(either, "4.json", {**BY_DOI, "comments": 3}, {**BY_ARXIV, "comments": 4})
        ingest(context.inbox, draft, now=utc("2026-11-03T09:00"))
        assert len(draft.papers()) == 1
    assert count(either) == 2
    assert either.mail() == before


def entry(one: Record) -> Listed:
    """A record as an entry of a list."""
    found = {"title": one.title, "abstract": one.abstract, "doi": one.doi, "url": one.url}
    return {key: value for key, value in {**found, "arxiv": one.arxiv_id}.items() if value}


@pytest.mark.parametrize("seed", range(4))
def test_in_any_order_nobody_is_sent_a_paper_twice(world: World, seed: int) -> None:
    """The first dump has of each paper what all other listings of it share something with."""
    every = [(number, one) for number in range(3) for one in appearances(number)]
    truth = {one.title: number for number, one in every}
    order = sorted(every, key=lambda pair: sha256(f"{seed}{pair}".encode()).digest())
    dumps = [[appearances(number)[5] for number in range(3)]]
    dumps += [[one for _, one in order[start : start + 5]] for start in range(0, len(order), 5)]
    words = [one.title.split()[0] for _, one in every]
    reader = replace(DAILY, profile=replace(DAILY.profile, interests=tuple(map(Interest, words))))
    reader = replace(reader, threshold=0.0, limit=50)
    for day, dump in enumerate(dumps, 1):
        lay(world, f"{day}.json", *map(entry, dump))
        world.run([reader], f"2026-11-{day:02}T09:00")
    mailed = [truth[title] for titles in world.mail().values() for title in titles]
    assert sorted(mailed) == [0, 1, 2]
    assert count(world) == 3


# --- revisions and withdrawals -----------------------------------------------------------

REVISED = b"""<?xml version="1.0"?>
<rss version="2.0" xmlns:arxiv="http://arxiv.org/schemas/atom"><channel><title>cs.RO</title>
<item><title>New robots</title><link>https://arxiv.org/abs/2611.10001</link>
<description>arXiv:2611.10001v1 Announce Type: new
Abstract: Robots that plan.</description><arxiv:announce_type>new</arxiv:announce_type></item>
<item><title>Old robots</title><link>https://arxiv.org/abs/1811.00001</link>
<description>arXiv:1811.00001v7 Announce Type: replace
Abstract: Robots of old.</description><arxiv:announce_type>replace</arxiv:announce_type></item>
</channel></rss>"""


def test_a_revision_of_a_paper_never_seen_is_left_out_unless_asked_for(world: World) -> None:
    eager = replace(DAILY, id=SubscriberId("eve"), email="eve@example.org", revisions=True)
    world.inbox.files["1.xml"] = File("1.xml", REVISED)
    world.run([DAILY, eager], "2026-11-27T09:00")
    assert {name[11:]: titles for name, titles in world.mail().items()} == {
        "dai": ["New robots"],
        "eve": ["New robots", "Revised: Old robots"],
    }
    assert "Left out: 1 revised." in world.texts()["2026-11-26-dai"].replace("\n", " ")


def test_a_revision_that_another_source_then_lists_as_new_is_sent_once(world: World) -> None:
    eager = replace(DAILY, id=SubscriberId("eve"), email="eve@example.org", revisions=True)
    world.inbox.files["1.xml"] = File("1.xml", REVISED)
    world.run([DAILY, eager], "2026-11-27T09:00")
    lay(world, "2.json", {"title": "Old robots", "arxiv": "1811.00001"})
    world.run([DAILY, eager], "2026-11-28T09:00")
    world.inbox.files["3.xml"] = File("3.xml", REVISED + b"\n")
    world.run([DAILY, eager], "2026-11-29T09:00")
    mails = world.mail()
    assert mails["2026-11-27-dai"] == ["Old robots"]
    assert set(mails) == {"2026-11-26-dai", "2026-11-26-eve", "2026-11-27-dai"}


# --- dumps that are read again -----------------------------------------------------------


def older(monkeypatch: pytest.MonkeyPatch, misread: Callable[[Record], Record]) -> None:
    """Have readers of version 1, which make something else of each record."""
    real = importlib.import_module

    def reader(module: str) -> SimpleNamespace:
        def read(file: records.File) -> object:
            found = real(module).read(file)
            return found and replace(found, records=tuple(map(misread, found.records)))

        return SimpleNamespace(read=read)

    monkeypatch.setattr("digest.sources.import_module", reader)
    monkeypatch.setattr(sources, "VERSION", "1")


def with_votes(one: Record) -> Record:
    """The votes above a title run into it, and the organisation below into the abstract."""
    title, text = f"87 {one.title}", f"{one.abstract} Example Institute of Robots"
    return replace(one, title=title, raw_title=title, abstract=text, raw_abstract=text)


def nonsense(one: Record) -> Record:
    """Nothing of the paper is left."""
    text = "Robots and robots."
    return replace(one, title="Upvote robots", raw_title="Upvote robots", abstract=text, line=0)


PAPERS = [{"title": FIRST}, {"title": "Robots that sort bread", "abstract": "Robots and bread."}]


def test_what_older_readers_misread_gets_the_mended_reading_and_is_not_sent_again(
    either: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        older(patch, with_votes)
        assert days(either, PAPERS) == [sorted(f"87 {one['title']}" for one in PAPERS)]
    before = either.mail()
    report = either.run([DAILY], "2026-11-02T09:00")
    assert (len(report.ingested.dumps), report.ingested.new) == (1, 0)
    with either.ledger() as book:
        assert [paper.title for paper in book.papers()] == [one["title"] for one in PAPERS]
        assert [paper.abstract for paper in book.papers()] == [TEXT, "Robots and bread."]
    again = either.run([DAILY], "2026-11-03T09:00")
    assert (len(again.ingested.dumps), again.ingested.unchanged) == (0, 1)
    assert either.mail() == before


def without_facts(one: Record) -> Record:
    """What readers made of a record before they knew of PDF, code, categories and keywords."""
    return replace(one, pdf=None, code=None, categories=(), keywords=())


def test_facts_that_newer_readers_find_fill_papers_and_nothing_is_sent_again(
    either: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    facts = {
        "pdf": "https://example.org/1.pdf",
        "code": "https://github.com/ada/robots",
        "categories": ["cs.RO"],
        "keywords": ["bread"],
    }
    papers: list[Listed] = [{**one, **facts} for one in PAPERS]
    with monkeypatch.context() as patch:
        older(patch, without_facts)
        days(either, papers, [papers[0], {"title": "Others", "abstract": "Something else."}])
    before = either.mail()
    for day in (3, 4):
        report = either.run([DAILY], f"2026-11-{day:02}T09:00")
        assert report.ingested.new == 0
    assert either.mail() == before
    with either.ledger() as book:
        found = [(one.pdf, one.code, one.categories, one.keywords) for one in book.papers()]
    whole = (facts["pdf"], facts["code"], ("cs.RO",), ("bread",))
    assert found == [whole, whole, (None, None, (), ())]


def test_what_is_no_paper_is_never_sent(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The reader of the page has no digest due before it is read again."""
    with monkeypatch.context() as patch:
        older(patch, nonsense)
        lay(either, "1.json", *PAPERS)
        either.run([], "2026-11-01T09:00")
    either.run([DAILY], "2026-11-02T09:00")
    assert [*either.mail().values()] == [sorted(str(one["title"]) for one in PAPERS)]
    assert count(either) == 2


def test_what_was_no_paper_and_was_sent_stays_as_it_was(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        older(patch, nonsense)
        assert days(world, {"title": FIRST}) == [["Upvote robots"]]
    world.run([DAILY], "2026-11-02T09:00")
    assert "Upvote robots" in world.feed(DAILY)


def test_a_draft_reads_again_too(either: World, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        older(patch, nonsense)
        lay(either, "1.json", *PAPERS)
        either.run([], "2026-11-01T09:00")
    with either.draft() as draft, either.context(utc("2026-11-02T09:00")) as context:
        from digest.pipeline.ingest import ingest  # noqa: PLC0415

        ingest(context.inbox, draft, now=utc("2026-11-02T09:00"))
        assert sorted(one.title for one in draft.papers()) == sorted(
            str(one["title"]) for one in PAPERS
        )
    with either.ledger() as book:
        assert [one.title for one in book.papers()] == ["Upvote robots"]


# --- dumps of which only a part could be read --------------------------------------------


def cut(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Have a reader that finds only a part of the file of this name."""
    real = importlib.import_module

    def reader(module: str) -> SimpleNamespace:
        def read(file: records.File) -> object:
            found = real(module).read(file)
            return found and replace(found, is_incomplete=file.name == name)

        return SimpleNamespace(read=read)

    monkeypatch.setattr("digest.sources.import_module", reader)


def test_a_day_whose_page_was_read_in_part_is_missing(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, "2.json")
    lay(world, "1.json", {"title": FIRST})
    assert not world.run([DAILY], "2026-11-18T09:00", expect="day").failed
    world.put("2.json", SECOND, listed=utc("2026-11-18T00:00").date())
    report = world.run([DAILY], "2026-11-19T09:00", expect="day")
    assert report.failed
    assert "Wednesday's came only in part" in " ".join(world.texts()["2026-11-18-dai"].split())
    assert not world.run([DAILY], "2026-11-19T10:00", expect="day").failed
    with world.ledger() as book:
        assert book.status().incomplete == ("2.json",)


def test_another_page_of_the_day_that_is_whole_fills_the_gap(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut(monkeypatch, "2.json")
    lay(world, "1.json", {"title": FIRST})
    world.run([DAILY], "2026-11-18T09:00", expect="day")
    for name, title in (("2.json", SECOND), ("3.json", "Robots that sort bread")):
        world.put(name, title, listed=utc("2026-11-18T00:00").date())
    world.run([DAILY], "2026-11-19T09:00", expect="day")
    assert "is missing" not in " ".join(world.texts()["2026-11-18-dai"].split())
