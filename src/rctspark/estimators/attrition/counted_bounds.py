"""The bounds that a plan declares for outcomes that are missing for some."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import BOUNDS
from rctspark.estimators.attrition.lee_bounds import estimate_lee_bounds
from rctspark.estimators.attrition.observed import estimate_manski_bounds
from rctspark.estimators.described import Count
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rctspark.config.plan import BoundsLine, BoundsTable, Plan
    from rctspark.contracts.attrition import EffectBounds
    from rctspark.contracts.sample import AnalysisSample

    Texts = NDArray[np.str_]


def count_bounds(table: BoundsTable, sample: AnalysisSample, plan: Plan) -> list[Count]:
    """Bound the effects of a table, at the level of the plan's intervals.

    Args:
        table: A table of the plan.
        sample: Everyone described; whoever is not enrolled is left out.
        plan: The analysis plan.

    Returns:
        Per outcome, horizon, arm and method five rows (`BOUNDS`), with the persons of
        the arm who are observed and those drawn into it. None of an arm in which, or
        in control of which, fewer than ten are observed.

    Raises:
        EstimationError: An outcome is infinite or lies outside its range.
    """
    return [
        count
        for line in table.lines.values()
        for horizon in line.horizons
        for bounds in _bounds(line, horizon, sample, plan)
        for count in _filed(bounds, line.outcome, horizon)
    ]


def _bounds(
    line: BoundsLine, horizon: int, sample: AnalysisSample, plan: Plan
) -> Iterator[EffectBounds]:
    outcome = sample.outcomes[line.outcome, horizon]
    seen = ~np.isnan(outcome)
    control = plan.arms.control
    for name in plan.arms.treatments:
        pair = (control, name)
        if min(_observed(sample.arm, seen, a) for a in pair) < MINIMUM_PERSONS:
            continue
        here = np.isin(sample.arm, pair)
        values, arm, level = outcome[here], sample.arm[here], plan.inference.level
        yield from estimate_lee_bounds(values, arm, arms=pair, level=level)
        if line.lowest is not None and line.highest is not None:
            ends = (line.lowest, line.highest)
            yield from estimate_manski_bounds(
                values, arm, arms=pair, support=ends, level=level
            )


def _observed(arm: Texts, seen: NDArray[np.bool_], name: str) -> int:
    return int((seen & (arm == name)).sum())


def _filed(bounds: EffectBounds, outcome: str, horizon: int) -> Iterator[Count]:
    values = (
        bounds.lower,
        bounds.upper,
        bounds.ci_lower,
        bounds.ci_upper,
        bounds.trimmed_share,
    )
    for word, value in zip(BOUNDS, values, strict=True):
        yield Count(
            outcome,
            f"{bounds.method} {word}",
            horizon,
            bounds.arm,
            bounds.n_arm_observed,
            bounds.n_arm,
            total=value,
            method=bounds.method,
        )
