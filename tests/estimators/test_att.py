"""Two-stage least squares: R's and linearmodels' numbers, refusals, weak cases."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from linearmodels.iv import IV2SLS
from scipy import optimize, stats

from estimators.conftest import keep, sample_of
from estimators.regression_data import (
    ARMS,
    RECEIPTS,
    ROWS,
    THRESHOLDS,
    R,
    Scattered,
    by,
    cells,
    model,
    numbers,
    persons,
    trial,
)
from rctspark.errors import EstimationError
from rctspark.estimators import estimate_itt
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.linear import estimate_linear

RECEIPT = {"zia": "got_zia", "hia": "got_hia"}
IV = model(covariates=("age",), estimator="iv", receipt=RECEIPT)
ONE = model(covariates=("age",), estimator="iv", receipt={"zia": "got_zia"})
OUTCOMES = ("y", "got_zia", "got_hia")


def att(source, fitted=IV, covariance="HC1", **given):
    return estimate_att(
        source, model=fitted, inference=by(covariance), thresholds=THRESHOLDS, **given
    )


def two_arms():
    rows = ROWS["arm"].to_numpy() != "hia"
    return keep(trial(outcomes=OUTCOMES), rows)


def ways(sample, arms=ARMS, receipts=RECEIPTS):
    whole = persons(sample, arms, receipts=receipts)
    return [whole, cells(sample, arms, receipts), Scattered(whole, (3, 100, 101))]


@pytest.mark.parametrize("covariance", ["classical", "HC0", "HC1", "CR1"])
@pytest.mark.parametrize("way", [0, 1, 2])
def test_two_receipts_at_once_are_what_r_gives(covariance, way):
    found = att(ways(trial(outcomes=OUTCOMES))[way], covariance=covariance)
    np.testing.assert_allclose(
        numbers(found.contrasts, "estimate"), R["iv/estimate"], rtol=1e-9
    )
    np.testing.assert_allclose(
        numbers(found.contrasts), R[f"iv/{covariance}"], rtol=1e-9
    )
    if covariance == "classical":
        (detail,) = found.details
        np.testing.assert_allclose(
            [detail.wu_hausman, detail.wu_hausman_p], R["iv/wu_hausman"], rtol=1e-8
        )


@pytest.mark.parametrize("covariance", ["HC0", "HC1"])
@pytest.mark.parametrize("way", [0, 1, 2])
def test_one_receipt_with_its_f_and_anderson_rubin_is_what_r_gives(covariance, way):
    source = ways(two_arms(), ARMS[:2], RECEIPTS[:1])[way]
    found = att(source, ONE, covariance)
    np.testing.assert_allclose(
        numbers(found.contrasts[:1]), R[f"iv1/{covariance}"], rtol=1e-9
    )
    detail = next(d for d in found.details if d.outcome == "y")
    (first,), (rubin,) = detail.first_stages, detail.anderson_rubin
    np.testing.assert_allclose([first.f], R[f"iv1/{covariance}/first"], rtol=1e-8)
    assert first.effective_f == pytest.approx(first.f, rel=1e-9)
    np.testing.assert_allclose(
        [rubin.lower, rubin.upper], R[f"iv1/{covariance}/anderson_rubin"], rtol=1e-8
    )
    assert (rubin.kind, first.is_weak) == ("bounded", False)
    received = ROWS[ROWS["arm"] == "zia"]["got_zia"].mean()
    assert first.share_received == pytest.approx(received)
    assert first.share_against == 0


def test_clustered_and_robust_are_what_linearmodels_gives():
    one = np.ones(240)
    arms = np.column_stack([ROWS["arm"] == a for a in ARMS[1:]]).astype(float)
    exogenous = np.column_stack([one, ROWS["age"]])
    receipts = ROWS[["got_zia", "got_hia"]].to_numpy(dtype=float)
    fit = IV2SLS(ROWS["y"].to_numpy(), exogenous, receipts, arms)
    for covariance, kind, more in (
        ("HC1", "robust", {}),
        ("CR1", "clustered", {"clusters": ROWS["office"].to_numpy()}),
    ):
        theirs = fit.fit(cov_type=kind, debiased=True, **more)
        source = persons(trial(outcomes=OUTCOMES), receipts=RECEIPTS)
        mine = att(source, covariance=covariance).contrasts
        np.testing.assert_allclose(
            numbers(mine), theirs.std_errors.to_numpy()[2:], rtol=1e-9
        )


def test_one_arm_without_covariates_is_the_effect_over_the_share_received():
    source = persons(two_arms(), ARMS[:2], receipts=RECEIPTS[:1])
    plain = model(estimator="iv", receipt={"zia": "got_zia"})
    contrast = att(source, plain).contrasts[0]
    itt, share = (
        c.estimate
        for c in estimate_linear(
            source, models=[model()], inference=by("HC1"), thresholds=THRESHOLDS
        )[:2]
    )
    assert contrast.estimate == pytest.approx(itt / share, rel=1e-12)


def test_absorbed_strata_are_what_a_column_each_gives():
    source = persons(trial(outcomes=OUTCOMES), receipts=RECEIPTS)
    absorbed = model(
        covariates=("age",), estimator="iv", receipt=RECEIPT, strata="office"
    )
    columns = model(covariates=("age", "office"), estimator="iv", receipt=RECEIPT)
    one, other = att(source, absorbed), att(source, columns)
    for mine, theirs in zip(one.contrasts, other.contrasts, strict=True):
        assert mine.estimate == pytest.approx(theirs.estimate, rel=1e-9)
        assert mine.std_error == pytest.approx(theirs.std_error, rel=1e-9)
        assert (mine.df, mine.rank) == (theirs.df, theirs.rank)
    (mine,), (theirs,) = one.details, other.details
    assert mine.wu_hausman == pytest.approx(theirs.wu_hausman, rel=1e-8)
    shares = [(f.share_received, f.share_against) for f in mine.first_stages]
    others = [(f.share_received, f.share_against) for f in theirs.first_stages]
    np.testing.assert_allclose(shares, others, rtol=1e-9)


def weak(moved, seed=1, n=400):
    """A trial in which assignment moves receipt by a little."""
    rng = np.random.default_rng(seed)
    zia = np.arange(n) % 2
    got = (rng.random(n) < 0.4 + moved * zia).astype(float)
    y = got + rng.normal(size=n)
    arm = np.array(ARMS[:2])[zia]
    return persons(
        sample_of(arm, {("y", 0): y, ("got_zia", 0): got}),
        ARMS[:2],
        receipts=RECEIPTS[:1],
    )


def test_instruments_that_move_nothing_are_refused_with_the_reason():
    plain = model(estimator="iv", receipt={"zia": "got_zia"})
    with pytest.raises(EstimationError, match=r"does not move .* zia .*first stage F"):
        att(weak(0.0), plain)
    with pytest.raises(EstimationError, match="everybody received it"):
        att(constant(), plain)


def constant():
    sample = sample_of(
        np.array(ARMS[:2] * 30),
        {("y", 0): np.arange(60.0), ("got_zia", 0): np.ones(60)},
    )
    return persons(sample, ARMS[:2], receipts=RECEIPTS[:1])


def test_weak_instruments_give_an_interval_without_end_and_it_is_said():
    plain = model(estimator="iv", receipt={"zia": "got_zia"})
    kinds = {}
    for seed in range(12):
        detail = att(weak(0.05, seed, 401), plain, relevance=1.0).details[0]
        (rubin,), (first,) = detail.anderson_rubin, detail.first_stages
        kinds[rubin.kind] = (rubin, first)
        assert first.is_weak
        is_bounded = first.f > 2.718
        assert (rubin.kind == "bounded") == is_bounded
    assert {"everything", "outside"} <= set(kinds)
    rubin, _ = kinds["everything"]
    assert (rubin.lower, rubin.upper) == (-np.inf, np.inf)


def test_instruments_that_contradict_one_another_give_an_empty_interval():
    rng = np.random.default_rng(2)
    arm = np.array(ARMS)[np.arange(900) % 3]
    got = np.where(arm == "control", 0.0, rng.random(900) < 0.6)
    y = np.where(arm == "zia", 3.0, 0.0) * got + rng.normal(size=900)
    sample = sample_of(arm, {("y", 0): y, ("got", 0): got})
    shared = model(estimator="iv", receipt={"zia": "got", "hia": "got"})
    found = att(persons(sample, receipts=(("got", 0),)), shared)
    (rubin,) = found.details[0].anderson_rubin
    assert rubin.kind == "empty"
    assert np.isnan(rubin.lower)
    assert found.contrasts[0].arm == "zia+hia"
    assert found.contrasts[0].n_arm == 600


def test_the_selection_of_survivors_stands_in_the_result():
    chosen = ONE.model_copy(update={"selection": "in benefit at month 10"})
    found = att(persons(two_arms(), ARMS[:2], receipts=RECEIPTS[:1]), chosen)
    assert found.contrasts[0].estimand == "att: in benefit at month 10"
    assert found.details[0].selection == "in benefit at month 10"


def test_unknown_receipt_is_counted():
    sample = two_arms()
    sample.outcomes["got_zia", 0][:4] = np.nan
    with pytest.raises(EstimationError, match=r"got_zia@0 for 4 person\(s\)"):
        att(persons(sample, ARMS[:2], receipts=RECEIPTS[:1]), ONE)


def test_when_everyone_receives_what_was_assigned_it_is_the_effect_of_assignment():
    sample = two_arms()
    sample.outcomes["got_zia", 0][:] = sample.arm == "zia"
    source = persons(sample, ARMS[:2], receipts=RECEIPTS[:1])
    found = att(source, ONE)
    itt = estimate_itt(
        keep(trial(), ROWS["arm"].to_numpy() != "hia"),
        arms=ARMS[:2],
        model=model(covariates=("age",)),
        inference=by("HC1"),
        thresholds=THRESHOLDS,
    )[0]
    contrast, detail = found.contrasts[0], found.details[0]
    assert detail.first_stages[0].effective_f == np.inf
    assert np.isnan(detail.wu_hausman)
    assert detail.anderson_rubin[0].kind == "bounded"
    rubin = detail.anderson_rubin[0]
    np.testing.assert_allclose(
        [contrast.estimate, contrast.std_error, rubin.lower, rubin.upper],
        [itt.estimate, itt.std_error, itt.ci_lower, itt.ci_upper],
        rtol=1e-9,
    )


def test_receipt_that_departs_from_assignment_for_nobody_warns_of_nothing():
    rows = ROWS.assign(got_zia=ROWS["arm"] == "zia", got_hia=ROWS["arm"] == "hia")
    source = persons(trial(rows, outcomes=OUTCOMES), receipts=RECEIPTS)
    with np.errstate(all="raise"):
        found = att(source)
    firsts = found.details[0].first_stages
    assert [f.f for f in firsts] == [np.inf, np.inf]
    effects = estimate_linear(
        persons(trial()),
        models=[model(covariates=("age",))],
        inference=by("HC1"),
        thresholds=THRESHOLDS,
    )
    mine = [c for c in found.contrasts if c.outcome == "y"]
    for name in ("estimate", "std_error", "ci_lower", "ci_upper"):
        np.testing.assert_allclose(
            numbers(mine, name), numbers(effects, name), rtol=1e-9
        )


def least_wald(own, other):
    """Robust F of the arms on y less what was received, the other effect free.

    Row by row, with statsmodels; the least over the other receipt's effect.
    """
    design = np.column_stack(
        [np.ones(240), *(ROWS["arm"] == a for a in ARMS[1:]), ROWS["age"]]
    ).astype(float)

    def wald(effects):
        left = ROWS["y"] - ROWS[[own, other]].to_numpy(dtype=float) @ effects
        fit = sm.OLS(left.to_numpy(), design).fit(cov_type="HC1")
        moved, spread = fit.params[1:3], fit.cov_params()[1:3, 1:3]
        return float(moved @ np.linalg.solve(spread, moved))

    def least(effect):
        found = optimize.minimize_scalar(
            lambda free: wald(np.array([effect, free])),
            bracket=(-3.0, 3.0),
            options={"xtol": 1e-12},
        )
        return float(found.fun)

    return least


@pytest.mark.parametrize(
    ("arm", "own", "other"), [(0, "got_zia", "got_hia"), (1, "got_hia", "got_zia")]
)
def test_anderson_rubin_of_two_receipts_is_where_the_row_by_row_test_turns(
    arm, own, other
):
    found = att(persons(trial(outcomes=OUTCOMES), receipts=RECEIPTS))
    rubin = found.details[0].anderson_rubin[arm]
    assert rubin.kind == "bounded"
    least = least_wald(own, other)
    critical = stats.f.ppf(0.90, 1, 240 - 4)
    for end, outwards in ((rubin.lower, -0.01), (rubin.upper, 0.01)):
        assert least(end) == pytest.approx(critical, rel=1e-7)
        assert least(end + outwards) > critical > least(end - outwards)
    assert rubin.statistic == pytest.approx(least(0.0), rel=1e-7)
