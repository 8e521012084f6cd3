"""Cox regression: R, identities, refusals, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rctspark.contracts.durations import RiskRows
from rctspark.errors import EstimationError
from rctspark.estimators.durations import estimate_cause_specific, estimate_cox


@pytest.mark.parametrize(
    ("name", "strata", "covariance"),
    [
        ("cox", False, "model"),
        ("cox_robust", False, "robust"),
        ("cox_cluster", False, "cluster"),
        ("cox_strata", True, "cluster"),
    ],
)
def test_every_number_is_rs(rows, r_numbers, name, strata, covariance):
    given = rows if strata else replace(rows, stratum=None)
    fit, found = estimate_cox(given, covariance=covariance), r_numbers[name]
    _same_as_r(fit, found)


def _same_as_r(fit, found):
    assert [c.name for c in fit.coefficients] == found["names"]
    for ours, theirs in (
        ([c.estimate for c in fit.coefficients], found["estimate"]),
        ([c.std_error for c in fit.coefficients], found["std_error"]),
        (fit.log_likelihood, found["log_likelihood"]),
        (fit.log_likelihood_null, found["log_likelihood_null"]),
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)
    assert (fit.rows, fit.exits) == (found["n"], found["events"])


def test_hazards_of_competing_exits_are_rs(rows, r_numbers):
    job, other = estimate_cause_specific(replace(rows, stratum=None))
    assert (job.cause, other.cause) == ("job", "other")
    _same_as_r(job, r_numbers["cox_job"])
    _same_as_r(other, r_numbers["cox_other"])


def test_splitting_rows_and_mixing_their_order_changes_nothing(rows):
    middle = (rows.start + rows.stop) / 2
    order = np.random.default_rng(5).permutation(2 * rows.start.size)
    split = RiskRows(
        person=np.tile(rows.person, 2)[order],
        start=np.concatenate([rows.start, middle])[order],
        stop=np.concatenate([middle, rows.stop])[order],
        cause=np.concatenate([0 * rows.cause, rows.cause])[order],
        causes=rows.causes,
        covariates=np.vstack([rows.covariates, rows.covariates])[order],
        names=rows.names,
        stratum=np.tile(rows.stratum, 2)[order],
    )
    for covariance in ("model", "cluster"):
        one = estimate_cox(rows, covariance=covariance)
        two = estimate_cox(split, covariance=covariance)
        np.testing.assert_allclose(two.covariance, one.covariance, rtol=1e-9)
        assert two.log_likelihood == pytest.approx(one.log_likelihood, abs=1e-9)


def test_a_covariate_in_other_units_has_the_same_test(rows):
    scaled = replace(rows, covariates=rows.covariates * [1, 1, 1e6, 1] + [0, 0, 5e7, 0])
    one, two = estimate_cox(rows), estimate_cox(scaled)
    for a, b in zip(one.coefficients, two.coefficients, strict=True):
        assert b.p_value == pytest.approx(a.p_value, rel=1e-8)


def test_unusable_rows_are_refused_with_every_fault_and_count(rows):
    covariates = rows.covariates.copy()
    covariates[:7, 2] = np.nan
    broken = replace(rows, stop=np.minimum(rows.stop, 8.0), covariates=covariates)
    with pytest.raises(EstimationError) as refused:
        estimate_cox(broken, cause="abroad")
    for part in ("stop is not later", "age is missing .* 7 row", "abroad is not one"):
        assert refused.match(f"(?s).*{part}")


def test_a_covariate_that_says_nothing_new_is_refused(rows):
    twice = replace(
        rows,
        covariates=np.column_stack([rows.covariates, rows.covariates[:, :2].sum(1)]),
        names=(*rows.names, "treated"),
    )
    with pytest.raises(EstimationError, match="does not vary among those at risk"):
        estimate_cox(twice)


def test_a_covariate_that_tells_who_leaves_is_refused(rows):
    leaves = (rows.cause > 0).astype(float)
    knowing = replace(
        rows,
        covariates=np.column_stack([rows.covariates, leaves]),
        names=(*rows.names, "leaves"),
    )
    with pytest.raises(EstimationError, match="leaves tell"):
        estimate_cox(knowing)


def test_rows_of_a_person_that_overlap_are_refused(rows):
    with pytest.raises(EstimationError, match="begin before the person's row before"):
        estimate_cox(replace(rows, start=np.maximum(rows.start - 1, 0)))


def test_intervals_cover_where_persons_differ_in_clusters():
    random, trials = np.random.default_rng(6), 400
    plain = clustered = 0
    for _ in range(trials):
        x = random.integers(0, 2, 150).astype(float)
        leaves = random.exponential(10 * np.exp(-0.5 * x))
        stop = np.ceil(np.minimum(leaves, 15))
        rows = RiskRows(
            person=np.arange(150),
            start=np.zeros(150),
            stop=stop,
            cause=(leaves <= 15).astype(np.int64),
            causes=("exit",),
            covariates=x[:, None],
            names=("treated",),
        )
        (model,) = estimate_cox(rows).coefficients
        (robust,) = estimate_cox(rows, covariance="cluster").coefficients
        plain += model.ci_lower <= 0.5 <= model.ci_upper
        clustered += robust.ci_lower <= 0.5 <= robust.ci_upper
    error = 3.5 * np.sqrt(0.09 / trials)
    assert abs(plain / trials - 0.90) < error
    assert abs(clustered / trials - 0.90) < error
