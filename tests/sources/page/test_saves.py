"""The same page of today, saved in many ways, gives the same papers."""

from __future__ import annotations

import quopri
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DumpError
from digest.model import Dump
from digest.sources.page import reader as module
from digest.sources.records import File
from tests.conftest import examples
from tests.sources.page import samples
from tests.sources.page.todays import (
    CARDS,
    SAVES,
    browser_copy,
    html,
    html_with_json,
    markdown_links,
)

NOW = datetime(2026, 11, 29, 9, 0, tzinfo=UTC)
CODE = "**Code:** [here](https://example.org)\n\n**Abstract:** {abstract}\n"
TITLES = [each.title for each in CARDS]


def read(text: str | bytes) -> Dump:
    return samples.read(text, arrived=NOW)


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_every_save_of_a_page_gives_the_same_papers(save: Callable[[], str]) -> None:
    dump = read(save())
    assert [record.title for record in dump.records] == TITLES
    assert [record.abstract for record in dump.records] == [each.abstract for each in CARDS]
    assert [record.author_count for record in dump.records] == [5, None, None, 1]
    assert [str(record.published) for record in dump.records] == [
        "2026-11-26", "2026-11-25", "2025-05-09", "2026-11-27",
    ]  # fmt: skip
    assert [record.upvotes for record in dump.records] == [87, 0, 1, 1100]
    if save.__name__ != "trending":  # which shows no comments
        assert [record.comments or 0 for record in dump.records] == [3, 0, 0, 12]
    assert dump.listed == date(2026, 11, 27)
    assert (dump.problems, dump.is_incomplete) == ((), False)


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_addresses_in_a_save_are_used(save: Callable[[], str]) -> None:
    text = save()
    ids = [each.id if f"papers/{each.id}" in text else None for each in CARDS]
    expected = [each.id for each in CARDS] if save is html_with_json else ids
    records = read(text).records
    assert [record.arxiv_id for record in records] == expected
    assert [record.url for record in records] == [
        number and f"https://huggingface.co/papers/{number}" for number in expected
    ]


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_titles_are_the_same_on_the_next_day(save: Callable[[], str]) -> None:
    """Nothing is sent again because of counters or numbers of links."""
    text = save().replace("87", "112").replace("1.1k", "9").replace("Nov 27", "Nov 28", 1)
    assert [record.title for record in read(text).records] == TITLES


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
@settings(max_examples=examples(10))
@given(share=st.floats(0, 1))
def test_a_save_cut_off_anywhere_is_read_or_refused(save: Callable[[], str], share: float) -> None:
    text = save()
    try:
        dump = read(text[: int(len(text) * share)])
    except DumpError:
        return
    assert all(record.title in TITLES for record in dump.records[:-1])


def test_cards_without_abstracts() -> None:
    parts = ["Daily Papers", "by AK and the research community", "Nov 27"]
    for each in CARDS:
        parts += ["Submitted by", each.submitter, each.upvotes, each.title, each.who, "·", each.day]
    for between in ("\n", "\n\n"):
        dump = read(between.join(parts))
        assert [record.title for record in dump.records] == TITLES
        assert {record.abstract for record in dump.records} == {""}
        assert [record.author_count for record in dump.records] == [5, None, None, 1]
        assert dump.problems == ()


@pytest.mark.parametrize(
    ("own", "submitted", "authors", "day"),
    [
        ("von AK und der Forschungsgemeinschaft", "Eingereicht von {}", "5 Autoren", "26. Nov."),
        ("par AK et la communauté de recherche", "Soumis par {}", "5 auteurs", "26 novembre"),
        ("por AK y la comunidad investigadora", "Enviado por {}", "5 autores", "26 de nov."),
        ("由AK和研究社区提供", "由 {} 提交", "5 位作者", "11月26日"),
        ("AKと研究コミュニティによる", "{}による投稿", "著者5名", "11月26日"),
    ],
)
@pytest.mark.parametrize("between", ["\n", "\n\n"])
def test_pages_that_a_browser_translated(
    own: str, submitted: str, authors: str, day: str, between: str
) -> None:
    parts = ["???", own, day.replace("26", "27")]
    for each in CARDS:
        parts += [submitted.format("ada"), each.upvotes, each.title, each.abstract]
        parts += [authors, "·", f"{day} 3"]
    dump = read(between.join(parts))
    assert dump.listed == date(2026, 11, 27)
    assert [record.title for record in dump.records] == TITLES
    assert {(each.author_count, each.published, each.comments) for each in dump.records} == {
        (5, date(2026, 11, 26), 3)
    }
    assert dump.problems == ()


@pytest.mark.parametrize("title", ["Community", "Models", "R2D2", "3D", "New"])
def test_titles_that_are_words_of_the_page_or_like_counters(title: str) -> None:
    card = f"Submitted by\nada\n87\n{title}\n5 authors\n·\nNov 26\n3"
    dump = read(f"Daily Papers\nby AK and the research community\nNov 27\n{card}\n{card}")
    found = {(each.title, each.upvotes, each.comments) for each in dump.records}
    assert found == {(title, 87, 3)}
    assert dump.problems == ()


def test_two_pages_in_one_file() -> None:
    next_day = browser_copy().replace("Nov 27", "Nov 28", 1).replace("Robot", "Crab")
    dump = read(f"{browser_copy()}\n{next_day}")
    assert [each.title for each in dump.records] == [
        *TITLES, *(title.replace("Robot", "Crab") for title in TITLES),
    ]  # fmt: skip
    assert (dump.listed, dump.problems) == (date(2026, 11, 28), ())


@pytest.mark.parametrize(
    "form",
    [
        "- [{title}]({page}) - 87 upvotes\n",
        "{number}. **[{title}]({page})** (87 upvotes)\n\n   {abstract}\n\n",
        "### [{title}]({page})\n\n**Authors:** Ada Example, Bob Sample\n\n**Votes:** 87\n\n{code}",
        "## {number}. [{title}]({page})\n\n- Votes: 87\n- Published: 2026-11-26\n\n{abstract}\n\n",
    ],
)
def test_lists_of_the_page_in_markdown(form: str) -> None:
    cards = [
        form.replace("{code}", CODE).format(number=number, **vars(each), page=each.page)
        for number, each in enumerate(CARDS, start=1)
    ]
    dump = read("# Daily Papers\n\n" + "".join(cards))
    assert [each.title for each in dump.records] == TITLES
    assert [each.arxiv_id for each in dump.records] == [each.id for each in CARDS]
    assert {each.upvotes for each in dump.records} == {87}
    has_abstracts = "{abstract}" in form or "{code}" in form
    assert [each.abstract for each in dump.records] == [
        each.abstract if has_abstracts else "" for each in CARDS
    ]
    named = ("Ada Example", "Bob Sample") if "Authors" in form else ()
    assert {each.authors for each in dump.records} == {named}
    assert {str(each.published) for each in dump.records} == {
        "2026-11-26" if "Published" in form else "None"
    }
    assert (dump.problems, dump.is_incomplete) == ((), False)


def test_a_date_that_is_relative_is_told() -> None:
    cards = [f"Submitted by x\n{each.title}\n5 authors · 3 days ago" for each in CARDS]
    dump = read("\n".join(["Daily Papers", "by AK and the research community", *cards]))
    assert [each.title for each in dump.records] == TITLES
    assert {(each.author_count, each.published) for each in dump.records} == {(5, None)}
    assert len(dump.problems) == 4
    assert "a date that cannot be read: “5 authors · 3 days ago”" in str(dump.problems[0])


# --- HTML --------------------------------------------------------------------------------


@pytest.mark.parametrize("save", [html, html_with_json])
def test_a_web_archive_of_chrome(save: Callable[[], str]) -> None:
    head = "From: <Saved by Blink>\r\nMIME-Version: 1.0\r\nContent-Type: multipart/related;\r\n"
    part = "Content-Type: text/html\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    body = quopri.encodestring(save().encode()).decode()
    archive = (
        f'{head}\ttype="text/html";\r\n\tboundary="--x"\r\n\r\n\r\n----x\r\n{part}{body}\r\n----x--'
    )
    dump = read(archive)
    assert dump.format == "papers-page-html"
    assert [record.title for record in dump.records] == TITLES


def test_json_in_a_page_that_cannot_be_read_leaves_its_elements() -> None:
    broken = html_with_json('{"dailyPapers": [{"paper":')
    text = html().replace("<article>", f"{broken[broken.index('<div') :][:-16]}<article>", 1)
    assert [record.title for record in read(text).records] == TITLES


def test_a_day_without_papers() -> None:
    dump = read(html_with_json('{"dateString": "2026-11-28", "dailyPapers": []}'))
    assert (dump.records, dump.problems, dump.is_incomplete) == ((), (), False)
    assert dump.listed == date(2026, 11, 28)


def test_a_papers_page_that_had_not_loaded_is_incomplete() -> None:
    dump = read("<html><head><title>Daily Papers - Hugging Face</title></head><body></body></html>")
    assert dump.is_incomplete
    assert "page.txt:1: no paper can be found in this papers page" in str(dump.problems[0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("<html><title>Tide Tables</title><p>High at noon.</p></html>", "page (“Tide Tables”)"),
        ("<!-- saved --><!doctype html><body><h1>Log in</h1>", "an HTML page, but no papers page"),
        ("{\\rtf1\\ansi Daily Papers}", "it is RTF"),
        (".. container:: x\n\n" * 4 + "Daily Papers", "it is reStructuredText"),
        ("[[https://huggingface.co/papers/2611.1][Title]]\n" * 4 + "Daily Papers", "it is Org"),
    ],
)
def test_what_else_is_refused_by_its_name(text: str, reason: str) -> None:
    with pytest.raises(DumpError) as raised:
        read(text)
    assert reason in raised.value.reason
    assert "save the p" in (raised.value.remedy or "")


def test_commands_of_latex_in_abstracts_are_no_other_markup() -> None:
    link = " See \\href{https://example.org}{our page} and [https://example.org our code]."
    listed = [samples.Listed(each.title, (samples.abstract(1) + link,)) for each in CARDS]
    assert [each.title for each in read(samples.plain(listed)).records] == TITLES


# --- what is missing ---------------------------------------------------------------------


def test_papers_that_are_seen_but_not_read_are_told() -> None:
    rows = [f"| {each.upvotes} | [{each.title}]({each.page}) | x |" for each in CARDS]
    dump = read("\n".join(["# Daily Papers", "", "| | Title | |", "|-|-|-|", *rows]))
    assert dump.is_incomplete
    assert all(problem.where.startswith("page.txt:") for problem in dump.problems)


def test_an_abstract_of_very_many_paragraphs_is_suspicious() -> None:
    text = samples.plain([samples.Listed("A Title of Tides", (samples.abstract(1),) * 30)])
    dump = samples.read(text)
    assert dump.is_incomplete
    assert "seems to contain other papers" in str(dump.problems[-1])


@pytest.mark.parametrize("save", SAVES, ids=lambda save: save.__name__)
def test_a_whole_save_leaves_nothing_to_tell(save: Callable[[], str]) -> None:
    assert not read(save()).is_incomplete


FRAGMENTS = st.sampled_from(
    ["[", "](/papers/2611.1)", "]", "![", "### ", "<a href=x>", "</a>", "\n", "\n\n", "[3]", "|",
     "<https://huggingface.co/papers/2611.20001>", "**", ":::", "·", "Nov 26", "5 authors", "87",
     "Submitted by", "Upvote", "-", "\\", "A Title of Tides", "\ufdd0", "\ufdd7", "References\n1."]
)  # fmt: skip


@given(st.lists(FRAGMENTS, max_size=40).map("".join), st.integers(0, 3000))
@settings(max_examples=examples(100))
def test_no_mixture_of_syntax_fails(mixture: str, place: int) -> None:
    text = markdown_links()
    for start in (text, "Daily Papers\n\n"):
        with suppress(DumpError):
            module.read(File("page.txt", b"", start[:place] + mixture + start[place:], NOW))
