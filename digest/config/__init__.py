"""Settings from ``digest.toml`` and ``DIGEST_…`` variables, the types of fields, and messages."""

from digest.config.loading import load, unknown_variables
from digest.config.settings import Delivery, Dkim, Settings, Smtp, Source

__all__ = ["Delivery", "Dkim", "Settings", "Smtp", "Source", "load", "unknown_variables"]
