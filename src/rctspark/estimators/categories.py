"""The categories that somebody analysed has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.described import category_places
from rctspark.estimators.tallies import add_tallies

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sample import AnalysisSample
    from rctspark.contracts.sums import Analysed, SourceOfSums


class PlaceTally:
    """Persons by arm and place among the categories of a covariate.

    Attributes:
        persons: Shape (arms, categories).
    """

    def __init__(self, covariate: str, arms: Sequence[str], categories: int) -> None:
        """Begin with nobody."""
        self.persons = np.zeros((len(arms), categories), dtype=np.int64)
        self._covariate, self._arms = covariate, tuple(arms)

    def add(self, part: AnalysisSample) -> None:
        """Add some persons."""
        places = category_places(part.covariates[self._covariate])
        for row, arm in enumerate(self._arms):
            known = places[(part.arm == arm) & (places >= 0)]
            self.persons[row] += np.bincount(known, minlength=self.persons.shape[1])

    def merge(self, other: Self) -> None:
        """Add other persons."""
        self.persons += other.persons


def count_categories(source: SourceOfSums, covariate: str) -> NDArray[np.int64]:
    """Count persons by arm and category, in one pass.

    Args:
        source: Persons, or a table.
        covariate: A categorical covariate.

    Returns:
        Shape (arms, categories); who has none that is known is not counted.
    """
    tally = PlaceTally(covariate, source.arms, len(source.columns[covariate]) + 1)
    (counted,) = add_tallies(source, [tally], outcomes=())
    persons: NDArray[np.int64] = counted.persons
    return persons


def keep_found_categories(
    source: Analysed, *, covariate: str, categories: Sequence[str]
) -> tuple[Analysed, tuple[str, ...]]:
    """Leave out the columns of categories that nobody analysed has.

    An analysis of those whose sex is known has nobody of unknown sex: that category
    has no effect, and no row in which it could be missed.

    Args:
        source: Everyone analysed.
        covariate: A categorical covariate.
        categories: Its categories, the first being the one without a column.

    Returns:
        The same persons with a column for every category found but the first, and
        the categories found, in their order.

    Raises:
        EstimationError: Nobody's category is known.
    """
    counted = count_categories(source, covariate).sum(axis=0)
    found = tuple(c for c, n in zip(categories, counted, strict=True) if n)
    if not found:
        raise EstimationError(
            f"covariate {covariate}: nobody's category is known, so there is no effect "
            "by it"
        )
    return source.sorting(covariate, found), found
