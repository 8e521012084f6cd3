"""Missing outcomes: shares, bounds, weights; slow twins, R, refusals, coverage."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import optimize, stats

from estimators.formula_trial import (
    ARM,
    ARMS,
    NUMBER,
    OUTCOME,
    PRINTED,
    TREATED,
    WEIGHT,
    N,
    noise,
    within,
)
from rctspark.errors import EstimationError
from rctspark.estimators.attrition.inverse_probability import (
    estimate_inverse_probability,
)
from rctspark.estimators.attrition.lee_bounds import estimate_lee_bounds
from rctspark.estimators.attrition.observed import (
    estimate_attrition,
    estimate_manski_bounds,
)
from rctspark.estimators.intervals import imbens_manski_interval
from rctspark.estimators.randomised.strata import estimate_by_strata

SEEN = noise(N, 6.61) < 1 / (1 + np.exp(-(0.5 + NUMBER + 0.3 * TREATED)))
PARTLY = np.where(SEEN, OUTCOME, np.nan)


def test_attrition_is_the_difference_in_shares_observed():
    found = estimate_attrition(SEEN, ARM, arms=ARMS)
    share = [SEEN[a == ARM].mean() for a in ARMS]
    assert found.differences[0].estimate == pytest.approx(share[1] - share[0])
    assert found.n_observed == tuple(int(SEEN[a == ARM].sum()) for a in ARMS)
    table = [[SEEN[a == ARM].sum(), (~SEEN)[a == ARM].sum()] for a in ARMS]
    expected = stats.chi2_contingency(np.array(table), correction=False)
    assert found.p_value == pytest.approx(expected.pvalue)


def test_with_nobody_missing_all_bounds_are_the_difference_in_means():
    (plain,) = estimate_by_strata(OUTCOME, ARM, np.full(N, "all"), arms=ARMS)
    (lee,) = estimate_lee_bounds(OUTCOME, ARM, arms=ARMS)
    (manski,) = estimate_manski_bounds(OUTCOME, ARM, arms=ARMS, support=(0, 9))
    (weighted,) = estimate_inverse_probability(OUTCOME, ARM, NUMBER[:, None], arms=ARMS)
    for found in (lee.lower, lee.upper, manski.lower, manski.upper, weighted.estimate):
        assert found == pytest.approx(plain.difference.estimate, rel=1e-12)
    for error in (manski.std_error_lower, weighted.std_error):
        assert error == pytest.approx(plain.difference.std_error, rel=1e-12)
    assert lee.std_error_lower == pytest.approx(plain.difference.std_error, rel=0.02)
    assert lee.trimmed_share == 0


def slow_lee(y1, n1, y0, n0):
    """Lee's bounds with every value repeated until the trimmed share is whole."""
    kept = (len(y0) / n0) / (len(y1) / n1)
    times = n0 * len(y1)
    many = np.sort(np.repeat(y1, times))
    mass = round(kept * many.size)
    return many[:mass].mean() - np.mean(y0), many[-mass:].mean() - np.mean(y0)


def lee_variance(y1, n1, y0, n0):
    """Lee's (2009) proposition 3, for the lower bound."""
    a1, a0 = len(y1) / n1, len(y0) / n0
    n, share, p = n1 + n0, n1 / (n1 + n0), 1 - a0 / a1
    edge = np.sort(y1)[int(np.ceil((1 - p) * len(y1) - 1e-9)) - 1]
    inner = y1[y1 <= edge]
    mean = inner.mean()
    of_p = (1 - p) ** 2 * ((1 - a1) / (share * a1) + (1 - a0) / ((1 - share) * a0))
    seen = a1 * share
    return (
        inner.var() / (seen * (1 - p))
        + (edge - mean) ** 2 * p / (seen * (1 - p))
        + ((edge - mean) / (1 - p)) ** 2 * of_p
        + np.var(y0) / (a0 * (1 - share))
    ) / n


def test_lee_s_bounds_and_errors_are_those_of_a_slow_computation():
    random = np.random.default_rng(2)
    n = 4000
    treated = random.random(n) < 0.4
    y = random.normal(size=n) + treated
    seen = random.random(n) < np.where(treated, 0.8, 0.7)
    arm = np.where(treated, "treated", "control")
    (found,) = estimate_lee_bounds(np.where(seen, y, np.nan), arm, arms=ARMS)
    y1, y0 = y[seen & treated], y[seen & ~treated]
    n1, n0 = treated.sum(), (~treated).sum()
    kept = (len(y0) / n0) / (len(y1) / n1)
    ordered = np.sort(y1)
    mass = kept * len(y1)
    whole = int(mass)
    low = (ordered[:whole].sum() + (mass - whole) * ordered[whole]) / mass
    assert found.lower == pytest.approx(low - y0.mean(), rel=1e-12)
    assert found.std_error_lower == pytest.approx(
        np.sqrt(lee_variance(y1, n1, y0, n0)), rel=2e-3
    )
    assert found.trimmed_share == pytest.approx(1 - kept)


def test_shares_can_be_bounded_and_the_edge_counts_by_its_fraction():
    random = np.random.default_rng(8)
    y1 = (random.random(30) < 0.6).astype(float)
    y0 = (random.random(23) < 0.4).astype(float)
    outcome = np.concatenate([y1, np.full(5, np.nan), y0, np.full(14, np.nan)])
    arm = np.repeat(["treated", "control"], [35, 37])
    (found,) = estimate_lee_bounds(outcome, arm, arms=ARMS)
    expected = slow_lee(y1, 35, y0, 37)
    assert (found.lower, found.upper) == pytest.approx(expected)


def test_turning_the_arms_or_the_outcome_round_turns_the_bounds_round():
    (found,) = estimate_lee_bounds(PARTLY, ARM, arms=ARMS)
    (turned,) = estimate_lee_bounds(PARTLY, ARM, arms=ARMS[::-1])
    (minus,) = estimate_lee_bounds(-PARTLY, ARM, arms=ARMS)
    for other in (turned, minus):
        assert (other.lower, other.upper) == pytest.approx((-found.upper, -found.lower))
        assert other.std_error_lower == pytest.approx(found.std_error_upper)
    assert found.ci_lower < found.lower < found.upper < found.ci_upper


def test_the_errors_of_bounds_within_cells_are_those_of_a_bootstrap():
    random = np.random.default_rng(5)
    n = 1500
    cell = random.choice(["low", "high"], n)
    treated = random.random(n) < 0.5
    chance = np.where(cell == "low", 0.6, 0.8) + 0.12 * treated
    y = random.normal(size=n) + 2 * (cell == "low") + 0.4 * treated
    outcome = np.where(random.random(n) < chance, y, np.nan)
    arm = np.where(treated, "treated", "control")
    (found,) = estimate_lee_bounds(outcome, arm, arms=ARMS, cell=cell)
    (coarse,) = estimate_lee_bounds(outcome, arm, arms=ARMS)
    assert found.upper - found.lower < coarse.upper - coarse.lower
    assert (found.cells, found.cells_turned) == (2, 0)
    again = []
    for _ in range(300):
        rows = random.integers(0, n, n)
        (one,) = estimate_lee_bounds(
            outcome[rows], arm[rows], arms=ARMS, cell=cell[rows]
        )
        again.append((one.lower, one.upper))
    np.testing.assert_allclose(
        [found.std_error_lower, found.std_error_upper],
        np.std(again, axis=0),
        rtol=0.15,
    )


def test_the_interval_of_imbens_and_manski_lies_between_one_and_two_sides():
    def critical(width):
        lower, upper = imbens_manski_interval((0.0, width), (1.0, 1.0), level=0.90)
        assert upper - width == pytest.approx(-lower)
        return -lower

    assert critical(0.0) == pytest.approx(stats.norm.ppf(0.95), abs=1e-9)
    assert critical(50.0) == pytest.approx(stats.norm.ppf(0.90), abs=1e-9)
    c = critical(0.7)
    assert stats.norm.cdf(c + 0.7) - stats.norm.cdf(-c) == pytest.approx(0.90)


def test_weights_have_r_s_stacked_standard_error():
    covariates = np.column_stack([NUMBER, WEIGHT])
    (found,) = estimate_inverse_probability(PARTLY, ARM, covariates, arms=ARMS)
    r = PRINTED["ipw"]
    n1, n0 = r["n"]
    variance = r["variance_arm"] * n1 / (n1 - 1)
    variance += r["variance_control"] * n0 / (n0 - 1)
    assert found.estimate == pytest.approx(r["estimate"], rel=1e-9)
    assert found.std_error == pytest.approx(np.sqrt(variance), rel=1e-9)


def test_stacked_equations_solved_with_numerical_derivatives_give_the_same():
    here = TREATED == 1
    design = np.column_stack([np.ones(here.sum()), NUMBER[here]])
    seen, y = SEEN[here], np.where(SEEN, OUTCOME, 0.0)[here]

    def moments(theta):
        p = 1 / (1 + np.exp(-design @ theta[:2]))
        return np.column_stack(
            [design * (seen - p)[:, None], seen / p * (y - theta[2])]
        )

    root = optimize.root(lambda t: moments(t).sum(axis=0), np.zeros(3), tol=1e-13).x
    step = 1e-6
    bread = np.column_stack(
        [
            (moments(root + step * e) - moments(root - step * e)).sum(axis=0) / 2 / step
            for e in np.eye(3)
        ]
    )
    middle = moments(root).T @ moments(root)
    cov = np.linalg.solve(bread, np.linalg.solve(bread, middle).T)
    (found,) = estimate_inverse_probability(PARTLY, ARM, NUMBER[:, None], arms=ARMS)
    (alone,) = estimate_inverse_probability(
        np.where(here, PARTLY, OUTCOME * 0 + 1 + 1e-12 * np.arange(N)),
        ARM,
        NUMBER[:, None],
        arms=ARMS,
    )
    assert found.mean_arm == pytest.approx(root[2], rel=1e-9)
    n = here.sum()
    assert alone.std_error == pytest.approx(np.sqrt(cov[2, 2] * n / (n - 1)), rel=1e-6)


def test_too_few_observed_values_out_of_range_and_separation_are_refused():
    few = np.where((TREATED == 1) & (np.cumsum(TREATED) > 6), np.nan, OUTCOME)
    with pytest.raises(EstimationError, match=r"6 person.s. observed in arm treated"):
        estimate_lee_bounds(few, ARM, arms=ARMS)
    cell = np.where(np.arange(N) < 12, "x", "y")
    with pytest.raises(EstimationError, match="observed in cell x in arm control"):
        estimate_lee_bounds(PARTLY, ARM, arms=ARMS, cell=cell)
    with pytest.raises(EstimationError, match="lies outside its range"):
        estimate_manski_bounds(PARTLY, ARM, arms=ARMS, support=(0, 1))
    split = np.where(NUMBER < 0.5, OUTCOME, np.nan)
    with pytest.raises(EstimationError, match="separation"):
        estimate_inverse_probability(split, ARM, NUMBER[:, None], arms=ARMS)
    gap = np.where(np.arange(N) == 3, np.nan, NUMBER)
    with pytest.raises(EstimationError, match="a covariate is missing"):
        estimate_inverse_probability(PARTLY, ARM, gap[:, None], arms=ARMS)


def test_intervals_hold_the_effect_as_often_as_they_say():
    random = np.random.default_rng(1)
    trials = 250
    held = {"lee": 0, "manski": 0, "weights": 0}
    for _ in range(trials):
        n = 600
        x = random.normal(size=n)
        treated = random.permutation(np.resize([True, False], n))
        arm = np.where(treated, "treated", "control")
        # Those seen in any arm have the lowest values of the added: the lower bound
        # is the effect, the worst case for an interval.
        y = random.normal(size=n)
        able = random.random(n) < 0.7
        seen = able & (treated | (y <= stats.norm.ppf(0.85)))
        y = np.where(seen, y + 0.3 * treated, np.nan)
        (lee,) = estimate_lee_bounds(y, arm, arms=ARMS)
        held["lee"] += lee.ci_lower <= 0.3 <= lee.ci_upper
        yes = (random.random(n) < 0.4 + 0.2 * treated).astype(float)
        # Missing where it makes the effect look largest.
        gone = random.random(n) < 0.3 * (yes == ~treated)
        (manski,) = estimate_manski_bounds(
            np.where(gone, np.nan, yes), arm, arms=ARMS, support=(0, 1)
        )
        held["manski"] += manski.ci_lower <= 0.2 <= manski.ci_upper
        z = x + random.normal(size=n) + 0.5 * treated
        known = random.random(n) < 1 / (1 + np.exp(-(0.7 + x * treated)))
        (weighted,) = estimate_inverse_probability(
            np.where(known, z, np.nan), arm, x[:, None], arms=ARMS
        )
        held["weights"] += weighted.ci_lower <= 0.5 <= weighted.ci_upper
    for count in held.values():
        assert within(count / trials, 0.90, trials), held
