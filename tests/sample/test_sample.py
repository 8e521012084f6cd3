"""The analysis sample: who is in it, and what stands beside each person."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from rctspark.errors import EstimationError, PlanError
from rctspark.sample import (
    collect_sample,
    collect_samples,
    make_sample,
    make_samples,
)
from rctspark.sample.collect import in_order as rows_in_order
from sample.conftest import GROUND

POPULATION = """
    population
    person_id | is_enrolled | origin_date | enrolment_date | site
    ann       | true        | 2012-05-10  | 2012-08-09     | north
    bob       | true        | 2012-05-31  | 2012-08-30     | south
    cat       | true        | 2012-06-01  | 2012-08-31     | south
    dan       | false       | 2012-06-01  | -              | south
"""
ASSIGNMENT = """
    assignment
    person_id | arm_recorded | arm       | is_discordant
    ann       | basic        | basic     | false
    bob       | intensive    | intensive | false
    cat       | intensive    | intensive | false
"""
PERSONS = """
    persons
    person_id | sex    | birth_date | birth_precision | traits
    ann       | female | 1977-08-10 | day             | {dep=2}
    bob       | male   | 1977-08-30 | day             | {dep=0}
    dan       | male   | 1950-01-01 | day             | {dep=0}
"""
PANEL = """
    person_month
    person_id | period_start | horizon | jobs | wage_eur
    ann       | 2012-03-01   | -2      | 1    | 100.50
    ann       | 2012-04-01   | -1      | 1    | 200
    ann       | 2012-05-01   | 0       | 0    | 0
    ann       | 2012-06-01   | 1       | 2    | 10
    ann       | 2012-07-01   | 2       | -    | -
    bob       | 2012-03-01   | -2      | 0    | 0
    bob       | 2012-04-01   | -1      | 0    | 0
    bob       | 2012-05-01   | 0       | 1    | 7
    bob       | 2012-06-01   | 1       | 1    | 7
    bob       | 2012-07-01   | 2       | 1    | 7
    cat       | 2012-04-01   | -2      | 1    | 1
    cat       | 2012-05-01   | -1      | 1    | 1
    cat       | 2012-06-01   | 0       | 0    | 0
    cat       | 2012-07-01   | 1       | 0    | 0
    cat       | 2012-08-01   | 2       | 0    | 0
    dan       | 2012-06-01   | 0       | 1    | 9999
"""
OUTCOMES = """
    person_outcome
    person_id | outcome | horizon | value | is_observed
    ann       | exit    | 6       | 1     | true
    ann       | exit    | 12      | -     | false
    ann       | weeks   | 0       | 30.5  | true
    bob       | exit    | 6       | 0     | true
    bob       | exit    | 12      | 1     | true
    bob       | weeks   | 0       | 40    | true
    cat       | exit    | 6       | 0     | true
    cat       | exit    | 12      | 0     | true
    cat       | weeks   | 0       | 50    | true
    ann       | other   | 6       | 1     | true
"""


@pytest.fixture(scope="module")
def tables():
    """Drawn tables as rows: a drawing is a union, slow to plan again and again."""
    return {}


@pytest.fixture
def sample(draw, spark, tables):
    """The sample of a plan's first analysis on the drawn tables."""

    def rows(drawing):
        if drawing not in tables:
            tables[drawing] = spark.createDataFrame(draw(drawing).toArrow())
        return tables[drawing]

    def made(plan, *, assignment=ASSIGNMENT, persons=PERSONS, panel=PANEL):
        return make_sample(
            plan,
            population=rows(POPULATION),
            assignment=rows(assignment),
            persons=rows(persons),
            panel=rows(panel),
            outcomes=rows(OUTCOMES),
            analysis=plan.analyses[0],
        )

    return made


@pytest.fixture
def collect(sample):
    """That sample as arrays."""

    def collected(plan, *, largest_sample_rows=10, **tables):
        return collect_sample(
            sample(plan, **tables),
            plan,
            analysis=plan.analyses[0],
            largest_sample_rows=largest_sample_rows,
        )

    return collected


@pytest.fixture
def collect_all(draw):
    """The samples of all analyses of a plan, made together."""

    def collected(plan, *, assignment=ASSIGNMENT):
        samples = make_samples(
            plan,
            population=draw(POPULATION),
            assignment=draw(assignment),
            persons=draw(PERSONS),
            panel=draw(PANEL),
            outcomes=draw(OUTCOMES),
            analyses=plan.analyses,
        )
        return collect_samples(
            samples, plan, analyses=plan.analyses, largest_sample_rows=10
        )

    return collected


def in_order(**by_name):
    """Values in the order of the sample: by arm, sex and age."""
    return [by_name[name] for name in ("ann", "bob", "cat")]


def test_everyone_enrolled_has_one_row_also_if_no_register_knows_them(
    make_plan, collect
):
    found = collect(make_plan())
    assert found.n == 3
    assert found.arm.tolist() == in_order(ann="basic", bob="intensive", cat="intensive")
    np.testing.assert_array_equal(
        found.covariates["female"][:, 0], in_order(ann=1.0, bob=0.0, cat=0.0)
    )
    # On the day of enrolment ann is one day short of 35, bob turns 35.
    assert found.columns["age"] == ("age=old", "age=unknown")
    np.testing.assert_array_equal(
        found.covariates["age"], in_order(ann=[0.0, 0], bob=[1.0, 0], cat=[0, 1.0])
    )
    np.testing.assert_array_equal(
        found.covariates["wage_before"][:, 0], in_order(ann=300.5, bob=0.0, cat=2.0)
    )


def test_the_order_of_persons_does_not_rest_on_their_pseudonyms():
    known = {"arm": ["b", "a", "b", "a"], "pay": [2.0, None, 1.0, 7.0], "age": "young"}
    one, other = (
        rows_in_order(pd.DataFrame({"person_id": ids} | known))
        for ids in ([1, 2, 3, 4], [9, -8, 5, -6])
    )
    pd.testing.assert_frame_equal(one.drop(columns="person_id"), other.iloc[:, 1:])
    assert one["person_id"].tolist() == [4, 2, 3, 1]
    assert other["person_id"].tolist() == [-6, -8, 5, 9]


def test_outcomes_stand_side_by_side_and_unobserved_is_nan(make_plan, collect):
    found = collect(make_plan()).outcomes
    nan = np.nan
    expected = {
        ("exit", 6): in_order(ann=1, bob=0, cat=0),
        ("exit", 12): in_order(ann=nan, bob=1, cat=0),
        ("weeks", 0): in_order(ann=30.5, bob=40, cat=50),
        ("working", 0): in_order(ann=0, bob=1, cat=0),
        ("working", 1): in_order(ann=1, bob=1, cat=0),
        ("wage_eur", 0): in_order(ann=0, bob=7, cat=0),
        ("wage_eur", 1): in_order(ann=10, bob=7, cat=0),
        ("wage_eur", 2): in_order(ann=nan, bob=7, cat=0),
    }
    assert list(found) == list(expected)
    for key, values in expected.items():
        np.testing.assert_array_equal(found[key], values)


def test_an_analysis_chooses_persons_arms_and_outcomes(make_plan, collect):
    analysis = {
        "population": "south",
        "arms": ["basic", "intensive"],
        "where": "site = 'south' AND age = 'unknown'",
        "outcomes": ["working"],
    }
    found = collect(make_plan(analyses=[analysis]))
    assert found.arm.tolist() == ["intensive"]
    assert list(found.outcomes) == [("working", 0), ("working", 1)]
    without = analysis | {"arms": ["basic", "light"], "where": None}
    found = collect(make_plan(analyses=[without]))
    assert found.arm.tolist() == ["basic"]


def test_analyses_that_are_made_together_each_have_their_own_persons(
    make_plan, collect_all
):
    assignment = ASSIGNMENT.replace("cat       | intensive   ", "cat       | basic   ")
    analyses = [
        {"population": "all", "outcomes": ["exit"], "horizons": [12]},
        {"population": "old", "where": "age = 'old'", "outcomes": ["working"]},
        {"population": "left", "among": {"outcome": "exit", "horizon": 12}},
        {"population": "recorded", "follows": "recorded", "outcomes": ["weeks"]},
        {"population": "ruled", "follows": "rule", "outcomes": ["weeks"]},
    ]
    every, old, left, recorded, ruled = collect_all(
        make_plan(analyses=analyses, models=[{"name": "unadjusted"}]),
        assignment=assignment,
    )
    assert list(every.outcomes) == [("exit", 12)]
    assert sorted(every.arm) == ["basic", "intensive", "intensive"]
    # Only bob is known to be old, and to have left within 12 months.
    assert list(old.outcomes) == [("working", 0), ("working", 1)]
    assert old.arm.tolist() == left.arm.tolist() == ["intensive"]
    np.testing.assert_array_equal(left.outcomes["weeks", 0], [40])
    assert sorted(recorded.arm) == ["basic", "basic", "intensive"]
    # No rule gave them an arm.
    assert ruled.n == 0


def test_who_is_analysed_can_not_rest_on_arm_or_outcome(make_plan, sample):
    for where in ("arm = 'basic'", "jobs = 0", "`exit@6` = 1", "site", "site ="):
        plan = make_plan(analyses=[{"population": "some", "where": where}])
        with pytest.raises(PlanError, match="analysis some: where"):
            sample(plan)


def test_a_stretch_counts_from_the_persons_own_date(make_plan, collect):
    covariates = [
        {"name": "jobs", "value": "sum(jobs)", "panel": [-3, -2], "anchor": "enrolment"}
    ]
    found = collect(make_plan(covariates=covariates, models=[{"name": "unadjusted"}]))
    # Enrolment is in August: horizons 0 and 1 of ann and bob, -1 and 0 of cat.
    jobs = zip(found.arm, found.covariates["jobs"][:, 0], strict=True)
    assert sorted(jobs) == [("basic", 2.0), ("intensive", 1.0), ("intensive", 2.0)]


def test_a_stretch_that_is_not_known_in_full_is_not_known(make_plan, collect):
    covariates = [
        {"name": "whole", "value": "sum(wage_eur)", "panel": [-2, -1]},
        {"name": "missing_rows", "value": "sum(wage_eur)", "panel": [-3, -1]},
        {
            "name": "zero_if_unknown",
            "value": "sum(coalesce(wage_eur, 0))",
            "panel": [-1, -1],
            "anchor": "enrolment",
        },
        {
            "name": "null_if_unknown",
            "value": "sum(wage_eur)",
            "panel": [-1, -1],
            "anchor": "enrolment",
        },
    ]
    found = collect(make_plan(covariates=covariates, models=[{"name": "unadjusted"}]))
    nan = np.nan
    expected = {
        "whole": in_order(ann=300.5, bob=0.0, cat=2.0),
        "missing_rows": [nan, nan, nan],
        "zero_if_unknown": in_order(ann=0.0, bob=7.0, cat=0.0),
        "null_if_unknown": in_order(ann=nan, bob=7.0, cat=0.0),
    }
    for name, values in expected.items():
        np.testing.assert_array_equal(found.covariates[name][:, 0], values)


def test_every_fault_of_the_sample_is_counted_and_no_value_shown(make_plan, collect):
    covariates = [
        {"name": "age", "value": "age_at_enrolment"},
        {"name": "dep", "value": "traits.dep", "categories": ["0", "1"]},
        {"name": "sex", "value": "sex", "categories": ["male", "female"]},
    ]
    models = [{"name": "m", "covariates": ["age", "dep"]}]
    assignment = ASSIGNMENT.replace(
        "cat       | intensive    | intensive", "eve | x | y"
    )
    assignment = assignment.replace(
        "bob       | intensive    | intensive", "bob | x | y"
    )
    plan = make_plan(covariates=covariates, models=models)
    with pytest.raises(EstimationError) as refused:
        collect(plan, assignment=assignment)
    assert [line for line in str(refused.value).splitlines() if "  - " in line] == [
        "  - 1 enrolled person(s) have no row in assignment",
        "  - 1 person(s) are in an arm that the plan does not know",
        "  - covariate age is not known for 1 person(s)",
        "  - covariate dep is not known for 1 person(s)",
        "  - covariate dep has a category that the plan does not list for 1 person(s)",
    ]


def test_a_person_twice_is_refused(make_plan, collect):
    with pytest.raises(EstimationError, match=r"1 row.s. repeat a person"):
        collect(make_plan(), persons=PERSONS + "    ann | male | - | unknown | {}\n")


def test_more_persons_than_may_come_are_refused(make_plan, collect):
    with pytest.raises(EstimationError, match="more than 2 persons"):
        collect(make_plan(), largest_sample_rows=2)
    assert collect(make_plan(), largest_sample_rows=3).n == 3


def test_every_fault_of_the_plans_sql_is_told_at_once(make_plan, sample):
    plan = make_plan(
        covariates=[
            {"name": "arm", "value": "1"},
            {"name": "text", "value": "sex"},
            {"name": "unknown", "value": "shoe_size"},
            {"name": "aggregate", "value": "sum(age_at_enrolment)"},
            {"name": "early", "value": "sum(jobs)", "panel": [-9, -1]},
            {"name": "single", "value": "wage_eur", "panel": [-2, -1]},
        ],
        outcomes=[{"name": "odd", "kind": "panel", "value": "contract"}],
        models=[{"name": "unadjusted"}],
    )
    with pytest.raises(PlanError) as refused:
        sample(plan)
    faults = str(refused.value)
    for name in ("arm", "text", "unknown", "aggregate", "early", "single"):
        assert f"covariate {name} " in faults
    assert "outcome odd gives string" in faults


def test_a_value_that_stops_spark_is_not_in_the_message(make_plan, collect, recwarn):
    persons = PERSONS.replace("{dep=2}", "{dep=secret}")
    plan = make_plan(
        covariates=[{"name": "dep", "value": "double(traits['dep'])"}],
        models=[{"name": "unadjusted"}],
    )
    with pytest.raises(EstimationError, match="CAST_INVALID_INPUT") as refused:
        collect(plan, persons=persons)
    assert "secret" not in str(refused.value)
    assert not [w for w in recwarn if "secret" in str(w.message)]
    assert refused.value.__cause__ is None


def test_the_ground_plan_has_what_the_tests_speak_of():
    assert {o["kind"] for o in GROUND["outcomes"]} == {
        "exit",
        "benefit_duration",
        "panel",
    }
