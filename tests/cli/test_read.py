"""``digest read``: what would be read, without a home and without a trace."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.command import digest
from tests.world import snapshot

NOW = "2026-11-27T09:00"
ANSWER = [
    {
        "paper": {
            "id": "2611.01234",
            "title": "A lighthouse for lost robots",
            "summary": "Robots get lost at sea. We build a lighthouse that they can see.",
            "publishedAt": "2026-11-26T08:00:00Z",
            "authors": [{"name": "Ada Example"}, {"name": "Bob Sample"}],
            "githubRepo": "https://github.com/ada/lighthouse",
            "ai_keywords": ["lamps", "sea", "robots", "fog", "night", "rocks"],
        },
        "numComments": 3,
    },
    {"paper": {"title": ""}},
]


def put(folder: Path, name: str, content: object) -> str:
    text = content if isinstance(content, str) else json.dumps(content, indent=1)
    (folder / name).write_text(text)
    return name


def test_shows_each_paper_and_each_problem_and_leaves_no_trace(tmp_path: Path) -> None:
    put(tmp_path, "answer.json", ANSWER)
    before = snapshot(tmp_path)

    ended = digest(tmp_path, "read", str(tmp_path / "answer.json"), "--now", NOW)

    assert ended.code == 0
    lines = [line.rstrip() for line in ended.out.splitlines()]
    assert lines[0].endswith("answer.json  daily-papers, 1 paper")
    assert lines[2:] == [
        "1  A lighthouse for lost robots",
        (
            "   Ada Example, Bob Sample · 26 Nov 2026 · 3 comments · arXiv 2611.01234"
            " · https://huggingface.co/papers/2611.01234"
            " · code https://github.com/ada/lighthouse · lamps, sea, robots, fog, night …"
        ),
        "   Robots get lost at sea. We build a lighthouse that they can see.",
        "",
    ]
    assert "answer.json:28: a paper without a title" in ended.err
    assert snapshot(tmp_path) == before


def test_prints_one_object_a_file_and_fails_where_one_is_refused(tmp_path: Path) -> None:
    names = [put(tmp_path, "a.json", ANSWER), put(tmp_path, "b.txt", "Dear all,\nat ten.\n"), "c"]

    ended = digest(
        tmp_path, "read", *(str(tmp_path / name) for name in names), "--json", "--now", NOW
    )

    assert ended.code == 1
    read, refused, gone = ended.json
    assert (read["format"], read["listed"], read["refused"]) == ("daily-papers", None, None)
    assert read["papers"] == [
        {
            "title": "A lighthouse for lost robots",
            "abstract": "Robots get lost at sea. We build a lighthouse that they can see.",
            "authors": ["Ada Example", "Bob Sample"],
            "author_count": 2,
            "published": "2026-11-26",
            "comments": 3,
            "upvotes": None,
            "url": "https://huggingface.co/papers/2611.01234",
            "arxiv": "2611.01234",
            "doi": None,
            "venue": None,
            "standing": None,
            "pdf": None,
            "code": "https://github.com/ada/lighthouse",
            "categories": [],
            "keywords": ["lamps", "sea", "robots", "fog", "night", "rocks"],
        }
    ]
    assert [problem["what"] for problem in read["problems"]] == ["a paper without a title"]
    assert refused["refused"] == "it is text, but not that of a papers page"
    assert gone["refused"] == "cannot be read: No such file or directory"
    assert gone["problems"][0]["remedy"]
