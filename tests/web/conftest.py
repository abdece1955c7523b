"""What requests are answered from in these tests."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import digest.ledger
from digest import web
from digest.ledger import Ledger
from digest.tokens import TokenSigner
from tests.web.front import Front, make_desk, running


@pytest.fixture
def book(tmp_path: Path, sqlite_template: Path) -> Iterator[Ledger]:
    """An empty ledger."""
    database = shutil.copy(sqlite_template, tmp_path / "digest.db")
    with digest.ledger.open(f"sqlite:///{database}") as opened:
        yield opened


@pytest.fixture
def keys() -> TokenSigner:
    """What signs the links."""
    return TokenSigner({1: b"k" * 32})


@pytest.fixture
def desk(tmp_path: Path, book: Ledger, keys: TokenSigner) -> web.WebContext:
    """The desk of a home in a folder; tests replace parts of it."""
    return make_desk(tmp_path, book, keys)


@pytest.fixture
def front(desk: web.WebContext) -> Iterator[Front]:
    """A server that answers from the desk."""
    with running(desk) as started:
        yield started
