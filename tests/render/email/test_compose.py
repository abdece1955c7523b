"""The whole message: what a mail program shows, and what the wire carries."""

from __future__ import annotations

import email
import re
from dataclasses import replace
from datetime import date
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import cast

import pytest
from lxml import etree  # type: ignore[import-untyped]  # lxml ships no types

from digest.errors import TemplateError
from digest.model import Coverage, DeliveryId, Digest, PaperKey, Period, Subscriber
from digest.render.email.compose import BUDGET, EmailComposer
from digest.render.site import Links
from digest.render.templates import load
from tests.render.email.own import own
from tests.render.email.views import ADA, LINKS, NOW, SITE, WEEK_OF_SEVEN, digest, pick, reason

EMPTY = digest([], coverage=Coverage(pages=5, papers=212, expected=5))
ONE = digest([pick(1, abstract="", authors=(), published=None, comments=None)])
THIRTY = digest([pick(key, score=1 - key / 40) for key in range(1, 31)])
MANY = tuple(f"Author Number {n}" for n in range(3000))
HUGE = digest(
    [
        pick(
            key,
            title="A Title Without an End, " * 100,
            abstract="One sentence of very many words and no end " * 2500,
            authors=MANY,
        )
        for key in range(1, 201)
    ]
)
DIGESTS = {"seven": WEEK_OF_SEVEN, "empty": EMPTY, "one": ONE, "thirty": THIRTY, "huge": HUGE}


@pytest.fixture(scope="module")
def composer() -> EmailComposer:
    made = EmailComposer(load(), SITE)
    assert made.problems == ()
    return made


def read(
    composer: EmailComposer,
    what: Digest = WEEK_OF_SEVEN,
    to: Subscriber = ADA,
    links: Links = LINKS,
) -> EmailMessage:
    raw = composer.compose(DeliveryId(1), what, to, links).content
    return email.message_from_bytes(raw, policy=default)


def body(message: EmailMessage, kind: str) -> str:
    part = message.get_body((kind,))
    assert part is not None
    return cast("str", part.get_content()).replace("\r\n", "\n")


def page(message: EmailMessage) -> etree._Element:
    return etree.fromstring(body(message, "html"), etree.HTMLParser())


def texts(message: EmailMessage, path: str) -> list[str]:
    return [" ".join("".join(found.itertext()).split()) for found in page(message).xpath(path)]


def flowed(message: EmailMessage) -> str:
    """The text part with its lines joined."""
    return " ".join(body(message, "plain").split())


# --- what is shown -----------------------------------------------------------------------


def test_the_page_shows_what_matters(composer: EmailComposer) -> None:
    message = read(composer)
    assert texts(message, "//h1") == ["Seven papers for you, out of 212"]
    assert texts(message, "//*[@class='brand']") == ["Paper Digest Week 47, 16–22 November 2026"]
    assert texts(message, "//*[@class='chip']")[:2] == [
        "low-rank adaptation 3",
        "mixture of experts 2",
    ]
    assert texts(message, "//h2")[3] == "Merging without Regret"
    assert texts(message, "//*[@class='facts']")[3] == "Ingrid Sølvberg · 2 Nov 2026 · 1 comment"
    assert texts(message, "//*[@class='late']") == ["From the page of 3 November, late"]
    assert texts(message, "//*[@class='match']")[3] == "4 · match 52 %"
    assert texts(message, "//*[@class='why']")[0] == (
        "“LoRA” in the title; “low-rank adaptation” in the abstract"
    )
    assert texts(message, "//mark")[0] == "low-rank adaptation"
    assert page(message).xpath("//h2/a/@href")[0] == "https://papers.example.org/1"


def test_links_to_abstract_pdf_and_code_stand_where_they_are_known(
    composer: EmailComposer,
) -> None:
    code = "https://github.com/ada/lora?a=1&b=2"
    what = digest([pick(1, arxiv_id="2611.00001", code=code), pick(2), pick(3, code="ftp://x")])
    message = read(composer, what)
    assert texts(message, "//*[@class='read']") == ["Abstract · PDF · Code"], "others say no more"
    abstract, pdf = "https://arxiv.org/abs/2611.00001", "https://arxiv.org/pdf/2611.00001"
    assert page(message).xpath("//*[@class='read']/a/@href") == [abstract, pdf, code]
    for said in (f"Abstract: {abstract}", f"PDF: {pdf}", f"Code: {code}"):
        assert f"\n   {said}\n" in body(message, "plain")


def test_the_digest_is_there_for_reference_managers(composer: EmailComposer) -> None:
    links = replace(LINKS, bibtex="https://d.example.org/1.bib", ris="https://d.example.org/1.ris")
    message = read(composer, links=links)
    assert texts(message, "//*[@class='links']")[1] == "BibTeX · RIS of this digest"
    found = page(message).xpath("//*[@class='links'][2]/a/@href")
    assert found == [links.bibtex, links.ris]
    assert f"\nRIS of this digest: {links.ris}\n" in body(message, "plain")
    empty = read(composer, EMPTY, links=links)
    assert links.bibtex not in body(empty, "html") + body(empty, "plain")


def test_the_footer_says_what_it_was_drawn_from_and_the_way_out(composer: EmailComposer) -> None:
    message = read(composer)
    [foot] = texts(message, "//td[@class='foot']")
    said = (
        "Read from 4 of 5 expected pages, 212 papers; Tuesday's is missing",
        "Left out: 14 ruled out, 180 below the threshold, 11 over the limit.",
        "You get this weekly at ada@example.org, Mondays at 8:00, New York time.",
    )
    for sentence in said:
        assert sentence in foot
        assert sentence in flowed(message)
    for link in (LINKS.archive, LINKS.feed, LINKS.help, LINKS.unsubscribe):
        assert link in page(message).xpath("//td[@class='foot']//a/@href")
        assert link in flowed(message)


def test_the_text_part_reads_by_itself(composer: EmailComposer) -> None:
    lines = body(read(composer), "plain").split("\n")
    start = lines.index("4. Merging without Regret")
    assert lines[start : start + 9] == [
        "4. Merging without Regret",
        "   Ingrid Sølvberg · 2 Nov 2026 · 1 comment",
        "   From the page of 3 November, late",
        "   https://papers.example.org/4",
        "",
        "   Adding up fine-tuned adapters usually hurts all of them. Where two of",
        "   them disagree in sign, we keep the one whose gradient was surer.",
        "",
        "   Match 52 %: “adapter” in the abstract, related to “low-rank",
    ]
    assert all(len(line) <= 72 or "https://" in line for line in lines)


def test_the_gist_stands_for_the_abstract(composer: EmailComposer) -> None:
    message = read(composer)
    gist = (
        "We train the same model with three routers and follow single tokens through it. "
        "A penalty that fades out gives both: even load early and specialists at the end."
    )
    assert texts(message, "//*[@class='gist']")[1] == gist
    assert gist in flowed(message)


def test_one_endless_sentence_is_cut_after_a_word(composer: EmailComposer) -> None:
    [shown] = texts(read(composer, digest([pick(1, abstract="word " * 400)])), "//*[@class='gist']")
    assert len(shown) <= 800
    assert shown.endswith("word…")


@pytest.mark.parametrize(
    ("what", "subject"),
    [
        (EMPTY, "No papers for you, 16–22 November 2026"),
        (ONE, "One paper: Thin Adapters, Thick Models: LoRA at a Hundredth of the…"),
        (
            WEEK_OF_SEVEN,
            "Seven papers: Thin Adapters, Thick Models: LoRA at a Hundredth of the… and 6 more",
        ),
    ],
)
def test_the_subject_says_what_is_inside(
    composer: EmailComposer, what: Digest, subject: str
) -> None:
    message = read(composer, what)
    assert message["Subject"] == subject
    assert texts(message, "//title") == [subject]


def test_the_preheader_goes_on_where_the_subject_ends(composer: EmailComposer) -> None:
    [shown] = texts(read(composer), "//*[@class='preheader']")
    assert shown.startswith("Also: Three Routers Walk into a Mixture of Experts")


def test_few_papers_have_no_contents_list_and_many_have(composer: EmailComposer) -> None:
    assert texts(read(composer, ONE), "//td[@class='row']") == []
    message = read(composer)
    entries = [entry.rstrip("…") for entry in texts(message, "//td[@class='row']")]
    for entry, title in zip(entries, texts(message, "//h2"), strict=True):
        assert title.startswith(entry)
    anchors = [f"#{name}" for name in page(message).xpath("//a/@name")]
    assert page(message).xpath("//td[@class='row']/a/@href") == anchors


def test_an_empty_digest_says_so(composer: EmailComposer) -> None:
    message = read(composer, EMPTY)
    assert texts(message, "//h1") == ["No papers for you, out of 212"]
    said = "None of them matched your interests well enough."
    assert texts(message, "//td[@class='empty']") == [said]
    assert said in flowed(message)


def test_a_paper_of_which_little_is_known_leaves_no_gaps(composer: EmailComposer) -> None:
    message = read(composer, ONE)
    assert texts(message, "//*[@class='facts']") == [""]
    assert texts(message, "//*[@class='gist']") == []
    assert "\n\n\n\n" not in body(message, "plain")


def test_names_from_right_to_left_are_kept_apart(composer: EmailComposer) -> None:
    message = read(composer)
    assert texts(message, "//*[@class='facts']/bdi") == ["نور الهاشمي"]
    assert texts(message, "//*[@class='facts']")[1].startswith("Tomás Ibarra, نور الهاشمي and Wei")


def test_months_and_days_are_named_by_their_dates(composer: EmailComposer) -> None:
    month = replace(WEEK_OF_SEVEN, period=Period(date(2026, 11, 1), "month"))
    assert texts(read(composer, month), "//*[@class='brand']") == ["Paper Digest November 2026"]


@pytest.mark.parametrize("name", DIGESTS)
def test_text_and_page_list_the_same_papers(composer: EmailComposer, name: str) -> None:
    message = read(composer, DIGESTS[name])
    numbered = re.findall(r"^(\d+)\. ", body(message, "plain"), re.MULTILINE)
    assert len(numbered) == len(texts(message, "//h2"))
    for number, title in zip(numbered, texts(message, "//h2"), strict=True):
        assert f"{number}. {title}" in flowed(message)


# --- size --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", DIGESTS)
def test_no_message_is_cut_by_a_mail_program(composer: EmailComposer, name: str) -> None:
    raw = composer.compose(DeliveryId(1), DIGESTS[name], ADA, LINKS).content
    message = read(composer, DIGESTS[name])
    html = message.get_body(("html",))
    assert html is not None
    assert len(cast("str", html.get_payload())) <= BUDGET
    assert max(map(len, raw.split(b"\r\n"))) <= 998
    assert LINKS.unsubscribe in page(message).xpath("//td[@class='foot']//a/@href")


def test_what_does_not_fit_is_on_the_archive_page(composer: EmailComposer) -> None:
    message = read(composer, HUGE)
    shown = len(texts(message, "//h2"))
    assert 10 < shown < 200
    assert texts(message, "//td[@class='more']") == [
        f"{200 - shown} more papers in the full digest"
    ]
    assert page(message).xpath("//td[@class='more']/a/@href") == [LINKS.archive]
    assert f"{200 - shown} more papers in the full digest: {LINKS.archive}" in flowed(message)
    assert texts(message, "//h1") == ["200 papers for you, out of 212"]
    assert len(texts(message, "//td[@class='row']")) == shown


def test_thirty_ordinary_papers_fit(composer: EmailComposer) -> None:
    assert len(texts(read(composer, THIRTY), "//h2")) == 30


# --- headers -----------------------------------------------------------------------------


@pytest.mark.parametrize("name", DIGESTS)
def test_a_strict_reader_finds_no_fault(composer: EmailComposer, name: str) -> None:
    message = read(composer, DIGESTS[name])
    for part in message.walk():
        assert part.defects == []
        assert all(value.defects == () for value in part.values())
    kinds = [part.get_content_type() for part in message.walk()]
    assert kinds == ["multipart/alternative", "text/plain", "text/html"]


def test_headers(composer: EmailComposer) -> None:
    message = read(composer)
    headers = {name: str(value) for name, value in message.items()}
    assert headers.pop("Message-ID").endswith("@example.org>")
    assert headers == {
        "From": "Paper Digest <digest@example.org>",
        "To": "Ada Example <ada@example.org>",
        "Subject": message["Subject"],
        "Date": "Mon, 23 Nov 2026 13:00:00 +0000",
        "List-Id": "<digest.example.org>",
        "List-Unsubscribe": f"<{LINKS.one_click}>, <{LINKS.unsubscribe_mailto}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Archive": f"<{LINKS.archive}>",
        "Auto-Submitted": "auto-generated",
        "Precedence": "bulk",
        "MIME-Version": "1.0",
        "Content-Type": 'multipart/alternative; boundary="=_digest"',
    }


def test_unsubscribing_stands_unencoded_on_the_wire(composer: EmailComposer) -> None:
    long = "https://digest.example.org/" + "very-long-path/" * 30 + "token"
    links = replace(LINKS, one_click=long)
    raw = composer.compose(DeliveryId(1), WEEK_OF_SEVEN, ADA, links).content
    wanted = (
        f"\r\nList-Unsubscribe: <{long}>,\r\n <{LINKS.unsubscribe_mailto}>\r\n"
        "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    )
    assert wanted.encode() in raw


def test_without_a_web_server_unsubscribing_is_by_mail(composer: EmailComposer) -> None:
    links = replace(
        LINKS,
        feed="file:///srv/public/feeds/x.atom",
        archive="file:///srv/public/archive/x/2026-W47.html",
        unsubscribe=LINKS.unsubscribe_mailto,
        one_click=None,
    )
    message = read(composer, links=links)
    assert message["List-Unsubscribe"] == f"<{LINKS.unsubscribe_mailto}>"
    assert message["List-Unsubscribe-Post"] is None
    assert message["List-Archive"] is None
    assert LINKS.unsubscribe_mailto in page(message).xpath("//td[@class='foot']//a/@href")


def test_the_message_id_is_of_subscriber_and_period_alone(composer: EmailComposer) -> None:
    def message_id(what: Digest) -> str:
        return str(read(composer, what)["Message-ID"])

    assert message_id(WEEK_OF_SEVEN) == message_id(digest([pick(9)], until=PaperKey(1)))
    assert message_id(WEEK_OF_SEVEN) != message_id(
        replace(WEEK_OF_SEVEN, period=Period(date(2026, 11, 9), "week"))
    )


def test_the_same_digest_makes_the_same_bytes(composer: EmailComposer) -> None:
    again = EmailComposer(load(), SITE)
    first = composer.compose(DeliveryId(1), WEEK_OF_SEVEN, ADA, LINKS)
    assert again.compose(DeliveryId(1), WEEK_OF_SEVEN, ADA, LINKS) == first


def test_the_envelope_and_added_headers(composer: EmailComposer) -> None:
    plain = composer.compose(DeliveryId(7), WEEK_OF_SEVEN, ADA, LINKS)
    assert (plain.delivery, plain.sender, plain.recipient, plain.name) == (
        DeliveryId(7),
        "digest@example.org",
        "ada@example.org",
        "2026-W47-ada",
    )
    made = composer.compose(
        DeliveryId(7),
        WEEK_OF_SEVEN,
        replace(ADA, email="ada@bücher.example"),
        LINKS,
        envelope_sender="bounce+7@bounces.example.org",
        headers={"X-Test": "yes\r\nBcc: all@example.org"},
    )
    assert made.sender == "bounce+7@bounces.example.org"
    assert made.recipient == "ada@xn--bcher-kva.example"
    message = email.message_from_bytes(made.content, policy=default)
    assert message["X-Test"] == "yes Bcc: all@example.org"
    assert message["Bcc"] is None


# --- templates of one's own --------------------------------------------------------------


def test_a_broken_template_is_reported_at_once(tmp_path: Path) -> None:
    with pytest.raises(TemplateError) as caught:
        own(tmp_path, ("email.html.j2", "{{ headline }}", "{{ haedline }}"))
    line = load().source("email.html.j2").partition("{{ headline }}")[0].count("\n") + 1
    assert caught.value.where == f"{tmp_path}/templates/email.html.j2:{line}"
    assert "'haedline' is undefined" in caught.value.what


def test_reasons_that_are_long_are_shortened(composer: EmailComposer) -> None:
    many = [reason(f"term{n}" * 20, interest=f"interest {n}" * 20) for n in range(18)]
    [why] = texts(read(composer, digest([pick(1, *many)])), "//*[@class='why']")
    assert len(why) <= 420
    assert why.endswith("…")


def test_what_adds_next_to_nothing_is_not_told(composer: EmailComposer) -> None:
    told, arithmetic = reason("LoRA", contribution=0.6), reason("models", contribution=0.01)
    html = digest([pick(1, told, arithmetic)])
    [why] = texts(read(composer, html), "//*[@class='why']")
    assert "LoRA" in why
    assert "models" not in why


def test_the_date_is_that_of_the_decision(composer: EmailComposer) -> None:
    assert read(composer)["Date"].datetime == NOW
