"""Laws of identity, for dumps of every kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from functools import reduce
from itertools import chain
from random import Random

from hypothesis import example, given, settings
from hypothesis import strategies as st

from digest.dedup import similarity
from digest.model import Match, Paper, PaperKey, Record
from digest.text.clean import normal_title
from digest.text.subjects import distinct, united
from tests.conftest import examples

from .papers import ABSTRACT, MONDAY, OTHER_ABSTRACT, as_candidates, record, sort

# Few enough parts that records meet often, in every way in which they can.
TITLES = [
    "LoRA: Low-Rank Adaptation of Large Language Models",
    "LoRA: Low-Rank Adaption of Large Language Models",
    "lora low rank adaptation of large language models",
    "LoRA: Low-Rank Adaptation",
    "Low-Rank Adaptation of Large Language Models",
    "LoRA",
    "LoRA 2",
    "Walking in Snow, Part I",
    "Walking in Snow, Part II",
    "Walking in Snow",
    "???",
]
SITE = "https://example.org/"
SUBJECTS = [
    (),
    ("cs.LG",),
    ("stat.ML", "cs.LG"),
    ("Physics", "cs.lg"),
    ("physics", "Lamps"),
    ("a",),
]
TEXTS = [ABSTRACT, ABSTRACT[:200] + "…", ABSTRACT[90:], OTHER_ABSTRACT, "Short.", ""]
records = st.builds(
    record,
    st.sampled_from(TITLES) | st.text(max_size=8),
    st.sampled_from(TEXTS),
    arxiv_id=st.none() | st.sampled_from(["2106.09685", "2402.00001", "hep-th/9901001"]),
    comments=st.none() | st.integers(0, 3),
    author_count=st.none() | st.integers(1, 3),
    authors=st.sampled_from([(), ("Ada Example",), ("Ada Example", "Ben Example")]),
    pdf=st.none() | st.sampled_from([f"{SITE}a.pdf", f"{SITE}b.pdf", "https://arxiv.org/pdf/1"]),
    code=st.none() | st.sampled_from([f"{SITE}code", "https://github.com/ada/lora"]),
    categories=st.sampled_from(SUBJECTS),
    keywords=st.sampled_from(SUBJECTS),
)
dumps = st.lists(records, max_size=12)
of_dumps = settings(max_examples=examples(40))


def stored(known: Sequence[Paper], matches: Sequence[Match]) -> list[Paper]:
    """What the ledger holds after a dump."""
    papers = {paper.key: paper for paper in known}
    for match in matches:
        key = PaperKey(max(papers, default=0) + 1) if match.is_new else match.paper.key
        before = papers[key].keys if key in papers else frozenset()
        for joined in match.joined:
            before |= papers.pop(joined).keys
        papers[key] = replace(match.paper, key=key, keys=before | match.keys)
    return list(papers.values())


def read(history: Sequence[Sequence[Record]]) -> list[Paper]:
    papers: list[Paper] = []
    for day, dump in enumerate(history):
        found = sort(dump, as_candidates(papers, dump), arrived=MONDAY + timedelta(days=day))
        papers = stored(papers, found)
    return papers


def said(matches: Sequence[Match]) -> set[tuple[Paper, tuple[str, ...], bool, frozenset[int]]]:
    return {
        (match.paper, tuple(sorted(map(repr, match.records))), match.is_new, match.keys)
        for match in matches
    }


@of_dumps
@given(dumps, dumps, st.randoms(use_true_random=False))
def test_the_order_of_records_and_candidates_does_not_matter(
    before: list[Record], dump: list[Record], random: Random
) -> None:
    papers = as_candidates(read([before]), dump)
    shuffled, mixed = random.sample(dump, len(dump)), random.sample(papers, len(papers))
    assert said(sort(shuffled, mixed)) == said(sort(dump, papers))


@of_dumps
@given(st.lists(dumps, max_size=4))
def test_the_ledger_stays_sound(history: list[list[Record]]) -> None:
    papers = read(history)
    ids = [paper.id for paper in papers]
    arxiv_ids = [paper.arxiv_id for paper in papers if paper.arxiv_id is not None]
    assert len(set(ids)) == len(ids)
    assert len(set(arxiv_ids)) == len(arxiv_ids)


@of_dumps
@given(st.lists(dumps, min_size=1, max_size=3))
def test_reading_a_dump_again_brings_nothing_new(history: list[list[Record]]) -> None:
    papers = read(history)
    for dump in history:
        again = sort(dump, as_candidates(papers, dump))
        assert not any(match.is_new for match in again)


@of_dumps
@given(st.lists(dumps, max_size=2), dumps)
def test_every_record_is_in_one_match_and_every_match_in_its_first_place(
    history: list[list[Record]], dump: list[Record]
) -> None:
    listed = [replace(one, line=line) for line, one in enumerate(dump, 1)]
    matches = sort(listed, as_candidates(read(history), listed))
    lines = [[one.line for one in match.records] for match in matches]
    assert sorted(chain.from_iterable(lines)) == [one.line for one in listed]
    assert [group[0] for group in lines] == sorted(group[0] for group in lines)
    assert all(group == sorted(group) for group in lines)


@of_dumps
@given(st.lists(dumps, max_size=2), dumps)
def test_a_match_never_holds_two_arxiv_ids(history: list[list[Record]], dump: list[Record]) -> None:
    for match in sort(dump, as_candidates(read(history), dump)):
        assert {one.arxiv_id for one in match.records} <= {None, match.paper.arxiv_id}


@of_dumps
@given(dumps, dumps)
def test_a_known_paper_keeps_its_first_sighting_and_loses_nothing(
    before: list[Record], dump: list[Record]
) -> None:
    papers = {paper.key: paper for paper in read([before])}
    for match in sort(dump, as_candidates(list(papers.values()), dump)):
        if not match.is_new:
            old, new = papers[match.paper.key], match.paper
            assert (new.id, new.arrived) == (old.id, old.arrived)
            assert normal_title(new.title) == normal_title(old.title) or (
                new.provenance > old.provenance
            )
            assert old.arxiv_id in (None, new.arxiv_id)
            assert len(new.authors) >= len(old.authors)
            assert bool(new.abstract) >= bool(old.abstract)


@of_dumps
@given(st.lists(records, min_size=1, max_size=4), st.randoms(use_true_random=False))
def test_what_sources_say_of_a_paper_is_kept_in_whatever_order_they_come(
    said_of_it: list[Record], random: Random
) -> None:
    alike = [replace(one, title="LoRA", arxiv_id="2106.09685") for one in said_of_it]
    facts = set()
    for order in (alike, random.sample(alike, len(alike))):
        (paper,) = read([[one] for one in order])
        (together,) = read([order])
        facts |= {(it.pdf, it.code, it.categories, it.keywords) for it in (paper, together)}
    assert len(facts) == 1
    ((pdf, code, categories, keywords),) = facts
    for one in alike:
        assert bool(pdf) >= bool(one.pdf)
        assert bool(code) >= bool(one.code)
        for some, all_of_it in ((one.categories, categories), (one.keywords, keywords)):
            assert {label.casefold() for label in some} <= {each.casefold() for each in all_of_it}


labels = st.lists(st.sampled_from(["cs.LG", "hep-th", "LLM", "llm", "Lamps", "Robots"])).map(
    distinct
)


@given(st.lists(labels, min_size=1, max_size=5), st.randoms(use_true_random=False))
def test_labels_are_united_in_any_order_and_grouping(
    lists: list[tuple[str, ...]], random: Random
) -> None:
    found = reduce(united, lists)
    assert reduce(united, random.sample(lists, len(lists))) == found
    cut = random.randrange(len(lists) + 1)
    assert united(reduce(united, lists[:cut], ()), reduce(united, lists[cut:], ())) == found
    assert united(found, random.choice(lists)) == found
    firsts = [each[0].casefold() for each in lists if each]
    assert not found or found[0].casefold() in firsts


WORDS = ["deep", "depe", "deeper", "learning", "part", "of", "the", "i", "v2", "robots:", "—"]
phrases = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join) | st.text(max_size=20)


@given(phrases, phrases)
@example("deep deeper deep", "depe of deeper")
def test_titles_are_as_alike_one_way_as_the_other(one: str, other: str) -> None:
    assert similarity.compare_titles(one, other) == similarity.compare_titles(other, one)
