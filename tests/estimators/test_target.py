"""Samples against targets, weights, weighted effects."""

from __future__ import annotations

import csv

import numpy as np
import pytest

from estimators.formula_trial import (
    ARM,
    ARMS,
    NUMBER,
    OUTCOME,
    PRINTED,
    STRATUM,
    WEIGHT,
    N,
    within,
)
from rctspark.config.plan import Inference
from rctspark.errors import EstimationError
from rctspark.estimators.balance.arms import ExactTest
from rctspark.estimators.balance.reweighted import estimate_reweighted
from rctspark.estimators.balance.target import estimate_category_fit, estimate_mean_fit
from rctspark.estimators.balance.target_weights import (
    balance_entropy,
    rake,
)

AGES = np.repeat(["27-34", "35-44", "45-54", "55+"], [115, 181, 252, 204])
TARGET_AGES = {"27-34": 0.183, "35-44": 0.261, "45-54": 0.317, "55+": 0.239}


def test_goodness_of_fit_is_r_s():
    found = estimate_category_fit(AGES, target=TARGET_AGES, characteristic="age")
    np.testing.assert_allclose(
        [found.statistic, found.df, found.p_value], PRINTED["tables"]["fit"], rtol=1e-12
    )


def test_of_two_categories_the_difference_shown_is_the_one_tested():
    values = np.repeat(["m", "f"], [375, 377])
    found = estimate_category_fit(
        values, target={"m": 0.49, "f": 0.51}, characteristic="sex"
    )
    first = found.differences[0]
    assert (first.difference / first.std_error) ** 2 == pytest.approx(found.statistic)


def test_small_expected_counts_give_the_exact_binomial_test():
    values = np.repeat(["yes", "no"], [3, 17])
    found = estimate_category_fit(
        values,
        target={"yes": 0.3, "no": 0.7},
        characteristic="x",
        exact=ExactTest(when="always"),
    )
    assert found.p_value == pytest.approx(PRINTED["tables"]["binom"], rel=1e-9)
    assert found.method == "exact"


def test_the_one_sample_t_is_r_s():
    found = estimate_mean_fit(OUTCOME, target=1.2, characteristic="wage").difference
    np.testing.assert_allclose(
        [found.estimate / found.std_error, found.df, found.p_value],
        PRINTED["t"]["one"],
        rtol=1e-9,
    )


def test_strange_categories_and_wrong_shares_are_refused():
    rest = {k: v / 0.817 for k, v in TARGET_AGES.items() if k != "27-34"}
    with pytest.raises(EstimationError, match=r"115 person.s. is not in the target"):
        estimate_category_fit(AGES, target=rest, characteristic="age")
    with pytest.raises(EstimationError, match="add up to 1"):
        estimate_category_fit(
            AGES, target=TARGET_AGES | {"55+": 0.3}, characteristic="age"
        )
    with pytest.raises(EstimationError, match="same for all 12"):
        estimate_mean_fit(np.ones(12), target=1.0, characteristic="x")


HALF = np.where(NUMBER < 0.4, "low", "high")
MARGINS = {
    "region": {"a": 0.4, "b": 0.35, "c": 0.25},
    "level": {"low": 0.55, "high": 0.45},
}


def test_raked_weights_reach_every_margin_and_are_those_of_entropy():
    raked = rake({"region": STRATUM, "level": HALF}, target=MARGINS)
    share = raked.weight / raked.weight.sum()
    for name, values in (("region", STRATUM), ("level", HALF)):
        for category, goal in MARGINS[name].items():
            assert share[values == category].sum() == pytest.approx(goal, abs=1e-9)
    tilted = balance_entropy(
        {
            "a": (STRATUM == "a").astype(float),
            "b": (STRATUM == "b").astype(float),
            "low": (HALF == "low").astype(float),
        },
        target={"a": 0.4, "b": 0.35, "low": 0.55},
    )
    np.testing.assert_allclose(raked.weight, tilted.weight, rtol=1e-7)
    by_hand = raked.weight.sum() ** 2 / (raked.weight**2).sum()
    assert raked.summary.effective_n == pytest.approx(by_hand)
    assert raked.weight.mean() == pytest.approx(1)


def test_entropy_weights_reach_means_on_any_scale():
    cents = NUMBER * 1e7 + 3e8
    target = {"wage": float(cents.mean() + 0.3 * cents.std()), "w": 0.9}
    found = balance_entropy({"wage": cents, "w": WEIGHT}, target=target)
    share = found.weight / found.weight.sum()
    assert share @ cents == pytest.approx(target["wage"], rel=1e-12)
    assert share @ WEIGHT == pytest.approx(0.9, rel=1e-9)
    # Exponential in the columns: that is what makes them nearest to equal weights.
    design = np.column_stack([np.ones(N), NUMBER, WEIGHT])
    logs = np.log(found.weight)
    fitted = design @ np.linalg.lstsq(design, logs, rcond=None)[0]
    np.testing.assert_allclose(fitted, logs, atol=1e-9)


def test_a_sample_already_like_its_target_keeps_equal_weights():
    own = {"region": {k: float((k == STRATUM).mean()) for k in "abc"}}
    assert rake({"region": STRATUM}, target=own).summary.effective_n == pytest.approx(N)


def test_targets_that_can_not_be_reached_are_refused():
    with pytest.raises(EstimationError, match="nobody is in d"):
        rake({"region": STRATUM}, target={"region": MARGINS["region"] | {"d": 0.1}})
    with pytest.raises(EstimationError, match="lies beyond everyone"):
        balance_entropy({"x": NUMBER}, target={"x": 2.0})
    with pytest.raises(EstimationError, match="is unknown or not in the target"):
        rake({"region": STRATUM}, target={"region": {"a": 0.5, "b": 0.5}})
    with pytest.raises(EstimationError, match=r"off in .* of 60 person.s. are and"):
        rake(
            {"sex": np.repeat(["m", "f"], 30), "age": np.repeat(["old", "young"], 30)},
            target={"sex": {"m": 0.5, "f": 0.5}, "age": {"old": 0.8, "young": 0.2}},
        )
    corner = np.column_stack([NUMBER, 1 - NUMBER])
    with pytest.raises(EstimationError, match="standard deviations off"):
        balance_entropy(
            {"x": corner[:, 0], "y": corner[:, 1]}, target={"x": 0.5, "y": 0.6}
        )


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_weighted_effects_are_r_s(kind):
    (found,) = estimate_reweighted(
        OUTCOME,
        ARM,
        WEIGHT,
        arms=ARMS,
        covariates=NUMBER[:, None],
        inference=Inference(covariance=kind),
    )
    r = PRINTED[f"weighted_{kind}"]
    np.testing.assert_allclose(
        [
            found.estimate,
            found.std_error,
            found.df,
            found.p_value,
            found.ci_lower,
            found.ci_upper,
        ],
        [r[k] for k in ("estimate", "std_error", "df", "p", "lower", "upper")],
        rtol=1e-8,
    )


def test_without_covariates_it_is_the_difference_of_weighted_means():
    (found,) = estimate_reweighted(
        OUTCOME, ARM, WEIGHT, arms=ARMS, inference=Inference(covariance="HC2")
    )
    assert found.estimate == pytest.approx(found.mean_arm - found.mean_against)
    assert found.std_error == pytest.approx(
        PRINTED["weighted_plain"]["std_error"], rel=1e-9
    )


def test_weights_that_are_not_positive_are_refused():
    with pytest.raises(EstimationError, match="not positive"):
        estimate_reweighted(
            OUTCOME, ARM, WEIGHT - 0.6, arms=ARMS, inference=Inference()
        )


def test_a_covariance_that_reweighted_effects_do_not_have_is_refused_by_name():
    with pytest.raises(EstimationError, match=r"no covariance CR1 for it, only HC0"):
        estimate_reweighted(
            OUTCOME,
            ARM,
            WEIGHT,
            arms=ARMS,
            inference=Inference(covariance="CR1", cluster="office"),
        )


def test_reweighted_effects_hold_the_target_s_effect_as_often_as_they_say():
    random = np.random.default_rng(3)
    trials, held = 400, 0
    for _ in range(trials):
        low = random.random(400) < 0.5
        arm = np.array(ARMS)[random.permutation(np.resize([0, 1], 400))]
        effect = np.where(low, 1.0, 0.0)
        outcome = random.normal(size=400) + effect * (arm == "treated") + low
        values = {"level": np.where(low, "low", "high")}
        weights = rake(values, target={"level": {"low": 0.7, "high": 0.3}})
        (found,) = estimate_reweighted(
            outcome,
            arm,
            weights.weight,
            arms=ARMS,
            covariates=low[:, None].astype(float),
            inference=Inference(covariance="HC2"),
        )
        held += found.ci_lower <= 0.7 <= found.ci_upper
    assert within(held / trials, 0.90, trials)


def test_the_published_target_shows_the_study_differs_in_education(shared):
    path = shared / "spec/published/www/table_3_target_reference_study_pct.csv"
    if not path.is_file():
        pytest.skip("the published table is not in ../shared/spec")
    rows = [
        r for r in csv.DictReader(path.open()) if r["characteristic"] == "education"
    ]
    total = sum(float(r["target"]) for r in rows)
    counts = [round(float(r["study"]) * 7.52) for r in rows]
    values = np.repeat([r["category"] for r in rows], counts)
    target = {r["category"]: float(r["target"]) / total for r in rows}
    found = estimate_category_fit(values, target=target, characteristic="education")
    assert found.p_value < 1e-6
