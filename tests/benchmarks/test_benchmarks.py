"""Every benchmark runs, in a size that says nothing about speed: nothing is timed here. Those that
start many processes run where DIGEST_BENCHMARKS is ``all``."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from importlib.util import find_spec
from unittest.mock import patch

import pytest

from benchmarks.__main__ import NAMES, main
from benchmarks.measuring import ROOT
from tests.cli.command import Ended

# What each has to have measured at least: (the beginning of a subject, a unit).
EXPECTED = {
    "run": {("digest", "CPU ms a reader"), ("plain: mail and feeds / digest", "times")},
    "compose": {("digest", "CPU ms a message"), ("premailer and EmailMessage / digest", "times")},
    "smtp": {("digest, strict, 8 connections", "messages/s"), ("smtplib", "messages/s")},
    "idle": {("digest", "CPU s"), ("plain", "CPU s")},
    "profiles": {("digest", "CPU s"), ("plain", "CPU s")},
    "rank": {("digest", "peak MB"), ("scikit-learn", "CPU s")},
    "ledger": {("digest", "digests/s"), ("plain", "digests/s")},
    "feeds": {("digest, from memory", "CPU ms a feed"), ("feedgen", "CPU ms a feed")},
    "million": {("digest", "CPU s"), ("digest", "had two mails")},
    "cluster": {("digest, 2 workers", "wall s"), ("digest", "decisions that differ")},
}


IN_ONE_PROCESS = ("compose", "rank", "ledger", "smtp")
TRIED = NAMES if os.environ.get("DIGEST_BENCHMARKS") == "all" else IN_ONE_PROCESS


def run(*arguments: str) -> Ended:
    """Run ``python -m benchmarks`` in this process, in which most of what it imports is there."""
    out, err = io.StringIO(), io.StringIO()
    with (
        patch.object(sys, "argv", ["benchmarks", *arguments]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            code = main()
        except SystemExit as end:
            code = end.code if isinstance(end.code, int) else 1
    return Ended(code, out.getvalue(), err.getvalue())


@pytest.mark.no_cover
@pytest.mark.parametrize("name", TRIED)
def test_each_benchmark_measures_us_and_its_baseline(name: str) -> None:
    if name == "cluster" and not find_spec("distributed"):
        pytest.skip("distributed is not installed")
    done = run("--tiny", "--json", name)
    assert done.code == 0, done.err
    answer = done.json
    assert answer["machine"]["cores"] >= 1
    assert answer["machine"]["disk"]
    measured = answer["benchmarks"][name]
    assert len(measured["load"]["before"]) == len(measured["load"]["after"]) == 3
    found = {(figure["subject"], figure["unit"]) for figure in measured["figures"]}
    for subject, unit in EXPECTED[name]:
        assert any(a.startswith(subject) and b == unit for a, b in found), (subject, unit, found)
    promises = ("had two mails", "left out", "decisions that differ")
    broken = [f for f in measured["figures"] if f["unit"] in promises and f["median"]]
    assert not broken


def test_an_unknown_name_is_refused_with_the_known_ones() -> None:
    command = [sys.executable, "-m", "benchmarks", "--tiny", "speed"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603  our own command
    assert done.returncode == 2
    assert "speed" in done.stderr
    assert "million" in done.stderr


@pytest.mark.no_cover
def test_without_json_there_are_tables() -> None:
    done = run("--tiny", "compose")
    assert done.code == 0, done.err
    assert "## compose" in done.out
    assert "| 10 papers, text and HTML | digest " in done.out
