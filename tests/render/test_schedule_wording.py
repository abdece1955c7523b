"""The schedule as the footer says it."""

from __future__ import annotations

from datetime import time

import pytest

from digest.model import Schedule
from digest.render.wording import ordinal, rhythm


@pytest.mark.parametrize(
    ("schedule", "zone", "said"),
    [
        (
            Schedule("week", on=1, at=time(8)),
            "America/New_York",
            "You get this weekly at ada@example.org, Mondays at 8:00, New York time.",
        ),
        (
            Schedule("day", at=time(17, 5)),
            "UTC",
            "You get this daily at ada@example.org, at 17:05, UTC.",
        ),
        (
            Schedule("weekday", at=time(6, 30)),
            "Europe/Berlin",
            "You get this on weekdays at ada@example.org, at 6:30, Berlin time.",
        ),
        (
            Schedule("month", on=22, at=time(0)),
            "America/Argentina/Buenos_Aires",
            "You get this monthly at ada@example.org, on the 22nd at 0:00, Buenos Aires time.",
        ),
        (
            Schedule(cron="0 8 * * 1-5"),
            "Etc/GMT+5",
            "You get this at ada@example.org, by the schedule 0 8 * * 1-5, Etc/GMT+5.",
        ),
    ],
)
def test_rhythm(schedule: Schedule, zone: str, said: str) -> None:
    assert rhythm(schedule, zone, "ada@example.org") == said


def test_ordinals() -> None:
    said = " ".join(ordinal(day) for day in (1, 2, 3, 4, 11, 12, 13, 21, 22, 23, 31))
    assert said == "1st 2nd 3rd 4th 11th 12th 13th 21st 22nd 23rd 31st"
