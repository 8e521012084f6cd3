"""What a plan may say of models in full, fit, bounds, joint tests and power."""

from __future__ import annotations

from copy import deepcopy

import pytest
from pydantic import ValidationError

from grouped_plan import LINES
from rctspark.config.plan import Assumption, BoundsLine, Family
from release.checked_trial import PLAN, faults_of, plan_with, tables_with


def test_the_plan_as_it_stands_has_no_faults():
    assert faults_of() == []
    assert plan_with().has_coefficients
    assert plan_with().has_tests


def test_a_table_of_models_names_models_outcomes_and_analyses_that_there_are():
    shown = {"plain": "all", "gone": "all", "adjusted": "nowhere", "odds": "late"}
    tables = tables_with("models", models=shown, lines={"x": "other"})
    assert faults_of(tables=tables) == [
        "tables.3.lines: no outcome is called other",
        "tables.3.models.gone: no model is called gone",
        "tables.3.models.adjusted: no analysis is called nowhere",
        "tables.3.models.odds: analysis late does not have the model",
    ]


def test_effects_by_category_have_no_table_of_coefficients():
    (fault,) = faults_of(tables=tables_with("models", models={"by_sex": "late"}))
    assert "coefficients are shown of ols and logit alone" in fault


def test_a_test_against_the_target_stands_beside_the_shares_that_it_compares():
    named = {"target": "target", "all": "all", "what": "characteristic"}
    faults = faults_of(tables=tables_with("groups", columns=named))
    assert {f.split(": ")[1] for f in faults} == {
        "no table of groups shows sex of reference and target",
        "no table of groups shows pay of reference and target",
    }


def test_without_a_target_population_there_is_nothing_to_fit():
    population = PLAN["population"] | {"groups": ["reference"]}
    tables = [t for t in tables_with("fit") if t["name"] == "fit"]
    faults = faults_of(population=population, tables=tables)
    assert "tables.0: there is no target population" in " ".join(faults)


def test_a_fit_shows_covariates_and_groups_that_are_followed():
    lines = LINES | {"hair": {"covariate": "hair"}}
    tables = tables_with("fit", lines=lines, groups=("all", "target"))
    faults = " ".join(faults_of(tables=tables))
    assert "no covariate is called hair" in faults
    assert "no group to hold against the target is called target" in faults
    with pytest.raises(ValidationError, match="not a covariate: left"):
        plan_with(tables=tables_with("fit", lines={"left": {"outcome": "job"}}))


def test_bounds_are_of_a_difference_in_means():
    tables = tables_with("bounds", of="nowhere", model="adjusted")
    assert faults_of(tables=tables) == [
        "tables.2.of: no analysis is called nowhere",
        "tables.2.model: adjusted adjusts; bounds are of the difference in means",
    ]


@pytest.mark.parametrize(
    "ends", [{"lowest": 0}, {"highest": 1}, {"lowest": 1, "highest": 1}]
)
def test_the_ends_of_an_outcome_go_together(ends):
    with pytest.raises(ValidationError, match="lowest is less"):
        BoundsLine(outcome="mark", **ends)


def test_joint_tests_are_of_one_analysis_and_one_model():
    with pytest.raises(ValidationError, match="one analysis and one model"):
        Family(name="f", tests="joint", populations=("a", "b"), models=("m",))
    with pytest.raises(ValidationError, match="strata are for joint tests"):
        Family(
            name="f", tests="joint", populations=("a",), models=("m",), strata="stratum"
        )


def test_joint_tests_need_a_model_fitted_row_by_row_and_known_strata():
    family = deepcopy(PLAN["families"][0]) | {"models": ["odds"], "strata": "pay"}
    assert faults_of(families=[family]) == [
        "families.0.models: model odds is not fitted row by row",
        "families.0.strata: no categorical covariate is called pay",
    ]


def test_power_is_of_a_share_or_a_number_and_of_the_plans_arms():
    with pytest.raises(ValidationError, match="say either control_share or sd"):
        Assumption(name="both", control_share=0.1, sd=1.0)
    power = PLAN["power"] | {"persons": {"more": 10, "usual": 10, "odd": 10}}
    assert faults_of(power=power) == [
        "power.persons: no arm is called odd",
        "power.persons: control comes first",
    ]
