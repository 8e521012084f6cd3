"""Kaplan-Meier curves, restricted mean time and the log-rank test."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.duration_results import CurveTest, RestrictedMean, SurvivalCurve
from rctspark.errors import EstimationError
from rctspark.estimators.contrast import Contrast
from rctspark.estimators.durations.normal import (
    complementary_log_log_bounds,
    normal_interval,
)
from rctspark.estimators.durations.risk_sets import (
    RiskSets,
    count_risk_sets,
    require_durations,
)
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from rctspark.contracts.durations import Durations

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


def estimate_survival(
    durations: Durations, *, level: float = 0.90, minimum_persons: int = MINIMUM_PERSONS
) -> tuple[SurvivalCurve, ...]:
    """Estimate the share of each arm that has not left yet, at every time.

    Kaplan and Meier (1958, doi:10.1080/01621459.1958.10501452) with Greenwood's
    variance and the log-log interval.

    Args:
        durations: The durations; whatever the cause, an exit is an exit.
        level: Level of the interval, at each time by itself.
        minimum_persons: Fewest persons in an arm.

    Returns:
        One curve per arm, in the order of their names.

    Raises:
        EstimationError: Times, causes or arms can't be used.
    """
    arms = require_durations(durations, minimum_persons=minimum_persons, minimum_arms=1)
    return tuple(_curve(durations, arm, level) for arm in arms)


def _curve(durations: Durations, arm: str, level: float) -> SurvivalCurve:
    sets = count_risk_sets(durations, durations.arm == arm)
    survival = sets.survival
    std_error = survival * np.sqrt(np.cumsum(_greenwood(sets)))
    lower, upper = complementary_log_log_bounds(survival, std_error, level)
    return SurvivalCurve(
        arm=arm,
        unit=durations.unit,
        n=int(sets.at_risk[0]),
        time=tuple(sets.time.tolist()),
        n_at_risk=tuple(int(n) for n in sets.at_risk),
        n_exits=tuple(int(n) for n in sets.any_exits),
        survival=tuple(survival.tolist()),
        std_error=tuple(std_error.tolist()),
        ci_lower=tuple(lower.tolist()),
        ci_upper=tuple(upper.tolist()),
        level=level,
    )


def _greenwood(sets: RiskSets) -> Floats:
    """Return the terms of Greenwood's sum; 0 where everyone left has gone."""
    exits, stay = sets.any_exits, sets.at_risk - sets.any_exits
    terms: Floats = np.where(
        stay > 0, exits / (sets.at_risk * np.maximum(stay, 1)), 0.0
    )
    return terms


def estimate_restricted_mean(
    durations: Durations, *, until: float, minimum_persons: int = MINIMUM_PERSONS
) -> tuple[RestrictedMean, ...]:
    """Estimate the mean time in, up to a limit, of each arm.

    The area under the Kaplan-Meier curve, with the variance of Klein and Moeschberger
    (2003, doi:10.1007/b97377, section 4.5): each exit's Greenwood term times the
    square of the area that is left after it.

    Args:
        durations: The durations.
        until: The limit, in their unit.
        minimum_persons: Fewest persons in an arm.

    Returns:
        One mean per arm, in the order of their names.

    Raises:
        EstimationError: Times, causes or arms can't be used; or in an arm nobody was
            followed to the limit while some had not left.
    """
    arms = require_durations(durations, minimum_persons=minimum_persons, minimum_arms=1)
    return tuple(_restricted_mean(durations, arm, until) for arm in arms)


def _restricted_mean(durations: Durations, arm: str, until: float) -> RestrictedMean:
    sets = count_risk_sets(durations, durations.arm == arm)
    survival = sets.survival
    last = float(sets.time[-1])
    if until <= 0 or (until > last and survival[-1] > 0):
        raise EstimationError(
            f"arm {arm}: no restricted mean until {until:g} {durations.unit}s; its "
            f"curve is known from 0 to {last:g}"
        )
    edges = np.minimum(np.concatenate([[0.0], sets.time, [until]]), until)
    areas = np.diff(edges) * np.concatenate([[1.0], survival])
    left = areas[::-1].cumsum()[::-1][1:]
    variance = float((left**2 * _greenwood(sets)).sum())
    return RestrictedMean(
        arm=arm,
        unit=durations.unit,
        until=until,
        mean=float(areas.sum()),
        std_error=math.sqrt(variance),
        n=int(sets.at_risk[0]),
    )


def contrast_restricted_means(
    means: tuple[RestrictedMean, ...],
    *,
    control: str,
    outcome: str = "duration",
    level: float = 0.90,
) -> tuple[Contrast, ...]:
    """Compare the restricted mean of every arm with control's.

    Args:
        means: Of `estimate_restricted_mean`.
        control: Name of the control arm.
        outcome: Name under which the effects are filed.
        level: Level of the normal interval.

    Returns:
        One contrast per treatment, in units of time; `horizon` is the limit.
    """
    (base,) = (mean for mean in means if mean.arm == control)
    found = []
    for mean in means:
        if mean.arm == control:
            continue
        estimate = mean.mean - base.mean
        std_error = math.hypot(mean.std_error, base.std_error)
        lower, upper, p_value = normal_interval(estimate, std_error, level=level)
        found.append(
            Contrast(
                outcome=outcome,
                horizon=round(mean.until),
                arm=mean.arm,
                against=control,
                estimand="itt",
                model="restricted_mean",
                estimate=estimate,
                std_error=std_error,
                df=math.inf,
                ci_lower=lower,
                ci_upper=upper,
                level=level,
                p_value=p_value,
                n_arm=mean.n,
                n_against=base.n,
                n_total=sum(each.n for each in means),
                mean_against=base.mean,
                covariance="greenwood",
                rank=len(means),
                columns=len(means),
            )
        )
    return tuple(found)


def estimate_log_rank(
    durations: Durations, *, minimum_persons: int = MINIMUM_PERSONS
) -> CurveTest:
    """Test whether the arms leave at the same pace, within strata where there are.

    Log-rank test of Mantel (1966) and Peto and Peto (1972, doi:10.2307/2344317) with
    the hypergeometric variance.

    Args:
        durations: The durations; whatever the cause, an exit is an exit.
        minimum_persons: Fewest persons in an arm.

    Returns:
        The test.

    Raises:
        EstimationError: Times, causes or arms can't be used, or nobody leaves.
    """
    arms = require_durations(durations, minimum_persons=minimum_persons, minimum_arms=2)
    strata = list(persons_by_stratum(durations))
    parts = [_log_rank_parts(durations, persons, arms) for persons in strata]
    observed, expected, variance = (
        np.sum([part[i] for part in parts], axis=0) for i in range(3)
    )
    if not observed.sum():
        raise EstimationError("No log-rank test: of all persons 0 leave.")
    gap = (observed - expected)[1:]
    statistic = float(gap @ np.linalg.solve(variance[1:, 1:], gap))
    return CurveTest(
        test="log-rank",
        cause="any",
        arms=arms,
        n=tuple(int((durations.arm == arm).sum()) for arm in arms),
        observed=tuple(observed.tolist()),
        expected=tuple(expected.tolist()),
        statistic=statistic,
        df=len(arms) - 1,
        p_value=float(stats.chi2.sf(statistic, len(arms) - 1)),
        strata=len(strata),
    )


def persons_by_stratum(durations: Durations) -> Iterator[Bools]:
    """Yield who is in each stratum; everyone where there are no strata."""
    if durations.stratum is None:
        yield np.ones(durations.time.size, dtype=np.bool_)
        return
    for stratum in np.unique(durations.stratum):
        yield durations.stratum == stratum


def _log_rank_parts(
    durations: Durations, persons: Bools, arms: tuple[str, ...]
) -> tuple[Floats, Floats, Floats]:
    """Return observed and expected exits per arm, and their covariance."""
    times = np.unique(durations.time[persons])
    sets = [
        count_risk_sets(durations, persons & (durations.arm == arm), times=times)
        for arm in arms
    ]
    at_risk = np.column_stack([each.at_risk for each in sets])
    exits = np.column_stack([each.any_exits for each in sets])
    n, d = at_risk.sum(axis=1), exits.sum(axis=1)
    share = at_risk / n[:, None]
    spread = d * (n - d) / np.maximum(n - 1, 1)
    variance = np.diag(spread @ share) - (share * spread[:, None]).T @ share
    return exits.sum(axis=0), d @ share, variance
