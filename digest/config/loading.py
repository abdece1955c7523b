"""Loads settings from ``digest.toml`` and the environment, and reports every problem at once."""

import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args, get_origin

from pydantic import BaseModel, SecretStr, ValidationError

from digest.config.fields import in_home
from digest.config.messages import complaint, nearest
from digest.config.settings import Section, Settings
from digest.errors import ConfigError
from digest.model import Problem

FILE = "digest.toml"
PREFIX = "DIGEST_"
SECRETS = (
    ("secret",),
    ("smtp", "password"),
    ("fetch", "openalex_key"),
    ("fetch", "semantic_scholar_key"),
)
"""The settings that are read from the environment alone."""
NOT_SETTINGS = ("DIGEST_HOME", "DIGEST_IMAP_PASSWORD")
"""Variables that the command line reads itself."""

Location = tuple[int | str, ...]

_TABLE = re.compile(r"\s*\[(\[)?([^\[\]]+)\]")
_KEY = re.compile(r"""\s*([\w"'.-]+)\s*=""")
_AT_LINE = re.compile(r"\s*\(at line (\d+), column \d+\)|\s*\(at end of document\)")


def load(home: Path, environ: Mapping[str, str]) -> Settings:
    """Load the settings of a home; a variable takes precedence over the file.

    Raises:
        ConfigError: A setting is wrong. The error lists every problem.
    """
    gathered = _Gathered()
    gathered.read_file(home / FILE)
    gathered.read_environ(environ)
    settings = gathered.settings()
    if settings is not None:
        settings = gathered.settled(settings, home)
    if settings is None or gathered.problems:
        raise ConfigError(sorted(set(gathered.problems), key=_file_first))
    return settings


def unknown_variables(environ: Mapping[str, str]) -> tuple[Problem, ...]:
    """Warn of ``DIGEST_…`` variables that nothing reads."""
    paths: list[Location] = [(key,) for key in _keys(Settings)]
    paths += [(name, key) for name, model in _sections().items() for key in _keys(model)]
    known = {*map(_variable, paths), *NOT_SETTINGS}
    sections = tuple(f"{_variable((name,))}__" for name in _sections())
    problems = []
    for name in sorted(environ):
        upper = name.upper()
        if upper.startswith(PREFIX) and upper not in known and not upper.startswith(sections):
            # Without the prefix, which would make any two names similar.
            bare = [each.removeprefix(PREFIX) for each in known]
            found = nearest(name[len(PREFIX) :], bare, limit=1)
            remedy = f"did you mean '{PREFIX}{found[0]}'?" if found else "unset it"
            problems.append(Problem(name, "an unknown variable", remedy))
    return tuple(problems)


@dataclass(slots=True)
class _Gathered:
    """The values that were read, and the line or variable that each of them comes from."""

    values: dict[str, Any] = field(default_factory=dict)
    lines: dict[Location, int] = field(default_factory=dict)  # key in the file → its line
    variables: dict[str, str] = field(default_factory=dict)
    """Name of a variable in capitals → its spelling in the environment."""
    problems: list[Problem] = field(default_factory=list)

    def read_file(self, path: Path) -> None:
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return
        except UnicodeDecodeError:
            self.problems.append(Problem(FILE, "not UTF-8", "save the file as UTF-8"))
            return
        except OSError as error:
            what = f"cannot be read: {error.strerror}"
            self.problems.append(Problem(FILE, what, "make it a file that this user may read"))
            return
        try:
            self.values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as error:
            found = _AT_LINE.search(str(error))
            line = int(found[1]) if found and found[1] else text.count("\n") + 1
            what = _AT_LINE.sub("", str(error))
            remedy = 'write `key = "text"`, `key = 5` or [section]; see toml.io'
            self.problems.append(Problem(f"{FILE}:{line}", f"not TOML: {what}", remedy))
            return
        self.lines = dict(_key_lines(text))
        # The file may be shared, or kept under version control.
        for *section, key in SECRETS:
            table = self.values.get(section[0]) if section else self.values
            if isinstance(table, dict) and key in table:
                remedy = f"set {_variable((*section, key))} in the environment"
                if key == "password":
                    remedy += ", or name a `password_file`"
                where = self.where((*section, key))
                self.problems.append(Problem(where, f"`{key}` in this file is not read", remedy))

    def read_environ(self, environ: Mapping[str, str]) -> None:
        """Let variables replace values of the file, key by key; an empty one counts as unset."""
        names = (name for name, value in environ.items() if value)
        given = {name.upper(): name for name in names if name.upper().startswith(PREFIX)}
        self.variables = given
        keys, sections = _keys(Settings), _sections()
        for variable in sorted(given):  # the variable of a section comes before those of its keys
            key, _, inner = variable.removeprefix(PREFIX).lower().partition("__")
            if key not in keys or (inner and key not in sections):
                continue
            value: Any = environ[given[variable]]
            is_json = inner in _lists(sections[key]) if inner else key in sections
            if is_json:
                try:
                    value = json.loads(value)
                except ValueError:
                    remedy = "write JSON" if inner else "write JSON, or a variable for each key"
                    self.problems.append(Problem(given[variable], "not JSON", remedy))
                    continue
            if inner:
                value = {inner: value}
            if isinstance(value, dict) and isinstance(self.values.get(key), dict):
                value = {**self.values[key], **value}
            self.values[key] = value

    def settings(self) -> Settings | None:
        try:
            return Settings(**self.values)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                what, remedy = complaint(detail, _keys(_owner(detail["loc"])))
                self.problems.append(Problem(self.where(detail["loc"]), what, remedy))
            return None

    def settled(self, settings: Settings, home: Path) -> Settings:
        """Resolve the paths that are relative to the home, and read secrets from their files."""
        url = in_home(settings.database_url, home)
        settings = settings.model_copy(update={"database_url": url})
        if settings.dkim is not None:
            self.readable(home / settings.dkim.key_file, ("dkim", "key_file"))
        if settings.public.mode == "serve" and settings.base_url is None:
            what = "feeds and pages on demand need an address that `digest serve` is reached at"
            where = self.where(("public", "mode"))
            self.problems.append(Problem(where, what, "set `base_url`"))
        if settings.smtp is None:
            return settings
        if settings.smtp.ca_file is not None:
            self.readable(home / settings.smtp.ca_file, ("smtp", "ca_file"))
        if settings.smtp.password is None and settings.smtp.password_file is not None:
            text = self.readable(home / settings.smtp.password_file, ("smtp", "password_file"))
            password = SecretStr(text.partition("\n")[0].rstrip("\r"))
            smtp = settings.smtp.model_copy(update={"password": password})
            settings = settings.model_copy(update={"smtp": smtp})
        return settings

    def readable(self, path: Path, location: Location) -> str:
        """Read the file that a setting names; where that fails, note a problem and return ""."""
        try:
            text = path.read_text(encoding="utf-8")
        except OSError as error:
            what, remedy = f"cannot read {path}: {error.strerror}", "name a file that can be read"
        except UnicodeDecodeError:
            what, remedy = f"{path} is not text", "name a text file"
        else:
            if text.strip():
                return text
            what, remedy = f"{path} is empty", "fill it"
        self.problems.append(Problem(self.where(location), what, remedy))
        return ""

    def where(self, location: Location) -> str:
        """The variable or line of a value, or else of what is in it, or of the innermost table
        around it."""
        for length in range(len(location), 0, -1):
            path = location[:length]
            if _variable(path) in self.variables:
                return self.variables[_variable(path)]
            if path in self.lines:
                return f"{FILE}:{self.lines[path]}"
            if within := [line for key, line in self.lines.items() if key[:length] == path]:
                return f"{FILE}:{min(within)}"
        inside = f"{_variable(location[:1])}__"
        parts = sorted(name for name in self.variables if name.startswith(inside))
        return self.variables[parts[0]] if parts else FILE


def _variable(path: Location) -> str:
    return PREFIX + "__".join(map(str, path)).upper()


def _key_lines(text: str) -> Iterator[tuple[Location, int]]:
    """Find the path of each key and table of a TOML file, with its line (from 1). Only the
    beginning of each line is read, so a multi-line string can contain false keys."""
    table: Location = ()
    counts: dict[str, int] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if found := _TABLE.match(line):
            table = _names(found[2])
            if found[1]:
                counts[found[2]] = counts.get(found[2], -1) + 1
                table = (*table, counts[found[2]])
            yield table, number
        elif found := _KEY.match(line):
            yield (*table, *_names(found[1])), number


def _names(dotted: str) -> Location:
    return tuple(name.strip().strip("\"'") for name in dotted.split("."))


def _file_first(problem: Problem) -> tuple[bool, int, Problem]:
    name, _, line = problem.where.partition(":")
    return name != FILE, int(line or 0), problem


def _sections() -> dict[str, type[Section]]:
    return {
        name: model
        for name, info in Settings.model_fields.items()
        for model in (info.annotation, *get_args(info.annotation))
        if isinstance(model, type) and issubclass(model, Section)
    }


def _owner(location: Location) -> type[BaseModel]:
    """The model that has the last part of ``location`` as a key."""
    return _sections().get(str(location[0]), Settings) if len(location) > 1 else Settings


def _keys(model: type[BaseModel]) -> list[str]:
    return [info.alias or name for name, info in model.model_fields.items()]


def _lists(model: type[BaseModel]) -> set[str]:
    fields = model.model_fields.items()
    return {name for name, info in fields if get_origin(info.annotation) is tuple}
