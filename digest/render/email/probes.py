"""Made-up letters, by which a template is tried before it is trusted with real ones."""

from __future__ import annotations

from dataclasses import replace

from markupsafe import Markup

from digest.render.email.view import Card, Chip, Contents, EmailView, Entry

_BARE = Card(
    number="1",
    title='Bare & <unadorned>: "nothing" is known of it',
    url="https://papers.example/1?a=1&b=2",
    facts=Markup(),
    facts_text=(),
    late=(),
    gist=(),
    gist_text=(),
    why="“trial” in the title",
    percent="100",
)
_FULL = replace(
    _BARE,
    title="Größe zählt",
    facts=Markup("<bdi>نور</bdi> and 2 more &nbsp;·&nbsp; 3 May 2026"),
    facts_text=("نور and 2 more · 3 May 2026",),
    late=("From the page of 2 May, late",),
    gist=(Markup("Short <mark>words</mark> &lt;here&gt;, and <mark>more</mark> there."),),
    gist_text=("Short words <here>, and more there.",),
    percent="7",
)
_EMPTY = EmailView(
    subject="No papers for you",
    preheader="Nothing & nobody",
    brand="Trial",
    period="3 May 2026",
    headline="No papers for you, out of 12",
    lead="For you",
    chips=(),
    contents=(),
    papers=(),
    more=(),
    empty=("There was nothing.",),
    coverage="Read from 1 page, 12 papers.",
    left_out=(),
    rhythm="You get this daily.",
    feed="https://digest.example/feed?x=1&y=2",
    archive="https://digest.example/archive",
    help="https://digest.example/help",
    unsubscribe="mailto:digest@digest.example?subject=unsubscribe",
)


def letters() -> tuple[EmailView, ...]:
    """One without papers, one with a bare paper, one with many and all there can be."""
    many = tuple(
        replace(_FULL if number % 3 else _BARE, number=str(number)) for number in range(1, 9)
    )
    full = replace(
        _EMPTY,
        chips=(Chip("first & foremost", "5"), Chip("second", "3"), Chip("third", "1")),
        contents=(Contents((Entry("1", "One"), Entry("2", "Two & a half"))),),
        papers=many,
        more=("4 more papers in the full digest",),
        empty=(),
        left_out=("Left out: 4 over the limit.",),
    )
    return _EMPTY, replace(_EMPTY, papers=(_BARE,), empty=()), full
