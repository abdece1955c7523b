"""Feeds as readers parse them: valid in every format, the same bytes for the same papers."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import freezegun
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree  # type: ignore[import-untyped]  # it ships no types

from digest.model import Digest, Subscriber
from digest.render.feeds import all_papers_feeds, subscriber_feeds
from digest.render.site import Site
from digest.text.clean import one_line
from tests.conftest import examples
from tests.render.feed_checks import (
    ATOM,
    DC,
    check_atom,
    check_json,
    check_parses,
    check_rfc_822,
    check_rss,
)
from tests.render.samples import ADA, LOCAL, NOW, SERVED, TOKEN, digest, paper, pick

WHOLE = replace(ADA, feed_entries="digests")
TWO_DIGESTS = (
    digest(pick(11, 0.9), pick(12, 0.6, late=True), pick(13, 0.5), week=47),
    digest(pick(1, 0.8), pick(2, 0.4), week=46),
)


def feeds(
    *digests: Digest, subscriber: Subscriber = ADA, site: Site = SERVED, entries: int = 50
) -> dict[str, bytes]:
    return subscriber_feeds(subscriber, TOKEN, digests, site, entries=entries)


def checked(files: Mapping[str, bytes]) -> tuple[etree._Element, etree._Element, Any]:
    """The three formats, each found valid."""
    by_kind = {path.rpartition(".")[2]: content for path, content in files.items()}
    assert set(by_kind) == {"atom", "rss", "json"}
    return check_atom(by_kind["atom"]), check_rss(by_kind["rss"]), check_json(by_kind["json"])


def titles(files: Mapping[str, bytes]) -> list[str]:
    """Entry titles in order, which all three formats agree on."""
    atom, rss, as_json = checked(files)
    found = [entry.findtext(f"{ATOM}title") or "" for entry in atom.findall(f"{ATOM}entry")]
    assert found == [item.findtext("title") for item in rss.findall("item")]
    assert found == [item["title"] for item in as_json["items"]]
    return found


def ids(files: Mapping[str, bytes]) -> list[str]:
    """Entry ids in order, which all three formats agree on."""
    atom, rss, as_json = checked(files)
    found = [entry.findtext(f"{ATOM}id") or "" for entry in atom.findall(f"{ATOM}entry")]
    assert found == [item.findtext("guid") for item in rss.findall("item")]
    assert found == [item["id"] for item in as_json["items"]]
    return found


# --- what stands in them -----------------------------------------------------------------


def test_each_subscriber_has_three_files_under_the_token() -> None:
    assert set(feeds()) == {f"feeds/{TOKEN}.{kind}" for kind in ("atom", "rss", "json")}


def test_entries_are_the_picks_newest_digest_first_then_by_rank() -> None:
    assert titles(feeds(*TWO_DIGESTS)) == [
        f"Pruning While Tuning, Part {key}" for key in (11, 12, 13, 1, 2)
    ]


def test_the_limit_keeps_the_newest() -> None:
    assert len(titles(feeds(*TWO_DIGESTS, entries=4))) == 4
    assert titles(feeds(*TWO_DIGESTS, entries=4)) == titles(feeds(*TWO_DIGESTS))[:4]


def test_an_entry_tells_the_abstract_and_why_it_was_picked() -> None:
    _, rss, as_json = checked(feeds(digest(pick(7, 0.75, late=True))))
    expected = (
        "<p>Grace Hopper and Alan Turing · 19 Nov 2026<br>"
        '<a href="https://arxiv.org/abs/2401.00007">Abstract</a> · '
        '<a href="https://arxiv.org/pdf/2401.00007">PDF</a></p>'
        "<p>We prune with low-rank adaptation (LoRA).</p>"
        "<p>It saves a quarter.</p>"
        "<p><em>It came late, for an earlier digest. Match 75 %: “Pruning” in the title; “LoRA” "
        "in the abstract, for “low-rank adaptation”</em></p>"
    )
    assert as_json["items"][0]["content_html"] == expected
    assert rss.findtext("item/description") == expected


def test_pdf_and_code_are_told_to_programs_too() -> None:
    own, code = "https://own.example/7", "https://github.com/ada/lora?a=1&b=2"
    atom, rss, as_json = checked(feeds(digest(pick(7, url=own, code=code))))
    links = [dict(link.attrib) for link in atom.findall(f"{ATOM}entry/{ATOM}link")]
    pdf = "https://arxiv.org/pdf/2401.00007"
    assert links == [
        {"href": own},
        {"rel": "related", "title": "Abstract", "href": "https://arxiv.org/abs/2401.00007"},
        {"rel": "enclosure", "type": "application/pdf", "title": "PDF", "href": pdf},
        {"rel": "related", "title": "Code", "href": code},
    ]
    assert [file.get("url") for file in rss.findall("item/enclosure")] == [pdf]
    assert [file["url"] for file in as_json["items"][0]["attachments"]] == [pdf]


def test_authors_are_named_in_every_format() -> None:
    atom, rss, as_json = checked(feeds(digest(pick())))
    names = ["Grace Hopper", "Alan Turing"]
    assert [name.text for name in atom.findall(f"{ATOM}entry/{ATOM}author/{ATOM}name")] == names
    assert [creator.text for creator in rss.findall(f"item/{DC}creator")] == names
    assert as_json["items"][0]["authors"] == [{"name": name} for name in names]


def test_a_paper_without_known_authors_falls_to_the_publisher() -> None:
    atom, rss, as_json = checked(feeds(digest(pick(authors=(), author_count=6))))
    assert atom.find(f"{ATOM}entry/{ATOM}author") is None
    assert atom.findtext(f"{ATOM}author/{ATOM}name") == "Paper Digest"
    assert rss.find(f"item/{DC}creator") is None
    assert as_json["authors"] == [{"name": "Paper Digest"}]
    assert "6 authors" in as_json["items"][0]["content_html"]


def test_whole_digests_as_entries_list_their_picks_and_link_to_the_archive() -> None:
    atom, _, as_json = checked(feeds(*TWO_DIGESTS, subscriber=WHOLE))
    newest = as_json["items"][0]
    assert newest["title"] == "Week 47, 16–22 November 2026: three papers"
    assert newest["url"] == f"https://digest.example.org/archive/{TOKEN}/2026-W47.html"
    assert newest["content_html"].count("<li>") == 3
    assert "Part 12" in newest["content_html"]
    assert "Read from 4 of 5 expected pages, 212 papers" in newest["content_html"]
    assert newest["url"] in newest["content_html"]
    assert [e.findtext(f"{ATOM}title") for e in atom.findall(f"{ATOM}entry")] == [
        "Week 47, 16–22 November 2026: three papers",
        "Week 46, 9–15 November 2026: two papers",
    ]


def test_a_digest_without_picks_is_an_entry_only_among_whole_digests() -> None:
    assert titles(feeds(digest())) == []
    assert titles(feeds(digest(), subscriber=WHOLE)) == ["Week 47, 16–22 November 2026: no papers"]


def test_a_paper_that_stood_in_two_digests_counts_once_as_the_newest() -> None:
    again = (digest(pick(5, 0.9), week=47), digest(pick(5, 0.3), pick(6, 0.2), week=46))
    files = feeds(*again)
    assert [title[-1] for title in titles(files)] == ["5", "6"]
    assert "Match 90 %" in checked(files)[2]["items"][0]["content_html"]


def test_the_feed_of_all_papers_is_newest_first_and_says_nothing_personal() -> None:
    files = all_papers_feeds([paper(key) for key in range(1, 6)], SERVED, entries=3)
    assert set(files) == {"feeds/all.atom", "feeds/all.rss", "feeds/all.json"}
    assert [title[-1] for title in titles(files)] == ["5", "4", "3"]
    assert not any(word in b"".join(files.values()) for word in (b"Match", b"Ada", TOKEN.encode()))


@pytest.mark.parametrize(
    ("known", "link"),
    [
        ({"url": "https://example.org/p/1"}, "https://example.org/p/1"),
        ({"url": "javascript:alert(1)"}, "https://arxiv.org/abs/2401.00001"),
        ({"url": "https:alert(1)"}, "https://arxiv.org/abs/2401.00001"),
        ({"url": "https://[half"}, "https://arxiv.org/abs/2401.00001"),
        ({"url": 'https://e.org/ü"><x y'}, "https://e.org/%C3%BC%22%3E%3Cx%20y"),
        ({"url": "https://e.org/[a]%zz%41?q='#f#"}, "https://e.org/%5Ba%5D%25zz%41?q=%27#f%23"),
        ({"url": "http://[::1]:80/x"}, "http://[::1]:80/x"),
        ({"arxiv_id": "hep-th/9901001"}, "https://arxiv.org/abs/hep-th/9901001"),
        (
            {"arxiv_id": None, "title": "Ö? A&B"},
            "https://huggingface.co/papers?q=%C3%96%3F%20A%26B",
        ),
    ],
)
def test_an_entry_links_to_the_best_address_known(known: dict[str, Any], link: str) -> None:
    atom, rss, as_json = checked(feeds(digest(pick(**known))))
    assert atom.find(f"{ATOM}entry/{ATOM}link").attrib["href"] == link
    assert rss.findtext("item/link") == link
    assert as_json["items"][0]["url"] == link


# --- where they are and when they changed ------------------------------------------------


@pytest.mark.parametrize(
    ("site", "root"),
    [(SERVED, "https://digest.example.org"), (LOCAL, "file:///srv/my%20digest/public")],
)
def test_each_format_names_the_address_it_is_served_at(site: Site, root: str) -> None:
    atom, rss, as_json = checked(feeds(*TWO_DIGESTS, site=site))
    links = {link.get("rel"): link.get("href") for link in atom.findall(f"{ATOM}link")}
    home = f"{root}/archive/{TOKEN}/index.html"
    assert links == {"self": f"{root}/feeds/{TOKEN}.atom", "alternate": home}
    assert rss.find(f"{ATOM}link").attrib["href"] == f"{root}/feeds/{TOKEN}.rss"
    assert rss.findtext("link") == home
    assert (as_json["feed_url"], as_json["home_page_url"]) == (
        f"{root}/feeds/{TOKEN}.json",
        home,
    )


def test_entries_of_one_digest_differ_in_time_so_that_readers_keep_the_order() -> None:
    atom, rss, _ = checked(feeds(*TWO_DIGESTS))
    updated = [entry.findtext(f"{ATOM}updated") for entry in atom.findall(f"{ATOM}entry")]
    assert updated == [
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T07:59:59+00:00",
        "2026-11-23T07:59:58+00:00",
        "2026-11-16T08:00:00+00:00",
        "2026-11-16T07:59:59+00:00",
    ]
    dates = [check_rfc_822(item.findtext("pubDate")).isoformat() for item in rss.findall("item")]
    assert dates == updated
    assert rss.findtext("lastBuildDate") == "Mon, 23 Nov 2026 08:00:00 +0000"


def test_the_same_papers_make_the_same_bytes_whatever_the_clock() -> None:
    with freezegun.freeze_time("2026-11-23"):
        before = feeds(*TWO_DIGESTS) | feeds() | all_papers_feeds([paper()], SERVED)
    with freezegun.freeze_time("2031-01-01"):
        after = feeds(*TWO_DIGESTS) | feeds() | all_papers_feeds([paper()], SERVED)
    assert before == after


def test_papers_that_came_in_together_differ_in_time_too() -> None:
    items = checked(all_papers_feeds([paper(1), paper(2), paper(3)], SERVED))[2]["items"]
    assert [item["date_modified"] for item in items] == [
        "2026-11-23T08:00:00+00:00",
        "2026-11-23T07:59:59+00:00",
        "2026-11-23T07:59:58+00:00",
    ]


def test_the_program_that_wrote_it_is_named_without_a_version_that_would_change_the_bytes() -> None:
    atom, rss, _ = checked(feeds())
    generator = atom.find(f"{ATOM}generator")
    assert (generator.text, dict(generator.attrib)) == ("digest", {})
    assert rss.findtext("generator") == "digest"


def test_an_empty_feed_is_valid_and_older_than_any_entry() -> None:
    atom, rss, as_json = checked(feeds())
    assert atom.findtext(f"{ATOM}updated") == "2000-01-01T00:00:00+00:00"
    assert rss.findall("item") == []
    assert as_json["items"] == []


def test_a_new_digest_changes_no_entry_of_an_older_one() -> None:
    before = checked(feeds(TWO_DIGESTS[1]))[2]["items"]
    after = checked(feeds(*TWO_DIGESTS))[2]["items"]
    assert after[3:] == before


def test_new_papers_change_no_entry_of_older_ones() -> None:
    old = [paper(key) for key in range(1, 8)]
    new = [paper(key, arrived=NOW + timedelta(hours=1)) for key in range(8, 10)]
    before = checked(all_papers_feeds(old, SERVED))[2]["items"]
    after = checked(all_papers_feeds([*old, *new], SERVED, entries=5))[2]["items"]
    assert after[2:] == before[:3]


# --- ids ---------------------------------------------------------------------------------


def test_the_id_of_a_paper_is_fixed_for_good() -> None:
    # Changing this makes every reader show every paper again.
    assert ids(feeds(digest(pick(1)))) == ["urn:uuid:0da2431a-83dd-59be-a193-fe31789434db"]
    assert ids(feeds(digest(pick(1)), subscriber=WHOLE)) == [
        "urn:uuid:84043a9f-140e-5032-8c15-83b9f44fd260"
    ]
    assert (
        checked(feeds())[0].findtext(f"{ATOM}id") == "urn:uuid:81f17239-fa5b-5558-a51d-d8898d3b6c11"
    )


def test_a_paper_keeps_its_id_in_every_feed_and_wherever_it_is_served() -> None:
    here = ids(feeds(digest(pick(1))))
    renamed = pick(99, id=paper(1).id, title="Renamed", url="https://example.org/1")
    assert ids(feeds(digest(renamed), site=LOCAL)) == here
    other = replace(ADA, name="Other")
    assert ids(subscriber_feeds(other, "b" * 22, [digest(pick(1))], SERVED)) == here
    assert ids(all_papers_feeds([paper(1)], SERVED)) == here


def test_feeds_and_digests_of_different_subscribers_have_different_ids() -> None:
    theirs = subscriber_feeds(WHOLE, "b" * 22, TWO_DIGESTS, SERVED)
    ours = feeds(*TWO_DIGESTS, subscriber=WHOLE)
    assert not set(ids(theirs)) & set(ids(ours))
    assert checked(theirs)[0].findtext(f"{ATOM}id") != checked(ours)[0].findtext(f"{ATOM}id")


def test_ids_do_not_give_the_token_away() -> None:
    atom, _, as_json = checked(feeds(*TWO_DIGESTS, subscriber=WHOLE))
    assert TOKEN not in "".join(element.text or "" for element in atom.iter(f"{ATOM}id"))
    assert TOKEN not in "".join(item["id"] for item in as_json["items"])


# --- hostile text ------------------------------------------------------------------------

HOSTILE = [
    "<script>alert(1)</script>",
    "]]>",
    "<![CDATA[x]]>",
    "&lt;b&gt; &amp; &#0;",
    "{{7*7}} {% x %}",
    "a\x00b\x0b\x0c\x1b\x7f\x85c",
    "\ufffe\uffff\ufdd0\U0001ffff",
    "\ud800 lone \udfff",
    "\u202ereversed\u202c \u2066x\u2069",
    "\u2028\u2029 line\r\nSubject: x",
    '"><img src=x onerror=alert(1)>',
    "</description></item></channel></rss>",
    "",
    " \n\t ",
    "naïve 例え 🦆 e\u0301",
    "x" * 2000,
]
hostile_text = st.lists(st.one_of(st.sampled_from(HOSTILE), st.text(max_size=20)), max_size=4).map(
    "".join
)


def assert_harmless(text: str) -> None:
    """Valid feeds whose titles are the text, less what no one may see."""
    subscriber = replace(ADA, name=text)
    hostile = pick(title=text, abstract=text, authors=(text, "Ada"), url=f"https://e.org/{text}")
    reasons = tuple(r._replace(interest=text, term=text) for r in hostile.reasons)
    made = digest(hostile._replace(reasons=reasons))
    assert titles(feeds(made, subscriber=subscriber)) == [one_line(text) or "Untitled"]
    whole = titles(feeds(made, subscriber=replace(subscriber, feed_entries="digests")))
    assert whole == ["Week 47, 16–22 November 2026: one paper"]
    assert titles(all_papers_feeds([hostile.paper], SERVED)) == [one_line(text) or "Untitled"]


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_is_harmless(text: str) -> None:
    assert_harmless(text)


@given(hostile_text)
@settings(max_examples=examples(50))
def test_any_text_is_harmless(text: str) -> None:
    assert_harmless(text)


def test_markup_in_a_title_is_shown_as_it_was_written() -> None:
    title = "Is A < B && <b>C</b> ]]> decidable?"
    files = feeds(digest(pick(title=title)))
    assert titles(files) == [title]
    assert check_parses(files[f"feeds/{TOKEN}.atom"]).entries[0].title_detail.value == title


def test_very_many_authors_and_a_very_long_abstract_come_whole() -> None:
    names = tuple(f"Author {n}" for n in range(3000))
    big = pick(abstract="A sentence. " * 9000, authors=names, author_count=3000)
    atom, rss, as_json = checked(feeds(digest(big)))
    assert len(atom.findall(f"{ATOM}entry/{ATOM}author")) == 3000
    assert len(rss.findall(f"item/{DC}creator")) == 3000
    body = as_json["items"][0]["content_html"]
    assert body.count("A sentence.") == 9000
    assert "Author 0, Author 1 and 2,998 more" in body


def test_json_is_utf_8_and_readable() -> None:
    content = feeds(digest(pick(title="例え")))[f"feeds/{TOKEN}.json"]
    assert "例え".encode() in content
    assert json.loads(content)["language"] == "en"
