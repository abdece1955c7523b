"""References as other programs read them: two parsers for each format, and this program's own."""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable
from typing import Any
from urllib.parse import parse_qs

import bibtexparser.entrypoint
import pytest
import rispy  # type: ignore[import-untyped]  # it ships no types
from hypothesis import given, settings
from hypothesis import strategies as st
from pybtex import errors as pybtex_errors  # type: ignore[import-untyped]  # it ships no types
from pybtex.database.input.bibtex import Parser  # type: ignore[import-untyped]  # nor here

from digest.model import Paper, PaperId, PaperKey
from digest.render.names import Name, name_of
from digest.render.references import bibtex, bibtex_pieces, open_url, ris
from digest.render.wording import addresses
from digest.sources.formats import bibliography
from digest.text.clean import one_line, plain
from digest.text.latex import readable
from tests.conftest import examples
from tests.render.samples import NOW, paper
from tests.render.test_feeds import hostile_text

WHOLE = paper(
    title="On LoRA & friends: 50% of R&D for $5 in Paris",
    authors=("Ludwig van Beethoven", "Martin Luther King Jr.", "The LIGO Collaboration", "王小明"),
    author_count=4,
    abstract="It costs $5, or 100% of {a, b}.\n\nA second_paragraph ~ here #1 ^2.",
    categories=("cs.LG", "stat.ML"),
    keywords=("low-rank", "fine-tuning"),
    code="https://github.com/ada/lora_x",
)
JOURNAL = paper(
    2, arxiv_id=None, venue="Nature", doi="10.1000/x_y(2)<a>", pdf="https://nature.example/1.pdf"
)
TALK = paper(3, venue="International Conference on Machine Learning", doi="10.1000/icml")
BARE = Paper(PaperKey(4), PaperId("title:4"), "Bare", "", NOW)
ALL = (WHOLE, JOURNAL, TALK, BARE)


def test_a_library_in_pieces_has_the_same_entries_under_the_same_keys() -> None:
    twins = [paper(number) for number in (5, 6, 7)]
    pieces = "".join(bibtex_pieces([*ALL, *twins]))
    assert bib_entries(pieces) == bib_entries(bibtex([*ALL, *twins]))
    assert len(bib_entries(pieces)) == len(ALL) + len(twins)


def bib_entries(text: str) -> dict[str, dict[str, str]]:
    """Fields by key, on which bibtexparser and pybtex agree; neither warns."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        library = bibtexparser.entrypoint.parse_string(text)
        with pybtex_errors.capture() as complaints:
            other = Parser().parse_string(text)
    assert library.failed_blocks == []
    assert complaints == []
    found = {
        entry.key: {each.key: each.value for each in entry.fields} for entry in library.entries
    }
    assert list(found) == list(other.entries)
    for key, fields in found.items():
        same = other.entries[key].fields
        names = " and ".join(map(str, other.entries[key].persons.get("author", ())))
        assert folded(fields.get("author", "")) == folded(names)
        for name in fields.keys() - {"author", "month"}:
            assert folded(fields[name]) == folded(same[name])
        fields["type"] = library.entries_dict[key].entry_type
        assert fields["type"] == other.entries[key].type
    return found


def folded(text: str) -> str:
    return " ".join(text.split())


def untex(text: str) -> str:
    """What TeX prints."""
    for sign, name in (("{", "braceleft"), ("}", "braceright"), ("~", "asciitilde")):
        text = text.replace(f"\\text{name}{{}}", f"\0{ord(sign)};")
    text = text.replace("\\textasciicircum{}", "^").replace("\\textbackslash{}", "\\\0")
    text = re.sub(r"\\([{}$&%#_])", lambda sign: f"\0{ord(sign[1])};", text)
    text = text.replace("{", "").replace("}", "")
    return re.sub(r"\0(\d+);", lambda code: chr(int(code[1])), text).replace("\\\0", "\\")


def ris_pieces(text: str) -> list[dict[str, Any]]:
    """What rispy reads."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found: list[dict[str, Any]] = rispy.load(io.StringIO(text, newline=None))
    assert not any("unknown_tag" in entry for entry in found)
    return found


def own(text: str) -> tuple[bibliography.Publication, ...]:
    """What this program reads; both formats have no problem for it."""
    library = bibliography.parsed(text, "library")
    assert library is not None
    assert library.problems == ()
    return library.publications


# --- every field -------------------------------------------------------------------------


def test_bibtex_has_every_field_that_is_known() -> None:
    entries = bib_entries(bibtex(ALL))
    assert entries["vanbeethoven2026lora"] == {
        "type": "misc",
        "title": r"On {LoRA} \& friends: 50\% of {R\&D} for \$5 in {Paris}",
        "author": "van Beethoven, Ludwig and King, Jr., Martin Luther"
        " and {The LIGO Collaboration} and {王小明}",
        "year": "2026",
        "month": "nov",
        "day": "19",
        "eprint": "2401.00001",
        "archiveprefix": "arXiv",
        "primaryclass": "cs.LG",
        "url": "https://arxiv.org/abs/2401.00001",
        "pdf": "https://arxiv.org/pdf/2401.00001",
        "code": "https://github.com/ada/lora_x",
        "keywords": "low-rank, fine-tuning, cs.LG, stat.ML",
        "abstract": r"It costs \$5, or 100\% of \{a, b\}."
        "\n\n" + r"A second\_paragraph \textasciitilde{} here \#1 \textasciicircum{}2.",
    }
    journal, talk, bare = (entries[key] for key in [*entries][1:])
    assert (journal["type"], journal["journal"], journal["doi"]) == (
        "article",
        "Nature",
        "10.1000/x_y(2)<a>",
    )
    assert journal["url"] == "https://doi.org/10.1000/x_y(2)%3Ca%3E"
    assert journal["pdf"] == "https://nature.example/1.pdf"
    assert (talk["type"], talk["booktitle"], talk["eprint"]) == (
        "inproceedings",
        "International Conference on Machine Learning",
        "2401.00003",
    )
    assert bare == {"type": "misc", "title": "Bare"}


def test_ris_has_every_field_that_is_known() -> None:
    preprint, journal, talk, bare = ris_pieces(ris(ALL))
    assert preprint == {
        "type_of_reference": "UNPB",
        "title": WHOLE.title,
        "authors": [
            "van Beethoven, Ludwig",
            "King, Martin Luther, Jr.",
            "The LIGO Collaboration",
            "王小明",
        ],
        "year": "2026",
        "date": "2026/11/19",
        "accession_number": "arXiv:2401.00001",
        "urls": ["https://arxiv.org/abs/2401.00001"],
        "file_attachments1": "https://arxiv.org/pdf/2401.00001",
        "notes": ["Code: https://github.com/ada/lora_x"],
        "keywords": ["low-rank", "fine-tuning", "cs.LG", "stat.ML"],
        "abstract": WHOLE.abstract.replace("\n\n", " "),
    }
    assert [each["type_of_reference"] for each in (journal, talk, bare)] == [
        "JOUR",
        "CPAPER",
        "GEN",
    ]
    assert (journal["journal_name"], journal["doi"]) == ("Nature", "10.1000/x_y(2)<a>")
    assert talk["secondary_title"] == "International Conference on Machine Learning"
    assert bare == {"type_of_reference": "GEN", "title": "Bare"}


@pytest.mark.parametrize("write", [bibtex, ris])
def test_this_program_reads_back_what_it_writes(write: Any) -> None:
    for known, found in zip(ALL, own(write(ALL)), strict=True):
        space = " " if write is ris else "\n\n"
        assert readable(found.title) == known.title
        assert readable(found.abstract) == known.abstract.replace("\n\n", space)
        assert found.authors == known.authors
        assert found.published == known.published
        assert found.venue == (known.venue or "")
        assert (found.doi, found.arxiv_id) == (known.doi, known.arxiv_id)
        assert found.code == known.code
        assert found.pdf == addresses(known).get("PDF")
        assert found.keywords == (*known.keywords, *known.categories)


def test_a_line_of_ris_ends_as_the_format_says() -> None:
    lines = ris(ALL).split("\r\n")
    assert not any("\n" in line or "\r" in line for line in lines)
    assert all(re.match(r"[A-Z][A-Z0-9]  - |$", line) for line in lines)


# --- hostile text ------------------------------------------------------------------------

TEXT = st.one_of(
    hostile_text,
    st.text(alphabet='{}\\$%&#_~^"@(),=\n -aB', max_size=30),
    st.sampled_from(
        ["\n@article(x, y)", "}\n\n@comment{", "TY  - JOUR\nER  - ", "a\0b", "ابجد \u202ex"]
    ),
)


@settings(max_examples=examples(150))
@given(TEXT, TEXT, st.lists(TEXT, max_size=4), TEXT, st.lists(TEXT, max_size=3))
def test_no_text_breaks_a_library_and_none_is_lost(
    title: str, abstract: str, authors: list[str], venue: str, keywords: list[str]
) -> None:
    hostile = paper(
        title=title,
        abstract=abstract,
        authors=tuple(authors),
        author_count=None,
        venue=venue,
        keywords=tuple(keywords),
        url=title,
        code=abstract,
        doi="10.1000/{x",
    )
    papers = [paper(7), hostile, paper(8)]
    first, middle, last = bib_entries(bibtex(papers)).values()
    assert (first["title"], last["title"]) == (paper(7).title, paper(8).title)
    assert untex(middle["title"]) == (one_line(title) or "Untitled")
    assert folded(untex(middle.get("abstract", ""))) == folded(plain(abstract))
    stated = middle.get("journal", "") + middle.get("booktitle", "")
    assert untex(stated) == one_line(venue)
    assert len(own(bibtex(papers))) == 3

    _, entry, _ = ris_pieces(ris(papers))
    assert entry["title"] == (one_line(title) or "Untitled")
    assert entry.get("abstract", "") == folded(plain(abstract))
    assert entry.get("keywords", []) == list(dict.fromkeys(filter(None, map(one_line, keywords))))
    assert len(entry.get("authors", [])) == len([name for name in map(one_line, authors) if name])
    assert len(own(ris(papers))) == 3
    check_open_url(open_url(hostile))


# --- keys --------------------------------------------------------------------------------


def keys(papers: Iterable[Paper]) -> list[str]:
    return list(bib_entries(bibtex(papers)))


def test_a_key_is_made_of_surname_year_and_word() -> None:
    made = [
        paper(1, authors=("Ingrid Sølvberg",), title="On the Way to Łódź"),
        paper(2, authors=("王小明",), title="“Gödel” and More"),
        paper(3, authors=(), title="学习", published=None),
    ]
    assert keys(made) == ["solvberg2026way", "anon2026godel", "anonnd"]


def test_doubles_get_letters_and_keep_them_as_a_library_grows() -> None:
    same = [paper(key, title="Same") for key in range(1, 31)]
    few = keys(same[:3])
    assert few == ["hopper2026same", "hopper2026samea", "hopper2026sameb"]
    assert keys(same)[:3] == few
    assert keys(same)[26:29] == ["hopper2026samez", "hopper2026sameaa", "hopper2026sameab"]
    assert keys(reversed(same))[::-1] == keys(same)


def test_a_key_never_comes_twice_where_a_word_looks_like_another_with_a_letter() -> None:
    made = keys([paper(1, title="Same"), paper(2, title="Samea"), paper(3, title="Same")])
    assert len(set(made)) == 3


def test_a_paper_of_two_digests_is_one_entry() -> None:
    assert len(keys([paper(1), paper(2), paper(1)])) == 2
    assert len(ris_pieces(ris([paper(1), paper(2), paper(1)]))) == 2


def test_the_same_papers_are_the_same_bytes() -> None:
    assert bibtex(ALL) == bibtex(list(ALL))
    assert ris(ALL) == ris(list(ALL))


# --- parts -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "surname", "given", "suffix"),
    [
        ("Ada Lovelace", "Lovelace", "Ada", ""),
        ("Ludwig van Beethoven", "van Beethoven", "Ludwig", ""),
        ("Juan de la Cruz", "de la Cruz", "Juan", ""),
        ("Guy Van den Broeck", "Van den Broeck", "Guy", ""),
        ("José Ortega y Gasset", "Ortega y Gasset", "José", ""),
        ("Leonardo da Vinci", "da Vinci", "Leonardo", ""),
        ("Nguyen Van Anh", "Anh", "Nguyen Van", ""),
        ("Martin Luther King Jr.", "King", "Martin Luther", "Jr."),
        ("A. B. Example III", "Example", "A. B.", "III"),
        ("Madonna", "Madonna", "", ""),
        ("王小明", "王小明", "", ""),
        ("The LIGO Collaboration", "The LIGO Collaboration", "", ""),
        ("Bell Labs", "Bell Labs", "", ""),
    ],
)
def test_names_in_their_parts(written: str, surname: str, given: str, suffix: str) -> None:
    assert name_of(written) == Name(surname, given, suffix)


def test_who_is_not_named_is_one_of_others() -> None:
    entries = bib_entries(bibtex([paper(author_count=9)])).values()
    assert [each["author"] for each in entries] == ["Hopper, Grace and Turing, Alan and others"]


@pytest.mark.parametrize(
    ("venue", "kind"),
    [
        ("Nature", "article"),
        ("NeurIPS 2026", "inproceedings"),
        ("Proceedings of the 41st International Conference on Machine Learning", "inproceedings"),
        ("Proceedings of the National Academy of Sciences", "article"),
        ("Proceedings of the IEEE", "article"),
        ("Transactions of the Association for Computational Linguistics", "article"),
        ("Workshop on Efficient Models", "inproceedings"),
        ("", "misc"),
    ],
)
def test_the_kind_of_an_entry_follows_from_the_venue(venue: str, kind: str) -> None:
    (entry,) = bib_entries(bibtex([paper(venue=venue)])).values()
    assert entry["type"] == kind


def test_a_withdrawn_paper_says_so_in_a_note_and_not_in_its_title() -> None:
    (entry,) = bib_entries(bibtex([paper(standing="withdrawn")])).values()
    assert (entry["title"], entry["note"]) == ("Pruning While Tuning, Part 1", "Withdrawn")


# --- what Zotero's connector reads -------------------------------------------------------


def check_open_url(text: str) -> dict[str, list[str]]:
    """Each value stands behind one "=", and a "+" in it is not read as a space."""
    assert text.isascii()
    for pair in text.split("&"):
        assert pair.count("=") == 1
        assert "+" not in pair
    found = parse_qs(text, strict_parsing=True)
    assert found["ctx_ver"] == ["Z39.88-2004"]
    return found


def test_an_article_is_told_in_the_format_of_journals() -> None:
    assert check_open_url(open_url(JOURNAL)) == {
        "ctx_ver": ["Z39.88-2004"],
        "rft_val_fmt": ["info:ofi/fmt:kev:mtx:journal"],
        "rft.genre": ["article"],
        "rft.atitle": ["Pruning While Tuning, Part 2"],
        "rft.jtitle": ["Nature"],
        "rft.au": ["Hopper, Grace", "Turing, Alan"],
        "rft.date": ["2026-11-19"],
        "rft_id": [
            "info:doi/10.1000/x_y(2)<a>",
            "https://doi.org/10.1000/x_y(2)%3Ca%3E",
        ],
    }


def test_a_paper_of_a_conference_is_told_in_the_format_of_books() -> None:
    found = check_open_url(open_url(TALK))
    assert "rft.genre=proceeding" in open_url(TALK).split("&"), "Zotero compares the text"
    assert found["rft_val_fmt"] == ["info:ofi/fmt:kev:mtx:book"]
    assert found["rft.atitle"] == ["Pruning While Tuning, Part 3"]
    assert found["rft.btitle"] == ["International Conference on Machine Learning"]


def test_a_preprint_is_told_in_dublin_core_with_its_type() -> None:
    found = check_open_url(open_url(WHOLE))
    assert found["rft_val_fmt"] == ["info:ofi/fmt:kev:mtx:dc"]
    assert found["rft.type"] == ["preprint"]
    assert found["rft.title"] == [WHOLE.title]
    assert found["rft.creator"][:2] == ["van Beethoven, Ludwig", "King, Martin Luther, Jr."]
    assert found["rft_id"] == [
        "info:doi/10.48550/arXiv.2401.00001",
        "https://arxiv.org/abs/2401.00001",
    ]
    assert check_open_url(open_url(BARE))["rft.type"] == ["document"]
