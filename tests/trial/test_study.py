"""From everyone screened to those drawn."""

import datetime as dt
import random

from grouped_plan import plan_of
from rctspark.config import Plan
from rctspark.contracts import STUDY_LISTS
from rctspark.trial.study import count_studied, count_studied_by_site, find_groups

PLAN = Plan.model_validate(
    plan_of(
        population={
            "sites": ["here", "there"],
            "exclusions": [
                {
                    "id": "under_27",
                    "when": "excluded_because = 'under_27'",
                    "reason": "Younger than 27",
                }
            ],
        },
        outcomes=[{"name": "paid", "kind": "panel", "value": "wage_eur"}],
    )
)
SCREENED = """
    study_lists
    person_id | site  | excluded_because | is_reference | invitation_date | applied_on | drawn_on   | arm   | stratum | withdrawn_on | withdrawal_reason
    ann       | here  | under_27         | false        | -               | -          | -          | -     | -       | -            | -
    bob       | here  | moved_away       | false        | -               | -          | -          | -     | -       | -            | -
    cor       | here  | -                | true         | 2018-03-01      | -          | -          | -     | -       | -            | -
    dot       | here  | -                | false        | 2018-03-01      | -          | -          | -     | -       | -            | -
    eve       | there | -                | false        | 2018-03-01      | 2018-04-01 | -          | -     | -       | 2018-04-10   | own_request
    fay       | there | -                | false        | 2018-03-01      | 2018-04-01 | -          | -     | -       | 2018-04-10   | left_benefit
    gus       | there | -                | false        | 2018-03-01      | 2018-04-01 | 2018-05-04 | usual | all     | 2018-06-10   | own_request
    hal       | far   | -                | false        | 2018-03-01      | 2018-04-01 | 2018-05-04 | usual | all     | -            | -
"""


def test_each_person_leaves_the_funnel_once_and_at_the_first_step_that_applies(draw):
    steps = count_studied(draw(SCREENED), plan=PLAN.population).orderBy("step")
    found = [(r["stage"], r["n_leaving"], r["n_left"]) for r in steps.collect()]
    assert found == [
        ("screened", 0, 7),
        ("without under 27", 1, 6),
        ("target population", 1, 5),
        ("not of the reference group", 1, 4),
        ("invited", 0, 4),
        ("applied", 1, 3),
        ("not withdrawn before the draw", 1, 2),
        ("still in benefit at the draw", 1, 1),
        ("drawn", 0, 1),
    ]
    sites = count_studied_by_site(draw(SCREENED), plan=PLAN.population)
    young = {
        r["site"]: (r["n_leaving"], r["n_left"])
        for r in sites.collect()
        if r["stage"] == "without under 27"
    }
    assert young == {"here": (1, 3), "there": (0, 3)}


def test_groups_are_the_target_population_without_those_drawn(draw):
    spells = draw("""
        benefit_spells
        person_id | benefit | start_date | end_date
        cor       | PW      | 2016-01-01 | -
        dot       | PW      | 2014-01-01 | 2015-01-01
        dot       | PW      | 2017-02-01 | -
        eve       | PW      | 2018-06-01 | -
    """).selectExpr("*", "start_date AS benefit_start_date")
    found = find_groups(draw(SCREENED), spells, plan=PLAN).collect()
    told = {
        (r["site"], r["group"], r["is_enrolled"], str(r["benefit_start_date"]))
        for r in found
    }
    assert told == {
        ("here", "reference", False, "2016-01-01"),
        ("here", "target", False, "2017-02-01"),
        ("there", "target", False, "None"),
    }
    assert len(found) == 4
    assert {str(r["origin_date"]) for r in found} == {"2018-05-01"}


def leaves_one_by_one(person):  # noqa: PLR0911 (one stage after another)
    """Say at which stage one person leaves, by the words of the report."""
    why, reference, invited, applied, drawn, withdrawn, reason = person
    if why == "under_27":
        return "without under 27"
    if why is not None:
        return "target population"
    if reference:
        return "not of the reference group"
    if invited is None:
        return "invited"
    if applied is None:
        return "applied"
    if drawn is None and withdrawn is not None:
        left = reason == "left_benefit"
        return (
            "still in benefit at the draw" if left else "not withdrawn before the draw"
        )
    return "drawn" if drawn is None else None


def test_the_funnel_agrees_with_following_one_person_after_another(spark):
    generator = random.Random(20180504)
    day = dt.date(2018, 4, 1)
    rows, left = [], {}
    for number in range(400):
        why = generator.choice([None, None, None, "under_27", "other"])
        person = (
            why,
            generator.random() < 0.2,
            *(generator.choice([day, day, None]) for _ in range(4)),
            generator.choice([None, "left_benefit", "moved"]),
        )
        reference, invited, applied, drawn, withdrawn, reason = person[1:]
        site = generator.choice(["here", "there", "far"])
        row = ("d1", number, site, why, reference, invited, applied, drawn)
        rows.append((*row, None, None, withdrawn, reason, {}))
        if site != "far":
            stage = leaves_one_by_one(person)
            left[stage, site] = left.get((stage, site), 0) + 1
    frame = spark.createDataFrame(rows, STUDY_LISTS.ddl)
    found = {
        (r["stage"], r["site"]): r["n_leaving"]
        for r in count_studied_by_site(frame, plan=PLAN.population).collect()
        if r["n_leaving"]
    }
    assert found == {key: n for key, n in left.items() if key[0] is not None}
