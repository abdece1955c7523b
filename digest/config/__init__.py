"""Settings from ``digest.toml`` and ``DIGEST_…`` variables, the types of fields, and messages."""

from digest.config.loading import load, unknown_variables
from digest.config.settings import Cluster, Delivery, Dkim, Settings, Smtp, Source
from digest.config.writing import sources_as_toml

__all__ = [
    "Cluster", "Delivery", "Dkim", "Settings", "Smtp", "Source", "load", "sources_as_toml",
    "unknown_variables",
]  # fmt: skip
