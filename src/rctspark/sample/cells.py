"""The sample as cells: persons who share arm and covariates, counted and summed.

Made by Spark's own aggregates, whose variance is merged by the distance of means, so
an outcome loses no digits to the square of its mean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from rctspark.contracts.sums import Cells
from rctspark.errors import EstimationError
from rctspark.sample.collect import column_names
from rctspark.sample.columns import outcome_column
from rctspark.sample.sums import ARM, code_columns, expand_columns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Covariate

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
    covariates, outcomes = tuple(covariates), tuple(outcomes)
    coded = code_columns(sample, arms=arms, covariates=covariates, outcomes=outcomes)
    keys = [ARM, *(c.name for c in covariates)]
    summed = coded.groupBy(*keys).agg(
        F.count(F.lit(1)).alias("persons"),
        *(
            aggregate(f"`{outcome_column(*key)}`").alias(f"{name}@{place}")
            for place, key in enumerate(outcomes)
            for name, aggregate in (
                ("count", F.count),
                ("mean", F.avg),
                ("variance", F.var_pop),
            )
        ),
    )
    try:
        rows = summed.limit(largest_cells + 1).toArrow().to_pandas()
    except PySparkException as broken:
        condition = broken.getCondition() or type(broken).__name__
        raise EstimationError(
            f"Spark stopped while it made the cells: {condition}."
        ) from None
    if len(rows) > largest_cells:
        raise EstimationError(
            f"arm and covariates make more than {largest_cells} cells, the most that "
            "are brought to the driver; use the sums of the table"
        )
    rows = rows.sort_values(keys, ignore_index=True)

    def beside(name: str) -> NDArray[np.float64]:
        named = [f"{name}@{place}" for place in range(len(outcomes))]
        values: NDArray[np.float64] = rows[named].to_numpy(dtype=np.float64)
        return values

    counts = beside("count")
    values = {c.name: rows[c.name].to_numpy(dtype=np.float64) for c in covariates}
    return Cells(
        arms=tuple(arms),
        columns={c.name: column_names(c) for c in covariates},
        outcomes=outcomes,
        arm=rows[ARM].to_numpy(dtype=np.int64),
        values=expand_columns(covariates, values, len(rows)),
        counts=counts,
        means=beside("mean"),
        squares=beside("variance") * counts,
    )
