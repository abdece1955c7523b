"""Libraries as lists of papers; what their texts say is tested with ``digest suggest --from``."""

from __future__ import annotations

from datetime import date

import pytest

from digest.errors import DumpError
from digest.model import Record
from tests.sources.page.samples import read


def one(text: str, form: str) -> Record:
    """The only paper of a library in this format."""
    dump = read(text)
    assert (dump.format, dump.problems) == (form, ())
    (record,) = dump.records
    return record


def test_bibtex() -> None:
    text = r"""% Encoding: UTF-8
@string{jt = "Journal of Tides"}
@article{example2026,
  author    = {Example, Ada and van Sample, Bo and {The Tide Group, Inc.} and others},
  title     = {{Small Experts}: {R}outing $k^{2}$ T{\"o}ne},
  abstract  = {We route {BERT} \& others.},
  journal   = jt,
  year      = 2026,
  month     = nov # "~26",
  doi       = {https://doi.org/10.1000/ABC\_1},
  url       = {https://example.org/a\_b},
  eprint    = {2611.01234v2},
  archiveprefix = {arXiv},
}
"""
    record = one(text, "bibtex")
    assert record.title == "Small Experts: Routing k² Töne"
    assert record.abstract == "We route BERT & others."
    assert record.authors == ("Ada Example", "Bo van Sample", "The Tide Group, Inc.")
    assert (record.venue, record.published) == ("Journal of Tides", date(2026, 11, 26))
    assert (record.doi, record.arxiv_id) == ("10.1000/abc_1", "2611.01234")
    assert (record.url, record.line) == ("https://example.org/a_b", 3)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ("date = {2026-11-26}", date(2026, 11, 26)),
        ("year = {2026}, month = 11, day = 26", date(2026, 11, 26)),
        ("year = 2026, month = nov", date(2026, 11, 1)),
        ("year = 2026", None),
        ("date = {2026}", None),
        ("year = {in press}, month = {?}", None),
    ],
)
def test_dates_of_bibtex(fields: str, expected: date | None) -> None:
    assert one(f"@misc{{a, title = {{Tides}}, {fields}}}", "bibtex").published == expected


@pytest.mark.parametrize(
    "field",
    ["eprint = {2611.01234}, eprinttype = {arxiv}", "journal = {arXiv preprint arXiv:2611.01234}",
     "url = {https://arxiv.org/abs/2611.01234}", "doi = {10.48550/arXiv.2611.01234}",
     "howpublished = {\\url{http://arxiv.org/abs/2611.01234}}", "note = {arXiv: 2611.01234 [cs]}"],
)  # fmt: skip
def test_arxiv_ids_of_bibtex(field: str) -> None:
    record = one(f"@misc{{a, title = {{Tides}}, {field}}}", "bibtex")
    assert (record.arxiv_id, record.doi) == ("2611.01234", None)


RIS = """TY  - JOUR
AU  - Example, Ada
AU  - Sample, Bo
TI  - Small Experts:
Routing Tokens
T2  - Journal of Tides
PY  - 2026
DA  - 2026/11/26/
AB  - We route.
KW  - tides
DO  - 10.1000/ABC
UR  - https://example.org/a
ER  -
"""
NBIB = """PMID- 40000001
TI  - Small Experts:
      Routing Tokens
LID - 10.1000/ABC [doi]
AB  - We route.
FAU - Example, Ada
AU  - Example A
FAU - Sample, Bo
DP  - 2026 Nov 26
JT  - Journal of Tides
"""
ENW = """%0 Journal Article
%A Example, Ada
%A Sample, Bo
%T Small Experts: Routing Tokens
%J Journal of Tides
%8 2026-11-26
%X We route.
%R 10.1000/ABC
"""
ISI = """FN Example Index
VR 1.0
PT J
AU Example, A
   Sample, B
AF Example, Ada
   Sample, Bo
TI Small Experts:
   Routing Tokens
SO Journal of Tides
AB We route.
DI 10.1000/ABC
ER

EF
"""


@pytest.mark.parametrize(
    ("text", "form", "published"),
    [
        (RIS, "ris", date(2026, 11, 26)),
        (RIS.replace("  - ", " - "), "ris", date(2026, 11, 26)),
        (NBIB, "nbib", date(2026, 11, 26)),
        (ENW, "enw", date(2026, 11, 26)),
        (ISI, "isi", None),
    ],
    ids=["ris", "ris-one-space", "nbib", "enw", "isi"],
)
def test_lines_with_tags(text: str, form: str, published: date | None) -> None:
    record = one(text, form)
    assert (record.title, record.abstract) == ("Small Experts: Routing Tokens", "We route.")
    assert record.authors == ("Ada Example", "Bo Sample")
    assert (record.doi, record.venue) == ("10.1000/abc", "Journal of Tides")
    assert record.published == published


def test_several_entries_each_know_their_line() -> None:
    twice = ((RIS + RIS, 14), (f"{NBIB}\n{NBIB}", 12), (f"{ENW}\n{ENW}", 10))
    for text, second in twice:
        assert [record.line for record in read(text).records] == [1, second]


def test_what_cannot_be_read_is_told_by_its_line() -> None:
    dump = read("@misc{a, title={One}}\n@misc{b, title={Two\n@misc{c, year=1}\n", name="a.bib")
    assert [record.title for record in dump.records] == ["One"]
    assert [problem.where for problem in dump.problems] == ["a.bib:2", "a.bib:3"]


def test_a_library_without_titles_and_a_text_that_quotes_an_entry_are_refused() -> None:
    with pytest.raises(DumpError, match=r"a library \(ris\), but no entry has a title"):
        read("TY  - JOUR\nER  - \n")
    with pytest.raises(DumpError, match="not that of a papers page"):
        read("How to cite us. " * 200 + "\n\n@misc{a, title={Tides}}\n")
