"""When a subscriber's digest comes, in words."""

from datetime import time

from digest.model import Schedule
from digest.text.clean import one_line

_WEEKDAYS = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_OFTEN = {"day": "daily", "weekday": "on weekdays", "week": "weekly", "month": "monthly"}


def rhythm(schedule: Schedule, zone: str, address: str) -> str:
    """``You get this weekly at ada@example.org, Mondays at 8:00, New York time.``"""
    where = one_line(address)
    if schedule.cron is not None:
        return f"You get this at {where}, by the schedule {schedule.cron}, {zone_name(zone)}."
    often = _OFTEN[schedule.every]
    return f"You get this {often} at {where}, {moment(schedule)}, {zone_name(zone)}."


def moment(schedule: Schedule) -> str:
    """``Mondays at 8:00``; only the hour where the rhythm says the day already."""
    at = f"at {clock(schedule.at)}"
    match schedule.every:
        case "week":
            return f"{_WEEKDAYS[(schedule.on or 1) - 1]} {at}"
        case "month":
            return f"on the {ordinal(schedule.on or 1)} {at}"
        case _:
            return at


def clock(at: time) -> str:
    """``8:00``, on the clock of 24 hours."""
    return f"{at.hour}:{at.minute:02}"


def ordinal(day: int) -> str:
    """``1st``, ``22nd``, ``13th``; the 29th to 31st are the last day in shorter months."""
    ending = "th" if day in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    return f"{day}{ending}"


def zone_name(zone: str) -> str:
    """``America/New_York`` → ``New York time``; ``UTC`` and offsets stay as they are."""
    area, _, place = zone.rpartition("/")
    if not area or area == "Etc":
        return zone
    return f"{place.replace('_', ' ')} time"
