"""A sample too large to be collected gives the same results, from sums over Spark."""

import numpy as np
import pytest

from build_panel import build_panel
from build_population import build_population
from estimate_durations import estimate_durations
from estimate_effects import estimate_effects
from ingest import ingest
from rctspark.contracts.sums import NEEDS_PERSONS
from release.attackers import persons_told_apart
from toy import experiment as toy
from toy.place import Place

PERSONS = 240
TOO_MANY = PERSONS - 1
KEYS = {
    "effects": ["population", "outcome", "horizon", "arm", "model"],
    "tests": ["family", "tests", "population", "outcome", "horizon", "arm", "model"],
    "descriptives": ["population", "subject", "category", "horizon", "arm"],
}
# Persons differ by their pseudonyms alone; nobody lives in the third town.
RICH = """
covariates:
  - {name: age, value: "double(pmod(person_id, 47))"}
  - name: town
    value: "CASE pmod(person_id, 2) WHEN 0 THEN 'ape' ELSE 'bel' END"
    categories: [ape, bel, cee]
models:
  - {name: unadjusted}
  - {name: adjusted, covariates: [age, town]}
  - {name: crossed, covariates: [age], estimator: lin}
  - {name: split, covariates: [age], by: town}
  - {name: chance, estimator: logit, covariates: [age]}
  - {name: received, estimator: iv, receipt: {help: is_paid}}
analyses:
  - {population: all, outcomes: [wage_eur], models: [unadjusted, adjusted, crossed, split]}
  - {population: ape, where: "pmod(person_id, 2) = 0", outcomes: [is_paid], models: [adjusted, chance]}
  - {population: paid, outcomes: [wage_eur, is_paid], horizons: [0], models: [received]}
inference: {covariance: HC1}
durations:
  - {name: benefit, unit: month, until: 12}
families:
  - {name: wages, tests: effects, populations: [all], models: [adjusted], seed: 3, draws: 99}
tables:
  - name: sizes
    kind: arm_sizes
    columns: {arm: arm, persons: persons}
  - name: groups
    kind: groups
    columns: {what: characteristic, which: category, help: help, control: control, p: p help}
    show: percent
    lines:
      town: {covariate: town, categories: {a: ape, b: bel}}
      age: {covariate: age}
      paid: {outcome: is_paid, horizon: 2}
      wage: {outcome: wage_eur, horizon: 2}
  - name: limits
    kind: bounds
    of: all
    model: unadjusted
    columns: {what: label, month: horizon, arm: arm, how: method, lower: lower, upper: upper, n: n arm}
    lines:
      wage: {outcome: wage_eur, horizons: [2]}
"""


@pytest.fixture(scope="module")
def place(spark, root, tmp_path_factory):
    assert spark is not None
    folder = tmp_path_factory.mktemp("large")
    place = Place(folder, root)
    place.change(
        "toy", "models: [{name: unadjusted}]\nanalyses: [{population: all}]\n", RICH
    )
    place.change(
        "toy",
        "unit: euro}\n",
        "unit: euro}\n"
        "  - {name: is_paid, kind: panel, value: double(wage_eur > 2200), unit: share}\n",
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(toy, "PERSONS", PERSONS)
        deliveries = toy.deliver(folder / "deliveries")
    assert place.run(ingest, plan="toy", deliveries=deliveries) == 0
    for job in (build_population, build_panel):
        assert place.run(job, plan="toy") == 0
    return place


def estimated(place, largest):
    """Estimate with room for so many persons; the tables, and what was said."""
    place.set(largest_sample_rows=largest)
    assert place.run(estimate_effects, plan="toy", again=True) == 0
    return {
        name: place.read(f"experiments/toy/{name}").sort_values(key, ignore_index=True)
        for name, key in KEYS.items()
    }, place.last_log()


@pytest.fixture(scope="module")
def both(place):
    return estimated(place, PERSONS), estimated(place, TOO_MANY)


def assert_same(one, other, *, scale=None, besides=()):
    """Same rows and texts; numbers to nine digits, of themselves or of `scale`."""
    assert one.columns.equals(other.columns)
    for name in one.columns.drop([*besides]):
        if not np.issubdtype(one[name].dtype, np.floating):
            assert one[name].equals(other[name]), name
            continue
        room = 0.0 if scale is None else 1e-9 * one[scale].to_numpy()
        np.testing.assert_array_less(
            np.abs(np.nan_to_num(one[name] - other[name])),
            np.nan_to_num(1e-9 * one[name].abs() + room) + 1e-300,
            err_msg=name,
        )
        assert one[name].isna().equals(other[name].isna()), name


def test_effects_are_the_same_to_nine_digits(both):
    (few, _), (many, said) = both
    assert f"{PERSONS} persons, above largest_sample_rows ({TOO_MANY})" in " ".join(
        said
    )
    received_and_its_first_stage = 2
    assert len(few["effects"]) == 6 * (3 + 2) + 6 * 2 + received_and_its_first_stage
    assert set(few["effects"]["model"]) == {
        "unadjusted",
        "adjusted",
        "crossed",
        "split",
        "chance",
        "received",
    }
    assert_same(few["effects"], many["effects"], scale="std_error")


def test_a_log_tells_persons_in_tens(both):
    """Exact numbers of two populations would give those in one and not the other."""
    for _, said in both:
        assert any(line.startswith("analysis ape: ") for line in said)
        assert persons_told_apart(said) == []


def test_effects_of_what_was_received_say_how_well_assignment_carries_them(both):
    (few, _), (many, _) = both
    for effects in (few["effects"], many["effects"]):
        is_att = effects["estimand"] == "att"
        assert effects.loc[~is_att, "first_stage_f"].isna().all()
        (own,) = effects[is_att].to_dict("records")
        # Half of the helped are paid more than that, and a quarter of control.
        f = 0.25**2 / (0.25 / 120 + 0.1875 / 120) * 238 / 240
        assert own["first_stage_f"] == pytest.approx(f)
        assert own["effective_f"] == pytest.approx(f)
        assert own["weak_below"] == pytest.approx(23.109, abs=5e-4)
        assert own["ar_kind"] == "bounded"
        assert own["ar_lower"] < own["estimate"] < own["ar_upper"]
        assert 0 <= own["wu_hausman_p"] <= 1
        assert own["receipt_n_behind"] == 30


def test_what_describes_persons_is_the_same(both):
    (few, _), (many, _) = both
    assert few["descriptives"]["method"].str.contains("t-test").any()
    assert few["descriptives"]["largest_share"].notna().any()
    bounds = few["descriptives"]["category"].str.startswith(("Lee ", "Manski "))
    assert bounds.sum() >= 5
    without = few["descriptives"][~bounds].reset_index(drop=True)
    assert_same(without, many["descriptives"])


def test_bounds_need_persons_and_that_is_said(both):
    (_, silent), (_, said) = both
    words = f"table limits: {NEEDS_PERSONS}"
    assert words in said
    assert words not in silent


def test_step_down_p_values_need_persons_and_that_is_said(both):
    (few, silent), (many, said) = both
    drawn = few["tests"]["family"] == "wages"
    assert few["tests"].loc[drawn, "p_step_down"].notna().all()
    assert many["tests"]["p_step_down"].isna().all()
    assert_same(few["tests"], many["tests"], besides=["p_step_down"])
    words = f"family wages, step-down p-values: {NEEDS_PERSONS}"
    assert words in said
    assert words not in silent


def test_durations_need_persons_and_that_is_said(place):
    place.set(largest_sample_rows=TOO_MANY)
    assert place.run(estimate_durations, plan="toy", again=True) == 0
    assert f"durations: {NEEDS_PERSONS}" in place.last_log()
    assert place.read("experiments/toy/duration_estimates").empty
