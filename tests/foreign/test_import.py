"""Leaving another program: from its file to a profile that passes `digest check`, and to a first
digest of the sample pages."""

from __future__ import annotations

import json
import os
import time
import tomllib
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
import yaml

from tests.cli.command import digest
from tests.cli.sample_home import SETTINGS
from tests.foreign import samples

ROOT = Path(__file__).parent.parent.parent
NOW = "2026-11-16T23:00Z"
LORA = "2106.09685"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with the sample pages and nobody to read them."""
    home = tmp_path / "home"
    home.mkdir()
    copytree(ROOT / "examples" / "dumps", home / "inbox")
    for path in (home / "inbox").iterdir():
        os.utime(path, (time.time() - 60, time.time() - 60))
    (home / "digest.toml").write_text(SETTINGS)
    (home / "subscribers.yaml").write_text("subscribers: []\n")
    return home


def put(tmp_path: Path, name: str, text: str) -> Path:
    path = tmp_path / name
    path.write_text(text)
    return path


def tags(tmp_path: Path) -> Path:
    given = {"wei": {"language models": {LORA, "2305.14314v2"}, "todo": {"hep-th/9901001"}}}
    return samples.arxiv_sanity(tmp_path / "dict.db", given, {"wei": "wei@example.org"})


FILES: dict[str, Any] = {
    "arxiv-sanity": tags,
    "zotero-arxiv-daily": lambda tmp_path: put(tmp_path, ".env", samples.ENV),
    "opml": lambda tmp_path: put(tmp_path, "feeds.opml", samples.OPML),
    "listmonk": lambda tmp_path: put(tmp_path, "subscribers.csv", samples.LISTMONK),
    "csv": lambda tmp_path: put(tmp_path, "members.csv", samples.MAILCHIMP),
}
NAMES = {
    "arxiv-sanity": "wei",
    "zotero-arxiv-daily": "kai",
    "opml": "noor-example",
    "listmonk": "mina",
    "csv": "lena",
}


@pytest.mark.parametrize("kind", list(FILES))
def test_a_profile_from_each_passes_the_check_and_gets_a_first_digest(
    home: Path, tmp_path: Path, kind: str
) -> None:
    file, name = FILES[kind](tmp_path), NAMES[kind]
    given = ("subscribers", "import", "--from", kind, file)
    ended = digest(home, *given, "--first", "now", "--now", NOW)
    assert ended.code == 0, ended.err
    checked = digest(home, "check")
    assert checked.code == 0, checked.out + checked.err
    run = digest(home, "run", "--now", NOW)
    assert run.code == 0, run.err
    picks = [
        line for line in digest(home, "export", "picks").out.splitlines() if f'"{name}"' in line
    ]
    assert len(picks) >= 1
    by_mail = kind != "opml"
    assert any(name in path.name for path in (home / "outbox").glob("*.eml")) == by_mail


@pytest.mark.parametrize("kind", list(FILES))
def test_a_dry_run_prints_a_profile_file_that_passes_the_check(
    home: Path, tmp_path: Path, kind: str
) -> None:
    ended = digest(
        home, "subscribers", "import", "--from", kind, FILES[kind](tmp_path), "--dry-run"
    )
    assert ended.code == 0, ended.err
    (home / "subscribers.yaml").write_text(ended.out)
    checked = digest(home, "check")
    assert (checked.code, checked.err) == (0, ""), ended.out
    assert not (home / "state").exists()
    assert NAMES[kind] in {one["id"] for one in yaml.safe_load(ended.out)["subscribers"]}


def test_tags_become_interests_and_their_papers_verdicts(home: Path, tmp_path: Path) -> None:
    paper = {"paper": {"id": LORA, "title": "LoRA: adapters", "summary": "About adapters."}}
    dump = home / "inbox" / "answer.json"
    dump.write_text(json.dumps([paper]))
    os.utime(dump, (time.time() - 60, time.time() - 60))
    digest(home, "run", "--now", "2026-11-15T08:00Z")
    file = tags(tmp_path)
    ended = digest(home, "subscribers", "import", "--from", "arxiv-sanity", file, "--now", NOW)
    assert ended.out == "1 added, 0 known already, 1 paper liked.\n"
    assert "“todo” names no subject" in ended.err
    assert "not in the archive: 2 of the papers of wei (3 in all)" in ended.err
    shown = digest(home, "subscribers", "show", "wei", "--json").json
    assert shown["email"] == "wei@example.org"
    assert shown["profile"]["interests"] == ["language models"]
    again = digest(home, "subscribers", "import", "--from", "arxiv-sanity", file, "--now", NOW)
    assert again.out == "0 added, 1 known already, 1 paper liked.\n"


def test_tags_as_json_with_a_user_or_without(home: Path, tmp_path: Path) -> None:
    users = put(tmp_path, "tags.json", '{"wei": {"mixture_of_experts": ["2106.09685"]}}')
    alone = put(tmp_path, "ana.json", '{"robot learning": ["2106.09685"], "read": []}')
    for file, name, interest in (
        (users, "wei", "mixture of experts"),
        (alone, "ana", "robot learning"),
    ):
        ended = digest(home, "subscribers", "import", "--from", "arxiv-sanity", file)
        assert ended.code == 0, ended.err
        assert "the digest is a feed" in ended.err
        shown = digest(home, "subscribers", "show", name, "--json").json["profile"]
        assert (shown["interests"], shown["channels"]) == ([interest], ["feed"])


@pytest.mark.parametrize("text", [samples.ENV, samples.YAML], ids=["env", "yaml"])
def test_no_secret_of_zotero_arxiv_daily_is_ever_shown(
    home: Path, tmp_path: Path, text: str
) -> None:
    file = put(tmp_path, "settings", text)
    given = ("subscribers", "import", "--from", "zotero-arxiv-daily", file)
    for extra in (("--dry-run",), ("--json",), ()):
        ended = digest(home, *given, *extra)
        assert ended.code == 0, ended.err
        for secret in ("AB5tZ877P2j7Sm2Mragq041H", "hunter2", "12345678", "robot@example.org"):
            assert secret not in ended.out + ended.err


def test_settings_of_zotero_arxiv_daily_become_profile_and_sources(
    home: Path, tmp_path: Path
) -> None:
    given = ("subscribers", "import", "--from", "zotero-arxiv-daily")
    env = digest(home, *given, put(tmp_path, "e", samples.ENV), "--dry-run")
    (profile,) = yaml.safe_load(env.out)["subscribers"]
    assert profile["email"] == "kai@example.org"
    assert (profile["limit"], profile["send_empty"]) == (25, True)
    assert profile["schedule"] == {"every": "day", "at": "22:00"}
    assert {"category": "cs.CL", "weight": 0.5} in profile["interests"]
    assert "language models" in profile["interests"]
    assert 'categories = ["cs.CL", "cs.LG"]' in env.out
    assert "digest suggest ID --from library.bib" in env.err

    newer = digest(
        home, *given, put(tmp_path, "y", samples.YAML), "--email", "kai@example.org", "--dry-run"
    )
    (profile,) = yaml.safe_load(newer.out)["subscribers"]
    assert (profile["email"], profile["limit"]) == ("kai@example.org", 1000)
    assert {"category": "animal behavior and cognition"} in profile["interests"]
    assert "the receiver stands in another place" in newer.err
    toml = newer.out.partition("# To copy into digest.toml:\n")[2].replace("# ", "")
    sources = tomllib.loads(toml)
    assert [one["kind"] for one in sources["sources"]] == ["arxiv", "biorxiv"]


def test_what_stands_in_the_secrets_of_a_workflow_is_asked_for(home: Path, tmp_path: Path) -> None:
    workflow = "        env:\n          ARXIV_QUERY: ${{ secrets.ARXIV_QUERY }}\n"
    file = put(tmp_path, "main.yml", f"{workflow}          RECEIVER: ${{{{ secrets.RECEIVER }}}}\n")
    given = ("subscribers", "import", "--from", "zotero-arxiv-daily", file)
    ended = digest(home, *given, "--interests", "audio", "--email", "kai@example.org")
    assert ended.out.startswith("1 added")
    assert "main.yml:2: the value of source.arxiv.category stands in another place" in ended.err
    assert "main.yml:3: the receiver stands in another place" in ended.err


def test_feeds_of_opml_become_sources_that_the_settings_take(home: Path, tmp_path: Path) -> None:
    file = put(tmp_path, "feeds.opml", samples.OPML)
    ended = digest(home, "subscribers", "import", "--from", "opml", file)
    toml = ended.out.partition("# To copy into digest.toml:\n")[2]
    assert tomllib.loads(toml)["sources"] == [
        {"kind": "feed", "name": "example-lab", "url": "https://lab.example.org/feed.xml"},
        {"kind": "feed", "name": "example-lab-2", "url": "https://lab.example.org/other.xml"},
        {"kind": "arxiv", "name": "cs-cl-on-arxiv", "via": "rss", "categories": ["cs.CL"]},
    ]
    assert "feeds.opml:12: the feed “Local” is left out" in ended.err
    assert "names feeds and no people" in ended.err
    with (home / "digest.toml").open("a") as settings:
        settings.write(toml)
    assert digest(home, "check").code == 0


def test_of_opml_folders_alone_become_interests_and_each_once(home: Path, tmp_path: Path) -> None:
    opml = """<opml version="2.0"><body>
      <outline text="Machine Learning">
        <outline type="rss" text="cs.LG" xmlUrl="https://rss.arxiv.org/rss/cs.LG"/>
      </outline>
      <outline type="rss" text="a feed without an address"/>
    </body></opml>"""
    path = put(tmp_path, "feeds.opml", opml)
    ended = digest(home, "subscribers", "import", "--from", "opml", path, "--dry-run")
    (profile,) = yaml.safe_load(ended.out)["subscribers"]
    assert profile["interests"][0] == "Machine Learning"
    assert not {"machine learning", "a feed without an address"} & {
        one for one in profile["interests"] if isinstance(one, str)
    }


def test_a_password_is_asked_for_in_the_environment(home: Path, tmp_path: Path) -> None:
    env = put(tmp_path, "e", samples.ENV)
    given = ("subscribers", "import", "--from", "zotero-arxiv-daily", env, "--dry-run")
    assert "a password is not taken over – set DIGEST_SMTP__PASSWORD" in digest(home, *given).err


def test_who_asked_for_no_mail_of_a_list_is_not_taken_over(home: Path, tmp_path: Path) -> None:
    file = put(tmp_path, "subscribers.csv", samples.LISTMONK)
    given = ("subscribers", "import", "--from", "listmonk", file)
    ended = digest(home, *given, "--interests", "segmentation; audio")
    assert ended.out.startswith("2 added, 0 known already")
    people = {one["id"]: one for one in digest(home, "subscribers", "list", "--json").json}
    assert set(people) == {"mina", "omar"}
    profile = digest(home, "subscribers", "show", "omar", "--json").json["profile"]
    assert profile["interests"] == ["segmentation", "audio"]
    assert "subscribers.csv:5: left out: the column “status” says “blocklisted”" in ended.err
    assert "subscribers.csv:6: left out: the column “status” says “disabled”" in ended.err
    assert "subscribers.csv:7: left out: 'not an address' is not an e-mail address" in ended.err
    assert "subscribers.csv:2: “city” has no place in a profile (and 1 more like it)" in ended.err


def test_an_import_from_a_list_neither_resubscribes_nor_changes_who_is_known(
    home: Path, tmp_path: Path
) -> None:
    mine = "- {id: boss, email: Mina@Example.org, interests: [protein folding]}\n"
    (home / "subscribers.yaml").write_text(f"subscribers:\n{mine}")
    digest(home, "run", "--now", NOW)
    digest(home, "subscribers", "unsubscribe", "boss")
    file = put(tmp_path, "subscribers.csv", samples.LISTMONK)
    ended = digest(
        home, "subscribers", "import", "--from", "listmonk", file, "--interests", "audio"
    )
    assert ended.out.startswith("1 added, 1 known already")
    assert "known already as boss, whose profile is left as it is" in ended.err
    shown = digest(home, "subscribers", "show", "boss", "--json").json
    assert shown["state"] == "unsubscribed"
    assert shown["profile"]["interests"] == ["protein folding"]


def test_an_id_of_somebody_else_is_not_given_again(home: Path, tmp_path: Path) -> None:
    mine = "- {id: mina, email: other@example.org, interests: [protein folding]}\n"
    (home / "subscribers.yaml").write_text(f"subscribers:\n{mine}")
    digest(home, "run", "--now", NOW)
    file = put(tmp_path, "subscribers.csv", samples.LISTMONK)
    digest(home, "subscribers", "import", "--from", "listmonk", file)
    people = {one["id"]: one["email"] for one in digest(home, "subscribers", "list", "--json").json}
    assert people == {"mina": "other@example.org", "mina-2": "mina@example.org"}


def test_other_lists_bring_names_tags_and_time_zones(home: Path, tmp_path: Path) -> None:
    ended = digest(
        home,
        "subscribers",
        "import",
        "--from",
        "csv",
        put(tmp_path, "m.csv", samples.MAILCHIMP),
        "--dry-run",
    )
    (lena,) = yaml.safe_load(ended.out)["subscribers"]
    assert (lena["name"], lena["timezone"]) == ("Lena Example", "Europe/Berlin")
    assert lena["interests"] == ["low-rank adaptation"]
    assert "m.csv:3: left out: the column “unsub time” is filled in" in ended.err
    assert "m.csv:4: left out: the address is that of m.csv:2" in ended.err


def test_without_interests_nobody_is_added_and_the_way_out_is_told(
    home: Path, tmp_path: Path
) -> None:
    file = put(tmp_path, "plain.csv", "email\nada@example.org\nbob@example.org\n")
    ended = digest(home, "subscribers", "import", "--from", "csv", file)
    assert ended.code == 1
    assert (
        "plain.csv:2: left out: nothing tells what this reader is interested in (and 1 more"
        in ended.err
    )
    assert '--interests "one; another"' in ended.err


@pytest.mark.parametrize("kind", list(FILES))
@pytest.mark.parametrize("content", [b"", b"\x00\xff\xfe\x00", b"hello, world\n", b"[" * 100_000])
def test_a_file_of_another_kind_is_refused_in_words(
    home: Path, tmp_path: Path, kind: str, content: bytes
) -> None:
    file = tmp_path / "odd"
    file.write_bytes(content)
    ended = digest(home, "subscribers", "import", "--from", kind, file)
    assert ended.code == 2
    assert ended.err.startswith("odd")
    assert "Traceback" not in ended.err


def test_options_of_other_programs_need_from(home: Path, tmp_path: Path) -> None:
    file = put(tmp_path, "people.csv", "id,email\n")
    ended = digest(home, "subscribers", "import", file, "--dry-run")
    assert (ended.code, "go with --from" in ended.err) == (2, True)
