"""Discrete-time hazards: R, cells against rows, refusals, coverage."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm

from rctspark.contracts.durations import PersonPeriods
from rctspark.errors import EstimationError
from rctspark.estimators.durations import (
    count_cells,
    estimate_discrete_hazard,
    estimate_period_hazards,
    expand_person_periods,
)

PIECES = range(1, 9)


@pytest.fixture(scope="module")
def periods(rows) -> PersonPeriods:
    return PersonPeriods(
        period=(rows.start / 4 + 1).astype(np.int64),
        at_risk=np.ones(rows.start.size),
        exits=(rows.cause > 0).astype(float),
        covariates=rows.covariates,
        names=rows.names,
        person=rows.person,
    )


def numbers(fit):
    return np.array([(c.estimate, c.std_error) for c in fit.coefficients]).T


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_every_number_is_rs(periods, r_numbers, link):
    found = r_numbers[link]
    fit = estimate_discrete_hazard(periods, link=link, pieces=PIECES)
    clustered = estimate_discrete_hazard(
        periods, link=link, pieces=PIECES, covariance="cluster"
    )
    # R's covariance is of the step before its last: 8 digits for this link.
    rtol = 1e-11 if link == "logit" else 1e-7
    estimate, std_error = numbers(fit)
    np.testing.assert_allclose(estimate, found["estimate"], rtol=rtol)
    np.testing.assert_allclose(std_error, found["std_error"], rtol=rtol)
    np.testing.assert_allclose(numbers(clustered)[1], found["clustered"], rtol=rtol)
    assert fit.log_likelihood == pytest.approx(found["log_likelihood"], abs=1e-10)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_cells_give_what_their_rows_give(periods, link):
    coarse = replace(periods, covariates=np.round(2 * periods.covariates))
    cells = count_cells(coarse)
    assert cells.at_risk.sum() == coarse.at_risk.sum() > 2 * cells.at_risk.size
    by_row = estimate_discrete_hazard(coarse, link=link, pieces=PIECES)
    by_cell = estimate_discrete_hazard(cells, link=link, pieces=PIECES)
    np.testing.assert_allclose(numbers(by_cell), numbers(by_row), rtol=1e-9)
    np.testing.assert_allclose(by_cell.covariance, by_row.covariance, rtol=1e-9)
    assert by_cell.log_likelihood == pytest.approx(by_row.log_likelihood, abs=1e-9)
    assert (by_cell.rows, by_cell.exits) == (by_row.rows, by_row.exits)


@pytest.mark.parametrize("link", ["logit", "cloglog"])
def test_statsmodels_fits_the_same_on_the_rows(periods, link):
    piece = np.minimum(periods.period, 8)
    design = np.column_stack(
        [piece[:, None] == np.arange(1, 9), periods.covariates]
    ).astype(float)
    links = {"logit": sm.families.links.Logit(), "cloglog": sm.families.links.CLogLog()}
    family = sm.families.Binomial(links[link])
    known = sm.GLM(periods.exits, design, family=family).fit(tol=1e-14, maxiter=200)
    fit = estimate_discrete_hazard(periods, link=link, pieces=PIECES)
    np.testing.assert_allclose(numbers(fit), [known.params, known.bse], rtol=1e-6)


def test_pieces_alone_give_back_the_hazards_of_the_periods(periods):
    bare = replace(periods, covariates=periods.covariates[:, :0], names=())
    bare = replace(bare, period=np.minimum(bare.period, 8))
    hazards = estimate_period_hazards(bare)
    fit = estimate_discrete_hazard(bare, link="logit")
    for hazard, coefficient in zip(hazards, fit.coefficients, strict=True):
        share = 1 / (1 + np.exp(-coefficient.estimate))
        assert share == pytest.approx(hazard.hazard, rel=1e-10)
        # The delta method turns one error into the other.
        error = coefficient.std_error * share * (1 - share)
        assert error == pytest.approx(hazard.std_error, rel=1e-9)
    assert sum(h.n_exits for h in hazards) == periods.exits.sum()


def test_a_person_has_a_row_for_every_period_at_risk():
    found = expand_person_periods(
        np.array([3, 1]),
        np.array([True, False]),
        covariates=np.array([[5.0], [7.0]]),
        names=("age",),
    )
    assert found.person.tolist() == [0, 0, 0, 1]
    assert found.period.tolist() == [1, 2, 3, 1]
    assert found.exits.tolist() == [0, 0, 1, 0]
    assert found.covariates[:, 0].tolist() == [5, 5, 5, 7]


def test_a_period_in_which_nobody_leaves_is_refused_by_name(periods):
    calm = replace(periods, exits=np.where(periods.period == 3, 0.0, periods.exits))
    with pytest.raises(EstimationError, match="Separation: period 3 tell"):
        estimate_discrete_hazard(calm, link="cloglog", pieces=PIECES)


def test_a_category_in_which_everyone_leaves_is_refused_by_name(periods):
    knowing = replace(
        periods,
        covariates=np.column_stack([periods.covariates, periods.exits]),
        names=(*periods.names, "leaves"),
    )
    with pytest.raises(EstimationError, match=r"Separation: .*leaves"):
        estimate_discrete_hazard(knowing, link="logit", pieces=PIECES)


def test_unusable_person_periods_are_refused_with_every_fault_and_count(periods):
    covariates = periods.covariates.copy()
    covariates[:4, 0] = np.nan
    broken = replace(periods, covariates=covariates, exits=periods.exits * 2)
    with pytest.raises(EstimationError) as refused:
        estimate_discrete_hazard(broken, link="logit")
    for part in ("zia is missing or infinite in 4", "exits are not between .* 188 row"):
        assert refused.match(f"(?s).*{part}")
    with pytest.raises(EstimationError, match="cells do not tell whose rows"):
        estimate_discrete_hazard(
            count_cells(periods), link="logit", covariance="cluster"
        )
    with pytest.raises(EstimationError, match="twice says what the other columns say"):
        estimate_discrete_hazard(
            replace(
                periods,
                covariates=np.column_stack([periods.covariates[:, :1]] * 2),
                names=("once", "twice"),
            ),
            link="logit",
            pieces=PIECES,
        )


def test_intervals_cover():
    random, trials = np.random.default_rng(7), 300
    plain = clustered = 0
    for _ in range(trials):
        x = random.integers(0, 2, 150).astype(float)
        leaves = np.ceil(random.exponential(6 * np.exp(-0.5 * x)))
        rows = expand_person_periods(
            np.minimum(leaves, 8).astype(np.int64),
            leaves <= 8,
            covariates=x[:, None],
            names=("treated",),
        )
        for covariance in ("model", "cluster"):
            fit = estimate_discrete_hazard(
                rows, link="cloglog", pieces=(1, 5), covariance=covariance
            )
            treated = fit.coefficients[-1]
            holds = treated.ci_lower <= 0.5 <= treated.ci_upper
            plain += holds and covariance == "model"
            clustered += holds and covariance == "cluster"
    error = 3.5 * np.sqrt(0.09 / trials)
    assert abs(plain / trials - 0.90) < error
    assert abs(clustered / trials - 0.90) < error
