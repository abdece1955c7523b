"""The container image can be built: its wheel is made of exactly what the Dockerfile copies."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path, PurePosixPath
from zipfile import ZipFile

import pytest

TOP = Path(__file__).parent.parent

PARTS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
"""What the wildcards of .dockerignore stand for, as regular expressions."""


def is_sent(path: str, ignore: str) -> bool:
    """Whether Docker's builder gets to see a file; the last line that matches decides.

    A line matches a file by the file's path or by that of a folder above it. Backslashes and
    character classes, which ours does not use, are not read.
    """
    above = [str(each) for each in PurePosixPath(path).parents if each.name]
    sent = True
    for line in filter(None, map(str.strip, ignore.splitlines())):
        if line.startswith("#"):
            continue
        pattern = line.removeprefix("!").strip("/")
        pieces = re.split(r"(\*\*/|\*\*|\*|\?)", pattern)
        regex = re.compile("".join(PARTS.get(piece, re.escape(piece)) for piece in pieces))
        if any(map(regex.fullmatch, [path, *above])):
            sent = line.startswith("!")
    return sent


@pytest.mark.parametrize(
    ("ignore", "sent"),
    [
        ("", ["a/b/c.txt", "a/d.txt", "e.txt"]),
        ("a", ["e.txt"]),
        ("/a/b/\n# a", ["a/d.txt", "e.txt"]),
        ("*.txt", ["a/b/c.txt", "a/d.txt"]),
        ("**/*.txt", []),
        ("**/b", ["a/d.txt", "e.txt"]),
        ("a/*\n!a/b", ["a/b/c.txt", "e.txt"]),
        ("!a/b\na/*", ["e.txt"]),
        ("a/?.txt", ["a/b/c.txt", "e.txt"]),
    ],
)
def test_dockerignore_is_read_as_docker_reads_it(ignore: str, sent: list[str]) -> None:
    files = ["a/b/c.txt", "a/d.txt", "e.txt"]
    assert [path for path in files if is_sent(path, ignore)] == sent


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the files that Git knows."""
    if not (TOP / ".git").exists() or not shutil.which("git"):
        pytest.skip("this is no Git checkout")
    copy = tmp_path_factory.mktemp("checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=TOP, capture_output=True, check=True)  # noqa: S607
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (TOP / name).is_file():
            (copy / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(TOP / name, copy / name)
    return copy


def copy_as_docker_does(checkout: Path, image: Path) -> None:
    """Do what the COPY lines of the Dockerfile's first stage say."""
    first, *_ = re.split(r"(?m)^(?=FROM )", (checkout / "Dockerfile").read_text())[1:]
    ignore = (checkout / ".dockerignore").read_text()
    files = [path for path in checkout.rglob("*") if path.is_file()]
    for line in re.findall(r"(?m)^COPY (.*)$", first):
        *sources, target = line.split()
        for source in sources:
            for path in files:
                name = str(path.relative_to(checkout))
                if not is_sent(name, ignore):
                    continue
                if name == source:  # into the folder
                    assert target.endswith("/"), line
                    place = image / target / path.name
                elif name.startswith(f"{source}/"):  # what the folder holds, not the folder
                    place = image / target / name.removeprefix(f"{source}/")
                else:
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, place)


def wheel_of(folder: Path) -> dict[str, bytes]:
    """Build the folder's wheel, without a network; its files by their names."""
    built = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", "dist"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert built.returncode == 0, built.stderr
    [path] = (folder / "dist").iterdir()
    assert path.name.startswith("papers_digest-")
    with ZipFile(path) as wheel:
        return {name: wheel.read(name) for name in wheel.namelist()}


def test_the_wheel_of_the_image_is_that_of_the_checkout(checkout: Path, tmp_path: Path) -> None:
    copy_as_docker_does(checkout, tmp_path)
    wheel = wheel_of(tmp_path)
    assert wheel == wheel_of(checkout)
    assert "digest/py.typed" in wheel, "type checkers would not read the annotations"

    for folder, shipped in (("templates", "templates"), ("examples/dumps", "starter/inbox")):
        for path in (TOP / folder).iterdir():
            assert wheel[f"digest/{shipped}/{path.name}"] == path.read_bytes()
    for name in ("related.txt", "pieces.npz", "pieces.LICENSE"):
        table = f"digest/ranking/{name}"
        assert wheel[table] == (TOP / table).read_bytes()
    for name in ("subscribers.yaml", "subscribers.schema.json"):
        assert wheel[f"digest/starter/{name}"] == (TOP / name).read_bytes()
