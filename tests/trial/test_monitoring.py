"""A trial while it runs: who entered, in which arm, served as the protocol says."""

import datetime as dt
import random
from types import SimpleNamespace

import pytest

from rctspark.config.plan import Monitoring, Round
from rctspark.errors import PlanError
from rctspark.trial.monitoring import (
    count_agreement,
    count_categories,
    count_inflow,
    count_services,
)
from reference import monitoring as slow

UNTIL = dt.date(2013, 1, 31)
ROUNDS = ((4, 77, 112, 105), (7, 213, 241, 213))
DUE = {
    4: {"basic": ("group",), "intensive": ("single",)},
    7: {"intensive": ("single",)},
}
PLAN = SimpleNamespace(
    arms=SimpleNamespace(all=("basic", "intensive")),
    rounds=tuple(
        Round(number=n, first_day=a, last_day=b, due_on=due) for n, a, b, due in ROUNDS
    ),
    monitoring=Monitoring(due=DUE),
)
NAMES = (
    *("due", "held", "late", "missing", "open"),
    *("failed", "left", "outside", "held_over"),
)
LIVES = """
    person_id bigint, site string, arm string, benefit_start_date date, exit_day date,
    observed_until date,
    meetings array<struct<contact_date: date, kind: string, status: string>>
"""


@pytest.fixture
def people(draw):
    population = draw("""
        population
        person_id | site | group | is_enrolled | origin_date | enrolment_date | observed_until
        ann       | east | basic | true        | 2012-07-01  | 2012-09-30     | 2013-01-31
        bob       | east | basic | true        | 2012-07-02  | 2012-10-01     | 2013-01-31
        cor       | west | -     | true        | 2012-07-02  | 2012-10-01     | 2013-01-31
        dan       | west | basic | false       | 2012-07-02  | -              | 2013-01-31
    """)
    assignment = draw("""
        assignment
        person_id | arm_by_rule | arm_recorded | arm       | is_discordant
        ann       | basic       | basic        | basic     | false
        bob       | basic       | intensive    | basic     | true
        cor       | intensive   | -            | intensive | false
    """)
    lists = draw("""
        assignment_lists
        delivery_id | person_id | listed_on  | site | arm_recorded
        d1          | ann       | 2012-09-01 | east | basic
        d1          | bob       | 2012-09-01 | east | basic
        d2          | bob       | 2012-10-01 | east | intensive
    """)
    return population, assignment, lists


def test_inflow_is_counted_by_month_site_and_arm_with_that_of_the_last_four_weeks(
    people,
):
    population, assignment, _ = people
    counted = count_inflow(population, assignment, until=dt.date(2012, 10, 28))
    september, october = dt.date(2012, 9, 1), dt.date(2012, 10, 1)
    # 1 October is the first of the 28 days that end on 28 October.
    assert [tuple(r) for r in counted.collect()] == [
        (september, "east", "basic", 1, 0),
        (october, "east", "basic", 1, 1),
        (october, "west", "intensive", 1, 1),
    ]


def test_who_moved_between_arms_or_is_on_no_list_is_counted(people):
    rows = [tuple(r) for r in count_agreement(*people).collect()]
    assert rows == [
        ("east", "basic", "basic", 1, 0),
        ("east", "basic", "intensive", 1, 1),
        ("west", "intensive", "", 1, 0),
    ]


def test_categories_are_counted_with_those_not_known(spark):
    described = spark.createDataFrame(
        [("a", "x", None), ("a", "y", "o"), ("b", "x", "o")],
        "arm string, one string, other string",
    )
    counted = count_categories(described, covariates=["one", "other"])
    assert {tuple(r) for r in counted.collect()} == {
        ("one", "x", "a", 1),
        ("one", "y", "a", 1),
        ("one", "x", "b", 1),
        ("other", "", "a", 1),
        ("other", "o", "a", 1),
        ("other", "o", "b", 1),
    }


def person_of(chance, number):
    start = UNTIL - dt.timedelta(days=chance.randint(60, 320))
    days = [77, 100, 105, 106, 112, 113, 213, 214, 241, 242]
    leaves = start + dt.timedelta(days=chance.choice(days))
    edges = [76, 77, 90, 112, 113, 200, 212, 213, 241, 242, 260]
    meetings = [
        (
            start + dt.timedelta(days=chance.choice(edges)),
            chance.choice(["single", "group"]),
            chance.choice(["held", "cancelled", "no_show", "planned"]),
        )
        for _ in range(chance.randint(0, 3))
    ]
    return {
        "person_id": number,
        "site": chance.choice(["east", "west"]),
        "arm": chance.choice(["basic", "intensive"]),
        "start": start,
        "exit": leaves if chance.random() < 0.4 and leaves <= UNTIL else None,
        "meetings": [m for m in meetings if m[0] <= UNTIL],
    }


def test_services_are_what_going_through_each_persons_days_finds(spark):
    chance = random.Random(7)
    persons = [person_of(chance, number) for number in range(3000)]
    rows = [
        (
            p["person_id"],
            p["site"],
            p["arm"],
            p["start"],
            p["exit"],
            UNTIL,
            p["meetings"],
        )
        for p in persons
    ]
    lives = spark.createDataFrame(rows, LIVES)
    counted = {
        (r["site"], r["arm"], r["round"]): {name: r[name] for name in NAMES}
        for r in count_services(lives, plan=PLAN).collect()
    }
    expected = slow.services(persons, rounds=ROUNDS, due=DUE, until=UNTIL)
    assert set(counted) == set(expected)
    for key, numbers in expected.items():
        assert counted[key] == {name: numbers[name] for name in counted[key]}, key
    # Every state occurs, so that no comparison above is of zeros alone.
    for name in NAMES:
        assert sum(numbers[name] for numbers in expected.values()) > 20, name


def test_a_plan_without_a_protocol_has_no_services_to_count(spark):
    lives = spark.createDataFrame([], LIVES)
    none = SimpleNamespace(
        name="toy", rounds=(), arms=SimpleNamespace(all=()), monitoring=Monitoring()
    )
    with pytest.raises(PlanError, match="toy has no protocol"):
        count_services(lives, plan=none)
