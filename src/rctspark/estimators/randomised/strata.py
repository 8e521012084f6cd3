"""The difference in means by strata, with the variance that the draw gives it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.design import StratifiedDifference
from rctspark.estimators.intervals import make_difference
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

HALF = 0.5
FEWEST_FOR_A_VARIANCE = 2
WHAT = "The difference by strata"
ROUNDING = 1e-10
"""A share of the outcome's standard deviation below which a number is rounding."""


@dataclass(frozen=True, slots=True, eq=False)
class _Cells:
    """Strata (rows) by the two arms (columns: arm, against)."""

    names: tuple[str, ...]
    weight: Floats
    n: Floats
    mean: Floats
    variance: Floats
    centre: float
    spread: float

    @property
    def difference(self) -> Floats:
        """Difference in means of each stratum."""
        found: Floats = self.mean[:, 0] - self.mean[:, 1]
        return found


def estimate_by_strata(
    outcome: Floats,
    arm: Texts,
    stratum: Texts,
    *,
    arms: Sequence[str],
    level: float = 0.90,
    minimum_persons: int = MINIMUM_PERSONS,
) -> tuple[StratifiedDifference, ...]:
    """Estimate each arm against control by the strata of the draw.

    The differences of the strata are weighted by all their persons, whatever their
    arm. A stratum with two persons or more in both arms has Neyman's variance. Those
    with one person in an arm are pooled: how their differences vary around their
    weighted mean gives their variance (Pashley and Miratrix 2021,
    doi:10.3102/1076998620946272, the hybrid for small strata of any size; for pairs
    it is the paired variance).

    Degrees of freedom: of one stratum Welch's; of several persons minus twice the
    strata; of pooled strata their number minus one; of both, Satterthwaite's of the
    two parts.

    Args:
        outcome: Shape (n,), nothing missing.
        arm: Shape (n,), arm of each person.
        stratum: Shape (n,), stratum of the draw of each person. One name for
            everyone: the plain difference in means.
        arms: Arms that are compared, control first.
        level: Level of the intervals.
        minimum_persons: Fewest persons per arm.

    Returns:
        One difference per arm other than control, in the order of `arms`.

    Raises:
        EstimationError: A value is missing; an arm has too few persons; a stratum has
            nobody in an arm; only one stratum has a single person in an arm; or one
            such stratum is as large as the others of its kind together (two of the same
            size can be pooled); or arms differ and nobody within does. It names arms,
            strata and counts.
    """
    columns = {"arm": arm, "stratum": stratum}
    refuse(WHAT, shape_faults(len(outcome), columns))
    faults = missing_faults({"the outcome": outcome})
    faults += arm_faults(arm, arms, minimum_persons=minimum_persons)
    refuse(WHAT, faults)
    found: list[_Cells] = []
    for name in arms[1:]:
        cells, more = _count_cells(outcome, arm, stratum, pair=(name, arms[0]))
        found.append(cells)
        faults += more or _small_faults(cells, (name, arms[0]))
    refuse(WHAT, faults)
    return tuple(
        _combine(cells, (name, arms[0]), level=level)
        for name, cells in zip(arms[1:], found, strict=True)
    )


def _count_cells(
    outcome: Floats, arm: Texts, stratum: Texts, *, pair: tuple[str, str]
) -> tuple[_Cells, list[str]]:
    """Sum up the strata for two arms; also name strata without one of them."""
    names, code = np.unique(stratum, return_inverse=True)
    persons = np.bincount(code, minlength=len(names)).astype(np.float64)
    centre = float(outcome.mean())
    outcome = outcome - centre
    columns = []
    for name in pair:
        of_arm = arm == name
        n = np.bincount(code[of_arm], minlength=len(names)).astype(np.float64)
        total = np.bincount(code[of_arm], outcome[of_arm], minlength=len(names))
        mean = total / np.maximum(n, 1)
        apart = (outcome[of_arm] - mean[code[of_arm]]) ** 2
        square = np.bincount(code[of_arm], apart, minlength=len(names))
        columns.append((n, mean, square / np.maximum(n - 1, 1)))
    n, mean, variance = (np.column_stack(c) for c in zip(*columns, strict=True))
    cells = _Cells(
        names=tuple(str(name) for name in names),
        weight=persons / persons.sum(),
        n=n,
        mean=mean,
        variance=variance,
        centre=centre,
        spread=float(outcome.std()) if np.ptp(outcome) > 0 else 0.0,
    )
    empty = [
        f"stratum {name} has nobody in arm {pair[int(row[0] > 0)]}; join it with "
        "another stratum"
        for name, row in zip(cells.names, n, strict=True)
        if row.min() == 0
    ]
    return cells, empty


def _small_faults(cells: _Cells, pair: tuple[str, str]) -> list[str]:
    """Say which strata with one person in an arm can't be pooled."""
    small = np.flatnonzero(cells.n.min(axis=1) < FEWEST_FOR_A_VARIANCE)
    if not small.size:
        return []
    words = f"of {pair[0]} or {pair[1]}"
    if small.size == 1:
        name = cells.names[small[0]]
        alone = f"stratum {name} alone has a single person {words}, so nothing says "
        return [alone + "how its difference varies; join it with another stratum"]
    share = cells.weight[small] / cells.weight[small].sum()
    if small.size == FEWEST_FOR_A_VARIANCE and np.allclose(share, HALF):
        return []
    return [
        f"stratum {cells.names[i]} holds {100 * s:.0f} % of the persons in strata "
        f"with a single person {words}; pooling needs less than half"
        for i, s in zip(small, share, strict=True)
        if s >= HALF
    ]


def _combine(
    cells: _Cells, pair: tuple[str, str], *, level: float
) -> StratifiedDifference:
    small = cells.n.min(axis=1) < FEWEST_FOR_A_VARIANCE
    big = ~small
    parts: list[tuple[float, float]] = []
    if big.any():
        spread = (cells.variance[big] / cells.n[big]).sum(axis=1)
        parts.append((float(cells.weight[big] ** 2 @ spread), _df(cells, big)))
    if small.any():
        parts.append((_pooled_variance(cells, small), float(small.sum() - 1)))
    variance = sum(v for v, _ in parts)
    df = parts[0][1]
    if len(parts) > 1 and variance > 0:
        df = variance**2 / sum(v**2 / d for v, d in parts)
    means = cells.weight @ cells.mean
    error = _error(float(means[0] - means[1]), float(variance), cells.spread, pair)
    if error == 0:
        means[:] = means[1]
    means = means + cells.centre
    n = cells.n.sum(axis=0)
    difference = make_difference(
        pair,
        (float(means[0]), float(means[1])),
        (int(n[0]), int(n[1])),
        std_error=error,
        df=df,
        settings={"level": level, "method": _method(big, small)},
    )
    return StratifiedDifference(
        difference=difference,
        strata=len(cells.names),
        pooled=tuple(n for n, s in zip(cells.names, small, strict=True) if s),
        share_pooled=float(cells.weight[small].sum()),
    )


def _error(
    estimate: float, variance: float, spread: float, pair: tuple[str, str]
) -> float:
    """Standard error; 0 where nobody varies and nothing differs, up to rounding."""
    error = float(np.sqrt(variance))
    if error > ROUNDING * spread:
        return error
    if abs(estimate) > ROUNDING * spread:
        words = f"arms {pair[0]} and {pair[1]} differ and nobody within them does"
        refuse(WHAT, [f"{words}, so there is no standard error"])
    return 0.0


def _df(cells: _Cells, big: NDArray[np.bool_]) -> float:
    """Welch's degrees of freedom for one stratum, else persons minus cells."""
    n = cells.n[big]
    if len(n) > 1:
        return float(n.sum() - n.size)
    share = cells.variance[big][0] / n[0]
    total = float((share**2 / (n[0] - 1)).sum())
    return float(share.sum() ** 2 / total) if total > 0 else float(n.sum() - 2)


def _pooled_variance(cells: _Cells, small: NDArray[np.bool_]) -> float:
    """Variance of the small strata's part, from how their differences vary."""
    whole = float(cells.weight[small].sum())
    share = cells.weight[small] / whole
    apart = (cells.difference[small] - share @ cells.difference[small]) ** 2
    if np.allclose(share, share[0]):
        return whole**2 * float(apart.sum()) / (share.size * (share.size - 1))
    factor = share**2 / (1 - 2 * share)
    return whole**2 * float(factor @ apart) / (1 + float(factor.sum()))


def _method(big: NDArray[np.bool_], small: NDArray[np.bool_]) -> str:
    if big.all():
        return "Neyman by strata" if big.size > 1 else "Neyman"
    return "pooled small strata" if small.all() else "Neyman and pooled small strata"
