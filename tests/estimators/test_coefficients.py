"""All coefficients of a regression: statsmodels on rows, identities, refusals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from estimators.regression_data import ARMS, ROWS, THRESHOLDS, by, model, persons, trial
from rctspark.errors import EstimationError
from rctspark.estimators.itt import estimate_itt
from rctspark.estimators.regression.coefficients import estimate_coefficients
from rctspark.estimators.regression.linear import estimate_linear

ADJUSTED = model(covariates=("age", "wage", "late"))
NAMES = ["constant", "zia", "hia", "age", "wage", "late=yes"]


def coefficients(sample, fitted=ADJUSTED, covariance="HC1"):
    return estimate_coefficients(
        sample, arms=ARMS, model=fitted, inference=by(covariance), thresholds=THRESHOLDS
    )


def rows_design():
    columns = [ROWS["arm"] == "zia", ROWS["arm"] == "hia", ROWS["age"], ROWS["wage"]]
    return sm.add_constant(
        np.column_stack([*columns, ROWS["office"] > 6]).astype(float)
    )


@pytest.mark.parametrize("covariance", ["HC0", "HC1", "HC2", "HC3"])
def test_least_squares_is_what_statsmodels_gives_on_rows(covariance):
    found = coefficients(trial(), covariance=covariance)
    fit = sm.OLS(ROWS["y"].to_numpy(), rows_design()).fit(
        cov_type=covariance, use_t=True
    )
    assert [t.term for t in found] == NAMES
    assert [t.place for t in found] == list(range(6))
    for name, expected in (
        ("estimate", fit.params),
        ("std_error", fit.bse),
        ("p_value", fit.pvalues),
    ):
        ours = [getattr(t, name) for t in found]
        np.testing.assert_allclose(ours, expected, rtol=1e-8, atol=1e-14)
    assert {t.df for t in found} == {fit.df_resid}
    assert {t.n_total for t in found} == {len(ROWS)}
    assert found[0].r_squared == pytest.approx(fit.rsquared, rel=1e-10)
    assert found[0].adjusted_r_squared == pytest.approx(fit.rsquared_adj, rel=1e-10)


def test_a_logit_is_what_statsmodels_gives_on_rows():
    found = coefficients(
        trial(outcomes=("job",)),
        model(covariates=("age", "wage", "late"), estimator="logit"),
        "HC0",
    )
    fit = sm.Logit(ROWS["job"].to_numpy(dtype=float), rows_design()).fit(
        cov_type="HC0", disp=0, tol=1e-12
    )
    assert [t.term for t in found] == NAMES
    np.testing.assert_allclose([t.estimate for t in found], fit.params, rtol=1e-7)
    np.testing.assert_allclose([t.std_error for t in found], fit.bse, rtol=1e-7)
    np.testing.assert_allclose([t.p_value for t in found], fit.pvalues, rtol=1e-5)
    assert found[0].r_squared == pytest.approx(fit.prsquared, rel=1e-9)
    assert found[0].adjusted_r_squared is None


def test_the_arms_coefficients_are_the_effects():
    effects = estimate_itt(
        trial(), arms=ARMS, model=ADJUSTED, inference=by("HC1"), thresholds=THRESHOLDS
    )
    found = {t.term: t for t in coefficients(trial())}
    for effect in effects:
        assert found[effect.arm].estimate == pytest.approx(effect.estimate, rel=1e-12)
        assert found[effect.arm].std_error == pytest.approx(effect.std_error, rel=1e-12)
        assert found[effect.arm].p_value == pytest.approx(effect.p_value, rel=1e-9)


def test_strata_stand_as_categories_and_change_no_effect():
    fitted = model(covariates=("age",), strata="office")
    found = {t.term: t for t in coefficients(trial(), fitted)}
    absorbed = estimate_linear(
        persons(trial()), models=[fitted], inference=by("HC1"), thresholds=THRESHOLDS
    )
    assert sum(name.startswith("office=") for name in found) == 11
    for effect in absorbed:
        assert found[effect.arm].estimate == pytest.approx(effect.estimate, rel=1e-9)
        assert found[effect.arm].std_error == pytest.approx(effect.std_error, rel=1e-9)


def test_who_is_not_observed_is_not_in_the_regression():
    sample = trial()
    partly = sample.outcomes["y", 0].copy()
    partly[::7] = np.nan
    found = coefficients(replace(sample, outcomes={("y", 0): partly}))
    seen = ~np.isnan(partly)
    fit = sm.OLS(partly[seen], rows_design()[seen]).fit(cov_type="HC1", use_t=True)
    np.testing.assert_allclose([t.estimate for t in found], fit.params, rtol=1e-8)
    assert {t.n_total for t in found} == {int(seen.sum())}


def test_behind_a_category_stand_those_in_it_or_those_who_are_not():
    found = {t.term: t.n_behind for t in coefficients(trial())}
    late = int((ROWS["office"] > 6).sum())
    assert found["late=yes"] == min(late, len(ROWS) - late)
    assert found["zia"] == int((ROWS["arm"] == "zia").sum())
    assert found["age"] == found["constant"] == len(ROWS)


def test_a_column_that_others_say_is_left_out():
    sample = trial()
    twice = sample.covariates | {"again": 2 * sample.covariates["age"] - 5}
    doubled = replace(
        sample, covariates=twice, columns=sample.columns | {"again": ("again",)}
    )
    found = coefficients(doubled, model(covariates=("age", "again", "wage", "late")))
    alone = {t.term: t for t in coefficients(sample)}
    assert len(found) == len(alone)
    by_name = {t.term: t for t in found}
    assert by_name["wage"].estimate == pytest.approx(alone["wage"].estimate, rel=1e-9)


@pytest.mark.parametrize(
    "given", [{"by": "late"}, {"products": "pairwise"}, {"baseline": {"y": "age"}}]
)
def test_a_model_that_is_no_single_regression_of_columns_is_refused(given):
    with pytest.raises(EstimationError, match="has no coefficients to show"):
        coefficients(trial(), model(covariates=("age",), **given))


def test_an_arm_with_too_few_is_refused_as_its_effect_is():
    sample = trial()
    few = sample.outcomes["y", 0].copy()
    few[np.flatnonzero(sample.arm == "zia")[5:]] = np.nan
    with pytest.raises(EstimationError, match=r"5 person\(s\) observed in arm zia"):
        coefficients(replace(sample, outcomes={("y", 0): few}))
