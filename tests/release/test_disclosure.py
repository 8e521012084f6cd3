"""Which effects may leave."""

from __future__ import annotations

from math import isnan, nan

import numpy as np
import pytest
import statsmodels.api as sm

from rctspark.config import Thresholds
from rctspark.contracts import Effect
from rctspark.release.effect_screening import (
    EffectRules,
    adjusted_models,
    screen_effects,
    yes_no_outcomes,
)
from release.attackers import Shown, counts_given_away, is_without_variance
from release.sample_records import effect, two_arms

TEN = Thresholds()
YES_NO = frozenset({"exit"})


def screen(*effects, **changes):
    return screen_effects(effects, EffectRules(TEN, yes_no=YES_NO, **changes))


def reasons(*effects, **changes):
    return screen(*effects, **changes).reasons


def test_an_effect_on_many_persons_leaves():
    screened = screen(effect())
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


def plain(**changes):
    return effect(model="unadjusted", rank=2, **changes)


def test_all_models_of_a_contrast_that_tells_of_few_persons_stay_inside_together():
    few = {"mean_against": 0.001, "estimate": 0.02}  # 5 persons of control
    screened = screen(plain(**few), effect(**few), adjusted={"adjusted"})
    assert not screened.kept
    assert {w.model for w in screened.withheld} == {"unadjusted", "adjusted"}


def adjusted_for_age(has: tuple[int, int], persons: tuple[int, int]) -> Effect:
    """The effect on an outcome that so many of control and of the arm have, by HC1."""
    rng = np.random.default_rng(1)
    in_arm = np.repeat([0.0, 1.0], persons)
    outcome = np.concatenate(
        [np.arange(n) < few for few, n in zip(has, persons, strict=True)]
    ).astype(float)
    age = rng.normal(40, 10, len(outcome)) + 5 * outcome
    design = np.column_stack([np.ones(len(outcome)), in_arm, age])
    fit = sm.OLS(outcome, design).fit(cov_type="HC1")
    return effect(
        estimate=float(fit.params[1]),
        std_error=float(fit.bse[1]),
        n_against=persons[0],
        n_arm=persons[1],
        n_total=sum(persons),
        mean_against=has[0] / persons[0],
    )


def told(e: Effect, has: tuple[int, int]) -> list[int]:
    shown = Shown(e.estimate, e.std_error, e.n_arm, e.n_against, nan)
    return list(counts_given_away(shown, has, TEN))


def test_a_hidden_share_follows_from_an_adjusted_effect_so_that_one_stays_inside():
    has, persons = (46, 42), (4617, 4620)
    adjusted = adjusted_for_age(has, persons)
    # Without its mean, the effect gives both numbers of persons.
    assert told(adjusted, has) == [46, 42]
    shares = {"mean_against": has[0] / persons[0], "estimate": -0.0009}
    screened = screen(plain(**shares), adjusted, adjusted={"adjusted"})
    assert [n for e in screened.kept for n in told(e, has)] == []
    assert {w.model for w in screened.withheld} == {"unadjusted", "adjusted"}


def test_the_data_owner_may_let_adjusted_effects_leave_without_means():
    rare = {"mean_against": 0.06, "estimate": 0.03}
    few = {"mean_against": 0.001, "estimate": 0.02, "horizon": 6}
    (kept,) = screen(
        *(made(**shares) for shares in (rare, few) for made in (plain, effect)),
        adjusted={"adjusted"},
        are_adjusted_exempt=True,
    ).kept
    assert (kept.model, kept.estimate, kept.horizon) == ("adjusted", 0.03, 12)
    assert isnan(kept.mean_against)


def test_the_effects_of_all_arms_stay_inside_where_the_share_of_one_does():
    one = {"mean_against": 0.15, "estimate": -0.08}
    other = {"arm": "other", "mean_against": 0.15, "estimate": 0.02}
    every = [made(**arm) for arm in (one, other) for made in (plain, effect)]
    assert not screen(*every, adjusted={"adjusted"}).kept
    exempt = screen(*every, adjusted={"adjusted"}, are_adjusted_exempt=True)
    assert [(e.arm, e.model) for e in exempt.kept] == [
        ("help", "adjusted"),
        ("other", "adjusted"),
    ]
    assert all(isnan(e.mean_against) for e in exempt.kept)
    assert not screen(plain(horizon=6), effect(), adjusted={"adjusted"}).withheld


@pytest.mark.parametrize(
    ("mean", "change", "error"), [(0.0, 0.0, 0.0), (0.0, 3.0, 0.4), (5.0, 0.0, 0.0)]
)
def test_an_amount_that_everyone_of_an_arm_has_stays_inside(mean, change, error):
    same = {"mean_against": mean, "estimate": change, "std_error": error}
    wage = [made(outcome="wage_eur", **same) for made in (plain, effect)]
    assert all(
        is_without_variance(
            Shown(e.estimate, e.std_error, e.n_arm, e.n_against, e.mean_against)
        )
        for e in wage
    )
    screened = screen(*wage, adjusted={"adjusted"})
    assert screened.reasons == {"everyone in an arm has the same value": 2}


def test_an_arm_whose_sum_is_made_of_equal_amounts_stays_inside():
    wage = effect(outcome="wage_eur", mean_against=5.0, estimate=1.0)
    assert screen(wage, uniform={("all", "wage_eur", 12, "control")}).withheld
    assert screen(wage, uniform={("men", "wage_eur", 12, "control")}).kept


def test_where_nobody_has_the_outcome_the_adjusted_effect_stays_inside_too():
    nobody = {"mean_against": 0.0, "estimate": 0.04}
    screened = screen(plain(**nobody), effect(**nobody), adjusted={"adjusted"})
    assert list(screened.reasons) == ["everyone in an arm has, or lacks, the outcome"]
    assert not screened.kept


def test_an_adjusted_effect_that_is_nearly_everyone_is_itself_the_share():
    received = effect(mean_against=0.01, estimate=0.95)
    assert screen(received, adjusted={"adjusted"}, are_adjusted_exempt=True).withheld


def test_a_model_without_covariates_tells_of_the_same_persons_under_another_name():
    rare = {"mean_against": 0.098, "estimate": 0.03}
    # Adjusted, the arm of the second population seems to hold more than a tenth.
    elsewhere = effect(population="month_12", mean_against=0.11, estimate=-0.005)
    assert screen(elsewhere, adjusted={"adjusted"}).kept
    assert not screen(plain(**rare, horizon=12), elsewhere, adjusted={"adjusted"}).kept


def test_the_data_owner_may_let_shares_leave_but_never_of_a_few_persons():
    rare = {"mean_against": 0.06, "estimate": 0.03}
    few = {"mean_against": 0.001, "estimate": 0.02, "horizon": 6}
    screened = screen(
        plain(**rare), effect(**rare), plain(**few), are_shares_exempt=True
    )
    assert screened.kept == (plain(**rare), effect(**rare))


def test_a_model_of_categories_alone_is_a_table_in_another_form(root):
    plan = two_arms(root).plan
    grouped = next(m for m in plan.models if m.covariates).model_copy(
        update={"name": "grouped", "covariates": ("site",)}
    )
    told = plan.model_copy(update={"models": (*plan.models, grouped)})
    assert "grouped" not in adjusted_models(told)
    assert "adjusted" in adjusted_models(told)
    assert "unadjusted" not in adjusted_models(told)


def test_an_effect_on_all_but_a_few_of_an_arm_tells_them_apart():
    enrolled = {"help": 4623, "control": 4617}
    assert list(reasons(effect(), enrolled=enrolled)) == [
        "not observed for a few persons (fewer than 10) of an arm"
    ]
    assert not reasons(effect(), enrolled={"help": 4630, "control": 4617})
    assert not reasons(effect(population="women"), enrolled=enrolled)


def test_thresholds_are_the_data_owners():
    strict = Thresholds(minimum_persons=5000)
    assert screen_effects([effect()], EffectRules(strict)).withheld


def test_yes_no_outcomes_are_read_from_the_plan(root):
    found = yes_no_outcomes(two_arms(root).plan)
    assert {"exit", "exit_to_job", "in_benefit"} <= found
    assert not {"wage_eur", "share_in_job"} & found
