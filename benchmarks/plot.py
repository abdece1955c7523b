"""A plot of CPU by readers: ``python -m benchmarks.plot RESULTS.json PLOT.svg``.

RESULTS is what ``python -m benchmarks --json run million`` has printed. Both axes are logarithmic.
"""

from __future__ import annotations

import json
import math
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

COLOURS = ("#1b6ca8", "#c8553d", "#2f855a", "#7c4d9f", "#8a6d1a", "#555555")
LEFT, TOP, WIDTH, HEIGHT = 62, 18, 560, 330
_READERS = re.compile(r",? ?[\d,]+ readers( all in)?,?")

Points = list[tuple[float, float]]


def main(results: str, plot: str) -> None:
    """Draw what was measured."""
    found = lines(json.loads(Path(results).read_text("utf-8")))
    Path(plot).write_text(draw(found), "utf-8")


def lines(results: Mapping[str, Any]) -> dict[str, Points]:
    """Readers and median CPU, by what was done and by whom."""
    found: dict[str, Points] = {}
    for benchmark in results["benchmarks"].values():
        for figure in benchmark["figures"]:
            if figure["readers"]:
                case = _READERS.sub("", figure["case"]).strip(" ,")
                point = float(figure["readers"]), float(figure["median"])
                found.setdefault(f"{figure['subject']}: {case}", []).append(point)
    return {name: sorted(points) for name, points in found.items()}


def draw(found: Mapping[str, Sequence[tuple[float, float]]]) -> str:
    """The plot as SVG."""
    across = Axis([x for points in found.values() for x, _ in points], LEFT, LEFT + WIDTH)
    up = Axis([y for points in found.values() for _, y in points], TOP + HEIGHT, TOP)
    size = f"0 0 {LEFT + WIDTH + 36} {TOP + HEIGHT + 58 + 18 * len(found)}"
    style = 'font-family="sans-serif" font-size="12"'
    drawn = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="{size}" {style} role="img">',
        "<title>Seconds of CPU for a pass, by the number of readers</title>",
        '<rect width="100%" height="100%" fill="#fff"/>',
    ]
    for tick in across.ticks:
        at = f"{across(tick):.0f}"
        drawn += [
            f'<path d="M{at} {TOP}V{TOP + HEIGHT}" stroke="#ddd"/>',
            f'<text x="{at}" y="{TOP + HEIGHT + 18}" text-anchor="middle">{tick:,.0f}</text>',
        ]
    for tick in up.ticks:
        at = f"{up(tick):.0f}"
        drawn += [
            f'<path d="M{LEFT} {at}H{LEFT + WIDTH}" stroke="#ddd"/>',
            f'<text x="{LEFT - 8}" y="{at}" dy="4" text-anchor="end">{tick:,g}</text>',
        ]
    middle, turned = LEFT + WIDTH / 2, f"translate(14 {TOP + HEIGHT / 2:.0f}) rotate(-90)"
    drawn += [
        f'<text x="{middle:.0f}" y="{TOP + HEIGHT + 38}" text-anchor="middle">readers</text>',
        f'<text transform="{turned}" text-anchor="middle">seconds of CPU</text>',
    ]
    for number, (name, points) in enumerate(found.items()):
        colour, below = COLOURS[number % len(COLOURS)], TOP + HEIGHT + 60 + 18 * number
        places = [(f"{across(x):.0f}", f"{up(y):.0f}") for x, y in points]
        joined = " ".join(f"{x},{y}" for x, y in places)
        dashed = ' stroke-dasharray="5 3"' if number >= len(COLOURS) else ""
        line = f'fill="none" stroke="{colour}" stroke-width="2"{dashed}'
        drawn.append(f'<polyline points="{joined}" {line}/>')
        drawn += [f'<circle cx="{x}" cy="{y}" r="3" fill="{colour}"/>' for x, y in places]
        drawn.append(f'<path d="M{LEFT} {below - 4}h24" {line}/>')
        drawn.append(f'<text x="{LEFT + 32}" y="{below}">{escape(name)}</text>')
    return "\n".join([*drawn, "</svg>", ""])


class Axis:
    """A logarithmic axis from a power of ten to another one."""

    def __init__(self, values: Sequence[float], begin: float, end: float) -> None:
        positive = [value for value in values if value > 0] or [1.0]
        self._low = math.floor(math.log10(min(positive)))
        self._high = max(math.ceil(math.log10(max(positive))), self._low + 1)
        self._begin, self._end = begin, end
        self.ticks = [10.0**power for power in range(self._low, self._high + 1)]

    def __call__(self, value: float) -> float:
        """Where a value stands."""
        share = (math.log10(max(value, 10.0**self._low)) - self._low) / (self._high - self._low)
        return self._begin + share * (self._end - self._begin)


if __name__ == "__main__":
    main(*sys.argv[1:])
