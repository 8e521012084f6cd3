"""Find the one number that brings a mean to where it must be."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable

HALVINGS = 24


class OutOfReachError(ConfigError):
    """What was drawn can't be tuned to a figure: another draw can."""


def tuned(
    mean_at: Callable[[float], float],
    aim: float,
    *,
    low: float,
    high: float,
    within: float,
    what: str,
) -> float:
    """Return where a function that goes one way reaches its aim.

    Args:
        mean_at: The function.
        aim: Value to reach.
        low: Lower end of the search.
        high: Upper end.
        within: How near the value must come.
        what: What is tuned, for the error.

    Returns:
        The argument.

    Raises:
        OutOfReachError: The value can't be reached.
    """
    rises = mean_at(high) > mean_at(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if (mean_at(middle) < aim) == rises:
            low = middle
        else:
            high = middle
    found = (low + high) / 2
    if abs(mean_at(found) - aim) > within:
        raise OutOfReachError(
            f"The twin can't reach the published figure of {what}: the events leave "
            f"{mean_at(found):.5f} where {aim:.5f} is wanted."
        )
    return found
