"""``digest export`` as other programs meet it."""

from __future__ import annotations

import csv
import io
import json
import re
import stat
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.cli.command import digest
from tests.cli.sample_home import FIRST, make, put

LIGHTHOUSE = "The lighthouse at the end of the world"


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


def test_papers_are_json_lines_unless_one_says_otherwise(home: Path) -> None:
    ended = digest(home, "export", "papers")
    assert (ended.code, ended.err) == (0, "")
    first, second = lines(ended.out)
    assert (first["title"], second["title"]) == (LIGHTHOUSE, "Soup near the pier")
    assert first["arrived"].startswith("2026-11-16T08:00:0")
    assert first["arrived"].endswith("+00:00")
    assert list(first) == [
        *("id", "title", "abstract", "authors", "author_count", "published", "listed", "arrived"),
        *("url", "pdf", "code", "arxiv", "doi", "venue", "categories", "keywords", "comments"),
        *("upvotes", "standing"),
    ]


def test_picks_say_who_was_sent_what_and_why(home: Path) -> None:
    digest(home, "run", "--now", FIRST)
    found = lines(digest(home, "export", "picks").out)
    assert [(one["subscriber"], one["period"], one["rank"]) for one in found] == [
        ("ada", "2026-W46", 1),
        ("bob", "2026-W46", 1),
    ]
    assert [(one["email_state"], one["feed_state"]) for one in found] == [
        ("sent", "sent"),
        ("sent", None),
    ]
    (paper, _) = lines(digest(home, "export", "papers").out)
    assert {one["paper"] for one in found} == {paper["id"]}
    reasons = found[0]["reasons"]
    assert (reasons[0]["interest"], reasons[0]["place"]) == ("lighthouse", "title")
    assert sum(each["contribution"] for each in reasons) == pytest.approx(found[0]["score"])


def test_verdicts_say_who_liked_what_and_when(home: Path) -> None:
    digest(home, "feedback", "ada", "lighthouse", "like", "--now", "2026-11-17T09:00Z")
    digest(home, "feedback", "bob", "soup", "dislike", "--now", "2026-11-18T09:00Z")
    wanted = ("subscriber", "title", "opinion", "at")
    found = [
        tuple(one[key] for key in wanted) for one in lines(digest(home, "export", "verdicts").out)
    ]
    assert found == [
        ("ada", LIGHTHOUSE, "like", "2026-11-17T09:00:00+00:00"),
        ("bob", "Soup near the pier", "dislike", "2026-11-18T09:00:00+00:00"),
    ]
    later = digest(home, "export", "verdicts", "--since", "2026-11-18").out
    assert [one["subscriber"] for one in lines(later)] == ["bob"]
    hers = digest(home, "export", "verdicts", "--subscriber", "ada").out
    assert [one["subscriber"] for one in lines(hers)] == ["ada"]


def test_only_what_came_since_a_day(home: Path) -> None:
    put(home, "third", "A lighthouse keeper's log")
    digest(home, "run", "--now", "2026-11-23T08:00Z")
    found = lines(digest(home, "export", "papers", "--since", "2026-11-20").out)
    assert [one["title"] for one in found] == ["A lighthouse keeper's log"]
    picks = lines(digest(home, "export", "picks", "--since", "2026-11-20").out)
    assert {one["period"] for one in picks} == {"2026-W47"}


def test_csv_has_crlf_and_no_formula(home: Path) -> None:
    put(home, "third", '=HYPERLINK("http://example.org";"lighthouse")', "-1 + 1, of a lighthouse")
    digest(home, "run", "--now", "2026-11-23T08:00Z")
    out = home / "papers.csv"
    assert digest(home, "export", "papers", "--out", out).code == 0
    content = out.read_bytes().decode()
    assert content.startswith("id,title,abstract,")
    assert content.count("\r\n") == len(content.splitlines()) == 5
    titles = [row["title"] for row in csv.DictReader(io.StringIO(content, newline=""))]
    assert titles[2:] == [
        '\'=HYPERLINK("http://example.org";"lighthouse")',
        "'-1 + 1, of a lighthouse",
    ]
    assert stat.S_IMODE(out.stat().st_mode) == 0o600


def test_csv_of_picks_keeps_numbers_numbers_and_reasons_json(home: Path) -> None:
    text = digest(home, "export", "picks", "--format", "csv").out
    row = next(csv.DictReader(io.StringIO(text, newline="")))
    assert float(row["score"]) > 0
    assert json.loads(row["reasons"])[0]["term"] == "lighthouse"
    assert row["late"] == "false"


def test_parquet_has_types(home: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    for what in ("papers", "picks", "verdicts"):
        assert digest(home, "export", what, "--out", home / f"{what}.parquet").code == 0
    papers = parquet.read_table(home / "papers.parquet")
    assert str(papers.schema.field("arrived").type) == "timestamp[us, tz=UTC]"
    assert str(papers.schema.field("published").type) == "date32[day]"
    assert papers.column("authors").to_pylist()[0] is not None
    assert papers.column("title").to_pylist() == [LIGHTHOUSE, "Soup near the pier"]
    (mine, _) = parquet.read_table(home / "picks.parquet").to_pylist()
    assert mine["reasons"][0]["interest"] == "lighthouse"
    assert parquet.read_table(home / "verdicts.parquet").num_rows == 0


def test_references_hold_each_paper_once(home: Path) -> None:
    papers = digest(home, "export", "papers", "--format", "bib").out
    assert papers.count("@misc{") == 2
    assert "title = {The lighthouse at the end of the world}" in papers
    picks = digest(home, "export", "picks", "--format", "bib").out  # sent to two
    assert picks.count("@misc{") == 1
    out = home / "picks.ris"
    assert digest(home, "export", "picks", "--out", out, "--subscriber", "bob").code == 0
    assert out.read_bytes().startswith(b"TY  - GEN\r\nTI  - The lighthouse")
    assert digest(home, "export", "picks", "--format", "ris", "--since", "2026-12-01").out == ""


def test_parquet_without_its_library_names_the_remedy(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    ended = digest(home, "export", "papers", "--out", home / "papers.parquet")
    assert ended.code == 1
    assert "pip install 'papers-digest[parquet]'" in ended.err
    assert not (home / "papers.parquet").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("papers", "--format", "parquet"), "name a file with --out"),
        (("verdicts", "--format", "bib"), "no bib of verdicts"),
        (("papers", "--subscriber", "ada"), "papers belong to nobody"),
        (("picks", "--subscriber", "nobody"), "There is no subscriber 'nobody'"),
        (("picks", "--since", "yesterday"), "is not like 2026-11-16T08:00+01:00"),
    ],
)
def test_what_makes_no_sense_is_told(home: Path, arguments: tuple[str, ...], told: str) -> None:
    ended = digest(home, "export", *arguments)
    assert ended.code in (1, 2)
    assert told in ended.err
    assert ended.out == ""


def test_a_file_is_replaced_only_on_request_and_only_as_a_whole(home: Path) -> None:
    out = home / "papers.jsonl"
    out.write_text("mine\n")
    refused = digest(home, "export", "papers", "--out", out)
    assert (refused.code, out.read_text()) == (1, "mine\n")
    assert "give --replace" in refused.err
    assert digest(home, "export", "papers", "--out", out, "--replace").code == 0
    assert len(lines(out.read_text())) == 2
    assert not list(home.glob(".*.part"))


@pytest.mark.parametrize("what", ["papers", "picks", "verdicts"])
def test_the_page_about_tools_names_every_column(home: Path, what: str) -> None:
    page = (Path(__file__).parents[2] / "docs" / "tools.md").read_text()
    table = page.partition(f"| {what} | type |")[2].partition("\n\n")[0]
    named = [
        name for row in table.splitlines()[2:] for name in re.findall("`(\\w+)`", row.split("|")[1])
    ]
    header = digest(home, "export", what, "--format", "csv").out.splitlines()[0]
    assert named == header.split(",")


def test_nothing_secret_is_exported(home: Path) -> None:
    token = digest(home, "subscribers", "show", "ada", "--json").json["feeds"]["atom"]
    for what in ("papers", "picks", "verdicts"):
        text = digest(home, "export", what).out
        assert "@example.org" not in text
        assert token.split("/")[-2] not in text


def test_a_home_that_never_ran_has_nothing_to_export(tmp_path: Path) -> None:
    fresh = make(tmp_path / "fresh")
    ended = digest(fresh, "export", "papers")
    assert (ended.code, ended.out) == (0, "")
    assert not (fresh / "state").exists()
