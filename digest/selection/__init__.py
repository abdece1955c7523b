"""Which papers a digest holds: the window of new papers, the decision, and diversity. Pure."""

from digest.selection.decision import Plan, Ranked, why_left_out
from digest.selection.window import Window, window

__all__ = ["Plan", "Ranked", "Window", "why_left_out", "window"]
