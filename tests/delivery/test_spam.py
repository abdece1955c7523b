"""What a spam filter makes of real digests."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.cli import sample_home
from tests.cli.command import digest

DUMPS = Path(os.environ.get("REAL_DUMPS") or Path(__file__).parents[2] / "examples" / "dumps")
"""The folder of real dumps, else the shipped ones."""
INTERESTS = (
    "language models",
    "reinforcement learning",
    "medical imaging",
    "robot",
    "reasoning",
    "training",
    "diffusion models",
    "image generation",
    "benchmark",
    "vision",
)


def test_spamassassin_finds_nothing_wrong_with_digests(tmp_path: Path) -> None:
    """Ten of them with ``DIGEST_FAULTS=all``, three by default: each takes a second."""
    filtering = shutil.which("spamassassin") or pytest.skip("needs Debian's spamassassin")
    people = "".join(
        f"  - {{id: p{n}, name: Reader {n}, email: p{n}@example.org, interests: [{interest}]}}\n"
        for n, interest in enumerate(INTERESTS)
    )
    settings = f'{sample_home.SETTINGS}base_url = "https://digest.example.org"\n'
    home = sample_home.make(
        tmp_path / "home", settings, f"defaults: {{threshold: 0}}\nsubscribers:\n{people}"
    )
    shutil.rmtree(home / "inbox")
    shutil.copytree(DUMPS, home / "inbox")
    assert digest(home, "run", "--now", sample_home.FIRST).code == 0
    mails = sorted((home / "outbox").glob("*.eml"))
    assert len(mails) == len(INTERESTS)
    if os.environ.get("DIGEST_FAULTS") != "all":
        mails = mails[:3]

    judged = subprocess.run(  # noqa: S603  found above
        [filtering, "-L", "-t", "--mbox"],
        input=b"".join(
            b"From digest Mon Nov 16 08:00:00 2026\n" + mail.read_bytes() for mail in mails
        ),
        capture_output=True,
        check=True,
    )
    scores = re.findall(rb"^X-Spam-Status: \w+, score=(\S+)", judged.stdout, re.MULTILINE)
    assert len(scores) == len(mails)
    assert max(map(float, scores)) <= 0
