"""From what sources answer to the mail: authors, categories, venues, keywords, code and upvotes."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from digest.model import Interest
from tests.world import File, World, person, utc

TEXT = (
    "We watch gulls near the pier for a year and count what they eat. Nine of them come back each"
    " morning. We ask what else could be counted there, and by whom."
)
DAILY = [
    {
        "paper": {
            "id": "2611.00001",
            "title": "Gulls at Noon",
            "summary": TEXT,
            "upvotes": 48,
            "publishedAt": "2026-11-20T00:00:00.000Z",
            "authors": [{"name": "Laurens van der Maaten"}, {"name": "Ada Example"}],
            "ai_keywords": ["denoising diffusion", "tide tables"],
        }
    },
    {
        "paper": {
            "id": "2611.00002",
            "title": "Gulls by Night",
            "summary": TEXT.replace("gulls", "owls"),
            "upvotes": 2,
            "githubRepo": "https://github.com/example/owls",
        }
    },
]
ARXIV = f"""<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">
<title>arXiv Query</title>
<entry><id>http://arxiv.org/abs/2611.00003v1</id><title>Herons in Fog</title>
<published>2026-11-20T09:00:00Z</published><summary>{TEXT.replace("gulls", "herons")}</summary>
<author><name>Bob Sample</name></author><arxiv:journal_ref>NeurIPS 2026</arxiv:journal_ref>
<category term="q-bio.PE"/><category term="stat.AP"/></entry>
</feed>"""
WISHES = {
    "Gulls at Noon": [
        (Interest("L. J. P. van der Maaten", "author"), "By Laurens van der Maaten"),
        (Interest("diffusion", place="keywords"), "“diffusion” in its keywords"),
    ],
    "Gulls by Night": [(Interest("code", "code", must_see=True), "Its code is public")],
    "Herons in Fog": [
        (Interest("q-bio", "category"), "In the category q-bio.PE"),
        (Interest("NeurIPS", "venue"), "Published in NeurIPS 2026"),
    ],
}


@pytest.fixture
def filled(world: World) -> World:
    """A home with an answer of the daily papers and one of arXiv in its inbox."""
    world.inbox.files["daily.json"] = File("daily.json", json.dumps(DAILY, indent=1).encode())
    world.inbox.files["arxiv.xml"] = File("arxiv.xml", ARXIV.encode())
    return world


@pytest.mark.parametrize(
    ("title", "interest", "why"),
    [(title, interest, why) for title, wishes in WISHES.items() for interest, why in wishes],
)
def test_the_mail_holds_the_paper_and_says_why(
    filled: World, title: str, interest: Interest, why: str
) -> None:
    ada = person("ada", [interest])
    filled.run([ada], utc("2026-11-23T08:00"))
    assert filled.mail() == {"2026-W47-ada": [title]}
    mail = filled.texts()["2026-W47-ada"]
    assert any(line.endswith(f" %: {why}") for line in mail.splitlines()), mail
    assert f"  - {interest} (1)\n" in mail


def test_upvotes_lift_a_paper_and_are_told(filled: World) -> None:
    ada = person("ada", ["gulls"])
    ada = replace(ada, profile=replace(ada.profile, upvotes=0.3))
    filled.run([ada], utc("2026-11-23T08:00"))
    assert "48 upvotes" in filled.texts()["2026-W47-ada"]


def test_a_category_rules_a_paper_out(filled: World) -> None:
    ada = person("ada", ["gulls", "herons"])
    out = (Interest("q-bio.*", "category"),)
    ada = replace(ada, profile=replace(ada.profile, exclude=out))
    filled.run([ada], utc("2026-11-23T08:00"))
    assert "Herons in Fog" not in filled.mail()["2026-W47-ada"]
