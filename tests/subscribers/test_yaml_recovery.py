"""Files that are no YAML: what is said of them, and what is still found behind the mistake."""

# ruff: noqa: E501 - tables of messages read best with one on a line

from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.subscribers import yaml_document
from digest.subscribers.yaml_document import DEEPEST
from digest.subscribers.yaml_recovery import MOST_REPAIRS, read
from tests.conftest import examples
from tests.subscribers import told

GOOD = "  - id: zoe\n    email: zoe@x.org\n    interests: [x]\n    limit: none\n"
"""A last entry whose one mistake shows that reading went on."""


@pytest.fixture(params=["libyaml", "pure Python"])
def _each_reader(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if request.param == "pure Python":
        monkeypatch.setattr(yaml_document, "_Loader", yaml.SafeLoader)


CASES = {
    "a tab instead of spaces": (
        "  - id: bob\n\temail: bob@x.org\n\tinterests: [x]\n",
        ["3: a tab in the indentation (indent with spaces only; here, it seems, 4)",
         "4: a tab in the indentation (indent with spaces only; here, it seems, 4)"],
    ),
    "a tab after a dash": (
        "  - id: bob\n    email: bob@x.org\n    interests:\n      -\tx: 1\n",
        ["5: a tab in the indentation (indent with spaces only; here, it seems, 6)"],
    ),
    "an open quotation mark": (
        '  - id: bob\n    email: bob@x.org\n    name: "Bob\n    interests: [x]\n    schedule: {at: "08:00"}\n',
        ["4: the quotation mark is not closed (close it)"],
    ),
    "an open bracket": (
        "  - id: bob\n    email: bob@x.org\n    channels: [email\n    interests: [x]\n",
        ["4: the list that begins with [ does not end, or lacks a comma (add the ] or the comma; put text that has a colon in quotes)"],
    ),
    "an open bracket over several lines": (
        "  - id: bob\n    email: bob@x.org\n    interests: [x,\n      y,\n      z\n    limit: 3\n",
        ["4: the list that begins with [ does not end, or lacks a comma (add the ] or the comma; put text that has a colon in quotes)"],
    ),
    "an open brace": (
        "  - id: bob\n    email: bob@x.org\n    schedule: {every: day\n    interests: [x]\n",
        ["4: the mapping that begins with { does not end, or lacks a comma (add the } or the comma; put text that has a colon in quotes)"],
    ),
    "a colon too many": (
        "  - id: bob\n    email: bob@x.org\n    name: Bob: the man\n    interests: [x]\n",
        ["4: a second `: ` on the line (put text that has a colon in quotes)"],
    ),
    "a character that YAML keeps for itself": (
        "  - id: bob\n    email: bob@x.org\n    name: @bob\n    interests: [x]\n",
        ["4: a value cannot begin with '@' (put it in quotes)"],
    ),
    "an escape that does not exist": (
        '  - id: bob\n    email: bob@x.org\n    interests: ["/\\d+/"]\n',
        ["4: an unknown escape after a \\ in double quotes (put the text in single quotes)"],
    ),
    "a line that is indented too little": (
        "  - id: bob\n    email: bob@x.org\n   name: Bob\n    interests: [x]\n",
        ["4: the line fits no list or mapping (align it with the lines it belongs to)"],
    ),
    "the first line of an entry": (
        "  - id: @bob\n    email: bob\n    interests: [x]\n",
        ["2: a value cannot begin with '@' (put it in quotes)",
         "3: 'bob' is not an e-mail address: An email address must have an @-sign. (write it as name@example.org)"],
    ),
    "two mistakes in one entry": (
        "  - id: bob\n    name: @bob\n    email: bob@x.org\n    limit: 3: 4\n    interests: [x]\n",
        ["3: a value cannot begin with '@' (put it in quotes)",
         "5: a second `: ` on the line (put text that has a colon in quotes)"],
    ),
    "a mistake in each of two entries": (
        "  - id: bob\n    name: @bob\n    email: bob@x.org\n    interests: [x]\n  - id: cid\n    name: %cid\n    email: cid@x.org\n    interests: [x]\n",
        ["3: a value cannot begin with '@' (put it in quotes)",
         "7: a value cannot begin with '%' (put it in quotes)"],
    ),
    "what is missing for want of the line at fault": (
        "  - id: bob\n    email: @bob\n    interests: [x]\n",
        ["3: a value cannot begin with '@' (put it in quotes)"],
    ),
    "too deep": (
        f"  - id: bob\n    email: bob@x.org\n    interests: {'[' * 5000}\n",
        ["4: too many levels inside one another (flatten it)"],
    ),
    "a control character": (
        "  - id: bob\n    email: bob@x.org\n    name: Bob\x07\n    interests: [x]\n",
        ["4: the invisible character U+0007 (delete it)"],
    ),
    "a line separator that YAML 1.1 breaks lines at": (
        "  - id: bob\n    email: bob@x.org\n    name: Bob\u2028 Ross\n    interests: [x]\n",
        ["4: the invisible character U+2028 (delete it)"],
    ),
    "a tag around a tree": (
        "  - id: bob\n    email: bob@x.org\n    interests: !!set {a: [b, {c: d}], e: f}\n",
        ["4: the tag '!!set' is not read (write the plain value)"],
    ),
    "a merge of an anchor": (
        "  - id: bob\n    email: bob@x.org\n    interests: [x]\n    <<: *everyone\n",
        ["5: the anchor or alias '*everyone' is not read (write the value out, or use `defaults`)",
         "5: unknown key '<<' (the keys are channels, schedule, timezone, exclude, limit, threshold, backfill, feed_entries, send_empty, learn, revisions, second_look, comments, upvotes, freshness, id, name, email, paused, interests)"],
    ),
    "an alias as key": (
        "  - id: bob\n    email: bob@x.org\n    interests: [x]\n    *key : 1\n",
        ["5: the anchor or alias '*key' is not read (write the value out, or use `defaults`)"],
    ),
}  # fmt: skip


@pytest.mark.usefixtures("_each_reader")
@pytest.mark.parametrize("case", CASES)
def test_the_mistake_is_told_and_the_rest_is_read(tmp_path: Path, case: str) -> None:
    entries, expected = CASES[case]
    line = entries.count("\n") + 5
    last = f"subscribers.yaml:{line}: 'none' is not a number (write one such as 2 or 0.5)"
    lines = [f"subscribers.yaml:{problem}" for problem in expected]
    assert told(tmp_path, f"subscribers:\n{entries}{GOOD}") == [*lines, last]


def test_bytes_that_are_not_utf_8(tmp_path: Path) -> None:
    text = f"subscribers:\n  - id: bob\n    email: b@x.org\n    name: Bj\xf6rn\n    interests: [x]\n{GOOD}"
    assert told(tmp_path, text.encode("latin-1")) == [
        "subscribers.yaml:4: not UTF-8 (save the file as UTF-8)",
        "subscribers.yaml:9: 'none' is not a number (write one such as 2 or 0.5)",
    ]


def test_utf_16(tmp_path: Path) -> None:
    assert told(tmp_path, "subscribers: []\n".encode("utf-16")) == [
        "subscribers.yaml:1: not UTF-8 (save the file as UTF-8)"
    ]


def test_an_alias_bomb_stays_small(tmp_path: Path) -> None:
    bomb = ["  a0: &a0 [lol, lol]\n"]
    bomb += [f"  a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 30)]
    told_of = told(tmp_path, f"defaults:\n{''.join(bomb)}subscribers: []\n")
    lines = ", ".join(map(str, range(3, 13)))
    anchors = f"the anchor or alias '&a0' is not read; also on line {lines} and 19 more"
    assert f"subscribers.yaml:2: {anchors} (write the value out, or use `defaults`)" in told_of
    assert len(told_of) == 31  # and an unknown key on each line


def test_a_file_of_nothing_but_mistakes_ends() -> None:
    found = read(b"- @x\n" * 500)
    assert found.root is None
    assert len(found.faults) == MOST_REPAIRS + 1
    assert found.faults[-1].what == "too many mistakes up to here to read on"


def test_tabs_on_lines_of_nothing_do_no_harm(tmp_path: Path) -> None:
    text = f"subscribers:\n\t\n{GOOD.replace('none', '3')}\t# a note\n  \t\n"
    assert told(tmp_path, text) == []


def test_depth_is_counted_in_collections() -> None:
    def depth(levels: int) -> list[str]:
        return [what for _, what, _ in read(f"{'[' * levels}x{']' * levels}".encode()).faults]

    assert depth(DEEPEST) == []
    assert depth(DEEPEST + 1) == ["too many levels inside one another"]


LINES = st.lists(
    st.sampled_from(
        [
            "subscribers:", "defaults:", "  - id: bob", "    email: bob@x.org", "\tname: x",
            "    interests: [x, y", "    interests:", "      - LoRA: 2", "      - {match: /x/}",
            '    name: "Bob', "    name: 'Bob'", "    limit: 3: 4", "    - @x", "  -\tid: cid",
            "    <<: *a", "    x: &a [1]", "    name: !!x y", "---", "...", "  ]", "  }", "? a",
            "%YAML 1.1", "# note", "", "    name: |", "    schedule: {at: 08:00}", "- - - x",
        ]
    ),
    max_size=14,
)  # fmt: skip


@given(LINES)
@settings(max_examples=examples(150))
def test_any_lines_are_read_with_faults_on_their_lines(lines: list[str]) -> None:
    found = read("\n".join(lines).encode())
    assert all(1 <= fault.line <= len(lines) for fault in found.faults)
    assert all(fault.what and fault.remedy for fault in found.faults)


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
@settings(max_examples=examples(150))
def test_any_bytes_are_read(content: bytes) -> None:
    read(content)
