"""Where a paper can be read: its page and its full text. What follows from an id is not stored."""

from digest.model.papers import Paper

ARXIV = "https://arxiv.org/"


def abstract_page(paper: Paper) -> str | None:
    """The page with the abstract: that of arXiv, else the paper's own page, else that of its DOI;
    None where nothing says where it is."""
    if paper.arxiv_id:
        return f"{ARXIV}abs/{paper.arxiv_id}"
    if paper.doi and (paper.url is None or is_pdf(paper.url)):
        return f"https://doi.org/{paper.doi}"
    return paper.url


def pdf_link(paper: Paper) -> str | None:
    """The PDF: that of arXiv, which is free and stays, else what a source names."""
    return f"{ARXIV}pdf/{paper.arxiv_id}" if paper.arxiv_id else paper.pdf


def is_pdf(url: str) -> bool:
    """Whether a URL looks like that of a PDF file."""
    path = url.casefold().partition("#")[0].partition("?")[0]
    return path.endswith((".pdf", "/pdf")) or "/pdf/" in path
