"""Power by playing a plan: its draw, its models, its covariance."""

import numpy as np
import pytest
import statsmodels.api as sm
import yaml

import draw_arms
from rctspark.config import Thresholds
from rctspark.config.plan import Plan
from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.randomised.planned_trials import play_plan
from rctspark.estimators.randomised.power import (
    TrialSize,
    estimate_power,
    simulate_power,
)
from rctspark.trial.applicants import Applicants

PLAN = """
name: toy
title: A draw and what follows
registers: {root: toy, mappings: [toy], as_known_on: 2020-03-01}
window: {first: 0, last: 1}
follow_up_until: 2019-12-31
population: {origin: enrolment, benefits: [PW]}
arms: {control: control, treatments: [zia, hia]}
assignment: {rule: list, analyse: recorded}
draw:
  drawn_on: 2018-05-04
  identifier: [ID]
  sites:
    utrecht: {strata: [LIVING], ratio: {control: 1, zia: 1, hia: 1}, misfits: strata}
covariates:
  - {name: alone, value: "double(pmod(person_id, 2))"}
  - {name: ability, value: "double(pmod(person_id, 47))"}
outcomes: [{name: wage, kind: panel, value: double(wage_eur)}]
models:
  - {name: plain}
  - {name: adjusted, covariates: [alone, ability]}
analyses: [{population: all}]
inference: {covariance: HC2, level: 0.90}
"""
PERSONS, EFFECT = 181, 0.5
ALONE = np.arange(PERSONS) % 2 == 0
ABILITY = np.random.default_rng(3).normal(size=PERSONS)
KNOWN = AnalysisSample(
    arm=np.full(PERSONS, "control"),
    covariates={
        "alone": ALONE[:, None].astype(float),
        "ability": ABILITY[:, None],
    },
    columns={"alone": ("alone",), "ability": ("ability",)},
    outcomes={},
)


@pytest.fixture(scope="module")
def plan():
    return Plan.model_validate(yaml.safe_load(PLAN))


@pytest.fixture(scope="module")
def draw(plan):
    living = np.where(ALONE, "single", "cohabiting")
    applicants = Applicants(
        identifiers=tuple((str(i),) for i in range(PERSONS)),
        site=np.full(PERSONS, "utrecht"),
        stratum=living,
        columns={"LIVING": living},
        sha256="",
    )
    return draw_arms.site_draw(applicants, plan.draw, "utrecht", plan.arms.all)


def happen(random, arm):
    noise = random.normal(size=PERSONS)
    return {("wage", 0): 1.5 * ABILITY + ALONE + EFFECT * (arm == "zia") + noise}


def test_a_plan_is_played_with_its_draw_its_models_and_its_covariance(plan, draw):
    play = play_plan(plan, KNOWN, happen, thresholds=Thresholds())
    codes = draw(np.random.default_rng(7), 1)[0]
    found = play(np.random.default_rng(1), codes)
    arm = np.array(plan.arms.all)[codes]
    assert set(found) == {
        f"{m}, wage at 0, {a}" for m in ("plain", "adjusted") for a in ("zia", "hia")
    }
    wage = happen(np.random.default_rng(1), arm)["wage", 0]
    columns = [np.ones(PERSONS), arm == "zia", arm == "hia", ALONE, ABILITY]
    design = np.column_stack(columns).astype(float)
    for model, k in (("plain", 3), ("adjusted", 5)):
        fit = sm.OLS(wage, design[:, :k]).fit(cov_type="HC2", use_t=True)
        expected = dict(zip(("zia", "hia"), fit.pvalues[1:3], strict=True))
        for name, p_value in expected.items():
            assert found[f"{model}, wage at 0, {name}"] == pytest.approx(p_value)


def test_power_of_the_plan_is_that_of_the_formula_and_covariates_raise_it(plan, draw):
    play = play_plan(plan, KNOWN, happen, thresholds=Thresholds())
    random = np.random.default_rng(20180504)
    found = {f.test: f for f in simulate_power(play, draw, random, trials=200)}
    assert len(found) == 4
    sizes = dict(zip(plan.arms.all, np.bincount(draw(random, 1)[0]), strict=True))
    size = TrialSize(persons={a: int(n) for a, n in sizes.items()}, sd=1.0)
    expected = {f.arm: f.power for f in estimate_power(size, effect=EFFECT)}
    adjusted = found["adjusted, wage at 0, zia"]
    assert abs(adjusted.power - expected["zia"]) < 3 * adjusted.monte_carlo_error
    nothing = found["adjusted, wage at 0, hia"]
    assert abs(nothing.power - 0.10) < 3 * np.sqrt(0.09 / 200)
    assert adjusted.power > found["plain, wage at 0, zia"].power + 0.2


def test_a_model_that_the_plan_does_not_have_is_refused(plan):
    with pytest.raises(EstimationError, match="has no model other"):
        play_plan(plan, KNOWN, happen, thresholds=Thresholds(), models=("other",))
