"""A plan in a few lines."""

from __future__ import annotations

import pytest

from rctspark.config import Plan
from rctspark.config.plan import plan_faults

GROUND = {
    "name": "trial",
    "title": "A trial",
    "registers": {"root": "agency", "as_known_on": "2014-01-01", "mappings": ["any"]},
    "window": {"first": -3, "last": 2},
    "follow_up_until": "2014-01-01",
    "population": {"origin": "benefit_start", "benefits": ["WW"]},
    "arms": {"control": "basic", "treatments": ["intensive", "light"]},
    "assignment": {"rule": "list", "analyse": "recorded"},
    "outcomes": [
        {"name": "exit", "kind": "exit", "within": [6, 12]},
        {"name": "weeks", "kind": "benefit_duration", "value": "days / 7"},
        {
            "name": "working",
            "kind": "panel",
            "value": "double(jobs > 0)",
            "horizons": [0, 1],
        },
        {"name": "wage_eur", "kind": "panel", "value": "wage_eur"},
    ],
    "covariates": [
        {"name": "female", "value": "double(coalesce(sex, 'unknown') = 'female')"},
        {
            "name": "age",
            "value": "CASE WHEN age_at_enrolment < 35 THEN 'young' "
            "WHEN age_at_enrolment >= 35 THEN 'old' ELSE 'unknown' END",
            "categories": ["young", "old", "unknown"],
        },
        {"name": "wage_before", "value": "sum(wage_eur)", "panel": [-2, -1]},
    ],
    "models": [
        {"name": "unadjusted"},
        {"name": "adjusted", "covariates": ["female", "age", "wage_before"]},
    ],
    "analyses": [{"population": "all"}],
}


@pytest.fixture
def make_plan():
    """A plan: the ground, with some of its parts replaced."""

    def made(**parts) -> Plan:
        plan = Plan.model_validate(GROUND | parts)
        assert plan_faults(plan) == []
        return plan

    return made
