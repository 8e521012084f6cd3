"""How estimators ask for sums over persons, wherever the persons are.

A source goes once through its rows, in blocks, and lets each block be added to sums
that the estimator brings: first the sums of products from which coefficients follow,
then, given coefficients, the middle of a robust covariance. Sums of parts can be
merged, so a source may work through its parts anywhere and in any order.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, Self, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rctspark.contracts.sample import AnalysisSample

    Floats = NDArray[np.float64]

NEEDS_PERSONS = "needs persons: n above largest_sample_rows"
"""Why something is not estimated where persons stay in Spark."""
ARM = "arm="
"""Before the name of an arm in the name of its column: no covariate has an `=`."""


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Some rows of a source. A row is a person, or persons who share all columns.

    Attributes:
        arm: Shape (n,), place of the row's arm in the source's arms; -1: another.
        columns: Shape (n, p), the source's columns. NaN: not known.
        means: Shape (n, outcomes), mean outcome of the row's persons. NaN: not
            observed.
        counts: Shape (n, outcomes), persons of the row whose outcome is observed.
            None: one, or none where the mean is NaN.
        squares: Shape (n, outcomes), sum over the row's persons of the squared
            distance to `means`. None: zero, a row is one person.
        weights: Shape (n,), weight of each of the row's persons. None: 1.
    """

    arm: NDArray[np.int64]
    columns: Floats
    means: Floats
    counts: Floats | None = None
    squares: Floats | None = None
    weights: Floats | None = None


class Sums(Protocol):
    """Sums that grow by blocks; they travel to where the rows are (pickled)."""

    def add(self, block: Block) -> None:
        """Add the rows of a block."""

    def merge(self, other: Self) -> None:
        """Add sums over other rows."""


S = TypeVar("S", bound=Sums)


class SourceOfSums(Protocol):
    """Persons in arrays, cells or a Spark table.

    Attributes:
        arms: Arms of the regression, control first.
        columns: Covariate to the names of its columns, in the order of the blocks'
            columns.
        outcomes: Outcome and horizon, in the order of the blocks' outcomes.
        is_weighted: Whether rows have weights.
    """

    @property
    def arms(self) -> tuple[str, ...]: ...  # noqa: D102 (said above)
    @property
    def columns(self) -> Mapping[str, tuple[str, ...]]: ...  # noqa: D102
    @property
    def outcomes(self) -> tuple[tuple[str, int], ...]: ...  # noqa: D102
    @property
    def is_weighted(self) -> bool: ...  # noqa: D102

    def add_up(self, empty: S, *, outcomes: Sequence[int] | None = None) -> S:
        """Go once through all rows.

        Args:
            empty: Sums over no rows; may be changed.
            outcomes: Places of the outcomes that blocks must have. None: all.

        Returns:
            The sums over all rows.
        """


class Analysed(SourceOfSums, Protocol):
    """Everyone whom an analysis speaks of: persons on the driver, or a Spark table.

    Attributes:
        n: Persons.
        persons: The persons. None: they are too many to be collected, and only sums
            over them are to be had.
    """

    @property
    def n(self) -> int: ...  # noqa: D102 (said above)
    @property
    def persons(self) -> AnalysisSample | None: ...  # noqa: D102

    def measuring(
        self,
        outcomes: Sequence[tuple[str, int]],
        receipts: Sequence[tuple[str, int]] = (),
    ) -> Self:
        """Look at some outcomes alone.

        Args:
            outcomes: Outcome and horizon of those wanted.
            receipts: Outcomes that the regression has among its columns; they need
                not be among `outcomes`.

        Returns:
            The same persons.
        """

    def sorting(self, covariate: str, categories: Sequence[str]) -> Self:
        """Give a covariate the columns of some of its categories alone.

        Args:
            covariate: A categorical covariate.
            categories: Categories that somebody has, in their order; the first one
                has no column.

        Returns:
            The same persons.
        """


@dataclass(frozen=True, slots=True, eq=False)
class Cells:
    """Persons put together who share arm and covariates.

    Attributes:
        arms: Arms, control first.
        columns: Covariate to the names of its columns.
        outcomes: Outcome and horizon.
        arm: Shape (cells,), place of the cell's arm.
        values: Shape (cells, p), the columns. NaN: not known.
        counts: Shape (cells, outcomes), persons whose outcome is observed.
        means: Shape (cells, outcomes), their mean; NaN: nobody is observed.
        squares: Shape (cells, outcomes), their sum of squared distances to it.
    """

    arms: tuple[str, ...]
    columns: Mapping[str, tuple[str, ...]]
    outcomes: tuple[tuple[str, int], ...]
    arm: NDArray[np.int64]
    values: Floats
    counts: Floats
    means: Floats
    squares: Floats
