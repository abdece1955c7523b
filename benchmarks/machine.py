"""What a benchmark ran on: processor, memory, disk, load, and the versions of what was measured."""

from __future__ import annotations

import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.measuring import ROOT


@dataclass(frozen=True)
class Machine:
    """The machine, at the beginning of a run."""

    date: str
    cores: int  # that this process may use
    processor: str
    memory_gb: float
    disk: str  # where homes and databases lie
    load: tuple[float, ...]  # processes that ran or waited: in the last 1, 5 and 15 minutes
    python: str
    system: str
    commit: str

    def as_json(self) -> dict[str, object]:
        """The fields by their names."""
        return asdict(self)


def look(folder: Path) -> Machine:
    """The machine, and the disk that a folder is on."""
    return Machine(
        date=datetime.now(UTC).isoformat(timespec="seconds"),
        cores=len(os.sched_getaffinity(0)),
        processor=_field("/proc/cpuinfo", "model name") or platform.processor(),
        memory_gb=round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1),
        disk=disk(folder),
        load=load(),
        python=f"{platform.python_implementation()} {platform.python_version()}",
        system=f"{platform.system()} {platform.release()}",
        commit=_commit(),
    )


def load() -> tuple[float, ...]:
    """The machine's load averages."""
    return tuple(round(each, 2) for each in os.getloadavg())


def disk(folder: Path) -> str:
    """The file system of a folder and the kind of its disk, as far as the kernel tells."""
    device, kind = _mount(folder.resolve())
    number = folder.stat().st_dev
    block = Path(f"/sys/dev/block/{os.major(number)}:{os.minor(number)}")
    for queue in (block / "queue", block.resolve().parent / "queue"):  # a partition has none
        if (queue / "rotational").is_file():
            turns = (queue / "rotational").read_text().strip() == "1"
            told = "told to be rotating" if turns else "not rotating"
            return f"{kind} on {device}, {told}"
    return f"{kind}, in memory" if kind in {"tmpfs", "ramfs"} else f"{kind} on {device}"


def _mount(folder: Path) -> tuple[str, str]:
    """The device and the type of the file system that a folder is on."""
    best = ("", "unknown", "unknown")
    for line in Path("/proc/mounts").read_text("utf-8").splitlines():
        device, point, kind, *_ = line.split(" ")
        if folder.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, device, kind)
    return best[1], best[2]


def _field(path: str, name: str) -> str:
    for line in Path(path).read_text("utf-8").splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name:
            return value.strip()
    return ""


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--abbrev=10"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    except (OSError, subprocess.CalledProcessError):
        return "unknown"
    return done.stdout.strip()
