"""What instruments can carry: linearmodels' and statsmodels' numbers, row by row."""

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
    by,
    model,
    persons,
    trial,
)
from rctspark.estimators.regression.att import estimate_att
from rctspark.estimators.regression.weak_instruments import ReducedForm

OUTCOMES = ("y", "got_zia", "got_hia")
BOTH = model(
    covariates=("age",),
    estimator="iv",
    receipt={"zia": "got_zia", "hia": "got_hia"},
)
ONE = model(covariates=("age",), estimator="iv", receipt={"zia": "got_zia"})
SHARED = model(
    covariates=("age",), estimator="iv", receipt={"zia": "got", "hia": "got"}
)
IN_ARMS = np.column_stack([ROWS["arm"] == arm for arm in ARMS[1:]]).astype(float)
GIVEN = np.column_stack([np.ones(240), ROWS["age"]])
DESIGN = np.column_stack([IN_ARMS, GIVEN])
Y = ROWS["y"].to_numpy()
GOT = ROWS[["got_zia", "got_hia"]].to_numpy(dtype=float)
OFFICE = ROWS["office"].to_numpy()


def att(source, fitted=BOTH, covariance="HC1"):
    return estimate_att(
        source, model=fitted, inference=by(covariance), thresholds=THRESHOLDS
    )


def both(covariance="HC1"):
    return att(persons(trial(outcomes=OUTCOMES), receipts=RECEIPTS), BOTH, covariance)


def fitted(values, design, covariance, office=OFFICE):
    """Least squares by statsmodels, with the covariance that is asked."""
    if covariance == "CR1":
        return sm.OLS(values, design).fit(
            cov_type="cluster", cov_kwds={"groups": office}
        )
    return sm.OLS(values, design).fit(cov_type=covariance)


def wald(values, covariance):
    """Wald statistic of both arms, row by row."""
    fit = fitted(values, DESIGN, covariance)
    moved, spread = fit.params[:2], fit.cov_params()[:2, :2]
    return float(moved @ np.linalg.solve(spread, moved))


def test_wu_hausman_of_one_and_of_two_receipts_is_what_linearmodels_gives():
    theirs = IV2SLS(Y, GIVEN, GOT, IN_ARMS).fit(cov_type="unadjusted", debiased=True)
    mine = both("classical").details[0]
    expected = theirs.wu_hausman()
    assert mine.wu_hausman == pytest.approx(expected.stat, rel=1e-9)
    assert mine.wu_hausman_p == pytest.approx(expected.pval, rel=1e-9)
    assert mine.wu_hausman_df == (expected.df, expected.df_denom)
    rows = ROWS["arm"].to_numpy() != "hia"
    theirs = IV2SLS(Y[rows], GIVEN[rows], GOT[rows, :1], IN_ARMS[rows, :1]).fit(
        cov_type="unadjusted", debiased=True
    )
    alone = keep(trial(outcomes=OUTCOMES), rows)
    source = persons(alone, ARMS[:2], receipts=RECEIPTS[:1])
    mine = att(source, ONE, "classical").details[0]
    assert mine.wu_hausman == pytest.approx(theirs.wu_hausman().stat, rel=1e-9)


@pytest.mark.parametrize("covariance", ["HC1", "CR1"])
def test_robust_wu_hausman_is_that_of_the_first_stages_residuals(covariance):
    left = GOT - DESIGN @ np.linalg.lstsq(DESIGN, GOT, rcond=None)[0]
    fit = fitted(Y, np.column_stack([left, GOT, GIVEN]), covariance)
    moved, spread = fit.params[:2], fit.cov_params()[:2, :2]
    expected = moved @ np.linalg.solve(spread, moved) / 2
    assert both(covariance).details[0].wu_hausman == pytest.approx(expected, rel=1e-8)


@pytest.mark.parametrize("covariance", ["HC1", "CR1"])
@pytest.mark.parametrize(("own", "other"), [(0, 1), (1, 0)])
def test_first_stages_of_two_receipts_are_the_least_over_the_other(
    covariance, own, other
):
    # Far away the other receipt alone is left; its own strength is not meant here.
    least = optimize.minimize_scalar(
        lambda share: wald(GOT[:, own] - share * GOT[:, other], covariance),
        bracket=(-0.01, 0.01),
        options={"xtol": 1e-12},
    )
    first = both(covariance).details[0].first_stages[own]
    df = 11 if covariance == "CR1" else 236
    assert (first.df_numerator, first.df_denominator) == (1, df)
    assert first.f == pytest.approx(float(least.fun), rel=1e-8)
    assert first.p_value == pytest.approx(stats.f.sf(least.fun, 1, df), rel=1e-8)


def shared(covariance="HC1"):
    """Both arms offer the same: two instruments of one receipt."""
    sample = trial(outcomes=("y",))
    outcomes = {**sample.outcomes, ("got", 0): GOT.sum(axis=1)}
    sample = sample_of(sample.arm, outcomes, sample.covariates, sample.columns)
    source = persons(sample, receipts=(("got", 0),))
    (first,) = att(source, SHARED, covariance).details[0].first_stages
    return first


@pytest.mark.parametrize("covariance", ["HC1", "CR1"])
def test_f_and_effective_f_of_two_instruments_are_those_by_hand(covariance):
    got = GOT.sum(axis=1)
    fit = fitted(got, DESIGN, covariance)
    apart = IN_ARMS - GIVEN @ np.linalg.lstsq(GIVEN, IN_ARMS, rcond=None)[0]
    inner, moved = apart.T @ apart, fit.params[:2]
    spread = fit.cov_params()[:2, :2]
    first = shared(covariance)
    assert first.f == pytest.approx(wald(got, covariance) / 2, rel=1e-8)
    expected = (moved @ inner @ moved) / np.trace(spread @ inner)
    assert first.effective_f == pytest.approx(expected, rel=1e-8)
    values, vectors = np.linalg.eigh(inner)
    root = vectors @ np.diag(np.sqrt(values)) @ vectors.T
    worth = root @ spread @ root
    total, most = np.trace(worth), np.linalg.eigvalsh(worth).max()
    count = total**2 * 21 / (np.trace(worth @ worth) + 20 * total * most)
    assert 1 < count < 2
    expected = stats.ncx2.ppf(0.95, count, 10 * count) / count
    assert first.weak_below == pytest.approx(expected, rel=1e-8)
    assert first.is_weak == (first.effective_f < expected)


@pytest.mark.parametrize("covariance", ["HC1", "CR1"])
def test_one_receipts_f_and_anderson_rubin_are_row_by_row(covariance):
    rows = ROWS["arm"].to_numpy() != "hia"
    design = np.column_stack([IN_ARMS[rows, :1], GIVEN[rows]])
    alone = keep(trial(outcomes=OUTCOMES), rows)
    source = persons(alone, ARMS[:2], receipts=RECEIPTS[:1])
    detail = next(d for d in att(source, ONE, covariance).details if d.outcome == "y")
    fit = fitted(GOT[rows, 0], design, covariance, OFFICE[rows])
    (first,), (rubin,) = detail.first_stages, detail.anderson_rubin
    assert first.f == pytest.approx(fit.tvalues[0] ** 2, rel=1e-8)
    assert first.effective_f == pytest.approx(first.f, rel=1e-9)
    df = len(set(OFFICE[rows])) - 1 if covariance == "CR1" else rows.sum() - 3
    critical = stats.t.ppf(0.95, df)
    for end in (rubin.lower, rubin.upper):
        left = Y[rows] - end * GOT[rows, 0]
        t = fitted(left, design, covariance, OFFICE[rows]).tvalues[0]
        assert abs(t) == pytest.approx(critical, rel=1e-7)
    t = fitted(Y[rows], design, covariance, OFFICE[rows]).tvalues[0]
    assert rubin.statistic == pytest.approx(t**2, rel=1e-8)
    assert (first.weak_below, first.is_weak) == (pytest.approx(23.109, abs=5e-4), False)


def test_where_instruments_are_alike_the_critical_value_is_that_of_their_number():
    """A tenth of bias as a noncentral chi-square, drawn."""
    rng = np.random.default_rng(4)
    for count in (1, 2, 3):
        form = ReducedForm(
            coefficients=np.ones((count, 2)),
            covariances=np.broadcast_to(np.eye(count), (2, 2, count, count)),
            strength=np.eye(count),
            df=100,
        )
        drawn = (rng.normal(size=(400_000, count)) + np.sqrt(10)) ** 2
        expected = np.quantile(drawn.mean(axis=1), 0.95)
        assert form.weak_below(0) == pytest.approx(expected, rel=5e-3)


def test_several_receipts_are_not_judged_and_everyone_behind_them_is_counted():
    firsts = both().details[0].first_stages
    assert [(f.weak_below, f.is_weak) for f in firsts] == [(None, None)] * 2
    for i, arm in enumerate(ARMS[1:]):
        inside = ROWS["arm"] == arm
        got = int(GOT[inside, i].sum())
        assert firsts[i].n_behind == min(got, int(inside.sum()) - got)


def test_every_effect_of_receipt_says_what_its_instruments_can_carry():
    found = both()
    detail = found.details[0]
    for contrast, first, rubin in zip(
        found.contrasts, detail.first_stages, detail.anderson_rubin, strict=True
    ):
        assert contrast.first_stage_f == first.f
        assert contrast.effective_f == first.effective_f
        assert contrast.wu_hausman_p == detail.wu_hausman_p
        assert (contrast.ar_kind, contrast.ar_lower, contrast.ar_upper) == (
            rubin.kind,
            rubin.lower,
            rubin.upper,
        )
        assert contrast.receipt_n_behind == first.n_behind
