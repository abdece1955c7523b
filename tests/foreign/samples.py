"""Files of other programs, of made-up people."""

from __future__ import annotations

import pickle
import sqlite3
import zlib
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

ENV = """\
# my copy of the settings
export ZOTERO_ID=12345678
ZOTERO_KEY="AB5tZ877P2j7Sm2Mragq041H"
ARXIV_QUERY=cs.CL+cs.LG
SMTP_SERVER=smtp.example.org
SENDER=robot@example.org
SENDER_PASSWORD='hunter2 is secret'
RECEIVER=kai@example.org
MAX_PAPER_NUM=25
SEND_EMPTY=True
LANGUAGE=Klingon
"""
YAML = """\
zotero:
  user_id: ${oc.env:ZOTERO_ID}
  api_key: AB5tZ877P2j7Sm2Mragq041H
email:
  sender: ${oc.env:SENDER}
  receiver: ${oc.env:RECEIVER}
  sender_password: hunter2
source:
  arxiv:
    category: ["cs.CV", "cs.RO"]
    include_cross_list: true
  biorxiv:
    category: ["animal behavior and cognition"]
executor:
  max_paper_num: -1
  source: ['arxiv', 'biorxiv']
reranker:
  local: {model: some/model}
"""
OPML = """\
<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0">
 <head><title>Mine</title><ownerName>Noor Example</ownerName></head>
 <body>
  <outline text="language models">
   <outline text="Example Lab" type="rss" xmlUrl="https://lab.example.org/feed.xml"/>
   <outline text="Example Lab" type="rss" xmlUrl="https://lab.example.org/other.xml"/>
   <outline title="Again" xmlUrl="https://lab.example.org/feed.xml"/>
   <outline title="cs.CL on arXiv" xmlUrl="https://rss.arxiv.org/rss/cs.CL"/>
  </outline>
  <outline text="News">
   <outline text="Local" xmlUrl="file:///etc/passwd"/>
  </outline>
 </body>
</opml>
"""
LISTMONK = """\
uuid,email,name,attributes,status,created_at,updated_at
u-1,mina@example.org,Mina Example,"{""topics"": [""quantization"", ""language models""],
 ""city"": ""X""}",enabled,2024-01-01,2024-01-02
u-2,omar@example.org,Omar,"{""city"": ""Y""}",enabled,2024-01-01,2024-01-02
u-3,gone@example.org,Gone,{},blocklisted,2024-01-01,2024-01-02
u-4,off@example.org,Off,{},disabled,2024-01-01,2024-01-02
u-5,not an address,Odd,"{""topics"": ""x ray; vaccines""}",enabled,2024-01-01,2024-01-02
"""
MAILCHIMP = '''\
Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,TIMEZONE,TAGS,UNSUB_TIME
lena@example.org,Lena,Example,2,2024-01-01,Europe/Berlin,"""low-rank adaptation"",""VIP""",
"paul@example.org",Paul,Example,2,"2024-01-01 10:00:00",,"""robot""","2024-05-05 10:00:00"
"LENA@example.org",Lena,Again,2,"2024-01-01 10:00:00",,"""robot""",
'''


def arxiv_sanity(
    path: Path, tags: Mapping[str, Mapping[str, set[str]]], emails: Mapping[str, str]
) -> Path:
    """A ``dict.db`` as arxiv-sanity-lite keeps it."""
    rows = {user: zlib.compress(pickle.dumps(dict(found), 5)) for user, found in tags.items()}
    addresses = {user: pickle.dumps(address, 5) for user, address in emails.items()}
    return database(path, rows, addresses)


def database(path: Path, tags: Mapping[str, bytes], emails: Mapping[str, bytes]) -> Path:
    """A ``dict.db`` with these values."""
    with closing(sqlite3.connect(path)) as made, made:
        for table, rows in (("tags", tags), ("email", emails)):
            made.execute(f'CREATE TABLE "{table}" (key TEXT PRIMARY KEY, value BLOB)')
            made.executemany(f'INSERT INTO "{table}" VALUES (?, ?)', rows.items())  # noqa: S608
    return path
