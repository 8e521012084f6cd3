"""What a study's own records say in each period of the panel."""

import datetime as dt

from conftest import named
from rctspark.config import read_plan
from rctspark.sample.outcomes import attach_panel_outcomes
from rctspark.sample.study import attach_baseline, attach_study

POPULATION = """
    population
    person_id | is_enrolled | group     | origin_date | enrolment_date
    ann       | true        | usual     | 2018-05-01  | 2018-05-04
    bob       | false       | reference | 2018-05-01  | -
"""
ANSWERS = """
    answers
    delivery_id | person_id | wave | answered_on | mode | language | answers
    d1          | ann       | 0    | 2018-04-01  | web  | nl       | {mark=5}
    d2          | ann       | 1    | 2018-06-09  | web  | nl       | {mark=8}
    d1          | bob       | 1    | 2018-06-09  | web  | nl       | {mark=9}
"""


def test_a_period_knows_the_status_on_its_last_day_and_the_answers_of_its_wave(
    draw, make_plan
):
    panel = draw("""
        person_month
        person_id | period_start | horizon
        ann       | 2018-05-01   | 0
        ann       | 2018-06-01   | 1
        bob       | 2018-06-01   | 1
    """)
    studied = draw("""
        study_lists
        person_id | is_reference | arm   | withdrawn_on
        ann       | false        | usual | 2018-06-20
    """)
    statuses = draw("""
        statuses
        person_id | subject     | value | start_date | end_date
        ann       | arrangement | 3     | 2016-01-01 | 2018-06-29
        ann       | arrangement | 2     | 2018-06-30 | -
        ann       | education   | low   | 2015-10-01 | -
        ann       | education   | high  | 2016-10-01 | -
        bob       | arrangement | 1     | 2016-01-01 | -
    """)
    rows = attach_study(
        panel,
        population=draw(POPULATION),
        studied=studied,
        statuses=statuses,
        answers=draw(ANSWERS),
        plan=make_plan(),
    ).collect()
    before = {"arrangement": "3", "education": "high"}
    told = {
        (r["horizon"], r["arm_drawn"]): (
            r["statuses"],
            r["statuses_at_enrolment"],
            r["answers"],
            r["withdrawn_on"],
        )
        for r in rows
    }
    day = dt.date(2018, 6, 20)
    assert told == {
        (0, "usual"): (before, before, {"mark": 5.0}, day),
        (1, "usual"): (before | {"arrangement": "2"}, before, {"mark": 8.0}, day),
        (1, None): (None, None, None, None),
    }


def test_the_answers_before_assignment_are_those_of_wave_0(draw):
    persons = draw("""
        persons
        person_id | sex
        ann       | female
        bob       | male
    """)
    rows = attach_baseline(persons, draw(ANSWERS)).collect()
    assert {r["sex"]: (r["answers"], r["answers_mode"]) for r in rows} == {
        "female": ({"mark": 5.0}, "web"),
        "male": (None, None),
    }


def test_a_total_adds_up_its_periods_and_is_unknown_where_one_is(draw, make_plan):
    panel = draw("""
        person_month
        person_id | period_start | horizon | wage_eur
        ann       | 2018-05-01   | 0       | 1.00
        ann       | 2018-06-01   | 1       | 2.50
        ann       | 2018-07-01   | 2       | 4.00
        bob       | 2018-06-01   | 1       | 2.00
        bob       | 2018-07-01   | 2       | -
    """)
    plan = make_plan(
        outcomes=[
            {
                "name": "pay",
                "kind": "panel_total",
                "value": "wage_eur",
                "periods": [1, 2],
                "unit": "euro",
            }
        ]
    )
    persons = panel.select("person_id").distinct()
    rows = attach_panel_outcomes(persons, panel, plan=plan, outcomes=plan.outcomes)
    assert sorted(str(r["pay@0"]) for r in rows.collect()) == ["6.5", "None"]


def test_whoever_withdrew_after_a_waves_first_day_was_asked_to_answer(draw, root):
    panel = draw("""
        person_month
        person_id | period_start | horizon
        ann       | 2019-01-01   | 8
        ann       | 2019-09-01   | 16
        bob       | 2019-01-01   | 8
        bob       | 2019-09-01   | 16
        cor       | 2019-01-01   | 8
        cor       | 2019-09-01   | 16
        dan       | 2019-01-01   | 8
        dan       | 2019-09-01   | 16
    """)
    studied = draw("""
        study_lists
        person_id | withdrawn_on
        ann       | 2019-01-14
        bob       | 2019-08-20
        cor       | 2019-08-19
        dan       | -
    """).select("person_id", "withdrawn_on")
    plan = read_plan(root / "conf" / "experiments" / "www.yaml")
    asked = [o for o in plan.outcomes if o.name == "approached"]
    rows = attach_panel_outcomes(
        studied.select("person_id"),
        panel.join(studied, on="person_id"),
        plan=plan,
        outcomes=asked,
    ).collect()
    assert {r["person_id"]: (r["approached@8"], r["approached@16"]) for r in rows} == {
        named("ann"): (0, 0),
        named("bob"): (1, 1),
        named("cor"): (1, 0),
        named("dan"): (1, 1),
    }
