"""Settings from ``digest.toml`` and ``DIGEST_…`` variables, the types of fields, and messages."""

from __future__ import annotations

from digest.config.loading import load, unknown_variables
from digest.config.settings import Delivery, Dkim, Feeds, Log, Settings, Smtp, Source, Web

__all__ = [
    "Delivery",
    "Dkim",
    "Feeds",
    "Log",
    "Settings",
    "Smtp",
    "Source",
    "Web",
    "load",
    "unknown_variables",
]
