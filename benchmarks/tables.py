"""Results as tables in Markdown, which are read on a terminal too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields

from benchmarks.machine import Machine
from benchmarks.measuring import Figure

COST = ("CPU s", "peak MB", "wall s")


def of_machine(machine: Machine) -> str:
    """What was measured on."""
    told = {each.name: getattr(machine, each.name) for each in fields(machine)}
    told["load"] = loads(machine.load)
    return table(("machine", ""), [(name.replace("_", " "), str(told[name])) for name in told])


def of_benchmark(
    name: str,
    figures: Sequence[Figure],
    seconds: float,
    load: tuple[tuple[float, ...], tuple[float, ...]],
) -> str:
    """The figures of a benchmark, each with its median and its spread."""
    before, after = map(loads, load)
    told = f"Took {seconds:.0f} s; load {before} before, {after} after."
    parts = (_costs(figures), _others(figures))
    return "\n\n".join([f"\n## {name}", *(part for part in parts if part), told])


def _costs(figures: Sequence[Figure]) -> str:
    """What each piece of work took, in one line each."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    for figure in figures:
        if figure.unit in COST:
            told = found.setdefault((figure.case, figure.subject), {"goal": ""})
            told[figure.unit] = spread(figure)
            told["goal"] += figure.goal
    rows = [
        (*named, *(told.get(unit, "") for unit in COST), told["goal"])
        for named, told in found.items()
    ]
    return table(("case", "subject", *COST, "goal"), rows) if rows else ""


def _others(figures: Sequence[Figure]) -> str:
    """What follows from the costs, and other measures."""
    rows = [
        (figure.case, figure.subject, spread(figure), figure.unit, figure.goal)
        for figure in figures
        if figure.unit not in COST
    ]
    return table(("case", "subject", "median", "unit", "goal"), rows) if rows else ""


def spread(figure: Figure) -> str:
    """The median, and the least and the most."""
    least, most = min(figure.values), max(figure.values)
    between = f" ({number(least)} to {number(most)})" if len(figure.values) > 1 else ""
    return number(figure.median) + between


def loads(load: Sequence[float]) -> str:
    """Load averages in a line."""
    return ", ".join(f"{each:.2f}" for each in load)


def number(value: float) -> str:
    """A number with three digits that count."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) < 10 else f"{value:.1f}"


def table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table whose columns are aligned."""
    lines = [headings, *rows]
    widths = [max(3, *(len(line[at]) for line in lines)) for at in range(len(headings))]
    drawn = []
    for line in lines:
        cells = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        drawn.append(f"| {' | '.join(cells)} |")
    rule = "|" + "|".join("-" * (width + 2) for width in widths) + "|"
    return "\n".join([drawn[0], rule, *drawn[1:]])
