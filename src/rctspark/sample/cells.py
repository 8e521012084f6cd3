"""The sample as cells: persons who share arm and covariates, counted and summed.

Counted by Spark's own aggregate; made, like sums, where the persons are, since a
query with three aggregates per outcome and month is slow to plan and to compile.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from pyspark.sql import functions as F
from scipy import sparse

from rctspark.contracts.sums import Cells
from rctspark.errors import EstimationError
from rctspark.sample.sums import ARM, TableSums, code_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Covariate
    from rctspark.contracts.sums import Block

Key = tuple[str, int]


@dataclass(frozen=True, slots=True)
class CellCount:
    """How far persons can be put together.

    Attributes:
        persons: Persons.
        cells: Distinct rows of arm and covariates.
    """

    persons: int
    cells: int

    @property
    def persons_per_cell(self) -> float:
        """Persons per cell; near 1, cells save nothing: use sums."""
        return self.persons / max(self.cells, 1)


def count_cells(
    sample: DataFrame, *, arms: Sequence[str], covariates: Sequence[Covariate]
) -> CellCount:
    """Count persons and cells, before cells are made. One Spark job.

    Args:
        sample: What `make_sample` returns.
        arms: Arms, control first.
        covariates: Covariates of the models.

    Returns:
        Persons and cells.
    """
    coded = code_columns(sample, arms=arms, covariates=covariates, outcomes=())
    keys = [ARM, *(c.name for c in covariates)]
    (row,) = (
        coded.groupBy(*keys)
        .agg(F.count(F.lit(1)).alias("persons"))
        .agg(F.sum("persons").alias("persons"), F.count(F.lit(1)).alias("cells"))
        .collect()
    )
    return CellCount(persons=row["persons"] or 0, cells=row["cells"])


def collect_cells(
    sample: DataFrame,
    *,
    arms: Sequence[str],
    covariates: Sequence[Covariate],
    outcomes: Sequence[Key],
    largest_cells: int = 200_000,
) -> Cells:
    """Put persons together who share arm and covariates; bring the cells.

    Two Spark jobs: cells are counted before they are made.

    Args:
        sample: What `make_sample` returns.
        arms: Arms, control first.
        covariates: Covariates of the models.
        outcomes: Outcome and horizon.
        largest_cells: Most cells that may come.

    Returns:
        The cells, in the order of arm and covariates.

    Raises:
        EstimationError: There are more cells than may come: covariates such as
            wages set nearly everyone apart, and sums serve better.
    """
    counted = count_cells(sample, arms=arms, covariates=covariates)
    if counted.cells > largest_cells:
        raise EstimationError(
            f"arm and covariates make {counted.cells} cells of {counted.persons} "
            f"persons, and at most {largest_cells} are brought to the driver; use the "
            "sums of the table"
        )
    table = TableSums(sample, tuple(arms), tuple(covariates), tuple(outcomes))
    columns = sum(len(names) for names in table.columns.values())
    found = table.add_up(CellTotals(columns, len(table.outcomes)))
    seen = found.counts > 0
    return Cells(
        arms=table.arms,
        columns=table.columns,
        outcomes=table.outcomes,
        arm=found.keys[:, 0].astype(np.int64),
        values=np.where(np.isinf(found.keys[:, 1:]), np.nan, found.keys[:, 1:]),
        counts=found.counts,
        means=np.where(seen, found.means, np.nan),
        squares=found.squares,
    )


class CellTotals:
    """Persons, means and squares by cell.

    Stable on any scale: squares are about the cell's mean, and parts are merged by
    the distance of their means (Chan, Golub and LeVeque 1983, doi:10.2307/2683386).

    Attributes:
        keys: Shape (cells, 1 + p), place of the arm and the columns, sorted;
            infinite: not known.
        counts: Shape (cells, outcomes), persons observed.
        means: Shape (cells, outcomes), their mean; 0 where nobody is.
        squares: Shape (cells, outcomes), about the mean.
    """

    def __init__(self, columns: int, outcomes: int) -> None:
        """Begin with no cells."""
        self.keys = np.empty((0, 1 + columns))
        self.counts = np.empty((0, outcomes))
        self.means = np.empty((0, outcomes))
        self.squares = np.empty((0, outcomes))

    def add(self, block: Block) -> None:
        """Add the persons of a block."""
        if not len(block.arm):
            return
        # Unknown is not equal to itself, and would be a cell per person.
        columns = np.where(np.isnan(block.columns), np.inf, block.columns)
        keys, cell = _distinct(np.column_stack([block.arm, columns]))
        n = len(block.arm)
        into = sparse.csr_array(
            (np.ones(n), (cell, np.arange(n))), shape=(len(keys), n)
        )
        observed = ~np.isnan(block.means)
        values = np.where(observed, block.means, 0.0)
        part = CellTotals(0, 0)
        part.keys = keys
        part.counts = into @ observed.astype(np.float64)
        part.means = (into @ values) / np.maximum(part.counts, 1)
        part.squares = into @ (np.where(observed, values - part.means[cell], 0.0) ** 2)
        self.merge(part)

    def merge(self, other: Self) -> None:
        """Add cells of other persons."""
        keys, cell = _distinct(np.concatenate([self.keys, other.keys]))
        first, second = cell[: len(self.keys)], cell[len(self.keys) :]
        shape = (len(keys), other.counts.shape[1])
        counts, means, squares = np.zeros(shape), np.zeros(shape), np.zeros(shape)
        counts[first], means[first], squares[first] = (
            self.counts,
            self.means,
            self.squares,
        )
        before, added = counts[second], other.counts
        total = np.maximum(before + added, 1)
        apart = other.means - means[second]
        squares[second] += other.squares + apart**2 * before * added / total
        means[second] += apart * added / total
        counts[second] += added
        self.keys, self.counts, self.means, self.squares = keys, counts, means, squares


def _distinct(
    keys: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return distinct rows, sorted, and the place of each row among them."""
    order = np.lexsort(keys.T[::-1])
    ordered = keys[order]
    is_new = np.ones(len(keys), dtype=bool)
    is_new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
    cell = np.empty(len(keys), dtype=np.int64)
    cell[order] = np.cumsum(is_new) - 1
    return ordered[is_new], cell
