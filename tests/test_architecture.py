"""The arrows between the rooms point one way; see docs/architecture.md."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "digest"

CORE = {"model", "errors", "notation"}
MAY_IMPORT: dict[str, set[str]] = {
    "model": set(),
    "notation": set(),
    "errors": {"model"},
    "text": set(),
    "config": CORE,
    "subscribers": CORE | {"text", "periods"},
    "sources": CORE | {"text"},
    "inbox": CORE,
    "identity": {"model", "text"},
    "periods": {"model"},
    "ranking": {"model", "text"},
    "balance": {"model", "text"},
    "planner": {"balance", "model"},
    "render": CORE | {"text"},
    "publisher": CORE,
    "contracts": {"model"},
    "ledger": CORE | {"contracts", "private_files", "text"},
    "delivery": CORE | {"tokens"},
    "doctor": {"delivery"},
    "private_files": set(),
    "tokens": {"model", "errors", "private_files"},
    "report": {"model"},
    "presence": {"private_files"},
    "beside": set(),
    "schedule": {"model", "periods"},
    "starter": set(),
    "house": {"beside", "contracts", "model", "planner", "render", "report"},
    "dispatch": CORE | {"contracts", "delivery", "house", "report"},
    "publication": CORE | {"house", "render", "report"},
    "pipeline": CORE
    | {"contracts", "dispatch", "house", "publication", "report"}
    | {"balance", "identity", "periods", "planner", "ranking", "sources"},
    "tuning": CORE | {"contracts", "inquiry", "pipeline", "planner", "ranking", "text"},
    "web": CORE | {"render", "tokens"},
    "inquiry": {"contracts", "model", "periods", "pipeline", "planner"},
}
"""Room → the rooms it may import. ``cli`` may import all; nothing imports ``cli``."""


def room_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.ImportFrom(module="digest", names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=str(module)) if module.startswith("digest."):
                yield module.split(".")[1]
            case ast.Import(names=names):
                for alias in names:
                    if alias.name.startswith("digest."):
                        yield alias.name.split(".")[1]


FILES = sorted(
    path for path in PACKAGE.rglob("*.py") if room_of(path) not in {"cli", "__init__", "__main__"}
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_room_imports_only_what_it_may(path: Path) -> None:
    room = room_of(path)
    assert room in MAY_IMPORT, f"say in MAY_IMPORT and the architecture what {room} may import"
    assert set(imported_rooms(path)) - {room} <= MAY_IMPORT[room]


def test_every_room_is_on_the_map() -> None:
    rooms = {room_of(path) for path in FILES}
    assert set(MAY_IMPORT) <= rooms, "a room in MAY_IMPORT does not exist"
