"""What a service answers over HTTP: published files, unsubscribing, whether it is well.

It knows nothing of proxies: it never looks at ``X-Forwarded-…`` or ``Host`` and builds no
absolute address, so it does not matter what stands in front of it.
"""

from __future__ import annotations

from digest.web.app import Desk, Refusals, application
from digest.web.server import listen, serving

__all__ = ["Desk", "Refusals", "application", "listen", "serving"]
