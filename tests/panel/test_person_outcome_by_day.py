"""Outcomes in days against the slow twin that walks through the days."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rctspark.config.plan import (
    BenefitDurationOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    TimeShareOutcome,
)
from rctspark.panel import assemble_person_outcome
from rctspark.periods import PeriodKind
from reference.person_outcome import Life

FIRST = dt.date(2012, 1, 1)
DAYS = st.integers(0, 200).map(lambda n: FIRST + dt.timedelta(days=n))
STRETCHES = st.tuples(DAYS, st.sampled_from([0, 5, 20, 30, 60, 90])).map(
    lambda s: (s[0], s[0] + dt.timedelta(days=s[1]))
)
SPELL = st.tuples(
    st.sampled_from(["WW", "ZW", "PW"]),
    STRETCHES,
    st.sampled_from(["runs", None, "work", "self_employed"]),
    st.none() | st.integers(-20, 120),
)
ROW = st.tuples(
    st.sampled_from(["payroll", "tax"]),
    st.integers(1, 3),
    STRETCHES,
    st.none() | DAYS,
    st.none() | DAYS,
)
PERSON = st.fixed_dictionaries(
    {
        "start": st.integers(0, 40).map(lambda n: FIRST + dt.timedelta(days=n)),
        "starts_with_spell": st.integers(0, 4).map(bool),
        "enrols_after": st.integers(0, 90),
        "until": st.integers(60, 330).map(lambda n: FIRST + dt.timedelta(days=n)),
        "spells": st.lists(SPELL, min_size=1, max_size=4),
        "rows": st.lists(ROW, max_size=5),
    }
)
PERSONS = st.lists(PERSON, min_size=15, max_size=30)
PLANS = st.fixed_dictionaries(
    {
        "revival_days": st.sampled_from([None, 0, 10, 28]),
        "benefits": st.sampled_from([("WW",), ("WW", "ZW")]),
        "earnings_sources": st.just(("payroll",)),
    }
)
BY_WEEK = ExitOutcome(name="by_week", kind="exit", within=(4, 10), per="week")
BY_MONTH = ExitOutcome(name="by_month", kind="exit", within=(1, 3, 6))
TO_JOB = ExitToJobOutcome(
    name="to_job", kind="exit_to_job", within=(2, 5), destinations=("self_employed",)
)
AT_ONCE = ExitToJobOutcome(
    name="at_once", kind="exit_to_job", within=(5,), apart_months=0
)
AS_REGISTERED = ExitToJobOutcome(
    name="as_registered",
    kind="exit_to_job",
    within=(5,),
    destinations=("work", "self_employed"),
    payroll=False,
)
OR_IN_PART = ExitToJobOutcome(
    name="or_in_part",
    kind="exit_to_job",
    within=(2, 5),
    destinations=("self_employed",),
    or_resumed="resumed",
)
OR_ANY_JOB = ExitToJobOutcome(
    name="or_any_job", kind="exit_to_job", within=(2, 5), or_any_job=True
)
LEAVING = (TO_JOB, AT_ONCE, AS_REGISTERED, OR_IN_PART, OR_ANY_JOB)
STATES = ("benefit", "job", "other")
OUTCOMES = (
    BY_WEEK,
    BY_MONTH,
    *LEAVING,
    *(TimeShareOutcome(name=s, kind="time_share", state=s) for s in STATES),
    BenefitDurationOutcome(name="duration", kind="benefit_duration"),
    FirstJobOutcome(name="first_job", kind="first_job"),
)


def resumption(begin, after):
    """The trait of a spell that says when work was resumed in part."""
    return [] if after is None else [("resumed", f"{begin + dt.timedelta(days=after)}")]


def rows_of(persons):
    """Spread drawn persons over the registers."""
    population, spells, payroll = [], [], []
    for number, person in enumerate(persons, start=1):
        who = {"person_id": number}
        population.append(
            who
            | {
                "is_enrolled": True,
                "benefit_start_date": person["start"],
                "enrolment_date": person["start"]
                + dt.timedelta(days=person["enrols_after"]),
                "observed_until": person["until"],
            }
        )
        for place, spell in enumerate(person["spells"]):
            benefit, (first, last), end, resumes_after = spell
            is_first = place == 0 and person["starts_with_spell"]
            begin = person["start"] if is_first else first
            runs = end == "runs"
            spells.append(
                who
                | {
                    "benefit": "WW" if is_first else benefit,
                    "start_date": begin,
                    "end_date": None if runs else begin + (last - first),
                    "exit_destination": None if runs else end,
                    "traits": resumption(begin, resumes_after),
                }
            )
        payroll += [
            who
            | {
                "source": source,
                "job_id": 10 * number + job,
                "start_date": first,
                "end_date": last,
                "job_start_date": begun,
                "job_end_date": ended,
            }
            for source, job, (first, last), begun, ended in person["rows"]
        ]
    return population, spells, payroll


def expected_of(population, spells, payroll, plan):
    values = {}
    for person in population:
        number = person["person_id"]
        own = [
            [r for r in rows if r["person_id"] == number] for rows in (spells, payroll)
        ]
        life = Life(person, *own, plan)
        for outcome in (BY_WEEK, BY_MONTH):
            for x in outcome.within:
                values[number, outcome.name, x] = life.within(x, outcome.per)
        for outcome in LEAVING:
            for x in outcome.within:
                found = life.within(x, PeriodKind.MONTH, to_job=outcome)
                values[number, outcome.name, x] = found
        for state in STATES:
            values[number, state, 0] = life.share(state)
        values[number, "duration", 0] = life.benefit_days()
        values[number, "first_job", 0] = life.days_to_first_job()
    return values


def compare(frame, persons, plan):
    population, spells, payroll = rows_of(persons)
    rows = assemble_person_outcome(
        frame("population", population),
        spells=frame("benefit_spells", spells),
        payroll=frame("payroll", payroll),
        outcomes=OUTCOMES,
        **plan,
    ).collect()
    found = {(r["person_id"], r["outcome"], r["horizon"]): r["value"] for r in rows}
    assert len(found) == len(rows)
    assert found == expected_of(population, spells, payroll, plan)


def checked(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@checked(3)
@given(persons=PERSONS, plan=PLANS)
def test_outcomes_agree_with_walking_through_the_days(frame, persons, plan):
    compare(frame, persons, plan)


@pytest.mark.long
@checked(40)
@given(persons=PERSONS, plan=PLANS)
def test_outcomes_agree_with_walking_through_the_days_of_many(frame, persons, plan):
    compare(frame, persons, plan)
