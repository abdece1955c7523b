"""A subscriber as the ledger keeps it, and as an entry of a profile file. The ledger's JSON holds
only what differs from the defaults of the program, so that it is quick to read. It was checked
before it was stored and is not checked again."""

import json
from collections.abc import Callable
from dataclasses import fields
from datetime import date, time, timedelta
from functools import lru_cache
from operator import attrgetter
from typing import Any, NamedTuple

from digest.model import Interest, Profile, Schedule, Subscriber

KEYS = ("match", "author", "category", "venue", "code")
"""The keys by which the forms of an interest that is written as a mapping are told apart."""
WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_SECOND = timedelta(seconds=1)
_LONGER_UNITS = (("w", 7 * 86400), ("d", 86400), ("h", 3600), ("m", 60), ("s", 1))


class _Shape(NamedTuple):
    """The fields of a type that are kept, in their order."""

    names: tuple[str, ...]
    defaults: tuple[Any, ...]
    values: Callable[[Any], tuple[Any, ...]]

    def differing(self, value: object) -> dict[str, Any]:
        """The fields of a value that differ from the defaults."""
        found = zip(self.names, self.values(value), self.defaults, strict=True)
        return {name: given for name, given, default in found if given != default}


def _shape(kind: type, *leave_out: str) -> _Shape:
    kept = [field for field in fields(kind) if field.name not in leave_out]
    names = tuple(field.name for field in kept)
    return _Shape(names, tuple(field.default for field in kept), attrgetter(*names))


_SUBSCRIBER = _shape(Subscriber, "profile", "source")
_PROFILE = _shape(Profile, "liked", "disliked")
_SCHEDULE = _shape(Schedule)
_INTEREST = _shape(Interest)
_ALL_BUT_TEXT = _INTEREST.defaults[1:]


_write = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_MOST = 100_000  # distinct phrases that are kept, each once for all who have it


def encode(subscriber: Subscriber) -> str:
    """The subscriber as JSON; equal subscribers give equal text. ``source`` is left out."""
    kept = _SUBSCRIBER.differing(subscriber) | _PROFILE.differing(subscriber.profile)
    for name in _CONVERTED.keys() & kept.keys():
        kept[name] = _CONVERTED[name][0](kept[name])
    return _write(kept)


def decode(text: str, *, source: str = "") -> Subscriber:
    """The subscriber that ``encode`` has written."""
    kept: dict[str, Any] = json.loads(text)
    for name in _CONVERTED.keys() & kept.keys():
        kept[name] = _CONVERTED[name][1](kept[name])
    profile = Profile(**{name: kept.pop(name) for name in _PROFILE.names if name in kept})
    return Subscriber(profile=profile, source=source, **kept)


def as_entry(subscriber: Subscriber) -> dict[str, Any]:
    """The subscriber as an entry of ``subscribers``, of plain values, without any ``defaults``.
    Keys that have the program's own default are left out, except for the schedule and the time
    zone, which a reader would look for."""
    profile, differing = subscriber.profile, _SUBSCRIBER.differing(subscriber)
    entry: dict[str, Any] = {"id": str(subscriber.id)}
    entry |= {key: said for key in ("name", "email") if (said := getattr(subscriber, key))}
    entry |= {
        "channels": list(subscriber.channels),
        "schedule": _schedule_entry(subscriber.schedule),
        "timezone": subscriber.timezone,
        "interests": [_interest_entry(one) for one in profile.interests],
    }
    if profile.exclude:
        entry["exclude"] = [_exclusion_entry(one) for one in profile.exclude]
    plain = (
        "limit",
        "threshold",
        "feed_entries",
        "send_empty",
        "learn",
        "revisions",
        "second_look",
    )
    entry |= {key: differing[key] for key in plain if key in differing}
    gains = ("comments", "upvotes", "freshness")
    entry |= {key: value for key in gains if (value := getattr(profile, key))}
    if subscriber.backfill is not None:
        entry["backfill"] = _duration(subscriber.backfill)
    if subscriber.paused is not None:
        entry["paused"] = subscriber.paused.isoformat()
    return entry


def _write_interests(interests: tuple[Interest, ...]) -> list[Any]:
    return [
        one.text if _INTEREST.values(one)[1:] == _ALL_BUT_TEXT else _INTEREST.differing(one)
        for one in interests
    ]


def _read_interests(kept: list[Any]) -> tuple[Interest, ...]:
    return tuple([_phrase(one) if isinstance(one, str) else Interest(**one) for one in kept])


_phrase = lru_cache(_MOST)(Interest)


@lru_cache(_MOST)
def _write_schedule(schedule: Schedule) -> dict[str, Any]:
    kept = _SCHEDULE.differing(schedule)
    return kept | ({"at": schedule.at.isoformat("minutes")} if "at" in kept else {})


def _read_schedule(kept: dict[str, Any]) -> Schedule:
    return _schedule(**kept)


@lru_cache(_MOST)
def _schedule(at: str | None = None, **kept: Any) -> Schedule:
    return Schedule(at=time.fromisoformat(at), **kept) if at else Schedule(**kept)


_CONVERTED: dict[str, tuple[Callable[[Any], Any], Callable[[Any], Any]]] = {
    "interests": (_write_interests, _read_interests),
    "exclude": (_write_interests, _read_interests),
    "schedule": (_write_schedule, _read_schedule),
    "channels": (list, tuple),
    "backfill": (lambda span: span // _SECOND, lambda seconds: seconds * _SECOND),
    "paused": (date.isoformat, date.fromisoformat),
}
"""How the fields that JSON has no form for are written and read."""


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
    text, is_text = str(interest), interest.kind in ("phrase", "pattern")
    plain = is_text and interest.place is None and not interest.must_see
    if plain and interest.weight == 1:
        return text
    if plain and interest.kind == "phrase" and text not in KEYS:
        return {text: interest.weight}
    entry = _sought(interest)
    if interest.weight != 1:
        entry["weight"] = interest.weight
    return entry | ({"must_see": True} if interest.must_see else {})


def _exclusion_entry(exclusion: Interest) -> Any:
    is_text = exclusion.kind in ("phrase", "pattern") and exclusion.place is None
    return str(exclusion) if is_text else _sought(exclusion)


def _sought(interest: Interest) -> dict[str, Any]:
    if interest.kind == "code":
        return {"code": True}
    if interest.kind not in ("phrase", "pattern"):
        return {interest.kind: interest.text}
    place = {"in": interest.place} if interest.place else {}
    return {"match": str(interest), **place}


def _duration(span: timedelta) -> str:
    seconds = span // _SECOND
    unit, length = next(pair for pair in _LONGER_UNITS if seconds % pair[1] == 0)
    return f"{seconds // length}{unit}"
