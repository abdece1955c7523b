"""The examples of docs/sources.md load, and are requests that can be made."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from typing import get_args

import pytest

from digest import config
from digest.model import SourceKind
from digest.sources.fetch import kinds
from digest.sources.fetch.exchange import Identity, Page

TEXT = (Path(__file__).parents[3] / "docs/sources.md").read_text()
EXAMPLES = re.findall(r"```toml\n(.*?)```", TEXT, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_an_example_can_be_used(example: str, tmp_path: Path) -> None:
    (tmp_path / "digest.toml").write_text(example)
    for section in config.load(tmp_path, {}).sources:
        source = section.as_model()
        assert source.name
        page = Page(date(2026, 11, 27))
        first = kinds.of(source).first(source, page, Identity("me@example.org"))
        assert first.url.startswith("https://")


def test_each_kind_has_an_example_and_a_row() -> None:
    for kind in get_args(SourceKind):
        assert f'kind = "{kind}"' in "".join(EXAMPLES)
        assert f"\n| `{kind}` |" in TEXT
        assert f"\n### {kind}\n" in TEXT


def test_every_key_of_a_source_is_in_the_table() -> None:
    own = {"via", "server"}  # of one kind each, and told there
    assert not [
        key for key in config.Source.model_fields if f"\n| `{key}` |" not in TEXT and key not in own
    ]
    assert all(f"`{key} = " in TEXT for key in own)
