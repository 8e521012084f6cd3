"""Cox regression with Efron's ties, time-varying covariates, strata and clusters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.contracts.duration_results import HazardFit
from rctspark.errors import EstimationError
from rctspark.estimators.durations.normal import as_coefficients, as_rows
from rctspark.estimators.durations.risk_sets import refuse, unknown_causes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.durations import RiskRows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

COVARIANCES = ("model", "robust", "cluster")
MOST_STEPS = 50
TOLERANCE = 1e-12
"""Newton stops when the squared step, in standard errors, is below this."""
INDEPENDENT = 1e-10
SMALLEST_STEP = 1e-6
ROUNDING = 1e-9
MOST_UNCERTAIN = 1e3
"""If one standard error is this in log hazards over a covariate's range, it is flat."""


@dataclass(frozen=True, slots=True, eq=False)
class _Ordering:
    """Which rows are at risk at which exit time: sorted once, used at every step.

    Exit times are numbered through strata. With d exits tied at one time, Efron's
    method has d steps, the l-th of which takes l/d of the tied exits out.

    Attributes:
        covariates: Shape (n, k), centred and in standard deviations.
        by_stop: Rows sorted by stratum and stop.
        by_start: Rows sorted by stratum and start.
        first_stop: Shape (times,): first of `by_stop` still there at the time.
        first_start: Shape (times,): first of `by_start` not yet there.
        last: Shape (times,): end of the time's stratum in both.
        from_time: Shape (n,): first exit time after a row's start.
        to_time: Shape (n,): first exit time after its stop.
        exit_rows: Rows that end in an exit.
        exit_time: Shape (exits,): their exit time.
        tied: Shape (times,): exits at it.
        step_time: Shape (exits,): exit time of every step.
        step_share: Shape (exits,): l/d of every step.
    """

    covariates: Floats
    by_stop: Ints
    by_start: Ints
    first_stop: Ints
    first_start: Ints
    last: Ints
    from_time: Ints
    to_time: Ints
    exit_rows: Ints
    exit_time: Ints
    tied: Ints
    step_time: Ints
    step_share: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Evaluation:
    """The partial likelihood at some coefficients."""

    log_likelihood: float
    gradient: Floats
    information: Floats
    risk: Floats
    step_risk: Floats
    step_mean: Floats


def estimate_cox(
    rows: RiskRows,
    *,
    cause: str | None = None,
    covariance: str = "model",
    level: float = 0.90,
) -> HazardFit:
    """Estimate how covariates change the hazard of leaving.

    Cox (1972, doi:10.1111/j.2517-6161.1972.tb00899.x) with ties as Efron (1977,
    doi:10.1080/01621459.1977.10480613). Covariates may change over time, by rows. The
    robust covariance is that of Lin and Wei (1989,
    doi:10.1080/01621459.1989.10478874), summed over rows or over persons, without a
    small-sample factor. Sums over risk sets are differences of running sums, so the
    work grows with rows, not with rows times exits.

    Args:
        rows: Persons at risk.
        cause: Kind of exit whose hazard it is, other exits ending the time at risk;
            None: any exit.
        covariance: `model`, `robust` (a row is a cluster), `cluster` (a person is).
        level: Level of the intervals.

    Returns:
        The fit.

    Raises:
        EstimationError: Times, causes or covariates can't be used; a covariate says
            nothing that the others do not; nobody leaves; or a covariate tells who
            leaves, so that its coefficient is infinite.
    """
    _require_rows(rows, cause, covariance)
    wanted = (
        rows.cause > 0 if cause is None else rows.cause == rows.causes.index(cause) + 1
    )
    scale = rows.covariates.std(axis=0)
    centre = rows.covariates.mean(axis=0)
    _require_variation(rows, scale)
    order = _order_rows(rows, wanted, (rows.covariates - centre) / scale)
    null = _evaluate(order, np.zeros(len(rows.names)))
    _require_independence(rows, null)
    coefficients, at = _maximise(order, null, rows.names)
    variance = linalg.inv(at.information)
    if covariance != "model":
        shares = _score_shares(order, at) @ variance
        if covariance == "cluster":
            _, cluster = np.unique(rows.person, return_inverse=True)
            shares = _sum_by(cluster, shares)
        variance = shares.T @ shares
    variance = variance / np.outer(scale, scale)
    return HazardFit(
        model="cox",
        cause=cause or "any",
        coefficients=as_coefficients(rows.names, coefficients / scale, variance, level),
        covariance=as_rows(variance),
        covariance_kind=covariance,
        log_likelihood=at.log_likelihood,
        log_likelihood_null=null.log_likelihood,
        rows=rows.start.size,
        clusters=int(np.unique(rows.person).size),
        exits=int(wanted.sum()),
        level=level,
    )


def estimate_cause_specific(
    rows: RiskRows, *, covariance: str = "model", level: float = 0.90
) -> tuple[HazardFit, ...]:
    """Estimate the hazard of every kind of exit, the others ending the time at risk.

    Args:
        rows: Persons at risk.
        covariance: As in `estimate_cox`.
        level: Level of the intervals.

    Returns:
        One fit per kind of exit.

    Raises:
        EstimationError: As in `estimate_cox`.
    """
    return tuple(
        estimate_cox(rows, cause=cause, covariance=covariance, level=level)
        for cause in rows.causes
    )


def _require_rows(rows: RiskRows, cause: str | None, covariance: str) -> None:
    faults = unknown_causes(rows.cause, len(rows.causes))
    times = np.column_stack([rows.start, rows.stop])
    missing = int((~np.isfinite(times).all(axis=1)).sum())
    if missing:
        faults.append(f"start or stop is missing or infinite in {missing} row(s)")
    turned = int((rows.stop <= rows.start).sum())
    if turned:
        faults.append(f"stop is not later than start in {turned} row(s)")
    absent = (~np.isfinite(rows.covariates)).sum(axis=0)
    faults += [
        f"{name} is missing or infinite in {count} row(s)"
        for name, count in zip(rows.names, absent, strict=True)
        if count
    ]
    if cause is not None and cause not in rows.causes:
        faults.append(f"{cause} is not one of the kinds of exit {list(rows.causes)}")
    if covariance not in COVARIANCES:
        faults.append(f"covariance {covariance} is not one of {list(COVARIANCES)}")
    refuse(faults, "The rows at risk")
    overlaps = _count_overlaps(rows)
    if overlaps:
        refuse(
            [f"{overlaps} row(s) begin before the person's row before ends"],
            "The rows at risk",
        )


def _count_overlaps(rows: RiskRows) -> int:
    order = np.lexsort((rows.start, rows.person))
    same = np.diff(rows.person[order]) == 0
    return int((same & (rows.start[order][1:] < rows.stop[order][:-1])).sum())


def _require_variation(rows: RiskRows, scale: Floats) -> None:
    size = np.abs(rows.covariates).max(axis=0, initial=1e-300)
    same = [
        n for n, s, m in zip(rows.names, scale, size, strict=True) if s <= 1e-12 * m
    ]
    refuse(
        [f"{name} is the same in all {rows.start.size} rows" for name in same],
        "The covariates",
    )


def _require_independence(rows: RiskRows, null: _Evaluation) -> None:
    _, triangle, order = linalg.qr(null.information, pivoting=True)
    diagonal = np.abs(np.diag(triangle))
    lost = order[diagonal <= INDEPENDENT * diagonal.max(initial=0.0)]
    refuse(
        [
            f"{rows.names[i]} does not vary among those at risk beyond what the other "
            "covariates say"
            for i in sorted(lost)
        ],
        "The covariates",
    )


def _order_rows(
    rows: RiskRows, wanted: NDArray[np.bool_], covariates: Floats
) -> _Ordering:
    """Sort the rows once; every later sum is a difference of running sums."""
    if not wanted.any():
        raise EstimationError(f"No Cox regression: in {wanted.size} row(s) 0 leave.")
    n = wanted.size
    stratum = np.zeros(n, dtype=np.int64)
    if rows.stratum is not None:
        _, stratum = np.unique(rows.stratum, return_inverse=True)
    _, rank = np.unique(np.concatenate([rows.start, rows.stop]), return_inverse=True)
    wide = int(rank.max()) + 1
    start, stop = stratum * wide + rank[:n], stratum * wide + rank[n:]
    by_start, by_stop = (
        np.argsort(start, kind="stable"),
        np.argsort(stop, kind="stable"),
    )
    exit_rows = np.flatnonzero(wanted)
    times, exit_time, tied = np.unique(
        stop[exit_rows], return_inverse=True, return_counts=True
    )
    end_of_stratum = (times // wide + 1) * wide
    step_time = np.repeat(np.arange(times.size), tied)
    first_step = np.repeat(np.cumsum(tied) - tied, tied)
    return _Ordering(
        covariates=covariates,
        by_stop=by_stop,
        by_start=by_start,
        first_stop=np.asarray(np.searchsorted(stop[by_stop], times)),
        first_start=np.asarray(np.searchsorted(start[by_start], times)),
        last=np.searchsorted(stop[by_stop], end_of_stratum),
        from_time=np.searchsorted(times, start, side="right"),
        to_time=np.searchsorted(times, stop, side="right"),
        exit_rows=exit_rows,
        exit_time=exit_time,
        tied=tied,
        step_time=step_time,
        step_share=(np.arange(step_time.size) - first_step) / tied[step_time],
    )


def _running(values: Floats) -> Floats:
    """Return running sums that begin with 0."""
    total = np.zeros((len(values) + 1, *values.shape[1:]))
    np.cumsum(values, axis=0, out=total[1:])
    return total


def _sum_by(group: Ints, values: Floats) -> Floats:
    """Sum rows of values by group 0, 1, ..."""
    columns = [np.bincount(group, weights=column) for column in values.T]
    return np.column_stack(columns)


def _at_risk(order: _Ordering, values: Floats) -> Floats:
    """Sum values of the rows at risk at every exit time."""
    stop, start = _running(values[order.by_stop]), _running(values[order.by_start])
    total: Floats = (stop[order.last] - stop[order.first_stop]) - (
        start[order.last] - start[order.first_start]
    )
    return total


def _over_time(order: _Ordering, steps: Floats) -> Floats:
    """Sum values of the steps over the time that each row is at risk."""
    by_time = np.zeros((order.tied.size, *steps.shape[1:]))
    np.add.at(by_time, order.step_time, steps)
    total = _running(by_time)
    between: Floats = total[order.to_time] - total[order.from_time]
    return between


def _evaluate(order: _Ordering, coefficients: Floats) -> _Evaluation:
    """Evaluate log likelihood, gradient and information at some coefficients."""
    x, rows, steps = order.covariates, order.exit_rows, order.step_time
    eta = x @ coefficients
    eta_top = float(eta.max())
    risk = np.exp(eta - eta_top)
    moments = np.column_stack([risk, risk[:, None] * x])
    of_exits = _sum_by(order.exit_time, moments[rows])
    at_steps = (
        _at_risk(order, moments)[steps] - order.step_share[:, None] * of_exits[steps]
    )
    step_risk = at_steps[:, 0]
    mean = at_steps[:, 1:] / step_risk[:, None]
    hazard = _over_time(order, 1 / step_risk)
    weight = risk * hazard
    # A tied exit is in the l-th step only in part.
    part = np.bincount(steps, weights=order.step_share / step_risk)
    weight[rows] -= risk[rows] * part[order.exit_time]
    return _Evaluation(
        log_likelihood=float((eta[rows] - eta_top).sum() - np.log(step_risk).sum()),
        gradient=x[rows].sum(axis=0) - mean.sum(axis=0),
        information=(x * weight[:, None]).T @ x - mean.T @ mean,
        risk=risk,
        step_risk=step_risk,
        step_mean=mean,
    )


def _maximise(
    order: _Ordering, at: _Evaluation, names: tuple[str, ...]
) -> tuple[Floats, _Evaluation]:
    """Climb by Newton's method, halving steps that do not climb."""
    coefficients = np.zeros(len(names))
    for _ in range(MOST_STEPS):
        step = linalg.solve(at.information, at.gradient, assume_a="sym")
        promise = float(step @ at.gradient)
        size = 1.0
        following = _evaluate(order, coefficients + step)
        while (
            not following.log_likelihood >= at.log_likelihood - ROUNDING
            and size > SMALLEST_STEP
        ):
            size /= 2
            following = _evaluate(order, coefficients + size * step)
        coefficients, at = coefficients + size * step, following
        if promise < TOLERANCE:
            break
    _require_finite(order, at, names)
    return coefficients, at


def _require_finite(order: _Ordering, at: _Evaluation, names: tuple[str, ...]) -> None:
    """Refuse a likelihood that has gone flat: it climbs for ever."""
    reach = np.ptp(order.covariates, axis=0)
    flat = reach**2 > MOST_UNCERTAIN**2 * np.diag(at.information)
    if not flat.any():
        return
    guilty = ", ".join(n for n, is_flat in zip(names, flat, strict=True) if is_flat)
    raise EstimationError(
        f"No Cox regression: {guilty} tell(s) without error which of "
        f"{order.exit_rows.size} exit(s) come when; no finite coefficient is the most "
        "likely"
    )


def _score_shares(order: _Ordering, at: _Evaluation) -> Floats:
    """Return each row's share of the gradient: its score residual, shape (n, k)."""
    x, rows, steps = order.covariates, order.exit_rows, order.step_time
    hazard, mean = 1 / at.step_risk, at.step_mean
    both = np.column_stack([hazard, hazard[:, None] * mean])
    over = _over_time(order, both)
    shares = -at.risk[:, None] * (x * over[:, :1] - over[:, 1:])
    part = _sum_by(steps, order.step_share[:, None] * both)[order.exit_time]
    shares[rows] += at.risk[rows, None] * (x[rows] * part[:, :1] - part[:, 1:])
    mean_at_exit = _sum_by(steps, mean) / order.tied[:, None]
    shares[rows] += x[rows] - mean_at_exit[order.exit_time]
    return shares
