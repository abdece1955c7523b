"""Tries the templates on invented messages and pages, before real ones need them."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import partial

from digest.errors import TemplateError
from digest.model import (
    Coverage,
    Digest,
    Paper,
    PaperId,
    PaperKey,
    Period,
    Pick,
    Problem,
    Profile,
    Reason,
    Subscriber,
    SubscriberId,
    Why,
)
from digest.render.email.compose import EmailComposer
from digest.render.pages import Pages
from digest.render.site import Site
from digest.render.templates import Templates
from digest.web.notices import Notices

_DAY = datetime(2026, 5, 4, 8, tzinfo=UTC)
_TITLE, _ABSTRACT = "A paper that was never written", "It says this.\n\nAnd it says that."
_PAPER = Paper(
    PaperKey(1), PaperId("trial"), _TITLE, _ABSTRACT, _DAY, _DAY.date(), author_count=2, comments=3
)
_PICK = Pick(_PAPER, 0.5, (Reason("says", "says", "abstract", 1.0, 0.5),), late=True)
_READER = Subscriber(
    SubscriberId("trial"), "trial@example.org", Profile(()), channels=("email", "feed")
)
_PERIOD, _COVERAGE = Period(date(2026, 4, 27), "week"), Coverage(1, 10, {Why.OVER_LIMIT: 1})
_FULL = Digest(_READER.id, _PERIOD, _DAY, _PAPER.key, (_PICK,) * 9, _COVERAGE)
_EMPTY = Digest(_READER.id, _PERIOD, _DAY, _PAPER.key, (), Coverage(1, 0))


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
    for digest in (_FULL, _EMPTY):
        yield partial(pages.archive, _READER, "trial", digest)
    for digests in ((_FULL, _EMPTY), ()):
        yield partial(pages.archive_index, _READER, "trial", digests)
    for papers in ((_PAPER,), ()):
        yield partial(pages.start, papers, ())
    yield pages.help
    yield partial(notices.question, _READER.id)
    yield partial(notices.unsubscribed, _READER.id)
    yield notices.not_unsubscribed
    yield partial(notices.broken_link, "unsubscribe/trial")
    yield partial(notices.missing, "trial.html")
