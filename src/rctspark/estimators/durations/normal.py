"""Normal intervals, p-values and coefficients as records."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from rctspark.contracts.durations import Coefficient

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


def normal_p_value(estimate: float, std_error: float) -> float:
    """Return the two-sided p-value of 0; 1 where estimate and error are both 0."""
    if std_error == 0:
        return 1.0 if estimate == 0 else 0.0
    return math.erfc(abs(estimate / std_error) / math.sqrt(2))


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
    reach = normal_quantile(level)
    errors = np.sqrt(np.diag(covariance))
    return tuple(
        Coefficient(
            name=name,
            estimate=float(value),
            std_error=float(error),
            ci_lower=float(value - reach * error),
            ci_upper=float(value + reach * error),
            p_value=normal_p_value(float(value), float(error)),
        )
        for name, value, error in zip(names, estimates, errors, strict=True)
    )


def as_rows(matrix: Floats) -> tuple[tuple[float, ...], ...]:
    """Return a matrix as plain rows."""
    return tuple(tuple(row) for row in matrix.tolist())
