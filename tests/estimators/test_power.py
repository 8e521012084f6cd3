"""Power before the draw: R's and statsmodels' figures, identities, simulation."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import numpy as np
import pytest
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from estimators.formula_trial import PRINTED
from rctspark.errors import EstimationError
from rctspark.estimators.randomised.draw import draw_sizes, draw_strata
from rctspark.estimators.randomised.misfits import Dealing
from rctspark.estimators.randomised.power import (
    TrialSize,
    estimate_detectable,
    estimate_persons,
    estimate_power,
    simulate_power,
)

R = PRINTED["power"]
TWO = {"control": 188, "zia": 188}
MEAN = TrialSize(persons=TWO, sd=1.1)
SHARE = TrialSize(persons=TWO, control_share=0.2)


def test_power_is_r_s():
    assert estimate_power(MEAN, effect=0.2)[0].power == pytest.approx(
        R["mean"], rel=1e-9
    )
    assert estimate_power(SHARE, effect=0.1)[0].power == pytest.approx(
        R["share"], rel=1e-9
    )


def test_detectable_effects_and_persons_are_r_s():
    assert estimate_detectable(MEAN)[0].effect == pytest.approx(R["mean_mde"], rel=1e-7)
    share = estimate_detectable(SHARE)[0].effect
    assert 0.2 + share == pytest.approx(R["share_p2"], rel=1e-7)
    assert estimate_persons(MEAN, effect=0.2)["zia"] == np.ceil(R["mean_n"])
    assert estimate_persons(SHARE, effect=0.1)["zia"] == np.ceil(R["share_n"])


def test_unequal_arms_have_the_power_that_statsmodels_gives():
    size = TrialSize(persons={"control": 300, "a": 90}, sd=2.0, alpha=0.05)
    theirs = TTestIndPower().power(0.4 / 2, nobs1=90, ratio=300 / 90, alpha=0.05)
    assert estimate_power(size, effect=-0.4)[0].power == pytest.approx(theirs)
    # With many persons the t is normal.
    large = replace(size, persons={"control": 300_000, "a": 90_000})
    theirs = NormalIndPower().power(0.005, nobs1=90_000, ratio=300 / 90, alpha=0.05)
    assert estimate_power(large, effect=0.01)[0].power == pytest.approx(
        theirs, rel=1e-4
    )


def test_covariates_attrition_and_comparisons_work_like_persons_variance_and_size():
    full = TrialSize(
        persons={"control": 200, "a": 200, "b": 100},
        sd=3.0,
        r_squared=0.36,
        attrition=0.25,
        alpha=0.10,
        comparisons=2,
    )
    plain = TrialSize(
        persons={"control": 150, "a": 150, "b": 75}, sd=3.0 * 0.8, alpha=0.05
    )
    for one, other in zip(
        estimate_power(full, effect=0.5),
        estimate_power(plain, effect=0.5),
        strict=True,
    ):
        assert one.power == pytest.approx(other.power, rel=1e-12)
        assert (one.n_arm, one.n_against) == (other.n_arm, other.n_against)
        assert one.alpha == pytest.approx(0.05)


def test_persons_give_the_power_that_was_asked_for_and_one_less_does_not():
    size = TrialSize(
        persons={"control": 2, "a": 1}, control_share=0.4, attrition=0.2, columns=8
    )
    needed = estimate_persons(size, effect=0.08, power=0.9)
    assert needed["control"] / needed["a"] == pytest.approx(2, rel=0.01)
    reached = estimate_power(replace(size, persons=needed), effect=0.08)[0].power
    assert reached >= 0.9
    fewer = {arm: n - 2 for arm, n in needed.items()}
    assert estimate_power(replace(size, persons=fewer), effect=0.08)[0].power < 0.9


@pytest.mark.parametrize("direction", ["up", "down"])
def test_the_detectable_effect_has_the_power_in_either_direction(direction):
    found = estimate_detectable(SHARE, power=0.85, direction=direction)[0]
    assert (found.effect > 0) == (direction == "up")
    assert estimate_power(SHARE, effect=found.effect)[0].power == pytest.approx(0.85)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"control_share": 0.2}, "one of the two"),
        ({"sd": None}, "one of the two"),
        ({"sd": -1.0}, "sd must be positive"),
        ({"r_squared": 1.0}, "r_squared"),
        ({"attrition": 1.0}, "attrition"),
        ({"persons": {"control": 5}}, "two arms"),
    ],
)
def test_numbers_out_of_range_are_refused(changes, words):
    with pytest.raises(EstimationError, match=words):
        estimate_power(replace(MEAN, **changes), effect=0.2)


def test_effects_that_no_share_can_have_are_refused():
    with pytest.raises(EstimationError, match="out of 0 to 1"):
        estimate_power(SHARE, effect=0.9)
    tiny = TrialSize(persons={"control": 4, "a": 4}, control_share=0.2)
    with pytest.raises(EstimationError, match="no effect on the share of arm a"):
        estimate_detectable(tiny, direction="down")
    with pytest.raises(EstimationError, match="effect must differ from 0"):
        estimate_persons(SHARE, effect=0.0)


def test_a_plan_that_is_played_has_the_power_of_the_formula():
    random = np.random.default_rng(8)

    def play(rng, arm):
        outcome = rng.normal(size=arm.size) + 0.5 * (arm == 1)
        return {"t": stats.ttest_ind(outcome[arm == 1], outcome[arm == 0]).pvalue}

    (found,) = simulate_power(
        play, partial(draw_sizes, sizes=(60, 60)), random, trials=800
    )
    exact = estimate_power(TrialSize(persons={"c": 60, "a": 60}, sd=1.0), effect=0.5)[
        0
    ].power
    assert abs(found.power - exact) < 3.5 * found.monte_carlo_error


def test_a_played_plan_takes_a_stratified_draw_and_several_tests():
    strata = np.repeat(list("abc"), [21, 34, 45])
    level = np.repeat([0.0, 2.0, 4.0], [21, 34, 45])
    random = np.random.default_rng(9)

    def play(rng, arm):
        outcome = level + rng.normal(size=100) + 0.8 * (arm == 1)
        test = stats.ttest_ind
        return {
            "plain": test(outcome[arm == 1], outcome[arm == 0]).pvalue,
            "within": test((outcome - level)[arm == 1], (outcome - level)[arm == 0])[1],
        }

    draw = partial(draw_strata, strata=strata, dealing=Dealing(ratio=(1, 1)))
    plain, within_strata = simulate_power(play, draw, random, trials=300)
    assert within_strata.power > plain.power + 0.1
    with pytest.raises(EstimationError, match="gave no p-value"):
        simulate_power(lambda _r, _a: {"x": np.nan}, draw, random, trials=3)
