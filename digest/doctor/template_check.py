"""Tries the templates on invented messages and pages, before real ones need them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from digest.errors import TemplateError
from digest.model import Problem
from digest.render.email import made_up
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.site import Site
from digest.render.templates import Templates
from digest.web.notices import Notices


@dataclass(frozen=True, slots=True)
class TemplateCheck:
    """The result for all templates."""

    failures: tuple[TemplateError, ...]  # one error for each template that cannot be rendered
    notes: tuple[Problem, ...]  # what the operator should know, if no template failed


def check(templates: Templates, site: Site) -> TemplateCheck:
    """Render one of everything."""
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
    told = () if failures else (*notes, *_unused(templates))
    return TemplateCheck(tuple(failures.values()), told)


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
    yield partial(notices.question, made_up.READER.id)
    yield partial(notices.unsubscribed, made_up.READER.id)
    yield notices.not_unsubscribed
    yield partial(notices.broken_link, "unsubscribe/trial")
    yield partial(notices.missing, "trial.html")
