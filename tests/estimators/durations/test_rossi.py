"""A real trial: financial aid to released prisoners, week by week (1980)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rctspark.contracts.durations import RiskRows
from rctspark.estimators.durations import (
    count_cells,
    estimate_cox,
    estimate_discrete_hazard,
    estimate_period_hazards,
)

PUBLISHED = 5e-6
"""Half a unit of the last digit printed."""


def risk_rows(weeks, covariates, names, keep=None) -> RiskRows:
    keep = np.ones(weeks.period.size, dtype=bool) if keep is None else keep
    return RiskRows(
        person=weeks.person[keep],
        start=weeks.period[keep] - 1.0,
        stop=weeks.period[keep].astype(float),
        cause=weeks.exits[keep].astype(np.int64),
        causes=("arrest",),
        covariates=covariates[keep],
        names=names,
    )


def coefficient(fit, name):
    return next(c for c in fit.coefficients if c.name == name)


def same_as_r(fit, found):
    np.testing.assert_allclose(
        [(c.estimate, c.std_error) for c in fit.coefficients],
        np.column_stack([found["estimate"], found["std_error"]]),
        rtol=1e-9,
    )
    assert fit.log_likelihood == pytest.approx(found["log_likelihood"], abs=1e-9)


def test_the_risk_set_has_19809_weeks_and_114_arrests(rossi):
    assert rossi.period.size == 19_809
    assert rossi.exits.sum() == 114
    hazards = estimate_period_hazards(rossi)
    assert len(hazards) == 52
    assert (hazards[0].n_at_risk, hazards[0].n_exits) == (432, 1)
    assert sum(h.n_at_risk for h in hazards) == 19_809


def test_cox_is_as_printed(rossi, r_numbers):
    names = rossi.names[:-1]
    rows = risk_rows(rossi, rossi.covariates[:, :-1], names)
    fit = estimate_cox(rows)
    aid = coefficient(fit, "fin")
    assert aid.estimate == pytest.approx(-0.37942, abs=PUBLISHED)
    assert aid.std_error == pytest.approx(0.19138, abs=PUBLISHED)
    assert fit.log_likelihood == pytest.approx(-658.74766, abs=PUBLISHED)
    same_as_r(fit, r_numbers["rossi"]["plain"])
    robust = estimate_cox(rows, covariance="cluster")
    same_as_r(robust, r_numbers["rossi"]["robust"])


def test_cox_with_employment_in_the_week_is_as_printed(rossi, r_numbers):
    fit = estimate_cox(risk_rows(rossi, rossi.covariates, rossi.names))
    aid, work = coefficient(fit, "fin"), coefficient(fit, "emp")
    assert aid.estimate == pytest.approx(-0.35672, abs=PUBLISHED)
    assert aid.std_error == pytest.approx(0.19113, abs=PUBLISHED)
    assert work.estimate == pytest.approx(-1.32832, abs=PUBLISHED)
    assert work.std_error == pytest.approx(0.25072, abs=PUBLISHED)
    assert fit.log_likelihood == pytest.approx(-641.05495, abs=PUBLISHED)
    same_as_r(fit, r_numbers["rossi"]["working"])


def test_cox_with_employment_in_the_week_before_is_as_printed(rossi, r_numbers):
    later = rossi.period > 1
    before = np.roll(rossi.covariates[:, -1], 1)
    covariates = np.column_stack([rossi.covariates[:, :-1], before])
    rows = risk_rows(rossi, covariates, rossi.names, later)
    assert rows.start.size == 19_377
    fit = estimate_cox(rows)
    aid, work = coefficient(fit, "fin"), coefficient(fit, "emp")
    assert aid.estimate == pytest.approx(-0.35130, abs=PUBLISHED)
    assert work.estimate == pytest.approx(-0.78689, abs=PUBLISHED)
    assert work.std_error == pytest.approx(0.21808, abs=PUBLISHED)
    same_as_r(fit, r_numbers["rossi"]["lagged"])


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_discrete_time_hazards_are_rs_from_rows_and_from_cells(rossi, r_numbers, link):
    found = r_numbers["rossi"][link]
    for given in (rossi, count_cells(rossi)):
        fit = estimate_discrete_hazard(given, link=link, pieces=(1, 14, 27, 40))
        np.testing.assert_allclose(
            [(c.estimate, c.std_error) for c in fit.coefficients],
            np.column_stack([found["estimate"], found["std_error"]]),
            rtol=1e-6,
        )
        assert fit.log_likelihood == pytest.approx(found["log_likelihood"], abs=1e-8)


def test_a_small_hazard_by_the_week_is_near_the_cox_hazard(rossi):
    rows = risk_rows(rossi, rossi.covariates, rossi.names)
    cox = coefficient(estimate_cox(rows), "fin").estimate
    weekly = estimate_discrete_hazard(
        replace(rossi), link="cloglog", pieces=(1, 14, 27, 40)
    )
    assert coefficient(weekly, "fin").estimate == pytest.approx(cox, abs=0.01)
