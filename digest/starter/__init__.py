"""What a new home begins with: profiles, settings, and sample dumps or sources."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parent.parent
_DUMPS = _CHECKOUT / "examples" / "dumps"
_SOURCES = re.compile(r"# \[\[sources\]\].*(?=# \[fetch\])", re.DOTALL)


def files(sources: Sequence[str] = ()) -> dict[str, bytes]:
    """Each file of a new home by its path there. ``sources``: sections of TOML that switch sources
    on. With them there are no sample dumps, whose papers would get mixed up with those fetched."""
    found = {
        name: _first(_HERE / name, _CHECKOUT / name).read_bytes()
        for name in ("subscribers.yaml", "subscribers.schema.json")
    }
    settings = (_HERE / "digest.toml").read_text("utf-8")
    if sources:
        settings = _SOURCES.sub(lambda _: "".join(f"{each}\n" for each in sources), settings)
    found["digest.toml"] = settings.encode()
    for path in [] if sources else sorted(_first(_HERE / "inbox", _DUMPS).iterdir()):
        if path.is_file() and path.suffix != ".md":
            found[f"inbox/{path.name}"] = path.read_bytes()
    return found


def _first(installed: Path, checkout: Path) -> Path:
    """In an installed package the files lie inside it, in a checkout at the top."""
    return installed if installed.exists() else checkout
