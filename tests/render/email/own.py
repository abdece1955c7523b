"""Templates of an operator's own, and what premailer makes of whole messages."""

from __future__ import annotations

from pathlib import Path

from digest.model import Digest
from digest.render.email.compose import EmailComposer
from digest.render.email.parts import Parts
from digest.render.email.styling import inlined
from digest.render.email.view import write
from digest.render.site import Site
from digest.render.templates import load
from tests.render.email.views import ADA, LINKS, SITE


def own(home: Path, *changes: tuple[str, str, str], site: Site = SITE) -> EmailComposer:
    """A composer over a home whose templates of these names have these changes; a template that
    is not among the shipped ones, or of which nothing is to be kept, is the new text alone."""
    folder = home / "templates"
    folder.mkdir(exist_ok=True)
    for name, old, new in changes:
        path = folder / name
        source = path.read_text() if path.exists() else load().source(name) if old else ""
        assert old in source
        path.write_text(source.replace(old, new, 1) if old else new)
    return EmailComposer(load(home), site)


def styled_whole(home: Path, what: Digest, shown: int | None = None) -> str:
    """The page of a message as premailer makes it, without any of the composer's short cuts."""
    templates = load(home)
    parts = Parts(templates, SITE.name, None)
    letter = write(what, ADA, LINKS, SITE, parts.pick)
    letter = letter.first(len(letter.papers) if shown is None else shown)
    return inlined(templates.render("email.html.j2", letter._asdict()))
