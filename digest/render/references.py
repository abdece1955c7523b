"""Papers as BibTeX and RIS, and as the OpenURL of a COinS span, for reference managers.

All three are UTF-8 and depend on the papers alone. Citation keys are ``surname2026word``; where two
papers of one file have the same key, the later one (by its number in the ledger) gets ``a`` after
it, the next ``b``. So keys stay as they are while a file grows.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Literal
from urllib.parse import quote, urlencode

from digest.model import Paper, PaperId
from digest.render import wording
from digest.render.names import Name, name_of
from digest.text.clean import one_line, plain
from digest.text.subjects import is_arxiv_category
from digest.text.terms import fold

Kind = Literal["article", "inproceedings", "eprint", "misc"]

_JOURNAL = re.compile(
    r"journal|transactions|letters|reviews?\b|annals|magazine"
    r"|proceedings of the (?:national academy|royal society|ieee$|vldb|acm on|london math"
    r"|american math|edinburgh math|institution)",
    re.IGNORECASE,
)
_CONFERENCE = re.compile(
    r"proceedings|\bproc\.|conference|symposi|workshop|congress|\bmeeting\b|findings of"
    r"|\b(?:aaai|aamas|acl|aistats|asru|bmvc|chi|cikm|coling|colm|colt|conll|corl|cvpr|eacl|eccv"
    r"|ecai|ecml|emnlp|fat\*|facct|focs|fse|icassp|icccn|iccv|icde|icdm|iclr|icml|icra|icse|icwsm"
    r"|ijcai|ijcnlp|interspeech|iros|isca|ismir|kdd|lrec|miccai|mlsys|naacl|neurips|nips|nsdi|osdi"
    r"|pldi|podc|pods|popl|recsys|rss|siggraph|sigir|sigmod|soda|sosp|stoc|tacas|uai|usenix|wacv"
    r"|wsdm|wmt|www)\b",
    re.IGNORECASE,
)
_RIS_TYPES = {"article": "JOUR", "inproceedings": "CPAPER", "eprint": "UNPB", "misc": "GEN"}
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905 - as names
_SPECIAL, _BRACE = re.compile(r"[\\{}$&%#_~^]"), re.compile(r"[{}]")
_ESCAPED = {"\\": "\\textbackslash{}", "~": "\\textasciitilde{}", "^": "\\textasciicircum{}"}
_NOT_LETTER = re.compile(r"[^a-z0-9]+")
_WORD = re.compile(r"[^\W_]+")
_SMALL = re.compile(
    "an?|and|are|as|at|by|can|do|does|for|from|how|in|into|is|its?|of|on|or|the|their|to|towards?"
    "|using|via|we|what|when|where|which|who|why|with|without"
)


@dataclass(frozen=True, slots=True)
class Reference:
    """What reference managers know of a paper: clean text, each on one line but the abstract."""

    paper: PaperId
    kind: Kind
    title: str
    names: tuple[Name, ...]
    is_complete: bool  # whether `names` are all its authors
    published: date | None
    venue: str
    doi: str
    arxiv_id: str
    arxiv_class: str
    url: str
    pdf: str
    code: str
    abstract: str  # with a blank line between paragraphs
    keywords: tuple[str, ...]
    note: str

    @property
    def key(self) -> str:
        """The citation key, in ASCII: ``hopper2026pruning``."""
        words = (_ascii(word) for word in _WORD.findall(self.title))
        word = next((word for word in words if word and not _SMALL.fullmatch(word)), "")
        surname = _ascii(self.names[0].surname) if self.names else ""
        return f"{surname or 'anon'}{self.published.year if self.published else 'nd'}{word}"


def _ascii(text: str) -> str:
    return _NOT_LETTER.sub("", fold(text))


@lru_cache(maxsize=5_000)
def reference(paper: Paper) -> Reference:
    """What reference managers are told of a paper."""
    venue, doi = one_line(paper.venue or ""), one_line(paper.doi or "")
    links = wording.addresses(paper)
    names = tuple(map(name_of, filter(None, map(one_line, paper.authors))))
    labels = [*paper.keywords, *paper.categories]
    return Reference(
        paper=paper.id,
        kind=_kind(venue, paper),
        title=one_line(paper.title) or "Untitled",
        names=names,
        is_complete=len(names) >= (paper.author_count or 0),
        published=paper.published,
        venue=venue,
        doi=quote(doi, safe="!$&'()*+,-./:;<=>@[]_~") if "{" in doi or "}" in doi else doi,
        arxiv_id=paper.arxiv_id or "",
        arxiv_class=next(filter(is_arxiv_category, paper.categories), ""),
        url=links.get("Abstract") or links.get("PDF", ""),
        pdf=links.get("PDF", ""),
        code=links.get("Code", ""),
        abstract=plain(paper.abstract),
        keywords=tuple(dict.fromkeys(filter(None, map(one_line, labels)))),
        note=paper.standing.capitalize() if paper.standing else "",
    )


def _kind(venue: str, paper: Paper) -> Kind:
    if venue:
        is_conference = _CONFERENCE.search(venue) and not _JOURNAL.search(venue)
        return "inproceedings" if is_conference else "article"
    return "eprint" if paper.arxiv_id else "misc"


# --- BibTeX ------------------------------------------------------------------------------


def bibtex(papers: Iterable[Paper]) -> str:
    """A BibTeX library of papers, in their order; one that comes again is left out."""
    return "\n".join(bibtex_entries(_each_once(papers)))


def bibtex_entries(papers: Sequence[Paper], *, abstracts: bool = True) -> list[str]:
    """The entry of each of these different papers in one library."""
    keys = _keys(sorted(papers, key=lambda paper: paper.key))
    parts = ((keys[paper.id], *_entry(paper)) for paper in papers)
    return [
        f"{start}{key}{fields}{abstract if abstracts else ''}}}\n"
        for key, start, fields, abstract in parts
    ]


def bibtex_pieces(papers: Iterable[Paper]) -> Iterator[str]:
    """A BibTeX library of any length in pieces, of papers that come once each and in the order of
    their numbers in the ledger."""
    used: dict[str, int] = {}
    for paper in papers:
        start, fields, abstract = _entry(paper)
        yield f"{start}{_unused(reference(paper).key, used)}{fields}{abstract}}}\n\n"


def _each_once(papers: Iterable[Paper]) -> list[Paper]:
    """Papers found later to be one may stand in two digests."""
    return [*{paper.id: paper for paper in papers}.values()]


def _keys(papers: Iterable[Paper]) -> dict[PaperId, str]:
    """The citation key of each paper."""
    used: dict[str, int] = {}
    return {paper.id: _unused(_key(paper), used) for paper in papers}


@lru_cache(maxsize=5_000)
def _key(paper: Paper) -> str:
    return reference(paper).key


def _unused(key: str, used: dict[str, int]) -> str:
    """The key, with letters after it where it is used. ``used`` has the number of the last letters
    that each key got."""
    number = used.get(key, -1) + 1
    while (found := key + _letters(number)) in used:
        number += 1
    used[key] = number
    used.setdefault(found, 0)
    return found


def _letters(number: int) -> str:
    """``a`` to ``z`` for 1 to 26, then ``aa`` and so on; "" for 0."""
    letters = ""
    while number:
        number, letter = divmod(number - 1, 26)
        letters = chr(ord("a") + letter) + letters
    return letters


@lru_cache(maxsize=5_000)
def _entry(paper: Paper) -> tuple[str, str, str]:
    """What stands before the key of an entry, what after it, and the abstract."""
    found = reference(paper)
    kind = "misc" if found.kind == "eprint" else found.kind
    lines = [f"  {name} = {value},\n" for name, value in _fields(found)]
    text = "\n\n".join(map(_paragraph, found.abstract.split("\n\n")))
    return f"@{kind}{{", f",\n{''.join(lines)}", f"  abstract = {{{text}}},\n" if text else ""


def _fields(found: Reference) -> Iterator[tuple[str, str]]:
    """The fields of an entry with a value. Addresses and ids are never escaped in BibTeX."""
    when = found.published
    authors = [_author(name) for name in found.names]
    others = ["others"] if authors and not found.is_complete else []
    labels = (f"{{{_tex(each)}}}" if "," in each else _tex(each) for each in found.keywords)
    values = (
        ("title", _protected(found.title)),
        ("author", " and ".join([*authors, *others])),
        ("journal", _tex(found.venue) if found.kind == "article" else ""),
        ("booktitle", _tex(found.venue) if found.kind == "inproceedings" else ""),
        ("year", str(when.year) if when else ""),
        ("month", _MONTHS[when.month - 1] if when else ""),
        ("day", str(when.day) if when else ""),
        ("eprint", found.arxiv_id),
        ("archiveprefix", "arXiv" if found.arxiv_id else ""),
        ("primaryclass", found.arxiv_class if found.arxiv_id else ""),
        ("doi", found.doi),
        ("url", found.url),
        ("pdf", found.pdf),
        ("code", found.code),
        ("keywords", ", ".join(labels)),
        ("note", found.note),
    )
    for name, value in values:
        if value:
            yield name, value if name == "month" else f"{{{value}}}"


def _author(name: Name) -> str:
    if name.is_whole:
        return f"{{{_tex(name.surname)}}}"
    return ", ".join(filter(None, map(_tex, (name.surname, name.suffix, name.given))))


def _protected(title: str) -> str:
    """A title with braces around words whose capitals no style may take away. Where most words are
    small, each capital is one of them: the title is not written in capitals for show."""
    words = title.split()
    plain_words = [word for word in words[1:] if len(word) > 3 and word[1:].islower()]
    telling = [word for word in plain_words if not _SMALL.fullmatch(word.lower())]
    is_sentence = sum(word[0].isupper() for word in telling) * 2 <= len(telling)
    return " ".join(
        f"{{{_tex(word)}}}"
        if any(map(str.isupper, word[1:])) or (at and is_sentence and word[0].isupper())
        else _tex(word)
        for at, word in enumerate(words)
    )


def _paragraph(text: str) -> str:
    """A paragraph; a sign that could begin another entry does not begin its line."""
    return f"{{}}{_tex(text)}" if text.startswith("@") else _tex(text)


def _tex(text: str) -> str:
    """A text whose every character stands for itself in TeX."""
    escaped = _SPECIAL.sub(lambda sign: _ESCAPED.get(sign[0], f"\\{sign[0]}"), text)
    if _is_balanced(text):
        return escaped
    return escaped.replace("\\{", "\\textbraceleft{}").replace("\\}", "\\textbraceright{}")


def _is_balanced(text: str) -> bool:
    """Whether each brace has its other one: BibTeX counts braces behind a backslash, too."""
    depth = 0
    for brace in _BRACE.findall(text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


# --- RIS ---------------------------------------------------------------------------------


def ris(papers: Iterable[Paper]) -> str:
    """An RIS library of papers, in their order; one that comes again is left out."""
    return "".join(ris_pieces(_each_once(papers)))


def ris_pieces(papers: Iterable[Paper]) -> Iterator[str]:
    """An RIS library of any length in pieces, of papers that come once each."""
    return map(ris_entry, papers)


def ris_entry(paper: Paper, *, abstract: bool = True) -> str:
    """The entry of a paper."""
    lines, text = _lines(paper)
    return f"{lines}{text if abstract else ''}ER  - \r\n\r\n"


@lru_cache(maxsize=5_000)
def _lines(paper: Paper) -> tuple[str, str]:
    """The lines of an entry of RIS, and that of the abstract. A line holds one value, whatever its
    length."""
    found = reference(paper)
    when = found.published
    values = (
        ("TY", _RIS_TYPES[found.kind]),
        ("TI", found.title),
        *(("AU", _comma_name(name)) for name in found.names),
        ("PY", str(when.year) if when else ""),
        ("DA", f"{when:%Y/%m/%d}" if when else ""),
        ("JO" if found.kind == "article" else "T2", found.venue),
        ("DO", found.doi),
        ("AN", f"arXiv:{found.arxiv_id}" if found.arxiv_id else ""),
        ("UR", found.url.replace(";", "%3B")),  # which separates several in RIS
        ("L1", found.pdf.replace(";", "%3B")),
        ("N1", f"Code: {found.code}" if found.code else ""),
        ("N1", found.note),
        *(("KW", label) for label in found.keywords),
    )
    lines = [f"{tag}  - {value}\r\n" for tag, value in values if value]
    text = found.abstract.replace("\n\n", " ")
    return "".join(lines), f"AB  - {text}\r\n" if text else ""


def _comma_name(name: Name) -> str:
    return ", ".join(filter(None, (name.surname, name.given, name.suffix)))


# --- OpenURL -----------------------------------------------------------------------------


@lru_cache(maxsize=5_000)
def open_url(paper: Paper) -> str:
    """The OpenURL (ANSI/NISO Z39.88-2004) of a paper, as the title of a COinS span. Articles and
    papers of conferences have a format of their own, anything else has Dublin Core. The abstract is
    left out: the former have no place for one."""
    found = reference(paper)
    doi = found.doi or (f"10.48550/arXiv.{found.arxiv_id}" if found.arxiv_id else "")
    form, name, title, venue, *kind = _FORMATS[found.kind]
    values = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", f"info:ofi/fmt:kev:mtx:{form}"),
        (kind[0], kind[1]),
        (title, found.title),
        (venue, found.venue),
        *((name, _comma_name(each)) for each in found.names),
        ("rft.date", str(found.published or "")),
        ("rft_id", f"info:doi/{doi}" if doi else ""),
        ("rft_id", found.url),
    ]
    return urlencode([(key, value) for key, value in values if value], quote_via=quote, safe="")


_FORMATS = {
    "article": ("journal", "rft.au", "rft.atitle", "rft.jtitle", "rft.genre", "article"),
    "inproceedings": ("book", "rft.au", "rft.atitle", "rft.btitle", "rft.genre", "proceeding"),
    "eprint": ("dc", "rft.creator", "rft.title", "rft.source", "rft.type", "preprint"),
    "misc": ("dc", "rft.creator", "rft.title", "rft.source", "rft.type", "document"),
}
"""For each kind, the format, and its keys for authors, title, venue and what it is."""
