"""Outcomes in days as their users would say them."""

from __future__ import annotations

import pytest

from conftest import named
from rctspark.config.plan import (
    BenefitDurationOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    PanelOutcome,
    TimeShareOutcome,
)
from rctspark.contracts import PERSON_OUTCOME
from rctspark.errors import PlanError
from rctspark.panel import assemble_person_outcome

NO_PAYROLL = "payroll\nperson_id | source | job_id | start_date | end_date"
EXIT = ExitOutcome(name="exit", kind="exit", within=(6,))
TO_JOB = ExitToJobOutcome(
    name="to_job", kind="exit_to_job", within=(6,), destinations=("self_employed",)
)


@pytest.fixture
def measure(draw):
    """Draw the registers and return (person, outcome, horizon) to value."""

    def measured(*outcomes, population, spells, payroll=NO_PAYROLL, revival_days=28):
        rows = assemble_person_outcome(
            draw(population),
            spells=draw(spells),
            payroll=draw(payroll),
            outcomes=outcomes,
            revival_days=revival_days,
            benefits=("WW",),
            earnings_sources=("payroll",),
        ).collect()
        found = {(r["person_id"], r["outcome"], r["horizon"]): r for r in rows}
        assert len(found) == len(rows)
        assert all(r["is_observed"] == (r["value"] is not None) for r in rows)
        return found

    return measured


def of(found, outcome, *names, horizon):
    return [found[named(name), outcome, horizon]["value"] for name in names]


def test_exit_counts_from_the_benefits_start_and_only_where_observed_in_full(measure):
    found = measure(
        EXIT,
        ExitOutcome(name="exit_weeks", kind="exit", within=(9, 10), per="week"),
        population="""
        population
        person_id | is_enrolled | benefit_start_date | enrolment_date | observed_until
        ten_weeks | true        | 2012-01-02         | 2012-01-02     | 2013-12-31
        on_day    | true        | 2012-08-31         | 2012-09-30     | 2013-02-28
        a_day_on  | true        | 2012-08-31         | 2012-09-30     | 2013-02-28
        too_short | true        | 2012-08-31         | 2012-09-30     | 2013-02-27
        running   | true        | 2012-01-02         | 2012-01-02     | 2013-12-31
        no_spell  | true        | 2012-01-02         | 2012-01-02     | 2013-12-31
        reference | false       | 2012-01-02         | -              | 2013-12-31
        """,
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        ten_weeks | WW      | 2012-01-02 | 2012-03-11
        on_day    | WW      | 2012-08-31 | 2013-02-27
        a_day_on  | WW      | 2012-08-31 | 2013-02-28
        too_short | WW      | 2012-08-31 | 2012-09-30
        running   | WW      | 2012-01-02 | -
        no_spell  | PW      | 2012-01-02 | 2012-02-02
        reference | WW      | 2012-01-02 | 2012-02-02
        """,
    )
    assert of(found, "exit_weeks", "ten_weeks", horizon=9) == [0.0]
    assert of(found, "exit_weeks", "ten_weeks", horizon=10) == [1.0]
    assert of(found, "exit", "on_day", "a_day_on", horizon=6) == [1.0, 0.0]
    assert of(found, "exit", "too_short", "running", horizon=6) == [None, 0.0]
    assert of(found, "exit", "no_spell", horizon=6) == [None]
    assert named("reference") not in {person for person, _, _ in found}


def test_a_benefit_that_revives_in_time_has_not_ended(measure):
    found = measure(
        EXIT,
        BenefitDurationOutcome(name="duration", kind="benefit_duration"),
        BenefitDurationOutcome(
            name="log_weeks", kind="benefit_duration", value="ln(days / 7)"
        ),
        population="""
        population
        person_id | is_enrolled | benefit_start_date | enrolment_date | observed_until
        in_time   | true        | 2012-01-01         | 2012-01-01     | 2013-12-31
        too_late  | true        | 2012-01-01         | 2012-01-01     | 2013-12-31
        to_date   | true        | 2012-01-01         | 2012-01-01     | 2012-07-31
        """,
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        in_time   | WW      | 2012-01-01 | 2012-01-31
        in_time   | WW      | 2012-02-29 | 2012-12-31
        too_late  | WW      | 2012-01-01 | 2012-01-28
        too_late  | WW      | 2012-02-27 | 2012-12-31
        to_date   | WW      | 2012-01-01 | 2012-07-31
        """,
    )
    assert of(found, "exit", "in_time", "too_late", "to_date", horizon=6) == [0, 1, 0]
    # The interruption is within the benefit; a benefit that runs has no length yet.
    persons = ("in_time", "too_late", "to_date")
    assert of(found, "duration", *persons, horizon=0) == [366, 28, None]
    assert of(found, "log_weeks", *persons, horizon=0) == [
        pytest.approx(3.956723),
        pytest.approx(1.386294),
        None,
    ]


def test_exit_to_a_job_needs_both_within_the_window_and_a_month_of_each_other(measure):
    people = ("near", "before", "apart", "late_job", "old_job", "own_firm", "elsewhere")
    start, until = "2012-01-01", "2013-12-31"
    found = measure(
        TO_JOB,
        population="population\nperson_id|is_enrolled|benefit_start_date|enrolment_date"
        "|observed_until\n"
        + "\n".join(f"{p}|true|{start}|{start}|{until}" for p in people),
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date   | exit_destination
        near      | WW      | 2012-01-01 | 2012-03-31 | work
        before    | WW      | 2012-01-01 | 2012-03-31 | -
        apart     | WW      | 2012-01-01 | 2012-03-31 | work
        late_job  | WW      | 2012-01-01 | 2012-06-20 | work
        old_job   | WW      | 2012-01-01 | 2012-01-20 | work
        own_firm  | WW      | 2012-01-01 | 2012-03-31 | self_employed
        elsewhere | WW      | 2012-01-01 | 2012-03-31 | pension
        """,
        payroll="""
        payroll
        person_id | source  | job_id | start_date | end_date   | job_start_date
        near      | payroll | 1      | 2012-05-01 | 2012-05-31 | 2012-05-01
        before    | payroll | 2      | 2012-05-01 | 2012-05-31 | 2012-03-01
        apart     | payroll | 3      | 2012-05-02 | 2012-05-31 | 2012-05-02
        late_job  | payroll | 4      | 2012-07-02 | 2012-07-31 | 2012-07-02
        old_job   | payroll | 5      | 2012-01-01 | 2012-01-31 | 2011-12-31
        elsewhere | other   | 6      | 2012-04-01 | 2012-04-30 | 2012-04-01
        """,
    )
    values = dict(zip(people, of(found, "to_job", *people, horizon=6), strict=True))
    assert values == {
        "near": 1.0,
        "before": 1.0,
        "apart": 0.0,
        "late_job": 0.0,
        "old_job": 0.0,
        "own_firm": 1.0,
        "elsewhere": 0.0,
    }


def test_shares_of_time_count_days_from_enrolment_each_day_once(measure):
    found = measure(
        *(
            TimeShareOutcome(name=s, kind="time_share", state=s)
            for s in ("benefit", "job", "other")
        ),
        FirstJobOutcome(name="first_job", kind="first_job"),
        population="""
        population
        person_id | is_enrolled | benefit_start_date | enrolment_date | observed_until
        ann       | true        | 2012-01-01         | 2012-04-01     | 2012-07-09
        bob       | true        | 2012-01-01         | 2012-04-01     | 2012-03-31
        """,
        spells="""
        benefit_spells
        person_id | benefit | start_date | end_date
        ann       | WW      | 2012-01-01 | 2012-04-20
        ann       | WW      | 2012-07-01 | -
        """,
        payroll="""
        payroll
        person_id | source  | job_id | start_date | end_date   | job_end_date
        ann       | payroll | 1      | 2012-04-01 | 2012-06-30 | -
        ann       | payroll | 2      | 2012-04-16 | 2012-04-30 | -
        ann       | payroll | 3      | 2012-04-11 | 2012-04-25 | 2012-05-10
        ann       | payroll | 4      | 2012-07-10 | 2012-07-31 | -
        """,
    )
    # 100 days: 20 and 9 on benefit; 30 in jobs 2 and 3; job 1 began at enrolment.
    assert of(found, "benefit", "ann", "bob", horizon=0) == [0.29, None]
    assert of(found, "job", "ann", "bob", horizon=0) == [0.30, None]
    assert of(found, "other", "ann", "bob", horizon=0) == [0.51, None]
    assert of(found, "first_job", "ann", "bob", horizon=0) == [10.0, None]


def test_a_plan_without_outcomes_in_days_gives_an_empty_table(draw):
    population = draw("population\nperson_id | is_enrolled\nann | true")
    table = assemble_person_outcome(
        population,
        spells=draw("benefit_spells\nperson_id | benefit | start_date"),
        payroll=draw(NO_PAYROLL),
        outcomes=[PanelOutcome(name="wage", kind="panel", value="wage_eur")],
        revival_days=None,
        benefits=("WW",),
        earnings_sources=("payroll",),
    )
    assert dict(table.dtypes) == {c.name: c.type for c in PERSON_OUTCOME.columns}
    assert table.collect() == []


def test_sql_that_cannot_be_used_is_refused_by_the_outcomes_name(measure):
    with pytest.raises(PlanError, match="of wrong is not Spark SQL"):
        measure(
            BenefitDurationOutcome(
                name="wrong", kind="benefit_duration", value="ln(weeks)"
            ),
            EXIT,
            population="population\nperson_id | is_enrolled\nann | true",
            spells="benefit_spells\nperson_id | benefit | start_date",
        )
