"""The analysis sample as arrays: what crosses from Spark to the estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class AnalysisSample:
    """Everyone analysed, one row per person, in an order free of pseudonyms.

    Attributes:
        arm: Shape (n,), name of the arm that the analysis follows.
        covariates: Covariate to shape (n, k): k is 1 for a number, the number of
            categories minus one for a categorical one. Null is NaN.
        columns: Covariate to the names of its k columns.
        outcomes: Outcome and horizon to shape (n,); NaN: not observed.
    """

    arm: NDArray[np.str_]
    covariates: Mapping[str, Floats]
    columns: Mapping[str, tuple[str, ...]]
    outcomes: Mapping[tuple[str, int], Floats]

    @property
    def n(self) -> int:
        """Persons in the sample."""
        return int(self.arm.size)
