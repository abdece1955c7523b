"""The names of ``output`` as ``people`` still imports them."""

from digest.cli.output import COLOURS, console, escape, show_problems, table, track, waiting

__all__ = ["COLOURS", "console", "escape", "show_problems", "table", "track", "waiting"]
