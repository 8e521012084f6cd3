"""Outcomes that are missing for some: is it the arm, and how much can it matter?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.attrition import DifferentialAttrition, EffectBounds
from rctspark.estimators.balance.arms import SMALL, ExactTest, compare_counts
from rctspark.estimators.intervals import imbens_manski_interval
from rctspark.estimators.randomised.strata import estimate_by_strata
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Texts = NDArray[np.str_]


def estimate_attrition(
    observed: Bools,
    arm: Texts,
    *,
    arms: Sequence[str],
    exact: ExactTest = SMALL,
    level: float = 0.90,
) -> DifferentialAttrition:
    """Compare the shares of persons whose outcome is observed over the arms.

    Args:
        observed: Shape (n,), whether the outcome is observed; all who were drawn.
        arm: Shape (n,), arm of each person.
        arms: The arms, control first.
        exact: When the test over all arms is exact.
        level: Level of the intervals.

    Returns:
        Each arm's share less control's with Neyman's standard error, and the test
        over all arms.

    Raises:
        EstimationError: An arm has fewer than 10 persons, or someone is in another.
    """
    no_strata = np.full(len(arm), "all")
    each = estimate_by_strata(
        observed.astype(np.float64), arm, no_strata, arms=arms, level=level
    )
    seen = [int((observed & (arm == a)).sum()) for a in arms]
    n = [int((arm == a).sum()) for a in arms]
    table = np.array([[s, k - s] for s, k in zip(seen, n, strict=True)], dtype=np.int64)
    test = compare_counts(
        table,
        arms=arms,
        categories=("observed", "missing"),
        characteristic="outcome",
        exact=exact,
    )
    return DifferentialAttrition(
        arms=tuple(arms),
        n=tuple(n),
        n_observed=tuple(seen),
        differences=tuple(one.difference for one in each),
        statistic=test.statistic,
        p_value=test.p_value,
        method=test.method,
    )


def estimate_manski_bounds(
    outcome: Floats,
    arm: Texts,
    *,
    arms: Sequence[str],
    support: tuple[float, float],
    level: float = 0.90,
) -> tuple[EffectBounds, ...]:
    """Bound each effect without assuming anything of those who are missing.

    Missing outcomes are put at the end of their range that makes the effect least,
    and then largest (Horowitz and Manski 2000, doi:10.1080/01621459.2000.10473902);
    the standard errors are Neyman's with those values.

    Args:
        outcome: Shape (n,); NaN: missing. Everyone who was drawn.
        arm: Shape (n,), arm of each person.
        arms: The arms, control first.
        support: Least and largest value that the outcome can have.
        level: Level of the interval.

    Returns:
        Bounds per arm other than control.

    Raises:
        EstimationError: An arm has fewer than 10 observed persons, or outcomes lie
            outside of `support`.
    """
    what = "Manski's bounds"
    refuse(what, shape_faults(len(outcome), {"arm": arm}))
    seen = ~np.isnan(outcome)
    faults = arm_faults(
        arm[seen], arms, minimum_persons=MINIMUM_PERSONS, what=" observed"
    )
    beyond = int(((outcome < support[0]) | (outcome > support[1])).sum())
    if beyond:
        faults.append(f"the outcome of {beyond} person(s) lies outside its range")
    refuse(what, faults)
    found = []
    for name in arms[1:]:
        here = (arm == name) | (arm == arms[0])
        ends = []
        for of_arm, of_control in (support, support[::-1]):
            filled = np.where(arm == name, of_arm, of_control)
            values = np.where(seen, outcome, filled)[here]
            one = estimate_by_strata(
                values,
                arm[here],
                np.full(int(here.sum()), "all"),
                arms=(arms[0], name),
                level=level,
            )[0].difference
            ends.append((one.estimate, one.std_error))
        found.append(
            make_bounds(
                (name, arms[0]),
                (arm, seen),
                ends,
                level=level,
                cells=(0.0, 1, 0),
                method="Manski",
            )
        )
    return tuple(found)


def make_bounds(
    pair: tuple[str, str],
    persons: tuple[Texts, Bools],
    ends: Sequence[tuple[float, float]],
    *,
    level: float,
    cells: tuple[float, int, int],
    method: str,
) -> EffectBounds:
    """Make the record of bounds, with the interval of Imbens and Manski.

    Args:
        pair: Arm and against.
        persons: Arm of each person, and whether the outcome is observed.
        ends: Lower and upper bound, each with its standard error.
        level: Level of the interval.
        cells: Share trimmed, cells, and cells turned round.
        method: Name of the bounds.

    Returns:
        The bounds.
    """
    (lower, error_lower), (upper, error_upper) = ends
    interval = imbens_manski_interval(
        (lower, upper), (error_lower, error_upper), level=level
    )
    arm, seen = persons
    return EffectBounds(
        arm=pair[0],
        against=pair[1],
        lower=lower,
        upper=upper,
        std_error_lower=error_lower,
        std_error_upper=error_upper,
        ci_lower=interval[0],
        ci_upper=interval[1],
        level=level,
        n_arm=int((arm == pair[0]).sum()),
        n_against=int((arm == pair[1]).sum()),
        n_arm_observed=int((seen & (arm == pair[0])).sum()),
        n_against_observed=int((seen & (arm == pair[1])).sum()),
        trimmed_share=cells[0],
        cells=cells[1],
        cells_turned=cells[2],
        method=method,
    )
