"""Cox regression with Efron's ties, time-varying covariates, strata and clusters."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.contracts.duration_results import HazardFit
from rctspark.errors import EstimationError
from rctspark.estimators.durations.normal import as_coefficients, as_rows
from rctspark.estimators.durations.partial_likelihood import (
    evaluate,
    order_rows,
    score_shares,
    sum_by,
)
from rctspark.estimators.durations.risk_sets import refuse, unknown_causes

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.durations import RiskRows
    from rctspark.estimators.durations.partial_likelihood import Evaluation, Ordering

    Floats = NDArray[np.float64]

COVARIANCES = ("model", "robust", "cluster")
MOST_STEPS = 50
TOLERANCE = 1e-12
"""Newton stops when the squared step, in standard errors, is below this."""
INDEPENDENT = 1e-10
SMALLEST_STEP = 1e-6
ROUNDING = 1e-9
MOST_UNCERTAIN = 1e3
"""If one standard error is this in log hazards over a covariate's range, it is flat."""


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
    order = order_rows(rows, wanted, (rows.covariates - centre) / scale)
    null = evaluate(order, np.zeros(len(rows.names)))
    _require_independence(rows, null)
    coefficients, at = _maximise(order, null, rows.names)
    variance = linalg.inv(at.information)
    if covariance != "model":
        shares = score_shares(order, at) @ variance
        if covariance == "cluster":
            _, cluster = np.unique(rows.person, return_inverse=True)
            shares = sum_by(cluster, shares)
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


def _require_independence(rows: RiskRows, null: Evaluation) -> None:
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


def _maximise(
    order: Ordering, at: Evaluation, names: tuple[str, ...]
) -> tuple[Floats, Evaluation]:
    """Climb by Newton's method, halving steps that do not climb."""
    coefficients = np.zeros(len(names))
    for _ in range(MOST_STEPS):
        step = linalg.solve(at.information, at.gradient, assume_a="sym")
        promise = float(step @ at.gradient)
        size = 1.0
        following = evaluate(order, coefficients + step)
        while (
            not following.log_likelihood >= at.log_likelihood - ROUNDING
            and size > SMALLEST_STEP
        ):
            size /= 2
            following = evaluate(order, coefficients + size * step)
        coefficients, at = coefficients + size * step, following
        if promise < TOLERANCE:
            break
    _require_finite(order, at, names)
    return coefficients, at


def _require_finite(order: Ordering, at: Evaluation, names: tuple[str, ...]) -> None:
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
