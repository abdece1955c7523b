"""Libraries as reference managers export them: what can be read is read."""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.explain.bibliography import LARGEST, Library, LibraryError, read
from tests.conftest import examples

NOW = datetime(2026, 11, 29, tzinfo=UTC)


def library(folder: Path, content: str | bytes, name: str = "library.bib") -> Library:
    path = folder / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read(path, now=NOW)


# --- BibTeX ------------------------------------------------------------------------------


def test_an_entry_says_its_title_abstract_and_keywords_readably(tmp_path: Path) -> None:
    text = r"""
@string{nips = "NeurIPS"}
@comment{jabref-meta: databaseType:bibtex;}
@Article{hu21,
  Title = {{LoRA}: Low-Rank {\"U}bung of $k$-Means},
  author = {Hu, Edward and others},
  abstract = "It adds 50\% less
    than {BERT} did.",
  keywords = {adaptation; fine-tuning, GPU},
  booktitle = nips,
  year = 2021,
}
"""
    assert library(tmp_path, text) == Library(
        (
            "\n\n".join(
                (
                    "LoRA: Low-Rank Übung of k-Means",
                    "It adds 50% less than BERT did.",
                    *("adaptation", "fine-tuning", "GPU"),
                )
            ),
        )
    )


def test_a_broken_entry_is_reported_and_costs_no_other(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    text = "@article{a, title={One}}\n@article{b, title={Two\n@article{c, title={Three}}\n"
    found = library(tmp_path, text)
    assert found.texts == ("One", "Three")
    assert [str(problem) for problem in found.problems] == [
        "library.bib:2: this entry has a brace that is not closed (mend it)"
    ]
    assert capfd.readouterr() == ("", "")


def test_entries_with_the_same_key_and_a_field_given_twice_are_kept(tmp_path: Path) -> None:
    text = "@misc{a, title={One}}\n@misc{a, title={Two}}\n@misc{b, title={Three}, year=1, year=2}"
    found = library(tmp_path, text)
    assert found == Library(("One", "Two", "Three"))


def test_an_entry_twice_counts_once_and_one_without_a_title_not_at_all(tmp_path: Path) -> None:
    text = "@misc{a, title={One}}\n@misc{b, title={One}}\n@misc{c, author={Nobody}}"
    assert library(tmp_path, text).texts == ("One",)


# --- RIS ---------------------------------------------------------------------------------

RIS = """\
TY  - JOUR
TI  - Mixture of experts
AB  - About experts,
and more.
KW  - routing
KW  - MoE
ER  -

TY  - CONF
T1  - Second title
N2  - Second abstract
ER  -
"""


@pytest.mark.parametrize("line_end", ["\n", "\r\n", "\r"])
def test_ris_entries_of_old_and_new_tags(tmp_path: Path, line_end: str) -> None:
    content = b"\xef\xbb\xbf" + RIS.replace("\n", line_end).encode()
    assert library(tmp_path, content, "export.ris") == Library(
        (
            "Mixture of experts\n\nAbout experts, and more.\n\nrouting\n\nMoE",
            "Second title\n\nSecond abstract",
        )
    )


def test_a_library_of_windows_keeps_its_letters(tmp_path: Path) -> None:
    found = library(tmp_path, "@article{a, title={Über Foo und Bar}}".encode("cp1252"))
    assert found.texts == ("Über Foo und Bar",)


def test_an_entry_that_is_not_ended_costs_no_other(tmp_path: Path) -> None:
    text = "TY  - JOUR\nTI  - One\nTY  - JOUR\nTI  - Two\nER  - \nTY  - JOUR\nTI  - Three"
    assert library(tmp_path, text).texts == ("One", "Two", "Three")


def test_the_format_shows_in_the_content_not_in_the_name(tmp_path: Path) -> None:
    assert library(tmp_path, RIS, "export.txt").texts == library(tmp_path, RIS, "x.bib").texts


PLAN = "Robots that plan"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('@string{jan = "J"}\n@article{a,\n title = "Robots " # "that plan",\n}', PLAN),
        ("@string(who = {Robots})\n@misc(a, title = who # { that plan})", PLAN),
        ("% a\n@article{a, % my key\n title={Robots that plan}, % title\n}", PLAN),
        ("% @misc{b, title={No}}\n@misc{a, title={Robots that plan}}", PLAN),
        ("@misc{a, title={Robots}, subtitle={{{A}} Plan}}", "Robots: A Plan"),
        ("@misc{a, title={{Robots: How they plan}}}", "Robots: How they plan"),
        ('@misc{a, title="{Robots} say {"}yes{"}"}', 'Robots say "yes"'),
        ("@misc{title={Robots that plan}}", PLAN),
        ("@misc{a,\n title={Robots that plan}\n year=2026}", PLAN),
        ("@Comment{jabref-meta: x;}\n@misc{a, title={Robots that plan}}", PLAN),
        ("@preamble{ {\\x} # {y} }\n@misc{a, title={Robots that plan}}", PLAN),
    ],
)  # fmt: skip
def test_bibtex_as_people_write_it(tmp_path: Path, text: str, expected: str) -> None:
    assert library(tmp_path, text) == Library((expected,))


def test_a_library_in_utf_16(tmp_path: Path) -> None:
    text = "% Encoding: UTF-8\n\n@Article{a,\n  title = {Robots that plan},\n}\n"
    assert library(tmp_path, text.encode("utf-16")).texts == ("Robots that plan",)


def test_ris_with_one_space_and_an_entry_without_a_title(tmp_path: Path) -> None:
    found = library(tmp_path, "TY  - JOUR\nTI  - \nER  - \nTY - JOUR\nTI - b\nER - \n", "a.ris")
    assert found.texts == ("b",)
    assert [str(problem) for problem in found.problems] == ["a.ris:1: this entry has no title"]


@pytest.mark.parametrize(
    "text",
    [
        "PMID- 4000\nTI  - Robots that plan\n      in hospitals\nAB  - We plan.\nMH  - Robotics\n",
        "%0 Journal Article\n%T Robots that plan\nin hospitals\n%X We plan.\n%K Robotics\n",
        "FN A\nPT J\nTI Robots that plan\n   in hospitals\nAB We plan.\nDE Robotics\nER\nEF\n",
    ],
    ids=["nbib", "enw", "isi"],
)  # fmt: skip
def test_other_exports_with_tags(tmp_path: Path, text: str) -> None:
    found = library(tmp_path, text, "library.txt")
    assert found.texts == ("Robots that plan in hospitals\n\nWe plan.\n\nRobotics",)


def test_any_list_of_papers_is_a_library_too(tmp_path: Path) -> None:
    text = '[{"id": "a", "type": "article", "title": "Robots that plan", "abstract": "We plan."}]'
    assert library(tmp_path, text, "a.json").texts == ("Robots that plan\n\nWe plan.",)


# --- what is none ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("", "it is empty"),
        ("Dear all, write to me@example.org", "no library: it is text, .* export your library as"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a picture"),
        ('{"error": "Forbidden"}', "“Forbidden”"),
        ("@misc{a, author={Nobody}}", "no entry with a title"),
        ("TY  - JOUR\nER  - \n", "no entry with a title"),
    ],
)
def test_what_is_no_library_is_refused_in_words(
    tmp_path: Path, content: str | bytes, complaint: str
) -> None:
    with pytest.raises(LibraryError, match=complaint):
        library(tmp_path, content)


def test_a_file_that_cannot_be_read_or_is_too_large_is_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(LibraryError, match="Is a directory"):
        read(tmp_path, now=NOW)
    large = tmp_path / "large.bib"
    with large.open("wb") as file:
        file.truncate(LARGEST + 1)
    with pytest.raises(LibraryError, match="larger than 64 MiB"):
        read(large, now=NOW)


PIECES = st.sampled_from(
    ["@article{", "@", "{", "}", '"', ",", "=", "title", "a", "\n", "#", "\\", "@string{", "%",
     "TY  - JOUR\n", "TI  - ", "ER  - \n", "AB  - ", "KW", "é", "\x00", "$"]
)  # fmt: skip


@settings(max_examples=examples(150))
@given(st.lists(PIECES | st.text(max_size=4), max_size=25).map("".join))
def test_whatever_a_file_holds_ends_in_a_library_or_in_words(text: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        try:
            found = library(Path(folder), text.encode("utf-8", "surrogatepass"))
        except LibraryError:
            return
    assert all(text.strip() for text in found.texts)
