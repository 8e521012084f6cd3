"""A made-up trial whose plan declares what lets a reader check."""

from __future__ import annotations

from copy import deepcopy

from grouped_plan import LINES, plan_of
from rctspark.config import Plan
from rctspark.config.plan import plan_faults

COVARIATES = [
    *plan_of()["covariates"],
    {"name": "stratum", "value": "stratum", "categories": ["near", "far"]},
]
PLAN = plan_of(
    arms={"control": "usual", "treatments": ["more", "less"]},
    covariates=COVARIATES,
    outcomes=[
        {"name": "job", "kind": "panel", "value": "1", "horizons": [-3, 2]},
        {
            "name": "mark",
            "kind": "panel",
            "value": "1",
            "unit": "points",
            "horizons": [2, 2],
        },
    ],
    models=[
        {"name": "plain"},
        {"name": "adjusted", "covariates": ["sex", "pay"]},
        {"name": "odds", "covariates": ["pay"], "estimator": "logit"},
        {"name": "by_sex", "by": "sex"},
    ],
    analyses=[
        {"population": "all", "models": ["plain", "adjusted", "odds"]},
        {"population": "late", "horizons": [2], "models": ["plain", "by_sex"]},
    ],
    families=[
        {
            "name": "before",
            "tests": "joint",
            "populations": ["all"],
            "models": ["adjusted"],
            "outcomes": ["job"],
            "horizons": [-3, -2, -1],
            "strata": "stratum",
            "seed": 7,
            "draws": 99,
        }
    ],
    power={
        "persons": {"usual": 150, "more": 150, "less": 100},
        "assumptions": [
            {"name": "tenth", "control_share": 0.1},
            {"name": "marks", "sd": 2.0, "attrition": 0.2, "comparisons": 2},
        ],
    },
    tables=[
        {
            "name": "groups",
            "kind": "groups",
            "columns": {
                "what": "characteristic",
                "which": "category",
                "target": "target",
                "reference": "reference",
                "all": "all",
            },
            "show": "percent",
            "lines": LINES,
        },
        {
            "name": "fit",
            "kind": "fit",
            "groups": ["all", "reference"],
            "columns": {
                "what": "characteristic",
                "who": "group",
                "test": "method",
                "statistic": "statistic",
                "df": "df",
                "p": "p",
                "n": "n",
            },
            "lines": LINES,
        },
        {
            "name": "bounds",
            "kind": "bounds",
            "of": "late",
            "model": "plain",
            "columns": {
                "what": "label",
                "month": "horizon",
                "arm": "arm",
                "how": "method",
                "effect": "effect",
                "lower": "lower",
                "upper": "upper",
                "low": "low",
                "high": "high",
                "trimmed": "trimmed",
                "n": "n arm",
                "n_against": "n against",
            },
            "lines": {
                "mark": {"outcome": "mark", "horizons": [2], "lowest": 0, "highest": 10}
            },
        },
        {
            "name": "models",
            "kind": "models",
            "columns": {
                "what": "label",
                "month": "horizon",
                "model": "model",
                "term": "term",
                "b": "estimate",
                "se": "se",
                "p": "p",
                "stars": "stars",
                "n": "n",
                "r2": "r_squared",
                "r2_adjusted": "adjusted_r_squared",
            },
            "horizons": [2],
            "models": {"plain": "late", "adjusted": "all"},
            "stars": [{"below": 0.1, "sign": "*"}, {"below": 0.05, "sign": "**"}],
            "decimals": 3,
            "lines": {"job": "job"},
        },
    ],
)


def plan_with(**changes) -> Plan:
    """The plan, with other values for some of its keys; not checked as a whole."""
    return Plan.model_validate(deepcopy(PLAN) | changes)


def table_of(plan: Plan, name: str):
    """One table of the plan."""
    (found,) = [table for table in plan.tables if table.name == name]
    return found


def tables_with(name: str, **changes) -> list[dict]:
    """The plan's tables, one of them changed."""
    tables = deepcopy(PLAN["tables"])
    return [t | changes if t["name"] == name else t for t in tables]


def faults_of(**changes) -> list[str]:
    """What is wrong with the plan after changes, in words with the key."""
    return [f"{key}: {words}" for key, words in plan_faults(plan_with(**changes))]
