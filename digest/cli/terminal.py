"""The names of ``output`` as ``people`` still uses them."""

from rich.markup import escape
from rich.table import Table

from digest.cli import output
from digest.cli.output import console

__all__ = ["console", "escape", "table"]


def table(*headings: str) -> Table:
    """Return a table without rows."""
    return output.table(headings, ())
