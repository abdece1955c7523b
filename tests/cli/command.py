"""The command line as a shell sees it: arguments in; exit status and both outputs out."""

from __future__ import annotations

import io
import json
import logging
import os
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click

from digest.cli import main


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What it printed, read as JSON."""
        return json.loads(self.out)


def digest(home: Path, *arguments: str | Path) -> Ended:
    """Run ``digest --home HOME ARGUMENTS`` in this process, before a wide terminal."""
    line: Sequence[str] = ["digest", "--home", str(home), *map(str, arguments)]
    out, err = io.StringIO(), io.StringIO()
    code, log = 0, logging.getLogger()
    handlers, level = log.handlers[:], log.level
    with (
        patch.object(sys, "argv", list(line)),
        patch.dict(os.environ, COLUMNS="200"),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
        finally:
            log.handlers[:] = handlers
            log.setLevel(level)
    return Ended(code, out.getvalue(), err.getvalue())


def subcommand(group: click.Group, name: str) -> click.Command:
    """Return the command that a group calls by this name, imported if it has to be."""
    found = group.get_command(click.Context(group), name)
    assert found is not None, f"there is no digest … {name}"
    return found
