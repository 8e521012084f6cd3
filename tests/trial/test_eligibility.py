"""Clock, revivals and exclusions, against a version that follows one person a day."""

import datetime as dt
import random

import pytest

from rctspark.config import read_plan
from rctspark.contracts import BENEFIT_SPELLS, PERSONS
from rctspark.trial.assignment import attach_arms
from rctspark.trial.eligibility import (
    attach_benefit_start,
    count_funnel,
    find_candidates,
    flag_leaving,
)
from reference.eligibility import SITES, Claimant, Spell, enrol

REVIVAL_DAYS = 28


def start_day_by_day(spells, start):
    """Walk back from a spell over interruptions of at most 28 days."""
    days = {
        first + dt.timedelta(days=n)
        for first, last in spells
        for n in range((last - first).days + 1)
    }
    day, without = start, 0
    earliest = min(days)
    found = start
    while day > earliest and without <= REVIVAL_DAYS:
        day -= dt.timedelta(days=1)
        without = 0 if day in days else without + 1
        if day in days:
            found = day
    return found


def test_a_revival_within_28_days_carries_on(spark):
    generator = random.Random(7)
    rows, expected = [], {}
    for person in range(200):
        day = dt.date(2012, 1, 1) + dt.timedelta(days=generator.randint(0, 20))
        spells = []
        for _ in range(generator.randint(1, 4)):
            last = day + dt.timedelta(days=generator.randint(0, 40))
            spells.append((day, last))
            gap = generator.choice([0, 1, 27, 28, 29, 30, 60])
            day = last + dt.timedelta(days=1 + gap)
        for first, last in spells:
            rows.append(("d1", person, "WW", first, last, None, None, {}))
            expected[person, first] = start_day_by_day(spells, first)
    frame = spark.createDataFrame(rows, BENEFIT_SPELLS.ddl)
    chained = attach_benefit_start(frame, benefits=("WW",), revival_days=REVIVAL_DAYS)
    found = {
        (r["person_id"], r["start_date"]): r["benefit_start_date"]
        for r in chained.collect()
    }
    assert found == expected


def some_claimant(generator):
    born = dt.date(1945, 1, 1) + dt.timedelta(days=generator.randint(0, 18_000))
    day = dt.date(2012, 1, 15) + dt.timedelta(days=generator.randint(0, 330))
    office = generator.choice([*SITES, "elsewhere"])
    spells = []
    for n in range(generator.randint(1, 3)):
        length = generator.choice([20, 60, 90, 91, 92, 120, 300])
        last = day + dt.timedelta(days=length - 1)
        runs_on = n == 2 or generator.random() < 0.2
        if generator.random() < 0.1:
            office = generator.choice(SITES)
        around = day + dt.timedelta(days=generator.choice([0, 60, 90, 91, 92, 140]))
        kinds = ("network_training_from", "esf_track_from", "start_up_from")
        traits = {k: around.isoformat() for k in kinds if generator.random() < 0.15}
        flags = ("wia_35_minus", "dismissed_by_msd")
        traits |= {k: generator.choice("JN") for k in flags if generator.random() < 0.2}
        spells.append(Spell(day, None if runs_on else last, office, traits))
        if runs_on:
            break
        day = last + dt.timedelta(days=1 + generator.choice([0, 1, 27, 28, 29, 60]))
    return Claimant(born, spells)


@pytest.fixture(scope="module")
def claimants():
    generator = random.Random(2012)
    return {n: some_claimant(generator) for n in range(1500)}


@pytest.fixture(scope="module")
def flagged(spark, root, claimants):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml").population
    spells = [
        ("d1", n, "WW", s.first, s.last, s.office, None, s.traits)
        for n, claimant in claimants.items()
        for s in claimant.spells
    ]
    people = [
        {"delivery_id": "d1", "person_id": n, "birth_date": claimant.born}
        for n, claimant in claimants.items()
    ]
    names = PERSONS.names
    persons = spark.createDataFrame(
        [tuple(row.get(name) for name in names) for row in people], PERSONS.ddl
    )
    chained = attach_benefit_start(
        spark.createDataFrame(spells, BENEFIT_SPELLS.ddl),
        benefits=plan.benefits,
        revival_days=plan.revival_days,
    )
    candidates = find_candidates(chained, persons, population=plan)
    found = flag_leaving(candidates, sites=plan.sites, exclusions=plan.exclusions)
    funnel = count_funnel(found, chained, exclusions=plan.exclusions)
    return found.collect(), funnel.orderBy("step").collect()


def test_clock_window_site_and_exclusions_are_those_of_a_day_by_day_walk(
    claimants, flagged
):
    expected = {n: enrol(claimant) for n, claimant in claimants.items()}
    found = {
        r["person_id"]: (r["benefit_start_date"], r["enrolment_date"], r["leaves_at"])
        for r in flagged[0]
    }
    assert found == {n: one for n, one in expected.items() if one is not None}
    assert {one[2] for one in found.values()} == {None, 2, 3, 4, 5, 6, 7, 8}


def test_the_funnel_counts_each_claimant_once(claimants, flagged):
    ends = [enrol(claimant) for claimant in claimants.values()]
    leaving = [0, ends.count(None)]
    leaving += [
        sum(e is not None and e[2] == step for e in ends) for step in range(2, 9)
    ]
    funnel = flagged[1]
    assert [row["n_leaving"] for row in funnel] == leaving
    assert funnel[-1]["n_left"] == sum(e is not None and e[2] is None for e in ends)


@pytest.mark.parametrize(
    ("analyse", "arms"),
    [("rule", ["basic", "intensive"]), ("recorded", ["intensive", "intensive"])],
)
def test_the_analysis_follows_the_arm_that_the_plan_names(
    spark, draw, root, analyse, arms
):
    plan = read_plan(root / "conf" / "experiments" / "ww.yaml").assignment
    enrolled = spark.createDataFrame(
        [(1, "even"), (2, "odd")], "person_id bigint, id_parity string"
    )
    lists = draw("""
        assignment_lists
        person_id | listed_on  | arm_recorded
        1         | 2012-10-01 | intensive
        2         | 2012-10-01 | intensive
    """)
    found = attach_arms(
        enrolled, lists, assignment=plan.model_copy(update={"analyse": analyse})
    ).orderBy("person_id")
    rows = found.collect()
    assert [r["arm"] for r in rows] == arms
    assert [r["is_discordant"] for r in rows] == [True, False]
