"""Lee's bounds: trim the arm that lost fewer persons until both lost as many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.attrition.observed import make_bounds
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.attrition import EffectBounds

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Texts = NDArray[np.str_]

WHAT = "Lee's bounds"
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class _Cell:
    """Two arms in one cell of covariates.

    Attributes:
        persons: Shape (c,), places of its persons among those of both arms.
        treated: Shape (c,), whether each is in the arm, not in control.
        seen: Shape (c,), whether the outcome is observed.
        outcome: Shape (c,), 0 where it is not.
    """

    persons: NDArray[np.intp]
    treated: Bools
    seen: Bools
    outcome: Floats

    @property
    def shares(self) -> tuple[float, float]:
        """Shares observed: of the arm, of control."""
        arm, control = self.seen[self.treated], self.seen[~self.treated]
        return float(arm.mean()), float(control.mean())


def estimate_lee_bounds(
    outcome: Floats,
    arm: Texts,
    *,
    arms: Sequence[str],
    cell: Texts | None = None,
    level: float = 0.90,
) -> tuple[EffectBounds, ...]:
    """Bound the effect for those whose outcome is observed whatever their arm.

    Lee (2009, doi:10.1111/j.1467-937X.2009.00536.x): if the arm only adds observed
    persons (or only removes them), those added are somewhere in the distribution of
    the arm with more outcomes; leaving out its largest (or smallest) values, as many
    as were added, bounds the effect. A value at the edge counts with the fraction
    that makes the trimmed share exact, so that shares and counts can be bounded too.

    With cells of covariates, bounds are made in every cell and weighted by its
    always-observed persons, which can only tighten them (up to sampling); in a cell
    where the other arm has more outcomes that one is trimmed (as in Semenova 2020,
    arXiv:2008.12720), and such cells are counted. Standard errors come from the
    influence of every person, trimming shares and weights of cells included; without
    cells they are Lee's.

    Args:
        outcome: Shape (n,); NaN: missing. Everyone who was drawn.
        arm: Shape (n,), arm of each person.
        arms: The arms, control first.
        cell: Shape (n,), cell of covariates known before the draw. None: none.
        level: Level of the interval (Imbens and Manski).

    Returns:
        Bounds per arm other than control.

    Raises:
        EstimationError: In an arm, or in an arm within a cell, fewer than 10 persons
            are observed; it names them. Or an outcome is infinite.
    """
    cells = np.full(len(outcome), "all") if cell is None else cell
    refuse(WHAT, shape_faults(len(outcome), {"arm": arm, "the cell": cells}))
    seen = ~np.isnan(outcome)
    infinite = int(np.isinf(outcome).sum())
    faults = [f"the outcome is infinite for {infinite} person(s)"] * (infinite > 0)
    for name in np.unique(cells):
        there = seen & (cells == name)
        words = " observed" if cell is None else f" observed in cell {name}"
        faults += arm_faults(
            arm[there], arms, minimum_persons=MINIMUM_PERSONS, what=words
        )
    refuse(WHAT, faults)
    return tuple(
        _bound((name, arms[0]), (outcome, arm, cells), level=level) for name in arms[1:]
    )


def _bound(
    pair: tuple[str, str], columns: tuple[Floats, Texts, Texts], *, level: float
) -> EffectBounds:
    here = np.isin(columns[1], pair)
    outcome, arm, cells = (c[here] for c in columns)
    seen = ~np.isnan(outcome)
    made = []
    for name in np.unique(cells):
        persons = np.flatnonzero(cells == name)
        made.append(
            _Cell(
                persons=persons,
                treated=arm[persons] == pair[0],
                seen=seen[persons],
                outcome=np.nan_to_num(outcome[persons], nan=0.0),
            )
        )
    ends = []
    for side in (-1, 1):
        estimate, influence = _weigh_cells(made, side, outcome.size)
        error = float(np.sqrt((influence**2).sum())) / outcome.size
        ends.append((estimate, error))
    overall = seen[arm == pair[0]].mean() - seen[arm == pair[1]].mean()
    turned = sum((c.shares[0] - c.shares[1]) * overall < 0 for c in made)
    kept = sum(min(c.shares) * c.persons.size for c in made)
    most = sum(max(c.shares) * c.persons.size for c in made)
    return make_bounds(
        pair,
        (columns[1], ~np.isnan(columns[0])),
        ends,
        level=level,
        cells=(float(1 - kept / most), len(made), int(turned)),
        method="Lee",
    )


def _weigh_cells(cells: list[_Cell], side: int, n: int) -> tuple[float, Floats]:
    """Weight the cells' bounds by their always-observed persons.

    Returns:
        The bound, and the influence of every person, shape (n,): the variance is the
        sum of squares over n squared.
    """
    bounds, weights, parts, weight_parts = [], [], [], []
    for cell in cells:
        bound, part = _bound_cell(cell, side)
        share = cell.persons.size / n
        fewer = ~cell.treated if cell.shares[1] <= cell.shares[0] else cell.treated
        least = min(cell.shares)
        deviation = np.where(fewer, (cell.seen - least) / fewer.mean(), 0.0) + least
        bounds.append(bound)
        weights.append(share * least)
        parts.append(part / share)
        weight_parts.append(deviation)
    whole = sum(weights)
    estimate = float(np.dot(weights, bounds) / whole)
    influence = np.zeros(n)
    for i, cell in enumerate(cells):
        influence[cell.persons] += weights[i] / whole * parts[i]
        influence[cell.persons] += (bounds[i] - estimate) / whole * weight_parts[i]
    return estimate, influence


def _bound_cell(cell: _Cell, side: int) -> tuple[float, Floats]:
    """Bound the effect in one cell: `side` -1 from below, 1 from above.

    Returns:
        The bound, and the influence of the cell's persons, shape (c,).
    """
    more_in_arm = cell.shares[0] >= cell.shares[1]
    most = cell.treated if more_in_arm else ~cell.treated
    kept = min(cell.shares) / max(cell.shares)
    # The arm with more outcomes is trimmed from above for a lower bound of its mean.
    from_above = (side < 0) == more_in_arm
    sign = 1.0 if more_in_arm else -1.0
    rich, poor = cell.seen & most, cell.seen & ~most
    turn = 1.0 if from_above else -1.0
    mean, edge = _trimmed_mean(turn * cell.outcome[rich], kept)
    mean, edge = turn * mean, turn * edge
    other = float(cell.outcome[poor].mean())
    beyond = turn * (cell.outcome - edge)
    inner = np.where(beyond <= 0, cell.outcome - edge, 0.0) - kept * (mean - edge)
    rate = {True: cell.seen[most].mean(), False: cell.seen[~most].mean()}
    # Influence on the logarithm of the share that is kept.
    log_kept = np.where(
        most,
        -(cell.seen - rate[True]) / (most.mean() * rate[True]),
        (cell.seen - rate[False]) / ((~most).mean() * rate[False]),
    )
    part = np.where(rich, inner / kept / rich.mean(), 0.0)
    part += (edge - mean) * log_kept
    part -= np.where(poor, (cell.outcome - other) / poor.mean(), 0.0)
    return sign * (mean - other), sign * part


def _trimmed_mean(values: Floats, kept: float) -> tuple[float, float]:
    """Mean of the smallest values that make up a share, and the largest of them."""
    ordered = np.sort(values)
    mass = kept * ordered.size
    whole = min(int(np.floor(mass + ROUNDING)), ordered.size)
    rest = mass - whole
    total = float(ordered[:whole].sum())
    if rest > ROUNDING:
        total += rest * float(ordered[whole])
        return total / mass, float(ordered[whole])
    return total / mass, float(ordered[whole - 1])
