"""What tests of balance and representativeness return.

Plain records: no Spark, no arrays. A difference that is shown is the one tested.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rctspark.contracts.design import Difference


@dataclass(frozen=True, slots=True)
class CategoryDifference:
    """Share of one category in an arm, less its share in another or in the target.

    Attributes:
        category: The category.
        share: Share in the arm (or sample), 0 to 1.
        share_against: Share in the other arm (or target).
        difference: `share` - `share_against`.
        std_error: Standard error under no difference, as in the test: with two
            categories, (difference / std_error) squared is Pearson's statistic.
        normalised: Difference in standard deviations, the mean of both arms'
            variances; NaN where neither arm varies, or against a target.
    """

    category: str
    share: float
    share_against: float
    difference: float
    std_error: float
    normalised: float


@dataclass(frozen=True, slots=True)
class CategoryBalance:
    """One categorical characteristic compared over arms, or with a target.

    Attributes:
        characteristic: The characteristic.
        arms: Arms compared, in order; for a target the sample's name and `target`.
        counts: Persons by category (in the order of `categories`), one row per arm.
        categories: The categories, those nobody has included.
        n: Persons of each arm with a known category.
        n_missing: Persons of each arm without one.
        differences: One per category; only where two are compared.
        method: `Pearson chi-square`, `exact`, or `exact by N draws`.
        statistic: Pearson's statistic, without continuity correction, whatever the
            method.
        df: Its degrees of freedom: categories that occur less one, times arms less
            one.
        smallest_expected: Smallest expected count, on which the method rests.
        p_value: P-value by `method`.
    """

    characteristic: str
    arms: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    categories: tuple[str, ...]
    n: tuple[int, ...]
    n_missing: tuple[int, ...]
    differences: tuple[CategoryDifference, ...]
    method: str
    statistic: float
    df: int
    smallest_expected: float
    p_value: float


@dataclass(frozen=True, slots=True)
class MeanBalance:
    """One number compared over two arms, or with a target.

    Attributes:
        characteristic: The characteristic.
        difference: The difference, its standard error, t-test and n. Against a
            target, `n_against` is 0: the target's mean is taken as known.
        sd_arm: Standard deviation in the arm.
        sd_against: Standard deviation in the other arm; NaN against a target.
        normalised: Difference in standard deviations, the mean of both variances
            (of the sample's alone against a target); NaN where nobody varies.
        n_missing: Persons of each arm without a value.
    """

    characteristic: str
    difference: Difference
    sd_arm: float
    sd_against: float
    normalised: float
    n_missing: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class JointBalance:
    """Do all characteristics together tell the arms apart?

    Attributes:
        arms: Arms compared.
        n: Persons of each.
        columns: Columns of the characteristics.
        rank: Columns that the others do not already say.
        wilks: Wilks' lambda.
        f_statistic: F of it (Rao); exact for two arms or one column, and for two
            columns or three arms.
        df_numerator: Degrees of freedom of the numerator.
        df_denominator: Degrees of freedom of the denominator.
        p_value: P-value of no difference in any.
    """

    arms: tuple[str, ...]
    n: tuple[int, ...]
    columns: int
    rank: int
    wilks: float
    f_statistic: float
    df_numerator: float
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True)
class WeightSummary:
    """How far weights had to go to bring a sample to its target.

    Attributes:
        method: `raking` or `entropy balancing`.
        n: Persons weighted.
        effective_n: Square of the sum of weights over the sum of their squares.
        largest: Largest weight, where the mean weight is 1.
        smallest: Smallest weight.
        largest_gap: Largest distance left between a margin and its target, in
            shares (raking) or standard deviations (entropy balancing).
        rounds: Rounds until it was reached.
    """

    method: str
    n: int
    effective_n: float
    largest: float
    smallest: float
    largest_gap: float
    rounds: int
