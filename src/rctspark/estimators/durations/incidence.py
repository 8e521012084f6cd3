"""Cumulative incidence of competing exits, its contrasts, and the test of Gray."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.duration_results import CurveTest, IncidenceCurve
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
from rctspark.estimators.durations.survival import persons_by_stratum
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.durations import Durations

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]


NOISE = 1e-14


def estimate_incidence(
    durations: Durations, *, level: float = 0.90, minimum_persons: int = MINIMUM_PERSONS
) -> tuple[IncidenceCurve, ...]:
    """Estimate the share of each arm that has left in each way, at every time.

    Aalen and Johansen (1978), ties counted as they are. The variance is the delta
    method's on multinomial counts at each time, which for one kind of exit is
    Greenwood's, and in general that of the influence functions. The interval is
    symmetric for log(-log(1 - incidence)), so for one kind of exit it is the
    Kaplan-Meier curve's.

    Args:
        durations: The durations.
        level: Level of the interval, at each time by itself.
        minimum_persons: Fewest persons in an arm.

    Returns:
        One curve per arm and kind of exit, arm by arm.

    Raises:
        EstimationError: Times, causes or arms can't be used.
    """
    arms = require_durations(durations, minimum_persons=minimum_persons, minimum_arms=1)
    found = []
    for arm in arms:
        sets = count_risk_sets(durations, durations.arm == arm)
        for kind, cause in enumerate(durations.causes):
            incidence, std_error = _aalen_johansen(sets, kind)
            # Bounds of what is left, turned over.
            low, high = complementary_log_log_bounds(1 - incidence, std_error, level)
            hazard = np.cumsum(sets.exits[:, kind] / sets.at_risk)
            found.append(
                IncidenceCurve(
                    arm=arm,
                    cause=cause,
                    unit=durations.unit,
                    n=int(sets.at_risk[0]),
                    time=tuple(sets.time.tolist()),
                    n_at_risk=tuple(int(n) for n in sets.at_risk),
                    n_exits=tuple(int(n) for n in sets.exits[:, kind]),
                    incidence=tuple(incidence.tolist()),
                    std_error=tuple(std_error.tolist()),
                    ci_lower=tuple((1 - high).tolist()),
                    ci_upper=tuple((1 - low).tolist()),
                    cumulative_hazard=tuple(hazard.tolist()),
                    level=level,
                )
            )
    return tuple(found)


def _aalen_johansen(sets: RiskSets, kind: int) -> tuple[Floats, Floats]:
    """Return the incidence of one kind of exit and its standard error.

    The incidence at t moves with the hazard of any exit at s <= t by minus what is
    still to come, (F(t) - F(s)) / (1 - h(s)), and with its own hazard by S(s-)
    besides; hazards at one time are multinomial shares, at two times uncorrelated.
    Squared out in powers of F(t), the sum over s is three running sums.
    """
    n, d = sets.at_risk, sets.exits[:, kind]
    hazard, own = sets.any_exits / n, d / n
    before = np.concatenate([[1.0], sets.survival[:-1]])
    incidence = np.cumsum(before * own)
    stay = np.where(hazard < 1, 1 - hazard, np.inf)
    any_term = hazard * (1 - hazard) / n / stay**2
    cross_term = before * own * (1 - hazard) / n / stay
    own_term = before**2 * own * (1 - own) / n
    variance = (
        incidence**2 * np.cumsum(any_term)
        - 2 * incidence * np.cumsum(any_term * incidence + cross_term)
        + np.cumsum(any_term * incidence**2 + 2 * cross_term * incidence + own_term)
    )
    # What rounding leaves of differences is not a variance.
    return incidence, np.sqrt(np.where(variance > NOISE * incidence, variance, 0.0))


def contrast_incidence(
    curves: Sequence[IncidenceCurve],
    *,
    control: str,
    horizons: Sequence[int],
    outcome: str = "exit",
) -> tuple[Contrast, ...]:
    """Compare, at some horizons, the share that has left in each way with control's.

    Args:
        curves: Of `estimate_incidence`.
        control: Name of the control arm.
        horizons: Times from the start, in the curves' unit.
        outcome: Effects are filed as `outcome_cause`.

    Returns:
        One contrast per treatment, kind of exit and horizon, in shares.

    Raises:
        EstimationError: A horizon lies beyond what an arm was followed.
    """
    base = {curve.cause: curve for curve in curves if curve.arm == control}
    n_total = sum({curve.arm: curve.n for curve in curves}.values())
    return tuple(
        _contrast_at(
            curve, base[curve.cause], horizon, f"{outcome}_{curve.cause}", n_total
        )
        for curve in curves
        if curve.arm != control
        for horizon in horizons
    )


def _contrast_at(
    curve: IncidenceCurve,
    base: IncidenceCurve,
    horizon: int,
    outcome: str,
    n_total: int,
) -> Contrast:
    (share, error), (other, other_error) = (_at(c, horizon) for c in (curve, base))
    estimate, std_error = share - other, math.hypot(error, other_error)
    lower, upper, p_value = normal_interval(estimate, std_error, level=curve.level)
    return Contrast(
        outcome=outcome,
        horizon=horizon,
        arm=curve.arm,
        against=base.arm,
        estimand="itt",
        model="cumulative_incidence",
        estimate=estimate,
        std_error=std_error,
        df=math.inf,
        ci_lower=lower,
        ci_upper=upper,
        level=curve.level,
        p_value=p_value,
        n_arm=curve.n,
        n_against=base.n,
        n_total=n_total,
        mean_against=other,
        covariance="aalen_johansen",
        rank=2,
        columns=2,
    )


def _at(curve: IncidenceCurve, horizon: float) -> tuple[float, float]:
    place = int(np.searchsorted(curve.time, horizon, side="right")) - 1
    # Beyond the last time seen, the curve is known only if nobody is left.
    if horizon > curve.time[-1] and curve.n_at_risk[-1] > curve.n_exits[-1]:
        raise EstimationError(
            f"arm {curve.arm}: {curve.cause} within {horizon} {curve.unit}s is not "
            f"known; nobody was followed beyond {curve.time[-1]:g}"
        )
    return (
        (curve.incidence[place], curve.std_error[place]) if place >= 0 else (0.0, 0.0)
    )


def estimate_gray(
    durations: Durations, *, rho: float = 0.0, minimum_persons: int = MINIMUM_PERSONS
) -> tuple[CurveTest, ...]:
    """Test, for each kind of exit, whether its incidence differs between the arms.

    Gray (1988, doi:10.1214/aos/1176350951), within strata where there are, with his
    own program's treatment of ties in the variance.

    Args:
        durations: The durations.
        rho: Weight: the share not yet left in this way, to this power.
        minimum_persons: Fewest persons in an arm.

    Returns:
        One test per kind of exit.

    Raises:
        EstimationError: Times, causes or arms can't be used; nobody leaves in a way.
    """
    arms = require_durations(durations, minimum_persons=minimum_persons, minimum_arms=2)
    strata = list(persons_by_stratum(durations))
    missing = [
        cause
        for kind, cause in enumerate(durations.causes, start=1)
        if not (durations.cause == kind).any()
    ]
    if missing:
        raise EstimationError(
            f"No test of Gray: 0 persons leave to {', '.join(missing)}."
        )
    found = []
    for kind, cause in enumerate(durations.causes):
        parts = [_gray_parts(durations, who, arms, kind, rho) for who in strata]
        observed, expected, variance = (
            np.sum([part[i] for part in parts], axis=0) for i in range(3)
        )
        gap = (observed - expected)[:-1]
        statistic = float(gap @ np.linalg.solve(variance[:-1, :-1], gap))
        found.append(
            CurveTest(
                test="gray",
                cause=cause,
                arms=arms,
                n=tuple(int((durations.arm == arm).sum()) for arm in arms),
                observed=tuple(observed.tolist()),
                expected=tuple(expected.tolist()),
                statistic=statistic,
                df=len(arms) - 1,
                p_value=float(stats.chi2.sf(statistic, len(arms) - 1)),
                strata=len(strata),
            )
        )
    return tuple(found)


def _gray_parts(
    durations: Durations,
    persons: Bools,
    arms: tuple[str, ...],
    kind: int,
    rho: float,
) -> tuple[Floats, Floats, Floats]:
    """Return weighted exits, those expected under no difference, and the covariance."""
    exits_at = np.unique(durations.time[persons & (durations.cause > 0)])
    times = np.unique(durations.time[persons])
    seen = np.isin(times, exits_at)
    sets = [
        count_risk_sets(durations, persons & (durations.arm == arm), times=times)
        for arm in arms
    ]
    at_risk: Floats = np.column_stack([s.at_risk for s in sets])[seen]
    own: Floats = np.column_stack([s.exits[:, kind] for s in sets])[seen]
    rest: Floats = np.column_stack([s.any_exits for s in sets])[seen] - own
    present = at_risk > 0
    n: Floats = np.where(present, at_risk, 1.0)
    stays: Floats = np.where(present, 1 - (own + rest) / n, 1.0)
    after: Floats = np.asarray(np.cumprod(stays, axis=0), dtype=np.float64)
    before = np.vstack([np.ones(len(arms)), after[:-1]])
    incidence = np.cumsum(before * own / n, axis=0)
    incidence_before = np.vstack([np.zeros(len(arms)), incidence[:-1]])
    # h and R of the paper: risk sets freed of competing exits.
    h = np.where(present, at_risk / np.where(present, before, 1), 0.0)
    risk = h * (1 - incidence_before)
    deaths = own.sum(axis=1)
    common = np.cumsum(deaths / h.sum(axis=1))
    common_before = np.concatenate([[0.0], common[:-1]])
    weight = (1 - common_before) ** rho
    expected = deaths[:, None] * risk / risk.sum(axis=1)[:, None]
    variance = _gray_variance(
        h, (n, present), (before, after), (own, rest), (common, weight)
    )
    return weight @ own, weight @ expected, variance


def _gray_variance(
    h: Floats,
    at_risk: tuple[Floats, Bools],
    survival: tuple[Floats, Floats],
    exits: tuple[Floats, Floats],
    pooled: tuple[Floats, Floats],
) -> Floats:
    """Return the covariance of the scores: section 3 of the paper, times in rows."""
    (n, present), (before, after), (own, rest) = at_risk, survival, exits
    common, weight = pooled
    total, deaths = h.sum(axis=1), own.sum(axis=1)
    left_before = 1 - np.concatenate([[0.0], common[:-1]])
    arms = h.shape[1]
    share = h / total[:, None]
    # How the score of arm i moves with exits of arm k: now, and by what is to come.
    now = weight[:, None, None] * h[:, :, None] * (np.eye(arms) - share[:, None, :])
    to_now = np.cumsum(now * (deaths / (total * left_before))[:, None, None], axis=0)
    to_come = to_now[-1] - to_now
    ratio = np.where(
        after > 0, (1 - common)[:, None] / np.where(after > 0, after, 1), 0
    )
    gone = np.where(after > 0, 1 - ratio, 1.0)
    by_own = now + gone[:, None, :] * to_come
    by_rest = ratio[:, None, :] * to_come
    pool = total[:, None] * before
    others = np.where(pool == 1, np.inf, pool - 1)
    tied = np.where(deaths[:, None] > 1, 1 - (deaths[:, None] - 1) / others, 1.0)
    of_own = np.where(
        present, tied * before * deaths[:, None] / (total[:, None] * n), 0
    )
    tied = np.where(rest > 1, 1 - (rest - 1) / np.maximum(n - 1, 1), 1.0)
    of_rest = np.where(after > 0, tied * before**2 * rest / n**2, 0.0)
    variance: Floats = np.einsum("tik,tjk,tk->ij", by_own, by_own, of_own) + np.einsum(
        "tik,tjk,tk->ij", by_rest, by_rest, of_rest
    )
    return variance
