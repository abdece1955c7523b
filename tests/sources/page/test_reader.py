from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Dump
from tests.conftest import examples
from tests.sources.page.samples import (
    HEADER,
    TITLES,
    Listed,
    abstract,
    detailed,
    papers,
    plain,
    read,
)


def titles(dump: Dump) -> list[str]:
    return [record.title for record in dump.records]


def bodies(dump: Dump) -> list[tuple[str, ...]]:
    return [tuple(record.raw_abstract.split("\n\n")) for record in dump.records]


def problems(dump: Dump) -> list[str]:
    return [str(problem) for problem in dump.problems]


# --- the plain layout --------------------------------------------------------------------


def test_plain_page() -> None:
    dump = read(plain(papers()))
    assert (dump.format, dump.listed) == ("papers-page-plain", date(2025, 10, 28))
    assert titles(dump) == list(TITLES)
    assert bodies(dump) == [paper.paragraphs for paper in papers()]
    assert [record.line for record in dump.records] == list(range(14, 14 + 4 * 10, 4))
    assert dump.problems == ()
    assert {(record.author_count, record.published) for record in dump.records} == {(None, None)}


@pytest.mark.parametrize(
    "paragraphs",
    [
        (abstract(1), "Code: https://github.com/example/harbour"),
        (abstract(1), "Project page: https://harbour.example.org."),
        (abstract(1), "Code and models are available at example.org/harbour"),
        (abstract(1), "Code will be released soon"),
        (abstract(1), "Keywords: sparse models, tides, small data"),
        (abstract(1), "Accepted at a workshop in Reykjavik"),
        (abstract(1), abstract(2), abstract(3)),
        (abstract(1), "Does order matter? We find that it does.", abstract(2)),
        ("Given a tide table, which of its entries will be wrong next year?", abstract(1)),
        (abstract(1), "Our contributions are:", "- a data set", "- a model", "(iii) a proof"),
        (abstract(1), "However, nothing is free.", "It costs time."),
        (abstract(1), "Background", abstract(2), "Results:", abstract(3)),
        ("We prove a bound.",),
        ("This paper has been withdrawn.",),
        (abstract(1)[:200],),
        ("第一句说明问题。第二句说明方法。", "代码见网站。"),
        (abstract(1), "***"),
        (abstract(1), "---", abstract(2)),
        (abstract(1), "⁂", "It costs time."),
        (abstract(1), "L = L_{cls} + lambda L_{reg}", abstract(2)),
        (abstract(1), "Model | Acc | F1", "Small | 0.9 | 0.8"),
        (abstract(1), "python train.py --Epochs 3", "It costs time."),
        (abstract(1), "Key Results", abstract(2)),
    ],
)
def test_paragraphs_of_an_abstract_are_told_from_titles(paragraphs: tuple[str, ...]) -> None:
    listed = papers(7)
    listed[2] = Listed(TITLES[2], paragraphs)
    listed[5] = Listed(TITLES[5], paragraphs)
    dump = read(plain(listed))
    assert titles(dump) == list(TITLES[:7])
    assert bodies(dump) == [paper.paragraphs for paper in listed]
    assert dump.problems == ()


@pytest.mark.parametrize(
    "title",
    [
        "Small",
        "reStructured Gardens",
        "bert2BERT: reusing what is there",
        "understanding tides may not require rethinking the moon",
        "Is Bigger Better?",
        "Wait! There Is More",
        "3D Tides from 2D Pictures",
        "π₀: A Flow Model of Harbours",
        "Attention vs. Convolution: Part 2.1, Storage of Knowledge",
        "We Need to Talk about Small Data",
        "Data Selection at Scale",
        "Models Are Gardens",
        "FBK@TIDES2021: Matching Speech and Text",
        "T" + "ide " * 45 + "Tables",
        "潮汐模型综述",
        "Key Frames",
        "But Why?",
        "To Be or Not To Be...",
        "T" + "ide " * 80 + "Tables",
    ],
)
def test_titles_of_many_shapes(title: str) -> None:
    listed = papers(5)
    listed[2] = Listed(title, (abstract(7),))
    assert titles(read(plain(listed))) == [*TITLES[:2], title, *TITLES[3:5]]
    listed = [replace(each, details="• 3 authors\n·\nOct 3") for each in listed]
    assert titles(read(detailed(listed))) == [*TITLES[:2], title, *TITLES[3:5]]


def test_a_title_without_its_abstract_is_reported_and_the_next_one_read() -> None:
    listed = papers(4)
    text = plain([listed[0], Listed("A Lost Harbour of Small Experts", ()), *listed[1:]])
    dump = read(text)
    assert titles(dump) == list(TITLES[:4])
    line = text.split("\n").index("A Lost Harbour of Small Experts") + 1
    (problem,) = problems(dump)
    assert problem == (
        f"page.txt:{line}: a title without an abstract: “A Lost Harbour of Small Experts”"
        " (save the page again if a paper is missing)"
    )


def test_a_page_that_was_cut_off_in_a_title_or_an_abstract() -> None:
    text = plain(papers(3))
    in_title = read(text + "\n\nThe Last Title of the Page\n")
    assert titles(in_title) == list(TITLES[:3])
    assert "a title without an abstract: “The Last Title of the Page”" in problems(in_title)[0]
    in_abstract = read(text[:-100])
    assert titles(in_abstract) == list(TITLES[:3])
    assert in_abstract.records[2].raw_abstract == abstract(2)[:-100].strip()
    assert in_abstract.problems == ()


def test_a_page_that_lost_its_beginning() -> None:
    text = plain(papers(3), header="")
    dump = read(HEADER + text[text.index("Our method") :])
    assert titles(dump) == list(TITLES[1:3])
    assert "an abstract without a title: “Our method" in problems(dump)[0]


def test_a_paper_listed_twice_is_read_twice() -> None:
    listed = papers(3)
    dump = read(plain([*listed, listed[0]]))
    assert titles(dump) == [*TITLES[:3], TITLES[0]]


def test_text_is_made_readable_and_the_raw_text_kept() -> None:
    listed = [Listed('Prompts for T\\"ULU and nu^2', (abstract(1) + " It is 2times faster.",))]
    (record,) = read(plain(listed)).records
    assert (record.title, record.raw_title) == ("Prompts for TÜLU and ν²", listed[0].title)
    assert record.abstract.endswith("It is 2× faster.")
    assert record.raw_abstract == listed[0].paragraphs[0]


def test_a_page_whose_lines_were_wrapped() -> None:
    def wrapped(text: str) -> str:
        lines, line = [], ""
        for word in text.split():
            if len(line) + len(word) > 70:
                lines.append(line)
                line = word
            else:
                line = f"{line} {word}".strip()
        return "\n".join([*lines, line])

    listed = papers(5)
    text = plain([Listed(wrapped(each.title), (wrapped(each.paragraphs[0]),)) for each in listed])
    dump = read(text)
    assert titles(dump) == list(TITLES[:5])
    assert bodies(dump) == [paper.paragraphs for paper in listed]


# --- the header --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("header", "listed"),
    [
        ("Oct 28\n\nbyAK and the research community\n\nSubscribe\n\nnew\n", date(2025, 10, 28)),
        ("Daily Papers\nby AK and the research community\nOct 28\n", date(2025, 10, 28)),
        ("Subscribe\n\nGet trending papers in your email inbox!\n", None),
        (
            "Hugging Face\n\nModels\n\nDatasets\n\nDaily Papers\n\nOct\u00a028, 2024\n",
            date(2024, 10, 28),
        ),
        ("\ufeffNEW\n\n  subscribe \n\nDaily\u00a0Papers\n\nOctober 28\n", date(2025, 10, 28)),
        ("new\n\nSubscribe\n\nDec 31\n", date(2024, 12, 31)),
        ("", None),
    ],
)
def test_headers(header: str, listed: date | None) -> None:
    for page, layout in ((plain, "papers-page-plain"), (detailed, "papers-page-detailed")):
        papers_of_2024 = [Listed(p.title, p.paragraphs, "• 2 authors\n·\nMay 3") for p in papers(4)]
        dump = read(page(papers_of_2024, header=header))
        assert (dump.format, dump.listed) == (layout, listed)
        assert titles(dump) == list(TITLES[:4])
        assert dump.problems == ()


@pytest.mark.parametrize("header", [HEADER, HEADER.replace("Oct 28", ""), "Subscribe\n\nMar 3"])
def test_a_page_of_nothing_but_its_header_lists_nothing(header: str) -> None:
    dump = read(header)
    assert (dump.records, dump.problems) == ((), ())


def test_links_to_other_pages_at_the_end_are_no_titles() -> None:
    dump = read(plain(papers(3)) + "\n\nPrevious\n\nNext\n")
    assert titles(dump) == list(TITLES[:3])
    assert dump.problems == ()


FOOTER = "\n\nSystem theme\n\nCompany\n\nTOS\n\nPrivacy\n\nAbout\n\nJobs\n\nWebsite\n\nModels\n"


@pytest.mark.parametrize("page", [plain, detailed])
def test_a_footer_lists_no_papers(page: Callable[[list[Listed]], str]) -> None:
    dump = read(page(papers(3)) + FOOTER)
    assert titles(dump) == list(TITLES[:3])
    assert dump.problems == ()


@pytest.mark.parametrize("page", [plain, detailed])
def test_pages_that_were_joined_list_the_papers_of_both(page: Callable[..., str]) -> None:
    first = page(papers()[:3], header=HEADER.replace("Oct 28", "Oct 6"))
    dump = read(f"{first}\n\nPrevious\n\nNext\n\n{page(papers()[3:])}{FOOTER}")
    assert titles(dump) == list(TITLES)
    assert bodies(dump) == [paper.paragraphs for paper in papers()]
    assert dump.listed == date(2025, 10, 28)
    assert dump.problems == ()


@pytest.mark.parametrize("submitter", ["Submitted by\n\njane", "Submitted by Jane"])
def test_who_submitted_a_paper_is_no_part_of_it(submitter: str) -> None:
    for page in (plain, detailed):
        text = page(papers(3))
        for title in TITLES[:3]:
            text = text.replace(title, f"{submitter}\n\n{title}")
        dump = read(text)
        assert titles(dump) == list(TITLES[:3])
        assert bodies(dump) == [paper.paragraphs for paper in papers(3)]
        assert dump.problems == ()


@pytest.mark.parametrize(
    "title",
    ["Models", "Datasets", "Search", "Spaces", "Community", "Next", "Docs", "Daily", "About",
     "Trending Papers"],
)  # fmt: skip
def test_a_title_that_is_a_word_of_the_page_itself(title: str) -> None:
    for place in (0, 2):
        listed = papers(4)
        listed[place] = replace(listed[place], title=title)
        for page in (plain, detailed):
            dump = read(page(listed))
            assert titles(dump) == [each.title for each in listed]
            assert dump.problems == ()


def test_words_below_words_are_no_papers() -> None:
    dump = read(plain(papers(3)) + "\n\nTide Gallery\n\nour shop\n\nOld Harbours")
    assert titles(dump) == list(TITLES[:3])


# --- the detailed layout -----------------------------------------------------------------


def test_detailed_page() -> None:
    dump = read(detailed(papers()))
    assert (dump.format, dump.listed) == ("papers-page-detailed", date(2025, 10, 28))
    assert titles(dump) == list(TITLES)
    assert bodies(dump) == [paper.paragraphs for paper in papers()]
    assert [record.author_count for record in dump.records] == list(range(2, 12))
    assert [record.published for record in dump.records] == [
        date(2025, 10, day) for day in range(1, 11)
    ]
    assert dump.problems == ()


@pytest.mark.parametrize(
    ("details", "expected"),
    [
        ("  • 8 authors\n·\nSep 27, 2024", (8, date(2024, 9, 27), None)),
        ("  • 1 author\n·\nMar 19", (1, date(2025, 3, 19), None)),
        ("•1 authors\n·\nOct 27 2", (1, date(2025, 10, 27), 2)),
        ("•\u00a012\u00a0authors\n·\nOct 27\u00a014", (12, date(2025, 10, 27), 14)),
        ("\u2022   3  authors\n\n·\n\nAug 15, 2023 1", (3, date(2023, 8, 15), 1)),
        ("• 3 authors · Aug 15, 2023\u00a01", (3, date(2023, 8, 15), 1)),
        ("• 3 authors\n·\nAug 15, 2023\n14", (3, date(2023, 8, 15), 14)),
        ("3 authors\nAug 15, 2023", (3, date(2023, 8, 15), None)),
        ("• 3 authors", (3, None, None)),
        ("• 3 authors\n·", (3, None, None)),
        ("·\nJan 2", (None, date(2025, 1, 2), None)),
        ("Jan 2 5", (None, date(2025, 1, 2), 5)),
        ("acme Acme\n·\nJun 25 7", (None, date(2025, 6, 25), 7)),
        ("tencent Tencent Inc.\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("acme-ai Acme AI Co., Ltd.\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("yahoo-inc Yahoo!\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("acme\nAcme Inc.\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("acme Acme" + " Research" * 15 + "\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("google Google\n\n·\n\nJun 25 7", (None, date(2025, 6, 25), 7)),
        ("google Google\n• 8 authors\n·\nJun 25", (8, date(2025, 6, 25), None)),
        ("google Google\n\n  • 8 authors\n·\nJun 25", (8, date(2025, 6, 25), None)),
        ("what-is What Is This?\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("• 8 authors\n•\nJun 25", (8, date(2025, 6, 25), None)),
        ("• 8 authors\n.\nJun 25", (8, date(2025, 6, 25), None)),
        ("- 8 authors\n·\nJun 25", (8, date(2025, 6, 25), None)),
        ("● 8 authors\n·\nJun 25", (8, date(2025, 6, 25), None)),
        ("• 1,234 authors\n·\nJun 25", (1234, date(2025, 6, 25), None)),
        ("acme\nAcme Research\n·\nJun 25", (None, date(2025, 6, 25), None)),
        ("acme Acme Research · Jun 25", (None, date(2025, 6, 25), None)),
        ("• 4 authors\n·\nPublished on Aug 15\nSubmitted by Jane", (4, date(2025, 8, 15), None)),
        ("• 4 authors\n·\n31 Jan 2024", (4, date(2024, 1, 31), None)),
        ("• 4 authors\n·\nOct 21 1.2k", (4, date(2025, 10, 21), 1200)),
        ("• 4 authors\n·\nFeb 29, 2024 3", (4, date(2024, 2, 29), 3)),
        ("• 4 authors\n·\nFeb 29", (4, None, None)),
        ("• 4 authors\n·\nDecember 1, 2024", (4, date(2024, 12, 1), None)),
    ],
)
def test_details(details: str, expected: tuple[int | None, date | None, int | None]) -> None:
    listed = papers(3)
    listed[1] = Listed(TITLES[1], listed[1].paragraphs, details)
    text = detailed(
        [*listed, Listed("The Year Before", (abstract(9),), "• 2 authors\n·\nMay 3, 2024")]
    )
    dump = read(text)
    record = dump.records[1]
    assert (record.title, record.raw_abstract) == (TITLES[1], abstract(1))
    assert dump.problems == ()
    assert len(dump.records) == 4
    assert (record.author_count, record.published, record.comments) == expected


@pytest.mark.parametrize("shown", ["Feb 30, 2024", "3 days ago", "yesterday"])
def test_a_date_that_cannot_be_read_is_reported_and_no_text(shown: str) -> None:
    listed = papers(3)
    listed[1] = replace(listed[1], details=f"• 4 authors\n·\n{shown}")
    dump = read(detailed(listed))
    assert titles(dump) == list(TITLES[:3])
    assert bodies(dump) == [paper.paragraphs for paper in listed]
    assert (dump.records[1].author_count, dump.records[1].published) == (4, None)
    (problem,) = problems(dump)
    assert f"a date that cannot be read: “{shown}”" in problem


def test_the_year_that_is_left_out_follows_the_latest_that_is_not() -> None:
    listed = [
        Listed(TITLES[0], (abstract(0),), "• 2 authors\n·\nDec 3, 2021"),
        Listed(TITLES[1], (abstract(1),), "• 2 authors\n·\nMay 3"),
        Listed(TITLES[2], (abstract(2),), "• 2 authors\n·\nJan 9, 2022"),
    ]
    dump = read(detailed(listed))
    assert dump.listed == date(2023, 10, 28)
    assert [record.published for record in dump.records] == [
        date(2021, 12, 3), date(2023, 5, 3), date(2022, 1, 9),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("header", "details", "expected"),
    [
        (HEADER.replace("Oct 28", "Jan 2"), "• 2 authors\n·\nDec 31", date(2025, 12, 31)),
        (HEADER.replace("Oct 28", "Jan 2"), "• 2 authors\n·\nJan 1", date(2026, 1, 1)),
        (HEADER.replace("Oct 28\n", ""), "• 2 authors\n·\nDec 31", date(2025, 12, 31)),
    ],
)
def test_a_page_of_january_lists_papers_of_december(
    header: str, details: str, expected: date
) -> None:
    text = detailed([Listed(TITLES[0], (abstract(0),), details)], header=header)
    (record,) = read(text, arrived=datetime(2026, 1, 3, tzinfo=UTC)).records
    assert record.published == expected


@pytest.mark.parametrize("missing", [1, 2])
def test_papers_whose_details_are_missing_are_not_glued_to_the_next(missing: int) -> None:
    listed = papers(6)
    for number in range(2, 2 + missing):
        listed[number] = Listed(TITLES[number], listed[number].paragraphs)
    dump = read(detailed(listed))
    assert titles(dump) == list(TITLES[:6])
    assert bodies(dump) == [paper.paragraphs for paper in listed]
    assert [record.author_count for record in dump.records] == [
        None if 2 <= number < 2 + missing else number + 2 for number in range(6)
    ]
    assert dump.problems == ()


@pytest.mark.parametrize(
    "paragraphs",
    [
        (abstract(1), abstract(2)),
        (abstract(1), "Code: https://github.com/example/harbour"),
        (abstract(1), "Our code is on the project's page"),
        (abstract(1), "- a data set", "- a model"),
        (abstract(1), "·", "a lone dot"),
        (abstract(1), "***"),
        (abstract(1), "Large Language Models, Retrieval-Augmented Generation, Agents"),
        (abstract(1), "Tide Tables for Small Harbours"),
        ("We prove a bound.", "It is tight."),
        (abstract(1), "We welcome new tides."),
        (),
    ],
)
def test_abstracts_of_several_paragraphs_above_details(paragraphs: tuple[str, ...]) -> None:
    listed = papers(4)
    listed[2] = Listed(TITLES[2], paragraphs, listed[2].details)
    dump = read(detailed(listed))
    assert titles(dump) == list(TITLES[:4])
    assert bodies(dump)[2] == (paragraphs or ("",))
    assert dump.records[2].author_count == 4
    assert dump.problems == ()


def test_details_without_a_paper_are_reported() -> None:
    text = detailed([papers(1)[0], Listed("", (), "• 9 authors\n·\nOct 3"), *papers(3)[1:]])
    dump = read(text)
    assert titles(dump) == list(TITLES[:3])
    line = text.split("\n").index("• 9 authors") + 1
    assert problems(dump)[0].startswith(f"page.txt:{line}: metadata without a paper")
    assert [record.author_count for record in dump.records] == [2, 3, 4]


def test_a_detailed_page_without_blank_lines() -> None:
    text = detailed(papers(5))
    dump = read("\n".join(line for line in text.split("\n") if line.strip()))
    assert titles(dump) == list(TITLES[:5])
    assert [record.author_count for record in dump.records] == [2, 3, 4, 5, 6]


def test_a_detailed_page_that_was_cut_off() -> None:
    text = detailed(papers(3))
    dump = read(text[: text.rindex("•")])
    assert titles(dump) == list(TITLES[:3])
    assert (dump.records[2].author_count, dump.records[2].published) == (None, None)
    for end in ("•", "• 4", "• 4 ", "• 4 auth", "• 4 author"):
        dump = read(text[: text.rindex("•")] + end)
        assert bodies(dump) == [paper.paragraphs for paper in papers(3)]
        assert dump.problems == ()
    dump = read(text[: text.index(abstract(2))])
    assert titles(dump) == list(TITLES[:2])
    assert "a title without an abstract: “reStructured Gardens”" in problems(dump)[0]


# --- whatever a page holds ---------------------------------------------------------------

PARAGRAPHS = st.one_of(
    st.sampled_from(
        [*TITLES, "Code: https://a.b", "- an item", "Results", "·", "•", "Next", "Is it?"]
    ),
    st.integers(0, 7).map(abstract),
    # Without digits, with which a text can be a date or a counter.
    st.text(st.characters(codec="utf-8", exclude_categories=["Zl", "Zp", "Cc", "Nd"]), max_size=30),
)
DETAILS = st.sampled_from(
    ["• 3 authors\n·\nMay 3", "• 1 author", "·\nMay 3, 2024 2", "acme Acme\n·\nMay 3", "·", "May 3"]
)


@given(st.lists(st.one_of(PARAGRAPHS, PARAGRAPHS, DETAILS), max_size=14), st.booleans())
@settings(max_examples=examples(150))
def test_every_line_is_in_one_record_or_one_problem(parts: list[str], are_apart: bool) -> None:
    lines = ("\n\n" if are_apart else "\n").join(parts).split("\n")
    numbered = [
        f"{line.strip()} {{{number}}}" if len(line) > 12 and "authors" not in line else line
        for number, line in enumerate(lines, start=5)
    ]
    dump = read("Daily Papers\n\nSubscribe\n\n" + "\n".join(numbered))
    places = {record.line: f"{record.raw_title} {record.raw_abstract}" for record in dump.records}
    places |= {int(problem.where.rpartition(":")[2]): "" for problem in dump.problems}
    for number, (line, after) in enumerate(pairwise([*numbered, ""]), start=5):
        is_organisation = after == "·"  # it may be one, which is no part of a paper
        if line.endswith(f"{{{number}}}") and not is_organisation:
            begins = max((place for place in places if place <= number), default=0)
            assert begins, f"{line!r} is in nothing"
            held = [place for place, text in places.items() if f"{{{number}}}" in text]
            assert held == ([begins] if places[begins] else []), line
