"""Outcomes that nobody was observed for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rctspark.contracts.sample import AnalysisSample


def keep_observed(
    sample: AnalysisSample,
) -> tuple[AnalysisSample, tuple[tuple[str, int], ...]]:
    """Leave out the outcomes that are not known for a single person.

    A register that ends before the follow-up leaves whole horizons unknown. There is
    nothing to estimate then, and no zero to show; who is known in part stays, and an
    estimator refuses where that is too few.

    Args:
        sample: The analysis sample.

    Returns:
        The same persons with the outcomes that somebody has, and the outcomes and
        horizons left out.
    """
    unknown = tuple(
        key for key, values in sample.outcomes.items() if np.isnan(values).all()
    )
    kept = {k: values for k, values in sample.outcomes.items() if k not in unknown}
    return replace(sample, outcomes=kept), unknown
