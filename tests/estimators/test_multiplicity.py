"""Families of tests: R and statsmodels, a slow step-down, refusals, error rates."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.multitest import multipletests

from estimators.formula_trial import NUMBER, OUTCOME, PRINTED, TREATED, N, within
from rctspark.errors import EstimationError
from rctspark.estimators.families.influence import Influence, make_influence
from rctspark.estimators.families.multiplicity import (
    adjust_benjamini_hochberg,
    adjust_holm,
    critical_value,
    estimate_family,
    multiply,
    step_down,
)

R = PRINTED["adjust"]


def test_holm_and_benjamini_hochberg_are_r_s():
    np.testing.assert_allclose(adjust_holm(R["p"]), R["holm"], rtol=1e-12)
    np.testing.assert_allclose(adjust_benjamini_hochberg(R["p"]), R["bh"], rtol=1e-12)


def test_with_ties_and_many_they_are_those_of_statsmodels():
    p = np.round(np.random.default_rng(3).random(300) ** 3, 2)
    np.testing.assert_allclose(adjust_holm(p), multipletests(p, method="holm")[1])
    np.testing.assert_allclose(
        adjust_benjamini_hochberg(p), multipletests(p, method="fdr_bh")[1]
    )


def slow_step_down(observed, drawn):
    """Romano and Wolf, one hypothesis after the other."""
    left = list(range(len(observed)))
    found, floor = {}, 0.0
    while left:
        top = max(left, key=lambda i: abs(observed[i]))
        extreme = sum(
            max(abs(row[i]) for i in left) >= abs(observed[top]) for row in drawn
        )
        floor = max(floor, (extreme + 1) / (len(drawn) + 1))
        found[top] = floor
        left.remove(top)
    return np.array([found[i] for i in range(len(observed))])


def test_the_step_down_is_that_of_a_slow_one():
    random = np.random.default_rng(4)
    mixed = random.normal(size=(7, 7))
    drawn = random.normal(size=(400, 7)) @ mixed
    observed = random.normal(size=7) * 3
    np.testing.assert_allclose(
        step_down(observed, drawn), slow_step_down(observed, drawn), rtol=1e-12
    )


def test_of_one_test_the_step_down_is_the_test_and_more_tests_never_lower_p():
    random = np.random.default_rng(5)
    drawn = random.normal(size=(999, 4))
    alone = step_down(np.array([2.0]), drawn[:, :1])[0]
    count = (np.abs(drawn[:, 0]) >= 2).sum() + 1
    assert alone == count / 1000
    together = step_down(np.array([2.0, 2.5, 0.1, 0.2]), drawn)[0]
    assert together >= alone


@pytest.mark.parametrize("kind", ["HC0", "HC1", "HC2", "HC3"])
def test_influences_give_the_estimates_and_errors_of_statsmodels(kind):
    design = np.column_stack([np.ones(N), TREATED, NUMBER])
    partly = np.where(np.arange(N) % 5 == 0, np.nan, OUTCOME**2)
    found = make_influence(
        {("y", 0): OUTCOME, ("y", 1): partly},
        design,
        treatments={"a": 1},
        covariance=kind,
    )
    for i, values in enumerate((OUTCOME, partly)):
        seen = ~np.isnan(values)
        fit = sm.OLS(values[seen], design[seen]).fit(cov_type=kind)
        assert found.estimate[i] == pytest.approx(fit.params[1], rel=1e-10)
        assert found.std_error()[i] == pytest.approx(fit.bse[1], rel=1e-10)


def test_influences_with_a_covariance_that_has_none_are_refused_by_name():
    design = np.column_stack([np.ones(N), TREATED])
    with pytest.raises(EstimationError, match=r"no covariance classical .* only HC0"):
        make_influence(
            {("y", 0): OUTCOME}, design, treatments={"a": 1}, covariance="classical"
        )


def test_influences_summed_over_clusters_give_the_clustered_error():
    design = np.column_stack([np.ones(N), TREATED, NUMBER])
    cluster = np.arange(N) // 6
    found = make_influence(
        {("y", 0): OUTCOME}, design, treatments={"a": 1}, covariance="HC0"
    )
    fit = sm.OLS(OUTCOME, design).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
    )
    assert found.std_error(cluster)[0] == pytest.approx(fit.bse[1], rel=1e-10)


def test_the_band_of_one_effect_is_its_interval_and_of_equal_effects_no_wider():
    random = np.random.default_rng(6)
    drawn = random.normal(size=(40_000, 1))
    normal = stats.norm.ppf(0.95)
    assert critical_value(drawn, level=0.90) == pytest.approx(normal, abs=0.03)
    same = np.repeat(drawn, 5, axis=1)
    assert critical_value(same, level=0.90) == critical_value(drawn, level=0.90)
    apart = random.normal(size=(40_000, 5))
    sidak = stats.norm.ppf((1 + 0.90 ** (1 / 5)) / 2)
    assert critical_value(apart, level=0.90) == pytest.approx(sidak, abs=0.03)


def test_signs_keep_how_effects_move_together():
    random = np.random.default_rng(7)
    influence = random.normal(size=(300, 3)) @ np.array(
        [[1, 0.9, 0], [0, 0.2, 0], [0, 0, 1]]
    )
    drawn = multiply(influence, random, draws=20_000)
    gram = influence.T @ influence
    size = np.sqrt(np.diag(gram))
    np.testing.assert_allclose(
        np.corrcoef(drawn.T), gram / np.outer(size, size), atol=0.03
    )
    np.testing.assert_allclose(drawn.std(axis=0), 1, atol=0.02)


def test_a_family_is_filed_with_every_kind_of_p_value_and_its_band():
    design = np.column_stack([np.ones(N), TREATED])
    outcomes = {("y", h): OUTCOME + h * np.sin(np.arange(N)) for h in range(4)}
    made = make_influence(outcomes, design, treatments={"treated": 1})
    family = estimate_family(made, np.random.default_rng(1), draws=999)
    assert [(m.outcome, m.horizon, m.arm) for m in family] == list(made.keys)
    p = [m.p_value for m in family]
    np.testing.assert_allclose([m.p_holm for m in family], adjust_holm(p))
    for m in family:
        assert m.p_value <= m.p_step_down + 0.01
        assert m.band_upper - m.estimate == pytest.approx(m.critical * m.std_error)
        assert (m.family_size, m.draws) == (4, 999)


def test_effects_without_variation_and_wrong_p_values_are_refused():
    flat = Influence(
        keys=(("y", 0, "a"),), estimate=np.zeros(1), influence=np.zeros((9, 1))
    )
    with pytest.raises(EstimationError, match="y at horizon 0, arm a: nobody varies"):
        estimate_family(flat, np.random.default_rng(1), draws=9)
    with pytest.raises(EstimationError, match=r"2 p-value\(s\)"):
        adjust_holm([0.2, np.nan, 1.2])
    design = np.column_stack([np.ones(N), TREATED, TREATED])
    with pytest.raises(EstimationError, match="no full rank"):
        make_influence({("y", 0): OUTCOME}, design, treatments={"a": 1})


def test_any_false_rejection_and_any_miss_of_the_band_are_as_rare_as_they_say():
    random = np.random.default_rng(752)
    arm = np.resize(np.arange(4), 240)
    trials, wrong, held = 200, 0, 0
    for _ in range(trials):
        drawn = random.permutation(arm)
        design = np.column_stack([np.ones(240), *(drawn == k for k in (1, 2, 3))])
        walk = random.normal(size=(240, 6)).cumsum(axis=1)
        walk[:, 0] += 1.0 * (drawn == 1)
        made = make_influence(
            {("y", h): walk[:, h] for h in range(6)},
            design,
            treatments={"a": 1, "b": 2, "c": 3},
        )
        family = estimate_family(made, random, draws=199)
        truth = [float(m.horizon == 0 and m.arm == "a") for m in family]
        wrong += any(
            m.p_step_down <= 0.10 for m, t in zip(family, truth, strict=True) if t == 0
        )
        held += all(
            m.band_lower <= t <= m.band_upper
            for m, t in zip(family, truth, strict=True)
        )
    assert within(wrong / trials, 0.10, trials)
    assert within(held / trials, 0.90, trials)
