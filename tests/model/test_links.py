"""Where papers can be read."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from digest.model import Paper, PaperId, PaperKey, abstract_page, pdf_link

NOW = datetime(2026, 11, 27, tzinfo=UTC)
SITE = "https://journal.example.org/"


@pytest.mark.parametrize(
    ("facts", "page", "pdf"),
    [
        ({"arxiv_id": "2611.01234"}, "https://arxiv.org/abs/2611.01234", "pdf/2611.01234"),
        ({"arxiv_id": "hep-th/9901001", "url": SITE}, "abs/hep-th/9901001", "pdf/hep-th/9901001"),
        ({"url": SITE + "7", "doi": "10.1000/7"}, SITE + "7", None),
        ({"url": SITE + "7.PDF", "doi": "10.1000/7"}, "https://doi.org/10.1000/7", None),
        ({"url": SITE + "7.pdf", "pdf": SITE + "7.pdf"}, SITE + "7.pdf", SITE + "7.pdf"),
        ({"doi": "10.1000/7"}, "https://doi.org/10.1000/7", None),
        ({}, None, None),
    ],
)
def test_the_page_and_the_pdf_of_a_paper(
    facts: dict[str, str], page: str | None, pdf: str | None
) -> None:
    paper = Paper(PaperKey(1), PaperId("x"), "A title", "", NOW, **facts)  # type: ignore[arg-type]  # facts are fields
    assert (abstract_page(paper) or "").endswith(page or "")
    assert (pdf_link(paper) or "").endswith(pdf or "")
    assert (abstract_page(paper) is None, pdf_link(paper) is None) == (page is None, pdf is None)
