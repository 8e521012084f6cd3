"""Figures behind printed figures: counts and means that round to what is printed.

Arms, sexes and net effects are each rounded by themselves, so the figures behind them
must be chosen together.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from rctspark.errors import ConfigError
from rctspark.twin.ww.published import rows_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.twin.ww.calendar import Floats, Ints

SEXES = ("male", "female")
POPULATIONS = ("all", *SEXES)
ARM_NAMES = ("basic", "intensive")
BASIC, INTENSIVE = 0, 1
STARS = ((1.96, "**"), (1.645, "*"), (1.2816, "†"))
SAFE = 0.004
"""How far, as a part of the rounding unit, a figure stays from where it rounds over."""


@dataclass(frozen=True, slots=True)
class Printed:
    """One measure of one population as printed.

    Attributes:
        arms: Basic and intensive arm.
        net: Intensive minus basic.
        stars: Significance marks of the net effect.
    """

    arms: tuple[float, float]
    net: float
    stars: str


def printed(
    table: str, columns: tuple[str, str, str], **keys: str
) -> dict[str, Printed]:
    """Return what is printed of one measure, by population.

    Args:
        table: Name of the published table.
        columns: Its columns of the basic arm, the intensive arm and the net effect.
        **keys: Values by which its rows are found.

    Returns:
        Population to figures.
    """
    return {
        row["population"]: Printed(
            (float(row[columns[0]]), float(row[columns[1]])),
            float(row[columns[2]]),
            row["stars"],
        )
        for row in rows_of(table)
        if all(row[key] == value for key, value in keys.items())
    }


def marks_of(statistic: float, *, with_dagger: bool) -> str:
    """Return the mark that a two-sided test gets."""
    for bound, mark in STARS[: 3 if with_dagger else 2]:
        if abs(statistic) > bound:
            return mark
    return ""


def choose_counts(
    sizes: Ints,
    wanted: Mapping[str, Printed],
    *,
    unknown: tuple[int, int] = (0, 0),
    unit: float = 0.1,
) -> Ints:
    """Choose how many persons of each sex and arm have something.

    Args:
        sizes: Men, women and unknown (rows) of the basic and the intensive arm
            (columns).
        wanted: Printed percentages by population.
        unknown: How many of unknown sex have it, by arm: they count in `all` alone.
        unit: What the printed figures are rounded to.

    Returns:
        Counts of the shape of `sizes`: of all that give every percentage and net
        effect, those that give most of the printed marks, farthest from where a
        figure would round over.

    Raises:
        ConfigError: No counts give all printed figures.
    """
    per_cell = [
        _candidates(int(sizes[s, a]), wanted[sex].arms[a], unit)
        for s, sex in enumerate(SEXES)
        for a in range(2)
    ]
    totals = sizes.sum(axis=0)
    best: tuple[int, float] = (-1, -1.0)
    chosen = None
    for combination in product(*per_cell):
        counts = np.array([*combination, *unknown]).reshape(3, 2)
        shares = {
            "all": (counts.sum(axis=0) / totals, totals),
            **{sex: (counts[s] / sizes[s], sizes[s]) for s, sex in enumerate(SEXES)},
        }
        room = min(_room(100 * shares[p][0], wanted[p], unit) for p in POPULATIONS)
        met = sum(_marks(*shares[p], p) == wanted[p].stars for p in POPULATIONS)
        if room >= SAFE * unit and (met, room) > best:
            best, chosen = (met, room), counts
    if chosen is None:
        raise ConfigError("No counts of persons give the printed percentages.")
    return chosen


def choose_means(
    weights: Floats,
    wanted: Mapping[str, Printed],
    *,
    unit: float,
    others: Sequence[float] = (0.0, 0.0),
    nets: Mapping[str, tuple[float, float]] | None = None,
) -> Floats:
    """Choose the mean of each sex in each arm.

    Args:
        weights: Share of men and women (rows) in each arm (columns); what is missing
            to 1 is of unknown sex.
        wanted: Printed means by population.
        unit: What the printed figures are rounded to.
        others: What those of unknown sex add to the mean of each arm.
        nets: Narrower bounds of net effects by population, so that tests come out.

    Returns:
        Means of the shape of `weights`, as far as can be from where a printed figure
        would round over.

    Raises:
        ConfigError: No means give all printed figures.
    """
    rows: list[Floats] = []
    bounds: list[float] = []
    for population, figures in wanted.items():
        rest = others if population == "all" else (0.0, 0.0)
        lines = [_line(population, a, weights) for a in range(2)]
        net, shift = lines[1] - lines[0], rest[1] - rest[0]
        narrow = (nets or {}).get(population)
        low, high = narrow or (figures.net - unit / 2, figures.net + unit / 2)
        limits = [
            (lines[a], figures.arms[a] - unit / 2, figures.arms[a] + unit / 2, rest[a])
            for a in range(2)
        ]
        for line, least, most, known in [*limits, (net, low, high, shift)]:
            rows += [np.append(-line, 1.0), np.append(line, 1.0)]
            bounds += [known - least, most - known]
    found = linprog(
        [0, 0, 0, 0, -1], A_ub=np.array(rows), b_ub=bounds, bounds=[(None, None)] * 5
    )
    if not found.success or found.x[4] < SAFE * unit:
        raise ConfigError("No means of men and women give the printed figures.")
    means: Floats = found.x[:4].reshape(2, 2)
    return means


def _line(population: str, arm: int, weights: Floats) -> Floats:
    line = np.zeros((2, 2))
    if population == "all":
        line[:, arm] = weights[:, arm]
    else:
        line[SEXES.index(population), arm] = 1.0
    return line.ravel()


def _candidates(size: int, share: float, unit: float) -> list[int]:
    near = round(share * size / 100)
    fits = [
        count
        for count in range(near - 4, near + 5)
        if abs(100 * count / size - share) < unit / 2
    ]
    if not fits:
        raise ConfigError("No count of persons gives a printed percentage.")
    return fits


def _room(shares: Floats, wanted: Printed, unit: float) -> float:
    """Return how far the figures are from where one would round over."""
    distances = [abs(shares[a] - wanted.arms[a]) for a in range(2)]
    distances.append(abs(shares[1] - shares[0] - wanted.net))
    return float(unit / 2 - max(distances))


def _marks(shares: Floats, sizes: Ints, population: str) -> str:
    error = np.sqrt((shares * (1 - shares) / (sizes - 1)).sum())
    return marks_of((shares[1] - shares[0]) / error, with_dagger=population != "all")
