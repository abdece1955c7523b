"""A subscriber as the ledger keeps it, and as an entry of a profile file.

``encode`` and ``decode`` are for the ledger: JSON that holds only what differs from the defaults
of the program, so that it is short and quick to read. It was checked before it was stored and is
not checked again. ``as_entry`` is for people: what one would write into ``subscribers.yaml``.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date, time, timedelta
from typing import Any

from digest.model import Interest, Profile, Schedule, Subscriber
from digest.subscribers.schema import WEEKDAYS

_SECOND = timedelta(seconds=1)
_LONGER_UNITS = (("w", 7 * 86400), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))
_PROFILE = ("interests", "exclude", "comments", "freshness")


def _defaults(kind: type, *leave_out: str) -> dict[str, Any]:
    """Field → default, in the order of the fields."""
    return {field.name: field.default for field in fields(kind) if field.name not in leave_out}


_OF_SUBSCRIBER = _defaults(Subscriber, "profile", "source")
_OF_SCHEDULE = _defaults(Schedule)
_OF_INTEREST = _defaults(Interest)
_OF_PROFILE = {name: default for name, default in _defaults(Profile).items() if name in _PROFILE}


def encode(subscriber: Subscriber) -> str:
    """The subscriber as JSON; equal subscribers give equal text. ``source`` is left out."""
    kept = _differing(subscriber, _OF_SUBSCRIBER)
    kept |= _differing(subscriber.profile, _OF_PROFILE)
    for name, write in _WRITE.items():
        if kept.get(name) is not None:
            kept[name] = write(kept[name])
    return json.dumps(kept, ensure_ascii=False, separators=(",", ":"))


def decode(text: str) -> Subscriber:
    """The subscriber that ``encode`` has written."""
    kept: dict[str, Any] = json.loads(text)
    for name, read in _READ.items():
        if kept.get(name) is not None:
            kept[name] = read(kept[name])
    profile = Profile(**{name: kept.pop(name) for name in _PROFILE if name in kept})
    return Subscriber(profile=profile, **kept)


def as_entry(subscriber: Subscriber) -> dict[str, Any]:
    """The subscriber as an entry of ``subscribers``, of plain values, without any ``defaults``.

    Keys that have the program's own default are left out, except for the schedule and the time
    zone, which a reader would look for.
    """
    profile = subscriber.profile
    entry: dict[str, Any] = {"id": str(subscriber.id)}
    entry |= {
        key: getattr(subscriber, key) for key in ("name", "email") if getattr(subscriber, key)
    }
    entry |= {
        "channels": list(subscriber.channels),
        "schedule": _schedule_entry(subscriber.schedule),
        "timezone": subscriber.timezone,
        "interests": [_interest_entry(one) for one in profile.interests],
    }
    if profile.exclude:
        entry["exclude"] = [_exclusion_entry(one) for one in profile.exclude]
    for key in ("limit", "threshold", "feed_entries", "send_empty", "learn"):
        if (value := getattr(subscriber, key)) != _OF_SUBSCRIBER[key]:
            entry[key] = value
    entry |= {key: value for key in _PROFILE[2:] if (value := getattr(profile, key))}
    if subscriber.backfill is not None:
        entry["backfill"] = _duration(subscriber.backfill)
    if subscriber.paused is not None:
        entry["paused"] = subscriber.paused.isoformat()
    return entry


def _differing(value: object, defaults: dict[str, Any]) -> dict[str, Any]:
    """The fields of a value that differ from ``defaults``."""
    pairs = ((name, getattr(value, name), default) for name, default in defaults.items())
    return {name: found for name, found, default in pairs if found != default}


def _write_interests(interests: tuple[Interest, ...]) -> list[Any]:
    found = (_differing(one, _OF_INTEREST) for one in interests)
    return [one["text"] if len(one) == 1 else one for one in found]


def _read_interests(kept: list[Any]) -> tuple[Interest, ...]:
    return tuple(Interest(one) if isinstance(one, str) else Interest(**one) for one in kept)


def _write_schedule(schedule: Schedule) -> dict[str, Any]:
    kept = _differing(schedule, _OF_SCHEDULE)
    return kept | ({"at": schedule.at.isoformat("minutes")} if "at" in kept else {})


def _read_schedule(kept: dict[str, Any]) -> Schedule:
    if "at" in kept:
        kept["at"] = time.fromisoformat(kept["at"])
    return Schedule(**kept)


_WRITE: dict[str, Callable[[Any], Any]] = {
    "interests": _write_interests,
    "exclude": _write_interests,
    "schedule": _write_schedule,
    "channels": list,
    "backfill": lambda span: span // _SECOND,
    "paused": date.isoformat,
}
_READ: dict[str, Callable[[Any], Any]] = {
    "interests": _read_interests,
    "exclude": _read_interests,
    "schedule": _read_schedule,
    "channels": tuple,
    "backfill": lambda seconds: seconds * _SECOND,
    "paused": date.fromisoformat,
}


def _schedule_entry(schedule: Schedule) -> dict[str, Any]:
    if schedule.cron is not None:
        return {"cron": schedule.cron}
    entry: dict[str, Any] = {"every": schedule.every}
    if schedule.every == "week":
        entry["on"] = WEEKDAYS[(schedule.on or 1) - 1]
    if schedule.every == "month":
        entry["on"] = schedule.on or 1
    return entry | {"at": schedule.at.isoformat("minutes")}


def _interest_entry(interest: Interest) -> Any:
    text, plain = str(interest), interest.place is None and not interest.must_see
    if plain and interest.kind != "author" and interest.weight == 1:
        return text
    if plain and interest.kind == "phrase" and text not in ("match", "author"):
        return {text: interest.weight}
    entry = _sought(interest)
    if interest.weight != 1:
        entry["weight"] = interest.weight
    return entry | ({"must_see": True} if interest.must_see else {})


def _exclusion_entry(exclusion: Interest) -> Any:
    if exclusion.kind == "author" or exclusion.place is not None:
        return _sought(exclusion)
    return str(exclusion)


def _sought(interest: Interest) -> dict[str, Any]:
    if interest.kind == "author":
        return {"author": interest.text}
    place = {"in": interest.place} if interest.place else {}
    return {"match": str(interest), **place}


def _duration(span: timedelta) -> str:
    seconds = span // _SECOND
    unit, length = next(pair for pair in _LONGER_UNITS if seconds % pair[1] == 0)
    return f"{seconds // length}{unit}"
