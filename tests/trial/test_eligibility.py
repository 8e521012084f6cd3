"""Clock, revivals and exclusions, against a version that follows one person a day."""

import datetime as dt
import random

import pytest

from rctspark.config import read_plan
from rctspark.contracts import BENEFIT_SPELLS
from rctspark.trial.assignment import attach_arms
from rctspark.trial.eligibility import attach_benefit_start

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
