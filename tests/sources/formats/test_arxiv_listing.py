from __future__ import annotations

from datetime import date

from hypothesis import given, settings
from hypothesis import strategies as st

from digest.errors import DumpError
from tests.conftest import examples
from tests.sources.page.samples import read

NEW = """Machine Learning
New submissions
Showing new listings for Friday, 27 November 2026
Total of 4 entries

New submissions (showing 2 of 2 entries)
[1] arXiv:2611.01234 [pdf, html, other]
Title: Small Experts: Routing $k < n$ Tokens
Ada Example, Bo Sample
Comments: 12 pages, 3 figures
Subjects: Machine Learning (cs.LG); Artificial Intelligence (cs.AI)
We route tokens through small experts. It works, and costs less than anything before.


[2] arXiv:2611.01235 [pdf, other]
Title: A Title That
  Runs On
Carla Muster
Journal-ref: Journal of Tides 1 (2026)
Subjects: Machine Learning (cs.LG)
We test the tides.

Cross submissions (showing 1 of 1 entries)
[3] arXiv:2611.01236 (cross-list from cs.CL) [pdf, html, other]
Title: Crossing
Dora Beispiel
Subjects: Computation and Language (cs.CL); Machine Learning (cs.LG)
We cross.

Replacement submissions (showing 1 of 1 entries)
[4] arXiv:2503.01237 (replaced) [pdf, html, other]
Title: Replacing
Emil Probe
Comments: This paper has been withdrawn by the author
Subjects: Machine Learning (cs.LG)
We replace.

Total of 4 entries
Showing up to 2000 entries per page: fewer | more | all
About
Help
"""
RULE = "-" * 78
MAIL = rf"""{RULE}
Send any comments regarding submissions directly to submitter.
{RULE}
 Submissions to:
Machine Learning
 received from  Wed 25 Nov 26 19:00:00 GMT  to  Thu 26 Nov 26 19:00:00 GMT
{RULE}
{RULE}
\\
arXiv:2611.01234
Date: Wed, 25 Nov 2026 10:00:00 GMT   (120kb)

Title: Small Experts: Routing Tokens
  through the Tides
Authors: Ada Example (Tide Lab), Bo Sample and
  Carla Muster
Categories: cs.LG cs.AI
Comments: 12 pages
\\
  We route tokens through small experts. It works, and costs
less than anything before.
\\ ( https://arxiv.org/abs/2611.01234 ,  120kb)
{RULE}
\\
arXiv:2611.01236 (*cross-listing*)
Date: Wed, 25 Nov 2026 11:00:00 GMT   (1kb)

Title: Crossing
Authors: Dora Beispiel
Categories: cs.CL cs.LG
\\
  We cross.
\\ ( https://arxiv.org/abs/2611.01236 ,  1kb)
%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%--%%
{RULE}
\\
arXiv:2503.01237
replaced with revised version Thu, 26 Nov 2026 09:00:00 GMT   (7kb)

Title: Replacing
Authors: Emil Probe
Categories: cs.LG
\\ ( https://arxiv.org/abs/2503.01237 ,  7kb)
{RULE}
%%%%---%%%---
For general help, see https://arxiv.org/help
"""
RECENT = """Machine Learning
Authors and titles for recent submissions
Fri, 27 Nov 2026
Thu, 26 Nov 2026
Total of 2 entries
Fri, 27 Nov 2026 (showing 1 of 1 entries )

[1] arXiv:2611.01234 [pdf, html, other]
Title: Small Experts
Ada Example, Bo Sample
Subjects: Machine Learning (cs.LG)

Thu, 26 Nov 2026 (showing 1 of 1 entries )

[2] arXiv:2611.01235 [pdf, other]
Title: Tides
Carla Muster
Subjects: Machine Learning (cs.LG)
"""
SEARCH = """Showing 1–2 of 2 results for all: tides
arXiv:2611.01234  [pdf, ps, other]
cs.LG
Small Experts for Tides
Authors: Ada Example, Bo Sample
Abstract: We route tokens. It works.
△ Less
Submitted 25 November, 2026; originally announced November 2026.
Comments: 12 pages
arXiv:2611.01235  [pdf, other]
cs.LG cs.AI
Another Study
Authors: Carla Muster
Abstract: We test the tides.
Submitted 24 November, 2026; originally announced November 2026.
"""


def test_a_listing_of_new_papers() -> None:
    dump = read(NEW)
    assert (dump.format, dump.listed, dump.problems) == ("arxiv-listing", date(2026, 11, 27), ())
    assert [record.arxiv_id for record in dump.records] == [
        "2611.01234", "2611.01235", "2611.01236", "2503.01237"
    ]  # fmt: skip
    assert [record.title for record in dump.records] == [
        "Small Experts: Routing k < n Tokens", "A Title That Runs On", "Crossing", "Replacing"
    ]  # fmt: skip
    assert [record.abstract for record in dump.records] == [
        "We route tokens through small experts. It works, and costs less than anything before.",
        "We test the tides.", "We cross.", "We replace.",
    ]  # fmt: skip
    assert dump.records[0].authors == ("Ada Example", "Bo Sample")
    assert dump.records[0].url == "https://arxiv.org/abs/2611.01234"
    assert dump.records[1].venue == "Journal of Tides 1 (2026)"
    assert [record.standing for record in dump.records] == [None, None, None, "withdrawn"]
    assert dump.records[0].line == 7
    replaced = read(NEW.replace("Comments: This paper has been withdrawn by the author\n", ""))
    assert replaced.records[3].standing == "revised"


def test_a_listing_that_a_terminal_shows() -> None:
    text = NEW.replace("[pdf", "[[5]pdf").replace("arXiv:", "[4]arXiv:")
    text = "\n".join(f"   {line}" for line in text.split("\n")).replace("Title: ", "Title:\n     ")
    dump = read(text)
    assert [record.title for record in dump.records][:1] == ["Small Experts: Routing k < n Tokens"]
    assert [record.authors[0] for record in dump.records] == [
        "Ada Example", "Carla Muster", "Dora Beispiel", "Emil Probe"
    ]  # fmt: skip


def test_the_daily_mail() -> None:
    dump = read(MAIL)
    assert (dump.format, dump.listed, dump.problems) == ("arxiv-mail", date(2026, 11, 26), ())
    first, crossed, replaced = dump.records
    assert first.title == "Small Experts: Routing Tokens through the Tides"
    assert first.authors == ("Ada Example", "Bo Sample", "Carla Muster")
    assert first.abstract == (
        "We route tokens through small experts. It works, and costs less than anything before."
    )
    assert (first.published, first.arxiv_id) == (date(2026, 11, 25), "2611.01234")
    assert (crossed.title, crossed.abstract, crossed.standing) == ("Crossing", "We cross.", None)
    assert (replaced.title, replaced.abstract) == ("Replacing", "")
    assert replaced.standing == "revised"


def test_a_mail_that_was_saved_with_its_head_and_as_a_quotation() -> None:
    head = "From: no-reply@example.org\nSubject: cs daily Subj-class mailing 1 2\n\n"
    assert read(head + MAIL).records[0].title.startswith("Small Experts")


def test_a_listing_of_recent_papers_has_titles_alone() -> None:
    dump = read(RECENT)
    assert (dump.listed, dump.problems) == (date(2026, 11, 27), ())
    assert [(record.title, record.abstract) for record in dump.records] == [
        ("Small Experts", ""), ("Tides", "")
    ]  # fmt: skip
    assert dump.records[0].authors == ("Ada Example", "Bo Sample")


def test_results_of_a_search() -> None:
    dump = read(SEARCH)
    assert [record.title for record in dump.records] == ["Small Experts for Tides", "Another Study"]
    assert [record.abstract for record in dump.records] == [
        "We route tokens. It works.", "We test the tides."
    ]  # fmt: skip
    assert dump.records[1].authors == ("Carla Muster",)


def test_a_listing_of_which_papers_are_missing_is_incomplete() -> None:
    assert not read(RECENT).is_incomplete
    assert read(RECENT.replace("Total of 2 entries", "Total of 9 entries")).is_incomplete


@given(st.integers(0, len(MAIL)), st.integers(0, 60), st.sampled_from([MAIL, NEW, SEARCH]))
@settings(max_examples=examples(60))
def test_a_listing_with_a_hole_is_read_in_part_or_refused(at: int, size: int, text: str) -> None:
    try:
        dump = read(text[:at] + text[at + size :])
    except DumpError:
        return
    assert all(record.title for record in dump.records)
