"""Templates of an operator's own: styled in their source where that is right, else one by one."""

from __future__ import annotations

import email
from email.policy import default
from pathlib import Path
from typing import cast

import pytest

from digest.errors import TemplateError
from digest.model import DeliveryId, Digest
from digest.render.brand import Brand
from digest.render.email.compose import BUDGET, EmailComposer
from digest.render.email.styling import KEPT, kept_file, same_page
from digest.render.templates import load
from tests.render.email.own import own, styled_whole
from tests.render.email.test_compose import DIGESTS, HUGE
from tests.render.email.views import ADA, LINKS, WEEK_OF_SEVEN

LOOP = "{% for paper in papers %}\n"
BY_HAND = """<!DOCTYPE html>
<html><head><title>{% if papers %}{{ subject | upper }}{% else %}Nothing{% endif %}</title>
<style>{% include "style.css" %}</style></head>
<body>{# a comment #}{% include "top.html.j2" %}
{% set many = papers | length > 3 %}
{% for paper in papers if paper.number != "2" %}
  <div class="paper"><p class="{{ 'match' }}" title="{% if many %}{{ papers|length }}{% endif %}">
  {{- paper.number }}/{{ loop.length }}</p>
  {{ paper.card }}{% if paper.late %}<p class="late">{{ paper.late }}</p>
  {% elif loop.first %}<p class="lead">first: {{ paper.gist | truncate(40) }}</p>
  {% else %}<p class="facts">{{ paper.facts }}</p>{% endif %}
  {% with why = paper.why %}<p class="why">{{ why }}</p>{% endwith %}
  {% if paper.reason %}<div class="foot">{{ paper.reason }}</div>{% endif %}</div>
{% else %}<p class="empty">{{ empty }}</p>{% endfor %}
{% if more %}<p class="more"><a href="{{ archive }}">{{ more }}</a></p>{% endif %}
<p class="foot">{{ coverage }} <a href="{{ unsubscribe }}">Out</a></p></body></html>
"""
TOP = """<h1>{{ headline }}</h1>
{% for chip in chips %}<b class="chip">{{ chip.interest }}</b>{% endfor %}"""


def page(made: EmailComposer, what: Digest = WEEK_OF_SEVEN) -> str:
    return made.html(what, ADA, LINKS)


def same(made: EmailComposer, home: Path, what: Digest) -> bool:
    html = page(made, what)
    whole = styled_whole(home, what, html.count('name="paper-'))
    return same_page(html.encode(), whole.encode())


@pytest.mark.parametrize("name", DIGESTS)
def test_shipped_templates_look_as_if_each_message_was_styled(tmp_path: Path, name: str) -> None:
    made = own(tmp_path)
    assert made.problems == ()
    assert same(made, tmp_path, DIGESTS[name])


@pytest.mark.parametrize("name", ["seven", "empty", "one", "thirty"])
def test_a_frame_by_hand_is_styled_in_its_source(tmp_path: Path, name: str) -> None:
    made = own(tmp_path, ("email.html.j2", "", BY_HAND), ("top.html.j2", "", TOP))
    assert made.problems == ()
    whole = styled_whole(tmp_path, DIGESTS[name])
    assert same_page(page(made, DIGESTS[name]).encode(), whole.encode())
    assert "{%" not in whole
    assert "border-left" in whole or not DIGESTS[name].picks


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("email.html.j2", "match {{", "fits {{"),
        ("email.html.j2", "<title>{{ subject }}", "<title>{% if brand %}{{ brand }}{% endif %}"),
        ("email.html.j2", "{{ lead }}", "{{ lead if papers else brand }}"),
        ("email.html.j2", '<a href="{{ archive }}">This', "<a href={{ archive }}>This"),
        ("email.html.j2", "{{ paper.card }}", "{% if paper.card %}{{ paper.card }}{% endif %}"),
        (
            "email.html.j2",
            "<h1>",
            "{% raw %}<b>{{ x }} {% y %} {# z {</b>{% endraw %}{{ lead }}<h1>",
        ),
        ("email.html.j2", "<h1>", "<b>{ {%- if lead %}%{% endif %} { {{- lead }}</b><h1>"),
        ("email.html.j2", "<h1>", '{% include "set.html.j2" %}{{ headline }}<h1>'),
        ("card.html.j2", "{{ paper.facts }}", "{{ paper.facts }} <i>{{ brand }}</i>"),
        ("card.html.j2", "{{ paper.title }}</a>", "{{ paper.title | upper }}</a>{# why #}"),
        ("reason.html.j2", "{{ reason.gist }}", "{{ paper.gist | truncate(80) }}"),
        (
            "reason.html.j2",
            '<p class="why"',
            '{% include "x.html.j2" ignore missing %}<p class="why"',
        ),
        ("style.css", "mark {", "bdi { color: #ff0000 }\n.gist mark {"),
        ("style.css", ".bar {", ".head > p { color: #111111 }\n* { border: 0 }\n.bar {"),
        ("email.txt.j2", "{{ paper.url }}", "{{ paper.url[:60] }} {{ loop.index }}"),
    ],
)
def test_these_changes_are_styled_in_the_source(
    tmp_path: Path, name: str, old: str, new: str
) -> None:
    made = own(
        tmp_path, (name, old, new), ("set.html.j2", "", "{% set headline = 7 %}<p>in it</p>")
    )
    if old.startswith('<a href="{{'):
        assert "the tag is computed" in str(made.problems)
    else:
        assert made.problems == ()
    for what in (WEEK_OF_SEVEN, DIGESTS["empty"]):
        assert same(made, tmp_path, what)


@pytest.mark.parametrize(
    (("change"), "reason"),
    [
        (
            ("email.html.j2", '<p class="match">', '<p class="m{{ paper.number }}">'),
            "class is computed",
        ),
        (
            ("email.html.j2", '<td class="foot"', '<td class="{% if more %}a{% endif %}"'),
            "class is comp",
        ),
        (
            ("email.html.j2", '<p class="match">', '<p style="top: {{ 1 + 1 * brand|length }}px">'),
            "style is",
        ),
        (("email.html.j2", "<h1>", "<h1 {% if papers %}id='x'{% endif %}>"), "the tag is computed"),
        (
            ("email.html.j2", "<style>\n", "<style>\n{% if papers %}p { color: red }{% endif %}\n"),
            "style is",
        ),
        (
            (
                "email.html.j2",
                LOOP,
                "{% macro m(x) %}<b class='late'>{{ x }}</b>{% endmacro %}" + LOOP,
            ),
            "the kind macro",
        ),
        (
            ("email.html.j2", LOOP, '{% from "m.html.j2" import m %}{{ m(brand) }}' + LOOP),
            "the kind from",
        ),
        (
            ("email.html.j2", LOOP, "{% set x %}<b>{{ brand }}</b>{% endset %}{{ x }}" + LOOP),
            "the kind set",
        ),
        (("email.html.j2", LOOP, "{% block a %}<b>x</b>{% endblock %}" + LOOP), "the kind block"),
        (
            ("email.html.j2", LOOP, '{% include ["m.html.j2", "style.css"] %}' + LOOP),
            "the kind include",
        ),
        (
            ("email.html.j2", "{{ paper.card }}", "{{ paper.card | replace('x', 'y') }}"),
            "by itself",
        ),
        (("email.html.j2", "{{ paper.card }}", "{% set c = paper.card %}{{ c }}"), "by itself"),
        (
            ("email.html.j2", LOOP, "{{ papers | map(attribute='card') | join }}" + LOOP),
            "by itself",
        ),
        (
            (
                "email.html.j2",
                "<h1>{{",
                "{% if papers %}<h1>{% else %}<h1 class='lead'>{% endif %}{{",
            ),
            "is not closed",
        ),
        (("email.html.j2", "<p>{{ rhythm }}</p>", "<p>{{ rhythm }}"), "<p> is not closed"),
        (("email.html.j2", "<p>{{ rhythm }}</p>", "<p><div>{{ rhythm }}</div></p>"), "elsewhere"),
        (
            (
                "email.html.j2",
                "{{ paper.card }}",
                "{{ paper.card }}<div class='row'>{{ paper.card }}</div>",
            ),
            "two places",
        ),
        (
            (
                "style.css",
                ".bar {",
                ".bar h2 { color: red }\n.paper:first-child { color: #222 }\n.bar {",
            ),
            ".paper:first-child",
        ),
        (("style.css", ".bar {", "p,\ntr + tr td { color: #222222 }\n.bar {"), "tr + tr td"),
        (
            ("style.css", ".bar {", "a[href^='https'] { color: #222222 }\n.bar {"),
            "an attribute that is computed",
        ),
        (
            ("style.css", ".bar {", "#paper-2 { color: #222222 }\n.bar {"),
            "an attribute that is computed",
        ),
        (
            ("email.html.j2", "<h1>", "<style>#x{}</style><h1 id='{% if lead %}x{% endif %}'>"),
            "an attribute that is computed",
        ),
        (
            ("email.html.j2", LOOP, "{% for x in papers recursive %}{% endfor %}" + LOOP),
            "recursive",
        ),
    ],
)
def test_what_cannot_be_is_named_with_its_line_and_styled_one_by_one(
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    change: tuple[str, str, str],
    reason: str,
) -> None:
    name, old, new = change
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "m.html.j2").write_text(
        "{% macro m(x) %}<b class='late'>{{ x }}</b>{% endmacro %}"
    )
    made = own(tmp_path, change)
    [problem, *_] = made.problems
    assert reason in problem.what
    assert reason in caplog.text
    file, _, line = problem.where.rpartition(":")
    assert file == f"{tmp_path}/templates/{name}"
    first = load().source(name).partition(old)[0].count("\n") + 1
    assert first <= int(line) <= first + new.count("\n") + 2
    for what in (WEEK_OF_SEVEN, DIGESTS["empty"]):
        assert same(made, tmp_path, what)


def test_every_place_is_named(tmp_path: Path) -> None:
    made = own(
        tmp_path,
        ("style.css", ".bar {", "td:only-child { color: #222222 }\n.bar {"),
        ("card.html.j2", '<p class="facts">', '<p class="{{ paper.url }}">'),
    )
    names = [Path(problem.where).name.partition(":")[0] for problem in made.problems]
    assert names == ["card.html.j2", "style.css"]


def test_what_is_styled_one_by_one_keeps_to_the_budget_too(tmp_path: Path) -> None:
    made = own(tmp_path, ("style.css", ".bar {", "td:only-child { color: #222222 }\n.bar {"))
    raw = made.compose(DeliveryId(1), HUGE, ADA, LINKS).content
    html = email.message_from_bytes(raw, policy=default).get_body(("html",))
    assert html is not None
    assert len(cast("str", html.get_payload())) <= BUDGET
    assert "more papers in the full digest" in made.text(HUGE, ADA, LINKS).replace("\n", " ")


@pytest.mark.parametrize("slow", [False, True])
@pytest.mark.parametrize(
    (("change"), "what"),
    [
        (("email.html.j2", "{{ lead }}", "\n\n{{ haedline }}"), "'haedline' is undefined"),
        (("email.html.j2", "{{ paper.late }}", "{{ paper.later }}"), "has no attribute 'later'"),
        (
            (
                "email.html.j2",
                "{{ paper.card }}",
                "{{ paper.card }}{{ 1 // 0 * paper.number|int }}",
            ),
            "Zero",
        ),
        (("card.html.j2", "{{ paper.facts }}", "{{ paper.fatcs }}"), "has no attribute 'fatcs'"),
        (("card.html.j2", "{{ paper.facts }}", "{{ headline }}"), "'headline' is undefined"),
        (("reason.html.j2", "{{ reason.why }}", "{{ paper.percent }}"), "no attribute 'percent'"),
        (
            ("reason.html.j2", "{{ reason.why }}", "{{ reason.why }}\n{% if %}"),
            "Expected an expression",
        ),
        (("reason.html.j2", "{{ reason.why }}", "{{ headline }}"), "'headline' is undefined"),
        (("email.html.j2", LOOP, "{% each paper in papers %}\n"), "write {% for %}"),
        (("top.html.j2", "", "<b>\n{{ nonsense }}</b>"), "'nonsense' is undefined"),
        (("email.txt.j2", "{{ lead }}", "{{ lead }}\n{{ nonsense }}"), "'nonsense' is undefined"),
        (("email.html.j2", "{{ lead }}", "{{ lead | backwards }}"), "No filter named 'backwards'"),
    ],
)
def test_a_mistake_is_reported_with_its_line_in_the_operators_file(
    tmp_path: Path, change: tuple[str, str, str], what: str, slow: bool
) -> None:
    name, old, new = change
    changes = [change]
    if name == "top.html.j2":
        changes.append(("email.html.j2", "<h1>", '{% include "top.html.j2" %}<h1>'))
    if slow:
        changes.append(("style.css", ".bar {", "td:only-child { color: #222222 }\n.bar {"))
    with pytest.raises(TemplateError) as caught:
        own(tmp_path, *changes)
    before = load().source(name).partition(old)[0] if old else ""
    line = (before + new).count("\n") + 1 - new.endswith("\n")
    assert caught.value.where == f"{tmp_path}/templates/{name}:{line}"
    assert what in caught.value.what


def test_a_template_that_includes_itself_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match="includes itself"):
        own(tmp_path, ("card.html.j2", "<h2", '{% include "card.html.j2" %}<h2'))


def test_what_is_kept_of_the_shipped_source_is_what_premailer_makes_of_it() -> None:
    wanted = kept_file(load().with_style(Brand().email_style))

    assert KEPT.read_text("utf-8") == wanted, f"python -m digest.render.email > {KEPT.name}"
