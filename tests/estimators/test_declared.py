"""The families of tests that a plan declares, and categories that nobody has."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
from pydantic import ValidationError
from statsmodels.stats.multitest import multipletests

from estimators.regression_data import (
    ARMS,
    THRESHOLDS,
    by,
    model,
    persons,
    trial,
)
from rctspark.config.plan import Family
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_model
from rctspark.estimators.categories import keep_found_categories
from rctspark.estimators.families.declared import FoundTest, adjust_families
from rctspark.estimators.families.stepped import step_down_family
from rctspark.estimators.observed import keep_observed
from release.sample_records import effect

CATEGORIES = {"late": ("no", "yes"), "wide": ("none", "no", "never", "yes")}


def wide_trial():
    """The trial with a covariate whose first and third categories nobody has."""
    sample = trial(outcomes=("y", "job"))
    late = sample.covariates["late"][:, 0]
    columns = np.column_stack([late == 0, np.zeros(late.size), late == 1])
    sample.covariates["wide"] = columns.astype(float)
    sample.columns["wide"] = ("wide=no", "wide=never", "wide=yes")
    return sample


def estimated(sample, fitted):
    return estimate_model(
        persons(sample),
        model=fitted,
        inference=by("HC1"),
        thresholds=THRESHOLDS,
        categories=CATEGORIES,
    )


def test_a_category_that_nobody_has_changes_nothing():
    plain = estimated(wide_trial(), model(by="late"))
    wide = estimated(wide_trial(), model(by="wide"))
    assert [c.estimate for c in wide.contrasts] == pytest.approx(
        [c.estimate for c in plain.contrasts]
    )
    assert [c.subgroup for c in wide.contrasts[:4:2]] == ["wide=no", "wide=yes"]
    assert [t.p_value for t in wide.tests] == pytest.approx(
        [t.p_value for t in plain.tests]
    )


def test_a_category_of_few_persons_is_refused_and_not_dropped():
    sample = wide_trial()
    sample.covariates["wide"][:3, :] = [0.0, 1.0, 0.0]
    with pytest.raises(EstimationError, match="of wide=never in arm"):
        estimated(sample, model(by="wide"))


def test_categories_that_somebody_has_keep_their_columns():
    kept, found = keep_found_categories(
        persons(wide_trial()), covariate="wide", categories=CATEGORIES["wide"]
    )
    assert found == ("no", "yes")
    assert kept.columns["wide"] == ("wide=yes",)
    late = wide_trial().covariates["late"]
    assert np.array_equal(kept.persons.covariates["wide"], late)


def test_nobody_with_a_known_category_is_refused():
    sample = wide_trial()
    sample.covariates["wide"][:] = np.nan
    with pytest.raises(EstimationError, match="nobody's category is known"):
        keep_found_categories(
            persons(sample), covariate="wide", categories=CATEGORIES["wide"]
        )


def plan_of(*families):
    return SimpleNamespace(
        name="trial", hash="0123456789abcdef", families=tuple(families)
    )


def family(**given):
    return Family(**({"name": "f", "populations": ("all",), "models": ("m",)} | given))


def test_p_values_of_a_family_are_those_that_statsmodels_adjusts():
    p_values = [0.001, 0.04, 0.03, 0.6, 0.02]
    effects = [
        effect(horizon=h, model="m", p_value=p, estimate=0.02)
        for h, p in enumerate(p_values)
    ]
    others = [effect(model="other"), effect(model="m", population="men")]
    judged = adjust_families(
        plan_of(family(tests="effects")), [*effects, *others], [], data_version="v"
    )
    assert [t.p_value for t in judged] == p_values
    assert {t.family_size for t in judged} == {5}
    for name, method in (("p_holm", "holm"), ("p_benjamini_hochberg", "fdr_bh")):
        expected = multipletests(p_values, method=method)[1]
        found = [getattr(t, name) for t in judged]
        np.testing.assert_allclose(found, expected)


def test_effects_of_a_category_belong_to_the_family_of_their_analysis():
    effects = [effect(model="m", population=f"all:sex={s}") for s in ("f", "m")]
    judged = adjust_families(
        plan_of(family(tests="effects")), effects, [], data_version="v"
    )
    assert [t.population for t in judged] == ["all:sex=f", "all:sex=m"]


def test_tests_of_equality_count_once_an_arm_and_those_in_no_family_stay_alone():
    found = [FoundTest("all", t) for t in estimated(trial(), model(by="late")).tests]
    assert [f.test.arm for f in found] == ["zia", "hia", "all"]
    judged = adjust_families(
        plan_of(family(tests="equality")), [], found, data_version="v"
    )
    assert [(t.arm, t.family, t.family_size) for t in judged] == [
        ("zia", "f", 2),
        ("hia", "f", 2),
        ("all", "", 1),
    ]
    assert judged[2].p_holm is None
    lower = min(t.p_value for t in judged[:2])
    assert min(t.p_holm for t in judged[:2]) == pytest.approx(min(2 * lower, 1.0))


def test_step_down_p_values_are_drawn_from_the_seed_and_lie_between():
    stepping = family(tests="effects", seed=7, draws=999)
    fitted = model(covariates=("age",))
    sample = trial(outcomes=("y", "job"))

    def draw(one):
        return step_down_family(
            sample, family=one, arms=ARMS, model=fitted, inference=by("HC1")
        )

    found = draw(stepping)
    assert found == draw(stepping)
    assert found != draw(stepping.model_copy(update={"seed": 8}))
    contrasts = estimated(sample, fitted).contrasts
    alone = {(c.outcome, c.horizon, c.arm): c.p_value for c in contrasts}
    assert found.keys() == alone.keys()
    for key, p_value in found.items():
        assert alone[key] - 0.05 <= p_value <= min(4 * alone[key] + 0.05, 1.0)


@pytest.mark.parametrize(
    "given",
    [
        {"tests": "equality"},
        {"tests": "effects", "populations": ("all", "men")},
        {"tests": "effects", "models": ("m", "n")},
    ],
)
def test_a_seed_is_for_effects_of_one_regression(given):
    with pytest.raises(ValidationError, match="a seed is for a family of effects"):
        family(seed=1, **given)


def test_outcomes_that_nobody_has_are_left_out_by_name():
    sample = trial(outcomes=("y", "job"))
    sample.outcomes["job", 0][:] = np.nan
    sample.outcomes["y", 0][:5] = np.nan
    kept, unknown = keep_observed(persons(sample))
    assert unknown == (("job", 0),)
    assert list(kept.outcomes) == [("y", 0)]
