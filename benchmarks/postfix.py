"""A Postfix of our own, which takes mail durably and then discards it, or does as it is told."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.discarding_server import installed

OWNERS = {"etc": "root", "queue": "root", "data": "postfix"}  # of its folders
DISCARD = "default_transport = discard:\n", "discard unix - - n - - discard\n"
MAIN = """
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.example.test
mydestination =
mynetworks = 127.0.0.0/8
"""
SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
proxymap unix - - n - - proxymap
retry unix - - n - - error
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """One that runs."""

    port: int
    folder: Path

    def become_idle(self) -> None:
        """Wait until no mail is left in its queue."""
        parts = [self.folder / "queue" / part for part in ("incoming", "active")]
        while any(names for part in parts for _, _, names in os.walk(part)):
            time.sleep(0.1)


def can_start() -> bool:
    """Whether Postfix is installed, and its master may be started."""
    return installed("postfix") is not None and os.getuid() == 0


@contextmanager
def postfix(
    settings: str = DISCARD[0], services: str = DISCARD[1], owners: Mapping[str, str] | None = None
) -> Iterator[Postfix]:
    """A server that ends with the block. ``settings`` and ``services`` are more lines of its files;
    ``{folder}`` in them stands for its own. ``owners``: of more folders in it. The files lie below
    the folder for temporary files, which its user has to be able to enter."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="postfix", ignore_cleanup_errors=True) as place:
        folder = Path(place)
        folder.chmod(0o755)
        for name, owner in {**OWNERS, **(owners or {})}.items():
            (folder / name).mkdir()
            shutil.chown(folder / name, owner)
        (folder / "etc" / "main.cf").write_text((MAIN + settings).format(folder=folder), "ascii")
        (folder / "etc" / "master.cf").write_text((SERVICES + services).format(port=port), "ascii")
        command = [str(installed("postfix")), "-c", str(folder / "etc")]
        subprocess.run([*command, "start"], check=True, capture_output=True)  # noqa: S603  found above
        try:
            yield Postfix(port, folder)
        finally:
            subprocess.run([*command, "abort"], check=False, capture_output=True)  # noqa: S603
