"""Entries that stand on one line of a file each, or are one row of a table; and JSON as values in
which numbers keep their spelling."""

import json
from dataclasses import dataclass
from typing import Any

from digest.subscribers.yaml_document import Plain

_WORDS = {"true": Plain("true", True), "false": Plain("false", False), "null": Plain("null", None)}


@dataclass(frozen=True, slots=True)
class Row:
    """An entry, or a part of one, with the number of its line or row."""

    line: int
    value: Any
    """Text, ``Plain``, or a list or mapping of such values."""

    def plain(self) -> Any:
        """The value."""
        return self.value

    def find(self, path: tuple[int | str, ...]) -> "Row":
        """The value at the end of ``path``. Parts that name nothing in it are passed over."""
        value = self.value
        for part in path:
            if isinstance(value, dict):
                value = value.get(part, value)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part]
        return Row(self.line, value)


class JsonReader:
    """Reads JSON texts one after the other."""

    def __init__(self) -> None:
        self._twice: list[str] = []
        self._decode = json.JSONDecoder(
            object_pairs_hook=self._mapping,
            parse_int=lambda spelled: Plain(spelled, int(spelled)),
            parse_float=lambda spelled: Plain(spelled, float(spelled)),
            parse_constant=lambda spelled: Plain(spelled, float(spelled)),
        ).decode

    def read(self, text: str) -> tuple[Any, list[str]]:
        """The value, and the keys that stand twice in one of its objects.

        Raises:
            ValueError: It is not JSON; ``json.JSONDecodeError`` says where.
            RecursionError: It has too many levels.
        """
        self._twice = []
        value = self._decode(text)
        if any(word in text for word in _WORDS):
            value = _with_words(value)
        return value, self._twice

    def _mapping(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found = dict(pairs)
        if len(found) < len(pairs):
            twice = next(key for n, (key, _) in enumerate(pairs) if key in dict(pairs[:n]))
            self._twice.append(twice)
        return found


def _with_words(value: Any) -> Any:
    """The value with ``Plain`` for ``true``, ``false`` and ``null``."""
    if isinstance(value, dict):
        return {key: _with_words(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_with_words(each) for each in value]
    return _WORDS[json.dumps(value)] if value is None or isinstance(value, bool) else value
