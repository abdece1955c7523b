"""Packages import only what the table in docs/architecture.md allows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "digest"
ROW = re.compile(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", re.MULTILINE)


def may_import() -> dict[str, set[str]]:
    """Package → the packages it may import, as the table says."""
    table = (ROOT / "docs/architecture.md").read_text().partition("## The packages")[2]
    rows = ROW.findall(table.partition("\n## ")[0])
    return {name: set(re.findall(r"\w+", allowed)) for name, allowed in rows}


MAY_IMPORT = may_import()


def package_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported_packages(path: Path) -> Iterator[str]:
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
    path
    for path in PACKAGE.rglob("*.py")
    if package_of(path) not in {"cli", "__init__", "__main__"}
)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_package_imports_only_what_the_table_allows(path: Path) -> None:
    package = package_of(path)
    assert package in MAY_IMPORT, f"add {package} to the table in docs/architecture.md"
    assert set(imported_packages(path)) - {package} <= MAY_IMPORT[package]


def test_the_table_allows_no_more_than_is_used() -> None:
    used: dict[str, set[str]] = {name: set() for name in map(package_of, FILES)}
    for path in FILES:
        used[package_of(path)] |= set(imported_packages(path)) - {package_of(path)}
    assert used == MAY_IMPORT


def test_packages_do_not_import_each_other_in_a_circle() -> None:
    done: set[str] = set()

    def follow(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a circle: {' → '.join((*way, name))}"
        if name not in done:
            for other in sorted(MAY_IMPORT[name]):
                follow(other, (*way, name))
            done.add(name)

    for name in MAY_IMPORT:
        follow(name, ())
