"""The straight line, from dumps to mail, feeds and pages: what people get, and get once."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from itertools import chain, repeat
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any

import pytest

from digest import sources
from digest.delivery.outbox import Outbox
from digest.model import (
    Claim,
    CommitAll,
    Coverage,
    Interest,
    Message,
    Missing,
    Outcome,
    Problem,
    Profile,
    Schedule,
    SkipReason,
    State,
    StoredSubscriber,
    Subscriber,
)
from digest.pipeline.deliver import BATCH
from digest.pipeline.protocols import Composer
from digest.pipeline.report import RunReport
from digest.pipeline.run import run
from digest.sources import records
from digest.sources.parts import Part
from tests.world import LATE, File, World, answer, around, person, picked, utc

KEEPERS, LAMPS = "Keepers of the last lighthouse", "Lamps for a lighthouse"
FOGHORN = "A foghorn for every lighthouse"
SOUP, GULLS = "Soup near the pier", "Counting gulls at dawn"
MONDAY, TUESDAY, FRIDAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 20)
EARLIER = date(2026, 11, 10)
ADA = person("ada")
DAILY = person("bob", schedule=Schedule("day"))


def figures(report: RunReport, part: str) -> dict[str, int]:
    """The figures of a report that are not 0."""
    return {name: count for name, count in report.as_json()[part].items() if count}


def late(world: World, mail: str) -> int:
    """How many papers of a mail are marked late."""
    return len(LATE.findall(world.texts()[mail]))


# --- once --------------------------------------------------------------------------------


def test_a_second_pass_sends_nothing_and_leaves_every_public_file_as_it_is(either: World) -> None:
    both = replace(ADA, channels=("email", "feed"))
    either.put("1.json", KEEPERS, SOUP, listed=MONDAY)
    either.put("2.json", LAMPS, SOUP, listed=TUESDAY)

    first = either.run([both, DAILY], "2026-11-23T09:00")

    assert figures(first, "dumps") == {"read": 2}
    assert figures(first, "papers") == {"read": 4, "new": 3, "merged": 1}
    assert figures(first, "digests") == {"sent": 2}
    assert figures(first, "feeds") == {"written": 6}
    assert not first.failed
    assert either.mail() == {
        "2026-W47-ada": [KEEPERS, LAMPS],
        "2026-11-22-bob": [KEEPERS, LAMPS],
    }
    assert either.feed(both) == [KEEPERS, LAMPS]
    before, sent = either.public(), either.mail()

    second = either.run([both, DAILY], "2026-11-23T09:05")

    assert figures(second, "dumps") == {"unchanged": 2}
    assert figures(second, "papers") == figures(second, "digests") == {}
    assert figures(second, "feeds") == {}
    assert either.public() == before
    assert either.mail() == sent


def test_a_paper_that_comes_again_in_another_dump_is_not_sent_again(world: World) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    world.run([ADA], "2026-11-23T09:00")
    world.put("2.json", KEEPERS.upper(), LAMPS, listed=date(2026, 11, 24))
    world.run([ADA], "2026-11-30T09:00")
    assert world.mail() == {"2026-W47-ada": [KEEPERS], "2026-W48-ada": [LAMPS]}


def test_an_edited_profile_gets_nothing_it_has_had(world: World) -> None:
    world.put("1.json", KEEPERS, SOUP, listed=MONDAY)
    world.run([ADA], "2026-11-23T09:00")
    eats = person("ada", ["soup", "lighthouse"], Schedule("day"))
    world.put("2.json", KEEPERS + " ", LAMPS, listed=TUESDAY)
    world.run([eats], "2026-11-24T09:00")
    assert world.mail() == {"2026-W47-ada": [KEEPERS]}  # an edit alone sends nothing at once
    world.run([eats], "2026-11-25T09:00")
    assert world.mail() == {"2026-W47-ada": [KEEPERS], "2026-11-24-ada": [LAMPS]}


def test_late_papers_go_into_the_next_digest_once_and_are_marked(world: World) -> None:
    world.put("1.json", KEEPERS, listed=EARLIER)
    world.run([ADA], "2026-11-16T09:00")
    world.put("2.json", FOGHORN, listed=EARLIER)
    world.put("3.json", LAMPS, listed=TUESDAY)
    for now in ("2026-11-18T09:00", "2026-11-23T09:00", "2026-11-30T09:00"):
        world.run([ADA], now)
    assert world.mail() == {"2026-W46-ada": [KEEPERS], "2026-W47-ada": [FOGHORN, LAMPS]}
    assert [late(world, name) for name in world.mail()] == [0, 1]
    assert "From the page of 10 November, late" in world.texts()["2026-W47-ada"]


def test_people_with_windows_of_their_own_are_judged_side_by_side(world: World) -> None:
    bob = person("bob", ["lamp", "soup"], Schedule("day"), exclude=["gull"])
    world.put("1.json", KEEPERS, "A lamp for gulls", listed=MONDAY)
    world.run([bob], "2026-11-22T09:00")
    world.put("2.json", "Gulls eat soup", FOGHORN, SOUP, LAMPS, listed=TUESDAY)
    world.run([ADA, bob], "2026-11-23T09:00")
    assert world.mail() == {
        "2026-W47-ada": [FOGHORN, KEEPERS, LAMPS],
        "2026-11-22-bob": [LAMPS, SOUP],
    }
    with world.ledger() as book:
        for each in (ADA, bob):
            for pick in book.digests(each.id, limit=1)[0].picks:
                text = f"{pick.paper.title} {pick.paper.abstract}"
                named = [reason for reason in pick.reasons if reason.via != "several"]
                assert named
                assert all(reason.term in text for reason in named)


# --- channels and subscribers that change ------------------------------------------------


def test_a_feed_switched_on_later_has_the_digest_and_no_second_mail_goes_out(world: World) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    world.run([ADA], "2026-11-23T09:00")
    both = replace(ADA, channels=("email", "feed"))
    report = world.run([both], "2026-11-24T09:00")
    assert figures(report, "digests") == {}
    assert world.feed(both) == [KEEPERS]
    assert world.mail() == {"2026-W47-ada": [KEEPERS]}


def test_mail_switched_on_later_brings_the_digest_that_is_due_now_once(world: World) -> None:
    reader = replace(ADA, channels=("feed",))
    world.put("1.json", KEEPERS, listed=MONDAY)
    world.run([reader], "2026-11-23T09:00")
    assert world.mail() == {}
    both = replace(ADA, channels=("email", "feed"))
    for now in ("2026-11-24T09:00", "2026-11-24T10:00"):
        world.run([both], now)
    assert world.mail() == {"2026-W47-ada": [KEEPERS]}


def decide_only(world: World, people: list[Subscriber], now: str) -> None:
    """A pass that is told to stop before any mail goes out."""
    report = world.run(people, now, stopping=lambda: True)
    assert report.delivered.rows == []


@pytest.mark.parametrize(
    "remaining",
    [[], [replace(ADA, channels=("feed",), email=None)], [replace(ADA, channels=("feed",))]],
    ids=["gone", "no address", "email switched off"],
)
def test_who_leaves_while_a_mail_is_pending_does_not_get_it(
    world: World, remaining: list[Subscriber]
) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    decide_only(world, [ADA, DAILY], "2026-11-23T09:00")

    report = world.run([*remaining, DAILY], "2026-11-23T09:05")

    assert figures(report, "digests") == {"sent": 1}
    assert not report.failed
    assert world.mail() == {"2026-11-22-bob": [KEEPERS]}
    with world.ledger() as book:
        (row,) = book.deliveries(states=[State.CANCELLED])
    assert (row.subscriber, row.detail) == ("ada", "no longer a subscriber by email")
    world.run([ADA, DAILY], "2026-11-23T09:10")
    assert world.mail() == {"2026-11-22-bob": [KEEPERS]}


def test_what_a_pass_that_was_stopped_left_is_sent_by_the_next(world: World) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    decide_only(world, [ADA, DAILY], "2026-11-23T09:00")
    assert world.mail() == {}
    report = world.run([ADA, DAILY], "2026-11-23T09:01")
    assert figures(report, "digests") == {"sent": 2}
    assert world.mail() == {"2026-W47-ada": [KEEPERS], "2026-11-22-bob": [KEEPERS]}


# --- what goes wrong stops nothing else --------------------------------------------------


@pytest.mark.parametrize(
    ("template", "content", "line", "after"),
    [
        ("email.html.j2", "<p>{{ brand }}</p>\n\n{% each paper in %}", 3, timedelta(0)),
        ("email.txt.j2", "{{ brand }}\n{{ nonsense }}", 2, timedelta(minutes=15)),
    ],
    ids=["not a template", "a name that is not there"],
)
def test_mail_that_a_broken_template_holds_up_goes_out_once_it_is_mended(
    world: World, template: str, content: str, line: int, after: timedelta
) -> None:
    broken = world.folder / "templates" / template
    broken.parent.mkdir()
    broken.write_text(content)
    both = replace(ADA, channels=("email", "feed"))
    world.put("1.json", KEEPERS, listed=MONDAY)
    now = utc("2026-11-23T09:00")

    report = world.run([both], now)

    assert {problem.where for problem in report.problems} == {f"{broken}:{line}"}
    assert report.failed
    assert world.mail() == {}
    assert world.feed(both) == [KEEPERS]

    broken.unlink()
    report = world.run([both], now + max(after, timedelta(minutes=1)))

    assert figures(report, "digests") == {"sent": 1}
    assert not report.failed
    assert world.mail() == {"2026-W47-ada": [KEEPERS]}


def test_a_broken_page_template_keeps_back_that_page_alone(world: World) -> None:
    broken = world.folder / "templates" / "archive.html.j2"
    broken.parent.mkdir()
    broken.write_text("{{ nonsense }}")
    both = replace(ADA, channels=("email", "feed"))
    world.put("1.json", KEEPERS, listed=MONDAY)

    report = world.run([both], "2026-11-23T09:00")

    assert {problem.where for problem in report.problems} == {f"{broken}:1"}
    assert world.mail() == {"2026-W47-ada": [KEEPERS]}
    assert world.feed(both) == [KEEPERS]
    assert not [path for path in world.public() if path.endswith("2026-W47.html")]

    broken.unlink()
    assert not world.run([both], "2026-11-23T09:05").failed
    (page,) = (path for path in world.public() if path.endswith("2026-W47.html"))
    assert KEEPERS in world.public()[page].decode()


def test_a_file_that_is_no_dump_and_a_bad_record_stop_nothing_else(world: World) -> None:
    world.inbox.files["0.txt"] = File("0.txt", b"Dear all,\nthe meeting is at ten.\n")
    untitled = answer(KEEPERS, "", SOUP, listed=MONDAY)
    world.inbox.files["1.json"] = File("1.json", untitled)
    world.put("2.json", LAMPS, listed=MONDAY)

    report = world.run([ADA], "2026-11-23T09:00")

    assert figures(report, "dumps") == {"read": 2, "rejected": 1}
    assert figures(report, "papers") == {"read": 3, "new": 3, "bad": 1}
    line = untitled[: untitled.index(b'"title": ""')].count(b"\n") - 1
    assert [(p.where, p.what) for p in report.problems] == [
        ("0.txt", "it is text, but not that of a papers page"),
        (f"1.json:{line}", "a paper without a title"),
    ]
    assert world.mail() == {"2026-W47-ada": [KEEPERS, LAMPS]}

    again = world.run([ADA], "2026-11-23T09:05")
    assert figures(again, "dumps") == {"unchanged": 3}
    assert again.problems == ()

    world.inbox.files["0.txt"] = File("0.txt", answer(FOGHORN, listed=FRIDAY))
    assert figures(world.run([ADA], "2026-11-23T09:10"), "dumps") == {"read": 1, "unchanged": 2}


def test_patterns_that_cannot_be_matched_switch_off_only_themselves_and_are_told(
    world: World,
) -> None:
    behind, ahead = Interest("(?<=far )lamps", kind="pattern"), Interest("x(?!y)", kind="pattern")
    people = [person(name, interests=("lighthouse", behind)) for name in ("ada", "bob")]
    people.append(replace(person("eve"), profile=Profile((Interest("lighthouse"),), (ahead,))))
    world.put("1.json", KEEPERS, SOUP, listed=MONDAY)

    report = world.run(people, "2026-11-23T09:00")

    off = "the pattern is switched off: looking ahead or behind with"
    assert [(problem.where, problem.what) for problem in report.problems] == [
        ("/(?<=far )lamps/", f"{off} '(?<=', at character 1, is not supported"),
        ("/x(?!y)/", f"{off} '(?!', at character 2, is not supported"),
    ]
    assert all(problem.remedy for problem in report.problems)
    assert report.failed
    assert world.mail() == {f"2026-W47-{who}": [KEEPERS] for who in ("ada", "bob", "eve")}


class Unreadable(File):
    """A file that the disk does not give up."""

    def parts(self) -> Iterator[Part]:
        """Never its bytes."""
        raise PermissionError(13, "Permission denied")


def test_a_file_that_cannot_be_read_is_read_once_it_can(world: World) -> None:
    data = answer(KEEPERS, listed=MONDAY)
    world.inbox.files["1.json"] = Unreadable("1.json", data)
    world.put("2.json", LAMPS, listed=MONDAY)
    report = world.run([ADA], "2026-11-23T09:00")
    assert report.problems == (Problem("1.json", "cannot be read: Permission denied"),)
    assert world.mail() == {"2026-W47-ada": [LAMPS]}

    world.inbox.files["1.json"] = File("1.json", data)
    world.run([ADA], "2026-11-23T10:00")
    world.run([ADA], "2026-11-30T09:00")
    assert world.mail() == {"2026-W47-ada": [LAMPS], "2026-W48-ada": [KEEPERS]}


def failing_on(
    monkeypatch: pytest.MonkeyPatch, name: str, error: Exception, version: str = sources.VERSION
) -> None:
    """Readers of a version that raise ``error`` on the file of this name."""
    real = importlib.import_module

    def reader(module: str) -> SimpleNamespace:
        def read(file: records.File) -> object:
            if file.name == name:
                raise error
            return real(module).read(file)

        return SimpleNamespace(read=read)

    monkeypatch.setattr("digest.sources.import_module", reader)
    monkeypatch.setattr(sources, "VERSION", version)


@pytest.mark.parametrize(
    "error",
    [OverflowError("too large"), ValueError("not enough"), RecursionError("too deep"), KeyError()],
    ids=repr,
)
def test_a_file_on_which_a_reader_fails_waits_for_other_readers_and_stops_nothing_else(
    either: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    either.put("1.json", KEEPERS, listed=MONDAY)
    either.put("2.json", LAMPS, listed=MONDAY)
    reason = f"its reader failed: {type(error).__name__}: {error}"
    with monkeypatch.context() as patch:
        failing_on(patch, "1.json", error, "1")
        report = either.run([ADA], "2026-11-23T09:00")
        assert report.failed
        assert report.problems == (Problem("1.json", reason, sources.REPORT),)
        assert figures(report, "dumps") == {"read": 1, "rejected": 1}
        assert either.mail() == {"2026-W47-ada": [LAMPS]}

        quiet = either.run([ADA], "2026-11-23T09:05")
        assert (quiet.problems, figures(quiet, "dumps")) == ((), {"unchanged": 2})

    with monkeypatch.context() as patch:
        failing_on(patch, "1.json", error, "2")
        again = either.run([ADA], "2026-11-23T09:10")
        assert figures(again, "dumps") == {"read": 1, "rejected": 1}  # each read by newer readers
        assert figures(either.run([ADA], "2026-11-23T09:15"), "dumps") == {"unchanged": 2}
        with either.ledger() as book:
            (rejected,) = book.rejected()
        assert (rejected.name, rejected.reason) == ("1.json", reason)

    monkeypatch.setattr(sources, "VERSION", "newer")
    mended = either.run([ADA], "2026-11-23T09:20")
    assert figures(mended, "dumps") == {"read": 2}
    either.run([ADA], "2026-11-30T09:00")
    assert either.mail() == {"2026-W47-ada": [LAMPS], "2026-W48-ada": [KEEPERS]}
    with either.ledger() as book:
        assert book.rejected() == []


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (OSError(5, "Input/output error"), "cannot be read: Input/output error"),
        (MemoryError(), "cannot be read: there is not enough memory"),
    ],
)
def test_a_file_on_which_disk_or_memory_fail_is_tried_again_in_each_pass(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception, what: str
) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    world.put("2.json", LAMPS, listed=MONDAY)
    with monkeypatch.context() as patch:
        failing_on(patch, "1.json", error)
        for now in ("2026-11-23T09:00", "2026-11-23T09:05"):
            assert world.run([ADA], now).problems == (Problem("1.json", what),)
    assert world.mail() == {"2026-W47-ada": [LAMPS]}

    assert figures(world.run([ADA], "2026-11-23T09:10"), "dumps") == {"read": 1, "unchanged": 1}
    world.run([ADA], "2026-11-30T09:00")
    assert world.mail() == {"2026-W47-ada": [LAMPS], "2026-W48-ada": [KEEPERS]}


def test_one_unwritable_mail_is_deferred_and_goes_out_later(world: World) -> None:
    (world.folder / "outbox").mkdir()
    (world.folder / "outbox" / "2026-W47-ada.eml").mkdir()
    world.put("1.json", KEEPERS, listed=MONDAY)
    report = world.run([ADA, DAILY], "2026-11-23T09:00")
    assert figures(report, "digests") == {"sent": 1, "deferred": 1}
    assert report.failed

    (world.folder / "outbox" / "2026-W47-ada.eml").rmdir()
    world.run([ADA, DAILY], "2026-11-23T09:10")
    assert world.mail() == {"2026-11-22-bob": [KEEPERS], "2026-W47-ada": [KEEPERS]}


def composed_for(world: World, people: list[Subscriber], now: str) -> list[str]:
    """Those for whom a pass composes mail."""
    names: list[str] = []

    def composer() -> Composer:
        def compose(claim: Claim, reader: StoredSubscriber) -> Message:
            names.append(reader.subscriber.id)
            to = reader.subscriber.email or ""
            return Message(claim.delivery, "from@example.org", to, b"x\r\n")

        return compose

    world.run(people, now, composer=composer)
    return names


def test_nothing_is_composed_for_who_must_not_be_mailed(world: World) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    gone, eve = person("gone", schedule=Schedule("day")), person("eve", schedule=Schedule("day"))
    with world.ledger() as book:
        book.unsubscribe(ADA.id, now=utc("2026-11-20"))
        book.suppress("GONE@example.org", reason="550 no such user", now=utc("2026-11-20"))

    assert composed_for(world, [ADA, gone, eve], "2026-11-23T09:00") == ["eve"]
    with world.ledger() as book:
        rows = book.deliveries(states=[State.CANCELLED])
    assert {row.subscriber: row.detail for row in rows} == {
        "ada": "unsubscribed",
        "gone": "address suppressed: 550 no such user",
    }


def test_an_address_that_is_suppressed_meanwhile_is_refused_however_it_is_spelled(
    world: World,
) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    reader = replace(ADA, email="ada@exämple.org")

    def composer() -> Composer:
        def compose(claim: Claim, reader: StoredSubscriber) -> Message:
            with world.ledger() as book:
                book.suppress("ada@exämple.org", reason="550 gone", now=utc("2026-11-23"))
            return Message(claim.delivery, "from@x.org", "ada@xn--exmple-cua.org", b"x\r\n")

        return compose

    report = world.run([reader], "2026-11-23T09:00", composer=composer)
    assert figures(report, "digests") == {"cancelled": 1}
    assert world.mail() == {}


def test_told_to_stop_a_pass_writes_what_it_has_composed_and_the_next_one_the_rest(
    world: World,
) -> None:
    world.put("1.json", KEEPERS, listed=MONDAY)
    people = [person(f"p{n}") for n in range(10)]
    names: list[str] = []

    def composer() -> Composer:
        def compose(claim: Claim, reader: StoredSubscriber) -> Message:
            names.append(f"2026-W47-{reader.subscriber.id}")
            return Message(claim.delivery, "a@example.org", "b@example.org", b"x\r\n", names[-1])

        return compose

    report = world.run(
        people, "2026-11-23T09:00", composer=composer, stopping=lambda: len(names) == 4
    )
    assert figures(report, "digests") == {"sent": 4}
    outbox = world.folder / "outbox"
    assert {path.stem for path in outbox.glob("*.eml")} == set(names)

    assert figures(world.run(people, "2026-11-23T11:00"), "digests") == {"sent": 6}
    assert {path.stem for path in outbox.glob("*.eml")} == {f"2026-W47-p{n}" for n in range(10)}


class AllAtOnce(Outbox):
    """Takes every message before it delivers the first."""

    def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
        return super().send(list(messages), commit)


def test_mail_whose_lease_ends_while_it_is_in_hand_is_sent_by_a_later_pass(world: World) -> None:
    world.put("1.json", KEEPERS)
    now = utc("2026-11-16T08:00")
    # The machine sleeps for an hour between the first claim and the next.
    moments = chain([now] * 3, repeat(now + timedelta(hours=1)))
    outbox = AllAtOnce(world.folder / "outbox")
    world.run([ADA], now, transport=outbox, clock=lambda: next(moments))
    with world.ledger() as book:
        assert [row.state for row in book.deliveries()] != [State.CANCELLED]
    assert world.mail() == {}
    world.run([ADA], now + timedelta(hours=2))
    assert world.mail() == {"2026-W46-ada": [KEEPERS]}


def test_all_that_is_due_goes_out_in_one_go(world: World) -> None:
    people = [person(f"p{n}") for n in range(2 * BATCH + 1)]
    world.put("1.json", KEEPERS, listed=MONDAY)
    sendings: list[int] = []

    class Counting(Outbox):
        def send(self, messages: Iterable[Message], commit: CommitAll) -> Iterator[Outcome]:
            sendings.append(0)
            for message in messages:
                sendings[-1] += len(commit([message.delivery]))
                yield Outcome(message.delivery, State.SENT)

    report = world.run(people, "2026-11-23T09:00", transport=Counting(world.folder / "outbox"))
    assert sendings == [len(people)]
    assert figures(report, "digests") == {"sent": len(people)}


# --- periods -----------------------------------------------------------------------------


def test_a_period_without_papers_stays_open_for_a_dump_that_comes_two_hours_late(
    world: World,
) -> None:
    report = world.run([DAILY], "2026-11-17T08:00")
    assert [(skip.subscriber, skip.reason) for skip in report.decided.rows] == [
        ("bob", SkipReason.NOTHING_NEW)
    ]
    world.put("1.json", KEEPERS, listed=MONDAY)
    world.run([DAILY], "2026-11-17T10:00")
    assert world.mail() == {"2026-11-16-bob": [KEEPERS]}


def test_a_period_of_which_nothing_was_picked_is_closed(world: World) -> None:
    world.put("1.json", SOUP, listed=MONDAY)
    report = world.run([DAILY], "2026-11-17T08:00")
    assert [skip.reason for skip in report.decided.rows] == [SkipReason.NOTHING_PICKED]
    world.put("2.json", KEEPERS, listed=MONDAY)
    assert world.run([DAILY], "2026-11-17T10:00").decided.rows == []
    assert world.mail() == {}
    world.run([DAILY], "2026-11-18T08:00")
    assert world.mail() == {"2026-11-17-bob": [KEEPERS]}


def test_who_wants_empty_digests_gets_one_that_says_what_was_considered(world: World) -> None:
    world.put("1.json", SOUP, GULLS, listed=MONDAY)
    world.run([replace(DAILY, send_empty=True)], "2026-11-17T08:00")
    assert world.mail() == {"2026-11-16-bob": []}


def test_three_days_of_downtime_are_caught_up_with_one_mail(world: World) -> None:
    world.put("16.json", KEEPERS, listed=MONDAY)
    world.run([DAILY], "2026-11-17T09:00")
    world.put("17.json", LAMPS, listed=TUESDAY)
    world.put("19.json", FOGHORN, listed=date(2026, 11, 19))
    for now in ("2026-11-20T15:00", "2026-11-20T15:05", "2026-11-21T07:00"):
        world.run([DAILY], now)
    assert world.mail() == {"2026-11-16-bob": [KEEPERS], "2026-11-19-bob": [FOGHORN, LAMPS]}
    assert late(world, "2026-11-19-bob") == 1


def test_backfill_reaches_back_and_counts_what_it_reached(world: World) -> None:
    world.put("1.json", KEEPERS, listed=date(2026, 10, 28))
    world.run([], "2026-10-28T09:00")
    world.put("2.json", LAMPS, SOUP, listed=TUESDAY)
    world.run([], "2026-11-17T09:00")
    far = replace(ADA, id=person("far").id, backfill=timedelta(days=30))

    world.run([ADA, far], "2026-11-23T09:00")

    assert world.mail() == {"2026-W47-ada": [LAMPS], "2026-W47-far": [KEEPERS, LAMPS]}
    with world.ledger() as book:
        coverage = [book.digests(each.id, limit=1)[0].coverage for each in (ADA, far)]
    assert [(each.pages, each.papers) for each in coverage] == [(1, 2), (2, 3)]


def test_the_mail_tells_what_was_considered_and_which_days_are_missing(world: World) -> None:
    world.put("1.json", KEEPERS, listed=EARLIER)
    world.run([ADA], "2026-11-16T09:00", expect="weekday")
    assert "Read from 1 page, 1 paper" in " ".join(world.texts()["2026-W46-ada"].split())
    for day in (16, 17, 20):
        world.put(f"{day}.json", f"Lighthouse number {day}", SOUP, listed=date(2026, 11, day))
    world.run([ADA], "2026-11-23T09:00", expect="weekday")
    with world.ledger() as book:
        coverage = book.digests(ADA.id, limit=1)[0].coverage
    assert replace(coverage, left_out={}) == Coverage(
        pages=3,
        papers=4,
        missing=(Missing(date(2026, 11, 18)), Missing(date(2026, 11, 19))),
        expected=5,
    )
    text = " ".join(world.texts()["2026-W47-ada"].split())
    assert "Read from 3 of 5 expected pages, 4 papers" in text
    assert "Wednesday's and Thursday's are missing" in text


# --- clocks that jump --------------------------------------------------------------------


def test_a_clock_that_is_a_day_back_sends_nothing_again(either: World) -> None:
    either.put("1.json", KEEPERS, listed=MONDAY)
    either.run([ADA, DAILY], "2026-11-23T09:00")
    either.put("2.json", LAMPS, listed=MONDAY)
    for now in ("2026-11-22T09:00", "2026-11-23T08:30", "2026-11-24T09:00", "2026-11-30T09:00"):
        either.run([ADA, DAILY], now)
    assert either.mail() == {
        "2026-W47-ada": [KEEPERS],
        "2026-11-22-bob": [KEEPERS],
        "2026-W46-ada": [LAMPS],  # by that clock, the digest due last was an earlier one
        "2026-11-21-bob": [LAMPS],
    }


def test_a_clock_that_was_a_year_ahead_neither_repeats_nor_loses_papers(either: World) -> None:
    either.put("1.json", KEEPERS, listed=MONDAY)
    either.run([ADA], "2027-11-23T09:00")
    either.put("2.json", LAMPS, listed=TUESDAY)
    for now in ("2026-11-23T09:00", "2026-11-23T09:05", "2026-11-30T09:00"):
        either.run([ADA], now)
    either.put("3.json", FOGHORN, listed=date(2026, 12, 1))
    either.run([ADA], "2026-12-07T09:00")
    assert either.mail() == {
        "2027-W46-ada": [KEEPERS],
        "2026-W47-ada": [LAMPS],
        "2026-W49-ada": [FOGHORN],
    }


def test_mail_put_off_by_a_clock_a_year_ahead_goes_out_once_it_is_right(world: World) -> None:
    (world.folder / "outbox").mkdir()
    (world.folder / "outbox" / "2027-W46-ada.eml").mkdir()
    world.put("1.json", KEEPERS, listed=MONDAY)
    assert figures(world.run([ADA], "2027-11-23T09:00"), "digests") == {"deferred": 1}
    (world.folder / "outbox" / "2027-W46-ada.eml").rmdir()
    world.run([ADA], "2026-11-23T09:00")
    assert world.mail() == {"2027-W46-ada": [KEEPERS]}


@pytest.mark.parametrize(
    ("zone", "days"),
    [
        ("Europe/Berlin", ["2026-03-27", "2026-03-28", "2026-03-29", "2026-03-30"]),
        ("America/New_York", ["2026-10-30", "2026-10-31", "2026-11-01", "2026-11-02"]),
    ],
)
def test_the_nights_when_the_clock_changes_have_one_mail_each(
    world: World, zone: str, days: list[str]
) -> None:
    owl = person("owl", schedule=Schedule("day", at=time(2, 30)), zone=zone)
    begin = utc(f"{days[1]}T12:00")
    for hour in range(0, 76, 4):
        world.put(f"{hour:02}.json", f"Lighthouse number {hour}")
        world.run([owl], begin + timedelta(hours=hour))
    mail = world.mail()
    assert sorted(mail) == [f"{day}-owl" for day in days]
    read = sorted(int(title.split()[-1]) for each in mail.values() for title in each)
    assert read == list(range(0, read[-1] + 1, 4))


# --- two schedulers at once --------------------------------------------------------------


def together(*passes: Callable[[], RunReport]) -> list[RunReport]:
    """Run passes at once, each in a thread of its own."""
    reports: list[RunReport] = []
    threads = [Thread(target=lambda each=each: reports.append(each())) for each in passes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(reports) == len(passes)
    return reports


def meeting_pass(
    world: World, people: list[Subscriber], now: datetime, meeting: Barrier, meet_at: str
) -> RunReport:
    """A pass that first calls a method of the ledger at the same time as another pass."""
    met = iter([True])

    def pass_on(name: str, call: Callable[[], Any]) -> Any:
        if name == meet_at and next(met, False):
            meeting.wait(30)
        return call()

    world.compile(people, now)
    with world.context(now) as context:
        watched = replace(context, ledger=around(context.ledger, pass_on))
        return run(watched, now=now)


@pytest.mark.parametrize("meet_at", ["record_dump", "record", "claim"])
def test_two_passes_at_once_send_one_mail_a_period(either: World, meet_at: str) -> None:
    people = [person(f"p{n}", schedule=Schedule("day" if n % 2 else "week")) for n in range(6)]
    either.put("1.json", KEEPERS, SOUP, listed=MONDAY)
    either.put("2.json", LAMPS, SOUP, listed=TUESDAY)
    now = utc("2026-11-23T09:00")
    meeting = Barrier(2)

    reports = together(*[lambda: meeting_pass(either, people, now, meeting, meet_at)] * 2)

    assert sum(figures(report, "papers").get("new", 0) for report in reports) == 3
    assert sum(figures(report, "digests").get("sent", 0) for report in reports) == 6
    assert not any(report.failed for report in reports)
    mail = either.mail()
    assert len(mail) == 6
    assert all(read == [KEEPERS, LAMPS] for read in mail.values())
    with either.ledger() as book:
        rows = book.deliveries()
        assert picked(book, [each.id for each in people]) == mail
    assert [(row.state, row.attempts) for row in rows] == [(State.SENT, 1)] * 6


def test_two_passes_whose_clocks_differ_by_a_day_send_a_paper_once(either: World) -> None:
    either.put("1.json", KEEPERS, listed=MONDAY)
    either.run([], "2026-11-21T09:00")
    either.compile([DAILY], utc("2026-11-22T09:00"))
    meeting = Barrier(2)
    together(
        lambda: meeting_pass(either, [DAILY], utc("2026-11-23T09:00"), meeting, "record"),
        lambda: meeting_pass(either, [DAILY], utc("2026-11-22T09:00"), meeting, "record"),
    )
    # Each may take the other for dead and thwart it; then the mail was put off.
    either.run([DAILY], "2026-11-23T10:00")
    assert list(either.mail().values()) == [[KEEPERS]]
