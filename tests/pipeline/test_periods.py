"""When digests go out, and for which weeks: quiet weeks, late dumps and the grace of a period."""

from datetime import date, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path

import pytest

from digest.model import Schedule, Subscriber
from tests.cli.command import digest
from tests.cli.sample_home import FIRST, SETTINGS, mails, make, put
from tests.world import World, person, read_mail, text, utc

DAY = timedelta(days=1)
ADA = person("ada", schedule=Schedule("week", 1))
BOB = person("bob", schedule=Schedule("day"))
PAPER = "Keepers of the last lighthouse"


def test_a_year_of_wednesdays_with_one_week_missing_is_51_mails_all_of_mondays(
    world: World,
) -> None:
    first_monday, missing = date(2026, 1, 5), 20
    for day in range(53 * 7):
        today = first_monday + day * DAY
        week = day // 7
        if today.isoweekday() == 1:
            world.run([ADA], utc(f"{today}T08:00"))
        if today.isoweekday() == 3 and week < 52 and week != missing:
            world.put(f"{today}.json", f"Lighthouse number {week}", listed=today)
        if today.isoweekday() in (1, 3, 6):
            world.run([ADA], utc(f"{today}T12:00"))

    weeks = [first_monday + 7 * DAY * week for week in range(52) if week != missing]
    assert world.mail() == {
        f"{monday:%G-W%V}-ada": [f"Lighthouse number {(monday - first_monday).days // 7}"]
        for monday in weeks
    }
    for path, monday in zip(sorted((world.folder / "outbox").glob("*.eml")), weeks, strict=True):
        mail = read_mail(path)
        assert parsedate_to_datetime(mail["Date"]) == utc(f"{monday + 7 * DAY}T08:00")
        heading = text(mail).partition("\n")[0]
        assert f"Week {monday.isocalendar().week}, {monday.day}" in heading


@pytest.mark.parametrize(
    ("subscriber", "came", "closed"),
    [
        (ADA, "2026-11-17T07:00", "2026-11-17T08:00"),
        (BOB, "2026-11-16T13:00", "2026-11-16T14:00"),
    ],
    ids=["weekly", "daily"],
)
@pytest.mark.parametrize("is_within", [True, False], ids=["within", "after"])
def test_a_dump_within_the_grace_is_sent_at_once_and_a_later_one_waits(
    either: World, subscriber: Subscriber, came: str, closed: str, is_within: bool
) -> None:
    people = [subscriber]
    either.run(people, "2026-11-16T08:00")
    if not is_within:
        either.run(people, closed)
    either.put("1.json", PAPER, listed=date(2026, 11, 15))
    either.run(people, came if is_within else closed)
    assert len(either.mail()) == is_within
    either.run(people, "2026-11-23T08:00")
    assert list(either.mail().values()) == [[PAPER]]


@pytest.mark.parametrize(("setting", "sent"), [('grace = "1h"\n', 0), ("", 2)])
def test_the_setting_says_how_long_a_period_stays_open(
    tmp_path: Path, setting: str, sent: int
) -> None:
    home = make(tmp_path / "home", SETTINGS + setting)
    (home / "inbox" / "first.json").unlink()
    assert digest(home, "run", "--now", FIRST).code == 0
    put(home, "late", PAPER)
    assert digest(home, "run", "--now", "2026-11-16T09:30Z").code == 0
    assert len(mails(home)) == sent
    assert digest(home, "run", "--now", "2026-11-23T08:00Z").code == 0
    assert len(mails(home)) == 2
