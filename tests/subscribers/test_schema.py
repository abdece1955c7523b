"""The JSON schema that editors use says what the program says."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from digest.subscribers.schema import schema_file
from digest.subscribers.yaml_document import Node, Plain, compose
from tests.subscribers import told

TOP = Path(__file__).parents[2]
VALIDATOR = Draft202012Validator(json.loads(schema_file()))


def json_value(node: Node) -> Any:
    """What an editor's YAML 1.2 reader makes of a node."""
    match node.value:
        case dict() as items:
            return {key: json_value(item) for key, item in items.items()}
        case list() as items:
            return [json_value(item) for item in items]
        case Plain(value=value):
            return value
        case value:
            return value


def errors(text: str) -> list[str]:
    root, faults = compose(text)
    assert root is not None
    assert not faults
    return [error.message for error in VALIDATOR.iter_errors(json_value(root))]


def test_the_shipped_schema_is_the_generated_one() -> None:
    shipped = (TOP / "subscribers.schema.json").read_text(encoding="utf-8")
    assert shipped == schema_file(), "python -m digest.subscribers > subscribers.schema.json"


def test_it_is_a_schema() -> None:
    Draft202012Validator.check_schema(json.loads(schema_file()))


def test_the_shipped_profiles_fit(tmp_path: Path) -> None:
    text = (TOP / "subscribers.yaml").read_text(encoding="utf-8")
    assert errors(text) == []
    assert told(tmp_path, text) == []


def test_every_key_is_described() -> None:
    definitions = json.loads(schema_file())["$defs"]
    for name in ("Defaults", "Entry", "Match", "Author", "Category", "Venue", "Code"):
        for key, field in definitions[name]["properties"].items():
            assert field.get("description"), f"{name}.{key}"


@pytest.mark.parametrize(
    "line",
    [
        "exclude: [survey, {match: /x/, in: title}, {author: Anon}]",
        "schedule: {every: month, on: 31, at: '7:30'}",
        "schedule: {cron: '0 8 * * 1'}",
        "backfill: 30d",
        "interests: [LoRA, 1.10, LoRA: 2, {match: /x/}, {author: Ann, weight: 2}]",
        "interests: [{category: cs.LG, must_see: true}, {venue: NeurIPS}, {code: true, weight: 2}]",
        "interests: [{match: diffusion, in: keywords}, {code: 2}, {venue: 1.5}]",
        "exclude: [{category: cs.*}, {venue: NeurIPS}, {match: /x/, in: keywords}]",
        "upvotes: 0.1",
    ],
)
def test_right_lines_fit_both(tmp_path: Path, line: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: b@x.org\n    {line}\n"
    text += "" if line.startswith("interests") else "    interests: [x]\n"
    assert errors(text) == []
    assert told(tmp_path, text) == []


@pytest.mark.parametrize(
    "line",
    [
        "intrests: [x]",
        "limit: 0",
        "limit: '3'",
        "threshold: 1.5",
        "send_empty: no",
        "channels: []",
        "channels: [sms]",
        "schedule: {every: weekly}",
        "schedule: {on: mondey}",
        "schedule: {at: '25:00'}",
        "backfill: 30 days",
        "exclude: [{survey: 2}]",
        "exclude: [{match: survey, weight: 2}]",
        "feed_entries: paper",
    ],
)
def test_wrong_lines_fit_neither(tmp_path: Path, line: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: b@x.org\n    interests: [x]\n    {line}\n"
    assert errors(text)
    assert told(tmp_path, text)


@pytest.mark.parametrize(
    "interest",
    ["{LoRA: 0}", "{LoRA: rank}", "{a: 1, b: 2}", "{match: x, in: body}", "{code: false}", "[x]"],
)
def test_wrong_interests_fit_neither(tmp_path: Path, interest: str) -> None:
    text = f"subscribers:\n  - id: bob\n    email: b@x.org\n    interests: [{interest}]\n"
    assert errors(text)
    assert told(tmp_path, text)
