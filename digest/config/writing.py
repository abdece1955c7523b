"""Settings as text for ``digest.toml``."""

import json
from collections.abc import Iterable, Mapping
from typing import Any


def sources_as_toml(sources: Iterable[Mapping[str, Any]]) -> str:
    """``[[sources]]`` of texts and lists of texts, which JSON writes as TOML does."""
    return "\n".join(
        "[[sources]]\n"
        + "".join(
            f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in one.items()
        )
        for one in sources
    )
