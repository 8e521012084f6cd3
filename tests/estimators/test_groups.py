"""Arms and groups side by side, against counting person by person."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from grouped_plan import LINES, in_shares, plan_of
from rctspark.config import Plan
from rctspark.config.plan import CourseTable, plan_faults
from rctspark.contracts.sample import AnalysisSample
from rctspark.estimators.described import say_all
from rctspark.estimators.descriptives import ask_course
from rctspark.estimators.groups import ask_lines
from rctspark.estimators.regression.sources import PersonSums

SEX, PAY = (
    {"name": "sex", "value": "sex", "categories": ["man", "woman", "unknown"]},
    {"name": "pay", "value": "sum(wage_eur)", "panel": [-2, -1]},
)
PLAN = plan_of(
    covariates=[SEX, PAY, {"name": "mark", "value": "1", "missing": "dummy"}],
    outcomes=[in_shares(name) for name in ("left", "talks", "there")],
    tables=[
        {
            "name": "groups",
            "kind": "groups",
            "columns": {
                "what": "characteristic",
                "which": "category",
                "all": "all",
                "usual": "usual",
                "more": "more",
                "target": "target",
                "p": "p more",
            },
            "show": "percent",
            "sizes": ["persons"],
            "lines": {
                **LINES,
                "mark": {"covariate": "mark"},
                "left": {"outcome": "left", "horizon": 2},
                "talks": {
                    "outcome": "talks",
                    "horizon": 2,
                    "among": "there",
                    "among_horizon": 2,
                },
            },
        }
    ],
)
N = 600


@pytest.fixture(scope="module")
def plan():
    made = Plan.model_validate(PLAN)
    assert plan_faults(made) == []
    return made


@pytest.fixture(scope="module")
def sample():
    rng = np.random.default_rng(20180504)
    arm = rng.choice(["usual", "more", "reference", "target"], N)
    sex = rng.choice(3, N, p=[0.5, 0.45, 0.05])
    enrolled = np.isin(arm, ["usual", "more"])
    there = np.where(enrolled, rng.integers(0, 2, N), np.nan)
    is_missing = rng.random(N) < 0.3
    mark = np.where(is_missing, 0.0, rng.normal(6, 2, N))
    return AnalysisSample(
        arm=arm,
        covariates={
            "sex": np.column_stack([sex == 1, sex == 2]).astype(float),
            "pay": rng.lognormal(3, 1, (N, 1)),
            "mark": np.column_stack([mark, is_missing]),
        },
        columns={
            "sex": ("sex=woman", "sex=unknown"),
            "pay": ("pay",),
            "mark": ("mark", "mark=missing"),
        },
        outcomes={
            ("left", 2): np.where(enrolled, rng.integers(0, 2, N), np.nan),
            ("talks", 2): np.where(enrolled, rng.poisson(3, N), np.nan),
            ("there", 2): there,
        },
    )


@pytest.fixture(scope="module")
def counts(plan, sample):
    source = PersonSums(sample, ("reference", *plan.arms.all, "target"))
    return {c[:4]: c for c in say_all(source, ask_lines(plan.tables[0], plan))}


def test_the_target_population_is_everyone(counts, sample):
    assert counts["enrolled", "all", 0, "target"].persons == N
    n_reference = int((sample.arm == "reference").sum())
    assert counts["enrolled", "all", 0, "reference"].persons == n_reference
    known = sample.covariates["sex"][:, 1] == 0
    assert counts["sex", "woman", 0, "target"].base_persons == int(known.sum())


def test_categories_are_counted_by_arm_and_tested_against_control(counts, sample):
    woman = sample.covariates["sex"][:, 0] == 1
    known = sample.covariates["sex"][:, 1] == 0
    table = [
        [int((sample.arm == arm)[is_sex & known].sum()) for is_sex in (~woman, woman)]
        for arm in ("usual", "more")
    ]
    assert counts["sex", "man", 0, "usual"].persons == table[0][0]
    assert counts["sex", "woman", 0, "more"].persons == table[1][1]
    p = stats.chi2_contingency(table, correction=False).pvalue
    assert counts["sex", "all", 0, "more"].p_value == pytest.approx(p)
    assert counts["sex", "all", 0, "usual"].p_value is None
    assert counts["sex", "all", 0, "reference"].p_value is None


def test_numbers_are_summed_and_tested_by_welchs_t(counts, sample):
    pay = sample.covariates["pay"][:, 0]
    usual, more = (pay[sample.arm == arm] for arm in ("usual", "more"))
    assert counts["pay", "all", 0, "usual"].total == pytest.approx(usual.sum())
    p = stats.ttest_ind(more, usual, equal_var=False).pvalue
    assert counts["pay", "all", 0, "more"].p_value == pytest.approx(p)
    # A row of the target population holds everyone, enrolled or not.
    assert counts["pay", "all", 0, "target"].total == pytest.approx(pay.sum())


def test_a_number_that_is_missing_is_not_counted_as_the_zero_that_models_take(
    counts, sample
):
    mark, is_missing = sample.covariates["mark"].T
    usual, more = (
        mark[(sample.arm == arm) & (is_missing == 0)] for arm in ("usual", "more")
    )
    row = counts["mark", "all", 0, "usual"]
    assert row.base_persons == usual.size
    assert row.total == pytest.approx(usual.sum())
    p = stats.ttest_ind(more, usual, equal_var=False).pvalue
    assert counts["mark", "all", 0, "more"].p_value == pytest.approx(p)


def test_an_outcome_can_be_counted_among_some_of_the_persons(counts, sample):
    there = (sample.outcomes["there", 2] == 1) & (sample.arm == "usual")
    row = counts["talks", "among there", 2, "usual"]
    assert row.base_persons == int(there.sum())
    assert row.total == pytest.approx(sample.outcomes["talks", 2][there].sum())


def test_shares_are_tested_by_pearsons_chi_square(counts, sample):
    left = sample.outcomes["left", 2]
    table = [
        [int(((sample.arm == arm) & (left == value)).sum()) for value in (0, 1)]
        for arm in ("usual", "more")
    ]
    p = stats.chi2_contingency(table, correction=False).pvalue
    assert counts["left", "all", 2, "more"].p_value == pytest.approx(p)
    assert counts["left", "all", 2, "target"].base_persons == sum(map(sum, table))


def test_a_course_can_be_counted_among_some_of_the_persons(sample):
    course = CourseTable.model_validate(
        {
            "name": "by_month",
            "kind": "course",
            "columns": {"m": "horizon", "what": "label", "usual": "usual"},
            "lines": {"talks": "talks"},
            "among": "there",
            "among_horizon": 2,
        }
    )
    arms = ("usual", "more")
    source = PersonSums(sample, arms)
    asked = ask_course(course, source.outcomes, arms)
    found = {c[:4]: c for c in say_all(source, [asked])}
    there = (sample.outcomes["there", 2] == 1) & (sample.arm == "more")
    row = found["talks", "among there", 2, "more"]
    assert row.base_persons == int(there.sum())
    assert row.total == pytest.approx(sample.outcomes["talks", 2][there].sum())
    assert len(found) == 2
