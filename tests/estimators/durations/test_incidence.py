"""Competing exits and the test of Gray: R, identities, refusals, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rctspark.contracts.durations import Durations
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    contrast_incidence,
    estimate_gray,
    estimate_incidence,
    estimate_log_rank,
    estimate_survival,
)


def test_incidence_and_errors_are_those_of_rs_multi_state_curves(durations, r_numbers):
    for curve in estimate_incidence(durations):
        found = r_numbers["incidence"][curve.arm]
        kind = durations.causes.index(curve.cause)
        assert list(curve.time) == found["time"]
        np.testing.assert_allclose(
            curve.incidence, found["incidence"][kind], rtol=1e-12, atol=1e-15
        )
        np.testing.assert_allclose(
            curve.std_error, found["std_error"][kind], rtol=1e-12, atol=1e-15
        )


def test_incidence_is_also_that_of_rs_cmprsk(durations, r_numbers):
    found = r_numbers["cuminc"]
    curves = {f"{c.arm} {c.cause}": c for c in estimate_incidence(durations)}
    for i, name in enumerate(found["curves"]):
        arm, kind = name.split()
        curve = curves[f"{arm} {durations.causes[int(kind) - 1]}"]
        for j, at in enumerate(found["at"]):
            place = np.searchsorted(curve.time, at, side="right") - 1
            assert curve.incidence[place] == pytest.approx(
                found["estimate"][j][i], rel=1e-12
            )
            # Another variance (Aalen's), the same but for terms of higher order.
            assert curve.std_error[place] ** 2 == pytest.approx(
                found["var"][j][i], rel=0.05
            )


@pytest.mark.parametrize(
    ("name", "rho", "strata"),
    [("gray", 0.0, False), ("gray_rho", 1.0, False), ("gray_stratified", 0.0, True)],
)
def test_grays_test_is_that_of_r(durations, by_site, r_numbers, name, rho, strata):
    statistic, p_value, df = r_numbers[name]
    tests = estimate_gray(by_site if strata else durations, rho=rho)
    np.testing.assert_allclose([t.statistic for t in tests], statistic, rtol=1e-12)
    np.testing.assert_allclose([t.p_value for t in tests], p_value, rtol=1e-10)
    assert [t.df for t in tests] == df


def test_exits_of_all_kinds_and_those_still_in_add_up_to_one(durations):
    job, other = estimate_incidence(durations)[:2]
    survival = estimate_survival(durations)[0].survival
    total = np.array(job.incidence) + other.incidence + survival
    np.testing.assert_allclose(total, 1, atol=1e-14)


def test_one_kind_of_exit_is_kaplan_meier_turned_over(durations):
    alone = replace(durations, cause=(durations.cause > 0).astype(int), causes=("any",))
    for curve, stays in zip(
        estimate_incidence(alone), estimate_survival(alone), strict=True
    ):
        np.testing.assert_allclose(
            curve.incidence, 1 - np.array(stays.survival), atol=1e-14
        )
        np.testing.assert_allclose(curve.std_error, stays.std_error, atol=1e-13)
        inside = np.array(stays.survival) > 1e-12
        np.testing.assert_allclose(
            np.array(curve.ci_lower)[inside],
            1 - np.array(stays.ci_upper)[inside],
            atol=1e-12,
        )


def test_without_competing_exits_grays_test_is_near_the_log_rank_test(durations):
    alone = replace(durations, cause=(durations.cause > 0).astype(int), causes=("any",))
    (gray,) = estimate_gray(alone)
    rank = estimate_log_rank(alone)
    np.testing.assert_allclose(gray.observed, rank.observed)
    np.testing.assert_allclose(gray.expected, rank.expected, rtol=1e-12)
    assert gray.statistic == pytest.approx(rank.statistic, rel=0.1)


def test_a_contrast_is_a_difference_of_curves_at_a_horizon(durations):
    curves = estimate_incidence(durations)
    found = contrast_incidence(curves, control="control", horizons=(0, 10, 20))
    assert [(c.arm, c.outcome, c.horizon) for c in found[:4]] == [
        ("hia", "exit_job", 0),
        ("hia", "exit_job", 10),
        ("hia", "exit_job", 20),
        ("hia", "exit_other", 0),
    ]
    assert (found[0].estimate, found[0].std_error, found[0].p_value) == (0, 0, 1)
    assert found[1].estimate == pytest.approx(
        found[1].mean_against * -1
        + next(
            c.incidence[np.searchsorted(c.time, 10, side="right") - 1]
            for c in curves
            if (c.arm, c.cause) == ("hia", "job")
        )
    )


def test_a_kind_of_exit_that_nobody_takes_is_refused(durations):
    never = replace(durations, causes=("job", "other", "abroad"))
    with pytest.raises(EstimationError, match="0 persons leave to abroad"):
        estimate_gray(never)


def test_a_horizon_that_nobody_reached_is_refused(durations):
    curves = estimate_incidence(
        replace(durations, cause=np.where(durations.time > 15, 0, durations.cause))
    )
    with pytest.raises(EstimationError, match="job within 99 days is not known"):
        contrast_incidence(curves, control="control", horizons=(99,))


def _draw(random, n: int, effect: float) -> Durations:
    arm = np.repeat(["control", "treated"], n // 2)
    job = random.exponential(10 * np.exp(-effect * (arm == "treated")))
    other = random.exponential(20, n)
    end = random.uniform(10, 25, n)
    first = np.minimum(job, other)
    cause = np.where(first > end, 0, np.where(job < other, 1, 2))
    return Durations(
        time=np.ceil(np.minimum(first, end) * 2) / 2,
        cause=cause,
        causes=("job", "other"),
        arm=arm,
    )


def _incidence(rate: float, within: float) -> float:
    return rate / (rate + 0.05) * -np.expm1(-(rate + 0.05) * within)


def test_intervals_cover_and_the_test_keeps_its_size():
    random, trials = np.random.default_rng(4), 500
    gap = _incidence(0.1 * np.exp(0.4), 8) - _incidence(0.1, 8)
    curve_holds = gap_holds = rejects = 0
    for _ in range(trials):
        curves = estimate_incidence(_draw(random, 120, 0.4))
        job = curves[0]
        at = np.searchsorted(job.time, 8, side="right") - 1
        curve_holds += job.ci_lower[at] <= _incidence(0.1, 8) <= job.ci_upper[at]
        contrast = contrast_incidence(curves, control="control", horizons=(8,))[0]
        gap_holds += contrast.ci_lower <= gap <= contrast.ci_upper
        rejects += estimate_gray(_draw(random, 120, 0.0))[0].p_value < 0.05
    error = 3.5 * np.sqrt(0.09 / trials)
    assert abs(curve_holds / trials - 0.90) < error
    assert abs(gap_holds / trials - 0.90) < error
    assert abs(rejects / trials - 0.05) < 3.5 * np.sqrt(0.05 * 0.95 / trials)
