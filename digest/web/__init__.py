"""The web server of a service: feeds and pages, unsubscribing and health. It reads neither
``X-Forwarded-…`` nor ``Host`` and builds no absolute URL, so that any proxy may stand before it."""

from digest.web.app import WebContext, application
from digest.web.server import listen, serving

__all__ = ["WebContext", "application", "listen", "serving"]
