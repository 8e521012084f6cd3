"""Least squares by sums: the numbers of R and statsmodels, identities."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from estimators.conftest import PENN_ARMS, PENN_CONTROLS, keep, sample_of
from estimators.regression_data import (
    ARMS,
    ROWS,
    THRESHOLDS,
    R,
    Scattered,
    by,
    cells,
    linear,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.estimators import estimate_itt
from reference.penn import WEEKS

RTOL = 1e-9


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("way", [persons, cells])
def test_every_covariance_is_what_r_gives(covariance, way):
    found = linear(way(trial()), inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["plain/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"plain/{covariance}"], rtol=RTOL)


@pytest.mark.parametrize(
    "covariance", ["classical", "HC0", "HC1", "HC2", "HC3", "CR1", "CR2"]
)
def test_weighted_persons_are_what_r_gives(covariance):
    source = persons(trial(), weights=ROWS["weight"].to_numpy())
    found = linear(source, inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["weighted/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"weighted/{covariance}"], rtol=RTOL)
    if covariance == "CR2":
        np.testing.assert_allclose(
            numbers(found, "df"), R["weighted/CR2/df"], rtol=RTOL
        )


def test_weighted_persons_cut_into_parts_give_the_same():
    source = persons(trial(), weights=ROWS["weight"].to_numpy())
    found = linear(Scattered(source, (3, 100, 101)), inference=by("CR2"))
    np.testing.assert_allclose(numbers(found), R["weighted/CR2"], rtol=RTOL)
    np.testing.assert_allclose(numbers(found, "df"), R["weighted/CR2/df"], rtol=RTOL)


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "HC2", "HC3"])
@pytest.mark.parametrize("way", [persons, cells])
def test_absorbed_strata_give_what_a_column_per_stratum_gives_in_r(covariance, way):
    absorbed = model(covariates=("age",), strata="office")
    found = linear(way(trial()), absorbed, inference=by(covariance))
    np.testing.assert_allclose(
        numbers(found, "estimate"), R["strata/estimate"], rtol=RTOL
    )
    np.testing.assert_allclose(numbers(found), R[f"strata/{covariance}"], rtol=RTOL)
    assert {c.rank for c in found} == {15}
    assert {c.df for c in found} == {225}


@pytest.mark.parametrize("covariance", ["HC0", "HC1", "HC2", "HC3"])
def test_sums_give_every_field_that_the_row_by_row_fit_gives(covariance):
    rng = np.random.default_rng(3)
    sample = trial(outcomes=("y", "job"))
    partly = sample.outcomes["y", 0].copy()
    partly[rng.random(240) < 0.2] = np.nan
    wide = sample_of(
        sample.arm,
        {**sample.outcomes, ("partly", 4): partly, ("same", 1): np.full(240, 0.3)},
        sample.covariates,
        sample.columns,
    )
    adjusted = model(covariates=("age", "wage", "late"), products="pairwise")
    rows = estimate_itt(
        wide,
        arms=ARMS,
        model=adjusted,
        inference=by(covariance),
        thresholds=THRESHOLDS,
    )
    for way in (persons, cells):
        for one, row in zip(
            linear(way(wide), adjusted, inference=by(covariance)), rows, strict=True
        ):
            for name in row.__dataclass_fields__:
                mine, theirs = getattr(one, name), getattr(row, name)
                if isinstance(theirs, float):
                    assert mine == pytest.approx(theirs, rel=1e-9, abs=1e-13), name
                else:
                    assert mine == theirs, name


def test_the_fully_interacted_effect_is_that_of_regressions_arm_by_arm():
    found = linear(persons(trial()), model(covariates=("age", "wage"), estimator="lin"))
    y, x = ROWS["y"].to_numpy(), ROWS[["age", "wage"]].to_numpy(dtype=float)
    arm = ROWS["arm"].to_numpy()
    at_mean, variance, slopes = {}, {}, {}
    design = sm.add_constant((x - x.mean(axis=0)) / x.std(axis=0))
    for name in ARMS:
        fit = sm.OLS(y[arm == name], design[arm == name]).fit(cov_type="HC0")
        at_mean[name], slopes[name] = fit.params[0], fit.params[1:]
        variance[name] = fit.cov_params()[0, 0]
    spread = np.cov(design[:, 1:].T, ddof=0)
    for contrast in found:
        apart = slopes[contrast.arm] - slopes["control"]
        from_fits = variance[contrast.arm] + variance["control"]
        expected = from_fits * 240 / (240 - 9) + apart @ spread @ apart / 240
        assert contrast.estimate == pytest.approx(
            at_mean[contrast.arm] - at_mean["control"], rel=RTOL
        )
        assert contrast.std_error == pytest.approx(np.sqrt(expected), rel=RTOL)
        assert (contrast.covariance, contrast.rank) == ("HC1+means", 9)


@pytest.mark.parametrize("way", [persons, cells])
def test_penn_gives_its_printed_figures_from_sums(penn, way):
    found = {c.arm: c for c in linear(way(penn, PENN_ARMS), model())[:6]}
    for arm, figures in WEEKS.items():
        contrast = found[arm]
        assert (f"{contrast.estimate:.3f}", f"{contrast.std_error:.3f}") == figures
    arms = ("control", "bonus_4")
    two = keep(penn, np.isin(penn.arm, arms))
    products = model(name="p", covariates=PENN_CONTROLS, products="pairwise")
    plain, adjusted = (
        {c.outcome: c for c in linear(way(two, arms), m)} for m in (model(), products)
    )
    log_weeks = plain["log_weeks"]
    assert f"{log_weeks.estimate:.8f}" == "-0.08545541"
    assert f"{log_weeks.std_error:.8f}" == "0.03585569"
    exits = plain["exit"]
    assert f"{exits.estimate:+.4f} {exits.std_error:.4f}" == "+0.0436 0.0147"
    log_weeks = adjusted["log_weeks"]
    assert (log_weeks.columns, log_weeks.rank, log_weeks.df) == (121, 104, 4995)
    assert f"{log_weeks.estimate:.8f}" == "-0.07968012"
    assert f"{log_weeks.std_error:.8f}" == "0.03559092"


def test_all_models_of_one_source_are_fitted_in_two_passes():
    passes = []

    class Counted:
        def __init__(self, source):
            self.source = source
            self.arms, self.columns = source.arms, source.columns
            self.outcomes, self.is_weighted = source.outcomes, False

        def add_up(self, empty, *, outcomes=None):
            passes.append(type(empty).__name__)
            return self.source.add_up(empty, outcomes=outcomes)

    models = [
        model(name=f"m{i}", covariates=c)
        for i, c in enumerate([(), ("age",), ("age", "wage")])
    ]
    found = linear(Counted(persons(trial())), *models)
    assert passes == ["FirstSums", "MiddleSums"]
    assert [c.model for c in found] == ["m0", "m0", "m1", "m1", "m2", "m2"]


def test_placebo_months_of_two_sites_are_what_statsmodels_gives_with_a_site_dummy():
    rng = np.random.default_rng(12)
    site = np.repeat([0.0, 1.0], 120)
    arm = np.concatenate([rng.permutation(np.resize(ARMS, 120)) for _ in range(2)])
    before = rng.normal(size=240) + 3 * site
    months = {-8: before, -1: before + rng.normal(size=240), 3: 2.0 * (arm == "zia")}
    months[3] = months[3] + months[-1]
    pooled = sample_of(
        arm,
        {("working", h): values for h, values in months.items()},
        {"site": site, "age": rng.normal(size=240)},
        {"site": ("site=utrecht",), "age": ("age",)},
    )
    design = np.column_stack(
        [arm == "zia", arm == "hia", np.ones(240), site, pooled.covariates["age"]]
    ).astype(float)
    for way in (persons, cells):
        found = linear(way(pooled), model(covariates=("site", "age")))
        assert [(c.horizon, c.arm) for c in found] == [
            (h, arm) for h in months for arm in ARMS[1:]
        ]
        assert {c.rank for c in found} == {5}
        for contrast in found:
            fit = sm.OLS(months[contrast.horizon], design).fit(
                cov_type="HC1", use_t=True
            )
            i = ARMS.index(contrast.arm) - 1
            assert contrast.estimate == pytest.approx(fit.params[i], rel=1e-9)
            assert contrast.std_error == pytest.approx(fit.bse[i], rel=1e-9)
            assert contrast.p_value == pytest.approx(fit.pvalues[i], rel=1e-8)
        alone = linear(way(pooled), model(covariates=("age",)))
        assert alone[0].std_error > 1.2 * found[0].std_error
