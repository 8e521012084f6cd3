"""Rounds, contacts, re-entry and new jobs against twins that walk through the days."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rctspark.config.plan import (
    ContactCountOutcome,
    FollowUpOutcome,
    JobQualityOutcome,
    ReentryOutcome,
    Round,
    RoundBenefitOutcome,
    RoundContactOutcome,
)
from rctspark.panel import assemble_person_outcome
from reference.found_jobs import measures_of
from reference.meetings import came_back, count, in_benefit, met, months_followed
from reference.person_outcome import Life

FIRST = dt.date(2012, 1, 1)
DAYS = st.integers(0, 200).map(lambda n: FIRST + dt.timedelta(days=n))
LENGTHS = st.sampled_from([0, 5, 20, 30, 60])
SPELL = st.tuples(st.sampled_from(["WW", "PW"]), DAYS, LENGTHS, st.booleans())
CENTS = st.integers(-500, 5000).map(lambda n: Decimal(n) / 100)
ROW = st.fixed_dictionaries(
    {
        "source": st.sampled_from(["payroll", "tax"]),
        "job": st.integers(1, 3),
        "start_date": DAYS,
        "length": LENGTHS,
        "job_start_date": st.none() | DAYS,
        "job_end_date": st.none() | DAYS,
        "contract": st.none() | st.sampled_from(["permanent", "temporary"]),
        "wage_eur": CENTS,
        "hours": st.none() | CENTS,
        "job_days": st.none() | CENTS,
        "full_time_days": st.none() | CENTS,
    }
)
CONTACT = st.tuples(
    DAYS,
    st.sampled_from(["individual", "group", "workshop"]),
    st.sampled_from(["held", "cancelled", "no_show", "planned"]),
)
PERSON = st.fixed_dictionaries(
    {
        "start": st.integers(0, 30).map(lambda n: FIRST + dt.timedelta(days=n)),
        "enrols_after": st.integers(0, 40),
        "until": st.integers(70, 260).map(lambda n: FIRST + dt.timedelta(days=n)),
        "has_main_spell": st.integers(0, 5).map(bool),
        "length": st.integers(0, 150),
        "spells": st.lists(SPELL, max_size=3),
        "rows": st.lists(ROW, max_size=5),
        "contacts": st.lists(CONTACT, max_size=6),
    }
)
PERSONS = st.lists(PERSON, min_size=15, max_size=30)
PLANS = st.fixed_dictionaries(
    {
        "revival_days": st.sampled_from([None, 0, 28]),
        "benefits": st.just(("WW",)),
        "earnings_sources": st.just(("payroll",)),
    }
)
ROUNDS = (
    Round(number=4, first_day=20, last_day=50),
    Round(number=7, first_day=100, last_day=130),
    Round(number=10, first_day=90, last_day=130, due_on=110),
)
TALKS = ("individual", "group")
MEASURES = {
    "permanent": "first_job_permanent",
    "days": "first_job_days",
    "number": "number_of_jobs",
    "factor": "part_time_factor",
    "wage": "hourly_wage",
}
OUTCOMES = (
    ReentryOutcome(name="reentry", kind="reentry"),
    FollowUpOutcome(name="followed", kind="follow_up"),
    RoundBenefitOutcome(name="due", kind="round_benefit"),
    RoundContactOutcome(name="met", kind="round_contact", kinds=TALKS),
    ContactCountOutcome(name="talks", kind="contact_count", kinds=TALKS, from_day=30),
    ContactCountOutcome(
        name="missed", kind="contact_count", kinds=TALKS, status="no_show"
    ),
    ContactCountOutcome(
        name="talked", kind="contact_count", measure="any", kinds=TALKS, unit="share"
    ),
    *(
        JobQualityOutcome(name=n, kind="job_quality", measure=m)
        for n, m in MEASURES.items()
    ),
)


def rows_of(persons):
    """Spread drawn persons over the registers."""
    population, spells, payroll, contacts = [], [], [], []
    for number, person in enumerate(persons, start=1):
        who = {"person_id": number}
        start = person["start"]
        enrolled = start + dt.timedelta(days=person["enrols_after"])
        population.append(
            who
            | {
                "is_enrolled": True,
                "benefit_start_date": start,
                "enrolment_date": enrolled,
                "observed_until": person["until"],
            }
        )
        drawn = [(b, f, n, r) for b, f, n, r in person["spells"]]
        if person["has_main_spell"]:
            drawn.append(("WW", start, person["length"], False))
        spells += [
            who
            | {
                "benefit": benefit,
                "start_date": first,
                "end_date": None if runs else first + dt.timedelta(days=length),
            }
            for benefit, first, length, runs in drawn
        ]
        for row in person["rows"]:
            own = {k: v for k, v in row.items() if k not in ("job", "length")}
            end = row["start_date"] + dt.timedelta(days=row["length"])
            job = {"job_id": 10 * number + row["job"], "end_date": end}
            payroll.append(who | own | job)
        contacts += [
            who | {"contact_id": i, "contact_date": day, "kind": kind, "status": status}
            for i, (day, kind, status) in enumerate(person["contacts"])
        ]
    return population, spells, payroll, contacts


def any_of(number):
    return None if number is None else float(number > 0)


def expected_of(population, *registers, plan):
    values = {}
    for person in population:
        number = person["person_id"]
        spells, rows, contacts = (
            [r for r in register if r["person_id"] == number] for register in registers
        )
        life = Life(person, spells, rows, plan)
        own = {
            ("reentry", 0): came_back(life),
            ("followed", 0): months_followed(life),
            ("talks", 0): count(life, contacts, TALKS, 30, "held"),
            ("talked", 0): any_of(count(life, contacts, TALKS, 0, "held")),
            ("missed", 0): count(life, contacts, TALKS, 0, "no_show"),
        }
        own |= {(n, 0): v for n, v in measures_of(life, rows).items()}
        for one in ROUNDS:
            own["due", one.number] = in_benefit(life, one.due_day)
            own["met", one.number] = met(life, contacts, one, TALKS)
        values |= {(number, *key): value for key, value in own.items()}
    return values


def compare(frame, persons, plan):
    population, spells, payroll, contacts = rows_of(persons)
    rows = assemble_person_outcome(
        frame("population", population),
        spells=frame("benefit_spells", spells),
        payroll=frame("payroll", payroll),
        contacts=frame("contacts", contacts),
        outcomes=OUTCOMES,
        rounds=ROUNDS,
        **plan,
    ).collect()
    found = {(r["person_id"], r["outcome"], r["horizon"]): r["value"] for r in rows}
    assert len(found) == len(rows)
    expected = expected_of(population, spells, payroll, contacts, plan=plan)
    assert found.keys() == expected.keys()
    assert {
        k: v for k, v in found.items() if v != pytest.approx(expected[k], abs=1e-9)
    } == {}


def checked(examples):
    return settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )


@checked(3)
@given(persons=PERSONS, plan=PLANS)
def test_rounds_and_jobs_agree_with_walking_through_the_days(frame, persons, plan):
    compare(frame, persons, plan)


@pytest.mark.long
@checked(40)
@given(persons=PERSONS, plan=PLANS)
def test_rounds_and_jobs_of_many_agree_with_walking_through_the_days(
    frame, persons, plan
):
    compare(frame, persons, plan)
