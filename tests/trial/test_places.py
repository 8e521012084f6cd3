"""Everyone enrolled has an arm of the plan, and a stratum where one was drawn by."""

import pytest

from rctspark.config.plan import DrawPlan
from rctspark.errors import PlanError
from rctspark.trial.places import Placed, count_places, require_places
from trial.test_study import PLAN

FILES = ("lists/2018.csv",)
DRAW = DrawPlan.model_validate(
    {
        "drawn_on": "2018-05-04",
        "identifier": ["ID"],
        "site": "SITE",
        "sites": {
            "here": {"strata": ["A"], "ratio": {"usual": 1, "more": 1}},
            "there": {"ratio": {"usual": 1, "more": 1}},
        },
    }
)


def test_the_enrolled_are_counted_by_site_arm_and_stratum(draw):
    enrolled = draw("""
        population
        person_id | site  | benefit_start_date
        ann       | here  | 2018-01-01
        bob       | here  | 2018-01-01
        cor       | there | -
        dot       | there | 2018-01-01
    """)
    assignment = draw("""
        assignment
        person_id | arm   | stratum
        ann       | usual | low
        bob       | more  | -
        cor       | more  | -
    """)
    rows = count_places(enrolled, assignment).collect()
    found = {Placed(**row.asDict()) for row in rows}
    assert found == {
        Placed("here", "usual", has_stratum=True, persons=1),
        Placed("here", "more", has_stratum=False, persons=1),
        Placed("there", "more", has_stratum=False, persons=1, has_benefit=False),
        Placed("there", None, has_stratum=False, persons=1),
    }


def test_an_arm_that_the_plan_does_not_know_stops_the_job_with_count_and_file():
    counted = [
        Placed("here", "usual", has_stratum=True, persons=90),
        Placed("here", "double", has_stratum=True, persons=2),
        Placed("there", "triple", has_stratum=True, persons=1),
        Placed("there", None, has_stratum=True, persons=4),
    ]
    with pytest.raises(PlanError) as told:
        require_places(counted, PLAN, files=FILES)
    words = str(told.value)
    assert "3 enrolled person(s) are in an arm that the plan does not know" in words
    assert "it knows usual, more" in words
    assert "4 enrolled person(s) have no arm" in words
    assert "lists/2018.csv" in words
    assert "double" not in words


def test_somebody_in_no_stratum_of_a_draw_by_strata_stops_the_job():
    plan = PLAN.model_copy(update={"draw": DRAW})
    fine = Placed("here", "usual", has_stratum=True, persons=90)
    elsewhere = Placed("there", "more", has_stratum=False, persons=9)
    require_places([fine, elsewhere], plan, files=FILES)
    without = Placed("here", "more", has_stratum=False, persons=5)
    with pytest.raises(PlanError, match=r"5 enrolled person\(s\) are in no stratum"):
        require_places([fine, elsewhere, without], plan, files=FILES)
    require_places([fine, elsewhere, without], PLAN, files=FILES)


def test_somebody_without_the_benefit_that_horizons_count_from_stops_the_job():
    from_benefit = PLAN.population.model_copy(update={"origin": "benefit_start"})
    plan = PLAN.model_copy(update={"population": from_benefit})
    lost = Placed("here", "more", has_stratum=True, persons=3, has_benefit=False)
    with pytest.raises(PlanError, match=r"3 enrolled person\(s\) have no benefit"):
        require_places([lost], plan, files=FILES)
    require_places([lost], PLAN, files=FILES)
