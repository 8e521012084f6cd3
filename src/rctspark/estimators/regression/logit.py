"""Average marginal effects of assignment by logit, from any source of sums."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.errors import EstimationError
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.regression.first_pass import add_first, within_of
from rctspark.estimators.regression.first_sums import Within
from rctspark.estimators.regression.linear import arm_check, interval, regression_of
from rctspark.estimators.regression.logit_sums import LogitAt, LogitMargins, LogitSums
from rctspark.estimators.regression.normal_equations import solve
from rctspark.estimators.regression.regressions import (
    CLUSTERED,
    Step,
    in_words,
    refuse,
)
from rctspark.estimators.regression.second_pass import redundancy_faults
from rctspark.estimators.regression.separation import (
    SEPARATED,
    separating_categories,
    separating_terms,
)
from rctspark.estimators.regression.terms import make_terms

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.config.settings import Thresholds
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.regressions import Regression
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]

COVARIANCES = ("classical", "HC0", "HC1", "CR1")
STEPS = 30
SMALL_STEP = 1e-9


def estimate_logit(
    source: SourceOfSums,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
) -> tuple[Contrast, ...]:
    """Estimate each arm's average marginal effect on the chance of each outcome.

    Logit by Newton's method, all outcomes at once. The effect is the mean over
    persons of the chance in the arm minus the chance in control, all else as it is;
    its standard error by the delta method, the covariates as they are (Stata's
    `margins`, R's `margins`). HC1 and CR1 have the factors of R's `sandwich` for a
    glm. Intervals and p-values are of the normal distribution.

    Args:
        source: Persons, cells, or a table; each of Newton's steps is one pass.
        model: A model with estimator `logit`.
        inference: Covariance `classical`, `HC0`, `HC1` or `CR1`; level.
        thresholds: The data owner's; they hold where they are stricter.

    Returns:
        One contrast per outcome, horizon and treatment, in points of chance.

    Raises:
        EstimationError: An outcome is not 0 or 1 for everyone; a column (named)
            separates who has the outcome from who has not, so no finite coefficient
            fits best; and as `estimate_itt`.
    """
    fit = fit_logit(source, model=model, inference=inference, thresholds=thresholds)
    return _contrasts(source, model, inference, fit)


@dataclass(frozen=True, slots=True, eq=False)
class LogitFit:
    """A logit of every outcome, outcomes of the same persons together.

    Attributes:
        terms: The terms; numbers are centred and in standard deviations.
        groups: Sums of the groups of outcomes.
        fitted: Coefficients, one entry per group.
        spread: Covariance of the coefficients, per group shape (j, k, k).
        margins: Average marginal effects.
    """

    terms: Terms
    groups: list[GroupSums]
    fitted: list[LogitAt]
    spread: list[Floats]
    margins: LogitMargins


def fit_logit(
    source: SourceOfSums,
    *,
    model: Model,
    inference: Inference,
    thresholds: Thresholds,
) -> LogitFit:
    """Fit a logit by Newton's method, all outcomes at once.

    Args:
        source: As `estimate_logit`.
        model: As there.
        inference: As there.
        thresholds: As there.

    Returns:
        The fit.

    Raises:
        EstimationError: As `estimate_logit`.
    """
    faults = []
    if model.estimator != "logit":
        faults.append("it is not a logit")
    if inference.covariance not in COVARIANCES:
        faults.append(f"covariance {inference.covariance} does not exist for a logit")
    if faults:
        raise EstimationError(f"model {model.name}: {'; '.join(faults)}")
    regression = regression_of(source, model, inference)
    clustered = inference.covariance in CLUSTERED
    with threadpool_limits(limits=1, user_api="blas"):
        terms, place = make_terms(source, regression.terms, standardise=True)
        groups = add_first(source, terms, Within()).groups
        check = arm_check(source, inference, thresholds)
        starts = _starts(source, model, regression, terms, place, groups, check)
        fitted, curvatures = _newton(source, terms, starts)
        within = (
            within_of(source, [regression], inference.covariance)
            if clustered
            else Within()
        )
        margins = source.add_up(
            LogitMargins(terms, fitted, arms=len(source.arms), within=within)
        )
    spread = [
        _covariance(inference, group, margins, i, curvatures[i])
        for i, group in enumerate(groups)
    ]
    return LogitFit(terms, groups, fitted, spread, margins)


def _starts(  # noqa: PLR0913, PLR0917 (what a fit begins from)
    source: SourceOfSums,
    model: Model,
    regression: Regression,
    terms: Terms,
    place: dict[tuple[str, ...], int],
    groups: list[GroupSums],
    check: Callable[[GroupSums, int], list[str]],
) -> list[LogitAt]:
    """Begin at zero, with the columns that are kept; refuse what can't be fitted."""
    faults: list[str] = []
    starts, steps = [], []
    for group in groups:
        where = f"{in_words(source, group.outcomes)}: model {model.name}"
        found = check(group, 0)
        try:
            equations = solve(
                group.products,
                weight=float(group.weight.sum()),
                largest=group.largest,
                fixed=[place[t] for t in regression.fixed],
                free=[place[t] for t in regression.free],
                names=terms.names,
            )
        except EstimationError as refused:
            faults += [f"{where}: {fault}" for fault in (*found, str(refused))]
            continue
        found = found or check(group, len(equations.kept) + 1)
        faults += [f"{where}: {fault}" for fault in found]
        faults += separating_categories(source, group, terms)
        kept, outcomes = len(equations.kept), len(group.outcomes)
        zeros = np.zeros((kept + 1, outcomes))
        starts.append(LogitAt(group.outcomes, equations.kept, zeros))
        interest = np.zeros((kept, 1))
        steps.append(Step(regression, group, equations, zeros[1:], interest))
    refuse(faults or redundancy_faults(source, steps, terms))
    return starts


def _newton(
    source: SourceOfSums, terms: Terms, starts: list[LogitAt]
) -> tuple[list[LogitAt], list[Floats]]:
    """Climb to the highest likelihood; curvatures have shape (j, k, k)."""
    at = starts
    for _ in range(STEPS):
        sums = source.add_up(LogitSums(terms, at))
        faults = [
            f"{in_words(source, [place])} is not 0 or 1 for {count:.0f} person(s)"
            for one, counts in zip(at, sums.not_binary, strict=True)
            for place, count in zip(one.outcomes, counts, strict=True)
            if count
        ]
        refuse(faults)
        curvatures = [_full(c) for c in sums.curvatures]
        moved, largest = [], 0.0
        for one, slope, curvature in zip(at, sums.slopes, curvatures, strict=True):
            step = np.linalg.solve(curvature, slope.T[:, :, None])[:, :, 0].T
            largest = max(largest, float(np.abs(step).max(initial=0.0)))
            moved.append(LogitAt(one.outcomes, one.terms, one.coefficients + step))
        if largest < SMALL_STEP:
            return moved, curvatures
        at = moved
        refuse(separating_terms(source, terms, at, sums.persons))
    refuse(
        separating_terms(source, terms, at, sums.persons, beyond=SEPARATED / 2)
        or ["no convergence"]
    )
    raise AssertionError


def _full(pairs: Floats) -> Floats:
    count, j = pairs.shape
    k = round((np.sqrt(8 * count + 1) - 1) / 2)
    first, second = np.triu_indices(k)
    full = np.zeros((j, k, k))
    full[:, first, second] = pairs.T
    full[:, second, first] = pairs.T
    return full


def _covariance(
    inference: Inference,
    group: GroupSums,
    margins: LogitMargins,
    place: int,
    curvature: Floats,
) -> Floats:
    """Covariance of the coefficients, shape (j, k, k)."""
    bread: Floats = np.linalg.inv(curvature).astype(np.float64)
    n, k = group.persons, curvature.shape[1]
    if inference.covariance == "classical":
        return bread
    if inference.covariance == "CR1":
        scores = margins.scores[place]
        clusters = int((np.abs(scores).sum(axis=(1, 2)) > 0).sum())
        middle: Floats = np.einsum("cij,ckj->jik", scores, scores)
        middle = middle * (clusters / (clusters - 1) * (n - 1) / (n - k))
    else:
        middle = _full(margins.middles[place])
        middle = middle * (n / (n - k) if inference.covariance == "HC1" else 1.0)
    covariance: Floats = bread @ middle @ bread
    return covariance


def _contrasts(
    source: SourceOfSums, model: Model, inference: Inference, fit: LogitFit
) -> tuple[Contrast, ...]:
    found: dict[tuple[int, int], Contrast] = {}
    columns, margins = len(fit.terms.names), fit.margins
    for i, (group, at) in enumerate(zip(fit.groups, fit.fitted, strict=True)):
        spread = fit.spread[i]
        persons = margins.persons[i]
        effects = margins.effects[i] / persons
        gradients = margins.gradients[i] / persons
        variances = np.einsum("akj,jkl,alj->aj", gradients, spread, gradients)
        for j, place in enumerate(at.outcomes):
            outcome, horizon = source.outcomes[int(place)]
            for a, arm in enumerate(source.arms[1:]):
                estimate, error, lower, upper, p_value = interval(
                    float(effects[a, j]),
                    float(np.sqrt(variances[a, j])),
                    np.inf,
                    inference.level,
                    spread=1.0,
                )
                found[int(place), a] = Contrast(
                    outcome=outcome,
                    horizon=horizon,
                    arm=arm,
                    against=source.arms[0],
                    estimand="itt",
                    model=model.name,
                    estimate=estimate,
                    std_error=error,
                    df=np.inf,
                    ci_lower=lower,
                    ci_upper=upper,
                    level=inference.level,
                    p_value=p_value,
                    n_arm=round(group.arm_persons[a + 1]),
                    n_against=round(group.arm_persons[0]),
                    n_total=group.n,
                    mean_against=float(group.arm_y[0, j]),
                    covariance=inference.covariance,
                    rank=len(at.terms) + 1,
                    columns=columns + 1,
                )
    return tuple(found[key] for key in sorted(found))
