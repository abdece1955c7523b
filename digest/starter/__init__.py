"""What a new home begins with: profiles, settings and sample dumps."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).resolve().parent
_CHECKOUT = _HERE.parent.parent


def files() -> dict[str, bytes]:
    """Each file of a new home by its path there."""
    dumps = _first(_HERE / "inbox", _CHECKOUT / "examples" / "dumps")
    found = {
        name: _first(_HERE / name, _CHECKOUT / name).read_bytes()
        for name in ("subscribers.yaml", "subscribers.schema.json")
    }
    found["digest.toml"] = (_HERE / "digest.toml").read_bytes()
    for path in sorted(dumps.iterdir()):
        if path.is_file() and path.suffix != ".md":
            found[f"inbox/{path.name}"] = path.read_bytes()
    return found


def _first(installed: Path, checkout: Path) -> Path:
    """In an installed package the files lie inside it, in a checkout at the top."""
    return installed if installed.exists() else checkout
