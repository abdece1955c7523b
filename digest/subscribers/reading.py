"""Entries of profile files → subscribers, or every problem in all of them. Their models take .1 s
to build: only what reads profiles imports this module."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import zip_longest
from pathlib import Path
from typing import Any, Protocol, TypeVar

from pydantic import ValidationError

from digest.config.messages import complaint, did_you_mean, nearest, quoted
from digest.errors import ConfigError
from digest.model import Interest, Problem, Profile, Schedule, Subscriber, SubscriberId
from digest.subscribers import schema
from digest.subscribers.fields import FORM, MOST_REMEMBERED, is_pattern
from digest.subscribers.profile_files import FILE, FOLDER
from digest.subscribers.rows import Row
from digest.subscribers.schema import Counted, Defaults, Entry, Fields, MatchExclusion
from digest.subscribers.yaml_document import Fault, Node, Plain, Unreadable
from digest.subscribers.yaml_recovery import LARGEST, Document, read

_SHARED = set(Defaults.model_fields) - {"exclude"}

_NOTHING = Plain("", None)

Shape = TypeVar("Shape", bound=Fields)
_FORMS: dict[tuple[str, str], type[Fields]] = {
    ("interests", f"{FORM}match"): schema.Match,
    ("interests", f"{FORM}author"): schema.Author,
    ("interests", f"{FORM}category"): schema.Category,
    ("interests", f"{FORM}venue"): schema.Venue,
    ("interests", f"{FORM}code"): schema.Code,
    ("exclude", f"{FORM}match"): MatchExclusion,
    ("exclude", f"{FORM}author"): schema.AuthorExclusion,
    ("exclude", f"{FORM}category"): schema.CategoryExclusion,
    ("exclude", f"{FORM}venue"): schema.VenueExclusion,
}
Form = str | dict[str, float] | Fields


class Taken(Protocol):
    """Ids, each with the place that named it first; a ``dict``, or a table."""

    def setdefault(self, name: str, place: str, /) -> str: ...


class Reading:
    """Takes in files and entries one after the other, and collects what is wrong with them."""

    def __init__(self, *, taken: Taken | None = None) -> None:
        self.subscribers: list[Subscriber] = []
        self.problems: list[Problem] = []
        self.lists = 0
        """Files with a list of subscribers, though it may be empty."""
        self.defaults: list[Defaults] = []
        """Those of ``subscribers.yaml``."""
        self.taken = {} if taken is None else taken

    def result(self) -> tuple[Subscriber, ...]:
        """All subscribers. Raises ConfigError with every problem, if there are any."""
        if self.problems:
            raise ConfigError(self.problems)
        return tuple(self.subscribers)

    def tell(self, place: str, faults: Iterable[Fault]) -> None:
        """Add faults of a file to the problems; a line's number follows on ``place``."""
        self.problems += [Problem(f"{place}{line}", *rest) for line, *rest in sorted(set(faults))]

    def file(self, path: Path, name: str) -> None:
        """Take in a profile file, which problems call ``name``."""
        problem = "this file is not read", "name it .yaml"
        try:
            if path.suffix == ".yaml" and not path.is_file():
                problem = "not a file", "put profiles into a file"
            elif path.suffix == ".yaml" and path.stat().st_size > LARGEST:
                problem = f"more than {LARGEST // 2**20} MB", f"spread it over files in {FOLDER}/"
            elif path.suffix == ".yaml":
                document = read(path.read_bytes())
                self.tell(f"{name}:", [*document.faults, *self._document(document, name)])
                return
        except OSError as error:
            remedy = "make it a file that this user may read"
            problem = f"cannot be read: {error.strerror}", remedy
        self.problems.append(Problem(name, *problem))

    def _document(self, document: Document, name: str) -> Iterator[Fault]:
        root = document.root
        if root is None:
            return
        if not isinstance(root.value, dict):
            if not document.cut:
                yield Fault(root.line, "no list of subscribers", "begin with `subscribers:`")
            return
        yield from _unknown_keys(root)
        layers = list(self.defaults)
        if given := _given(root, "defaults"):
            defaults, faults = _shaped(Defaults, given, given.plain(), whole=not document.cut)
            yield from faults
            layers = [defaults or Defaults(), *layers]
        if name == FILE:
            self.defaults = layers
        self.lists += "subscribers" in root.value
        entries = _given(root, "subscribers")
        if entries is None:
            return
        if not isinstance(entries.value, list):
            yield Fault(entries.line, "'subscribers' is not a list", "begin each one with `- id: `")
            return
        for node, following in zip_longest(entries.value, entries.value[1:]):
            last = following.line - 1 if following else max(document.cut, default=0)
            whole = document.cut.isdisjoint(range(node.line - 1, last + 1))
            yield from self.entry(node, layers, f"{name}:", whole=whole)

    def entry(
        self, node: Node | Row, layers: Sequence[Defaults], place: str, *, whole: bool = True
    ) -> Iterator[Fault]:
        """Take in one entry of a file. A line's number follows on ``place``; ``whole``: every line
        of the entry could be read."""
        plain = node.plain()
        entry, faults = _shaped(Entry, node, plain, whole=whole)
        yield from faults
        name = plain.get("id", _NOTHING) if isinstance(plain, dict) else _NOTHING
        if name is not Unreadable.VALUE and not (isinstance(name, Plain) and name.value is None):
            line = node.find(("id",)).line
            other = self.taken.setdefault(str(name), f"{place}{line}")
            if other != f"{place}{line}":
                yield Fault(line, f"the id {quoted(name)} is taken by {other}", "choose another")
        if entry is None:
            return
        subscriber = _subscriber(entry, layers, f"{place}{node.line}")
        if whole and subscriber.email is None and "email" in subscriber.channels:
            yield Fault(node.line, "'email' is missing", "add it, or write `channels: [feed]`")
        self.subscribers.append(subscriber)


def _given(node: Node, key: str) -> Node | None:
    """The value of a key, unless it is absent, empty or unreadable."""
    match found := node.value.get(key) if isinstance(node.value, dict) else None:
        case Node(value=Unreadable.VALUE | Plain(value=None)):
            return None
    return found


def _unknown_keys(root: Node) -> Iterator[Fault]:
    known = _keys(schema.File)
    for key, line in root.keys.items():
        if key not in known:
            inner = "indent it under `defaults:` or an entry of `subscribers:`"
            remedy = inner if key in _keys(Entry) else f"the keys are {', '.join(known)}"
            yield Fault(line, f"unknown key {quoted(key)}", did_you_mean(key, known, remedy))


def _keys(shape: type[Fields]) -> list[str]:
    return [field.alias or name for name, field in shape.model_fields.items()]


def _shaped(
    shape: type[Shape], node: Node | Row, plain: Any, *, whole: bool
) -> tuple[Shape | None, list[Fault]]:
    """A node, whose value is ``plain``, as an instance of ``shape``, or what is wrong with it. What
    is missing is not complained of where it may be misspelt, or in a line left out."""
    try:
        return shape.model_validate(plain), []
    except ValidationError as failure:
        errors = failure.errors(include_url=False)
    faults = []
    meant = {
        (*error["loc"][:-1], key)
        for error in errors
        if error["type"] == "extra_forbidden"
        for key in nearest(str(error["loc"][-1]), _keys(_inner(shape, error["loc"])), limit=1)
    }
    for detail in errors:
        kind, location = detail["type"], detail["loc"]
        found = node.find(location)
        if found.value is Unreadable.VALUE and kind != "extra_forbidden":
            continue
        if kind == "missing" and location in meant:
            continue
        if kind in ("missing", "too_short", "model_type") and not whole:
            continue
        what, remedy = complaint(detail, _keys(_inner(shape, location)))
        if kind == "extra_forbidden" and shape is Defaults and location[-1] in _keys(Entry):
            remedy = "give each subscriber their own"
        faults.append(Fault(found.line, what, remedy))
    return None, faults


def _inner(shape: type[Fields], location: tuple[int | str, ...]) -> type[Fields]:
    """The model whose key the last part of ``location`` is."""
    match location:
        case ("schedule", _):
            return schema.ScheduleEntry
        case (str(key), _, str(form), _):
            return _FORMS.get((key, form), shape)
    return shape


def _subscriber(entry: Entry, layers: Sequence[Defaults], source: str) -> Subscriber:
    """The entry with what it leaves open taken from the first of ``layers`` that has it."""
    chosen: dict[str, Any] = {}
    for layer in (entry, *layers):
        for key in layer.model_fields_set & _SHARED:
            chosen.setdefault(key, getattr(layer, key))
    if "channels" in chosen:
        chosen["channels"] = tuple(chosen["channels"])
    chosen["schedule"] = _schedule(chosen.get("schedule", entry.schedule))
    ruled_out = [form for layer in (entry, *layers) for form in layer.exclude]
    return Subscriber(
        id=SubscriberId(entry.id),
        email=entry.email,
        name=entry.name,
        paused=entry.paused,
        profile=Profile(
            tuple(map(_interest, entry.interests)),
            tuple(dict.fromkeys(map(_interest, ruled_out))),
            comments=chosen.pop("comments", 0.0),
            upvotes=chosen.pop("upvotes", 0.0),
            freshness=chosen.pop("freshness", 0.0),
        ),
        source=source,
        **chosen,
    )


def _schedule(entry: schema.ScheduleEntry) -> Schedule:
    first = 1 if entry.every in ("week", "month") and entry.cron is None else None
    return Schedule(entry.every, entry.on or first, entry.at, entry.cron)


def _interest(form: Form) -> Interest:
    if isinstance(form, str):
        return _worded(form)
    if isinstance(form, dict):
        ((text, weight),) = form.items()
        return replace(_sought(text), weight=weight)
    if isinstance(form, Counted):
        return replace(_sought(form), weight=form.weight, must_see=form.must_see)
    return _sought(form)


def _sought(form: str | Fields) -> Interest:
    match form:
        case MatchExclusion():
            return replace(_sought(form.match), place=form.place)
        case schema.AuthorExclusion():
            return Interest(form.author, "author")
        case schema.CategoryExclusion():
            return Interest(form.category, "category")
        case schema.VenueExclusion():
            return Interest(form.venue, "venue")
        case schema.Code():
            return Interest("code", "code")
    return _worded(str(form))


@lru_cache(MOST_REMEMBERED)
def _worded(text: str) -> Interest:
    return Interest(text[1:-1], "pattern") if is_pattern(text) else Interest(text)
