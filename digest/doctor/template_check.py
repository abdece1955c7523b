"""Tries the templates on invented messages and pages, before real ones need them."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import get_args

from digest.errors import TemplateError
from digest.model import Problem
from digest.render.email import made_up
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.site import Site
from digest.render.templates import Templates
from digest.web.notices import Notices, Step


def check(templates: Templates, site: Site) -> tuple[list[TemplateError], list[Problem]]:
    """Render one of everything; return one error for each template that cannot be rendered, and
    what the operator should know if there is none."""
    failures: dict[str, TemplateError] = {}
    notes: Sequence[Problem] = ()
    try:
        notes = EmailComposer(templates, site).problems
    except TemplateError as error:
        failures[str(error)] = error
    for make in _pages(Pages(templates, site), Notices(templates, site)):
        try:
            make()
        except TemplateError as error:
            failures.setdefault(str(error), error)
    return [*failures.values()], [] if failures else [*notes, *_unused(templates)]


def _unused(templates: Templates) -> Iterator[Problem]:
    for name, meant in templates.never_asked_for():
        remedy = f"did you mean {meant!r}?" if meant else "remove it, or include it somewhere"
        yield Problem(f"templates/{name}", "nothing uses this file", remedy)


def _pages(pages: Pages, notices: Notices) -> Iterator[Callable[[], object]]:
    for digest in (made_up.FULL, made_up.EMPTY):
        yield partial(pages.archive, made_up.READER, "trial", digest)
    for digests in ((made_up.FULL, made_up.EMPTY), ()):
        yield partial(pages.archive_index, made_up.READER, "trial", digests)
    for papers in ((made_up.PAPER,), ()):
        yield partial(pages.start, papers, ())
    yield pages.help
    for step in get_args(Step):
        yield partial(notices.unsubscribe, step, made_up.READER.id)
    yield partial(notices.missing, "trial.html")
