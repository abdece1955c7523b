"""The baseline of a pass: what a good engineer writes in an afternoon with the same libraries.

    python -m benchmarks.afternoon HOME [--feeds] [--now ISO]

It reads the papers of ``inbox/`` and the readers of ``people.jsonl``; scikit-learn ranks, Jinja,
premailer and ``EmailMessage`` make the mail, feedgen makes the feeds, and SQLite remembers what was
sent. Everything is written under ``plain/`` in the home. It makes no promise: a mail may be lost or
sent twice when it stops half way, and nothing is checked, explained or archived.
"""

from __future__ import annotations

import argparse
import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from feedgen.feed import FeedGenerator  # type: ignore[import-untyped]  # it ships no types
from numpy.typing import NDArray
from sklearn.feature_extraction.text import TfidfVectorizer  # type: ignore[import-untyped]  # nor it
from sklearn.metrics.pairwise import linear_kernel  # type: ignore[import-untyped]  # nor it

from benchmarks.plain_mail import URL, Picked, PlainMail

LIMIT = 12
Row = Mapping[str, Any]


def main() -> None:
    """Make a pass."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("home", type=Path)
    parser.add_argument("--feeds", action="store_true")
    parser.add_argument("--now", default="2026-03-16T12:00:00+00:00")
    options = parser.parse_args()
    print(one_pass(options.home, feeds=options.feeds, now=options.now), "mails")


def one_pass(home: Path, *, feeds: bool, now: str) -> int:
    """Send every reader the best new papers; how many mails that were."""
    files = sorted((home / "inbox").glob("*.jsonl"))
    papers = [json.loads(line) for file in files for line in file.open(encoding="utf-8")]
    readers = [json.loads(line) for line in (home / "people.jsonl").open(encoding="utf-8")]
    interests = sorted({text for reader in readers for text in reader["interests"]})
    scores = match(papers, interests)
    row = {text: number for number, text in enumerate(interests)}
    mail, plain = PlainMail(), home / "plain"
    (plain / "outbox").mkdir(parents=True, exist_ok=True)
    (plain / "feeds").mkdir(exist_ok=True)
    sent, count = open_history(plain / "sent.db"), 0
    period = datetime.fromisoformat(now).strftime("%G-W%V")
    for reader in readers:
        known = {url for (url,) in sent.execute(_SENT, (reader["id"],))}
        picked = choose(papers, scores, [row[text] for text in reader["interests"]], reader, known)
        if not picked:
            continue
        facts = {**reader, "now": now, "period": period}
        if "email" in reader["channels"]:
            path = plain / "outbox" / f"{period}-{reader['id']}.eml"
            path.write_bytes(mail.message(facts, picked, chips(picked)))
            count += 1
        if feeds and "feed" in reader["channels"]:
            write_feeds(plain / "feeds", reader, picked, now)
        sent.executemany(_REMEMBER, [(reader["id"], pick.url) for pick in picked])
        sent.commit()
    return count


def match(papers: Sequence[Row], interests: Sequence[str]) -> NDArray[np.float64]:
    """How near each interest (a row) is to each paper (a column)."""
    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, stop_words="english")
    known = vectors.fit_transform([f"{one['title']} {one['abstract']}" for one in papers])
    near: NDArray[np.float64] = linear_kernel(vectors.transform(interests), known)
    return near


def choose(
    papers: Sequence[Row],
    scores: NDArray[np.float64],
    rows: Sequence[int],
    reader: Row,
    known: set[str],
) -> list[Picked]:
    """The best papers for a reader that were not sent before, each with its reason."""
    own = scores[rows]
    total = own.sum(axis=0)
    picked: list[Picked] = []
    for number in np.argsort(-total):
        paper = papers[number]
        if len(picked) == LIMIT or total[number] <= 0:
            break
        if paper["url"] not in known:
            best = reader["interests"][int(own[:, number].argmax())]
            percent = max(1, min(100, round(100 * float(total[number]))))
            facts = (paper["title"], paper["abstract"], paper["url"], paper["published"])
            picked.append(Picked(*facts, percent, best))
    return picked


def chips(picked: Sequence[Picked]) -> list[dict[str, object]]:
    """How many papers each interest has found."""
    names = [pick.why for pick in picked]
    return [{"interest": name, "count": names.count(name)} for name in dict.fromkeys(names)]


def write_feeds(folder: Path, reader: Row, picked: Sequence[Picked], now: str) -> None:
    """The reader's feed as Atom, RSS and JSON."""
    for kind, content in feeds_of(reader, picked, now).items():
        (folder / f"{reader['id']}.{kind}").write_bytes(content)


def feeds_of(reader: Row, picked: Sequence[Picked], now: str) -> dict[str, bytes]:
    """The three feeds of a reader."""
    feed = FeedGenerator()
    feed.id(f"{URL}/feeds/{reader['id']}")
    feed.title(f"Papers for {reader['name']}")
    feed.link(href=f"{URL}/feeds/{reader['id']}.atom", rel="self")
    feed.description("The papers that match your interests")
    feed.updated(now)
    for pick in picked:
        entry = feed.add_entry(order="append")
        entry.id(pick.url)
        entry.title(pick.title)
        entry.link(href=pick.url)
        entry.description(f"<p>{pick.abstract}</p><p>{pick.why}</p>")
        entry.updated(now)
        entry.published(now)
    items = [
        {"id": pick.url, "url": pick.url, "title": pick.title, "content_text": pick.abstract}
        for pick in picked
    ]
    version = "https://jsonfeed.org/version/1.1"
    whole = {"version": version, "title": f"Papers for {reader['name']}", "items": items}
    rss: bytes = feed.rss_str()
    return {"atom": feed.atom_str(), "rss": rss, "json": json.dumps(whole).encode()}


_SENT = "SELECT url FROM sent WHERE reader = ?"
_REMEMBER = "INSERT OR IGNORE INTO sent VALUES (?, ?)"


def open_history(path: Path) -> sqlite3.Connection:
    """The database of what was sent to whom."""
    history = sqlite3.connect(path)
    history.execute("CREATE TABLE IF NOT EXISTS sent (reader TEXT, url TEXT, UNIQUE (reader, url))")
    return history


if __name__ == "__main__":
    main()
