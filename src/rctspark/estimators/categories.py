"""The categories that somebody in a sample has."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sample import AnalysisSample


def keep_found_categories(
    sample: AnalysisSample, *, covariate: str, categories: Sequence[str]
) -> tuple[AnalysisSample, str, tuple[str, ...]]:
    """Leave out the columns of categories that nobody in the sample has.

    An analysis of those whose sex is known has nobody of unknown sex: that category
    has no effect, and no row in which it could be missed.

    Args:
        sample: The analysis sample.
        covariate: A categorical covariate.
        categories: Its categories, the first being the one without a column.

    Returns:
        The same persons with a column for every category found but the first; that
        first one; and all that are found, in their order.

    Raises:
        EstimationError: Nobody's category is known.
    """
    coded = sample.covariates[covariate]
    place = np.where((coded == 1).any(axis=1), (coded == 1).argmax(axis=1) + 1, 0)
    is_known = ~np.isnan(coded).any(axis=1)
    found = [i for i in range(len(categories)) if (is_known & (place == i)).any()]
    if not found:
        raise EstimationError(
            f"covariate {covariate}: nobody's category is known, so there is no effect "
            "by it"
        )
    first, *others = found
    columns = (place[:, None] == np.array(others, dtype=np.int64)).astype(np.float64)
    columns[~is_known] = np.nan
    names = tuple(f"{covariate}={categories[i]}" for i in others)
    kept = replace(
        sample,
        covariates={**sample.covariates, covariate: columns},
        columns={**sample.columns, covariate: names},
    )
    return kept, categories[first], tuple(categories[i] for i in found)


def keep_category(
    sample: AnalysisSample, *, covariate: str, category: str, categories: Sequence[str]
) -> AnalysisSample:
    """Keep the persons of one category, for what is said of them alone.

    Args:
        sample: The analysis sample, columns as `keep_found_categories` leaves them.
        covariate: A categorical covariate.
        category: The category wanted.
        categories: The categories found, the first being the one without a column.

    Returns:
        Those persons.
    """
    coded = sample.covariates[covariate]
    wanted = list(categories).index(category)
    rows: NDArray[np.bool_] = (
        (coded == 0).all(axis=1) if wanted == 0 else coded[:, wanted - 1] == 1
    )
    return replace(
        sample,
        arm=sample.arm[rows],
        covariates={name: c[rows] for name, c in sample.covariates.items()},
        outcomes={key: values[rows] for key, values in sample.outcomes.items()},
    )
