"""Are the arms as large as the draw would make them?"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from scipy import stats

from rctspark.contracts.results import SampleRatio
from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from collections.abc import Mapping

TWO_ARMS = 2
FEWEST_EXPECTED = 5


def estimate_sample_ratio(
    counts: Mapping[str, int], *, shares: Mapping[str, float]
) -> SampleRatio:
    """Compare the sizes of the arms with the shares that the plan intended.

    Two arms: the exact two-sided binomial test (all outcomes at most as likely as
    the one found). More arms: Pearson's chi-square test of goodness of fit.

    Args:
        counts: Persons by arm.
        shares: Intended share by arm, for the same arms; they add up to 1.

    Returns:
        Counts, expected counts and the p-value.

    Raises:
        EstimationError: Arms and shares do not go together; nobody was counted; or,
            with more than two arms, fewer than 5 are expected in one.
    """
    arms = tuple(shares)
    n = sum(counts.values())
    expected = {arm: n * share for arm, share in shares.items()}
    faults = []
    if set(counts) != set(shares) or len(arms) < TWO_ARMS:
        faults.append(f"arms {sorted(counts)} and shares of {sorted(shares)} differ")
    if (
        not math.isclose(sum(shares.values()), 1.0)
        or min(shares.values(), default=0) <= 0
    ):
        faults.append("shares must be positive and add up to 1")
    if not faults and (n == 0 or _is_too_small(expected)):
        faults.append(
            f"{n} person(s) are too few: in each arm {FEWEST_EXPECTED} must be expected"
        )
    if faults:
        raise EstimationError(f"No sample-ratio test: {'; '.join(faults)}.")
    found = [counts[arm] for arm in arms]
    if len(arms) == TWO_ARMS:
        p_value = stats.binomtest(found[0], n, shares[arms[0]]).pvalue
        method = "exact binomial"
    else:
        p_value = stats.chisquare(found, [expected[arm] for arm in arms]).pvalue
        method = "chi-square"
    return SampleRatio(
        arms=arms,
        counts=tuple(found),
        expected=tuple(expected[arm] for arm in arms),
        method=method,
        p_value=float(p_value),
    )


def estimate_sample_ratio_by_site(
    counts: Mapping[str, Mapping[str, int]],
    *,
    shares: Mapping[str, Mapping[str, float]],
) -> float:
    """Compare the sizes of the arms with those intended, where sites differ in these.

    Pearson's chi-square test of goodness of fit at each site; statistics and degrees
    of freedom are added up over the sites, which were drawn apart. Strata and
    left-over persons that are dealt evenly make arms more alike than chance would, so
    the p-value is high rather than low.

    Args:
        counts: Site and arm to persons.
        shares: Site to the intended share of its arms; they add up to 1.

    Returns:
        The p-value; of one site as `estimate_sample_ratio` gives it.

    Raises:
        EstimationError: A site has no shares, or too few persons.
    """
    if set(counts) != set(shares):
        raise EstimationError(
            f"No sample-ratio test: sites {sorted(counts)} and shares of sites "
            f"{sorted(shares)} differ."
        )
    found = [
        estimate_sample_ratio(counts[site], shares=shares[site]) for site in shares
    ]
    if len(found) == 1:
        return found[0].p_value
    statistic = sum(
        (n - expected) ** 2 / expected
        for one in found
        for n, expected in zip(one.counts, one.expected, strict=True)
    )
    df = sum(len(one.arms) - 1 for one in found)
    return float(stats.chi2.sf(statistic, df))


def _is_too_small(expected: Mapping[str, float]) -> bool:
    return len(expected) > TWO_ARMS and min(expected.values()) < FEWEST_EXPECTED
