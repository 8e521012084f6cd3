"""The power that a plan asks about, from the numbers that it assumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.power import DetectableEffect
from rctspark.estimators.randomised.power import TrialSize, estimate_detectable

if TYPE_CHECKING:
    from rctspark.config.plan import Plan


def estimate_planned_power(plan: Plan) -> tuple[DetectableEffect, ...]:
    """Find the smallest rise that each arm's test is likely to show.

    Nothing measured enters: persons, spread and size are the plan's.

    Args:
        plan: The analysis plan.

    Returns:
        One row per assumption and arm other than control; none where the plan says
        nothing of power.

    Raises:
        EstimationError: As `estimate_detectable`.
    """
    asked = plan.power
    if asked is None:
        return ()
    alpha = 1 - plan.inference.level if asked.size is None else asked.size
    found = []
    for one in asked.assumptions:
        size = TrialSize(
            persons=asked.persons,
            sd=one.sd,
            control_share=one.control_share,
            r_squared=one.r_squared,
            columns=one.columns,
            attrition=one.attrition,
            alpha=alpha,
            comparisons=one.comparisons,
            design_effect=one.design_effect,
        )
        found += [
            DetectableEffect(
                assumption=one.name,
                arm=figure.arm,
                effect=figure.effect,
                power=figure.power,
                size=figure.alpha,
                n_arm=figure.n_arm,
                n_against=figure.n_against,
            )
            for figure in estimate_detectable(size, power=asked.power)
        ]
    return tuple(found)
