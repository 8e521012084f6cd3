"""Means of amounts that tell of persons: of one, of a few, or of everyone.

One person gives most of the sum (rule 4, dominance); fewer than the minimum give
anything (rule 1); or every person of an arm has the same amount, so that the mean is
that of each (rule 3).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.descriptives import EVERY

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config import Thresholds
    from rctspark.contracts import Descriptive

Dominated = frozenset[tuple[str, str, int, str]]
ROUNDING = 1e-9


def find_dominated(
    descriptives: Iterable[Descriptive], thresholds: Thresholds
) -> Dominated:
    """Find the sums that would tell too much about the one who gives most.

    Args:
        descriptives: Counts, with the largest contributions to sums.
        thresholds: Thresholds of the data owner.

    Returns:
        Population, outcome, horizon and arm of sums whose largest contribution is
        more than the largest share, which the second largest contributor could
        use to estimate the largest to within the p%-rule's percentage, or to which
        fewer than the minimum of persons contribute.
    """
    return frozenset(
        (d.population, d.subject, d.horizon, d.arm)
        for d in descriptives
        if is_dominated(d, thresholds) or _is_of_few(d, thresholds)
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


def _is_of_few(d: Descriptive, thresholds: Thresholds) -> bool:
    is_sum = d.category == EVERY and d.total is not None
    return is_sum and 0 < d.persons < thresholds.minimum_persons


def find_uniform(descriptives: Iterable[Descriptive]) -> Dominated:
    """Find the sums to which every person of an arm contributes the same.

    Args:
        descriptives: Counts, with the largest contributions to sums.

    Returns:
        Population, outcome, horizon and arm of such sums; where nobody has any amount,
        too.
    """
    return frozenset(
        (d.population, d.subject, d.horizon, d.arm)
        for d in descriptives
        if d.category == EVERY and is_uniform(d)
    )


def is_uniform(d: Descriptive) -> bool:
    """Say whether every person with a value has the same one.

    Args:
        d: A count, with the largest contribution to its sum.

    Returns:
        Whether nobody has an amount other than zero, or the largest contribution is
        no more than the mean one. False for a count of persons.
    """
    if d.total is None or not d.base_persons:
        return False
    if d.persons in (0, d.base_persons):
        largest = d.largest_share or 0.0
        return largest * d.base_persons <= 1 + ROUNDING
    return False
