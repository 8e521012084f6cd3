"""A second library for curves, tests and Cox regression, beside R."""

from __future__ import annotations

import lifelines
import numpy as np
import pandas as pd
import pytest
from lifelines.statistics import multivariate_logrank_test

from rctspark.estimators.durations import (
    estimate_cox,
    estimate_incidence,
    estimate_log_rank,
    estimate_restricted_mean,
    estimate_survival,
)


def test_curves_and_log_log_intervals_are_those_of_lifelines(durations):
    for curve in estimate_survival(durations, level=0.90):
        own = durations.arm == curve.arm
        fit = lifelines.KaplanMeierFitter(alpha=0.10).fit(
            durations.time[own], durations.cause[own] > 0
        )
        at = np.array(curve.time)
        theirs = fit.survival_function_at_times(at).to_numpy()
        np.testing.assert_allclose(curve.survival, theirs, rtol=1e-12, atol=1e-14)
        limits = fit.confidence_interval_.loc[at].to_numpy()
        inside = (theirs > 0) & (theirs < 1)
        for ours, side in ((curve.ci_lower, 0), (curve.ci_upper, 1)):
            np.testing.assert_allclose(
                np.array(ours)[inside], limits[inside, side], rtol=1e-9
            )
        (mean,) = (
            m
            for m in estimate_restricted_mean(durations, until=20)
            if m.arm == curve.arm
        )
        theirs = lifelines.utils.restricted_mean_survival_time(fit, t=20)
        assert mean.mean == pytest.approx(float(theirs), rel=1e-9)


def test_the_log_rank_test_is_that_of_lifelines(durations):
    mine = estimate_log_rank(durations)
    theirs = multivariate_logrank_test(
        durations.time, durations.arm, durations.cause > 0
    )
    assert mine.statistic == pytest.approx(theirs.test_statistic, rel=1e-9)
    assert mine.p_value == pytest.approx(theirs.p_value, rel=1e-8)


def test_incidence_is_that_of_lifelines_where_no_two_leave_together(durations):
    # It takes ties apart at random, so nobody may share a time.
    order = np.argsort(durations.time, kind="stable")
    apart = type(durations)(
        time=durations.time[order] + np.arange(order.size) * 1e-6,
        cause=durations.cause[order],
        causes=durations.causes,
        arm=durations.arm[order],
    )
    for curve in estimate_incidence(apart):
        own = apart.arm == curve.arm
        kind = durations.causes.index(curve.cause) + 1
        fit = lifelines.AalenJohansenFitter(calculate_variance=False).fit(
            apart.time[own], apart.cause[own], event_of_interest=kind
        )
        theirs = fit.cumulative_density_.iloc[:, 0].reindex(curve.time, method="ffill")
        np.testing.assert_allclose(curve.incidence, theirs, rtol=1e-10, atol=1e-12)


def test_cox_with_varying_covariates_is_that_of_lifelines(rows):
    frame = pd.DataFrame(rows.covariates, columns=list(rows.names)).assign(
        person=rows.person, start=rows.start, stop=rows.stop, left=rows.cause > 0
    )
    theirs = lifelines.CoxTimeVaryingFitter().fit(
        frame,
        id_col="person",
        event_col="left",
        start_col="start",
        stop_col="stop",
        fit_options={"precision": 1e-12},
    )
    plain = type(rows)(
        person=rows.person,
        start=rows.start,
        stop=rows.stop,
        cause=rows.cause,
        causes=rows.causes,
        covariates=rows.covariates,
        names=rows.names,
    )
    for mine in estimate_cox(plain).coefficients:
        assert mine.estimate == pytest.approx(theirs.params_[mine.name], rel=1e-6)
        assert mine.std_error == pytest.approx(
            theirs.standard_errors_[mine.name], rel=1e-6
        )
