"""What is wrong with profile files, as a person reads it: the whole list, each time."""

# ruff: noqa: E501 - tables of messages read best with one on a line

from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.subscribers import load
from tests.subscribers import problems, told


def test_every_kind_of_mistake_in_one_file_is_told_at_once(tmp_path: Path) -> None:
    text = """\
defaults:
  timezone: Berlin
  schedule: {every: week, on: mondey, at: "25:00"}
subscribers:
  - id: ada
\temail: ada@example.org
    email: ada.two@example.org
    intrests:
      - low-rank adaptation
  - id: ada
    email: ada at example.org
    interests: [LoRA, LoRA]
  - id: bob
    email: bob@example.org
    name: !!python/object/apply:os.system ["touch /tmp/owned"]
    interests:
      - {match: "/scaling (laws?/", in: titel}
      - '/(?i)laws/'
      - {author: "Yann LeCun", weight: heavy}
  - id: lol
    email: lol@example.org
    interests: &a [lol, lol, lol]
    exclude: &b [*a, *a, *a, *a]
  - id: lola
    interests: [x]
    email: [*b, *b, *b, *b]
"""
    assert told(tmp_path, text) == [
        "subscribers.yaml:2: unknown time zone 'Berlin' (did you mean 'Europe/Berlin'?)",
        'subscribers.yaml:3: \'25:00\' is not a time of day (write hours and minutes, "00:00" to "23:59")',
        "subscribers.yaml:3: 'mondey' is not a weekday (did you mean 'monday'?)",
        "subscribers.yaml:6: a tab in the indentation (indent with spaces only; here, it seems, 4)",
        "subscribers.yaml:7: 'email' stands on line 6 already (keep one)",
        "subscribers.yaml:8: unknown key 'intrests' (did you mean 'interests'?)",
        "subscribers.yaml:10: the id 'ada' is taken by subscribers.yaml:5 (choose another)",
        "subscribers.yaml:11: 'ada at example.org' is not an e-mail address: An email address must have an @-sign. (write it as name@example.org)",
        "subscribers.yaml:15: the tag '!!python/object/apply:os.system' is not read (write the plain value)",
        "subscribers.yaml:17: bad pattern: missing ), unterminated subpattern, at character 9 of /scaling (laws?/ (put a \\ before a character that stands for itself)",
        "subscribers.yaml:17: unknown word 'titel' (did you mean 'title'?)",
        "subscribers.yaml:18: bad pattern: the construct '(?i)', at character 1 (leave it out; a pattern ignores case anyway)",
        "subscribers.yaml:19: 'heavy' is not a number (write one such as 2 or 0.5)",
        "subscribers.yaml:22: the anchor or alias '&a' is not read; also on line 23, 26 (write the value out, or use `defaults`)",
        "subscribers.yaml:26: text is wanted here, not a list or mapping (put it in quotes)",
    ]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("limit: 0", "'limit' is too low (write at least 1)"),
        ("limit: 0xFFFFFFFFFFFFFFFFFFFFFF", "'limit' is too high (write at most 1000)"),
        ("limit: 2.5", "'2.5' is not a whole number (write 3)"),
        ("limit: '3'", "'3' is not a number (write it without quotes)"),
        ("limit: true", "'true' is not a number (write one such as 2 or 0.5)"),
        ("threshold: 1.01", "'threshold' is too high (write at most 1)"),
        ("threshold: -0.1", "'threshold' is too low (write at least 0)"),
        ("threshold: .nan", "'.nan' is not a finite number (write one such as 2 or 0.5)"),
        ("send_empty: no", "'no' is neither true nor false (write false)"),
        ("send_empty: sometimes", "'sometimes' is neither true nor false (write one of them)"),
        ("channels: email", "'channels' is not a list (write [one, another])"),
        ("channels: []", "'channels' is empty (add something)"),
        ("channels: [emial]", "unknown word 'emial' (did you mean 'email'?)"),
        ("channels: [sms]", "unknown word 'sms' (write 'email' or 'feed')"),
        ("feed_entries: paper", "unknown word 'paper' (did you mean 'papers'?)"),
        ("timezone: UTC+2", "unknown time zone 'UTC+2' (did you mean 'UTC'?)"),
        ("timezone: New York", "unknown time zone 'New York' (did you mean 'America/New_York'?)"),
        ("timezone: europe/berlin", "unknown time zone 'europe/berlin' (did you mean 'Europe/Berlin'?)"),
        ("timezone: Europe", "unknown time zone 'Europe' (write a city's zone, as Europe/Berlin)"),
        ("timezone: ../../etc/passwd", "unknown time zone '../../etc/passwd' (write a city's zone, as Europe/Berlin)"),
        ("backfill: 30 days", "'30 days' is not a duration (write a number and a unit: 90s, 5m, 12h, 30d or 2w)"),
        ("backfill: 0d", "'0d' is no time at all (write at least 1s)"),
        ("backfill: 99999999w", "'99999999w' is more than ten years (write at most 3650d)"),
        ("schedule: week", "'schedule' is not a mapping of keys to values (give it keys of its own)"),
        ("schedule: {evry: day}", "unknown key 'evry' (did you mean 'every'?)"),
        ("schedule: {every: weekly}", "unknown word 'weekly' (did you mean 'week'?)"),
        ("schedule: {every: day, on: monday}", "`on` says nothing with `every: day` (leave it out)"),
        ("schedule: {every: month, on: 32}", "32 is not a day of a month (write 1 to 31)"),
        ("schedule: {every: month, on: monday}", "'monday' is not a number (write one such as 2 or 0.5)"),
        ("schedule: {at: 24:00}", "'24:00' is not a time of day (write hours and minutes, \"00:00\" to \"23:59\")"),
        ("schedule: {at: 8}", "'8' is not a time of day (write hours and minutes, \"00:00\" to \"23:59\")"),
        ('schedule: {cron: "61 8 * * 1"}', "bad cron expression '61 8 * * 1': Bad minute (write five fields, as \"0 8 * * 1\" for Mondays at 08:00)"),
        ('schedule: {cron: "0 0 8 * * 1"}', "bad cron expression '0 0 8 * * 1': 6 fields (write five fields, as \"0 8 * * 1\" for Mondays at 08:00)"),
        ('schedule: {cron: "0 8 30 2 *"}', "bad cron expression '0 8 30 2 *': Bad day-of-month (write five fields, as \"0 8 * * 1\" for Mondays at 08:00)"),
        ('schedule: {cron: "0 8 * * 1", at: "08:00"}', "`cron` beside `at` (keep one way)"),
        ("paused: next year", "'next year' is not a date (write the first day with digests again, as 2027-01-10)"),
        ("paused: {until: 2027-02-30}", "'2027-02-30' is not a date (write the first day with digests again, as 2027-01-10)"),
        ("paused: {from: 2027-01-10}", "text is wanted here, not a list or mapping (put it in quotes)"),
        ("exclude: survey", "'exclude' is not a list (write [one, another])"),
        ("exclude: [{survey: 2}]", "an exclusion has no weight (write 'survey' alone)"),
        ("exclude: [{mtach: survey, in: title}]", "unknown key 'mtach' (did you mean 'match'?)"),
        ("exclude: [{survey: 1, review: 1}]", "an exclusion with the keys 'survey', 'review' (write a phrase, {match: …}, {author: …}, {category: …} or {venue: …})"),
        ("exclude: [{match: survey, weight: 2}]", "an exclusion has no weight (leave `weight` out)"),
        ("exclude: [{code: true}]", "an exclusion of papers whose code is public (leave it out; as an interest it prefers them)"),
        ("exclude: [{category: cs.LG, weight: 2}]", "an exclusion has no weight (leave `weight` out)"),
        ("exclude: [{venue: '...'}]", "'...' has no letter or digit to look for (write a word or phrase)"),
        ("upvotes: 0.6", "'upvotes' is too high (write at most 0.5)"),
        ("name: [Bob]", "text is wanted here, not a list or mapping (put it in quotes)"),
        ('name: "Bob\\r\\nBcc: eve@example.org"', "the character U+000D in 'Bob\\r\\nBcc: eve@example.org' (delete it)"),
        ('name: "Bob \\u202e"', "the character U+202E in 'Bob \\u202e' (delete it)"),
        ("note: hello", "unknown key 'note' (the keys are channels, schedule, timezone, exclude, limit, threshold, backfill, feed_entries, send_empty, learn, revisions, second_look, comments, upvotes, freshness, id, name, email, paused, interests)"),
        ("? [a, b]\n    : c", "a key that is not text (write `key: value`)"),
        ("<<: {limit: 3}", "unknown key '<<' (the keys are channels, schedule, timezone, exclude, limit, threshold, backfill, feed_entries, send_empty, learn, revisions, second_look, comments, upvotes, freshness, id, name, email, paused, interests)"),
    ],
)  # fmt: skip
def test_a_wrong_line(tmp_path: Path, line: str, problem: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: bob@x.org\n    interests: [x]\n    {line}\n"
    assert told(tmp_path, text) == [f"subscribers.yaml:5: {problem}"]


@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("bob@", "There must be something after the @-sign."),
        ("bob@example", "The part after the @-sign is not valid. It should have a period."),
        ("bob@example..org", "An email address cannot have two periods in a row."),
        ("bob@example.org, eve@example.org", "The part after the @-sign contains invalid characters: ',', '@', SPACE."),
    ],
)  # fmt: skip
def test_a_bad_address(tmp_path: Path, address: str, reason: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: {address!r}\n    interests: [x]\n"
    assert told(tmp_path, text) == [
        f"subscribers.yaml:3: {address!r} is not an e-mail address: {reason} (write it as name@example.org)"
    ]


@pytest.mark.parametrize(
    ("name", "remedy"),
    [
        ("Fay Weldon", "write fay-weldon"),
        ("../etc", "write etc"),
        ("'***'", "use lower-case letters, digits, '.', '_' and '-', at most 64, a letter or digit first"),
    ],
)  # fmt: skip
def test_a_bad_id(tmp_path: Path, name: str, remedy: str) -> None:
    text = f"subscribers:\n  - id: {name}\n    email: bob@x.org\n    interests: [x]\n"
    assert told(tmp_path, text) == [
        f"subscribers.yaml:2: bad id '{name.strip(chr(39))}' ({remedy})"
    ]


@pytest.mark.parametrize(
    ("interest", "problem"),
    [
        ("'!!!'", "'!!!' has no letter or digit to look for (write a word or phrase)"),
        ("", "'' has no letter or digit to look for (write a word or phrase)"),
        ("LoRA: 0", "the weight '0' is out of range (write 0.01 to 100)"),
        ("LoRA: -2", "the weight '-2' is out of range (write 0.01 to 100)"),
        ("LoRA: .inf", "'.inf' is not a finite number (write one such as 2 or 0.5)"),
        ("LoRA: rank", "the weight of 'LoRA' is not a number: 'rank' (write `LoRA: 2`, or put text that has a colon in quotes)"),
        ("autor: Yann LeCun", "the weight of 'autor' is not a number: 'Yann LeCun' (did you mean 'author'?)"),
        ("{LoRA: 2, QLoRA: 3}", "an interest with the keys 'LoRA', 'QLoRA' (write `phrase: weight`, or with a `weight:` {match: …}, {author: …}, {category: …}, {venue: …} or {code: true})"),
        ("{catgory: cs.LG}", "the weight of 'catgory' is not a number: 'cs.LG' (did you mean 'category'?)"),
        ("{catgory: cs.LG, weight: 2}", "unknown key 'catgory' (did you mean 'category'?)"),
        ("{category: '*'}", "'*' has no letter or digit to look for (write a word or phrase)"),
        ("{category: [cs.LG, cs.CL]}", "text is wanted here, not a list or mapping (put it in quotes)"),
        ("{venue: NeurIPS, in: title}", "unknown key 'in' (the keys are venue, weight, must_see)"),
        ("{cod: true}", "the weight of 'cod' is not a number: 'true' (did you mean 'code'?)"),
        ("{code: yes}", "'yes' is neither true nor false (write true)"),
        ("{code: false}", "`code: false` looks for nothing (write `code: true`, or leave it out)"),
        ("{match: LoRA, in: keyword}", "unknown word 'keyword' (did you mean 'keywords'?)"),
        ("{mtach: LoRA, in: title}", "unknown key 'mtach' (did you mean 'match'?)"),
        ("{match: LoRA, must_see: yes}", "'yes' is neither true nor false (write true)"),
        ("{match: LoRA, wieght: 2}", "unknown key 'wieght' (did you mean 'weight'?)"),
        ("{match: LoRA, in: body}", "unknown word 'body' (write 'title', 'abstract' or 'keywords')"),
        ("{author: '...'}", "'...' has no letter or digit to look for (write a word or phrase)"),
        ("[LoRA, QLoRA]", "a list where an interest should be (write a phrase, `phrase: weight`, {match: …}, {author: …}, {category: …}, {venue: …} or {code: true})"),
        ("/LoRA/i", "'/LoRA/i' begins like a pattern (end it with /; case never matters)"),
        ('"/\\bLoRA/"', "a control character in '/\\x08LoRA/' (put a pattern in single quotes: in double ones YAML makes \\b a control character)"),
        ("/.*/", "the pattern /.*/ fits every paper (name what must be there)"),
        ("//", "the pattern // fits every paper (name what must be there)"),
    ],
)  # fmt: skip
def test_a_wrong_interest(tmp_path: Path, interest: str, problem: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: bob@x.org\n    interests:\n      - {interest}\n"
    assert told(tmp_path, text) == [f"subscribers.yaml:5: {problem}"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ["subscribers.yaml: there is no list of subscribers (write one, or make a new home with `digest init`)"]),
        ("# nothing yet\n", ["subscribers.yaml: there is no list of subscribers (write one, or make a new home with `digest init`)"]),
        ("- id: bob\n", ["subscribers.yaml:1: no list of subscribers (begin with `subscribers:`)"]),
        ("subscriber:\n  - id: bob\n", ["subscribers.yaml:1: unknown key 'subscriber' (did you mean 'subscribers'?)"]),
        ("subscribers: bob\n", ["subscribers.yaml:1: 'subscribers' is not a list (begin each one with `- id: `)"]),
        ("timezone: UTC\nsubscribers: []\n", ["subscribers.yaml:1: unknown key 'timezone' (indent it under `defaults:` or an entry of `subscribers:`)"]),
        ("subscribers:\n  - bob\n", ["subscribers.yaml:2: the entry is not a mapping of keys to values (give it keys of its own)"]),
        ("subscribers:\n  - interests: []\n", ["subscribers.yaml:2: 'id' is missing (add it)", "subscribers.yaml:2: 'interests' is empty (add something)"]),
        ("subscribers:\n  - id: bob\n    interests: [x]\n", ["subscribers.yaml:2: 'email' is missing (add it, or write `channels: [feed]`)"]),
        ("defaults: {interests: [x]}\nsubscribers: []\n", ["subscribers.yaml:1: unknown key 'interests' (give each subscriber their own)"]),
        ("subscribers: []\n---\nsubscribers: []\n", ["subscribers.yaml:2: a second document begins (keep one in a file)"]),
    ],
)  # fmt: skip
def test_a_wrong_file(tmp_path: Path, text: str, expected: list[str]) -> None:
    assert told(tmp_path, text) == expected


def test_a_home_without_profiles(tmp_path: Path) -> None:
    assert problems(tmp_path) == [
        "subscribers.yaml: there is no list of subscribers (write one, or make a new home with `digest init`)"
    ]


def test_a_folder_where_the_file_should_be(tmp_path: Path) -> None:
    (tmp_path / "subscribers.yaml").mkdir()
    assert problems(tmp_path) == ["subscribers.yaml: not a file (put profiles into a file)"]


def test_problems_of_all_files_are_told_together(tmp_path: Path) -> None:
    folder = tmp_path / "subscribers"
    folder.mkdir()
    entry = "subscribers:\n  - id: bob\n    email: bob@x.org\n    interests: [x]\n"
    (folder / "a.yaml").write_text(entry)
    (folder / "b.yaml").write_text(entry + "    limit: none\n")
    (folder / "c.yml").write_text(entry)
    (folder / "d.yaml").write_text("subscribers: [\n")
    assert told(tmp_path, "defaults: {limit: 0}\n") == [
        "subscribers.yaml:1: 'limit' is too low (write at least 1)",
        "subscribers/b.yaml:2: the id 'bob' is taken by subscribers/a.yaml:2 (choose another)",
        "subscribers/b.yaml:5: 'none' is not a number (write one such as 2 or 0.5)",
        "subscribers/c.yml: this file is not read (name it .yaml)",
        "subscribers/d.yaml:1: a value is missing before this (write it, or close the bracket)",
    ]


def test_the_error_carries_its_problems(tmp_path: Path) -> None:
    (tmp_path / "subscribers.yaml").write_text("subscriber: []\n")
    with pytest.raises(ConfigError) as caught:
        load(tmp_path)
    (problem,) = caught.value.problems
    assert (problem.where, problem.what, problem.remedy) == (
        "subscribers.yaml:1",
        "unknown key 'subscriber'",
        "did you mean 'subscribers'?",
    )


def test_what_was_seen_before_is_judged_the_same(tmp_path: Path) -> None:
    """Equal interests, exclusions and schedules are checked once for all profiles."""
    one = (
        "  - id: {}\n    email: a@x.org\n    interests: [{{code: true}}, x, x: 200, /(a/]\n"
        "    exclude: [{{code: true}}, x]\n    schedule: {{every: day, on: monday}}\n"
    )
    found = told(tmp_path, "subscribers:\n" + one.format("ada") + one.format("bob"))
    assert len(found) == 8
    assert [line.partition(": ")[2] for line in found[:4]] == [
        line.partition(": ")[2] for line in found[4:]
    ]
