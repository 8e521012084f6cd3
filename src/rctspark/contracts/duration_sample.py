"""The durations of a plan as arrays: what crosses from Spark to the estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class DurationSample:
    """One duration of everyone enrolled, one row per person.

    Attributes:
        time: Shape (n,), whole units of the duration, 1 or more.
        cause: Shape (n,): 0, not left when last seen; 1, 2, ...: place among the
            duration's causes.
        arm: Shape (n,), name of the arm that the analysis follows.
        covariates: Covariate to shape (n, k), as in `AnalysisSample`.
        columns: Covariate to the names of its k columns.
        stratum: Shape (n,), or None where arms are tested without strata.
        interview: Shape (n,), unit in which the interview was held; NaN: none while
            the person was in.
        varying: Name to shape (n, until): its value in each period, lags taken;
            NaN: not known.
    """

    time: Ints
    cause: Ints
    arm: Texts
    covariates: Mapping[str, Floats]
    columns: Mapping[str, tuple[str, ...]]
    stratum: Texts | None
    interview: Floats
    varying: Mapping[str, Floats]

    @property
    def n(self) -> int:
        """Persons in the sample."""
        return int(self.arm.size)
