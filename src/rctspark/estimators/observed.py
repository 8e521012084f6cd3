"""Outcomes that nobody was observed for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self, TypeVar

import numpy as np

if TYPE_CHECKING:
    from rctspark.contracts.sums import Analysed, Block

People = TypeVar("People", bound="Analysed")


class ObservedCount:
    """Persons observed, by outcome.

    Attributes:
        persons: Shape (outcomes,).
    """

    def __init__(self, outcomes: int) -> None:
        """Begin with nobody."""
        self.persons = np.zeros(outcomes)

    def add(self, block: Block) -> None:
        """Add the persons of a block."""
        self.persons += (~np.isnan(block.means)).sum(axis=0)

    def merge(self, other: Self) -> None:
        """Add other persons."""
        self.persons += other.persons


def keep_observed(source: People) -> tuple[People, tuple[tuple[str, int], ...]]:
    """Leave out the outcomes that are not known for a single person.

    A register that ends before the follow-up leaves whole horizons unknown. There is
    nothing to estimate then, and no zero to show; who is known in part stays, and an
    estimator refuses where that is too few.

    Args:
        source: Everyone analysed.

    Returns:
        The same persons with the outcomes that somebody has, and the outcomes and
        horizons left out.
    """
    counted = source.add_up(ObservedCount(len(source.outcomes))).persons
    found = dict(zip(source.outcomes, counted, strict=True))
    unknown = tuple(key for key, persons in found.items() if not persons)
    if not unknown:
        return source, ()
    return source.measuring([key for key in found if key not in unknown]), unknown
