"""Effects of assignment by least squares, from any source of sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.sums import ARM
from rctspark.errors import EstimationError
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.intervals import t_interval
from rctspark.estimators.itt import ROUNDING
from rctspark.estimators.regression.engine import fit_regressions
from rctspark.estimators.regression.regressions import (
    CLUSTERED,
    Regression,
    about_the_mean,
    in_words,
)
from rctspark.estimators.regression.terms import products_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.regressions import Fit, Term

    Floats = NDArray[np.float64]


def estimate_linear(
    source: SourceOfSums,
    *,
    models: Sequence[Model],
    inference: Inference,
    thresholds: Thresholds,
) -> tuple[Contrast, ...]:
    """Estimate the effect of assignment on every outcome, by every model.

    Two passes over the source serve all models, outcomes and horizons. The numbers
    are those of `estimate_itt`, which fits one person after the other; covariances
    that it does not know, strata, clusters and `lin` are here alone. `lin` is the
    fully interacted estimator (Lin 2013, doi:10.1214/12-AOAS583): the effect at the
    mean of the covariates, with the variance that comes from estimating that mean
    (Negi and Wooldridge 2021, doi:10.1080/07474938.2020.1824732), so it speaks of
    the population that persons come from; its covariance is named `HC2+means`.

    Args:
        source: Persons, cells, or a table.
        models: Models with estimator `ols` or `lin` and without `by`.
        inference: Covariance, cluster, level, fewest persons per arm.
        thresholds: The data owner's; they hold where they are stricter.

    Returns:
        One contrast per model, outcome, horizon and treatment, in that order.

    Raises:
        EstimationError: As `estimate_itt`; all models and outcomes at once.
    """
    faults = [
        f"model {m.name} is not a linear one with one effect for everyone"
        for m in models
        if m.estimator not in {"ols", "lin"} or m.by
    ]
    if source.is_weighted and any(m.estimator == "lin" for m in models):
        faults.append("estimator lin has no variance for weighted persons")
    if faults:
        raise EstimationError("; ".join(faults))
    by_model: dict[str, dict[int, list[Contrast]]] = {m.name: {} for m in models}
    for strata in dict.fromkeys(m.strata for m in models):
        chosen = {m.name: m for m in models if m.strata == strata}
        fits = fit_regressions(
            source,
            [regression_of(source, m, inference) for m in chosen.values()],
            covariance=inference.covariance,
            check=arm_check(source, inference, thresholds),
        )
        for fit in fits:
            model = chosen[fit.regression.name]
            found = _contrasts(source, fit, model, inference)
            by_model[model.name] |= found
    return tuple(
        contrast
        for model in models
        for place in range(len(source.outcomes))
        for contrast in by_model[model.name][place]
    )


def regression_of(
    source: SourceOfSums, model: Model, inference: Inference
) -> Regression:
    """Return what a model regresses on.

    Args:
        source: The source.
        model: The model.
        inference: Says who was assigned together.

    Returns:
        The regression: arms, their products with `by`, covariates, and what `lin`
        crosses.

    Raises:
        EstimationError: The source lacks a covariate of the model.
    """
    unknown = [c for c in model.uses if c not in source.columns]
    if unknown:
        raise EstimationError(
            f"model {model.name} needs covariate {', '.join(unknown)}, which the "
            "sample does not have"
        )
    arms: list[Term] = [(ARM + arm,) for arm in source.arms[1:]]
    owned = [(c, name) for c in model.covariates for name in source.columns[c]]
    free: list[Term] = [(name,) for _, name in owned]
    if model.products == "pairwise":
        free += products_of(owned)
    fixed = list(arms)
    if model.by is not None:
        categories = source.columns[model.by]
        free += [(name,) for name in categories if (name,) not in free]
        fixed += [(*arm, name) for name in categories for arm in arms]
    is_lin = model.estimator == "lin"
    clustered = inference.covariance in CLUSTERED
    return Regression(
        name=model.name,
        fixed=tuple(fixed),
        free=tuple(free),
        crossed={f: tuple((*a, *f) for a in arms) for f in free} if is_lin else {},
        within=inference.cluster if clustered else model.strata,
    )


def arm_check(
    source: SourceOfSums, inference: Inference, thresholds: Thresholds
) -> Callable[[GroupSums, int], list[str]]:
    """Return what says whether a group of persons is too small for a model."""
    fewest = max(inference.minimum_persons, thresholds.minimum_persons)

    def check(group: GroupSums, rank: int) -> list[str]:
        faults = [
            f"{count:.0f} person(s) observed in arm {arm}, needed are {fewest}"
            for arm, count in zip(source.arms, group.arm_persons, strict=True)
            if count < fewest
        ]
        if group.n - rank < thresholds.minimum_df:
            faults.append(
                f"{group.n} persons and a design of rank {rank} leave "
                f"{group.n - rank} degrees of freedom, needed are "
                f"{thresholds.minimum_df}"
            )
        return faults

    return check


def interval(
    estimate: float, error: float, df: float, level: float, *, spread: float
) -> tuple[float, float, float, float, float]:
    """Return estimate, standard error, interval and p-value, free of rounding.

    Where an outcome does not vary and is the same in both arms, nothing speaks for a
    difference: 0, 0, 0, 0, 1.

    Args:
        estimate: The estimate.
        error: Its standard error.
        df: Degrees of freedom of the t distribution; infinite for the normal.
        level: Level of the interval.
        spread: Standard deviation of the outcome.

    Raises:
        EstimationError: Arms differ and nobody within them does.
    """
    if error <= ROUNDING * spread or spread == 0:
        if abs(estimate) <= ROUNDING * spread or spread == 0:
            return 0.0, 0.0, 0.0, 0.0, 1.0
        raise EstimationError(
            "arms differ and nobody within them does, so there is no standard error"
        )
    return estimate, error, *t_interval(estimate, error, df=df, level=level)


def make_contrast(  # noqa: PLR0913 (a contrast has these parts)
    source: SourceOfSums,
    fit: Fit,
    model: Model,
    inference: Inference,
    *,
    outcome: int,
    arm: int,
    estimate: float,
    variance: float,
    df: float,
    spread: float,
    persons: tuple[float, float],
    mean_against: float,
    subgroup: str = "",
) -> Contrast:
    """Make the contrast of one estimate.

    Args:
        source: The source.
        fit: The fit that it comes from.
        model: Its model.
        inference: Covariance and level.
        outcome: Place of the outcome in the source.
        arm: Place of the arm in the source.
        estimate: The estimate.
        variance: Its variance.
        df: Its degrees of freedom.
        spread: Standard deviation of the outcome.
        persons: Persons of the arm and of control.
        mean_against: Mean of control.
        subgroup: Category whose effect it is.

    Returns:
        The contrast.

    Raises:
        EstimationError: Arms differ and nobody within them does.
    """
    try:
        estimate, error, lower, upper, p_value = interval(
            estimate,
            float(np.sqrt(max(variance, 0.0))),
            df,
            inference.level,
            spread=spread,
        )
    except EstimationError as refused:
        raise EstimationError(f"{in_words(source, [outcome])}: {refused}") from None
    name, horizon = source.outcomes[outcome]
    suffix = "+means" if fit.regression.crossed else ""
    return Contrast(
        outcome=name,
        horizon=horizon,
        arm=source.arms[arm],
        against=source.arms[0],
        estimand="itt",
        model=model.name,
        estimate=estimate,
        std_error=error,
        df=df,
        ci_lower=lower,
        ci_upper=upper,
        level=inference.level,
        p_value=p_value,
        n_arm=round(persons[0]),
        n_against=round(persons[1]),
        n_total=fit.group.n,
        mean_against=mean_against,
        covariance=inference.covariance + suffix,
        rank=fit.rank,
        columns=fit.columns,
        subgroup=subgroup,
    )


def spreads(fit: Fit) -> Floats:
    """Return the standard deviation of each outcome of a fit; 0 if it is rounding."""
    whole = about_the_mean(fit.group)
    spread: Floats = np.sqrt(np.maximum(whole.y_squares, 0) / fit.group.weight.sum())
    return np.where(spread <= ROUNDING * np.abs(whole.y_means[0]), 0.0, spread)


def _contrasts(
    source: SourceOfSums, fit: Fit, model: Model, inference: Inference
) -> dict[int, list[Contrast]]:
    spread = spreads(fit)
    persons = fit.group.arm_persons
    faults: list[str] = []
    found: dict[int, list[Contrast]] = {int(place): [] for place in fit.outcomes}
    for j, place in enumerate(fit.outcomes):
        for i in range(len(source.arms) - 1):
            try:
                contrast = make_contrast(
                    source,
                    fit,
                    model,
                    inference,
                    outcome=int(place),
                    arm=i + 1,
                    estimate=float(fit.estimates[j, i]),
                    variance=float(fit.covariance[j, i, i]),
                    df=float(fit.df[j, i]),
                    spread=float(spread[j]),
                    persons=(persons[i + 1], persons[0]),
                    mean_against=float(fit.group.arm_y[0, j]),
                )
            except EstimationError as refused:
                faults.append(str(refused))
                continue
            found[int(place)].append(contrast)
    if faults:
        raise EstimationError(f"model {model.name}: {'; '.join(faults)}")
    return found
