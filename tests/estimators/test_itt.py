"""Intention to treat: identities, a published trial, refusals, coverage."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from estimators.conftest import PENN_ARMS, PENN_CONTROLS, keep, sample_of
from rctspark.config.plan import Inference, Model
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_itt
from reference.penn import WEEKS

RTOL = 1e-10
PENN_BY_ARM = {arm: tuple(map(float, WEEKS[arm])) for arm in WEEKS}


@pytest.fixture
def trial():
    random = np.random.default_rng(20120723)
    arm = random.choice(["control", "zia", "hia"], 400, p=[0.5, 0.3, 0.2])
    age = random.normal(45, 10, 400)
    spread = np.where(arm == "zia", 3.0, 1.0)
    outcome = 0.1 * age + (arm == "zia") + random.normal(0, spread)
    return sample_of(
        arm,
        {("wage", h): outcome + h for h in range(3)} | {("days", 0): outcome**2},
        {"age": age, "age_in_days": age * 365.25, "wage_eur": age * 1e5},
    )


@pytest.fixture
def estimate(unadjusted, hc1, thresholds):
    def estimated(sample, **changes):
        arms = tuple(np.unique(sample.arm))
        given = {"arms": arms, "model": unadjusted, "inference": hc1}
        return estimate_itt(sample, **given | changes, thresholds=thresholds)

    return estimated


def test_unadjusted_is_the_difference_in_means_with_neyman_variance(trial, estimate):
    outcome = trial.outcomes["days", 0]
    control = outcome[trial.arm == "control"]
    found = estimate(trial, inference=Inference(covariance="HC2"))
    for contrast in (c for c in found if c.outcome == "days"):
        treated = outcome[trial.arm == contrast.arm]
        neyman = np.sqrt(
            treated.var(ddof=1) / treated.size + control.var(ddof=1) / control.size
        )
        difference = treated.mean() - control.mean()
        np.testing.assert_allclose(contrast.estimate, difference, rtol=RTOL)
        np.testing.assert_allclose(contrast.std_error, neyman, rtol=RTOL)
        assert contrast.mean_against == pytest.approx(control.mean(), rel=RTOL)
        assert (contrast.n_arm, contrast.n_against) == (treated.size, control.size)
        assert (contrast.n_total, contrast.df) == (400, 397)
    assert [c.arm for c in found] == ["hia", "zia"] * 4


@pytest.mark.parametrize("covariance", ["HC0", "HC1", "HC2", "HC3"])
def test_every_number_is_what_statsmodels_gives_on_the_plain_design(
    trial, estimate, covariance
):
    age = trial.covariates["age"][:, 0]
    design = np.column_stack(
        [np.ones(400), trial.arm == "hia", trial.arm == "zia", age]
    ).astype(float)
    found = estimate(
        trial,
        model=Model(name="adjusted", covariates=("age",)),
        inference=Inference(covariance=covariance, level=0.80),
    )
    for (key, outcome), pair in zip(
        trial.outcomes.items(), zip(found[::2], found[1::2], strict=True), strict=True
    ):
        fit = sm.OLS(outcome, design).fit(cov_type=covariance, use_t=True)
        for i, contrast in enumerate(pair, start=1):
            assert (contrast.outcome, contrast.horizon) == key
            np.testing.assert_allclose(
                [contrast.estimate, contrast.std_error, contrast.p_value],
                [fit.params[i], fit.bse[i], fit.pvalues[i]],
                rtol=1e-8,
            )
            np.testing.assert_allclose(
                [contrast.ci_lower, contrast.ci_upper],
                fit.conf_int(0.20)[i],
                rtol=1e-8,
            )


def test_a_covariate_said_three_times_in_other_units_changes_nothing(trial, estimate):
    names = ("age", "age_in_days", "wage_eur")
    once = estimate(trial, model=Model(name="m", covariates=names[:1]))
    thrice = estimate(trial, model=Model(name="m", covariates=names))
    assert {c.rank for c in thrice} == {4}
    assert {c.columns for c in thrice} == {6}
    for one, three in zip(once, thrice, strict=True):
        np.testing.assert_allclose(
            [three.estimate, three.std_error, three.p_value, three.df],
            [one.estimate, one.std_error, one.p_value, one.df],
            rtol=1e-8,
        )


def test_only_those_whose_outcome_is_observed_are_in_its_regression(trial, estimate):
    outcome = trial.outcomes["days", 0].copy()
    outcome[::4] = np.nan
    observed = ~np.isnan(outcome)
    partly = sample_of(
        trial.arm,
        {("all", 0): trial.outcomes["days", 0], ("some", 0): outcome},
        {"age": trial.covariates["age"]},
    )
    model = Model(name="adjusted", covariates=("age",))
    of_all, of_some = estimate(partly, model=model)[::2]
    (alone, _) = estimate(keep(partly, observed), model=model)[2:]
    assert (of_all.n_total, of_some.n_total) == (400, 300)
    assert of_some == alone


def test_an_outcome_without_variation_has_no_effect_and_no_error(estimate):
    arm = ["control"] * 30 + ["hia"] * 30 + ["zia"] * 30
    some = [0.0] * 60 + [0.0, 1.0] * 15
    same, rare_hia, rare_zia = (
        estimate(sample_of(arm, {("same", 1): [0.1] * 90, ("rare", 1): some}))[i]
        for i in (0, 2, 3)
    )
    for contrast in (same, rare_hia):
        assert contrast.estimate == contrast.std_error == 0
        assert (contrast.ci_lower, contrast.ci_upper, contrast.p_value) == (0, 0, 1)
    assert rare_zia.estimate == pytest.approx(0.5)
    assert rare_zia.p_value < 0.001


def test_penn_by_arm_gives_the_reference_figures(penn, estimate):
    found = {
        (c.outcome, c.arm): c for c in estimate(penn, arms=PENN_ARMS) if c.arm != ""
    }
    for arm, (effect, error) in PENN_BY_ARM.items():
        contrast = found["weeks", arm]
        assert round(contrast.estimate, 3) == effect
        assert round(contrast.std_error, 3) == error
        assert round(contrast.mean_against, 3) == 13.338
        assert contrast.n_against == 3354
        assert contrast.n_total == 13913


def test_penn_arm_4_gives_the_published_figures(penn, estimate):
    arms = ("control", "bonus_4")
    two = keep(penn, np.isin(penn.arm, arms))
    unadjusted = {c.outcome: c for c in estimate(two, arms=arms)}
    log_weeks = unadjusted["log_weeks"]
    assert round(log_weeks.estimate, 8) == -0.08545541
    assert round(log_weeks.std_error, 8) == 0.03585569
    assert log_weeks.n_total == 5099
    assert round(unadjusted["exit"].estimate, 4) == 0.0436
    assert round(unadjusted["exit"].std_error, 4) == 0.0147
    model = Model(name="products", covariates=PENN_CONTROLS, products="pairwise")
    adjusted = {c.outcome: c for c in estimate(two, arms=arms, model=model)}
    log_weeks = adjusted["log_weeks"]
    assert (log_weeks.columns, log_weeks.rank, log_weeks.df) == (121, 104, 4995)
    assert round(log_weeks.estimate, 8) == -0.07968012
    assert round(log_weeks.std_error, 8) == 0.03559092


def test_nothing_is_estimated_and_every_reason_is_told(trial, estimate):
    few = np.full(400, np.nan)
    few[np.flatnonzero(trial.arm == "control")] = 1.0
    few[np.flatnonzero(trial.arm == "zia")] = 1.0
    few[np.flatnonzero(trial.arm == "hia")[:9]] = 1.0
    broken = trial.outcomes["days", 0].copy()
    broken[:3] = np.inf
    sample = sample_of(
        trial.arm, {("few", 6): few, ("few", 9): few, ("days", 0): broken}
    )
    with pytest.raises(EstimationError) as refused:
        estimate(sample)
    text = str(refused.value)
    assert "few at horizon 6, 9: 9 person(s) observed in arm hia, needed are 10" in text
    assert "days at horizon 0 is infinite for 3 person(s)" in text


def test_a_missing_covariate_is_named_and_counted(trial, estimate):
    age = trial.covariates["age"].copy()
    age[:7] = np.nan
    sample = sample_of(
        trial.arm, {("wage", 1): trial.outcomes["wage", 1]}, {"age": age}
    )
    with pytest.raises(EstimationError, match=r"wage at horizon 1: .*age for 7 person"):
        estimate(sample, model=Model(name="m", covariates=("age",)))


def test_covariates_that_give_away_the_arm_are_refused(trial, estimate):
    sample = sample_of(
        trial.arm,
        {("wage", 1): trial.outcomes["wage", 1]},
        {"caseload": 3.0 + (trial.arm == "zia")},
    )
    with pytest.raises(EstimationError, match="say which arm a person is in"):
        estimate(sample, model=Model(name="m", covariates=("caseload",)))


def test_someone_in_another_arm_is_refused(trial, estimate):
    others = int((trial.arm == "hia").sum())
    with pytest.raises(EstimationError, match=f"{others} person"):
        estimate(trial, arms=("control", "zia"))


def test_an_arm_that_nobody_is_in_is_refused(trial, estimate):
    with pytest.raises(EstimationError, match=r"0 person.* in arm wl"):
        estimate(trial, arms=("control", "hia", "wl", "zia"))


def test_too_few_degrees_of_freedom_are_refused(estimate):
    random = np.random.default_rng(1)
    arm = ["control"] * 12 + ["zia"] * 12
    sample = sample_of(
        arm,
        {("wage", 0): random.normal(size=24)},
        {"many": random.normal(size=(24, 13))},
        {"many": tuple(f"x{i}" for i in range(13))},
    )
    with pytest.raises(EstimationError, match="rank 15 leave 9 degrees of freedom"):
        estimate(sample, model=Model(name="m", covariates=("many",)))


def test_arms_that_differ_without_any_variation_are_refused(estimate):
    arm = ["control"] * 20 + ["zia"] * 20
    with pytest.raises(EstimationError, match="no standard error"):
        estimate(sample_of(arm, {("wage", 3): [1.0] * 20 + [2.0] * 20}))


@pytest.mark.parametrize("covariance", ["HC2", "HC3"])
def test_someone_alone_in_a_category_has_no_hc2(trial, estimate, covariance):
    alone = np.zeros(400)
    alone[5] = 1
    sample = sample_of(
        trial.arm, {("wage", 1): trial.outcomes["wage", 1]}, {"site": alone}
    )
    model = Model(name="m", covariates=("site",))
    with pytest.raises(EstimationError, match=f"1 person.*{covariance} does not exist"):
        estimate(sample, model=model, inference=Inference(covariance=covariance))
    assert len(estimate(sample, model=model)) == 2


def _coverage(trials: int, seed: int, estimate) -> float:
    random = np.random.default_rng(seed)
    model = Model(name="adjusted", covariates=("age",))
    covered = 0
    for _ in range(trials):
        arm = random.permutation(["control"] * 60 + ["zia"] * 40)
        age = random.normal(size=100)
        noise = random.normal(0, 1 + (arm == "zia"))
        sample = sample_of(
            arm, {("wage", 0): 2.0 * (arm == "zia") + age + noise}, {"age": age}
        )
        (contrast,) = estimate(
            sample, model=model, inference=Inference(covariance="HC2", level=0.90)
        )
        covered += contrast.ci_lower <= 2.0 <= contrast.ci_upper
    return covered / trials


def test_ninety_per_cent_intervals_cover_about_ninety_times_in_a_hundred(estimate):
    trials = 400
    error = np.sqrt(0.9 * 0.1 / trials)
    assert abs(_coverage(trials, 11, estimate) - 0.90) < 3 * error


@pytest.mark.long
def test_ninety_per_cent_intervals_cover_at_full_depth(estimate):
    trials = 5000
    error = np.sqrt(0.9 * 0.1 / trials)
    assert abs(_coverage(trials, 12, estimate) - 0.90) < 3 * error
