"""What least squares by sums refuses, with every reason and count."""

from __future__ import annotations

import numpy as np
import pytest

from estimators.conftest import sample_of
from estimators.regression_data import ROWS, by, linear, model, persons, trial
from rctspark.config.plan import Inference
from rctspark.errors import EstimationError


def broken(**outcomes):
    sample = trial()
    return sample_of(
        sample.arm,
        {(name, 0): values for name, values in outcomes.items()},
        sample.covariates,
        sample.columns,
    )


def test_every_reason_to_refuse_is_told_at_once():
    few = np.full(240, np.nan)
    few[ROWS["arm"] != "hia"] = 1.0
    few[np.flatnonzero(ROWS["arm"] == "hia")[:9]] = 2.0
    with pytest.raises(EstimationError) as refused:
        linear(persons(broken(few=few, y=ROWS["y"])), model(name="a"), model(name="b"))
    text = str(refused.value)
    for name in ("a", "b"):
        assert (
            f"few at horizon 0: model {name}: 9 person(s) observed in arm hia, "
            "needed are 10" in text
        )


def test_missing_covariates_infinite_outcomes_and_other_arms_are_counted():
    sample = trial()
    sample.covariates["age"][:7] = np.nan
    sample.outcomes["y", 0][3] = np.inf
    sample.arm[100:104] = "wl"
    with pytest.raises(EstimationError) as refused:
        linear(persons(sample))
    text = str(refused.value)
    assert "missing or infinite covariate age for 7 person(s)" in text
    assert "y at horizon 0 is infinite for 1 person(s)" in text
    assert "4 person(s) are in an arm that is not in the regression" in text


def test_covariates_that_say_the_arm_are_refused():
    sample = trial()
    sample.covariates["wage"][:, 0] = ROWS["arm"] == "zia"
    with pytest.raises(EstimationError, match="say which arm a person is in"):
        linear(persons(sample))


def test_a_column_that_sums_can_neither_keep_nor_drop_is_refused():
    sample = trial()
    noise = np.random.default_rng(1).normal(size=(240, 1))
    nearly = sample.covariates["age"] * 7 + 1e-5 * noise
    sample.covariates["wage"][:] = nearly
    with pytest.raises(EstimationError, match="wage is nearly, but not wholly, said"):
        linear(persons(sample))


def test_a_person_with_a_column_to_himself_has_no_hc3():
    sample = trial()
    sample.covariates["late"][:] = 0
    sample.covariates["late"][5] = 1
    adjusted = model(covariates=("late",))
    with pytest.raises(EstimationError, match=r"1 person\(s\) have a covariate column"):
        linear(persons(sample), adjusted, inference=by("HC3"))
    assert linear(persons(sample), adjusted)


def test_arms_that_differ_without_anyone_varying_are_refused():
    exact = (ROWS["arm"] == "zia").to_numpy(dtype=float)
    with pytest.raises(EstimationError, match="there is no standard error"):
        linear(persons(broken(exact=exact)), model())


def test_two_clusters_are_too_few():
    with pytest.raises(EstimationError, match=r"2 cluster\(s\) are too few"):
        linear(
            persons(trial()),
            model(),
            inference=Inference(covariance="CR2", cluster="late"),
        )
