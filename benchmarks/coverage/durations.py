"""Durations where the truth is known: do 90 % intervals cover, do 5 % tests hold?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.durations import Durations, RiskRows
from rctspark.estimators.durations import (
    contrast_incidence,
    contrast_restricted_means,
    estimate_cox,
    estimate_discrete_hazard,
    estimate_gray,
    estimate_incidence,
    estimate_log_rank,
    estimate_restricted_mean,
    estimate_survival,
    expand_person_periods,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

PERSONS = 160
ARMS = np.repeat(["control", "hia", "wl", "zia"], PERSONS // 4)
EFFECT = 0.4
JOB, OTHER = 0.10, 0.05
HORIZON = 8
TEST = 0.05


def _draw(random: np.random.Generator, effect: float) -> Durations:
    """Draw four arms; exit to a job is sooner in the last, in half units of time."""
    job = random.exponential(np.exp(-effect * (ARMS == "zia")) / JOB)
    other = random.exponential(1 / OTHER, PERSONS)
    end = random.uniform(10, 25, PERSONS)
    first = np.minimum(job, other)
    return Durations(
        time=np.ceil(2 * np.minimum(first, end)) / 2,
        cause=np.where(first > end, 0, np.where(job < other, 1, 2)),
        causes=("job", "other"),
        arm=ARMS,
        stratum=random.choice(["a", "b", "c"], PERSONS),
    )


def _incidence(job: float) -> float:
    return job / (job + OTHER) * -float(np.expm1(-(job + OTHER) * HORIZON))


def _mean(rate: float) -> float:
    """Return the mean time in, known by half units, up to the horizon."""
    steps = np.arange(0, HORIZON, 0.5)
    return float(0.5 * np.exp(-rate * steps).sum())


def try_curves(random: np.random.Generator) -> Mapping[str, bool]:
    """Survival, restricted means and incidence, with the effects made from them.

    Args:
        random: Source of randomness.

    Returns:
        Whether each 90 % interval held the truth.
    """
    drawn = _draw(random, EFFECT)
    rate = JOB * np.exp(EFFECT)
    curve = estimate_survival(drawn)[-1]
    at = int(np.searchsorted(curve.time, HORIZON, side="right")) - 1
    stays = np.exp(-(rate + OTHER) * HORIZON)
    mean = contrast_restricted_means(
        estimate_restricted_mean(drawn, until=HORIZON), control="control"
    )[-1]
    mean_truth = _mean(rate + OTHER) - _mean(JOB + OTHER)
    curves = estimate_incidence(drawn)
    job = next(c for c in curves if (c.arm, c.cause) == ("zia", "job"))
    place = int(np.searchsorted(job.time, HORIZON, side="right")) - 1
    gap = next(
        c
        for c in contrast_incidence(curves, control="control", horizons=(HORIZON,))
        if (c.arm, c.outcome) == ("zia", "exit_job")
    )
    truth = _incidence(rate)
    return {
        "survival": bool(curve.ci_lower[at] <= stays <= curve.ci_upper[at]),
        "restricted mean, difference": mean.ci_lower <= mean_truth <= mean.ci_upper,
        "incidence": bool(job.ci_lower[place] <= truth <= job.ci_upper[place]),
        "incidence, difference": (
            gap.ci_lower <= truth - _incidence(JOB) <= gap.ci_upper
        ),
    }


def try_tests(random: np.random.Generator) -> Mapping[str, bool]:
    """Log-rank and Gray's test where no arm differs.

    Args:
        random: Source of randomness.

    Returns:
        Whether each 5 % test rejected.
    """
    drawn = _draw(random, 0.0)
    return {
        "log-rank, stratified": estimate_log_rank(drawn).p_value < TEST,
        "Gray, stratified": estimate_gray(drawn)[0].p_value < TEST,
    }


def try_regressions(random: np.random.Generator) -> Mapping[str, bool]:
    """Cox and discrete-time hazards, with plain and clustered errors.

    Args:
        random: Source of randomness.

    Returns:
        Whether each 90 % interval held the truth.
    """
    treated = (ARMS == "zia").astype(float)
    age = random.normal(size=PERSONS)
    leaves = random.exponential(np.exp(-EFFECT * treated + 0.3 * age) / JOB)
    stop = np.minimum(leaves, 12.0)
    left = leaves <= stop
    covariates = np.column_stack([treated, age])
    names = ("zia", "age")
    rows = RiskRows(
        person=np.arange(PERSONS),
        start=np.zeros(PERSONS),
        stop=np.ceil(4 * stop) / 4,
        cause=left.astype(np.int64),
        causes=("exit",),
        covariates=covariates,
        names=names,
    )
    periods = expand_person_periods(
        np.ceil(stop).astype(np.int64), left, covariates=covariates, names=names
    )
    held = {}
    for covariance in ("model", "cluster"):
        for model, fit in (
            ("cox", estimate_cox(rows, covariance=covariance)),
            (
                "cloglog",
                estimate_discrete_hazard(
                    periods,
                    link="cloglog",
                    pieces=(1, 4, 8),
                    covariance=covariance,
                ),
            ),
        ):
            zia = next(c for c in fit.coefficients if c.name == "zia")
            held[f"{model}, {covariance}"] = zia.ci_lower <= EFFECT <= zia.ci_upper
    return held


CASES: dict[str, Callable[[np.random.Generator], Mapping[str, bool]]] = {
    "curves, four arms of 40": try_curves,
    "tests, four arms of 40, three strata": try_tests,
    "regressions, four arms of 40": try_regressions,
}
NOMINAL = {
    **dict.fromkeys(("log-rank, stratified", "Gray, stratified"), TEST),
    **dict.fromkeys(
        (
            "survival",
            "restricted mean, difference",
            "incidence",
            "incidence, difference",
            "cox, model",
            "cox, cluster",
            "cloglog, model",
            "cloglog, cluster",
        ),
        0.90,
    ),
}
"""Figure to the share that it should be."""
