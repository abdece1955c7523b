"""A page cut once and filled says the same as a page rendered each time."""

from __future__ import annotations

from dataclasses import dataclass, fields
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from digest.render.email.sheet import Encoding, Unsplittable, cut, fill, specimen
from digest.render.templates import Templates

PAGE = """{{ title }}
{% each row in rows %}
- {{ row.name }} of {{ title }}
{% each note in row.notes %}
    {{ note }}, said of {{ row.name }}
{% endeach %}
{% endeach %}
{{ last }}"""


@dataclass(frozen=True)
class Row:
    name: str
    notes: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    title: str
    rows: tuple[Row, ...]
    last: str


@dataclass(frozen=True)
class Marked:
    said: Markup


AS_IT_IS: Encoding[str] = Encoding(str, str, lambda _: str)


def rendered(folder: Path, source: str, values: dict[str, object]) -> str:
    (folder / "page.txt.j2").write_text(source)
    return Templates(folder).render("page.txt.j2", values)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("templates")


words = st.text(max_size=8) | st.sampled_from(["hole.letter.title.end", "<!--each.letter.rows-->"])
tables = st.builds(
    Table,
    words,
    st.lists(st.builds(Row, words, st.lists(words, max_size=3).map(tuple)), max_size=3).map(tuple),
    words,
)


@given(tables)
def test_filled_equals_rendered_whatever_the_values(folder: Path, table: Table) -> None:
    sheet = cut(rendered(folder, PAGE, dict(specimen(Table))), AS_IT_IS)
    values = {field.name: getattr(table, field.name) for field in fields(table)}
    assert "".join(fill(sheet, table)) == rendered(folder, PAGE, values)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% for row in rows %}{{ row.name }}{% endfor %}", "rows.name is used outside of {% each"),
        ("<!--each.letter.rows-->{{ title }}", "the list rows has no end"),
        ("{{ title }}<!--done.letter.rows-->", "the end of the list rows is misplaced"),
    ],
)
def test_a_page_that_cannot_be_cut_says_why(folder: Path, source: str, reason: str) -> None:
    with pytest.raises(Unsplittable) as caught:
        cut(rendered(folder, source, dict(specimen(Table))), AS_IT_IS)
    assert reason in str(caught.value)


def test_marked_text_gets_the_tags_that_the_page_was_given(folder: Path) -> None:
    sheet = rendered(folder, "<p>{{ said }}</p>", dict(specimen(Marked)))
    styled = sheet.replace("<mark>", "<mark class='x'>")
    encoding: Encoding[str] = Encoding(
        str, str, lambda tags: lambda text: str(text).replace("<mark>", tags["mark"])
    )
    filled = fill(cut(styled, encoding), Marked(Markup("a <mark>b</mark>")))
    assert "".join(filled) == "<p>a <mark class='x'>b</mark></p>"
