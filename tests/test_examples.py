"""The shipped dumps and profiles: what a newcomer meets first."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from digest import dedup, sources, subscribers
from digest.model import Dump, DumpHash, Match, Record, Subscriber
from digest.ranking import Corpus, Ranking

ROOT = Path(__file__).parent.parent
NOW = datetime(2026, 11, 20, 9, tzinfo=UTC)

TOP_PICKS = {
    "ada": {"LoRA", "AdaLoRA", "DoRA", "Spending Rank Where It Counts", "QLoRA"},
    "ravi": {"Swin UNETR", "CheXNet", "MedGemma Technical Report", "nnU-Net"},
    "yuki": {"Learning to Walk in Minutes", "GR00T N1", "Falling on Purpose", "OpenVLA", "RT-2"},
    "reading-group": {"DeepSeek-R1", "Chain-of-Thought Prompting", "High-Resolution Image"},
}
"""How the titles begin that must be among the first ten."""


@pytest.fixture(scope="module")
def dumps() -> list[Dump]:
    paths = sorted((ROOT / "examples" / "dumps").iterdir())
    return [
        sources.read(path.name, path.read_bytes(), hash=DumpHash(path.name), arrived=NOW)
        for path in paths
    ]


@pytest.fixture(scope="module")
def matches(dumps: list[Dump]) -> list[Match]:
    records = [record for dump in dumps for record in dump.records]
    return dedup.match(records, (), listed=None, arrived=NOW)


@pytest.fixture(scope="module")
def people() -> tuple[Subscriber, ...]:
    return subscribers.load(ROOT)


def titled(dumps: list[Dump], start: str) -> Record:
    (record,) = (r for dump in dumps for r in dump.records if r.title.startswith(start))
    return record


def test_every_dump_is_read_whole(dumps: list[Dump]) -> None:
    assert [(dump.format, dump.listed, len(dump.records)) for dump in dumps] == [
        ("papers-page-detailed", date(2026, 11, 9), 18),
        ("papers-page-plain", date(2026, 11, 11), 17),
        ("papers-page-detailed", date(2026, 11, 13), 19),
    ]
    assert not any(dump.problems for dump in dumps)
    for dump in dumps:
        for record in dump.records:
            assert 300 < len(record.abstract) < 1000
            assert record.abstract.endswith((".", "?"))
            assert (record.published is not None) == (dump.format == "papers-page-detailed")


def test_a_date_without_a_year_is_of_the_page_s_own_year(dumps: list[Dump]) -> None:
    assert titled(dumps, "Spending Rank").published == date(2026, 11, 6)
    assert titled(dumps, "DeepSeek-R1").published == date(2025, 1, 22)
    assert titled(dumps, "Falling on Purpose").comments == 1


def test_what_is_left_of_latex_reads_well(dumps: list[Dump]) -> None:
    text = "\n".join(record.abstract for dump in dumps for record in dump.records)
    for readable in ("1.5×", "~7B", "92.1%", "“no-new-Net”", "“Wait”"):
        assert readable in text
    for leftover in ("\\", "``", "''", "5times", "sim7"):
        assert leftover not in text


def test_an_abstract_of_two_paragraphs_keeps_both(dumps: list[Dump]) -> None:
    first, second = titled(dumps, "DeepSeek-R1").abstract.split("\n\n")
    assert first.startswith("How far")
    assert second.startswith("Its results")


def test_the_paper_listed_twice_is_one_paper(matches: list[Match]) -> None:
    (twice,) = (match for match in matches if len(match.records) > 1)
    assert [record.title for record in twice.records] == [
        "LoRA: Low-Rank Adaptation of Large Language Models",
        "LoRA: Low-Rank Adaption of Large Language Models",
    ]
    assert len(matches) == 53


@pytest.mark.parametrize("name", list(TOP_PICKS))
def test_each_profile_gets_a_good_digest(
    name: str, matches: list[Match], people: tuple[Subscriber, ...]
) -> None:
    papers = [match.paper for match in matches]
    (person,) = (each for each in people if each.id == name)
    ranked = Ranking(Corpus.learn(papers), papers).rank(person.profile)
    fitting = [
        (score, paper.title)
        for index, (score, paper) in enumerate(zip(ranked.scores, papers, strict=True))
        if score >= person.threshold and index not in ranked.excluded
    ]
    first = [title for _, title in sorted(fitting, reverse=True)[:10]]
    assert len(first) == 10
    assert not any("Survey" in title for title in first) or name == "reading-group"
    for start in TOP_PICKS[name]:
        assert any(title.startswith(start) for title in first), start


def test_the_profiles_show_each_kind_of_setting(people: tuple[Subscriber, ...]) -> None:
    assert (
        (ROOT / "subscribers.yaml")
        .read_text()
        .startswith("# yaml-language-server: $schema=subscribers.schema.json\n")
    )
    interests = [interest for person in people for interest in person.profile.interests]
    assert {interest.kind for interest in interests} == {"phrase", "pattern", "author"}
    assert any(interest.place == "title" for interest in interests)
    assert any(person.profile.exclude for person in people)
    assert {person.schedule.every for person in people} == {"day", "weekday", "week"}
    assert len({person.timezone for person in people}) == 4
    assert all((person.email or "@example.org").endswith("@example.org") for person in people)
