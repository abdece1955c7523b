"""Settings of zotero-arxiv-daily: variables of the environment (``.env``, or the ``env:`` of a
workflow) as earlier versions have them, or the YAML of later ones. No value of a secret is told."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from digest.foreign import arxiv_categories, words
from digest.foreign.people import Person, Report, content, not_this
from digest.subscribers.yaml_document import Node, Plain
from digest.subscribers.yaml_recovery import read as read_yaml
from digest.text.clean import one_line

_WANTED = "give its .env, or config/custom.yaml"
_VARIABLE = re.compile(r"\s*(?:export\s+)?([A-Z][A-Z0-9_]{2,40})\s*[=:]\s*(.*?)\s*")
_CATEGORY = re.compile(r"[a-z-]{2,10}(?:\.[A-Za-z-]{2,17})?")
_ELSEWHERE = re.compile(r"\$\{.*\}|\?\?\?")
_MOST_PAPERS = 1000
_KEYS = {
    "ARXIV_QUERY": "source.arxiv.category",
    "RECEIVER": "email.receiver",
    "MAX_PAPER_NUM": "executor.max_paper_num",
    "SEND_EMPTY": "executor.send_empty",
    "ZOTERO_ID": "zotero",
    "ZOTERO_KEY": "zotero",
    "ZOTERO_IGNORE": "zotero.ignore_path",
    "SENDER": "email.sender",
    "SENDER_PASSWORD": "email.sender_password",
    "SMTP_SERVER": "email.smtp_server",
    "SMTP_PORT": "email.smtp_port",
    "USE_LLM_API": "llm",
    "OPENAI_API_KEY": "llm",
    "OPENAI_API_BASE": "llm",
    "MODEL_NAME": "llm",
    "LANGUAGE": "llm",
}
"""The variables, and where the YAML has the same."""
_CHOSEN = {"source.arxiv.category", "executor.max_paper_num", "executor.send_empty"}
_LOST = {
    "zotero": (
        "the Zotero library is not read from its server",
        "export it as BibTeX, then: digest suggest ID --from library.bib",
    ),
    "email.smtp": ("the mail server is a setting of digest.toml", "write it under [smtp]"),
    "email.sender_password": ("a password is not taken over", "set DIGEST_SMTP__PASSWORD"),
    "email.sender": ("the sender is a setting of digest.toml", "write it as `from`"),
    "llm": ("no language model is used: digests show sentences of the abstract", ""),
    "source.arxiv.include": ("papers listed across categories are always fetched", ""),
    "reranker": ("papers are ranked by words and phrases, not by embeddings", ""),
}
"""What has no place in a profile, by the beginnings of keys."""


class _Value(NamedTuple):
    line: int
    value: Any  # a text, number, switch, None, or a list of these


def people(path: Path, report: Report) -> Iterator[Person]:
    """The receivers of its mail. Raises ConfigError where it is no such file."""
    settings = _settings(content(path), report)
    if not any(key.startswith(("source.", "email.", "zotero")) for key in settings):
        raise not_this(path, "no settings of zotero-arxiv-daily", _WANTED)
    for key, found in settings.items():
        begin = next((known for known in _LOST if key.startswith(known)), "")
        if begin and found.value is not None:
            report.tell(found.line, *_LOST[begin])
    for key in _CHOSEN & settings.keys():
        if _is_elsewhere(settings[key]):
            line = settings.pop(key).line
            report.tell(line, f"the value of {key} stands in another place", "write it here")
    entry = {"schedule": {"every": "day", "at": "22:00"}, **_choices(settings, report)}
    receivers = settings.get("email.receiver", _Value(0, None))
    given = "" if _is_elsewhere(receivers) else str(receivers.value or "")
    if _is_elsewhere(receivers):
        remedy = "give it: --email name@example.org"
        report.tell(receivers.line, "the receiver stands in another place", remedy)
    addresses = list(filter(None, re.split(r"[,;\s]+", given)))
    for address in addresses:
        where = f"{report.file}:{receivers.line}"
        yield Person(where, address, {"email": address, **entry})
    if not addresses:
        yield Person(report.file, "reader", entry)


def _choices(settings: Mapping[str, _Value], report: Report) -> dict[str, Any]:
    """Interests and limits; the sources are added to the report."""
    entry: dict[str, Any] = {}
    interests: list[Any] = []
    if categories := _categories(settings, report):
        interests += arxiv_categories.interests(categories)
        report.sources.append({"kind": "arxiv", "categories": categories})
    for server in ("biorxiv", "medrxiv"):
        names = _listed(settings.get(f"source.{server}.category"))
        if names:
            interests += ({"category": name} for name in names)
            source = {"kind": "biorxiv", "name": server, "server": server, "categories": names}
            report.sources.append(source)
    if interests:
        entry["interests"] = interests
    if (found := settings.get("executor.max_paper_num")) and found.value is not None:
        limit = _number(found.value)
        if limit is None or not 1 <= limit <= _MOST_PAPERS:
            report.tell(found.line, f"a digest holds at most {_MOST_PAPERS:,} papers")
            limit = _MOST_PAPERS
        entry["limit"] = limit
    if found := settings.get("executor.send_empty"):
        entry["send_empty"] = str(found.value).casefold() in ("true", "1", "yes")
    return entry


def _categories(settings: Mapping[str, _Value], report: Report) -> list[str]:
    found = settings.get("source.arxiv.category")
    names = _listed(found)
    for name in names:
        if found and not _CATEGORY.fullmatch(name):
            report.tell(found.line, f"{words.shown(name)} is no category of arXiv")
    return [name for name in names if _CATEGORY.fullmatch(name)]


def _listed(found: _Value | None) -> list[str]:
    """A list, or text with ``+`` between its items, as arXiv's own queries have it."""
    if found is None or found.value is None:
        return []
    if isinstance(found.value, list):
        names = [one_line(str(each)) for each in found.value]
    else:
        names = [part.removeprefix("cat:") for part in re.split(r"[+\s,]+", str(found.value))]
    return [name for name in dict.fromkeys(names) if name and name != "OR"]


def _is_elsewhere(found: _Value) -> bool:
    return _ELSEWHERE.fullmatch(str(found.value)) is not None


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None


def _settings(data: bytes, report: Report) -> dict[str, _Value]:
    """Settings by the keys of the YAML, as ``source.arxiv.category``."""
    text = data.decode("utf-8-sig", "replace")
    variables = {
        match[1]: _Value(number, _unquoted(match[2]))
        for number, line in enumerate(text.splitlines(), 1)
        if (match := _VARIABLE.fullmatch(line))
    }
    if variables.keys() & _KEYS.keys():
        return {
            key: found
            for name, found in variables.items()
            if (key := _KEYS.get(name)) and found.value
        }
    document = read_yaml(data)
    for line, what, remedy in document.faults:
        report.tell(line, f"this line is not read: {what}", remedy)
    return dict(_flat(document.root, "")) if document.root else {}


def _unquoted(text: str) -> str:
    if len(text) > 1 and text[0] in "'\"" and text[0] == text[-1]:
        return text[1:-1]
    return text.partition(" #")[0].strip()


def _flat(node: Node, path: str) -> Iterator[tuple[str, _Value]]:
    """The values of a document, each with its keys joined by dots."""
    match node.value:
        case dict() as inner:
            for key, each in inner.items():
                yield from _flat(each, f"{path}.{key}" if path else key)
        case list() as items:
            yield path, _Value(node.line, [_plain(each.value) for each in items])
        case _:
            yield path, _Value(node.line, _plain(node.value))


def _plain(value: object) -> object:
    return value.value if isinstance(value, Plain) else value
