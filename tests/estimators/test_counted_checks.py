"""What a plan declares: fit to the target, bounds, joint tests, models, power."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.power import NormalIndPower, TTestIndPower

from grouped_plan import LINES
from rctspark.config.settings import Thresholds
from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError
from rctspark.estimators.attrition.counted_bounds import count_bounds
from rctspark.estimators.attrition.lee_bounds import estimate_lee_bounds
from rctspark.estimators.balance.counted_fit import count_fit
from rctspark.estimators.families.declared_joint import judge_joint
from rctspark.estimators.families.redrawn import Again, draw_again
from rctspark.estimators.full_models import estimate_full_models
from rctspark.estimators.randomised.planned_power import estimate_planned_power
from release.checked_trial import PLAN, plan_with, table_of, tables_with

N = 900
GROUPS = ["usual", "more", "less", "reference", "target"]
ENROLLED = ("usual", "more", "less")


@pytest.fixture(scope="module")
def plan():
    return plan_with()


@pytest.fixture(scope="module")
def everyone():
    """Those enrolled, the reference group, and others of the target population."""
    rng = np.random.default_rng(20180504)
    arm = rng.choice(GROUPS, N)
    sex = rng.choice(3, N, p=[0.5, 0.45, 0.05])
    is_enrolled = np.isin(arm, ENROLLED)
    answered = rng.random(N) < np.where(arm == "more", 0.8, 0.6)
    mark = np.where(is_enrolled & answered, rng.integers(0, 11, N), np.nan)
    pay = rng.lognormal(3, 1, (N, 1))
    pay[:7] = np.nan
    return AnalysisSample(
        arm=arm,
        covariates={
            "sex": np.column_stack([sex == 1, sex == 2]).astype(float),
            "pay": pay,
            "stratum": rng.integers(0, 2, (N, 1)).astype(float),
        },
        columns={
            "sex": ("sex=woman", "sex=unknown"),
            "pay": ("pay",),
            "stratum": ("stratum=far",),
        },
        outcomes={("mark", 2): mark},
    )


@pytest.fixture(scope="module")
def enrolled(everyone):
    """Those enrolled, in three months before the start and one after."""
    rng = np.random.default_rng(5)
    own = np.isin(everyone.arm, ENROLLED)
    months = {
        ("job", h): rng.integers(0, 2, own.sum()).astype(float) for h in (-3, -2, -1, 2)
    }
    covariates = {
        k: np.nan_to_num(v[own], nan=20) for k, v in everyone.covariates.items()
    }
    return AnalysisSample(everyone.arm[own], covariates, everyone.columns, months)


def counted(counts):
    return {c[:4]: c for c in counts}


@pytest.mark.parametrize("group", ["all", "reference"])
def test_categories_are_held_against_everyones_by_goodness_of_fit(
    plan, everyone, group
):
    found = counted(count_fit(table_of(plan, "fit"), everyone, plan))
    sex = everyone.covariates["sex"]
    known, woman = sex[:, 1] == 0, sex[:, 0] == 1
    own = np.isin(everyone.arm, ENROLLED) if group == "all" else everyone.arm == group
    n = int((own & known).sum())
    share = woman[known].mean()
    seen = [int((own & known & ~woman).sum()), int((own & known & woman).sum())]
    expected = stats.chisquare(seen, [n * (1 - share), n * share])
    test = found["sex", "fit", 0, group]
    assert test.statistic == pytest.approx(expected.statistic)
    assert test.p_value == pytest.approx(expected.pvalue)
    assert (test.df, test.persons) == (1, n)


def test_a_number_is_held_against_everyones_mean_by_one_sample(plan, everyone):
    found = counted(count_fit(table_of(plan, "fit"), everyone, plan))
    pay = everyone.covariates["pay"][:, 0]
    own = pay[(everyone.arm == "reference") & ~np.isnan(pay)]
    expected = stats.ttest_1samp(own, np.nanmean(pay))
    test = found["pay", "fit", 0, "reference"]
    assert test.statistic == pytest.approx(expected.statistic)
    assert test.p_value == pytest.approx(expected.pvalue)
    assert (test.df, test.persons) == (own.size - 1, own.size)


def test_a_category_that_means_unknown_counts_where_it_is_shown(everyone):
    shown = LINES["sex"]["categories"] | {"?": "unknown"}
    lines = LINES | {"sex": LINES["sex"] | {"categories": shown}}
    wider = plan_with(tables=tables_with("fit", lines=lines))
    found = counted(count_fit(table_of(wider, "fit"), everyone, wider))
    assert found["sex", "fit", 0, "all"].df == 2


def test_a_group_of_fewer_than_ten_is_not_tested(plan, everyone):
    few = everyone.arm.copy()
    few[few == "reference"] = "target"
    few[np.flatnonzero(few == "target")[:9]] = "reference"
    sample = AnalysisSample(few, everyone.covariates, everyone.columns, {})
    found = counted(count_fit(table_of(plan, "fit"), sample, plan))
    assert ("sex", "fit", 0, "reference") not in found
    assert ("sex", "fit", 0, "all") in found


def test_bounds_are_of_each_arm_against_control_alone(plan, everyone):
    found = counted(count_bounds(table_of(plan, "bounds"), everyone, plan))
    pair = np.isin(everyone.arm, ["usual", "more"])
    (lee,) = estimate_lee_bounds(
        everyone.outcomes["mark", 2][pair],
        everyone.arm[pair],
        arms=("usual", "more"),
        level=0.90,
    )
    expected = (lee.lower, lee.upper, lee.ci_lower, lee.ci_upper, lee.trimmed_share)
    words = ("lower", "upper", "low", "high", "trimmed")
    for word, value in zip(words, expected, strict=True):
        row = found["mark", f"Lee {word}", 2, "more"]
        assert row.total == pytest.approx(value)
        assert (row.persons, row.base_persons) == (lee.n_arm_observed, lee.n_arm)


def test_the_effect_and_lees_bounds_lie_within_manskis(plan, everyone):
    found = counted(count_bounds(table_of(plan, "bounds"), everyone, plan))
    for arm in ("more", "less"):
        ends = [
            found["mark", f"{method} {word}", 2, arm].total
            for method, word in (
                ("Manski", "lower"),
                ("Lee", "lower"),
                ("Lee", "upper"),
                ("Manski", "upper"),
            )
        ]
        assert ends == sorted(ends)


def test_an_outcome_without_ends_has_no_bounds_by_manski(everyone):
    line = {"mark": {"outcome": "mark", "horizons": [2]}}
    open_ended = plan_with(tables=tables_with("bounds", lines=line))
    found = count_bounds(table_of(open_ended, "bounds"), everyone, open_ended)
    assert {c.method for c in found} == {"Lee"}


def test_an_answer_beyond_the_ends_is_refused_with_how_many(everyone):
    line = {"mark": {"outcome": "mark", "horizons": [2], "lowest": 0, "highest": 9}}
    narrow = plan_with(tables=tables_with("bounds", lines=line))
    with pytest.raises(EstimationError, match=r"of \d+ person\(s\) lies outside"):
        count_bounds(table_of(narrow, "bounds"), everyone, narrow)


def test_an_arm_that_hardly_answers_has_no_bounds(plan, everyone):
    mark = everyone.outcomes["mark", 2].copy()
    seen = np.flatnonzero((everyone.arm == "less") & ~np.isnan(mark))
    mark[seen[9:]] = np.nan
    sample = AnalysisSample(
        everyone.arm, everyone.covariates, everyone.columns, {("mark", 2): mark}
    )
    found = count_bounds(table_of(plan, "bounds"), sample, plan)
    assert {c.arm for c in found} == {"more"}


def test_a_family_of_joint_tests_has_one_per_outcome_and_arm_and_a_count(
    plan, enrolled
):
    found = judge_joint(plan, {"all": enrolled}, data_version="v")
    assert [(t.outcome, t.arm) for t in found] == [
        ("job", "more"),
        ("job", "less"),
        ("all", "all"),
    ]
    *single, count = found
    assert {(t.horizon, t.df_numerator, t.family_size) for t in single} == {(-3, 3, 2)}
    assert all(t.p_holm >= t.p_value for t in single)
    assert (count.df_numerator, count.df_denominator, count.p_holm) == (6, 99, None)


def test_the_count_redraws_within_the_strata_of_the_plan(plan, enrolled):
    more, less, count = judge_joint(plan, {"all": enrolled}, data_version="v")
    columns = [enrolled.arm == "more", enrolled.arm == "less"]
    covariates = [enrolled.covariates["sex"], enrolled.covariates["pay"]]
    design = np.column_stack([np.ones(enrolled.n), *columns, *covariates])
    strata = np.where(enrolled.covariates["stratum"][:, 0] == 1, "far", "near")
    expected = draw_again(
        {key: v for key, v in enrolled.outcomes.items() if key[1] < 0},
        design.astype(float),
        treatments=2,
        strata=strata,
        random=np.random.default_rng(7),
        again=Again(draws=99, below=0.1),
    )
    assert (count.statistic, count.p_value) == (expected.found, expected.p_value)
    assert [more.p_value, less.p_value] == list(expected.joint.values())


def test_without_a_seed_joint_tests_have_the_p_values_of_f(enrolled):
    family = dict(PLAN["families"][0], seed=None, strata=None)
    found = judge_joint(
        plan_with(families=[family]), {"all": enrolled}, data_version="v"
    )
    assert [t.arm for t in found] == ["more", "less"]
    for test in found:
        p = stats.f.sf(test.statistic, test.df_numerator, test.df_denominator)
        assert test.p_value == pytest.approx(p)


def test_the_models_of_a_table_are_estimated_on_their_own_analysis(plan, enrolled):
    samples = {"all": enrolled, "late": enrolled}
    found = estimate_full_models(
        plan, samples, thresholds=Thresholds(), data_version="v"
    )
    assert {(c.model, c.population) for c in found} == {
        ("plain", "late"),
        ("adjusted", "all"),
    }
    assert {(c.outcome, c.horizon) for c in found} == {("job", 2)}
    columns = np.column_stack([enrolled.arm == "more", enrolled.arm == "less"])
    fit = sm.OLS(
        enrolled.outcomes["job", 2], sm.add_constant(columns.astype(float))
    ).fit(cov_type="HC1", use_t=True)
    plain = [c for c in found if c.model == "plain"]
    np.testing.assert_allclose([c.estimate for c in plain], fit.params, rtol=1e-9)
    np.testing.assert_allclose([c.std_error for c in plain], fit.bse, rtol=1e-9)


def test_a_horizon_that_the_analysis_does_not_have_is_refused(plan, enrolled):
    late = AnalysisSample(enrolled.arm, enrolled.covariates, enrolled.columns, {})
    with pytest.raises(EstimationError, match="analysis late does not have job at 2"):
        estimate_full_models(
            plan,
            {"all": enrolled, "late": late},
            thresholds=Thresholds(),
            data_version="v",
        )


def test_the_detectable_effect_of_a_mean_is_that_of_the_t_test(plan):
    found = {(d.assumption, d.arm): d for d in estimate_planned_power(plan)}
    for arm, n in (("more", 150), ("less", 100)):
        one = found["marks", arm]
        expected = TTestIndPower().solve_power(
            nobs1=0.8 * 150, ratio=n / 150, alpha=0.05, power=0.8
        )
        assert one.effect == pytest.approx(2.0 * expected, rel=1e-6)
        assert (one.size, one.n_arm) == (pytest.approx(0.05), pytest.approx(0.8 * n))


def test_a_detectable_share_is_near_that_of_cohens_h(plan):
    found = {(d.assumption, d.arm): d for d in estimate_planned_power(plan)}
    one = found["tenth", "more"]
    h = 2 * (np.arcsin(np.sqrt(0.1 + one.effect)) - np.arcsin(np.sqrt(0.1)))
    power = NormalIndPower().power(h, nobs1=150, alpha=0.10, ratio=1)
    assert power == pytest.approx(0.8, abs=0.02)


def test_a_plan_without_power_asks_for_none():
    assert estimate_planned_power(plan_with(power=None)) == ()
