"""``[[sources]]`` as text to copy into ``digest.toml``."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def as_toml(sources: Iterable[Mapping[str, Any]]) -> str:
    """Tables of texts and lists of texts. JSON writes them as TOML does."""
    return "\n".join(
        "[[sources]]\n"
        + "".join(
            f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in one.items()
        )
        for one in sources
    )
