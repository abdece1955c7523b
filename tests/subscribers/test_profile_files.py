"""What profile files mean once they are right."""

import os
from datetime import time, timedelta
from pathlib import Path

import pytest

from digest.model import Interest, Profile, Schedule, Subscriber
from digest.subscribers import load, watch_stamp
from digest.subscribers.yaml_document import Plain, resolve

BOB = "subscribers:\n  - id: bob\n    email: bob@example.org\n    interests: [LoRA]\n"


def loaded(home: Path, text: str) -> tuple[Subscriber, ...]:
    (home / "subscribers.yaml").write_text(text, encoding="utf-8")
    return load(home)


def test_the_example_of_the_documentation(tmp_path: Path) -> None:
    text = """\
# yaml-language-server: $schema=subscribers.schema.json
defaults:
  schedule: {every: week, on: monday, at: "08:00"}
  timezone: Europe/Berlin
subscribers:
  - id: ada
    name: Ada Example
    email: ada@example.org
    channels: [email, feed]
    timezone: America/New_York
    interests:
      - low-rank adaptation          # a word or phrase, weight 1
      - mixture of experts: 2.5      # counts more
      - {match: "/scaling laws?/", in: title, weight: 2}
      - {author: "Yann LeCun"}
    exclude: [survey, medical imaging]
    limit: 12                        # papers in one digest
    threshold: 0.2                   # relevance floor, 0..1
"""
    (ada,) = loaded(tmp_path, text)
    assert ada == Subscriber(
        id=ada.id,
        name="Ada Example",
        email="ada@example.org",
        channels=("email", "feed"),
        timezone="America/New_York",
        schedule=Schedule("week", 1, time(8)),
        profile=Profile(
            interests=(
                Interest("low-rank adaptation"),
                Interest("mixture of experts", weight=2.5),
                Interest("scaling laws?", "pattern", "title", 2),
                Interest("Yann LeCun", "author"),
            ),
            exclude=(Interest("survey"), Interest("medical imaging")),
        ),
        limit=12,
        threshold=0.2,
        source="subscribers.yaml:6",
    )
    assert ada.id == "ada"


def test_what_is_left_out_has_the_value_of_the_model(tmp_path: Path) -> None:
    (bob,) = loaded(tmp_path, BOB)
    profile = Profile((Interest("LoRA"),))
    assert bob == Subscriber(
        bob.id,
        "bob@example.org",
        profile,
        schedule=Schedule("week", 1),
        source="subscribers.yaml:2",
    )


def test_words_that_yaml_1_1_turns_into_something_else_stay_words(tmp_path: Path) -> None:
    text = """\
subscribers:
  - id: 007
    name: 1.10
    email: no@example.org
    schedule: {on: tuesday, at: 08:30}
    interests: [no, on, 1.10, 0o17, 2024-05-01, 12:30:45, 1_000, true, Norway: 1, 1.10: 3]
"""
    (subscriber,) = loaded(tmp_path, text)
    assert (subscriber.id, subscriber.name) == ("007", "1.10")
    assert subscriber.schedule == Schedule("week", 2, time(8, 30))
    assert [(interest.text, interest.weight) for interest in subscriber.profile.interests] == [
        ("no", 1),
        ("on", 1),
        ("1.10", 1),
        ("0o17", 1),
        ("2024-05-01", 1),
        ("12:30:45", 1),
        ("1_000", 1),
        ("true", 1),
        ("Norway", 1),
        ("1.10", 3),
    ]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0x1F", 31),
        ("0o17", 15),
        ("017", 17),
        ("-1.5e3", -1500.0),
        (".5", 0.5),
        ("True", True),
        ("FALSE", False),
        ("~", None),
        ("", None),
        ("-.INF", float("-inf")),
    ],
)
def test_scalars_of_the_core_schema(text: str, value: object) -> None:
    resolved = resolve(text)
    assert isinstance(resolved, Plain)
    assert (resolved.text, resolved.value) == (text, value)


@pytest.mark.parametrize("text", ["yes", "off", "1_000", "08:00", "0b1", "nUll", "1e", "+"])
def test_what_is_text_in_the_core_schema(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    ("written", "schedule"),
    [
        ("{every: day}", Schedule("day")),
        ("{every: weekday, at: 7:05}", Schedule("weekday", at=time(7, 5))),
        ("{}", Schedule("week", 1)),
        ("{on: Sun}", Schedule("week", 7)),
        ("{every: month}", Schedule("month", 1)),
        ("{every: month, on: 31}", Schedule("month", 31)),
        ('{cron: "*/30 8-10 * * MON-FRI"}', Schedule("week", cron="*/30 8-10 * * MON-FRI")),
    ],
)
def test_schedules(tmp_path: Path, written: str, schedule: Schedule) -> None:
    (bob,) = loaded(tmp_path, f"{BOB}    schedule: {written}\n")
    assert bob.schedule == schedule


def test_every_way_to_write_an_interest(tmp_path: Path) -> None:
    text = (
        BOB.replace("[LoRA]", "")
        + """\
      - "graph neural networks"
      - '/\\bLLMs?\\b/'
      - '/pre-?training/': 0.5
      - {match: LoRA, in: abstract}
      - match: /o1|o3/
        weight: 3
      - {author: "Иван Петров", weight: 2}
      - {author: Grace Hopper, must_see: true}
      - {match: /RFC \\d+/, must_see: true}
    exclude:
      - survey
      - {match: /review/, in: title}
      - {author: Anon}
"""
    )
    (bob,) = loaded(tmp_path, text)
    assert bob.profile == Profile(
        interests=(
            Interest("graph neural networks"),
            Interest(r"\bLLMs?\b", "pattern"),
            Interest("pre-?training", "pattern", None, 0.5),
            Interest("LoRA", "phrase", "abstract"),
            Interest("o1|o3", "pattern", None, 3),
            Interest("Иван Петров", "author", None, 2),
            Interest("Grace Hopper", "author", must_see=True),
            Interest("RFC \\d+", "pattern", must_see=True),
        ),
        exclude=(
            Interest("survey"),
            Interest("review", "pattern", "title"),
            Interest("Anon", "author"),
        ),
    )


def test_the_rest_of_the_keys(tmp_path: Path) -> None:
    text = BOB + "    backfill: 2w\n    send_empty: true\n    feed_entries: digests\n    exclude:\n"
    (bob,) = loaded(tmp_path, text + "    learn: false\n")
    assert not bob.learn
    assert (bob.backfill, bob.send_empty, bob.feed_entries) == (timedelta(weeks=2), True, "digests")
    assert bob.profile.exclude == ()


@pytest.mark.parametrize(
    ("written", "address"),
    [
        ("ada@EXAMPLE.org", "ada@example.org"),
        ("ada@exämple.org", "ada@xn--exmple-cua.org"),
        ("ädä@exämple.org", "ädä@exämple.org"),
        ("ada@localhost", "ada@localhost"),
        ("ada@mail.lab.local", "ada@mail.lab.local"),
        ("ada+papers@example.org", "ada+papers@example.org"),
    ],
)
def test_addresses(tmp_path: Path, written: str, address: str) -> None:
    (bob,) = loaded(tmp_path, BOB.replace("bob@example.org", written))
    assert bob.email == address


def test_a_feed_alone_needs_no_address(tmp_path: Path) -> None:
    text = BOB.replace("email: bob@example.org", "channels: [feed, feed]")
    (bob,) = loaded(tmp_path, text)
    assert (bob.email, bob.channels) == (None, ("feed",))


def test_exclusions_of_the_defaults_are_added(tmp_path: Path) -> None:
    text = f"defaults: {{exclude: [survey, position paper]}}\n{BOB}    exclude: [survey, dataset]\n"
    (bob,) = loaded(tmp_path, text)
    assert [str(e) for e in bob.profile.exclude] == ["survey", "dataset", "position paper"]


def test_defaults_reach_the_folder_and_a_file_there_can_differ(tmp_path: Path) -> None:
    folder = tmp_path / "subscribers"
    folder.mkdir()
    (folder / "b.yaml").write_text(BOB)
    (folder / "a.yaml").write_text("defaults: {limit: 3}\n" + BOB.replace("bob", "cid"))
    (folder / ".hidden.yaml").write_text("not: [read")
    (folder / "notes.txt").write_text("not read either")
    found = loaded(tmp_path, "defaults: {limit: 5, threshold: 0.4}\n" + BOB.replace("bob", "ada"))
    assert [(s.id, s.limit, s.threshold, s.source) for s in found] == [
        ("ada", 5, 0.4, "subscribers.yaml:3"),
        ("cid", 3, 0.4, "subscribers/a.yaml:3"),
        ("bob", 5, 0.4, "subscribers/b.yaml:2"),
    ]


def test_a_folder_alone_will_do(tmp_path: Path) -> None:
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "all.yaml").write_text(BOB)
    assert [subscriber.id for subscriber in load(tmp_path)] == ["bob"]


def test_an_empty_list_is_nobody_on_purpose(tmp_path: Path) -> None:
    assert loaded(tmp_path, "subscribers: []\n") == ()


def test_bom_and_windows_line_ends(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + BOB.replace("\n", "\r\n").encode()
    (tmp_path / "subscribers.yaml").write_bytes(content)
    assert [subscriber.source for subscriber in load(tmp_path)] == ["subscribers.yaml:2"]


def test_the_stamp_tells_edits_and_new_files(tmp_path: Path) -> None:
    stamps = [watch_stamp(tmp_path)]
    path = tmp_path / "subscribers.yaml"
    path.write_text(BOB)
    stamps.append(watch_stamp(tmp_path))
    os.utime(path, ns=(1, 1))
    stamps.append(watch_stamp(tmp_path))
    (tmp_path / "subscribers").mkdir()
    (tmp_path / "subscribers" / "more.yaml").write_text(BOB)
    stamps.append(watch_stamp(tmp_path))
    path.unlink()
    stamps.append(watch_stamp(tmp_path))
    assert len(set(stamps)) == 5
    assert watch_stamp(tmp_path) == stamps[-1]
