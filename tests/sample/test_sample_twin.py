"""The sample against a slow, obviously right version in plain Python."""

from __future__ import annotations

import datetime as dt
import random

import numpy as np
import pytest

from rctspark.contracts import (
    ASSIGNMENT,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
    POPULATION,
)
from rctspark.periods import PeriodKind
from rctspark.sample import collect_sample, make_sample

WINDOW = range(-5, 3)
DAYS = [dt.date(2012, 1, 1) + dt.timedelta(days=n) for n in range(500)]
LEAP_DAYS = [dt.date(y, 2, d) for y in (1976, 1977, 1980) for d in (27, 28)]
LEAP_DAYS += [dt.date(1976, 2, 29), dt.date(1976, 3, 1), dt.date(1977, 3, 1)]


def frame_of(spark, table, rows):
    empty = dict.fromkeys(table.names)
    return spark.createDataFrame(
        [tuple((empty | row).values()) for row in rows], table.ddl
    )


def draw_person(rng, person_id, period):
    """One person in plain Python: dates, arm, panel, outcomes."""
    origin, invited = rng.choice(DAYS), rng.choice(DAYS)
    first = period.first_day(origin)
    panel = [
        {
            "person_id": person_id,
            "period_start": period.shift(first, h),
            "horizon": h,
            "jobs": rng.choice([None, 0, 1, 2]) if rng.random() < 0.2 else 1,
        }
        for h in WINDOW
    ]
    outcomes = [
        {"person_id": person_id, "outcome": "exit", "horizon": h, "value": v}
        for h in (6, 12)
        for v in [rng.choice([None, 0.0, 1.0])]
    ]
    return {
        "person_id": person_id,
        "is_enrolled": rng.random() < 0.8,
        "origin_date": origin,
        "invitation_date": invited,
        "enrolment_date": rng.choice(
            [dt.date(2012, 2, 28), dt.date(2013, 2, 28), *DAYS]
        ),
        "observed_until": dt.date(2014, 1, 1),
        "group": "any",
        "arm": rng.choice(["basic", "intensive", "light"]),
        "birth_date": rng.choice(
            [None, *LEAP_DAYS, *(d.replace(year=1970) for d in DAYS[:59])]
        ),
        "panel": rng.sample(panel, len(panel)),
        "outcomes": [o | {"is_observed": o["value"] is not None} for o in outcomes],
    }


def age_by_counting_birthdays(born, day):
    if born is None:
        return np.nan
    birthdays = 0
    for year in range(born.year + 1, day.year + 1):
        try:
            birthday = born.replace(year=year)
        except ValueError:
            birthday = dt.date(year, 3, 1)
        birthdays += birthday <= day
    return birthdays


def jobs_before_invitation(person, period, first, last):
    """Sum over the calendar periods themselves, whatever their horizon."""
    start = period.first_day(person["invitation_date"])
    by_start = {row["period_start"]: row["jobs"] for row in person["panel"]}
    found = [by_start.get(period.shift(start, n)) for n in range(first, last + 1)]
    return np.nan if None in found else sum(found)


@pytest.mark.parametrize("period", list(PeriodKind))
def test_spark_agrees_with_plain_python(spark, make_plan, period):
    rng = random.Random(f"sample {period}")
    people = [draw_person(rng, n * 7919 % 1009, period) for n in range(200)]
    plan = make_plan(
        period=period,
        window={"first": WINDOW[0], "last": WINDOW[-1]},
        outcomes=[
            {"name": "exit", "kind": "exit", "within": [6, 12]},
            {"name": "jobs", "kind": "panel", "value": "jobs * 2", "horizons": [-4, 2]},
        ],
        covariates=[
            {"name": "age", "value": "age_at_enrolment"},
            {
                "name": "jobs",
                "value": "sum(jobs)",
                "panel": [-2, -1],
                "anchor": "invitation",
            },
        ],
        models=[{"name": "unadjusted"}],
        analyses=[{"population": "some", "arms": ["basic", "light"]}],
    )
    panel = [row for p in people for row in p["panel"]]
    outcomes = [row for p in people for row in p["outcomes"]]
    tables = {
        "population": frame_of(spark, POPULATION, _only(people, POPULATION)),
        "assignment": frame_of(spark, ASSIGNMENT, _only(people, ASSIGNMENT)),
        "persons": frame_of(spark, PERSONS, _only(people, PERSONS)),
        "panel": frame_of(spark, PERSON_MONTH, panel),
        "outcomes": frame_of(spark, PERSON_OUTCOME, outcomes),
    }
    analysis = plan.analyses[0]
    found = collect_sample(
        make_sample(plan, **tables, analysis=analysis),
        plan,
        analysis=analysis,
        largest_sample_rows=1000,
    )
    expected = [p for p in people if p["is_enrolled"] and p["arm"] != "intensive"]
    ages = [
        age_by_counting_birthdays(p["birth_date"], p["enrolment_date"])
        for p in expected
    ]
    jobs = [jobs_before_invitation(p, period, -2, -1) for p in expected]
    assert 0 < np.isnan(jobs).sum() < len(jobs)
    doubled = [
        [
            np.nan if row["jobs"] is None else 2.0 * row["jobs"]
            for p in expected
            for row in p["panel"]
            if row["horizon"] == horizon
        ]
        for horizon in range(-4, 3)
    ]
    exits = [
        [
            np.nan if row["value"] is None else row["value"]
            for p in expected
            for row in p["outcomes"]
            if row["horizon"] == horizon
        ]
        for horizon in (6, 12)
    ]
    columns = [ages, jobs, *doubled, *exits]
    collected = [found.covariates[name][:, 0] for name in ("age", "jobs")]
    collected += [found.outcomes["jobs", horizon] for horizon in range(-4, 3)]
    collected += [found.outcomes["exit", horizon] for horizon in (6, 12)]
    arms = [p["arm"] for p in expected]
    assert by_person(found.arm, collected) == by_person(arms, columns)


def by_person(arms, columns):
    """What is known of each person, the persons in one order."""
    values = np.nan_to_num(np.column_stack(columns), nan=-1e9)
    return sorted(zip(arms, values.tolist(), strict=True))


def _only(people, table):
    return [{k: p[k] for k in table.names if k in p} for p in people]
