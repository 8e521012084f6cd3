"""One count of a description, and how it is taken from a sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rctspark.contracts.descriptives import EVERY

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Covariate
    from rctspark.contracts.sample import AnalysisSample

    Texts = NDArray[np.str_]
    Floats = NDArray[np.float64]

MISSING = ""
LARGEST = 2


class Count(NamedTuple):
    """A row of `DESCRIPTIVES` before it is filed; as there."""

    subject: str
    category: str
    horizon: int
    arm: str
    persons: int
    base_persons: int
    total: float | None = None
    largest_share: float | None = None
    rest_ratio: float | None = None
    statistic: float | None = None
    df: int | None = None
    p_value: float | None = None
    method: str = ""


def count_values(sample: AnalysisSample, outcome: str, horizon: int, arm: str) -> Count:
    """Sum an outcome over the persons of an arm, and say how far the largest go.

    Args:
        sample: The sample.
        outcome: Outcome of the plan.
        horizon: Its horizon.
        arm: The arm.

    Returns:
        Sum, persons whose value is not zero, persons with a value.
    """
    values = sample.outcomes[outcome, horizon][sample.arm == arm]
    return sum_values(values, outcome, EVERY, horizon, arm)


def sum_values(
    values: Floats, subject: str, category: str, horizon: int, arm: str
) -> Count:
    """Sum values, and say how far the largest go.

    Args:
        values: Values of the persons counted; NaN: not known.
        subject: Outcome or covariate.
        category: Category under which the sum is filed.
        horizon: Horizon of the outcome.
        arm: Arm or group of the persons.

    Returns:
        Sum, persons whose value is not zero, persons with a value.
    """
    known = values[~np.isnan(values)]
    sizes = np.sort(np.abs(known))[::-1]
    whole, top = float(sizes.sum()), float(sizes[:1].sum())
    rest = float(sizes[LARGEST:].sum())
    return Count(
        subject,
        category,
        horizon,
        arm,
        persons=int((known != 0).sum()),
        base_persons=int(known.size),
        total=float(known.sum()),
        largest_share=top / whole if whole > 0 else None,
        rest_ratio=rest / top if top > 0 else None,
    )


def category_of(sample: AnalysisSample, covariate: Covariate) -> Texts:
    """Return the category of each person; empty: not known.

    Args:
        sample: The sample.
        covariate: A categorical covariate of the plan.

    Returns:
        Shape (n,).
    """
    coded = sample.covariates[covariate.name]
    names = np.array(covariate.categories)
    place = np.where((coded == 1).any(axis=1), (coded == 1).argmax(axis=1) + 1, 0)
    return np.where(np.isnan(coded).any(axis=1), MISSING, names[place])
