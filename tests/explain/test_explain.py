"""What is said about papers and digests: it adds up, and it is what the next run does."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.explain import explanation
from digest.explain.explanation import Explanation
from digest.model import Digest, Expected, Interest, Schedule, Skip, Subscriber, Why
from tests.conftest import examples
from tests.world import MEMORY, File, World, person, snapshot, utc

KEEPERS, LAMPS = "Keepers of the last lighthouse", "Lamps for a lighthouse"
SOUP, GULLS = "Soup near the pier", "Counting gulls at dawn"
ADA = person("ada")
DUE, LATER, NEXT = "2026-11-23T09:00", "2026-11-25T09:00", "2026-11-30T08:00"


@pytest.fixture
def world(tmp_path: Path, sqlite_template: Path) -> World:
    """A home on SQLite."""
    copyfile(sqlite_template, tmp_path / "digest.db")
    return World(tmp_path, f"sqlite:///{tmp_path / 'digest.db'}")


def explained(world: World, subscriber: Subscriber, title: str, now: str = DUE) -> Explanation:
    """What is said about the paper with this title."""
    with world.ledger() as ledger:
        (paper,) = (each for each in ledger.papers() if each.title == title)
        return explanation.explain(
            ledger, subscriber, paper, expected=Expected("none"), now=utc(now)
        )


def verdict(answer: Explanation) -> tuple[bool, Why | None, str]:
    return answer.picked, answer.why, answer.detail


def total(answer: Explanation) -> float:
    return round(sum(reason.contribution for reason in answer.reasons), 9)


# --- what comes next ---------------------------------------------------------------------


def test_a_paper_that_has_come_in_will_be_in_the_digest_that_is_due(world: World) -> None:
    world.put("1.json", KEEPERS, SOUP)
    world.run([], DUE)
    answer = explained(world, ADA, KEEPERS)
    assert verdict(answer) == (True, None, "it will be in the digest for 2026-W47")
    assert (str(answer.period), answer.past) == ("2026-W47", False)
    assert [reason.term for reason in answer.reasons] == ["lighthouse"]
    assert total(answer) == answer.score >= 0.2


def test_once_the_period_is_decided_the_next_one_is_meant(world: World) -> None:
    one = replace(ADA, limit=1)
    world.put("1.json", KEEPERS, "A lighthouse, a lighthouse and a lighthouse")
    world.run([one], DUE)
    world.put("2.json", LAMPS)
    world.run([one], LATER)
    answer = explained(world, one, LAMPS, LATER)
    assert verdict(answer) == (True, None, "it will be in the digest for 2026-W48")
    with world.ledger() as ledger:
        plan = explanation.next_plan(ledger, one, expected=Expected("none"), now=utc(LATER))
    assert isinstance(plan.decision, Digest)
    assert [pick.paper.title for pick in plan.decision.picks] == [LAMPS]
    assert plan.decision.coverage.papers == 1
    assert plan.decision.composed == utc(NEXT)


def test_without_anything_new_the_next_digest_is_a_skip(world: World) -> None:
    world.put("1.json", KEEPERS)
    world.run([ADA], DUE)
    with world.ledger() as ledger:
        plan = explanation.next_plan(ledger, ADA, expected=Expected("none"), now=utc(LATER))
    assert isinstance(plan.decision, Skip)


# --- why not -----------------------------------------------------------------------------


def test_a_paper_below_the_threshold_shows_both_figures(world: World) -> None:
    world.put("1.json", KEEPERS, SOUP)
    world.run([], DUE)
    picky = replace(ADA, threshold=0.95)
    answer = explained(world, picky, KEEPERS)
    words = f"its score {answer.score:.4f} is below your threshold 0.95"
    assert verdict(answer) == (False, Why.BELOW_THRESHOLD, words)
    assert total(answer) == answer.score > 0
    nothing = explained(world, ADA, SOUP)
    assert verdict(nothing)[2] == "its score 0.0000 is below your threshold 0.2"
    assert nothing.reasons == ()


def test_an_exclusion_is_named_with_its_place(world: World) -> None:
    world.put("1.json", KEEPERS)
    world.run([], DUE)
    answer = explained(world, person("ada", exclude=["keeper"]), KEEPERS)
    assert verdict(answer) == (False, Why.RULED_OUT, "your exclusion keeper in the title")


def test_over_the_limit_the_rank_is_told(world: World) -> None:
    world.put("1.json", "Lighthouse one", "Lighthouse two", "Lighthouse three")
    world.run([], DUE)
    few = replace(ADA, limit=1)
    answers = [explained(world, few, f"Lighthouse {n}") for n in ("one", "two", "three")]
    assert sorted(verdict(answer)[1:] for answer in answers if not answer.picked) == [
        (Why.OVER_LIMIT, "it ranks 2, and your limit is 1"),
        (Why.OVER_LIMIT, "it ranks 3, and your limit is 1"),
    ]


def test_a_paper_from_before_the_first_digest_came_too_early(world: World) -> None:
    world.put("1.json", KEEPERS)
    world.run([], "2026-11-02T09:00")
    world.put("2.json", LAMPS)
    world.run([], "2026-11-18T09:00")
    answer = explained(world, ADA, KEEPERS)
    words = (
        "it arrived on 2026-11-02, before the first digest's papers; "
        "`backfill` in the profile reaches further back"
    )
    assert verdict(answer) == (False, Why.TOO_EARLY, words)
    assert total(answer) == answer.score >= 0.2
    reaching = replace(ADA, backfill=timedelta(days=30))
    assert explained(world, reaching, KEEPERS).picked

    world.run([ADA], DUE)
    assert world.mail() == {"2026-W47-ada": [LAMPS]}
    assert verdict(explained(world, ADA, KEEPERS, LATER)) == verdict(answer)


# --- the past ----------------------------------------------------------------------------


def test_a_paper_that_was_sent_keeps_its_digest_and_score_whatever_the_profile_is_now(
    world: World,
) -> None:
    world.put("1.json", KEEPERS, SOUP)
    before = explained_after_taking_in(world, KEEPERS)
    world.run([ADA], DUE)
    eats = person("ada", ["soup"], exclude=["lighthouse"])
    answer = explained(world, eats, KEEPERS, LATER)
    assert verdict(answer) == (True, None, "in the digest for 2026-W47, made 2026-11-23")
    assert (answer.past, answer.score, answer.reasons) == (True, before.score, before.reasons)


def explained_after_taking_in(world: World, title: str) -> Explanation:
    world.run([], DUE)
    return explained(world, ADA, title)


def test_a_paper_that_was_left_out_is_judged_within_its_own_digest(world: World) -> None:
    world.put("1.json", KEEPERS, SOUP)
    world.run([ADA], DUE)
    world.put("2.json", LAMPS)
    world.run([ADA], NEXT)
    answer = explained(world, ADA, SOUP, NEXT)
    assert (answer.past, str(answer.period), answer.why) == (True, "2026-W47", Why.BELOW_THRESHOLD)

    both = person("ada", ["lighthouse", "soup"])
    assert verdict(explained(world, both, SOUP, NEXT)) == (
        False,
        None,
        "left out then; the profile as it stands would pick it",
    )
    one = replace(person("ada", ["soup", Interest("lighthouse", weight=3)]), limit=1)
    assert explained(world, one, SOUP, NEXT).why in (Why.OVER_LIMIT, None)


def test_a_digest_that_was_closed_without_picks_is_a_past_one_too(world: World) -> None:
    daily = replace(ADA, schedule=Schedule("day"))
    world.put("1.json", SOUP)
    world.run([daily], DUE)
    answer = explained(world, daily, SOUP, LATER)
    assert (answer.past, str(answer.period)) == (True, "2026-11-22")
    assert answer.why is Why.BELOW_THRESHOLD


def test_questions_change_nothing(world: World) -> None:
    world.put("1.json", KEEPERS, SOUP)
    world.run([ADA], DUE)
    before = snapshot(world.folder)
    with world.draft() as draft:
        for paper in draft.papers():
            explanation.explain(draft, ADA, paper, expected=Expected("none"), now=utc(LATER))
        explanation.next_plan(draft, ADA, expected=Expected("none"), now=utc(LATER))
    assert snapshot(world.folder) == before


# --- laws --------------------------------------------------------------------------------

WORDS = st.sampled_from(["lighthouse", "keeper", "soup", "gull", "low-rank", "ferry", "tide"])
TITLES = st.lists(WORDS, min_size=1, max_size=4).map(" of ".join)
INTERESTS = st.builds(
    Interest,
    st.lists(WORDS, min_size=1, max_size=2, unique=True).map(" ".join),
    place=st.sampled_from([None, None, "title", "abstract"]),
    weight=st.sampled_from([0.5, 1.0, 2.5]),
)
PAPERS = st.lists(st.tuples(TITLES, TITLES), min_size=1, max_size=4)
PROFILES = st.builds(
    person,
    st.just("ada"),
    st.lists(INTERESTS, min_size=1, max_size=3, unique_by=str),
    st.sampled_from([Schedule("week"), Schedule("day")]),
    exclude=st.lists(WORDS, max_size=1),
    limit=st.integers(1, 4),
    threshold=st.sampled_from([0.05, 0.2, 0.5]),
)


def listing(papers: Sequence[tuple[str, str]], file: int) -> bytes:
    """A dump of papers with these titles and abstracts; no two are the same paper."""
    found = [
        {"id": f"2611.{file}{n:04}", "title": title, "summary": abstract}
        for n, (title, abstract) in enumerate(papers)
    ]
    return json.dumps([{"paper": paper} for paper in found]).encode()


@settings(max_examples=examples(8), suppress_health_check=list(HealthCheck))
@given(first=PAPERS, second=PAPERS, ada=PROFILES)
def test_what_is_said_adds_up_and_is_what_the_next_run_does(
    sqlite_template: Path,
    first: list[tuple[str, str]],
    second: list[tuple[str, str]],
    ada: Subscriber,
) -> None:
    with TemporaryDirectory(dir=MEMORY) as folder:
        copyfile(sqlite_template, Path(folder) / "digest.db")
        world = World(Path(folder), f"sqlite:///{folder}/digest.db")
        for number, papers in enumerate((first, second)):
            name = f"{number}.json"
            world.inbox.files[name] = File(name, listing(papers, number))
            # The first time a digest is due at once; the second time only later.
            asked = DUE if number == 0 else "2026-11-23T20:00"
            world.run([], asked)
            world.compile([ada], utc(asked))
            with world.ledger() as ledger:
                answers = [
                    explanation.explain(
                        ledger, ada, paper, expected=Expected("none"), now=utc(asked)
                    )
                    for paper in ledger.papers()
                ]
                moment = explanation.next_plan(
                    ledger, ada, expected=Expected("none"), now=utc(asked)
                ).decision.composed
                world.run([ada], moment)
                sent = {
                    pick.paper.key: pick
                    for made in ledger.digests(ada.id, limit=9)
                    for pick in made.picks
                }
            assert {answer.paper.key for answer in answers if answer.picked} == sent.keys()
            for answer in answers:
                assert total(answer) == answer.score
                assert answer.picked or answer.why is not None
                if answer.picked:
                    pick = sent[answer.paper.key]
                    assert (answer.score, answer.reasons) == (pick.score, pick.reasons)
