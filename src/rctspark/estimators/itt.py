"""Intention to treat: the effect of assignment on every outcome and horizon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.errors import EstimationError, listed
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.design import Design, make_design
from rctspark.estimators.least_squares import fit_outcomes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sample import AnalysisSample

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]

Key = tuple[str, int]
ROUNDING = 1e-10
"""A share of an outcome's standard deviation below which a number is rounding."""
LEVERAGE_OF_ONE = 1 - 1e-9
DIVIDE_BY_LEVERAGE = ("HC2", "HC3")


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What stays the same over the outcomes of one model."""

    sample: AnalysisSample
    arms: tuple[str, ...]
    model: Model
    inference: Inference
    minimum_persons: int
    minimum_df: int


def estimate_itt(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
) -> tuple[Contrast, ...]:
    """Estimate the effect of being assigned to each treatment instead of control.

    Least squares of the outcome on a constant, a column per treatment and the
    model's covariates, among those whose outcome is observed; without covariates it
    is the difference in means, and HC2 is then Neyman's variance. Intervals and
    p-values are of the t distribution with n minus rank degrees of freedom.

    Where an outcome varies in neither of two arms and is the same in both, nothing
    speaks for a difference and nothing can be said about sampling: estimate 0,
    standard error 0, interval from 0 to 0, p-value 1.

    Args:
        sample: The analysis sample.
        arms: Arms in the regression, control first.
        model: The model.
        inference: Covariance, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.

    Returns:
        One contrast per outcome, horizon and treatment, in that order.

    Raises:
        EstimationError: Someone is in another arm; an arm has too few persons, or
            the model too few residual degrees of freedom; a covariate is missing or
            says which arm a person is in; an outcome is infinite, or the model fits
            it without error. All at once, with outcome, horizon, arm and count.
    """
    _refuse_other_models(model, inference)
    others = int((~np.isin(sample.arm, list(arms))).sum())
    if others:
        raise EstimationError(
            f"{others} person(s) are in an arm that is not in the regression; the "
            "estimator drops nobody. Leave them out in the plan's analysis."
        )
    task = _Task(
        sample=sample,
        arms=tuple(arms),
        model=model,
        inference=inference,
        minimum_persons=max(inference.minimum_persons, thresholds.minimum_persons),
        minimum_df=thresholds.minimum_df,
    )
    faults: list[str] = []
    found: dict[Key, list[Contrast]] = {}
    # On designs of this size, threads that share their cores wait for one another, up
    # to twenty times slower; and one thread gives the same digits on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        for observed, keys in _group_by_observed(sample.outcomes):
            try:
                found |= _estimate_together(task, observed, keys)
            except EstimationError as refused:
                faults.append(str(refused))
    if faults:
        raise EstimationError(
            f"Model {model.name} can't be estimated as the plan says:\n{listed(faults)}"
        )
    return tuple(c for key in sample.outcomes for c in found[key])


def _refuse_other_models(model: Model, inference: Inference) -> None:
    """Refuse what would silently be fitted as something else."""
    other = {
        f"estimator {model.estimator}": model.estimator != "ols",
        f"effects by {model.by}": model.by is not None,
        f"strata {model.strata}": model.strata is not None,
        f"covariance {inference.covariance}": inference.covariance[:2] != "HC",
    }
    asked = [name for name, is_asked in other.items() if is_asked]
    if asked:
        raise EstimationError(
            f"model {model.name} is not fitted row by row: {', '.join(asked)}; use "
            "the estimators that work by sums"
        )


def _group_by_observed(
    outcomes: Mapping[Key, Floats],
) -> Iterator[tuple[Bools, list[Key]]]:
    """Put outcomes together that are observed for the same persons."""
    groups: dict[bytes, tuple[Bools, list[Key]]] = {}
    for key, values in outcomes.items():
        observed = ~np.isnan(values)
        groups.setdefault(observed.tobytes(), (observed, []))[1].append(key)
    yield from groups.values()


def _estimate_together(
    task: _Task, observed: Bools, keys: list[Key]
) -> dict[Key, list[Contrast]]:
    """Estimate outcomes that share their persons, so one design serves all."""
    faults = _arm_faults(task, observed) + _outcome_faults(task, observed, keys)
    if faults:
        raise EstimationError(f"{_in_words(keys)}: {'; '.join(faults)}")
    try:
        design = make_design(task.sample, observed, arms=task.arms, model=task.model)
    except EstimationError as refused:
        raise EstimationError(f"{_in_words(keys)}: {refused}") from None
    faults = _design_faults(task, design)
    if faults:
        raise EstimationError(f"{_in_words(keys)}: {'; '.join(faults)}")
    outcomes = [task.sample.outcomes[key][observed] for key in keys]
    fits = fit_outcomes(design, outcomes, covariance=task.inference.covariance)
    contrasts = {
        key: _contrasts(task, key, outcome, design, fit)
        for key, outcome, fit in zip(keys, outcomes, fits, strict=True)
    }
    exact = [
        key
        for key, found in contrasts.items()
        if any(c.std_error == 0 and c.estimate != 0 for c in found)
    ]
    if exact:
        raise EstimationError(
            f"{_in_words(exact)}: arms differ and nobody within them does, so there "
            "is no standard error"
        )
    return contrasts


def _contrasts(
    task: _Task,
    key: Key,
    outcome: Floats,
    design: Design,
    fit: Any,  # noqa: ANN401 (statsmodels has no types)
) -> list[Contrast]:
    intervals = fit.conf_int(alpha=1 - task.inference.level)
    is_control = ~design.matrix[:, 1 : len(task.arms)].any(axis=1)
    spread = float(outcome.std()) if np.ptp(outcome) > 0 else 0.0
    contrasts = []
    for i, treatment in enumerate(design.treatments, start=1):
        numbers = (fit.params[i], fit.bse[i], *intervals[i], fit.pvalues[i])
        estimate, error, lower, upper, p_value = map(float, numbers)
        if error <= ROUNDING * spread or spread == 0:
            same = abs(estimate) <= ROUNDING * spread or spread == 0
            estimate = 0.0 if same else estimate
            error, lower, upper, p_value = 0.0, estimate, estimate, float(same)
        contrasts.append(
            Contrast(
                outcome=key[0],
                horizon=key[1],
                arm=treatment,
                against=task.arms[0],
                estimand="itt",
                model=task.model.name,
                estimate=estimate,
                std_error=error,
                df=float(fit.df_resid),
                ci_lower=lower,
                ci_upper=upper,
                level=task.inference.level,
                p_value=p_value,
                n_arm=int(design.matrix[:, i].sum()),
                n_against=int(is_control.sum()),
                n_total=len(outcome),
                mean_against=float(outcome[is_control].mean()),
                covariance=task.inference.covariance,
                rank=design.rank,
                columns=design.columns,
            )
        )
    return contrasts


def _arm_faults(task: _Task, observed: Bools) -> list[str]:
    arm = task.sample.arm[observed]
    counts = {name: int((arm == name).sum()) for name in task.arms}
    return [
        f"{count} person(s) observed in arm {name}, needed are {task.minimum_persons}"
        for name, count in counts.items()
        if count < task.minimum_persons
    ]


def _outcome_faults(task: _Task, observed: Bools, keys: list[Key]) -> list[str]:
    counts = {
        key: int(np.isinf(task.sample.outcomes[key][observed]).sum()) for key in keys
    }
    return [
        f"{_in_words([key])} is infinite for {count} person(s)"
        for key, count in counts.items()
        if count
    ]


def _design_faults(task: _Task, design: Design) -> list[str]:
    n = len(design.matrix)
    faults = []
    if n - design.rank < task.minimum_df:
        faults.append(
            f"{n} persons and a design of rank {design.rank} leave {n - design.rank} "
            f"degrees of freedom, needed are {task.minimum_df}"
        )
    elif task.inference.covariance in DIVIDE_BY_LEVERAGE:
        basis, _ = np.linalg.qr(design.matrix)
        exact = int(((basis**2).sum(axis=1) > LEVERAGE_OF_ONE).sum())
        if exact:
            faults.append(
                f"{exact} person(s) have a covariate column to themselves, for which "
                f"{task.inference.covariance} does not exist; use HC1 or join "
                "categories"
            )
    return faults


def _in_words(keys: list[Key]) -> str:
    horizons: dict[str, list[str]] = {}
    for outcome, horizon in keys:
        horizons.setdefault(outcome, []).append(str(horizon))
    return ", ".join(f"{o} at horizon {', '.join(h)}" for o, h in horizons.items())
