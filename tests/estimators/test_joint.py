"""Effects at several horizons together: stacked regressions, drawing again."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from rctspark.errors import EstimationError
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.joint import estimate_joint
from rctspark.estimators.families.redrawn import Again, draw_again

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
    return draw_again(
        outcomes,
        design,
        treatments=2,
        strata=np.full(len(design), "all") if strata is None else strata,
        random=np.random.default_rng(seed),
        again=Again(draws=draws, below=below),
    )


def drawn_designs(design, draws=19, seed=3):
    """The designs of the draws that `again_of` makes."""
    random = np.random.default_rng(seed)
    for _ in range(draws):
        drawn = design.copy()
        drawn[:, 1:3] = design[random.permutation(np.arange(len(design))), 1:3]
        yield drawn


def test_small_p_values_are_counted_as_by_fitting_again_in_every_draw():
    design, outcomes = months(n=30, count=12)
    found = again_of(design, outcomes)
    assert found.found == slow_count(design, outcomes, 0.3)
    counts = [slow_count(drawn, outcomes, 0.3) for drawn in drawn_designs(design)]
    assert found.expected == pytest.approx(np.mean(counts))
    as_many = sum(count >= found.found for count in counts)
    assert found.p_value == pytest.approx((as_many + 1) / 20)
    assert found.effects == 24


def test_joint_statistics_are_compared_with_those_of_every_draw():
    design, outcomes = months(count=3)
    _, more = months(seed=2, count=2)
    outcomes |= {("pay", t): values for (_, t), values in more.items()}
    outcomes["pay", 2] = outcomes["pay", 0] - outcomes["pay", 1]

    def statistics(made):
        influence = make_influence(outcomes, made, treatments=ARMS)
        found = estimate_joint(influence, df=116.0)
        return {(t.outcome, ARMS[t.arm] - 1): t.statistic for t in found}

    found = again_of(design, outcomes, draws=29)
    first = statistics(design)
    drawn = [statistics(made) for made in drawn_designs(design, draws=29)]
    for key, share in found.joint.items():
        as_large = sum(one[key] >= first[key] for one in drawn)
        assert share == pytest.approx((as_large + 1) / 30), key
    assert len(found.joint) == 4


def test_arms_are_drawn_again_within_strata_alone():
    design, outcomes = months()
    everyone_apart = np.arange(N).astype(str)
    found = again_of(design, outcomes, strata=everyone_apart)
    assert (found.p_value, found.expected) == (1.0, found.found)
    assert set(found.joint.values()) == {1.0}


def test_the_same_seed_gives_the_same_count():
    design, outcomes = months()
    assert again_of(design, outcomes) == again_of(design, outcomes)


def test_a_missing_month_and_another_covariance_are_refused():
    design, outcomes = months()
    outcomes["job", 0][:4] = np.nan
    with pytest.raises(EstimationError, match=r"job at 0 .* for 4 person\(s\)"):
        again_of(design, outcomes)
    with pytest.raises(EstimationError, match="no covariance HC3"):
        draw_again(
            {},
            design,
            treatments=2,
            strata=np.full(N, "all"),
            random=np.random.default_rng(1),
            again=Again(covariance="HC3"),
        )


def rare(seed, n=60):
    """Months in which few have work, and fewer change: no effect of an arm."""
    design, _ = months(seed, n=n)
    random = np.random.default_rng(seed + 1000)
    works = (random.random(n) < 0.15).astype(float)
    outcomes = {}
    for month in range(3):
        works = np.where(random.random(n) < 0.05, 1 - works, works)
        outcomes["job", month] = works
    return design, outcomes


def test_drawing_again_holds_its_size_where_few_have_work_and_fewer_change():
    counted, drawn = [], []
    for seed in range(150):
        design, outcomes = rare(seed)
        found = again_of(design, outcomes, draws=39, below=0.1)
        counted.append(found.p_value)
        drawn += found.joint.values()
    # Statistics tie, so the tests are on the safe side: never more often than they say.
    most = 0.10 + 3 * np.sqrt(0.09 / 150)
    assert np.mean(np.array(counted) <= 0.10) <= most
    assert np.mean(np.array(drawn) <= 0.10) <= most
