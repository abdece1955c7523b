"""Reads what today's page has around each paper, as metadata: who submitted it, its upvotes, and
buttons. Which lines are titles is known where they are links or headings."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from digest.sources.page.boilerplate import is_above_text, is_furniture
from digest.sources.page.lines import LONG, Line, Mark

COUNT = re.compile(
    r"(?:\[[-+ x]?\] ?|[▲△↑⬆👍❤♥🔥⭐★💬]\ufe0f? ?)?"
    r"(\d{1,7}|\d{1,3}(?:,\d{3})+|\d{1,4}(?:[.,]\d{1,2})?[kK]|[-–—])(?: (?:up)?votes?| likes?)?"
)
VOTES = re.compile(r"(?:votes?|likes?)$", re.IGNORECASE)
NUMBER = r"(?: ?(?P<{}>\d{{1,7}}|\d{{1,3}}(?:,\d{{3}})+|\d{{1,4}}(?:[.,]\d{{1,2}})?[kK]|[-–—]))?"
UPVOTE = re.compile(
    r"upvotes?|vote up|positiv bewerten|hochstimmen|upvoten|voter pour|votar a favor"
    r"|votar positivo|点赞|點讚|赞同|投票|高評価|賛成|いいね",
    re.IGNORECASE,
)
OTHERS = (
    r"github(?: (?:repo|repository|page))?|arxiv(?: page|-seite| ?页面| 頁面|(?:の)?ページ)?"
    r"|(?:page|página(?: de)?) arxiv|project(?: page)?|projektseite|page du projet"
    r"|página del proyecto|项目页面|プロジェクトページ|view pdf|play video|play|pause|mute|unmute"
    r"|(?:exit |enter )?full ?screen|picture-in-picture|playback (?:rate|speed)|video abspielen"
    r"|lire la vidéo|reproducir(?: el)? v[ií]deo|播放视频|動画を再生|ビデオを再生"
)
BUTTONS = re.compile(
    rf"(?=\S)(?: ?(?:{UPVOTE.pattern}){NUMBER.format('upvotes')})?"
    rf"(?: ?(?:{OTHERS}){NUMBER.format('stars')}){{0,6}}",
    re.IGNORECASE,
)
COUNTED = re.compile(rf"(?:.* )?(?:{UPVOTE.pattern}|github|project page)", re.IGNORECASE)
VIDEO = re.compile(
    r"(?:your|ihr|dein|votre|su|tu|您的|你的|お使いの).{0,4}(?:browser|navigateur|navegador|浏览器|瀏覽器|ブラウザ)"
    r".{0,40}(?:video|vidéo|vídeo|audio|视频|影片|ビデオ|動画).{0,40}|video: \S{1,100}"
    r"|\+ ?\d{1,5}|#\d{1,3} paper of the (?:day|week|month)"
    r"|\d{1,2}:\d\d(?: ?/ ?\d{1,2}:\d\d)?|(?:current time|duration|remaining time|loaded).{1,20}",
    re.IGNORECASE,
)
SUBMITTER = re.compile(
    r"(?P<alone>submitted by|eingereicht von|soumis par|(?:presentado|enviado|publicado|subido) por"
    r"|提交者|投稿者|提出者)[:：]?(?: ?\S{1,60}(?: \S{1,60}){0,3}(?<!\.))?"
    r"|由 ?\S{1,40} ?提交|\S{1,40} ?(?:さん)?(?:による|が)(?:投稿|提出)",
    re.IGNORECASE,
)
BULLETS = {"*", "•", "+", "◦"}
RULE = re.compile(r"[-=_━═─* ]{10,}")
LONGEST_NAME = 60


def with_cards(lines: Sequence[Line]) -> list[Line]:
    """Replace counters, buttons and submitters by metadata, or leave them out."""
    return _with_counters(_with_titles(list(_without_buttons(list(_without_bullets(lines))))))


def _number(text: str) -> int:
    """Parse a number of upvotes, as ``87``, ``1.2k`` or ``-``, which stands for none."""
    digits = text.lower().replace(",", "." if text[-1] in "kK" else "")
    if digits.endswith("k"):
        return round(float(digits[:-1]) * 1000)
    return int(digits) if digits.isdecimal() else 0


def _count_of(line: Line) -> int | None:
    match = None if line.is_title or line.given else COUNT.fullmatch(line.folded)
    return _number(match[1]) if match else None


def _without_bullets(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out rules, and what is left of the pictures of authors: the marks of a list."""
    bullets: list[Line] = []
    for line in lines:
        if line.text in BULLETS:
            bullets.append(line)
        elif not RULE.fullmatch(line.folded):
            mark = line.mark
            yield from () if mark and mark.author_count is not None else bullets
            yield line
            bullets = []
    yield from bullets


def _without_buttons(lines: Sequence[Line]) -> Iterator[Line]:
    awaited: Line | None = None  # a button whose number is in the next line
    for index, line in enumerate(lines):
        text, count = line.folded, _count_of(line)
        if line.code and count is not None:  # the stars of a repository
            yield replace(line, given=Mark(None, None, has_dot=False, code=line.code))
            continue
        if awaited and count is not None:
            if UPVOTE.fullmatch(awaited.folded):
                yield replace(awaited, given=Mark(None, None, has_dot=False, upvotes=count))
            awaited = None
            continue
        match = None if is_above_text(lines, index) else BUTTONS.fullmatch(text)
        awaited = line if match and COUNTED.fullmatch(text) else None
        if match and match["upvotes"]:
            upvotes = _number(match["upvotes"])
            yield replace(
                line, given=Mark(None, None, has_dot=False, upvotes=upvotes, code=line.code)
            )
        elif match and line.code:
            yield replace(line, given=Mark(None, None, has_dot=False, code=line.code))
        elif not match and not VIDEO.fullmatch(text):
            yield line


def _with_titles(lines: list[Line]) -> list[Line]:
    """Tell which lines are certainly titles: the first text that is a link to each paper, or else
    the headings, if there are as many as there are papers."""
    linked: dict[str, int] = {}
    headings: list[int] = []
    for index, line in enumerate(lines):
        if not _may_be_title(line):
            continue
        if line.is_heading and len(line.text) <= 3 * LONG:
            headings.append(index)
        if line.paper:
            linked.setdefault(line.paper, index)
    chosen = [index for index in linked.values() if lines[index].is_heading]
    if 2 * len(chosen) < len(linked):
        chosen = [index for index in linked.values() if len(lines[index].text) <= LONG]
        if 2 * len(chosen) < len(linked):
            chosen = []
    if 2 * len(chosen) < len(headings) and 2 * len(headings) >= (len(blocks(lines)) or 4):
        chosen = headings
    for index in chosen:
        lines[index] = replace(lines[index], is_title=True)
    return lines


def _may_be_title(line: Line) -> bool:
    if line.mark or SUBMITTER.fullmatch(line.folded) or is_furniture(line):
        return False
    return line.is_heading or not COUNT.fullmatch(line.folded)


def blocks(lines: Sequence[Line]) -> list[int]:
    """Where the metadata of each paper begin: numbers of authors, and dots before dates."""
    found: list[int] = []
    is_inside = False
    for index, line in enumerate(lines):
        mark = line.mark
        if mark and not is_inside and (mark.author_count is not None or mark.has_dot):
            found.append(index)
            is_inside = True
        is_inside = is_inside and mark is not None
    return found


def _with_counters(lines: Sequence[Line]) -> list[Line]:
    are_cards = _are_cards(lines)
    read: list[Line] = []
    counts: list[Line] = []  # counters between the last line of another kind and this one
    awaits_name = False
    for _index, line in enumerate(lines):
        match = None if line.is_title or line.given else SUBMITTER.fullmatch(line.folded)
        is_name = awaits_name and _is_name(line, are_cards=are_cards)
        awaits_name = bool(match and match["alone"] and match.end("alone") >= match.end() - 1)
        if match or is_name:
            if are_cards and match:
                read += _read_counts(counts, read, above_text=False)
                read.append(replace(line, given=Mark(None, None, False, begins_card=True)))
                counts = []
        elif VOTES.search(line.folded) and (votes := _count_of(line)) is not None:
            read.append(replace(line, given=Mark(None, None, has_dot=False, upvotes=votes)))
        elif are_cards and _count_of(line) is not None:
            counts.append(line)
        else:
            is_text = line.mark is None and not is_furniture(line)
            read += _read_counts(counts, read, above_text=is_text)
            counts = []
            read.append(line)
    return read + _read_counts(counts, read, above_text=False)


def _is_name(line: Line, *, are_cards: bool) -> bool:
    if line.is_title or not _is_short_text(line):
        return False
    most = 3 if are_cards else 1
    return len(line.text.split()) <= most and len(line.text) <= LONGEST_NAME


def _are_cards(lines: Sequence[Line]) -> bool:
    """Whether a submitter or a number of upvotes stands above each title."""
    details = blocks(lines)
    first = details[0] if details else len(lines)
    if any(SUBMITTER.fullmatch(line.folded) for line in lines[:first]):
        return True
    counters = [
        index
        for index, (line, after) in enumerate(pairwise(lines))
        if _count_of(line) is not None and _is_short_text(after)
    ]
    return 2 * len(counters) >= (len(details) or 4) and counters[0] < first


def _is_short_text(line: Line) -> bool:
    is_text = line.mark is None and not is_furniture(line)
    return is_text and _count_of(line) is None and len(line.text) <= LONG


def _read_counts(counts: Sequence[Line], before: Sequence[Line], *, above_text: bool) -> list[Line]:
    """Read counters that stand together: the last one above a text is a number of upvotes, and
    begins a card; the one below a date is a number of comments."""
    read: list[Line] = []
    *others, last = counts or (None,)
    for line in filter(None, [*others, None if above_text else last][:1]):
        mark = before[-1].mark if before else None
        is_below_details = mark is not None and not mark.begins_card
        number = _count_of(line)
        given = Mark(None, None, has_dot=False, comments=number)
        if not is_below_details:
            given = Mark(None, None, has_dot=False, upvotes=number)
        read.append(replace(line, given=given))
    if above_text and last:
        given = Mark(None, None, has_dot=False, begins_card=True, upvotes=_count_of(last))
        read.append(replace(last, given=given))
    return read
