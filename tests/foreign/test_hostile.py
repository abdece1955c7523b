"""Hostile and broken files of other programs: bounded, told in words, and one costs no other."""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from typing import get_args

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.errors import ConfigError
from digest.foreign import Kind, Report, people, profiles, read
from digest.subscribers import lists
from tests.conftest import examples
from tests.foreign import samples

KINDS = get_args(Kind)
TEXTS = {
    "arxiv-sanity": '{"wei": {"diffusion": ["2106.09685"]}}',
    "zotero-arxiv-daily": samples.ENV + samples.YAML,
    "opml": samples.OPML,
    "listmonk": samples.LISTMONK,
    "csv": samples.MAILCHIMP,
}


def found(kind: Kind, path: Path) -> tuple[list[str], list[str]]:
    """The ids of the people in a file, and what was told of it."""
    report = Report(path.name)
    ids = [str(one.id) for one, _ in profiles(read(kind, path, report), report)]
    return ids, [str(problem) for problem in report.problems]


@pytest.mark.parametrize("kind", KINDS)
@given(data=st.data())
@settings(max_examples=examples(60), suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_change_of_a_file_ends_in_people_and_words(
    kind: Kind, tmp_path: Path, data: st.DataObject
) -> None:
    content = bytearray(TEXTS[kind].encode())
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, len(content) - 1))
        piece = data.draw(
            st.binary(max_size=6) | st.sampled_from([b'"', b",", b"\n", b"[", b"\x00"])
        )
        content[at : at + data.draw(st.integers(0, 9))] = piece or b" "
    path = tmp_path / "file"
    path.write_bytes(bytes(content))
    with suppress(ConfigError):
        found(kind, path)


def test_a_database_with_views_and_generated_columns_is_not_run(tmp_path: Path) -> None:
    path = tmp_path / "dict.db"
    with closing(sqlite3.connect(path)) as made, made:
        made.execute(
            "CREATE VIEW tags AS WITH RECURSIVE n(key, value) AS (SELECT 1, x'00' UNION ALL"
            " SELECT key + 1, value FROM n) SELECT * FROM n"
        )
    with pytest.raises(ConfigError, match="a database without tags"):
        found("arxiv-sanity", path)
    other = tmp_path / "other.db"
    with closing(sqlite3.connect(other)) as made, made:
        made.execute("CREATE TABLE tags (key TEXT, value AS(zeroblob(1000000000)))")
        made.execute("INSERT INTO tags VALUES ('wei')")
    with pytest.raises(ConfigError, match="a database without tags"):
        found("arxiv-sanity", other)


def test_entities_of_opml_neither_grow_nor_read_files(tmp_path: Path) -> None:
    bomb = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    path = tmp_path / "feeds.opml"
    path.write_text(
        f'<!DOCTYPE opml [<!ENTITY e0 "lol"><!ENTITY f SYSTEM "file:///etc/passwd">{bomb}]>'
        '<opml><head><ownerName>&f;&e11;</ownerName></head><body><outline text="robot learning">'
        '<outline text="Lab &e11;" xmlUrl="https://lab.example.org/feed"/></outline></body></opml>'
    )
    with suppress(ConfigError):
        ids, told = found("opml", path)
        assert "root:" not in "".join((*ids, *told))


def test_anchors_and_tags_of_yaml_make_nothing(tmp_path: Path) -> None:
    path = tmp_path / "custom.yaml"
    path.write_text(
        "a: &a [x, x]\nb: !!python/object/apply:os.system [ls]\nc: *a\n"
        "email: {receiver: kai@example.org}\nsource: {arxiv: {category: [cs.LG]}}\n"
    )
    ids, told = found("zotero-arxiv-daily", path)
    assert ids == ["kai"]
    assert any(line.startswith("custom.yaml:1: this line is not read") for line in told)


@pytest.mark.parametrize("kind", ["opml", "listmonk", "zotero-arxiv-daily"])
def test_a_file_that_is_too_large_is_not_read(
    kind: Kind, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(people, "LARGEST", 2**20)
    path = tmp_path / "large"
    path.write_bytes(b"email\n" * 2**20)
    with pytest.raises(ConfigError, match="larger than 1 MiB"):
        found(kind, path)


def test_a_report_of_a_large_list_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    rows = "".join(f"no address {n},,tag {n}\n" for n in range(3000))
    path.write_text(f"email,name,tags\n{rows}")
    ids, told = found("csv", path)
    assert ids == []
    assert len(told) == 1001
    assert told[-1] == "list.csv: 2,000 more could not be carried over"


def test_names_and_tags_are_only_ever_text(tmp_path: Path) -> None:
    path = tmp_path / "list.csv"
    path.write_text(
        'email,name,tags\nmia@example.org,"{x: 1}",'
        '"/(a+)+$/;: - [robot;!!python/name:os.system;robot #1"\n'
    )
    report = Report("list.csv")
    ((mia, _),) = profiles(read("csv", path, report), report)
    assert mia.name == "{x: 1}"
    assert {one.kind for one in mia.profile.interests} == {"phrase"}
    entry = yaml.safe_load(lists.as_yaml(mia))
    assert "robot #1" in entry["interests"]


def test_windows_1252_semicolons_and_utf_16_are_read(tmp_path: Path) -> None:
    text = "E-Mail;Name;Interests\nzoe@example.org;Zoë;robot | audio\n"
    for name, encoding in (("a.csv", "cp1252"), ("b.csv", "utf-16"), ("c.csv", "utf-8-sig")):
        (tmp_path / name).write_bytes(text.encode(encoding))
        report = Report(name)
        ((zoe, _),) = profiles(read("csv", tmp_path / name, report), report)
        assert (zoe.name, [one.text for one in zoe.profile.interests]) == (
            "Zoë",
            ["robot", "audio"],
        )
        assert ("Windows-1252" in "".join(map(str, report.problems))) == (encoding == "cp1252")
