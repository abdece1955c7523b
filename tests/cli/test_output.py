"""What the commands print, as tables and as JSON, whatever the text is."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime

import pytest

from digest.cli import output
from digest.model import Period, Problem


def test_json_shows_letters_as_they_are_and_any_file_name_as_valid_json(
    capsys: pytest.CaptureFixture[str],
) -> None:
    output.print_json(
        {"title": "Ökologie – “λ”", "file": b"caf\xe9.json".decode(errors="surrogateescape")}
    )
    printed = capsys.readouterr().out
    assert '"title": "Ökologie – “λ”"' in printed
    assert json.loads(printed)["file"] == "caf\udce9.json"


def test_json_writes_instants_periods_and_records(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_json(
        [
            datetime(2026, 11, 16, 8, tzinfo=UTC),
            Period(date(2026, 11, 9), "week"),
            Problem("a", "b"),
        ]
    )
    assert json.loads(capsys.readouterr().out) == [
        "2026-11-16T08:00:00+00:00",
        "2026-W46",
        {"where": "a", "what": "b", "remedy": ""},
    ]
    with pytest.raises(TypeError, match="set has no JSON form"):
        output.print_json({"a", "b"})


def test_brackets_in_titles_and_problems_are_shown_as_they_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    title = "[bold]Attention[/bold] is all [you] need \\[sic]"
    output.console().print(output.table(("Paper", "#papers"), [(title, "1")]))
    output.print_problems([Problem("[a].json", title, "[mend] it")])
    printed = capsys.readouterr()
    assert [line.split("  ")[0] for line in printed.out.splitlines()] == ["Paper", title]
    assert printed.err == f"[a].json: {title} – [mend] it\n"
