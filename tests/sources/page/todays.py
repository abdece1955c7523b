"""Today's papers page as people save it: the same made-up papers as browsers and programs write
them. What each program writes was seen by running it on such a page."""

from __future__ import annotations

import json
import textwrap
from collections.abc import Callable
from dataclasses import dataclass
from html import escape

SITE = "https://huggingface.co"


@dataclass(frozen=True)
class Card:
    """A paper on today's page: it has either a number of authors or an organisation."""

    id: str
    title: str
    abstract: str
    submitter: str
    upvotes: str
    who: str
    day: str
    comments: str = ""

    @property
    def page(self) -> str:
        return f"{SITE}/papers/{self.id}"

    @property
    def vote(self) -> str:
        return f"{SITE}/login?next=%2Fpapers%2F{self.id}"


CARDS = (
    Card(
        "2611.20001",
        "Ebb and Flow: Sending Words to Small Groups of Experts without Losing the Rare Ones",
        "Mixtures of experts send every word to few of many networks. We let a slow signal choose,"
        " for k<n experts and r>2 layers [7], and gain 1.4 points. It's as cheap as before.",
        "ada-example",
        "87",
        "5 authors",
        "Nov 26",
        "3",
    ),
    Card(
        "2611.20002",
        "How Slowly Can a Robot Walk?",
        "Robots walk fast in papers. We ask how slowly they can walk without falling, and find a"
        " limit of two millimetres in a second on three robots.",
        "bob",
        "-",
        "Harbour University of Applied Sciences",
        "Nov 25",
    ),
    Card(
        "2611.20003",
        "2 Models Are Better than 1",
        "Two models that disagree are better than one that is sure. We show when this holds, and"
        " give a bound that is tight for linear models.",
        "Carla M",
        "1",
        "Acme",
        "May 9, 2025",
    ),
    Card(
        "2611.20004",
        "Upvote Prediction",
        "Can one tell from a title how many will like a paper? We train a small model on twelve"
        " thousand pages. Short titles win, and so do questions.",
        "eve",
        "1.1k",
        "1 author",
        "Nov 27",
        "12",
    ),
)
TOP = ("Hugging Face", "Models", "Datasets", "Log In", "new", "Subscribe")
NO_VIDEO = "Your browser does not support the video tag."
OWN = "by AK and the research community"


def browser_copy() -> str:
    """As Chrome copies it: a line for each block, and metadata in a row."""
    parts = [*TOP, "Daily Papers", OWN, "Daily", "Weekly", "‹Nov 27"]
    for each in CARDS:
        row = f"· {each.day}  {each.comments}"
        ended = [each.who, row] if "author" in each.who else [f"{each.who} {row}"]
        parts += [f"Submitted by  {each.submitter}", each.upvotes, each.title, each.abstract]
        parts += ended
    return "\n".join([*parts, "PreviousNext", "System theme", "TOSPrivacyAbout"])


def copy_with_a_line_for_each_text() -> str:
    """As programs take the texts of all elements."""
    parts = [*TOP, "Daily Papers", "by", "AK", "and the research community", "Nov 27"]
    for each in CARDS:
        parts += ["Submitted by", each.submitter, each.upvotes, each.title, each.abstract]
        parts += [each.who, "·", each.day, *filter(None, [each.comments])]
    return "\n\n".join([*parts, "Previous", "Next"])


def without_submitters() -> str:
    parts = ["Daily Papers", OWN, "Nov 27"]
    for each in CARDS:
        parts += [each.upvotes, each.title, each.abstract, NO_VIDEO, each.who, "·", each.day]
        parts += [each.comments] if each.comments else []
    return "\n".join(parts)


def trending() -> str:
    parts = ["Trending Papers", OWN, "‹Nov 27"]
    for each in CARDS:
        parts += [each.title, each.abstract, each.who, f"· Published on {each.day}"]
        parts += ["Upvote", each.upvotes, "GitHub 4.5k arXiv Page"]
    return "\n\n".join(parts)


def wrapped(text: str, width: int = 72) -> str:
    return "\n".join(textwrap.wrap(text, width, break_on_hyphens=False))


def lynx() -> str:
    """With a number for each link, and a list of their addresses."""
    addresses: list[str] = []

    def link(address: str) -> str:
        addresses.append(address)
        return f"[{len(addresses)}]"

    text = f"   {link(SITE)}Hugging Face\n     * {link(SITE)}Models\n\n"
    text += f"{link(SITE)}Daily Papers\n\nby {link(SITE)}AK and the research community\n   Nov 27\n"
    for each in CARDS:
        text += f"   Submitted by {link(SITE)}{each.submitter}\n   {link(each.vote)}\n"
        text += f"   {each.upvotes}\n\n{wrapped(link(each.page) + each.title)}\n\n"
        text += f"   {link(each.page)}\n\n{textwrap.indent(wrapped(each.abstract), '   ')}\n"
        row = f"· {each.day}" + f" {link(each.page + '#community')}{each.comments}" * bool(
            each.comments
        )
        text += f"     *\n     * {each.who}\n\n   {row}\n" if "author" in each.who else ""
        text += "" if "author" in each.who else f"   {link(SITE)}{each.who} {row}\n"
    listed = "\n".join(f"  {number}. {each}" for number, each in enumerate(addresses, start=1))
    return f"{text}\n   {link(SITE)}PreviousNext\n\nReferences\n\n   Visible links:\n{listed}\n"


def w3m() -> str:
    """With the names of pictures in brackets."""
    text = (
        f"Hugging Face[          ]\n\n  • Models\n  • Log In\n\nDaily Papers\n\n{OWN}\n\n‹Nov 27\n"
    )
    for each in CARDS:
        row = f"· {each.day} {each.comments}"
        text += f"[2611]\nSubmitted by [{each.submitter.split()[0]}] {each.submitter}\n"
        text += f"{each.upvotes}\n\n{wrapped(each.title, 78)}\n\n{wrapped(each.abstract, 78)}\n\n"
        text += f"  • [a0]\n  • [a1]\n  • {each.who}\n\n" if "author" in each.who else "[org]"
        text += f"{row}\n" if "author" in each.who else f"{each.who} {row}\n"
    return f"{text}PreviousNext\nSystem theme\nTOSPrivacyAboutCareers\n"


def firefox_text() -> str:
    """With each address in angle brackets behind its text."""
    text = f"Hugging Face <{SITE}/>\n\n  * Models <{SITE}/models>\n\n\n  Daily Papers\n\n"
    text += f"byAK <{SITE}/ak> and the research community\n\nNov 27\n\n"
    for each in CARDS:
        text += f"Submitted by {each.submitter} <{SITE}/x>\n{each.upvotes} <{each.page}>\n\n\n"
        text += f"      {each.title} <{each.page}>\n\n{wrapped(each.abstract, 79)}\n\n"
        text += f"  * {each.who} <{each.page}>\n\n· {each.day}"
        text += f" {each.comments} <{each.page}#community>\n\n" if each.comments else "\n\n"
    return text


def addresses_between() -> str:
    """With each address on a line of its own below its text."""
    parts = ["Daily Papers", "by", "AK", f"{SITE}/akhaliq", "and the research community", "Nov 27"]
    for each in CARDS:
        parts += [f" [-] {each.upvotes}", each.vote, each.title, each.page, each.abstract]
        parts += [each.page, each.who, f"{SITE}/x", "·", each.day]
        parts += [each.comments, f"{each.page}#community"] if each.comments else []
    return "\n\n".join(parts)


def markdown_links() -> str:
    """As crawlers write it, in Markdown."""
    text = f"[Subscribe]({SITE}/login)\n\n# Daily Papers\n\n## by [![](/a.png)AK](/ak) and the"
    text += (
        f" research community\n\n- Daily\n- Weekly\n\n[‹]({SITE}/papers/date/2026-11-26)Nov 27\n"
    )
    for each in CARDS:
        title = each.title.replace("*", "\\*")
        text += f"\n[![](/t.png)]({each.page})\n\nSubmitted by [![](/b.svg) {each.submitter}](/x)\n"
        text += f"\n[{each.upvotes}]({each.vote})\n\n### [{title}]({each.page})\n\n"
        text += f'[{each.abstract}]({each.page} "A link")\n\n'
        text += f"[- ![](/b.svg)\\\\\n- {each.who}]({each.page})\n\n·\n\n{each.day}"
        text += f"[{each.comments}]({each.page}#community)\n" if each.comments else "\n"
    return text


def markdown_blocks() -> str:
    """As converters write links around blocks, and references."""
    text = "# [Daily Papers][1]\n\n## by [AK][2] and the research community\n\nNov 27\n\n"
    for each in CARDS:
        text += f"Submitted by [![](/a.svg)\n{each.submitter}][2]\n\n[\n\n{each.upvotes}\n\n"
        text += f"]({each.vote})\n\n[\n\n### {wrapped(each.title, 40).splitlines()[0]}"
        rest = each.title[len(wrapped(each.title, 40).splitlines()[0]) :].strip()
        text += (
            f" {rest}\n\n{each.abstract.replace('[', chr(92) + '[').replace(']', chr(92) + ']')}"
        )
        text += (
            f"\n\n](<{each.page}>)\n\n[\n\n  * ![](/a.svg)\n  * {each.who}\n\n][1] · {each.day} "
        )
        text += f"[\n{each.comments}]({each.page}#community)\n\n" if each.comments else "\n\n"
    return f"{text}\n   [1]: /papers\n\n   [2]: /x\n"


def html2text() -> str:
    """Without links; a number of comments is glued to the date."""
    text = f"Hugging Face\n\n  * Models\n\n# Daily Papers\n\n{OWN}\n\nNov 27\n\n"
    for each in CARDS:
        text += f"Submitted by ![a picture](/a.png){each.submitter}\n\n{each.upvotes}\n\n"
        text += f"### {each.title}\n\n{wrapped(each.abstract, 78)}\n\n  * {each.who}\n\n"
        text += f"· {each.day}{each.comments}\n\n"
    return f"{text.rstrip()}System themeTOSPrivacy\n"


def html2text_of_debian() -> str:
    """With asterisks around headings and underscores for the spaces in links."""
    text = f"****** Daily_Papers ******\n{OWN}\n‹Nov 27\n"
    for each in CARDS:
        title = wrapped(each.title, 76).replace(" ", "_")
        text += f"Submitted by\n {each.submitter}\n{each.upvotes}\n**** {title} ****\n"
        text += f"{wrapped(each.abstract, 76).replace(' ', '_')}\n    *_{each.who}\n"
        text += f" · {each.day} {each.comments}\n"
    return text


def pandoc() -> str:
    """With the elements of the page as fences, and their classes."""
    text = (
        "::: grid\n# [Daily Papers](/papers){.x}\n\n## by [AK](/ak) and the research community\n\n"
    )
    text += "<div>\n\n[‹](/papers/date/2026-11-26)Nov 27\n\n</div>\n\n"
    for each in CARDS:
        abstract = wrapped(each.abstract, 60)
        for letter in "[]<>'":
            abstract = abstract.replace(letter, f"\\{letter}")
        text += f"::: {{.flex}}\nSubmitted by [![](/a.svg){{.r}}\n{each.submitter}](/x)\n:::\n\n"
        text += f"::: w-12\n[![](data:image/svg+xml;base64,PHN2Zz4=)]({each.vote}){{.flex}}\n\n"
        up = each.upvotes.replace("-", "\\-")
        text += (
            f"{up}\n:::\n\n### [{each.title}]({each.page}){{.line}} {{#an-id .mb-1}}\n\n{abstract}"
        )
        text += (
            f"\n\n-   ![](/a0.svg)\n-   {each.who}\n\n· [{each.day.replace(' ', chr(10), 1)}]{{.d}}"
        )
        text += f"\n[![](/c.svg)\n{each.comments}]({each.page}#community)\n\n" * bool(each.comments)
        text += "\n\n"
    return f"{text}:::\n"


def html() -> str:
    """The elements of the page, without the JSON inside it."""
    text = "<!doctype html><html><head><title>Daily Papers - Hugging Face</title></head><body>"
    text += (
        f"<script>var x = '<h3>';</script><ul><li>Models</li></ul><h1>Daily Papers</h1><h2>{OWN}"
    )
    text += "</h2><div><a href='/papers/date/2026-11-26'>‹</a><span>Nov 27</span></div>\n"
    for each in CARDS:
        text += (
            f"<article><a href={each.page}><img src=t.png alt=''></a><div>Submitted by <a href=/x>"
        )
        text += f"{each.submitter}</a></div>\n<a href='{each.vote}'><svg><text>x</text></svg><div>"
        text += f"{each.upvotes}</div></a><a href='{each.page}'><h3>{escape(each.title)}</h3></a>"
        text += f"<p>{escape(each.abstract)}</p><div><a href=/o><!--x--><span>{each.who}</span></a>"
        text += (
            f"<span>·</span>{each.day}<a href='{each.page}#community'><svg></svg>{each.comments}"
        )
        text += "</a></div></article>\n"
    return f"{text}<footer>TOS</footer></body></html>"


def html_with_json(papers: str | None = None) -> str:
    """The page as it comes from the server, with its papers as JSON."""
    listed = [
        {
            "paper": {
                "id": each.id,
                "title": each.title,
                "summary": each.abstract,
                "authors": [{"name": f"Author {n}"} for n in range(int(each.who[0]))]
                if "author" in each.who
                else [],
                "upvotes": 1100 if "k" in each.upvotes else int(f"0{each.upvotes.strip('-')}"),
                "publishedAt": f"2026-{each.day.replace('Nov ', '11-')}T00:00:00.000Z"
                if "Nov" in each.day
                else "2025-05-09T00:00:00.000Z",
            },
            "numComments": int(each.comments or 0),
        }
        for each in CARDS
    ]
    properties = json.dumps({"dateString": "2026-11-27", "dailyPapers": listed})
    target = f'data-target="DailyPapers" data-props="{escape(papers or properties)}"'
    return f"<!DOCTYPE html>\n<html>\n<body>\n<div {target}></div>\n</body></html>"


SAVES: tuple[Callable[[], str], ...] = (
    browser_copy,
    copy_with_a_line_for_each_text,
    without_submitters,
    trending,
    lynx,
    w3m,
    firefox_text,
    addresses_between,
    markdown_links,
    markdown_blocks,
    html2text,
    html2text_of_debian,
    pandoc,
    html,
    html_with_json,
)
