"""Jinja templates: the operator's own first, then those that ship with the program."""

import os
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from operator import itemgetter
from pathlib import Path
from types import FunctionType, TracebackType
from typing import Any, Self, TypeVar, cast

import jinja2
from jinja2 import nodes
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from digest.config.messages import nearest
from digest.errors import TemplateError
from digest.render.excerpt import with_tags

T = TypeVar("T")

STYLE = "style.css"  # the style sheet that the email and the web pages share
HTML, CARD, REASON = "email.html.j2", "card.html.j2", "reason.html.j2"
WITH_TAGS = "with_tags"  # the filter that `email.styling` puts into templates.
_PACKAGE = Path(__file__).resolve().parent.parent

Origin = tuple[int, str, int]
"""From this line of a made source on, its lines are those of a file, from that line on."""


_escaped = lru_cache(maxsize=20_000)(escape)


def _escape(value: Any) -> Markup:
    """Escape what a template prints. markupsafe would copy what is ready, so much is the same."""
    if type(value) is str:
        return _escaped(value)
    return value if type(value) is Markup else escape(value)


class _Compiled(jinja2.Template):
    """A template that escapes by ``_escape``."""

    @classmethod
    def from_code(cls, *arguments: Any, **options: Any) -> jinja2.Template:
        made = super().from_code(*arguments, **options)
        cast(FunctionType, made.root_render_func).__globals__["escape"] = _escape
        return made


class _Sandbox(ImmutableSandboxedEnvironment):
    """Remembers which attributes are safe: that depends on the type and the name alone."""

    template_class = _Compiled

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._safe: defaultdict[type, dict[str, bool]] = defaultdict(dict)

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        known = self._safe[type(obj)]
        if attr not in known:
            known[attr] = super().is_safe_attribute(obj, attr, value)
        return known[attr]

    def getattr(self, obj: Any, attribute: str) -> Any:
        if type(obj) is dict and attribute in obj:
            return obj[attribute]
        if self._safe[type(obj)].get(attribute):
            try:
                return getattr(obj, attribute)
            except AttributeError:
                pass
        return super().getattr(obj, attribute)


class _Loader(jinja2.FileSystemLoader):
    """Remembers which templates were asked for, and can add rules to the style sheet. Card and
    reason go without their last newline, so that they can stand on a line of the frame."""

    def __init__(self, folders: Sequence[Path], more_style: str, asked: set[str]) -> None:
        super().__init__(folders)
        self.more_style = more_style
        self.asked = asked

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str, Callable[[], bool]]:
        self.asked.add(template)
        source, file, is_current = super().get_source(environment, template)
        if template in (CARD, REASON):
            source = source.removesuffix("\n")
        return source + self.more_style * (template == STYLE), file, is_current


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template."""

    _name: str
    _compiled: jinja2.Template
    _error: Callable[[str, Exception], TemplateError]

    def pieces(self, values: Mapping[str, Any], convert: Callable[[str], T]) -> list[T]:
        """Render the template over ``values``, which it sees as names.

        Each constant text and each printed value is a piece of its own, which is converted.

        Raises:
            TemplateError: with ``file:line``, whatever goes wrong inside of the template.
        """
        return self._run(values, lambda pieces: list(map(convert, pieces)))

    def render(self, values: Mapping[str, Any]) -> str:
        """Render the template into one text.

        Raises:
            TemplateError: as for ``pieces``.
        """
        return self._run(values, "".join)

    def _run(self, values: Mapping[str, Any], collect: Callable[[Iterator[str]], T]) -> T:
        compiled = self._compiled
        try:
            return collect(compiled.root_render_func(compiled.new_context(dict(values))))
        except Exception as error:  # a template can raise anything; the operator needs its line
            raise self._error(self._name, error) from error


class Templates:
    """Jinja templates in a sandbox; names that end in ``.html.j2`` escape what they print. A name
    that is not defined is an error. ``more_style`` is added at the end of ``style.css``."""

    def __init__(self, shipped: Path, own: Path | None = None, more_style: str = "") -> None:
        self._shipped, self._own = shipped, own
        self._origins: dict[str, Sequence[Origin]] = {}  # of each made source, by its name
        self._loader = _Loader([own, shipped] if own else [shipped], more_style, set())
        self._environment = _Sandbox(
            loader=self._loader,
            autoescape=lambda name: name is not None and name.endswith(".html.j2"),
            undefined=jinja2.StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.filters[WITH_TAGS] = with_tags

    def with_style(self, more_style: str) -> Self:
        """Return these templates with rules added at the end of their style sheet."""
        if not more_style:
            return self
        made = type(self)(self._shipped, self._own, more_style)
        made._loader.asked = self._loader.asked
        return made

    def is_shipped(self, *names: str) -> bool:
        """Tell whether no file of these names replaces the shipped one by something else."""
        return self._own is None or all(
            _bytes(self._own / name) in (None, _bytes(self._shipped / name)) for name in names
        )

    def stamp(self) -> frozenset[tuple[str, int, int]]:
        """Return names, times and sizes of the operator's files: it changes when they do."""
        return frozenset(_stamps(self._own)) if self._own else frozenset()

    def hash(self) -> str:
        """Return a hash of all templates, the same on every machine."""
        made = sha256(self._loader.more_style.encode())
        for folder in filter(None, (self._shipped, self._own)):
            for path in sorted(path for path in folder.rglob("*") if path.is_file()):
                content = path.read_bytes()
                made.update(f"{path.relative_to(folder)}\n{len(content)}\n".encode() + content)
        return made.hexdigest()

    def never_asked_for(self) -> list[tuple[str, str]]:
        """Return the operator's files that nothing has used so far. With each goes the shipped name
        that it may have been meant for, or ""."""
        if self._own is None:
            return []
        shipped = [path.name for path in self._shipped.iterdir()]
        paths = (path for path in sorted(self._own.rglob("*")) if path.is_file())
        names = [path.relative_to(self._own).as_posix() for path in paths if path.name[0] != "."]
        unused = [name for name in names if name not in self._loader.asked]
        return [(name, "".join(nearest(name, shipped, limit=1))) for name in unused]

    def source(self, name: str) -> str:
        """Return the text of a template.

        Raises:
            TemplateError: there is no such template, or it is not UTF-8.
        """
        return self._read(name)[0]

    def tokens(self, name: str) -> tuple[str, list[tuple[int, str, str]]]:
        """Return the file of a template, and its tokens: line, kind as Jinja names it, and text.

        Raises:
            TemplateError: there is no such template, or its syntax is wrong.
        """
        source, file = self._read(name)
        try:
            self._environment.parse(source, name, file)
        except jinja2.TemplateSyntaxError as error:
            raise self._error(name, error) from error
        return file, list(self._environment.lex(source, name, file))

    def expression(self, inside: str) -> nodes.Expr:
        """Return the syntax tree of what stands in ``{{ }}``."""
        output = self._environment.parse(f"{{{{{inside}}}}}").find(nodes.Output)
        return cast("nodes.Output", output).nodes[0]

    def compile(self, name: str, source: str = "", origins: Sequence[Origin] = ()) -> Template:
        """Compile a template, or a ``source`` that was made of templates: with its ``origins``, and
        white space that stays as it is.

        Raises:
            TemplateError: there is no such template, or its syntax is wrong.
        """
        if origins:
            return self.compile_tree(name, self.tree(name, source, origins))
        try:
            return Template(name, self._environment.get_template(name), self._error)
        except (jinja2.TemplateError, UnicodeDecodeError) as error:
            raise self._error(name, error) from error

    def tree(self, name: str, source: str = "", origins: Sequence[Origin] = ()) -> nodes.Template:
        """Return the syntax tree of what ``compile`` would compile; it may be changed.

        Raises:
            TemplateError: there is no such template, or its syntax is wrong.
        """
        environment: jinja2.Environment = self._environment
        if origins:
            self._origins[name] = origins
            environment, file = environment.overlay(trim_blocks=False, lstrip_blocks=False), name
        else:
            source, file = self._read(name)
        try:
            return environment.parse(source, name, file)
        except jinja2.TemplateSyntaxError as error:
            raise self._error(name, error) from error

    def compile_tree(self, name: str, tree: nodes.Template) -> Template:
        """Compile a syntax tree, or a part of one, as the template of this name.

        Raises:
            TemplateError: it uses a filter or test that does not exist.
        """
        environment = self._environment
        file = name if name in self._origins else self._read(name)[1]
        try:
            tree.set_environment(environment)
            code = environment.compile(tree, name, file)
        except jinja2.TemplateError as error:
            raise self._error(name, error) from error
        compiled = environment.template_class.from_code(environment, code, environment.globals)
        return Template(name, compiled, self._error)

    def render(self, name: str, values: Mapping[str, object]) -> str:
        """Render the template of this name.

        Raises:
            TemplateError: it is missing or wrong, or fails on these values; with ``file:line``.
        """
        return self.compile(name).render(values)

    def _read(self, name: str) -> tuple[str, str]:
        """Return the text of a template, and the file that it stands in."""
        try:
            return self._loader.get_source(self._environment, name)[:2]
        except (jinja2.TemplateNotFound, UnicodeDecodeError) as error:
            raise self._error(name, error) from error

    def _place(self, file: str, line: int) -> str:
        """Return ``file:line`` in the operator's file, also for a line of a made source."""
        if origins := self._origins.get(file):
            start, file, first = origins[bisect_right(origins, line, key=itemgetter(0)) - 1]
            line += first - start
        return f"{file}:{line}"

    def _error(self, name: str, error: Exception) -> TemplateError:
        """Return the error as the operator is told it, with the place in the operator's file."""
        if isinstance(error, jinja2.TemplateNotFound):
            return TemplateError(name, f"there is no template {error.name!r}")
        if isinstance(error, jinja2.TemplateSyntaxError):
            what = str(error.message)
            if "tag 'each'" in what:
                what = "{% each %} is gone: write {% for %} … {% endfor %}"
            return TemplateError(self._place(error.filename or name, error.lineno), what)
        places = [self._place(*place) for place in _places(error.__traceback__)]
        return TemplateError(places[-1] if places else name, f"{type(error).__name__}: {error}")


def load(home: Path | None = None) -> Templates:
    """Return the templates of a home: ``templates/NAME`` there replaces the shipped one."""
    # An installed package holds its templates; in a checkout they lie beside it.
    places = (folder / "templates" for folder in (_PACKAGE, _PACKAGE.parent))
    shipped = next(folder for folder in places if folder.is_dir())
    return Templates(shipped, own=None if home is None else home / "templates")


def _places(traceback: TracebackType | None) -> Iterator[tuple[str, int]]:
    """Yield file and line of each frame of a traceback that is one of a template."""
    while traceback is not None:
        template = traceback.tb_frame.f_globals.get("__jinja_template__")
        if isinstance(template, jinja2.Template):
            line = template.get_corresponding_lineno(traceback.tb_lineno)
            yield template.filename or "", line
        traceback = traceback.tb_next


def _stamps(folder: Path) -> Iterator[tuple[str, int, int]]:
    """Yield path, time and size of each file below a folder."""
    try:
        for entry in os.scandir(folder):
            if entry.is_dir():
                yield from _stamps(Path(entry.path))
            else:
                facts = entry.stat()
                yield entry.path, facts.st_mtime_ns, facts.st_size
    except OSError:
        return


def _bytes(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None
