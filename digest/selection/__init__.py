"""Which papers a digest holds: the window of new papers, the decision, and diversity. Pure."""

from digest.selection.decision import Plan, Ranked, plan, why_left_out
from digest.selection.window import Window, expected_days, window

__all__ = ["Plan", "Ranked", "Window", "expected_days", "plan", "why_left_out", "window"]
