"""The partial likelihood of Cox's regression, its derivatives and score residuals.

Rows are sorted once; every sum over those at risk is then a difference of running sums.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.durations import RiskRows

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Ordering:
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
class Evaluation:
    """The partial likelihood at some coefficients."""

    log_likelihood: float
    gradient: Floats
    information: Floats
    risk: Floats
    step_risk: Floats
    step_mean: Floats


def order_rows(
    rows: RiskRows, wanted: NDArray[np.bool_], covariates: Floats
) -> Ordering:
    """Sort the rows once.

    Args:
        rows: Persons at risk.
        wanted: Shape (n,), rows that end in an exit that counts.
        covariates: Shape (n, k), centred and in standard deviations.

    Returns:
        Their order, with the steps of tied exits.

    Raises:
        EstimationError: Nobody leaves.
    """
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
    return Ordering(
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


def sum_by(group: Ints, values: Floats) -> Floats:
    """Sum rows of values by group 0, 1, ..."""
    columns = [np.bincount(group, weights=column) for column in values.T]
    return np.column_stack(columns)


def _at_risk(order: Ordering, values: Floats) -> Floats:
    """Sum values of the rows at risk at every exit time."""
    stop, start = _running(values[order.by_stop]), _running(values[order.by_start])
    total: Floats = (stop[order.last] - stop[order.first_stop]) - (
        start[order.last] - start[order.first_start]
    )
    return total


def _over_time(order: Ordering, steps: Floats) -> Floats:
    """Sum values of the steps over the time that each row is at risk."""
    by_time = np.zeros((order.tied.size, *steps.shape[1:]))
    np.add.at(by_time, order.step_time, steps)
    total = _running(by_time)
    between: Floats = total[order.to_time] - total[order.from_time]
    return between


def evaluate(order: Ordering, coefficients: Floats) -> Evaluation:
    """Evaluate log likelihood, gradient and information.

    Args:
        order: The rows, sorted.
        coefficients: Shape (k,), log hazards per standard deviation.

    Returns:
        The partial likelihood there, and what its score residuals need.
    """
    x, rows, steps = order.covariates, order.exit_rows, order.step_time
    eta = x @ coefficients
    eta_top = float(eta.max())
    risk = np.exp(eta - eta_top)
    moments = np.column_stack([risk, risk[:, None] * x])
    of_exits = sum_by(order.exit_time, moments[rows])
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
    return Evaluation(
        log_likelihood=float((eta[rows] - eta_top).sum() - np.log(step_risk).sum()),
        gradient=x[rows].sum(axis=0) - mean.sum(axis=0),
        information=(x * weight[:, None]).T @ x - mean.T @ mean,
        risk=risk,
        step_risk=step_risk,
        step_mean=mean,
    )


def score_shares(order: Ordering, at: Evaluation) -> Floats:
    """Return each row's share of the gradient: its score residual, shape (n, k)."""
    x, rows, steps = order.covariates, order.exit_rows, order.step_time
    hazard, mean = 1 / at.step_risk, at.step_mean
    both = np.column_stack([hazard, hazard[:, None] * mean])
    over = _over_time(order, both)
    shares = -at.risk[:, None] * (x * over[:, :1] - over[:, 1:])
    part = sum_by(steps, order.step_share[:, None] * both)[order.exit_time]
    shares[rows] += at.risk[rows, None] * (x[rows] * part[:, :1] - part[:, 1:])
    mean_at_exit = sum_by(steps, mean) / order.tied[:, None]
    shares[rows] += x[rows] - mean_at_exit[order.exit_time]
    return shares
