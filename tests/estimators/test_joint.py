"""Effects at several horizons together: stacked regressions, drawing again."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from rctspark.errors import EstimationError
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.joint import Again, count_again, estimate_joint

N, ARMS = 120, {"a": 1, "b": 2}


def months(seed=1, n=N, count=3):
    """A trial of three arms, and months in which persons stay much as they were."""
    random = np.random.default_rng(seed)
    arm = np.repeat([0, 1, 2], n // 3)
    random.shuffle(arm)
    age = random.normal(size=n)
    design = np.column_stack([np.ones(n), arm == 1, arm == 2, age]).astype(float)
    same = random.normal(size=n) + 0.5 * age
    noise = random.normal(size=(count, n)) * (1 + (arm == 1))
    return design, {("job", t): same + noise[t] for t in range(count)}


def test_months_together_are_stacked_regressions_with_errors_by_person():
    design, outcomes = months()
    found = estimate_joint(make_influence(outcomes, design, treatments=ARMS), df=116.0)
    m, (n, k) = len(outcomes), design.shape
    stacked = np.kron(np.eye(m), design)
    fit = sm.OLS(np.concatenate(list(outcomes.values())), stacked).fit(
        cov_type="cluster",
        cov_kwds={"groups": np.tile(np.arange(n), m), "use_correction": False},
    )
    for test in found:
        places = [t * k + ARMS[test.arm] for t in range(m)]
        spread = fit.cov_params()[np.ix_(places, places)] * n / (n - k)
        wald = fit.params[places] @ np.linalg.solve(spread, fit.params[places])
        assert test.statistic == pytest.approx(wald / m, rel=1e-9)
        assert (test.df_numerator, test.horizons) == (3, (0, 1, 2))


def test_one_month_by_itself_has_the_p_value_of_its_effect():
    design, outcomes = months(count=1)
    found = estimate_joint(make_influence(outcomes, design, treatments=ARMS), df=116.0)
    fit = sm.OLS(outcomes["job", 0], design).fit(cov_type="HC1", use_t=True)
    for test in found:
        assert test.statistic == pytest.approx(fit.tvalues[ARMS[test.arm]] ** 2)
        assert test.p_value == pytest.approx(fit.pvalues[ARMS[test.arm]])


def test_a_month_that_repeats_another_or_has_nobody_is_no_further_test():
    design, outcomes = months(count=2)
    more = outcomes | {("job", 2): 2 * outcomes["job", 1], ("job", 3): np.zeros(N)}
    plain, with_more = (
        estimate_joint(make_influence(o, design, treatments=ARMS), df=116.0)
        for o in (outcomes, more)
    )
    for one, other in zip(plain, with_more, strict=True):
        assert other.df_numerator == one.df_numerator == 2
        assert other.statistic == pytest.approx(one.statistic)


def test_where_nobody_varies_there_is_nothing_to_test():
    design, _ = months()
    found = estimate_joint(
        make_influence({("job", 0): np.zeros(N)}, design, treatments=ARMS), df=116.0
    )
    assert {(t.statistic, t.df_numerator, t.p_value) for t in found} == {(0.0, 0, 1.0)}


def slow_count(design, outcomes, below):
    """Fit every regression again and count."""
    found = 0
    for values in outcomes.values():
        fit = sm.OLS(values, design).fit(cov_type="HC1", use_t=True)
        found += int((fit.pvalues[[1, 2]] < below).sum())
    return found


def again_of(design, outcomes, draws=19, strata=None, seed=3, below=0.3):
    return count_again(
        outcomes,
        design,
        treatments=2,
        strata=np.full(len(design), "all") if strata is None else strata,
        random=np.random.default_rng(seed),
        again=Again(draws=draws, below=below),
    )


def test_small_p_values_are_counted_as_by_fitting_again_in_every_draw():
    design, outcomes = months()
    found = again_of(design, outcomes)
    assert found.found == slow_count(design, outcomes, 0.3)
    random, counts = np.random.default_rng(3), []
    for _ in range(19):
        order = random.permutation(np.arange(N))
        drawn = design.copy()
        drawn[:, 1:3] = design[order, 1:3]
        counts.append(slow_count(drawn, outcomes, 0.3))
    assert found.expected == pytest.approx(np.mean(counts))
    as_many = sum(count >= found.found for count in counts)
    assert found.p_value == pytest.approx((as_many + 1) / 20)
    assert found.effects == 6


def test_arms_are_drawn_again_within_strata_alone():
    design, outcomes = months()
    everyone_apart = np.arange(N).astype(str)
    found = again_of(design, outcomes, strata=everyone_apart)
    assert (found.p_value, found.expected) == (1.0, found.found)


def test_the_same_seed_gives_the_same_count():
    design, outcomes = months()
    assert again_of(design, outcomes) == again_of(design, outcomes)


def test_a_missing_month_and_another_covariance_are_refused():
    design, outcomes = months()
    outcomes["job", 0][:4] = np.nan
    with pytest.raises(EstimationError, match=r"job at 0 .* for 4 person\(s\)"):
        again_of(design, outcomes)
    with pytest.raises(EstimationError, match="no covariance HC3"):
        count_again(
            {},
            design,
            treatments=2,
            strata=np.full(N, "all"),
            random=np.random.default_rng(1),
            again=Again(covariance="HC3"),
        )


def test_with_no_effect_small_shares_are_as_rare_as_they_say():
    p_values = []
    for seed in range(150):
        design, outcomes = months(seed, n=45)
        p_values.append(again_of(design, outcomes, draws=39, below=0.1).p_value)
    # Counts tie, so the test is on the safe side: never more often than it says.
    assert np.mean(np.array(p_values) <= 0.10) <= 0.10 + 3 * np.sqrt(0.09 / 150)
