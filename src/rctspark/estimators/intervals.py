"""Intervals and p-values: of a point, and of a set that holds the truth."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import optimize, special

from rctspark.contracts.design import Difference

if TYPE_CHECKING:
    from collections.abc import Mapping


def t_interval(
    estimate: float, std_error: float, *, df: float, level: float
) -> tuple[float, float, float]:
    """Return lower end, upper end and two-sided p-value of the t distribution.

    Args:
        estimate: The estimate.
        std_error: Its standard error. 0: the interval is the point, and the p-value
            1 where that is zero, 0 elsewhere.
        df: Degrees of freedom; infinite for the normal.
        level: Level of the interval.

    Returns:
        Lower end, upper end, p-value.
    """
    if std_error == 0:
        return estimate, estimate, float(estimate == 0)
    # The functions below scipy's distributions: the same digits, a hundred times
    # faster, which simulations notice.
    share, size = (1 + level) / 2, abs(estimate) / std_error
    if math.isinf(df):
        critical, tail = special.ndtri(share), special.ndtr(-size)
    else:
        critical, tail = special.stdtrit(df, share), special.stdtr(df, -size)
    reach, p_value = float(critical) * std_error, 2 * float(tail)
    return estimate - reach, estimate + reach, p_value


def make_difference(
    arms: tuple[str, str],
    means: tuple[float, float],
    persons: tuple[int, int],
    *,
    std_error: float,
    df: float,
    settings: Mapping[str, float | str],
) -> Difference:
    """Make the record of a difference in means from its parts.

    Args:
        arms: Arm and against.
        means: Their means.
        persons: Their persons.
        std_error: Standard error of the difference.
        df: Degrees of freedom.
        settings: `level` of the interval and `method` in words.

    Returns:
        The difference, with its interval and p-value.
    """
    level, estimate = float(settings["level"]), means[0] - means[1]
    lower, upper, p_value = t_interval(estimate, std_error, df=df, level=level)
    return Difference(
        arm=arms[0],
        against=arms[1],
        estimate=estimate,
        std_error=std_error,
        df=df,
        ci_lower=lower,
        ci_upper=upper,
        level=level,
        p_value=p_value,
        n_arm=persons[0],
        n_against=persons[1],
        mean_arm=means[0],
        mean_against=means[1],
        method=str(settings["method"]),
    )


def imbens_manski_interval(
    bounds: tuple[float, float], std_errors: tuple[float, float], *, level: float
) -> tuple[float, float]:
    """Return an interval that holds the effect, where only bounds of it are known.

    Imbens and Manski (2004, doi:10.1111/j.1468-0262.2004.00555.x): between the two
    critical values of a one-sided and a two-sided interval, by the width of the
    bounds, so that it holds the effect, not the whole set, at the level.

    Args:
        bounds: Lower and upper bound of the effect.
        std_errors: Of the lower and the upper bound.
        level: Level of the interval.

    Returns:
        Lower and upper end.
    """
    largest = max(std_errors)
    if largest == 0:
        return bounds
    width = max(bounds[1] - bounds[0], 0.0) / largest

    def excess(c: float) -> float:
        return float(special.ndtr(c + width) - special.ndtr(-c)) - level

    lowest, highest = special.ndtri(level), special.ndtri((1 + level) / 2)
    c = float(optimize.brentq(excess, lowest - 1e-6, highest + 1e-6, xtol=1e-12))
    return bounds[0] - c * std_errors[0], bounds[1] + c * std_errors[1]
