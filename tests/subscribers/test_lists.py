"""Files of subscribers for an import: what they mean, and every problem with its line."""

# ruff: noqa: E501 - tables of messages read best with one on a line

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, time
from pathlib import Path
from typing import Any

import pytest

from digest.errors import ConfigError
from digest.model import Interest, Profile, Schedule, Subscriber
from digest.subscribers import lists
from digest.subscribers.reading import Reading


def read(path: Path, content: str | bytes) -> tuple[list[Subscriber], list[str]]:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    reading = Reading()
    found = list(lists.entries(path, path.name, reading))
    return found, [str(problem) for problem in reading.problems]


def test_json_lines(tmp_path: Path) -> None:
    text = """\
{"id": "ada", "email": "ada@example.org", "interests": ["LoRA", {"mixture of experts": 2.5}, 1.10]}

{"id": "bob", "email": "bob@example.org", "interests": [{"match": "/x+/", "in": "title"}], "schedule": {"every": "day", "at": "7:30"}, "paused": {"until": "2027-01-10"}, "limit": null}
"""
    (ada, bob), problems = read(tmp_path / "people.jsonl", text)
    assert problems == []
    assert ada.profile == Profile(
        (Interest("LoRA"), Interest("mixture of experts", weight=2.5), Interest("1.10"))
    )
    assert (ada.source, bob.source) == ("people.jsonl:1", "people.jsonl:3")
    assert (bob.schedule, bob.paused) == (Schedule("day", at=time(7, 30)), date(2027, 1, 10))
    assert bob.limit == 12


def test_csv(tmp_path: Path) -> None:
    text = """\
email,id,interests,channels,schedule,exclude,limit,learn
ada@example.org,ada,low-rank adaptation; mixture of experts: 2.5; {author: Yann LeCun},email; feed,"{every: day, at: ""7:30""}",survey,5,false
"bob@example.org",bob,"[LoRA, {match: '/a; b/', in: title}]",,,,,
"""
    (ada, bob), problems = read(tmp_path / "people.csv", "\ufeff" + text)
    assert problems == []
    assert ada.profile.interests == (
        Interest("low-rank adaptation"),
        Interest("mixture of experts", weight=2.5),
        Interest("Yann LeCun", "author"),
    )
    assert (ada.channels, ada.schedule.at, ada.limit) == (("email", "feed"), time(7, 30), 5)
    assert (ada.learn, bob.learn) == (False, True)
    assert bob.profile.interests[1] == Interest("a; b", "pattern", "title")
    assert (ada.source, bob.source) == ("people.csv:2", "people.csv:3")


@pytest.mark.parametrize(
    "text",
    [
        "ID,E-Mail,Interests,Feed entries\nada,a@x.org,LoRA; RAG,digests\n",
        'id;email;interests;feed_entries\r\nada;a@x.org;"LoRA; RAG";digests\r\n',
        "id\temail\tinterests\tfeed-entries\nada\ta@x.org\tLoRA; RAG\tdigests\n",
        "id,email,interests,feed_entries,,\nada,a@x.org,LoRA; RAG,digests,,\n,,,,,\n",
        "id,email,interests,feed_entries\nada,a@x.org,LoRA; RAG,digests,,\n",
        '"id","email","interests","feed_entries"\n"ada","a@x.org","LoRA; RAG","digests"\n',
    ],
    ids=["names of columns", "semicolons", "tabs", "columns without a name", "ends", "quotes"],
)
def test_csv_as_spreadsheets_write_it(tmp_path: Path, text: str) -> None:
    (ada,), problems = read(tmp_path / "people.csv", text)
    assert problems == []
    assert (ada.id, ada.email, ada.feed_entries) == ("ada", "a@x.org", "digests")
    assert ada.profile.interests == (Interest("LoRA"), Interest("RAG"))


def test_a_cell_under_a_column_without_a_name_is_told(tmp_path: Path) -> None:
    text = "id,email,interests,\nada,a@x.org,x,\nbob,b@x.org,x,12\n"
    found, problems = read(tmp_path / "people.csv", text)
    assert [one.id for one in found] == ["ada", "bob"]
    told = "'12' stands under no column (put cells that hold a comma in double quotes, or name the column)"
    assert problems == [f"people.csv:3: {told}"]


def test_the_table_of_the_documentation(tmp_path: Path) -> None:
    page = (Path(__file__).parents[2] / "docs" / "profiles.md").read_text()
    text = page.partition("```csv\n")[2].partition("```")[0]
    (ada, bob), problems = read(tmp_path / "people.csv", text)
    assert problems == []
    assert ada.profile.interests[1] == Interest("mixture of experts", weight=2.5)
    assert (ada.channels, ada.timezone, ada.limit) == (("email", "feed"), "Europe/Berlin", 10)
    assert bob.profile.interests[1] == Interest("Yann LeCun", "author")
    assert bob.schedule == Schedule("day", at=time(7, 30))


def test_a_yaml_file_brings_its_own_defaults(tmp_path: Path) -> None:
    text = """\
defaults: {timezone: Europe/Berlin, exclude: [survey]}
subscribers:
  - {id: ada, email: ada@example.org, interests: [LoRA]}
"""
    (ada,), problems = read(tmp_path / "people.yaml", text)
    assert problems == []
    assert (ada.timezone, ada.profile.exclude) == ("Europe/Berlin", (Interest("survey"),))


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "ada", "email": "a@x.org", "intrests": ["x"]}', "unknown key 'intrests' (did you mean 'interests'?)"),
        ('{"id": "ada", "email": "a@x.org", "interests": ["x"], "limit": 0}', "'limit' is too low (write at least 1)"),
        ('{"id": "ada", "email": "a@x.org", "interests": ["x"], "limit": NaN}', "'NaN' is not a finite number (write one such as 2 or 0.5)"),
        ('{"id": "ada", "email": "a@x.org", "interests": ["x"], "learn": "no"}', "'no' is neither true nor false (write false)"),
        ('{"id": "ada", "id": "bob", "email": "a@x.org", "interests": ["x"]}', "'id' stands there twice (keep one)"),
        ('{"id": "ada", "interests": ["x"]}', "'email' is missing (add it, or write `channels: [feed]`)"),
        ('{"id": "ada", "email": "a@x.org", "interests": ["/(a/"]}', "bad pattern: missing ), unterminated subpattern, at character 1 of /(a/ (put a \\ before a character that stands for itself)"),
        ('["ada"]', "the entry is not a mapping of keys to values (give it keys of its own)"),
        ('{"id": "ada"', "not JSON: Expecting ',' delimiter, at character 13 (write one object a line, from { to })"),
        ("[" * 100_000, "not JSON: maximum recursion depth exceeded while decoding a JSON array from a unicode string (write one object a line)"),
        (b'{"id": "\xff"}', "this line is not UTF-8 (save the file as UTF-8)"),
    ],
)  # fmt: skip
def test_a_wrong_line_of_json(tmp_path: Path, line: str | bytes, problem: str) -> None:
    content = line.encode() if isinstance(line, str) else line
    good = b'{"id": "zoe", "email": "zoe@example.org", "interests": ["x"]}\n'
    found, problems = read(tmp_path / "people.jsonl", good + content + b"\n")
    assert problems == [f"people.jsonl:2: {problem}"]
    assert found[0].id == "zoe"


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("ada,a@x.org,x,many", "'many' is not a number (write one such as 2 or 0.5)"),
        ("ada,a@x.org,x,5,6", "'6' stands under no column (put cells that hold a comma in double quotes, or name the column)"),
        ("ada,a@x.org,,", "'interests' is missing (add it)"),
        ('ada,a@x.org,"[x, {y",', "'interests' cannot be read: did not find expected ',' or '}' (put text that has a colon or bracket in quotes)"),
        ('ada,a@x.org,"x',  "not CSV: unexpected end of data (save the file as CSV with commas)"),
        ("ada,a@x.org,\xff,", "this line is not UTF-8 (save the file as UTF-8)"),
        ("ada,a@x.org,\x07,", "'interests' cannot be read: unacceptable character #x0007: control characters are not allowed (put text that has a colon or bracket in quotes)"),
    ],
)  # fmt: skip
def test_a_wrong_row_of_csv(tmp_path: Path, row: str, problem: str) -> None:
    text = f'id,email,interests,limit\nzoe,zoe@example.org,"a\nb",3\n{row}\n'
    found, problems = read(tmp_path / "people.csv", text.encode("latin-1"))
    assert problems == [f"people.csv:4: {problem}"]
    assert found[0].profile.interests == (Interest("a b"),)


def test_an_id_that_stands_twice_and_an_unknown_column(tmp_path: Path) -> None:
    text = "id,mail,interests\nada,a@x.org,x\nada,b@x.org,y\n"
    assert read(tmp_path / "people.csv", text)[1] == [
        "people.csv:1: unknown column 'mail' (did you mean 'email'?)",
        "people.csv:2: 'email' is missing (add it, or write `channels: [feed]`)",
        "people.csv:3: 'email' is missing (add it, or write `channels: [feed]`)",
        "people.csv:3: the id 'ada' is taken by people.csv:2 (choose another)",
    ]


def test_an_edited_entry_tells_its_lines() -> None:
    text = "id: ada\nemail: ada@example.org\nlimitt: 3\ninterests: [LoRA]\npaused: soon\n"
    with pytest.raises(ConfigError) as refused:
        lists.edited(text.encode(), "ada")
    assert str(refused.value).splitlines() == [
        "ada:3: unknown key 'limitt' (did you mean 'limit'?)",
        "ada:5: 'soon' is not a date (write the first day with digests again, as 2027-01-10)",
    ]
    with pytest.raises(ConfigError, match="there is no entry"):
        lists.edited(b"# nothing\n", "ada")


# --- Parquet -------------------------------------------------------------------------------


def table(path: Path, rows: Sequence[Mapping[str, object]]) -> tuple[list[Subscriber], list[str]]:
    """What is read of Parquet that another program wrote."""
    arrow = pytest.importorskip("pyarrow")
    pytest.importorskip("pyarrow.parquet").write_table(arrow.Table.from_pylist(rows), path)
    reading = Reading()
    found = list(lists.entries(path, path.name, reading))
    return found, [str(problem) for problem in reading.problems]


def test_parquet_with_lists_structs_and_numbers(tmp_path: Path) -> None:
    ada = {
        "id": "ada",
        "email": "ada@example.org",
        "channels": ["email", "feed"],
        "interests": ["LoRA", "mixture of experts: 2.5", "{author: Yann LeCun}", "1e5"],
        "schedule": {"every": "month", "on": 3, "at": "7:30"},
        "limit": 5,
        "threshold": 0.25,
        "learn": False,
        "paused": date(2027, 1, 10),
    }
    bob = {"id": "bob", "email": "bob@example.org", "interests": ["x; y"], "exclude": []}
    (first, second), problems = table(tmp_path / "people.parquet", [ada, bob])
    assert problems == []
    assert (first.channels, first.limit, first.threshold) == (("email", "feed"), 5, 0.25)
    assert (first.learn, first.paused) == (False, date(2027, 1, 10))
    assert first.schedule == Schedule("month", 3, time(7, 30))
    assert first.profile.interests == (
        Interest("LoRA"),
        Interest("mixture of experts", weight=2.5),
        Interest("Yann LeCun", "author"),
        Interest("1e5"),
    )
    assert second.profile == Profile((Interest("x; y"),))
    assert (first.source, second.source) == ("people.parquet: row 1", "people.parquet: row 2")


def test_parquet_with_cells_as_in_csv(tmp_path: Path) -> None:
    row = {
        "id": "ada",
        "email": "a@x.org",
        "interests": "LoRA; mixture of experts: 2.5",
        "limit": 3.0,
    }
    (ada,), problems = table(tmp_path / "people.parquet", [row])
    assert problems == []
    assert ada.profile.interests == (Interest("LoRA"), Interest("mixture of experts", weight=2.5))
    assert ada.limit == 3


def test_wrong_rows_of_parquet(tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"id": "ada", "mail": "a", "interests": ["x"], "limit": 2.5, "channels": ["feed"]},
        {"id": "ada", "mail": "", "interests": ["{x"], "limit": 5.0, "channels": ["feed"]},
        {"id": None, "interests": None, "channels": ["fed"]},
    ]
    assert table(tmp_path / "people.parquet", rows)[1] == [
        "people.parquet: unknown column 'mail' (did you mean 'email'?)",
        "people.parquet: row 1: '2.5' is not a whole number (write 3)",
        "people.parquet: row 2: 'interests' cannot be read: did not find expected ',' or '}' (put text that has a colon or bracket in quotes)",
        "people.parquet: row 2: the id 'ada' is taken by people.parquet: row 1 (choose another)",
        "people.parquet: row 3: 'id' is missing (add it)",
        "people.parquet: row 3: 'interests' is missing (add it)",
        "people.parquet: row 3: unknown word 'fed' (did you mean 'feed'?)",
    ]


def test_what_is_no_parquet(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    path = tmp_path / "people.parquet"
    path.write_text("id,email\n")
    with pytest.raises(ConfigError, match="read as Parquet: Parquet magic bytes not found"):
        list(lists.entries(path, path.name, Reading()))


def test_parquet_that_is_damaged_inside(tmp_path: Path) -> None:
    row = {"id": "ada", "email": "a@x.org", "interests": ["x"]}
    path = tmp_path / "people.parquet"
    table(path, [row] * 2000)
    content = bytearray(path.read_bytes())
    content[20:200] = bytes(180)
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=r"^people.parquet: cannot be read as Parquet: "):
        list(lists.entries(path, path.name, Reading()))


@pytest.mark.parametrize("kind", ["string", "timestamp[ns]"])
def test_parquet_with_values_that_python_has_not(tmp_path: Path, kind: str) -> None:
    arrow = pytest.importorskip("pyarrow")
    name: Any = arrow.array([1], "timestamp[ns]")
    if kind == "string":
        name = arrow.Array.from_buffers(
            arrow.string(), 1, [None, arrow.py_buffer(bytes([0, 0, 0, 0, 1, 0, 0, 0])),
                                arrow.py_buffer(b"\xff")]
        )  # fmt: skip
    given = arrow.table({"id": ["ada"], "name": name})
    path = tmp_path / "people.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(given, path)
    with pytest.raises(ConfigError, match=r"^people.parquet: cannot be read as Parquet: "):
        list(lists.entries(path, path.name, Reading()))


def test_parquet_with_bytes_for_text_and_a_map_of_weights(tmp_path: Path) -> None:
    arrow = pytest.importorskip("pyarrow")
    binary = arrow.binary()
    given = arrow.table(
        {
            "id": arrow.array([b"ada", b"bob", b"zo\xff"], binary),
            "channels": [["feed"]] * 3,
            "interests": arrow.array(
                [[("LoRA", 2.0)], [("agents", 1.0), ("x", 0.5)], [("y", 1.0)]],
                arrow.map_(arrow.string(), arrow.float64()),
            ),
            "exclude": arrow.array([[b"survey"], [], []], arrow.list_(binary)),
        }
    )
    path = tmp_path / "people.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(given, path)
    reading = Reading()
    ada, bob = lists.entries(path, path.name, reading)
    assert ada.profile == Profile((Interest("LoRA", weight=2.0),), (Interest("survey"),))
    assert bob.profile.interests == (Interest("agents"), Interest("x", weight=0.5))
    assert [str(one) for one in reading.problems] == [
        "people.parquet: row 3: the character U+DCFF in 'zo\\udcff' (delete it)",
    ]


def test_a_column_that_stands_twice(tmp_path: Path) -> None:
    text = "id,email,interests,limit,limit\nada,a@x.org,x,3,5\n"
    told = "the column 'limit' stands there 2 times (keep one)"
    assert read(tmp_path / "people.csv", text)[1] == [f"people.csv:1: {told}"]
    arrow = pytest.importorskip("pyarrow")
    names = text.splitlines()[0].split(",")
    given = arrow.table([["ada"], ["a@x.org"], ["x"], [3], [5]], names=names)
    path = tmp_path / "people.parquet"
    pytest.importorskip("pyarrow.parquet").write_table(given, path)
    reading = Reading()
    list(lists.entries(path, path.name, reading))
    assert [str(one) for one in reading.problems] == [f"people.parquet: {told}"]
