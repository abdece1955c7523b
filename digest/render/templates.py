"""Templates: the operator's own first, then those that ship with the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from digest.config.messages import nearest
from digest.errors import TemplateError
from digest.render.email.sheet import Each

_PACKAGE = Path(__file__).resolve().parent.parent


def load(home: Path | None = None) -> Templates:
    """The templates of a home: ``templates/NAME`` there replaces the shipped one of that name."""
    shipped = _shipped()
    return Templates(shipped, own=None if home is None else home / "templates")


def _shipped() -> Path:
    """In an installed package they lie inside it, in a checkout beside it."""
    inside = _PACKAGE / "templates"
    return inside if inside.is_dir() else _PACKAGE.parent / "templates"


class _Sandbox(ImmutableSandboxedEnvironment):
    """The sandbox decides by type and name alone, a hundred thousand times for a thousand pages."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: defaultdict[type, dict[str, bool]] = defaultdict(dict)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        known = self._safe[type(obj)]
        if attr not in known:
            known[attr] = super().is_safe_attribute(obj, attr, value)
        return known[attr]

    def getattr(self, obj: Any, attribute: str) -> Any:
        if self._safe[type(obj)].get(attribute):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass
        return super().getattr(obj, attribute)


class _Loader(jinja2.FileSystemLoader):
    """Remembers what was asked for."""

    def __init__(self, folders: Sequence[Path]) -> None:
        super().__init__(folders)
        self.asked: set[str] = set()

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        self.asked.add(template)
        return super().get_source(environment, template)


class Templates:
    """Jinja templates in a sandbox; names that end in ``.html.j2`` escape what they print.

    A template can include ``style.css`` and use ``{% each item in items %} … {% endeach %}``, a
    loop that the email composer can cut out of the page (see ``digest.render.email.sheet``). A name
    that is not defined is an error.
    """

    def __init__(self, shipped: Path, own: Path | None = None) -> None:
        self._shipped = shipped
        self._folders = [shipped] if own is None else [own, shipped]
        self._loader = _Loader(self._folders)
        self._environment = _Sandbox(
            loader=self._loader,
            autoescape=jinja2.select_autoescape(["html.j2"], default=False),
            undefined=jinja2.StrictUndefined,
            extensions=[Each],
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )

    def is_shipped(self, *names: str) -> bool:
        """Whether no file of these names replaces the shipped one by something else."""
        return all(
            _bytes(folder / name) in (None, _bytes(self._shipped / name))
            for folder in self._folders[:-1]
            for name in names
        )

    def never_asked_for(self) -> list[tuple[str, str]]:
        """The operator's files that nothing has used so far, each with the shipped name that it
        may have been meant for, or ""."""
        shipped = [path.name for path in self._shipped.iterdir()]
        unused = (
            path.relative_to(folder).as_posix()
            for folder in self._folders[:-1]
            for path in sorted(folder.rglob("*"))
            if path.is_file() and not path.name.startswith(".")
        )
        return [
            (name, "".join(nearest(name, shipped, limit=1)))
            for name in unused
            if name not in self._loader.asked
        ]

    def source(self, name: str) -> str:
        """The text of a template as it stands in its file.

        Raises:
            TemplateError: there is no such template, or it is not UTF-8.
        """
        return self._read(name)[0]

    def parse(self, name: str) -> jinja2.nodes.Template:
        """The syntax tree of a template.

        Raises:
            TemplateError: there is no such template, or its syntax is wrong.
        """
        source, file = self._read(name)
        try:
            return self._environment.parse(source, name, file)
        except jinja2.TemplateSyntaxError as error:
            raise self._error(name, error) from error

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """What a template makes of ``values``, which it sees as names.

        Raises:
            TemplateError: with ``file:line``, whatever goes wrong inside of it.
        """
        try:
            return self._environment.get_template(name).render(values)
        except Exception as error:  # a template can raise anything; the operator needs its line
            raise self._error(name, error) from error

    def _read(self, name: str) -> tuple[str, str | None]:
        """The text of a template, and the file that it stands in."""
        try:
            return self._loader.get_source(self._environment, name)[:2]
        except (jinja2.TemplateNotFound, UnicodeDecodeError) as error:
            raise self._error(name, error) from error

    def _error(self, name: str, error: Exception) -> TemplateError:
        if isinstance(error, jinja2.TemplateNotFound):
            return TemplateError(name, f"there is no template {error.name!r}")
        if isinstance(error, jinja2.TemplateSyntaxError):
            return TemplateError(f"{error.filename or name}:{error.lineno}", str(error.message))
        places = [
            f"{file}:{line}" for file, line in _places(error.__traceback__) if self._owns(file)
        ]
        return TemplateError(places[-1] if places else name, f"{type(error).__name__}: {error}")

    def _owns(self, file: str) -> bool:
        return any(Path(file).is_relative_to(folder) for folder in self._folders)


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """File and line of each frame; Jinja gives the frames of a template its own file's lines."""
    while traceback is not None:
        yield traceback.tb_frame.f_code.co_filename, traceback.tb_lineno
        traceback = traceback.tb_next


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
