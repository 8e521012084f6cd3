"""The sizes of the arms against the shares of the draw."""

from __future__ import annotations

from math import comb

import pytest
from scipy import stats

from rctspark.errors import EstimationError
from rctspark.estimators import estimate_sample_ratio
from rctspark.estimators.randomised.sample_ratio import estimate_sample_ratio_by_site


def test_two_arms_get_the_exact_binomial_test():
    found = estimate_sample_ratio({"a": 3, "b": 9}, shares={"a": 0.5, "b": 0.5})
    by_hand = 2 * sum(comb(12, k) for k in range(4)) / 2**12
    assert found.method == "exact binomial"
    assert found.p_value == pytest.approx(by_hand)
    assert found.expected == (6, 6)


def test_arms_as_large_as_intended_raise_no_doubt():
    found = estimate_sample_ratio(
        {"control": 188, "zia": 189, "hia": 188, "wl": 187},
        shares={"control": 0.25, "zia": 0.25, "hia": 0.25, "wl": 0.25},
    )
    assert found.method == "chi-square"
    assert found.arms == ("control", "zia", "hia", "wl")
    assert found.counts == (188, 189, 188, 187)
    assert found.p_value > 0.99


def test_parity_of_the_published_trial_is_an_even_draw():
    shares = {"basic": 0.5, "intensive": 0.5}
    found = estimate_sample_ratio({"basic": 4617, "intensive": 4620}, shares=shares)
    assert found.p_value == pytest.approx(0.9834, abs=0.001)


def test_sites_with_their_own_ratio_are_tested_site_by_site():
    shares = {
        "utrecht": dict.fromkeys(("control", "zia", "hia", "wl"), 0.25),
        "zeist": {"control": 0.5, "wl": 0.5},
    }
    counts = {
        "utrecht": {"control": 188, "zia": 189, "hia": 188, "wl": 187},
        "zeist": {"control": 17, "wl": 18},
    }
    by_hand = (0 + 1 + 0 + 1) / 188 + 2 * 0.5**2 / 17.5
    found = estimate_sample_ratio_by_site(counts, shares=shares)
    assert found == pytest.approx(stats.chi2.sf(by_hand, 4))
    # Over both sites together, control and wl would look too large.
    together = {"control": 205, "zia": 189, "hia": 188, "wl": 205}
    pooled = estimate_sample_ratio(together, shares=shares["utrecht"]).p_value
    assert pooled < found
    one = {"utrecht": shares["utrecht"]}
    alone = estimate_sample_ratio_by_site({"utrecht": counts["utrecht"]}, shares=one)
    assert (
        alone
        == estimate_sample_ratio(counts["utrecht"], shares=shares["utrecht"]).p_value
    )
    with pytest.raises(EstimationError, match="sites"):
        estimate_sample_ratio_by_site(counts, shares=one)


@pytest.mark.parametrize(
    ("counts", "shares", "words"),
    [
        ({"a": 5}, {"a": 0.5, "b": 0.5}, "differ"),
        ({"a": 5, "b": 5}, {"a": 0.5, "b": 0.6}, "add up to 1"),
        ({"a": 0, "b": 0}, {"a": 0.5, "b": 0.5}, "too few"),
        ({"a": 9, "b": 9, "c": 1}, {"a": 0.4, "b": 0.4, "c": 0.2}, "too few"),
    ],
)
def test_counts_that_can_not_be_tested_are_refused(counts, shares, words):
    with pytest.raises(EstimationError, match=words):
        estimate_sample_ratio(counts, shares=shares)
