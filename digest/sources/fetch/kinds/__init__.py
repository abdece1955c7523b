"""All that differs between sources: one module for each kind."""

from importlib import import_module
from typing import cast

from digest.model import Source
from digest.sources.fetch.exchange import Kind


def of(source: Source) -> Kind:
    """The module of a source's kind. It is imported only when it is needed."""
    name = source.kind.replace("-", "_")
    return cast(Kind, import_module(f"digest.sources.fetch.kinds.{name}"))
