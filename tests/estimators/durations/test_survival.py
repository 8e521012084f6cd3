"""Kaplan-Meier, restricted means, log-rank: R, identities, refusals, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rctspark.contracts.durations import Durations
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    contrast_restricted_means,
    estimate_log_rank,
    estimate_restricted_mean,
    estimate_survival,
)

R_TOLERANCE = {"rtol": 1e-12, "atol": 1e-13}


def number(values):
    """R writes NaN as text."""
    return np.array([v if isinstance(v, int | float) else np.nan for v in values])


def test_curves_errors_and_log_log_intervals_are_those_of_r(durations, r_numbers):
    for curve in estimate_survival(durations, level=0.90):
        found = r_numbers["kaplan_meier"][f"arm={curve.arm}"]
        assert list(curve.n_at_risk) == found["n_at_risk"]
        assert list(curve.n_exits) == found["n_exits"]
        np.testing.assert_allclose(curve.survival, found["survival"], **R_TOLERANCE)
        known = np.array(curve.survival) > 1e-12
        for ours, theirs in (
            (curve.std_error, found["std_error"]),
            (curve.ci_lower, found["lower"]),
            (curve.ci_upper, found["upper"]),
        ):
            np.testing.assert_allclose(
                np.array(ours)[known], number(theirs)[known], **R_TOLERANCE
            )


def test_restricted_means_and_their_errors_are_those_of_r(durations, r_numbers):
    found = r_numbers["restricted_mean"]
    means = estimate_restricted_mean(durations, until=20)
    assert [f"arm={m.arm}" for m in means] == found["arm"]
    np.testing.assert_allclose([m.mean for m in means], found["mean"], rtol=1e-12)
    np.testing.assert_allclose(
        [m.std_error for m in means], found["std_error"], rtol=1e-11
    )


def test_log_rank_is_that_of_r_over_all_and_within_strata(
    durations, by_site, r_numbers
):
    for given, name in ((durations, "log_rank"), (by_site, "log_rank_stratified")):
        test, found = estimate_log_rank(given), r_numbers[name]
        np.testing.assert_allclose(test.statistic, found["statistic"], rtol=1e-12)
        np.testing.assert_allclose(test.p_value, found["p"], rtol=1e-11)
        np.testing.assert_allclose(test.expected, found["expected"], rtol=1e-12)
        assert list(test.observed) == found["observed"]


def test_without_censoring_survival_is_a_share_and_its_error_binomial(durations):
    everyone = replace(durations, cause=np.ones(durations.time.size, dtype=int))
    for curve in estimate_survival(everyone):
        own = durations.time[durations.arm == curve.arm]
        share = np.array([(own > t).mean() for t in curve.time])
        np.testing.assert_allclose(curve.survival, share, atol=1e-14)
        error = np.sqrt(share * (1 - share) / own.size)
        np.testing.assert_allclose(curve.std_error, error, atol=1e-8)
    (mean, *_) = estimate_restricted_mean(everyone, until=15)
    own = np.minimum(durations.time[durations.arm == mean.arm], 15)
    assert mean.mean == pytest.approx(own.mean(), rel=1e-13)
    assert mean.std_error == pytest.approx(own.std() / np.sqrt(own.size), rel=1e-12)


def test_a_difference_of_means_is_treatment_minus_control(durations):
    means = estimate_restricted_mean(durations, until=20)
    control, hia, zia = means
    found = contrast_restricted_means(means, control="control")
    assert [c.arm for c in found] == ["hia", "zia"]
    for contrast, mean in zip(found, (hia, zia), strict=True):
        assert contrast.estimate == mean.mean - control.mean
        assert contrast.n_arm + contrast.n_against < contrast.n_total == 240
        assert contrast.ci_lower < contrast.estimate < contrast.ci_upper


def test_unusable_durations_are_refused_with_every_fault_and_count(durations):
    time, cause = durations.time.copy(), durations.cause.copy()
    time[:3], cause[5] = np.nan, 7
    arm = np.where(np.arange(240) < 4, "tiny", durations.arm)
    with pytest.raises(EstimationError) as refused:
        estimate_survival(replace(durations, time=time, cause=cause, arm=arm))
    for part in ("time .* 3 person", "cause is not 0 to 2 in 1", "arm tiny has 4"):
        assert refused.match(f"(?s).*{part}")


def test_a_mean_beyond_what_was_followed_is_refused(durations):
    with pytest.raises(EstimationError, match="no restricted mean until 99 days"):
        estimate_restricted_mean(durations, until=99)


def _draw(random, n: int, effect: float) -> Durations:
    arm = np.repeat(["control", "treated"], n // 2)
    leaves = random.exponential(10 * np.exp(effect * (arm == "treated")))
    end = random.uniform(10, 25, n)
    return Durations(
        time=np.minimum(leaves, end),
        cause=(leaves <= end).astype(np.int64),
        causes=("exit",),
        arm=arm,
    )


def test_intervals_cover_and_the_test_keeps_its_size():
    random, trials = np.random.default_rng(3), 500
    truth = {"control": np.exp(-0.5), "treated": np.exp(-0.5 * np.exp(-0.4))}
    area = {
        "control": 10 * -np.expm1(-0.8),
        "treated": 10 * np.exp(0.4) * -np.expm1(-0.8 * np.exp(-0.4)),
    }
    curve_holds = mean_holds = rejects = 0
    for _ in range(trials):
        drawn = _draw(random, 120, 0.4)
        curve = estimate_survival(drawn)[1]
        at = np.searchsorted(curve.time, 5, side="right") - 1
        curve_holds += curve.ci_lower[at] <= truth["treated"] <= curve.ci_upper[at]
        means = estimate_restricted_mean(drawn, until=8)
        (gap,) = contrast_restricted_means(means, control="control")
        mean_holds += gap.ci_lower <= area["treated"] - area["control"] <= gap.ci_upper
        rejects += estimate_log_rank(_draw(random, 120, 0.0)).p_value < 0.05
    error = 3.5 * np.sqrt(0.09 / trials)
    assert abs(curve_holds / trials - 0.90) < error
    assert abs(mean_holds / trials - 0.90) < error
    assert abs(rejects / trials - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / trials)
