"""Which template is used, what it may do, and how its mistakes are reported."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.errors import TemplateError
from digest.render.templates import Templates, load


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    shipped, own = tmp_path / "shipped", tmp_path / "home" / "templates"
    shipped.mkdir()
    own.mkdir(parents=True)
    (shipped / "page.html.j2").write_text("shipped: {{ value }}")
    (shipped / "note.txt.j2").write_text("{{ value }}")
    return shipped, own


def test_a_template_of_the_home_replaces_the_shipped_one(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    (own / "page.html.j2").write_text("own: {{ value }}")
    templates = Templates(shipped, own)
    assert templates.render("page.html.j2", {"value": 1}) == "own: 1"
    assert templates.render("note.txt.j2", {"value": 1}) == "1"
    assert not templates.is_shipped("page.html.j2", "note.txt.j2")
    assert templates.is_shipped("note.txt.j2")


def test_a_copy_of_the_shipped_template_counts_as_shipped(folders: tuple[Path, Path]) -> None:
    shipped, own = folders
    (own / "page.html.j2").write_bytes((shipped / "page.html.j2").read_bytes())
    assert Templates(shipped, own).is_shipped("page.html.j2")


def test_pages_escape_what_they_print_and_texts_do_not(folders: tuple[Path, Path]) -> None:
    templates = Templates(*folders)
    assert templates.render("page.html.j2", {"value": "<b>"}) == "shipped: &lt;b&gt;"
    assert templates.render("note.txt.j2", {"value": "<b>"}) == "<b>"


@pytest.mark.parametrize(
    ("source", "line", "what"),
    [
        ("one\n{{ valeu }}", 2, "'valeu' is undefined"),
        ("one\ntwo\n{% if %}", 3, "Expected an expression"),
        ("{{ value.__class__.__mro__ }}", 1, "unsafe"),
        ("one\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("one\n{% include 'gone.css' %}", 0, "there is no template 'gone.css'"),
    ],
)
def test_a_mistake_is_reported_with_its_line(
    folders: tuple[Path, Path], source: str, line: int, what: str
) -> None:
    _, own = folders
    (own / "page.html.j2").write_text(source)
    with pytest.raises(TemplateError) as caught:
        Templates(*folders).render("page.html.j2", {"value": 1})
    assert caught.value.where == (f"{own / 'page.html.j2'}:{line}" if line else "page.html.j2")
    assert what in caught.value.what


def test_a_mistake_in_a_template_that_is_only_read_is_reported_with_its_file(
    folders: tuple[Path, Path],
) -> None:
    _, own = folders
    (own / "page.html.j2").write_text("one\n{% endif %}")
    with pytest.raises(TemplateError) as caught:
        Templates(*folders).tokens("page.html.j2")
    assert caught.value.where == f"{own / 'page.html.j2'}:2"


def test_the_shipped_templates_are_found_and_an_unknown_one_is_not(tmp_path: Path) -> None:
    templates = load(tmp_path)
    assert "font-family" in templates.source("style.css")
    with pytest.raises(TemplateError, match=r"there is no template 'gone\.html\.j2'"):
        templates.source("gone.html.j2")
