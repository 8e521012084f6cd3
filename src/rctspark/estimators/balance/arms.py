"""Are the arms alike in what was known before the draw?"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from scipy import stats

from rctspark.contracts.balance import (
    CategoryBalance,
    CategoryDifference,
    MeanBalance,
)
from rctspark.estimators.balance.exact_tables import exact_p_value
from rctspark.estimators.intervals import make_difference
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Texts = NDArray[np.str_]

FEWEST_EXPECTED = 5.0
MISSING = ""
TWO = 2
WHAT = "Balance"


@dataclass(frozen=True, slots=True, eq=False)
class ExactTest:
    """When a table of counts is tested exactly, and how.

    Attributes:
        when: `small`: where an expected count is below `fewest_expected`; or always,
            or never.
        fewest_expected: Smallest expected count for Pearson's chi-square.
        draws: Random tables, instead of going through all; None: all.
        random: Source of randomness for draws.
    """

    when: Literal["small", "always", "never"] = "small"
    fewest_expected: float = FEWEST_EXPECTED
    draws: int | None = None
    random: np.random.Generator | None = None

    def asks(self, smallest_expected: float) -> bool:
        """Whether a table with this smallest expected count is tested exactly."""
        if self.when == "small":
            return smallest_expected < self.fewest_expected
        return self.when == "always"


SMALL = ExactTest()


def estimate_category_balance(
    arm: Texts,
    values: Texts,
    *,
    arms: Sequence[str],
    characteristic: str,
    categories: Sequence[str] = (),
    exact: ExactTest = SMALL,
) -> CategoryBalance:
    """Compare a categorical characteristic over two arms or more.

    Pearson's chi-square over all categories without continuity correction; where an
    expected count is small, the exact test given the margins. An empty text means
    unknown: such persons are counted, and are in no category.

    Args:
        arm: Shape (n,), arm of each person; persons in other arms are left aside.
        values: Shape (n,), category of each person.
        arms: Arms compared; of two, the first is compared against the second.
        characteristic: Its name.
        categories: All categories, in order. Empty: those found, sorted.
        exact: When the exact test is used.

    Returns:
        Counts, differences and test.

    Raises:
        EstimationError: An arm has fewer than 10 persons with a known one, a
            value is none of `categories`, or the exact test is too large.
    """
    refuse(WHAT, shape_faults(len(arm), {characteristic: values}))
    here = np.isin(arm, list(arms))
    known = here & (values != MISSING)
    names = tuple(categories) or tuple(str(v) for v in np.unique(values[known]))
    faults = arm_faults(
        arm[known],
        arms,
        minimum_persons=MINIMUM_PERSONS,
        what=f" with known {characteristic}",
    )
    strange = int((~np.isin(values[known], list(names))).sum())
    if strange:
        faults.append(f"{characteristic} of {strange} person(s) is no known category")
    refuse(WHAT, faults)
    counts = np.array(
        [[int(((arm == a) & (values == c)).sum()) for c in names] for a in arms],
        dtype=np.int64,
    )
    missing = tuple(int(((arm == a) & (values == MISSING)).sum()) for a in arms)
    return compare_counts(
        counts,
        arms=arms,
        categories=names,
        characteristic=characteristic,
        n_missing=missing,
        exact=exact,
    )


def compare_counts(
    counts: Ints,
    *,
    arms: Sequence[str],
    categories: Sequence[str],
    characteristic: str,
    n_missing: Sequence[int] = (),
    exact: ExactTest = SMALL,
) -> CategoryBalance:
    """Compare arms by their counts per category, as from a published table.

    Args:
        counts: Shape (arms, categories).
        arms: The arms; of two, the first is compared against the second.
        categories: The categories.
        characteristic: Their name.
        n_missing: Persons of each arm without a category. Empty: none.
        exact: When the exact test is used.

    Returns:
        Counts, differences and test; a characteristic with one category only has
        p-value 1.

    Raises:
        EstimationError: The exact test is too large.
    """
    n = counts.sum(axis=1)
    occurs = counts[:, counts.sum(axis=0) > 0]
    expected = n[:, None] * occurs.sum(axis=0)[None, :] / n.sum()
    statistic = float(((occurs - expected) ** 2 / expected).sum())
    df = (occurs.shape[1] - 1) * (len(arms) - 1)
    smallest = float(expected.min())
    p_value = float(stats.chi2.sf(statistic, df)) if df else 1.0
    method = "Pearson chi-square"
    if df and exact.asks(smallest):
        p_value, method = exact_p_value(counts, draws=exact.draws, random=exact.random)
    return CategoryBalance(
        characteristic=characteristic,
        arms=tuple(arms),
        counts=tuple(tuple(int(c) for c in row) for row in counts),
        categories=tuple(categories),
        n=tuple(int(k) for k in n),
        n_missing=tuple(n_missing) or (0,) * len(arms),
        differences=_differences(counts, categories) if len(arms) == TWO else (),
        method=method,
        statistic=statistic,
        df=df,
        smallest_expected=smallest,
        p_value=p_value,
    )


def _differences(
    counts: Ints, categories: Sequence[str]
) -> tuple[CategoryDifference, ...]:
    n = counts.sum(axis=1)
    share, against = counts / n[:, None]
    pooled = counts.sum(axis=0) / n.sum()
    error = np.sqrt(pooled * (1 - pooled) * (1 / n).sum())
    spread = np.sqrt((share * (1 - share) + against * (1 - against)) / 2)
    return tuple(
        CategoryDifference(
            category=category,
            share=float(share[i]),
            share_against=float(against[i]),
            difference=float(share[i] - against[i]),
            std_error=float(error[i]),
            normalised=_ratio(float(share[i] - against[i]), float(spread[i])),
        )
        for i, category in enumerate(categories)
    )


def _ratio(difference: float, spread: float) -> float:
    return difference / spread if spread > 0 else float("nan")


def estimate_mean_balance(
    arm: Texts,
    values: Floats,
    *,
    arms: Sequence[str],
    characteristic: str,
    variance: Literal["pooled", "welch"] = "welch",
    level: float = 0.90,
) -> MeanBalance:
    """Compare the mean of a number in one arm with that in another by a t-test.

    Args:
        arm: Shape (n,), arm of each person; persons in other arms are left aside.
        values: Shape (n,); NaN: unknown, counted and left out of means and test.
        arms: Two arms: the first is compared against the second.
        characteristic: Its name.
        variance: One variance for both arms, or each its own (Welch 1947,
            doi:10.1093/biomet/34.1-2.28).
        level: Level of the interval.

    Returns:
        Means, difference, test, and the difference in standard deviations (Imbens
        and Rubin 2015, doi:10.1017/CBO9781139025751).

    Raises:
        EstimationError: An arm has fewer than 10 persons with a value, a value is
            infinite, or nobody varies and the arms differ.
    """
    refuse(WHAT, shape_faults(len(arm), {characteristic: values}))
    known = np.isin(arm, list(arms)) & ~np.isnan(values)
    faults = missing_faults({characteristic: values[known]}) + arm_faults(
        arm[known],
        arms,
        minimum_persons=MINIMUM_PERSONS,
        what=f" with known {characteristic}",
    )
    refuse(WHAT, faults)
    parts = [values[known & (arm == a)] for a in arms]
    return compare_means(
        [float(part.mean()) for part in parts],
        [_variance(part) for part in parts],
        [part.size for part in parts],
        arms=arms,
        characteristic=characteristic,
        n_missing=[int(((arm == a) & np.isnan(values)).sum()) for a in arms],
        variance=variance,
        level=level,
    )


def compare_means(  # noqa: PLR0913 (a comparison has these parts)
    means: Sequence[float],
    variances: Sequence[float],
    persons: Sequence[int],
    *,
    arms: Sequence[str],
    characteristic: str,
    n_missing: Sequence[int],
    variance: Literal["pooled", "welch"] = "welch",
    level: float = 0.90,
) -> MeanBalance:
    """Compare two arms by their means and variances, as from a table or from sums.

    Args:
        means: Mean of each arm.
        variances: Variance of each, with n minus one.
        persons: Persons of each whose value is known.
        arms: Two arms: the first is compared against the second.
        characteristic: Its name.
        n_missing: Persons of each without a value.
        variance: One variance for both arms, or each its own.
        level: Level of the interval.

    Returns:
        As `estimate_mean_balance`.

    Raises:
        EstimationError: Nobody varies and the arms differ.
    """
    spread, n = np.array(variances), np.array(persons)
    error, df = _standard_error(spread, n, pooled=variance == "pooled")
    if error == 0 and means[0] != means[1]:
        refuse(WHAT, [f"{characteristic} differs between arms and within neither"])
    difference = make_difference(
        (arms[0], arms[1]),
        (means[0], means[1]),
        (persons[0], persons[1]),
        std_error=error,
        df=df,
        settings={"level": level, "method": f"t-test, {variance}"},
    )
    return MeanBalance(
        characteristic=characteristic,
        difference=difference,
        sd_arm=float(np.sqrt(spread[0])),
        sd_against=float(np.sqrt(spread[1])),
        normalised=_ratio(difference.estimate, float(np.sqrt(spread.mean()))),
        n_missing=tuple(n_missing),
    )


def _variance(values: Floats) -> float:
    return float(values.var(ddof=1)) if np.ptp(values) > 0 else 0.0


def _standard_error(
    spread: Floats, n: NDArray[np.int_], *, pooled: bool
) -> tuple[float, float]:
    if pooled:
        df = float(n.sum() - 2)
        common = float((spread * (n - 1)).sum()) / df
        return float(np.sqrt(common * (1 / n).sum())), df
    each = spread / n
    total = float((each**2 / (n - 1)).sum())
    df = float(each.sum() ** 2 / total) if total > 0 else float(n.sum() - 2)
    return float(np.sqrt(each.sum())), df
