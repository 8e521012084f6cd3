"""Is the sample like the population that it should speak for?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.contracts.balance import (
    CategoryBalance,
    CategoryDifference,
    MeanBalance,
)
from rctspark.estimators.balance.arms import MISSING, SMALL, ExactTest
from rctspark.estimators.balance.exact_tables import exact_fit_p_value
from rctspark.estimators.intervals import make_difference
from rctspark.estimators.refusals import MINIMUM_PERSONS, missing_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

WHAT = "Representativeness"
SAMPLE, TARGET = "sample", "target"


def estimate_category_fit(
    values: Texts,
    *,
    target: Mapping[str, float],
    characteristic: str,
    exact: ExactTest = SMALL,
) -> CategoryBalance:
    """Compare the categories of a sample with their shares in a target population.

    Pearson's chi-square test of goodness of fit; where an expected count is small,
    the exact multinomial test. The target's shares are taken as known.

    Args:
        values: Shape (n,), category of each person; an empty text: unknown, counted
            and left out.
        target: Category to its share in the target; they add up to 1.
        characteristic: Its name.
        exact: When the exact test is used.

    Returns:
        Counts, differences and test; arms are `sample` and `target`, and the counts
        of the target those expected, rounded.

    Raises:
        EstimationError: Someone's category is not in the target, shares don't add up
            to 1, fewer than 10 persons have a category, someone is in a category of
            share 0, or the exact test is too large.
    """
    names = tuple(target)
    shares = np.array([target[name] for name in names], dtype=np.float64)
    known = values[values != MISSING]
    counts = np.array([int((known == name).sum()) for name in names], dtype=np.int64)
    n = int(known.size)
    refuse(WHAT, _fit_faults(characteristic, counts, shares, n))
    expected = n * shares
    occurs = shares > 0
    apart = (counts - expected)[occurs] ** 2 / expected[occurs]
    statistic, df = float(apart.sum()), int(occurs.sum()) - 1
    smallest = float(expected[occurs].min())
    p_value = float(stats.chi2.sf(statistic, df)) if df else 1.0
    method = "Pearson chi-square"
    if df and exact.asks(smallest):
        p_value, method = exact_fit_p_value(
            counts[occurs], shares[occurs], draws=exact.draws, random=exact.random
        )
    return CategoryBalance(
        characteristic=characteristic,
        arms=(SAMPLE, TARGET),
        counts=(
            tuple(int(c) for c in counts),
            tuple(round(float(e)) for e in expected),
        ),
        categories=names,
        n=(n, 0),
        n_missing=(int((values == MISSING).sum()), 0),
        differences=_fit_differences(names, counts / n, shares, n),
        method=method,
        statistic=statistic,
        df=df,
        smallest_expected=smallest,
        p_value=p_value,
    )


def _fit_faults(
    characteristic: str, counts: NDArray[np.int64], shares: Floats, n: int
) -> list[str]:
    faults = []
    if n < MINIMUM_PERSONS:
        faults.append(
            f"{n} person(s) with known {characteristic}, needed are {MINIMUM_PERSONS}"
        )
    strange = n - int(counts.sum())
    if strange:
        faults.append(f"{characteristic} of {strange} person(s) is not in the target")
    if (shares < 0).any() or not math.isclose(float(shares.sum()), 1.0):
        faults.append(f"{characteristic}: shares of the target must add up to 1")
    impossible = int(counts[shares == 0].sum())
    if impossible:
        faults.append(
            f"{characteristic} of {impossible} person(s) has share 0 in the target"
        )
    return faults


def _fit_differences(
    names: tuple[str, ...], found: Floats, shares: Floats, n: int
) -> tuple[CategoryDifference, ...]:
    return tuple(
        CategoryDifference(
            category=name,
            share=float(p),
            share_against=float(q),
            difference=float(p - q),
            std_error=math.sqrt(float(q * (1 - q)) / n),
            normalised=float("nan"),
        )
        for name, p, q in zip(names, found, shares, strict=True)
    )


def estimate_mean_fit(
    values: Floats, *, target: float, characteristic: str, level: float = 0.90
) -> MeanBalance:
    """Compare the mean of a sample with that of a target population, by a t-test.

    Args:
        values: Shape (n,); NaN: unknown, counted and left out.
        target: Mean of the target, taken as known.
        characteristic: Its name.
        level: Level of the interval.

    Returns:
        Mean, difference and one-sample t-test.

    Raises:
        EstimationError: Fewer than 10 persons have a value, a value is infinite, or
            nobody varies.
    """
    known = values[~np.isnan(values)]
    n = int(known.size)
    faults = missing_faults({characteristic: known})
    if n < MINIMUM_PERSONS:
        faults.append(
            f"{n} person(s) with known {characteristic}, needed are {MINIMUM_PERSONS}"
        )
    elif np.ptp(known) == 0:
        faults.append(f"{characteristic} is the same for all {n} persons")
    refuse(WHAT, faults)
    deviation = float(known.std(ddof=1))
    difference = make_difference(
        (SAMPLE, TARGET),
        (float(known.mean()), target),
        (n, 0),
        std_error=deviation / math.sqrt(n),
        df=float(n - 1),
        settings={"level": level, "method": "one-sample t-test"},
    )
    return MeanBalance(
        characteristic=characteristic,
        difference=difference,
        sd_arm=deviation,
        sd_against=float("nan"),
        normalised=difference.estimate / deviation,
        n_missing=(int(np.isnan(values).sum()), 0),
    )
