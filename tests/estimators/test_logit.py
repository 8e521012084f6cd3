"""Logit by sums: R's and statsmodels' numbers, an identity, refusals."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from estimators.conftest import keep
from estimators.regression_data import (
    ARMS,
    ROWS,
    THRESHOLDS,
    R,
    Scattered,
    by,
    cells,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.errors import EstimationError
from rctspark.estimators.regression.logit import estimate_logit

LOGIT = model(covariates=("age", "wage"), estimator="logit")


def logit(source, fitted=LOGIT, covariance="HC1"):
    return estimate_logit(
        source, model=fitted, inference=by(covariance), thresholds=THRESHOLDS
    )


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "CR1"])
@pytest.mark.parametrize("way", [persons, cells])
def test_average_marginal_effects_are_what_r_gives(covariance, way):
    found = logit(way(trial(outcomes=("job",))), covariance=covariance)
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["logit/estimate"], rtol=1e-8
    )
    np.testing.assert_allclose(numbers(found), R[f"logit/{covariance}"], rtol=1e-7)
    assert {c.df for c in found} == {np.inf}


def test_two_arms_are_what_statsmodels_gives():
    two = keep(trial(outcomes=("job",)), ROWS["arm"].to_numpy() != "hia")
    (found,) = logit(persons(two, ARMS[:2]), covariance="HC0")
    rows = ROWS[ROWS["arm"] != "hia"]
    design = sm.add_constant(
        np.column_stack([rows["arm"] == "zia", rows["age"], rows["wage"] / 1e5]).astype(
            float
        )
    )
    fit = sm.Logit(rows["job"], design).fit(disp=0, cov_type="HC0", tol=1e-14)
    margins = fit.get_margeff(dummy=True)
    assert found.estimate == pytest.approx(margins.margeff[0], rel=1e-8)
    assert found.std_error == pytest.approx(margins.margeff_se[0], rel=1e-6)


def test_without_covariates_it_is_the_difference_in_shares():
    found = logit(persons(trial(outcomes=("job",))), model(estimator="logit"), "HC0")
    shares = ROWS.groupby("arm")["job"].agg(["mean", "size"])
    variance = shares["mean"] * (1 - shares["mean"]) / shares["size"]
    for contrast in found:
        expected = shares["mean"][contrast.arm] - shares["mean"]["control"]
        error = np.sqrt(variance[contrast.arm] + variance["control"])
        assert contrast.estimate == pytest.approx(expected, rel=1e-9)
        assert contrast.std_error == pytest.approx(error, rel=1e-9)


def test_persons_cut_into_parts_give_the_same():
    sample = trial(outcomes=("job",))
    sample.outcomes["job", 0][::7] = np.nan
    for whole, parts in zip(
        logit(persons(sample)),
        logit(Scattered(persons(sample), (50, 51, 200))),
        strict=True,
    ):
        assert parts.n_total == whole.n_total
        assert parts.estimate == pytest.approx(whole.estimate, rel=1e-9)
        assert parts.std_error == pytest.approx(whole.std_error, rel=1e-9)


def test_a_category_that_separates_is_named_with_its_count():
    sample = trial(outcomes=("job",))
    sample.covariates["late"][:, 0] = 0
    sample.covariates["late"][np.flatnonzero(ROWS["job"] == 1)[:20]] = 1
    with pytest.raises(EstimationError, match=r"late=yes separates .*20 of 240 person"):
        logit(persons(sample), model(covariates=("late",), estimator="logit"))


@pytest.mark.parametrize("way", [persons, cells])
def test_a_number_that_separates_is_named_with_its_count(way):
    sample = trial(outcomes=("job",))
    sample.covariates["age"][:, 0] = ROWS["job"] * 10 + ROWS["age"] / 100
    words = rf"age separates who has it .*\({ROWS['job'].sum()} of 240 person\(s\)"
    with pytest.raises(EstimationError, match=words):
        logit(way(sample))


@pytest.mark.parametrize("way", [persons, cells])
def test_an_outcome_that_is_not_binary_is_refused(way):
    sample = trial(outcomes=("job",))
    sample.outcomes["job", 0][:3] = 0.5
    with pytest.raises(EstimationError, match=r"is not 0 or 1 for 3 person\(s\)"):
        logit(way(sample))


def test_an_arm_in_which_everyone_has_it_is_refused():
    sample = trial(outcomes=("job",))
    sample.outcomes["job", 0][ROWS["arm"] == "zia"] = 1.0
    with pytest.raises(EstimationError, match="everyone or nobody in arm zia"):
        logit(persons(sample))


def test_a_column_that_is_nearly_said_by_another_is_named():
    sample = trial(outcomes=("job",))
    noise = np.random.default_rng(4).normal(size=(240, 1))
    sample.covariates["wage"][:] = sample.covariates["age"] * 7 + 1e-5 * noise
    with pytest.raises(EstimationError, match="wage is nearly, but not wholly, said"):
        logit(persons(sample))


def test_a_column_that_is_wholly_said_by_another_is_left_out_and_counted():
    sample = trial(outcomes=("job",))
    sample.covariates["wage"][:] = sample.covariates["age"] * 7
    (found, _), (alone, _) = (
        logit(persons(sample), fitted)
        for fitted in (LOGIT, model(covariates=("age",), estimator="logit"))
    )
    assert (found.rank, found.columns) == (4, 5)
    assert found.std_error == pytest.approx(alone.std_error, rel=1e-9)
