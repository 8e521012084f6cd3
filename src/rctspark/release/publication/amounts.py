"""Means of amounts in which one person weighs too much (rule 4, dominance)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config import Thresholds
    from rctspark.contracts import Descriptive

Dominated = frozenset[tuple[str, str, int, str]]


def find_dominated(
    descriptives: Iterable[Descriptive], thresholds: Thresholds
) -> Dominated:
    """Find the sums that would tell too much about the one who gives most.

    Args:
        descriptives: Counts, with the largest contributions to sums.
        thresholds: Thresholds of the data owner.

    Returns:
        Population, outcome, horizon and arm of sums whose largest contribution is
        more than the largest share, or which the second largest contributor could
        use to estimate the largest to within the p%-rule's percentage.
    """
    return frozenset(
        (d.population, d.subject, d.horizon, d.arm)
        for d in descriptives
        if is_dominated(d, thresholds)
    )


def is_dominated(d: Descriptive, thresholds: Thresholds) -> bool:
    """Say whether a sum would tell too much about the one who gives most.

    Args:
        d: A count, with the largest contributions to its sum.
        thresholds: Thresholds of the data owner.

    Returns:
        Whether the largest contribution is more than the largest share, or follows
        for the second largest contributor to within the p%-rule's percentage.
    """
    return (d.largest_share or 0) > thresholds.largest_contribution or (
        d.rest_ratio is not None and d.rest_ratio < thresholds.p_percent
    )
