"""Each model of a plan means one estimator; plans are held to what can be."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from estimators.regression_data import (
    ARMS,
    ROWS,
    THRESHOLDS,
    by,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.config.plan import Covariate, Inference
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_itt, estimate_model

RECEIPT = {"zia": "got_zia", "hia": "got_hia"}


def estimate(fitted, covariance="HC1", outcomes=("job", "got_zia", "got_hia")):
    return estimate_model(
        persons(trial(outcomes=outcomes)),
        model=fitted,
        inference=by(covariance),
        thresholds=THRESHOLDS,
        categories={"late": ("no", "yes")},
    ).contrasts


def test_a_model_is_fitted_by_the_estimator_that_it_names():
    plain = estimate(model(covariates=("age",)))
    assert {c.covariance for c in plain} == {"HC1"}
    lin = estimate(model(covariates=("age",), estimator="lin"))
    assert {c.covariance for c in lin} == {"HC1+means"}
    (logit, _) = estimate(model(estimator="logit"), outcomes=("job",))
    assert logit.df == float("inf")
    split = estimate(model(by="late"), outcomes=("job",))
    assert [c.subgroup for c in split[::2]] == ["late=no", "late=yes"]
    received = estimate(model(estimator="iv", receipt=RECEIPT))
    assert [(c.outcome, c.estimand) for c in received] == [
        *[("job", "att")] * 2,
        ("got_zia", "first stage"),
        ("got_hia", "first stage"),
    ]
    clustered = estimate(model(covariates=("age",)), "CR1")
    assert numbers(clustered, "estimate") == pytest.approx(numbers(plain, "estimate"))
    assert {c.df for c in clustered} == {11}


@pytest.mark.parametrize("covariance", ["HC1", "CR1"])
def test_where_assignment_is_the_receipt_there_is_no_first_stage(covariance):
    rows = ROWS[ROWS["arm"].isin(["control", "zia"])]
    rows = rows.assign(whole=(rows["arm"] == "zia").astype(float))
    found = estimate_model(
        persons(trial(rows, outcomes=("job", "whole")), ("control", "zia")),
        model=model(estimator="iv", receipt={"zia": "whole"}),
        inference=by(covariance),
        thresholds=THRESHOLDS,
        categories={},
    ).contrasts
    assert [(c.outcome, c.estimand) for c in found] == [("job", "att")]
    assert found[0].effective_f == float("inf")


def test_the_row_by_row_fit_refuses_what_it_would_fit_as_something_else():
    with pytest.raises(EstimationError, match="estimator lin"):
        estimate_itt(
            trial(),
            arms=ARMS,
            model=model(estimator="lin"),
            inference=by("HC1"),
            thresholds=THRESHOLDS,
        )
    with pytest.raises(EstimationError, match="covariance CR2"):
        estimate_itt(
            trial(),
            arms=ARMS,
            model=model(),
            inference=by("CR2"),
            thresholds=THRESHOLDS,
        )


def test_a_receipt_that_was_not_measured_is_refused_by_name():
    with pytest.raises(EstimationError, match="receipt got_zia at horizon 0"):
        estimate(model(estimator="iv", receipt=RECEIPT), outcomes=("job",))


def test_parts_of_a_model_that_do_not_go_together_are_all_told():
    with pytest.raises(ValidationError) as refused:
        model(estimator="logit", by="late", strata="office", selection="stayers")
    text = str(refused.value)
    for fault in ("by is for", "strata are absorbed", "selection is for"):
        assert fault in text
    with pytest.raises(ValidationError, match="iv and receipt go together"):
        model(estimator="iv")
    with pytest.raises(ValidationError, match="CR1 or CR2 and cluster go together"):
        Inference(covariance="CR2")
    with pytest.raises(ValidationError, match="missing: dummy is for numbers"):
        Covariate(name="c", value="c", categories=("a", "b"), missing="dummy")
