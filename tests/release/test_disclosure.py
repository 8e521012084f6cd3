"""Which effects may leave."""

from __future__ import annotations

import pytest

from rctspark.config import Thresholds
from rctspark.release.disclosure import screen_effects, yes_no_outcomes
from release.sample_records import effect, two_arms

TEN = Thresholds()
YES_NO = frozenset({"exit"})


def reasons(*effects, **changes):
    return screen_effects(effects, TEN, yes_no=YES_NO, **changes).reasons


def test_an_effect_on_many_persons_leaves():
    screened = screen_effects([effect()], TEN, yes_no=YES_NO)
    assert screened.kept == (effect(),)
    assert not screened.withheld


@pytest.mark.parametrize("side", ["n_arm", "n_against"])
def test_an_arm_of_nine_stays_inside_and_one_of_ten_leaves(side):
    plain = {"outcome": "wage_eur", "estimate": 1.0}
    assert reasons(effect(**plain, **{side: 9})) == {
        "fewer than 10 persons in an arm": 1
    }
    assert not reasons(effect(**plain, **{side: 10}))


def test_a_model_needs_ten_residual_degrees_of_freedom():
    wage = effect(outcome="wage_eur", n_arm=15, n_against=15, n_total=30, rank=21)
    assert list(reasons(wage)) == ["fewer than 10 residual degrees of freedom"]


@pytest.mark.parametrize(
    ("mean", "change", "is_kept"),
    [
        (0.50, 0.02, True),
        (0.09, 0.02, False),  # 9 of 100 persons
        (0.50, 0.42, False),  # 8 of 100 persons of the arm are left
        (0.10, 0.02, True),
        (0.05, 0.50, False),
        (1.00, -0.30, False),  # everyone in control
    ],
)
def test_a_share_tells_how_many_have_the_outcome_and_how_many_lack_it(
    mean, change, is_kept
):
    small = effect(mean_against=mean, estimate=change, n_arm=100, n_against=100)
    assert bool(reasons(small)) is not is_kept


def test_a_share_above_ninety_per_cent_is_withheld_however_many_persons():
    assert list(reasons(effect(mean_against=0.95, estimate=-0.10))) == [
        "more than 90% of an arm have, or lack, the outcome"
    ]


def test_a_mean_of_amounts_is_no_share():
    assert not reasons(effect(outcome="wage_eur", mean_against=0.97))


def test_all_models_of_a_contrast_stand_or_fall_together():
    plain = effect(model="unadjusted", rank=2, mean_against=0.92, estimate=0.0)
    adjusted = effect(model="adjusted", rank=12, mean_against=0.92, estimate=-0.1)
    other = effect(arm="other")
    screened = screen_effects([plain, adjusted, other], TEN, yes_no=YES_NO)
    assert screened.kept == (other,)
    assert {w.model for w in screened.withheld} == {"unadjusted", "adjusted"}


def test_an_effect_on_all_but_a_few_of_an_arm_tells_them_apart():
    enrolled = {"help": 4623, "control": 4617}
    assert list(reasons(effect(), enrolled=enrolled)) == [
        "not observed for a few persons (fewer than 10) of an arm"
    ]
    assert not reasons(effect(), enrolled={"help": 4630, "control": 4617})
    assert not reasons(effect(population="women"), enrolled=enrolled)


def test_thresholds_are_the_data_owners():
    strict = Thresholds(minimum_persons=5000)
    assert screen_effects([effect()], strict).withheld


def test_yes_no_outcomes_are_read_from_the_plan(root):
    found = yes_no_outcomes(two_arms(root).plan)
    assert {"exit", "exit_to_job", "in_benefit"} <= found
    assert not {"wage_eur", "share_in_job"} & found
