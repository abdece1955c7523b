"""Run benchmarks: ``python -m benchmarks [--quick] [--json] [NAME...]``.

Progress goes to standard error; the result, tables in Markdown or one JSON object, to standard
output. Homes lie in a temporary folder (``TMPDIR`` chooses the disk) and on a tmpfs.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from benchmarks import machine, tables
from benchmarks.measuring import Figure, Options, Scale, note

NAMES = (
    "run",
    "compose",
    "smtp",
    "idle",
    "profiles",
    "rank",
    "ledger",
    "feeds",
    "million",
    "cluster",
)
_ALL = f"one or several of {', '.join(NAMES)}; left out: all"
Measure = Callable[[Options], Iterator[Figure]]


@dataclass(frozen=True)
class Result:
    """What one benchmark has measured."""

    figures: tuple[Figure, ...]
    seconds: float  # how long it took
    load: tuple[tuple[float, ...], tuple[float, ...]]  # the machine's, before and after

    def as_json(self) -> dict[str, object]:
        """The fields by their names."""
        before, after = self.load
        return {
            "seconds": round(self.seconds, 1),
            "load": {"before": before, "after": after},
            "figures": [figure.as_json() for figure in self.figures],
        }


def main() -> int:
    """Measure what is asked for, and print it."""
    options = _parser().parse_args()
    scale = Scale.TINY if options.tiny else Scale.QUICK if options.quick else Scale.FULL
    with folders() as (folder, _):
        on = machine.look(folder)
    results = {}
    for name in options.names or NAMES:
        with folders() as (folder, memory):
            told = Options(scale, folder, memory, options.papers, options.against, options.rounds)
            results[name] = run_benchmark(name, told)
    if options.json:
        whole = {name: result.as_json() for name, result in results.items()}
        print(json.dumps({"scale": scale, "machine": on.as_json(), "benchmarks": whole}))
    else:
        print(tables.of_machine(on))
        for name, result in results.items():
            print(tables.of_benchmark(name, result.figures, result.seconds, result.load))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("names", nargs="*", metavar="NAME", choices=[*NAMES, []], help=_ALL)
    parser.add_argument("--quick", action="store_true", help="all in three minutes, less exact")
    parser.add_argument("--tiny", action="store_true", help="only whether they still work")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    parser.add_argument("--rounds", type=int, help="how many alternations")
    parser.add_argument("--papers", type=_path, help="real papers, a .jsonl or .jsonl.gz file")
    parser.add_argument(
        "--against", type=_path, help="a checkout of another version, measured in turn with this"
    )
    return parser


def _path(text: str) -> Path:
    path = Path(text).resolve()
    if not path.exists():
        raise argparse.ArgumentTypeError(f"{text} does not exist")
    return path


def run_benchmark(name: str, options: Options) -> Result:
    """Run one of them."""
    note(f"{name}:")
    measure: Measure = import_module(f"benchmarks.{name}").measure
    before, started = machine.load(), time.perf_counter()
    figures = tuple(measure(options))
    return Result(figures, time.perf_counter() - started, (before, machine.load()))


@contextmanager
def folders() -> Iterator[tuple[Path, Path]]:
    """An empty folder on a disk, and one on a tmpfs where there is one; removed afterwards."""
    memory = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None  # noqa: S108  a folder in it
    with (
        tempfile.TemporaryDirectory(prefix="benchmark-") as folder,
        tempfile.TemporaryDirectory(prefix="benchmark-", dir=memory) as second,
    ):
        yield Path(folder), Path(second)


if __name__ == "__main__":
    sys.exit(main())
