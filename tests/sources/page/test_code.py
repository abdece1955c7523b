"""The code of papers, to which cards of the papers page have links."""

from __future__ import annotations

from html import escape

import pytest

from tests.sources.page.samples import read
from tests.sources.page.todays import CARDS, OWN, Card

REPOSITORIES = {CARDS[0].id: "https://github.com/ada/ebb", CARDS[2].id: "https://gitlab.com/x/2"}


def html(each: Card, code: str) -> str:
    return (
        f"<article><a href='{each.page}'><h3>{each.title}</h3></a><p>{escape(each.abstract)}</p>"
        f"<div>{each.who}<span>·</span>{each.day}</div><button>Upvote <div>{each.upvotes}</div>"
        f"</button><div><a href='{code}'><svg></svg><span>GitHub</span><span>4.5k</span></a></div>"
        "<a href=https://arxiv.org/abs/2611.1><span>arXiv Page</span></a></article>"
    )


def html_of_stars(each: Card, code: str) -> str:
    return html(each, code).replace("<span>GitHub</span>", "")


def markdown(each: Card, code: str) -> str:
    return (
        f"### [{each.title}]({each.page})\n\n{each.abstract}\n\n{each.who}\n\n· {each.day}\n\n"
        f"Upvote\n\n{each.upvotes}\n\n[GitHub 4.5k]({code}) [arXiv Page](https://arxiv.org/x)\n\n"
    )


def labels(each: Card, code: str) -> str:
    return (
        f"### [{each.title}]({each.page})\n\n- **Upvotes:** {each.upvotes}\n"
        f"- **GitHub:** [{code}]({code})\n\n{each.abstract}\n\n"
    )


def firefox(each: Card, code: str) -> str:
    return (
        f"\n   {each.title} <{each.page}>\n\n{each.abstract}\n\n{each.who}\n\n· {each.day}\n\n"
        f"Upvote {each.upvotes}\n\nGitHub 4.5k <{code}>\n\narXiv Page <https://arxiv.org/x>\n\n"
    )


def addresses_below(each: Card, code: str) -> str:
    return (
        f"{each.title}\n{each.page}\n\n{each.abstract}\n\n{each.who}\n\n· {each.day}\n\n"
        f"Upvote\n\n{each.upvotes}\n\nGitHub 4.5k\n{code}\n\n"
    )


@pytest.mark.parametrize("save", [html, html_of_stars, markdown, labels, firefox, addresses_below])
def test_a_link_to_a_repository_belongs_to_the_paper_of_its_card(save: object) -> None:
    assert callable(save)
    cards = (save(each, REPOSITORIES.get(each.id, "https://example.org/x")) for each in CARDS)
    is_html = save in (html, html_of_stars)
    head = f"<!doctype html><title>Trending Papers</title><h1>Trending Papers</h1><h2>{OWN}</h2>"
    text = (head if is_html else f"# Trending Papers\n\n{OWN}\n\n") + "\n".join(cards)
    records = read(text).records
    assert [record.title for record in records] == [each.title for each in CARDS]
    assert [record.abstract for record in records] == [each.abstract for each in CARDS]
    assert [record.code for record in records] == [REPOSITORIES.get(each.id) for each in CARDS]
    if save is not labels:
        assert [record.upvotes for record in records] == [87, 0, 1, 1100]
