"""Web pages as a browser, a screen reader and a stranger find them."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from digest import subscribers
from digest.errors import TemplateError
from digest.model import Digest, DumpSeen, PaperKey, Reason, Subscriber
from digest.render import downloads, templates
from digest.render.feeds import all_papers_feeds, subscriber_feeds
from digest.render.pages import Pages
from digest.render.references import open_url
from digest.render.site import FeedFormat, feed_path
from digest.text.clean import one_line
from tests.conftest import examples
from tests.render.page_checks import check_page
from tests.render.samples import ADA, NOW, SERVED, TOKEN, digest, paper, pick
from tests.render.test_feeds import HOSTILE, hostile_text

TEMPLATES = templates.load()
PAGES = Pages(TEMPLATES, SERVED)
KINDS: tuple[FeedFormat, ...] = ("atom", "rss", "json")
INDEX = f"archive/{TOKEN}/index.html"
NEWEST = f"archive/{TOKEN}/2026-W47.html"
DUMPS = [DumpSeen(name, None, NOW, PaperKey(4)) for name in ("one.txt", "two.txt")]
EMAIL_ONLY = replace(ADA, channels=("email",))


def everything(*digests: Digest, subscriber: Subscriber = ADA) -> dict[str, Any]:
    """All pages for a subscriber and for everyone, parsed and found sound."""
    papers = [pick.paper for made in digests for pick in made.picks]
    pages = PAGES.archive_index(subscriber, TOKEN, digests) | PAGES.start(papers, []) | PAGES.help()
    for made in digests:
        pages |= PAGES.archive(subscriber, TOKEN, made)
    published = set(pages) | set(all_papers_feeds(papers, SERVED))
    if "feed" in subscriber.channels:
        published |= set(subscriber_feeds(subscriber, TOKEN, digests, SERVED))
        published |= set(downloads.opml(subscriber, TOKEN, SERVED))
    for made in digests:
        published |= set(downloads.of_digest(TOKEN, made))
    return {path: check_page(page, path, published) for path, page in pages.items()}


def said(root: Any, path: str) -> list[str]:
    """The text of the elements at an XPath, white space folded."""
    return [" ".join(element.text_content().split()) for element in root.xpath(path)]


def long_digest() -> Digest:
    return digest(*(pick(key, round(0.95 - key / 50, 4)) for key in range(1, 8)))


# --- a past digest -----------------------------------------------------------------------


def test_every_digest_has_a_page_and_the_list_leads_to_it() -> None:
    pages = everything(long_digest(), digest(pick(20), week=46))
    assert set(pages) == {
        "index.html",
        "help.html",
        INDEX,
        NEWEST,
        f"archive/{TOKEN}/2026-W46.html",
    }
    assert pages[INDEX].xpath("//h2/a/@href") == ["2026-W47.html", "2026-W46.html"]
    assert said(pages[INDEX], "//h2") == [
        "Week 47, 16–22 November 2026",
        "Week 46, 9–15 November 2026",
    ]
    assert said(pages[INDEX], "//article/p") == ["Seven papers", "One paper"]
    assert said(pages[INDEX], "//article[1]//li")[-1] == "and 4 more"


def test_a_page_has_every_pick_in_full() -> None:
    page = everything(long_digest())[NEWEST]
    assert said(page, "//h1") == ["Seven papers for you, out of 212"]
    assert said(page, "//article/h2") == [f"Pruning While Tuning, Part {k}" for k in range(1, 8)]
    assert page.xpath("//article/h2/a/@href")[0] == "https://arxiv.org/abs/2401.00001"
    assert said(page, "//article[1]/p[@class='gist']") == [
        "We prune with low-rank adaptation (LoRA).",
        "It saves a quarter.",
    ]
    assert said(page, "//article[1]//mark") == ["LoRA"]
    assert said(page, "//article[1]/p[@class='match']") == ["1 · match 93 %"]
    assert page.xpath("//article[1]//*[@class='fill']/@width") == ["93%"]


def test_what_was_found_in_the_title_is_marked_in_the_abstract_too_as_in_the_email() -> None:
    page = everything(digest(pick(abstract="Pruning saves a quarter.")))[NEWEST]
    assert said(page, "//article//mark") == ["Pruning"]


def test_the_arithmetic_adds_up_as_printed() -> None:
    page = everything(digest(pick(1, 0.7501)))[NEWEST]
    rows = page.xpath("//article//tbody/tr")
    assert [said(row, "td") for row in rows] == [
        ["pruning", "“Pruning” in the title", "1", "0.5001"],
        ["low-rank adaptation", "“LoRA” in the abstract", "1", "0.2500"],
    ]
    (total,) = said(page, "//article//tfoot/tr/td")
    assert total == "0.7501"
    assert round(sum(float(said(row, "td")[3]) for row in rows), 4) == float(total)


def test_what_several_interests_add_together_is_in_the_sum_and_not_in_the_words() -> None:
    rest = Reason("a + b", "", "title", 1.0, -0.05, "several")
    by = Reason("Grace Hopper", "Grace Hopper", "authors", 1.0, 0.05, "author")
    made = pick(1)
    page = everything(digest(made._replace(reasons=(*made.reasons, by, rest))))[NEWEST]
    assert said(page, "//article//tbody/tr/td[2]")[2:] == ["by Grace Hopper", "together"]
    assert said(page, "//article//tbody/tr/td[4]")[3] == "-0.0500"
    (why,) = said(page, "//article/p[@class='why']")
    assert "by Grace Hopper" in why
    assert "a + b" not in why
    assert "“”" not in why


def test_only_many_papers_have_a_list_of_contents() -> None:
    assert said(everything(digest(pick(1)))[NEWEST], "//nav//ol/li") == []
    listed = everything(long_digest())[NEWEST]
    assert len(said(listed, "//nav//ol/li")) == 7
    assert listed.xpath("//nav//ol//a/@href")[6] == "#paper-7"


def test_the_foot_says_what_it_was_drawn_from() -> None:
    (foot,) = said(everything(long_digest())[NEWEST], "//footer/p[1]")
    assert foot == (
        "Read from 4 of 5 expected pages, 212 papers; Monday's is missing and will be "
        "in your next digest if it comes. Left out: 3 ruled out, 200 below the threshold."
    )


def test_a_late_paper_says_so() -> None:
    page = everything(digest(pick(1, late=True)))[NEWEST]
    assert said(page, "//p[@class='late']") == ["From the page of 20 November, late"]


def test_a_digest_without_papers_says_so() -> None:
    pages = everything(digest())
    assert said(pages[NEWEST], "//main/p") == ["No paper matched well enough."]
    assert said(pages[INDEX], "//article/p") == ["No papers"]


def test_a_subscriber_without_digests_has_a_page_that_says_when() -> None:
    assert "No digest yet" in said(everything()[INDEX], "//main")[0]


def test_long_titles_and_reasons_are_not_cut_here() -> None:
    title = "Long " * 400
    page = everything(digest(pick(1, title=title)))[NEWEST]
    assert said(page, "//article/h2") == [title.strip()]


# --- who may see what --------------------------------------------------------------------


def test_personal_pages_stay_out_of_search_engines() -> None:
    pages = everything(long_digest())
    for path in (INDEX, NEWEST):
        assert pages[path].xpath("//meta[@name='robots']/@content") == ["noindex, nofollow"]
    for path in ("index.html", "help.html"):
        assert pages[path].xpath("//meta[@name='robots']") == []


def test_pages_for_everyone_name_no_subscriber_and_no_token() -> None:
    papers = [pick.paper for pick in long_digest().picks]
    for page in (PAGES.start(papers, DUMPS) | PAGES.help()).values():
        assert TOKEN.encode() not in page
        assert b"archive/" not in page


def test_feeds_are_offered_where_they_are_published() -> None:
    pages = everything(long_digest())
    of_feeds = [f"../../{feed_path(TOKEN, kind)}" for kind in KINDS]
    assert pages[NEWEST].xpath("//link[@rel='alternate']/@href")[:3] == of_feeds
    assert pages["index.html"].xpath("//link[@rel='alternate']/@href") == [
        feed_path("all", kind) for kind in KINDS
    ]
    without = everything(long_digest(), subscriber=EMAIL_ONLY)
    assert without[NEWEST].xpath("//link/@title") == ["BibTeX", "RIS"]
    for path in (NEWEST, INDEX):
        assert not {"Atom", "RSS", "OPML"} & set(said(without[path], "//a"))


# --- for other programs ------------------------------------------------------------------


def alternates(page: Any) -> dict[str, str]:
    """What a page offers to programs, by its type."""
    return {link.get("type"): link.get("href") for link in page.xpath("//link[@rel='alternate']")}


def test_a_page_offers_its_papers_to_reference_managers() -> None:
    pages = everything(long_digest(), digest(week=46))
    offered = alternates(pages[NEWEST])
    assert offered["application/x-bibtex"] == "2026-W47.bib"
    assert offered["application/x-research-info-systems"] == "2026-W47.ris"
    assert pages[NEWEST].xpath("//footer//a[text()='BibTeX']/@href") == ["2026-W47.bib"]
    assert alternates(pages[INDEX])["text/x-opml"] == "feeds.opml"
    empty = pages[f"archive/{TOKEN}/2026-W46.html"]
    assert "application/x-bibtex" not in alternates(empty)
    assert "BibTeX" not in said(empty, "//a")


def test_zotero_finds_each_paper_by_its_fields() -> None:
    made = digest(pick(1), pick(2, venue="Nature", doi="10.1000/2"), pick(3, title='A & "b" <c>'))
    spans = everything(made)[NEWEST].xpath("//span[@class='Z3988']")
    assert [span.text_content() for span in spans] == [""] * 3
    assert [span.get("title") for span in spans] == [open_url(one.paper) for one in made.picks]


def test_a_page_has_the_entry_of_each_paper_with_the_key_that_it_has_in_the_file() -> None:
    made = digest(pick(1, title="Same"), pick(2, title="Same"))
    page = everything(made)[NEWEST]
    shown = page.xpath("//pre[contains(@aria-label, 'BibTeX')]/code/text()")
    library = downloads.of_digest(TOKEN, made)[f"archive/{TOKEN}/2026-W47.bib"].decode()
    assert [entry.partition(",")[0] for entry in shown] == [
        "@misc{hopper2026same",
        "@misc{hopper2026samea",
    ]
    assert all(entry.removesuffix("}\n") in library for entry in shown)
    first, _ = page.xpath("//pre[contains(@aria-label, 'RIS')]/code/text()")
    assert first.startswith("TY  - UNPB\nTI  - Same\n")
    assert first.endswith("\nER  - ")


def test_links_say_what_is_known() -> None:
    known: dict[str, Any] = {"arxiv_id": "2401.00001", "code": "https://github.com/ada/lora"}
    made = digest(
        pick(1, **known),
        pick(2, arxiv_id=None, doi="10.1000/2", pdf="https://a.example/2.pdf"),
        pick(3, arxiv_id=None, url="https://own.example/3"),
        pick(4, arxiv_id=None, url="https://own.example/4.pdf", code="javascript:alert(1)"),
    )
    articles = everything(made)[NEWEST].xpath("//article")
    links = [
        [(a.text, a.get("href")) for a in each.xpath("p[@class='read']/a")] for each in articles
    ]
    assert links == [
        [
            ("Abstract", "https://arxiv.org/abs/2401.00001"),
            ("PDF", "https://arxiv.org/pdf/2401.00001"),
            ("Code", "https://github.com/ada/lora"),
        ],
        [("Abstract", "https://doi.org/10.1000/2"), ("PDF", "https://a.example/2.pdf")],
        [],  # its title leads there
        [],
    ]


@pytest.mark.parametrize("name", ["Ada Example", '"Ada" <&> \u202e\x00', ""])
def test_feeds_are_listed_for_feed_readers(name: str) -> None:
    (written,) = downloads.opml(replace(ADA, name=name), TOKEN, SERVED).values()
    root = etree.fromstring(written)
    assert (root.tag, root.attrib) == ("opml", {"version": "2.0"})
    assert [child.tag for child in root] == ["head", "body"]
    assert root.findtext("head/title") == "Feeds of Paper Digest"
    groups = root.findall("body/outline")
    assert groups[0].get("text") == f"Paper digest for {one_line(name) or 'ada'}"
    feeds = root.findall("body/outline/outline")
    assert [feed.get("xmlUrl") for feed in feeds] == [
        SERVED.url(feed_path(token, kind)) for token in (TOKEN, "all") for kind in KINDS
    ]
    for feed in feeds:
        assert feed.get("type") == "rss", "OPML 2.0 knows no other type, whatever the format"
        assert feed.get("text") == feed.get("title")
        assert feed.get("htmlUrl", "").startswith("https://")


# --- the start page ----------------------------------------------------------------------


def start_page(**changes: Any) -> Any:
    papers = [
        paper(1, listed=date(2026, 11, 18)),
        paper(2, listed=date(2026, 11, 20)),
        paper(3, listed=date(2026, 11, 20)),
        paper(4, listed=None),
    ]
    page = PAGES.start(papers, DUMPS, **changes)["index.html"]
    feeds = {feed_path("all", kind) for kind in KINDS}
    return check_page(page, "index.html", {"help.html", *feeds})


def test_the_start_page_lists_papers_by_day_newest_first() -> None:
    page = start_page()
    assert said(page, "//h2") == ["23 November 2026", "20 November 2026", "18 November 2026"]
    assert [row[:25] for row in said(page, "//section[2]//li/a")] == [
        "Pruning While Tuning, Par",
    ] * 2
    assert [row[-1] for row in said(page, "//section//li/a")] == ["4", "2", "3", "1"]
    assert said(page, "//p[@class='summary']") == [
        "The latest 4 papers from 2 pages, 18–23 November 2026"
    ]


def test_the_start_page_keeps_to_the_latest() -> None:
    assert [row[-1] for row in said(start_page(latest=2), "//section//li/a")] == ["4", "3"]


def test_the_start_page_without_papers_says_so() -> None:
    page = PAGES.start([], [])["index.html"]
    assert b"No papers have come in yet." in page


# --- the help ----------------------------------------------------------------------------


def loaded(home: Path, text: str) -> Subscriber:
    """The one subscriber of a profile file."""
    (home / "subscribers.yaml").write_text(text)
    (subscriber,) = subscribers.load(home)
    return subscriber


def test_the_example_of_a_whole_entry_is_one(tmp_path: Path) -> None:
    (example,) = everything()["help.html"].xpath("//pre")
    ada = loaded(tmp_path, example.text_content())
    assert (ada.id, ada.limit, ada.threshold, ada.channels) == ("ada", 12, 0.2, ("email", "feed"))
    assert [str(interest) for interest in ada.profile.interests] == [
        "low-rank adaptation",
        "mixture of experts",
        "/scaling laws?/",
        "Grace Hopper",
    ]


def test_every_form_that_the_help_explains_is_accepted(tmp_path: Path) -> None:
    frame = "subscribers:\n  - id: ada\n    email: ada@example.org\n"
    forms = said(everything()["help.html"], "//dt/code")
    assert len(forms) == 22
    for form in forms:
        is_interest = form.startswith("- ")
        interests = f"    interests:\n      {form if is_interest else '- pruning'}\n"
        subscriber = loaded(tmp_path, frame + interests + ("" if is_interest else f"    {form}\n"))
        assert subscriber.profile.interests


# --- templates and styles ----------------------------------------------------------------


def test_the_same_digests_make_the_same_bytes() -> None:
    first = PAGES.archive(ADA, TOKEN, long_digest())
    assert Pages(templates.load(), SERVED).archive(ADA, TOKEN, long_digest()) == first


def test_an_operators_template_replaces_ours_and_its_errors_say_where(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "archive.html.j2").write_text("{{ headline }} — {{ nonsense }}")
    with pytest.raises(TemplateError, match=r"archive\.html\.j2:1: .*nonsense"):
        Pages(templates.load(tmp_path), SERVED).archive(ADA, TOKEN, long_digest())


def test_a_style_with_other_line_ends_still_matches_its_hash(tmp_path: Path) -> None:
    own = tmp_path / "templates"
    own.mkdir()
    (own / "page.css").write_bytes(b"p { margin: 0 }\r\np { color: red }\r\n")
    page = Pages(templates.load(tmp_path), SERVED).help()["help.html"]
    assert b"\r" not in page
    feeds = {feed_path("all", kind) for kind in KINDS}
    check_page(page, "help.html", {"index.html", *feeds})


def test_pages_use_no_colour_that_the_common_style_has_not() -> None:
    # Its contrasts are computed in test_style.py. Black on white is for paper.
    colour = re.compile(r"#[0-9a-f]{3,8}\b")
    own, common = (set(colour.findall(TEMPLATES.source(f"{n}.css"))) for n in ("page", "style"))
    assert own - common == {"#000000"}


# --- hostile text ------------------------------------------------------------------------


def assert_harmless(text: str) -> None:
    """Sound pages with as many elements as harmless text makes, and the text as it reads."""
    made = pick(1, title=text, abstract=text, authors=(text, "Ada"), url=f"https://e.org/{text}")
    reasons = tuple(reason._replace(interest=text, term=text) for reason in made.reasons)
    hostile = everything(digest(made._replace(reasons=reasons)), subscriber=replace(ADA, name=text))
    calm = everything(digest(pick(1, authors=("A", "Ada"))))
    seen = one_line(text) or "Untitled"
    assert said(hostile[NEWEST], "//article/h2") == [" ".join(seen.split())]
    for path, page in calm.items():
        assert {e.tag for e in hostile[path].iter()} <= {e.tag for e in page.iter()}


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    assert_harmless(text)


@given(hostile_text)
@settings(max_examples=examples(40))
def test_any_text_is_harmless(text: str) -> None:
    assert_harmless(text)


def test_very_many_picks_and_a_very_long_abstract_come_whole() -> None:
    picks = [pick(key, abstract="A sentence. " * 2000) for key in range(1, 51)]
    page = everything(digest(*picks, until=PaperKey(50)))[NEWEST]
    assert len(page.xpath("//article")) == 50
    assert said(page, "//article[50]/p[@class='gist']")[0].count("A sentence.") == 2000
