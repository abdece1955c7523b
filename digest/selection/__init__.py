"""Which papers a digest holds: the window of new papers, the decision, and diversity. Pure."""

from digest.selection.decision import (
    Expect,
    Judgement,
    Plan,
    Ranked,
    Window,
    expected_days,
    judge,
    passing,
    pick,
    plan,
    required,
    why_left_out,
    window,
)

__all__ = [
    "Expect",
    "Judgement",
    "Plan",
    "Ranked",
    "Window",
    "expected_days",
    "judge",
    "passing",
    "pick",
    "plan",
    "required",
    "why_left_out",
    "window",
]
