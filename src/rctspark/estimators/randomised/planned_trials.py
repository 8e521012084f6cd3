"""A plan played on made-up outcomes: its arms, its models, its covariance."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.models import estimate_models
from rctspark.estimators.regression.sources import PersonSums

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Plan
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.contrast import Contrast

    Outcomes = Mapping[tuple[str, int], NDArray[np.float64]]
    Happen = Callable[[np.random.Generator, NDArray[np.str_]], Outcomes]


def play_plan(
    plan: Plan,
    known: AnalysisSample,
    happen: Happen,
    *,
    thresholds: Thresholds,
    models: Sequence[str] = (),
) -> Callable[[np.random.Generator, NDArray[np.int8]], dict[str, float]]:
    """Make what `simulate_power` plays of a plan: outcomes happen, its models judge.

    Args:
        plan: The analysis plan: its arms, models, covariance and categories.
        known: Those who are drawn, with what is known of them before the draw; its
            arms and outcomes are not looked at.
        happen: Takes randomness and the arm of everyone, shape (n,), and says what
            becomes of them: outcome and horizon to shape (n,). Here stands the effect
            whose power is asked for.
        thresholds: The data owner's; they hold where they are stricter.
        models: Models of the plan that are played. None named: all.

    Returns:
        Randomness and one draw (positions of the plan's arms, shape (n,)) in; out
        `<model>, <outcome> at <horizon>, <arm>` to its p-value, as the plan's analysis
        would report it (`<arm> <category>` for effects by category).

    Raises:
        EstimationError: The plan has no such model; when played, as the estimators.
    """
    chosen = [m for m in plan.models if not models or m.name in models]
    unknown = sorted({*models} - {m.name for m in chosen})
    if unknown:
        raise EstimationError(f"Plan {plan.name} has no model {', '.join(unknown)}.")
    names = np.array(plan.arms.all, dtype=np.str_)

    def play(random: np.random.Generator, codes: NDArray[np.int8]) -> dict[str, float]:
        arm = names[codes]
        drawn = replace(known, arm=arm, outcomes=dict(happen(random, arm)))
        found = estimate_models(
            PersonSums(drawn, tuple(name for name in plan.arms.all if name in arm)),
            models=chosen,
            inference=plan.inference,
            thresholds=thresholds,
            categories=plan.categories,
        )
        return {
            f"{c.model}, {c.outcome} at {c.horizon}, {_whose(c)}": c.p_value
            for one in found
            for c in one.contrasts
        }

    return play


def _whose(contrast: Contrast) -> str:
    return f"{contrast.arm} {contrast.subgroup}".strip()
