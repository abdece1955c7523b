"""What one more reader costs in `digest run`, beside the pass of an afternoon.

The slope of CPU between a home of fewer and one of more readers leaves out what a pass costs
whoever is in it; start-up counts where 1,000 readers are measured all in. The baseline, `benchmarks
.afternoon`, writes mail and three feeds a reader. In ``files`` mode the program writes more than
that: a page of each digest and an index beside the mail and the feeds; in ``serve`` mode it writes
mail alone, and is compared with both kinds of the baseline.
"""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

from benchmarks import homes
from benchmarks.measuring import (
    Cost,
    Figure,
    Options,
    Scale,
    alternate,
    cost_figures,
    ratios,
    run_process,
    slopes,
)

PLAIN, MAIL_ONLY = "plain: mail and feeds", "plain: mail alone"
A_READER = "CPU ms a reader"


WAYS = {
    ("serve", "disk"): "at least 12",
    ("serve", "tmpfs"): "at least 25, aim 50",
    ("files", "disk"): "at least 4",
}
"""The mode, the place of what is written, and how many times as much the baseline should take."""
PLAIN_WAYS = ((PLAIN, "disk"), (PLAIN, "tmpfs"), (MAIL_ONLY, "disk"))


@dataclass(frozen=True)
class Size:
    """How much is measured."""

    ours: tuple[int, int]  # readers, fewer and more
    theirs: tuple[int, int]
    interests: tuple[int, ...]
    all_in: int
    ways: tuple[tuple[str, str], ...] = tuple(WAYS)
    plain_ways: tuple[tuple[str, str], ...] = PLAIN_WAYS


SIZES = {
    Scale.FULL: Size((2_000, 20_000), (200, 1_000), (15, 5_000), 1_000),
    Scale.QUICK: Size(
        (200, 700), (10, 40), (15,), 100, (("serve", "tmpfs"), ("files", "disk")), PLAIN_WAYS[:1]
    ),
    Scale.TINY: Size((2, 4), (2, 3), (15,), 2, (("serve", "disk"),), PLAIN_WAYS[:1]),
}


class Way(NamedTuple):
    """One of the alternatives."""

    subject: str
    mode: str
    place: str
    readers: int


def measure(options: Options) -> Iterator[Figure]:
    """The slopes for few and for many interests, then a pass with its start-up."""
    size = SIZES[options.scale]
    for interests in size.interests:
        yield from _slopes(options, size, interests)
    yield from _all_in(options, size)


def _slopes(options: Options, size: Size, interests: int) -> Iterator[Figure]:
    ways: dict[Way, Callable[[], Cost]] = {}
    for mode, place in size.ways:
        for subject, checkout in options.versions().items():
            for readers in size.ours:
                plan = homes.Plan(readers, interests, mode=mode, given=options.papers)
                home = _prepared(options, plan, subject, checkout)
                way = Way(subject, mode, place, readers)
                ways[way] = partial(_ours, home, _where(options, place), plan, checkout)
    for subject, place in size.plain_ways:
        for readers in size.theirs:
            home = _written(options, homes.Plan(readers, interests, given=options.papers))
            way = Way(subject, "", place, readers)
            ways[way] = partial(_theirs, home, _where(options, place), feeds=subject == PLAIN)
    costs = alternate(ways, options.alternations())
    yield from _compared(costs, size, f"email and feed, {interests:,} interests")


def _compared(costs: Mapping[Way, list[Cost]], size: Size, case: str) -> Iterator[Figure]:
    """The costs of all ways, their slopes, and what the slopes of the baselines are times ours."""
    for way, spent in costs.items():
        named = f"{case}, {_name(way)}, {way.readers:,} readers"
        yield from cost_figures(named, way.subject, spent, readers=way.readers)
    slope: dict[tuple[str, str, str], tuple[float, ...]] = {}
    for way in costs:
        pair = size.theirs if way.subject in {PLAIN, MAIL_ONLY} else size.ours
        if way.readers == pair[0]:
            more = costs[way._replace(readers=pair[1])]
            slope[way[:3]] = slopes(costs[way], more, pair[1] - pair[0])
            yield Figure(f"{case}, {_name(way)}", way.subject, A_READER, slope[way[:3]])
    for (subject, mode, place), own in slope.items():
        if not mode:
            continue
        named = f"{case}, {mode} mode, {place}"
        goal = WAYS[mode, place] if subject == "digest" else ""
        theirs = slope.get((PLAIN, "", place)) or slope[PLAIN, "", "disk"]
        yield Figure(named, f"{PLAIN} / {subject}", "times", ratios(own, theirs), goal)
        alone = slope.get((MAIL_ONLY, "", place))
        if mode == "serve" and alone:
            yield Figure(named, f"{MAIL_ONLY} / {subject}", "times", ratios(own, alone))


def _name(way: Way) -> str:
    return f"{way.mode} mode, {way.place}" if way.mode else way.place


def _all_in(options: Options, size: Size) -> Iterator[Figure]:
    """A pass of 1,000 readers with everything that starting takes."""
    readers, case = size.all_in, f"{size.all_in:,} readers all in, disk"
    plan = homes.Plan(readers, 15, mode="serve", given=options.papers)
    ways: dict[str, Callable[[], Cost]] = {}
    where = _where(options, "disk")
    for subject, checkout in options.versions().items():
        written = _written(options, plan)
        imported = _prepared(options, plan, subject, checkout)
        ways[f"{subject}, serve mode"] = partial(_ours, imported, where, plan, checkout)
        ways[f"{subject}, serve mode, import included"] = partial(
            _imported_and_run, written, where, plan, checkout
        )
    ways[PLAIN] = partial(_theirs, _written(options, plan), where, feeds=True)
    costs = alternate(ways, options.alternations())
    for subject, spent in costs.items():
        yield from cost_figures(case, subject, spent, readers=readers)
    theirs = [each.cpu for each in costs[PLAIN]]
    for subject, spent in costs.items():
        if subject != PLAIN:
            times = ratios([each.cpu for each in spent], theirs)
            goal = "at least 6" if subject == "digest, serve mode" else ""
            yield Figure(case, f"{PLAIN} / {subject}", "times", times, goal)


# --- homes and passes --------------------------------------------------------------------


def _where(options: Options, place: str) -> Path:
    return (options.folder if place == "disk" else options.memory) / "home"


def _written(options: Options, plan: homes.Plan) -> Path:
    """A home in which nobody is imported; made once."""
    home = options.folder / f"written-{plan.readers}-{plan.interests}"
    return home if home.exists() else homes.write(home, plan)


def _prepared(options: Options, plan: homes.Plan, subject: str, checkout: Path) -> Path:
    """A home whose readers are imported; made once for each version."""
    home = options.folder / f"{subject}-{plan.readers}-{plan.interests}"
    return home if home.exists() else homes.with_readers(home, plan, checkout=checkout)


def _ours(home: Path, where: Path, plan: homes.Plan, checkout: Path) -> Cost:
    homes.copy(home, where, plan)
    os.sync()
    cost = homes.run(where, checkout=checkout)
    assert homes.mails(where) == plan.readers, (homes.mails(where), plan.readers)
    shutil.rmtree(where)
    return cost


def _imported_and_run(home: Path, where: Path, plan: homes.Plan, checkout: Path) -> Cost:
    homes.copy(home, where, plan)
    first = homes.import_people(where, checkout=checkout)
    second = homes.run(where, checkout=checkout)
    assert homes.mails(where) == plan.readers
    shutil.rmtree(where)
    most = max(first.megabytes, second.megabytes)
    return Cost(first.cpu + second.cpu, first.wall + second.wall, most)


def _theirs(home: Path, where: Path, *, feeds: bool) -> Cost:
    homes.copy(home, where)
    os.sync()
    command = [sys.executable, "-m", "benchmarks.afternoon", str(where)]
    cost = run_process([*command, "--feeds"] if feeds else command)
    shutil.rmtree(where)
    return cost
