"""Messages of ready bytes are, byte for byte, those of templates rendered for each message."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest
from markupsafe import Markup, escape

from digest.model import (
    Coverage,
    DeliveryId,
    Digest,
    Missing,
    Period,
    Pick,
    Reason,
    Schedule,
    Subscriber,
    Why,
)
from digest.render.brand import Brand
from digest.render.email import kept, mime, ready
from digest.render.email.compose import BUDGET, EmailComposer
from digest.render.email.holes import Hole
from digest.render.email.parts import WIDTH, Parts, wrapped
from digest.render.email.ready import ReadyParts
from digest.render.email.styling import Styled
from digest.render.site import Links, Site
from digest.render.templates import Templates, load
from tests.render.email.own import own
from tests.render.email.views import ADA, LINKS, NOW, SITE, digest, paper

WORDS = (
    *("sparse", "routing", "expert", "LoRA", "low-rank", "adaptation", "νόμος", "naïve"),
    *("模型", "למידה", "نموذج", "<b>", "&amp;", '"quoted"', "it's", "a=b", "100%", "..."),
    *("x" * 90, "https://example.org/" + "y" * 70, "{{", "}}", "%b", "=20", "🎉", "e\u0301"),
)
HOSTILE = (
    *("\0jinja_hole_0", "jinja_hole_1", "{{ headline }}", "{% if x %}", "<!--jinja.value.1.-->"),
    *("=\r\n", "--=_digest", "%(why)s", "\u2028", "\ud800", "\x00", ".", " ", "hole", "<mark>"),
)


class Plain(EmailComposer):
    """The plain way: the templates are rendered for each message."""

    def _best(self, templates: Templates, styled: Mapping[str, Styled]) -> Parts:
        return Parts(templates, self._site.name, styled)


def sentence(chance: random.Random, most: int, words: tuple[str, ...] = WORDS) -> str:
    return " ".join(chance.choices(words, k=chance.randint(0, most)))


def a_pick(chance: random.Random, number: int, words: tuple[str, ...] = WORDS) -> Pick:
    which = paper(
        number,
        title=sentence(chance, chance.choice((3, 12, 60)), words),
        abstract=". ".join(sentence(chance, 30, words) for _ in range(chance.randint(0, 6))),
        authors=tuple(sentence(chance, 3, words) for _ in range(chance.randint(0, 5))),
        published=chance.choice((None, date(2026, 11, 2))),
        listed=chance.choice((None, date(2026, 11, 3))),
        comments=chance.choice((None, 0, 1, 1234)),
        upvotes=chance.choice((None, 50)),
        arxiv_id=chance.choice((None, None, "2605.00001")),
        code=chance.choice((None, "https://code.example/?a=1&b=2")),
        standing=chance.choice((None, None, "revised", "withdrawn")),
        url=chance.choice((None, f"https://papers.example.org/{number}?a=é&b='")),
    )
    reasons = tuple(
        Reason(
            sentence(chance, 4, words),
            sentence(chance, 2, words),
            chance.choice(("title", "abstract", "keywords", "authors")),
            1.0,
            chance.random(),
            chance.choice(("term", "acronym", "related", "author", "signal", "liked", "several")),
        )
        for _ in range(chance.choice((0, 1, 2, 3, 8)))
    )
    before = chance.choice((None, None, None, 7))
    return Pick(which, chance.random() * 1.2, reasons, chance.random() < 0.2, before)


def a_letter(chance: random.Random, picks: list[Pick]) -> tuple[Digest, Subscriber, Links]:
    count = chance.choice((0, 1, 2, 5, 6, 10, 10, 30, 50))
    missing = tuple(
        Missing(date(2026, 11, 16) + timedelta(days=n)) for n in range(chance.choice((0, 0, 3)))
    )
    what = digest(
        chance.sample(picks, min(count, len(picks))),
        period=chance.choice(
            [Period(date(2026, 11, 16), "week"), Period(date(2026, 11, 1), "month")]
        ),
        composed=NOW + timedelta(hours=chance.randrange(50)),
        coverage=Coverage(
            chance.randrange(9),
            chance.randrange(2000),
            {why: chance.randrange(2000) for why in Why if chance.random() < 0.3},
            missing,
            chance.choice((0, 7)),
        ),
    )
    reader = replace(
        ADA,
        name=sentence(chance, 4),
        email=chance.choice(("ada@example.org", "ü" * 20 + "@bücher.example", "a" * 80 + "@x.org")),
        schedule=chance.choice((Schedule("day"), Schedule(cron="0 8 * * 1"), ADA.schedule)),
    )
    links = chance.choice(
        (LINKS, replace(LINKS, bibtex=LINKS.archive + "?x=1", ris="https://x.org/" + "z" * 80))
    )
    return what, reader, links


def same(one: EmailComposer, other: EmailComposer, seed: str, count: int) -> None:
    chance = random.Random(seed)  # noqa: S311  made-up letters
    words = WORDS + HOSTILE
    picks = [a_pick(chance, number, words) for number in range(1, 60)]
    for _ in range(count):
        what, reader, links = a_letter(chance, picks)
        ours, theirs = (
            each.compose(DeliveryId(1), what, reader, links).content for each in (one, other)
        )
        assert ours == theirs
        assert one.text(what, reader, links) == other.text(what, reader, links)


@pytest.mark.parametrize(
    "site",
    [
        SITE,
        replace(
            SITE,
            reply_to="Desk <desk@example.org>",
            brand=Brand("Bücher & Co", "#cc3300", ("One", "two & three"), ("Street 1",)),
        ),
    ],
    ids=["plain", "branded"],
)
@pytest.mark.parametrize("seed", range(4))
def test_messages_are_those_of_the_plain_way(site: Site, seed: int) -> None:
    made = EmailComposer(load(), site)
    assert isinstance(made._parts, ReadyParts)
    same(made, Plain(load(), site), f"letters {seed}", 40)


def test_what_is_forgotten_is_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, most in {"_PAPERS": 3, "_BYTES": 5_000, "_SAID": 2}.items():
        monkeypatch.setattr(ready, name, most)
    same(EmailComposer(load(), SITE), Plain(load(), SITE), "forgotten", 12)


def test_a_paper_that_changed_is_shown_as_it_is() -> None:
    made, plain = EmailComposer(load(), SITE), Plain(load(), SITE)
    for title in ("First", "Second", "First"):
        what = digest([Pick(paper(1, title=title), 0.5, (), late=True)])
        ours = made.compose(DeliveryId(1), what, ADA, LINKS)
        assert ours == plain.compose(DeliveryId(1), what, ADA, LINKS)
        assert f"{title}</a>" in made.html(what, ADA, LINKS)


FAST = [
    ("email.html.j2", "match {{", "fits {{"),
    ("email.html.j2", "{{ paper.card }}", "<p>{{ paper.facts_text | upper }}</p>{{ paper.card }}"),
    ("email.html.j2", "{% if paper.late %}", "{% if paper.late and not paper.links %}"),
    (
        "email.html.j2",
        "<h1>",
        "{% with a = lead %}<p>{{ a }}{{ footer | join }}</p>{% endwith %}<h1>",
    ),
    ("email.html.j2", "{% if more %}", "{% if not (chips or more) %}"),
    (
        "email.html.j2",
        "<h1>",
        "{% for p in papers %}{{ p.because.gist }}{% else %}none{% endfor %}<h1>",
    ),
    ("email.html.j2", "<h1>", "{% set x = brand | length %}<p>{{ x }} {{ headline }}</p><h1>"),
    ("reason.html.j2", "{{ reason.gist }}", "{{ paper.gist | truncate(80) }} {{ reason.gist }}"),
    ("card.html.j2", "{{ paper.title }}</a>", "{{ paper.title | upper }}</a>"),
    ("style.css", "mark {", ".gist bdi { color: #ff0000 }\n.gist mark {"),
    ("email.txt.j2", "{{ paper.url }}", "{{ paper.url[:60] }} {{ paper.number }} {{ paper.why }}"),
    ("email.txt.j2", "{{ rhythm }}\n", "{{ rhythm }} \n   \n{{ left_out }}\n\n"),
    ("email.txt.j2", "{% for chip in chips %}\n  - {{", "{% for chip in chips %}{{"),
    ("email.txt.j2", "{{ headline }}", "{{ headline }} {{ lead }} {{ archive }}"),
    ("email.txt.j2", "   {{ paper.gist }}", "   {{ paper.because.gist }}"),
    ("email.txt.j2", "   Match {{ paper.percent }} ", " - Match  {{ paper.percent }} "),
    ("email.txt.j2", "   Match {{ paper.percent }} ", f"{'so ' * 23}{{{{ paper.percent }}}} "),
    ("email.txt.j2", "   Match {{ paper.percent }} %", "   {{ paper.percent }}."),
]
PLAIN = [
    ("email.html.j2", "<h1>{{ headline }}", "<h1>{{ headline | upper }}"),
    ("email.html.j2", "{{ paper.card }}", "{{ paper.card }}<i>{{ loop.index }}</i>"),
    ("email.html.j2", "{% if paper.late %}", "{% if paper.percent | int > 50 %}"),
    ("email.html.j2", "{% if more %}", "{% if papers | length > 3 %}"),
    ("email.html.j2", "<h1>", "{% for p in papers if p.late %}{{ p.title }}{% endfor %}<h1>"),
    ("email.html.j2", "<h1>", "{% for p in papers %}{{ headline }}{% endfor %}<h1>"),
    ("email.html.j2", "<h1>", "<p>{{ ['a'] | random }}</p><h1>"),
    ("email.txt.j2", "{{ lead }}", "{{ lead ~ brand }}"),
    (
        "email.txt.j2",
        "{{ lead }}\n",
        "{{ lead }}: {% for chip in chips %}{{ chip.interest }}, {% endfor %}\n",
    ),
    ("email.txt.j2", "{{ chip.interest }}", "{{ chip.interest | upper }}"),
    ("email.txt.j2", "{{ lead }}", "{% include 'x.txt' ignore missing %}{{ lead }}"),
    (
        "email.txt.j2",
        "{{ lead }}\n",
        "{{ lead }}, {% for p in papers %}\n{{ p.title }}\n{% endfor %}",
    ),
    ("reason.html.j2", "{{ reason.why }}", "{{ reason.why | title }}"),
]


@pytest.mark.parametrize("change", FAST, ids=lambda change: change[2])
def test_own_templates_that_only_print_and_test_are_divided(
    tmp_path: Path, change: tuple[str, str, str]
) -> None:
    made = own(tmp_path, change)
    assert isinstance(made._parts, ReadyParts)
    same(made, Plain(load(tmp_path), SITE), change[2], 8)


@pytest.mark.parametrize("change", PLAIN, ids=lambda change: change[2])
def test_own_templates_that_do_more_are_rendered_for_each_message(
    tmp_path: Path, change: tuple[str, str, str]
) -> None:
    made = own(tmp_path, change)
    assert isinstance(made._parts, Parts)
    assert not made.problems
    same(made, Plain(load(tmp_path), SITE), change[2], 2)


def test_what_is_longer_than_the_budget_is_cut_alike() -> None:
    picks = [
        Pick(paper(n, title="wide " * 40, abstract=f"We show {n} " * 80), 0.5, ())
        for n in range(1, 60)
    ]
    made = EmailComposer(load(), SITE)
    ours = made.compose(DeliveryId(1), digest(picks), ADA, LINKS)
    assert ours == Plain(load(), SITE).compose(DeliveryId(1), digest(picks), ADA, LINKS)
    assert b"more papers in the full digest" in ours.content
    assert len(ours.content) < BUDGET * 2


def test_lines_are_encoded_as_ever() -> None:
    chance = random.Random("lines")  # noqa: S311  made-up lines
    words = (*WORDS, *HOSTILE, " ", "\t", "")
    for _ in range(3000):
        line = chance.choice(("", "   ", "1. ", " - ")) + sentence(chance, 20, words)
        line = line.replace("\n", " ").replace("\r", " ")
        assert wrapped(line) == wrapped_by_words(line)
        encoded = mime.quoted("".join(f"{part}\n" for part in wrapped(line)))
        assert kept.encoded_line(line) == encoded
        at = chance.randint(0, len(line))
        make = kept.text_line([line[:at], Hole("x")], lambda name: lambda values: values[0])
        assert make((line[at:],)) == encoded


@pytest.mark.parametrize("text", [*WORDS, *HOSTILE, "&<>\"'", "&amp;", "a'b\"c"])
def test_values_are_escaped_as_markupsafe_does(text: str) -> None:
    assert kept.html_piece(text) == mime.quoted(str(escape(text))) + kept.JOINT
    assert kept.html_piece(Markup("<bdi>x</bdi>")) == b"<bdi>x</bdi>" + kept.JOINT


def wrapped_by_words(line: str, width: int = WIDTH) -> list[str]:
    """The plain way, a word after the other."""
    if len(line) <= width:
        return [line.rstrip()]
    start = line[: len(line) - len(line.lstrip())]
    rest = line[len(start) :]
    for mark in ("1. ", "- "):
        if rest.startswith(mark):
            start += (
                mark + rest[len(mark) :][: len(rest[len(mark) :]) - len(rest[len(mark) :].lstrip())]
            )
    words = line[len(start) :].split()
    lines, current = [], start + words[0] if words else ""
    for word in words[1:]:
        if len(current) + 1 + len(word) > width:
            lines.append(current)
            current = " " * len(start) + word
        else:
            current += f" {word}"
    return [*lines, current]
