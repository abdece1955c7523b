from __future__ import annotations

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.sources.links import arxiv_id, doi, web_url


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("https://example.org/a~b_c?d=e&f=%20#g", "https://example.org/a~b_c?d=e&f=%20#g"),
        (" HTTPS://Example.ORG/A ", "https://example.org/A"),
        ("https://bücher.example/ü?ä=%zz", "https://xn--bcher-kva.example/%C3%BC?%C3%A4=%25zz"),
        ('http://example.org/<script>"', "http://example.org/%3Cscript%3E%22"),
        ("http://example.org:8080/a b", "http://example.org:8080/a%20b"),
        ("https://\u202eexample.org/", "https://example.org/"),
        ("https://example.org\r\nBcc: x@example.org", None),
        ("https://bank.example@evil.example/", None),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//example.org/a", None),
        ("https:///a", None),
        ("https://example.org:99999/", None),
        ("https://[::1", None),
        ("https://a..example/", None),
        ("https://example.org/" + "a" * 2000, None),
        ("", None),
        (None, None),
        (["https://example.org/"], None),
    ],
)
def test_web_url(raw: object, expected: str | None) -> None:
    assert web_url(raw) == expected


@given(st.one_of(st.text(), st.text().map("https://example.org/".__add__)))
def test_a_url_is_short_plain_and_stays_as_it_is(raw: str) -> None:
    url = web_url(raw)
    if url is not None:
        assert url.isascii()
        assert url.isprintable()
        assert not set(' <>"') & set(url)
        assert urlsplit(url).scheme in {"http", "https"}
        assert web_url(url) in {url, None}


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("2401.01234", "2401.01234"),
        ("2401.01234v3", "2401.01234"),
        ("0704.0001", "0704.0001"),
        ("arXiv:2401.01234v1", "2401.01234"),
        ("oai:arXiv.org:2401.01234v1", "2401.01234"),
        ("hep-th/9901001v2", "hep-th/9901001"),
        ("math.GT/0309136", "math/0309136"),
        ("http://arxiv.org/abs/2401.01234v1", "2401.01234"),
        ("https://arxiv.org/pdf/2401.01234v1.pdf", "2401.01234"),
        ("https://export.arxiv.org/abs/hep-th/9901001?context=x", "hep-th/9901001"),
        ("https://huggingface.co/papers/2401.01234#community", "2401.01234"),
        ("https://doi.org/10.48550/arXiv.2401.01234", "2401.01234"),
        ("https://example.org/2401.01234", None),
        ("https://arxiv.org/list/cs.CL/2401", None),
        ("2413.01234", None),
        ("2401.01234567", None),
        ("https://arxiv.org/abs/2401.012345678", None),
        ("", None),
        (None, None),
        (2401.01234, None),
    ],
)
def test_arxiv_id(raw: object, expected: str | None) -> None:
    assert arxiv_id(raw) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        ("10.1000/XYZ.123", "10.1000/xyz.123"),
        ("doi:10.1000/xyz123", "10.1000/xyz123"),
        ("DOI: 10.1000/xyz123.", "10.1000/xyz123"),
        ("https://doi.org/10.1000/xyz123", "10.1000/xyz123"),
        ("http://dx.doi.org/10.1000%2Fxyz123?via=feed#top", "10.1000/xyz123"),
        ("A Journal, Published online: 27 November 2026; doi:10.1000/s4-026-1", "10.1000/s4-026-1"),
        ("https://dl.example.org/doi/abs/10.1000/3590000.1", "10.1000/3590000.1"),
        ("https://www.medrxiv.org/content/10.1101/2026.11.1.01v2.full?a=b", "10.1101/2026.11.1.01"),
        ("10.1002/(SICI)1097-0258(19980815)17:15<1661::AID-SIM9>3.0.CO;2-2",
         "10.1002/(sici)1097-0258(19980815)17:15<1661::aid-sim9>3.0.co;2-2"),
        ("(see doi:10.1000/xyz(1).)", "10.1000/xyz(1)"),
        ("https://doi.org/10.48550/arXiv.2401.01234", None),
        ("10.48550/ARXIV.2401.01234", None),
        ("https://example.org/10.1000/xyz", None),
        ("10.1000/", None),
        ("version 10.1000/a of it", None),
        ("", None),
        (None, None),
        (10.1, None),
    ],
)  # fmt: skip
def test_doi(raw: object, expected: str | None) -> None:
    assert doi(raw) == expected
    assert expected is None or doi(expected) == expected


@pytest.mark.parametrize("raw", ["10.48550/arXiv.2401.01234", "doi:10.48550/ARXIV.2401.01234v2"])
def test_the_doi_of_an_arxiv_paper_is_its_arxiv_id(raw: str) -> None:
    assert arxiv_id(raw) == "2401.01234"


@given(st.text().map("10.1000/".__add__) | st.text())
def test_a_doi_stays_as_it_is(raw: str) -> None:
    found = doi(raw)
    assert found is None or doi(found) == found
