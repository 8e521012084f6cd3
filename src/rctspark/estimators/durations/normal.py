"""Normal intervals, p-values and coefficients as records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from rctspark.contracts.duration_results import Coefficient
from rctspark.estimators.intervals import t_interval

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def normal_quantile(level: float) -> float:
    """Return how many standard errors an interval reaches to either side.

    Args:
        level: Level of the interval: 0.90.

    Returns:
        The quantile: 1.645.
    """
    return float(special.ndtri(0.5 + level / 2))


def normal_interval(
    estimate: float, std_error: float, *, level: float
) -> tuple[float, float, float]:
    """Return lower end, upper end and two-sided p-value of the normal distribution."""
    return t_interval(estimate, std_error, df=math.inf, level=level)


def complementary_log_log_bounds(
    share: Floats, std_error: Floats, level: float
) -> tuple[Floats, Floats]:
    """Return an interval for shares that keeps within 0 and 1.

    Symmetric for log(-log(share)), as Kalbfleisch and Prentice propose for survival.

    Args:
        share: Shape (t,).
        std_error: Shape (t,): its standard error.
        level: Level of the interval.

    Returns:
        Lower and upper ends; NaN where a share is 0 or 1.
    """
    inside = (share > 0) & (share < 1)
    safe = np.where(inside, share, 0.5)
    log = np.log(safe)
    width = normal_quantile(level) * std_error / np.abs(safe * log)
    lower = np.where(inside, np.exp(log * np.exp(width)), np.nan)
    upper = np.where(inside, np.exp(log * np.exp(-width)), np.nan)
    return lower, upper


def as_coefficients(
    names: Sequence[str], estimates: Floats, covariance: Floats, level: float
) -> tuple[Coefficient, ...]:
    """Make records of coefficients and their covariance.

    Args:
        names: One per coefficient.
        estimates: Shape (k,).
        covariance: Shape (k, k).
        level: Level of the intervals.

    Returns:
        One record per coefficient.
    """
    found = []
    for name, estimate, error in zip(
        names,
        estimates.tolist(),
        np.sqrt(np.diag(covariance)).tolist(),
        strict=True,
    ):
        lower, upper, p_value = normal_interval(estimate, error, level=level)
        found.append(
            Coefficient(
                name=name,
                estimate=estimate,
                std_error=error,
                ci_lower=lower,
                ci_upper=upper,
                p_value=p_value,
            )
        )
    return tuple(found)


def as_rows(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as plain rows."""
    return tuple(tuple(row) for row in matrix.tolist())
