"""The effects that a plan wants for its target population."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import EVERY
from rctspark.contracts.results import WEIGHTED_TO_TARGET
from rctspark.errors import EstimationError
from rctspark.estimators.balance.planned_weights import count_weights, weigh_to_target
from rctspark.estimators.balance.reweighted import estimate_reweighted
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.described import Count, arm_members, count_amounts
from rctspark.estimators.design import make_design
from rctspark.estimators.observed import keep_observed
from rctspark.estimators.refusals import refuse
from rctspark.estimators.regression.linear import interval
from rctspark.estimators.regression.sources import PersonSums
from rctspark.estimators.tallies import Amounts

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model, Plan, Reweighting
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.design import Difference
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.design import Design

    Floats = NDArray[np.float64]

Key = tuple[str, int]


def estimate_for_target(
    sample: AnalysisSample,
    target: AnalysisSample,
    plan: Plan,
    *,
    reweighting: Reweighting,
    thresholds: Thresholds,
) -> tuple[tuple[Contrast, ...], tuple[Count, ...]]:
    """Estimate the effects of an analysis on its persons weighted to the target.

    Weights are found once, for everyone analysed, and so every outcome must be known
    for everyone. Effects are those of weighted least squares (`estimate_reweighted`).
    Standard errors take the weights, and the target's shares, as given: that weights
    were found from the same persons is not in them.

    Args:
        sample: Everyone analysed, with the outcomes of the analysis.
        target: Everyone of the target population.
        plan: The analysis plan.
        reweighting: What it asks for.
        thresholds: The data owner's; they hold where they are stricter.

    Returns:
        One contrast per model, outcome, horizon and treatment; and what is told of
        weights, margins and the largest weighted contributions to outcomes.

    Raises:
        EstimationError: Weights can't reach the margins; an outcome is not known for
            someone; or as `estimate_reweighted`. All outcomes at once, with counts.
    """
    analysis = next(a for a in plan.analyses if a.population == reweighting.of)
    arms = analysis.arms or plan.arms.all
    measured = _measured(sample, arms, reweighting)
    found, margins = weigh_to_target(
        measured, target, reweighting=reweighting, covariates=plan.covariates
    )
    refuse(f"Effects of {reweighting.population}", _unknown(measured))
    own = plan.inference.model_copy(
        update={
            "minimum_persons": max(
                plan.inference.minimum_persons, thresholds.minimum_persons
            )
        }
    )
    models = {m.name: m for m in plan.models}
    weigh = partial(_weighted, measured, found.weight, arms=arms, inference=own)
    contrasts = [
        contrast
        for name in reweighting.models
        for contrast in weigh(model=models[name], minimum_df=thresholds.minimum_df)
    ]
    told = count_weights(found, minimum_persons=thresholds.minimum_persons)
    amounts = tuple(_contributions(measured, found.weight, arms))
    return tuple(contrasts), (*told, *margins, *amounts)


def _measured(
    sample: AnalysisSample, arms: Sequence[str], reweighting: Reweighting
) -> AnalysisSample:
    """Keep the outcomes that are asked for and that somebody has."""
    outcomes, horizons = reweighting.outcomes, reweighting.horizons
    keys = [
        (name, horizon)
        for name, horizon in sample.outcomes
        if (not outcomes or name in outcomes) and (not horizons or horizon in horizons)
    ]
    observed, _ = keep_observed(PersonSums(sample, tuple(arms)).measuring(keys))
    return observed.sample


def _unknown(sample: AnalysisSample) -> list[str]:
    counted = {
        key: int((~np.isfinite(values)).sum())
        for key, values in sample.outcomes.items()
    }
    return [
        f"{name} at horizon {horizon} is not known for {n} of the {sample.n} person(s) "
        "who are weighted; weight those of whom it is in an analysis of their own"
        for (name, horizon), n in counted.items()
        if n
    ]


def _weighted(
    sample: AnalysisSample,
    weight: Floats,
    *,
    arms: Sequence[str],
    inference: Inference,
    model: Model,
    minimum_df: int,
) -> Iterator[Contrast]:
    """Estimate one model for all outcomes: they share persons, so design and rank."""
    everyone = np.ones(sample.n, dtype=np.bool_)
    design = make_design(sample, everyone, arms=arms, model=model)
    if sample.n - design.rank < minimum_df:
        raise EstimationError(
            f"model {model.name}: {sample.n} persons and a design of rank "
            f"{design.rank} leave {sample.n - design.rank} degrees of freedom, needed "
            f"are {minimum_df}"
        )
    faults: list[str] = []
    for key, outcome in sample.outcomes.items():
        try:
            for one in estimate_reweighted(
                outcome,
                sample.arm,
                weight,
                arms=arms,
                covariates=design.matrix[:, len(arms) :],
                inference=inference,
            ):
                yield _contrast(key, one, outcome, design, model, inference)
        except EstimationError as refused:
            faults.append(f"{key[0]} at horizon {key[1]}: {refused}")
    refuse(f"Weighted effects by model {model.name}", faults)


def _contrast(
    key: Key,
    one: Difference,
    outcome: Floats,
    design: Design,
    model: Model,
    inference: Inference,
) -> Contrast:
    spread = float(outcome.std())
    estimate, error, low, high, p_value = interval(
        one.estimate, one.std_error, one.df, one.level, spread=spread
    )
    return Contrast(
        outcome=key[0],
        horizon=key[1],
        arm=one.arm,
        against=one.against,
        estimand=WEIGHTED_TO_TARGET,
        model=model.name,
        estimate=estimate,
        std_error=error,
        df=one.df,
        ci_lower=low,
        ci_upper=high,
        level=one.level,
        p_value=p_value,
        n_arm=one.n_arm,
        n_against=one.n_against,
        n_total=int(outcome.size),
        mean_against=one.mean_against,
        covariance=inference.covariance,
        rank=design.rank,
        columns=design.columns,
    )


def _contributions(
    sample: AnalysisSample, weight: Floats, arms: Sequence[str]
) -> Iterator[Count]:
    """Say how much single persons, with their weights, give to the sum of an arm."""
    if not sample.outcomes:
        return
    values = np.column_stack(list(sample.outcomes.values())) * weight[:, None]
    for arm, members in arm_members(sample, arms=arms).items():
        amounts = Amounts.of(values[members])
        for place, (name, horizon) in enumerate(sample.outcomes):
            yield count_amounts(amounts, name, EVERY, horizon, arm, place=place)
