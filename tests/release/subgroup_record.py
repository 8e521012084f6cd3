"""A record with effects by category, families of tests and services by month."""

from __future__ import annotations

from dataclasses import replace

from rctspark.contracts import JudgedTest
from release import published_trial as trial

MODELS = [{"name": "plain"}, {"name": "by_age", "by": "age"}]
ANALYSES = [
    {"population": "all", "models": ["plain"], "outcomes": ["exit", "wage"]},
    {
        "population": "known",
        "where": "age <> 'unknown'",
        "models": ["by_age"],
        "outcomes": ["exit"],
    },
    {"population": "men", "where": "sex = 'man'", "models": ["plain"]},
]
FAMILIES = [
    {
        "name": "parts",
        "tests": "equality",
        "populations": ["known"],
        "models": ["by_age"],
    },
    {"name": "main", "tests": "effects", "populations": ["all"], "models": ["plain"]},
]
SIZES = {"young": (405, 420), "middle": (203, 180), "old": (404, 391)}
MONTHS = {
    "name": "by_month",
    "kind": "course",
    "columns": {
        "m": "horizon",
        "k": "label",
        "b": "basic",
        "i": "more",
        "n": "n basic",
    },
    "lines": {"talks": "talks_in_month"},
}
TALKS = {
    "name": "talks_in_month",
    "kind": "panel",
    "value": "talks",
    "unit": "contacts",
}
BY_MONTH = {0: ((0, 0), (0, 0)), 1: ((4, 9), (120, 160)), 2: None}
"""Month to persons and contacts by arm; the last is not observed."""


def by_category(plan, category, horizon, *, mean=0.5):
    """The effect of one category of age on having left by a horizon."""
    n_arm, n_against = SIZES[category]
    made = trial.found(plan, "all", ("exit", horizon), (mean, 0.031234567, 0.21))
    return replace(
        made,
        population=f"known:age={category}",
        model="by_age",
        n_arm=n_arm,
        n_against=n_against,
        rank=6,
        columns=6,
    )


def judged(plan, horizon, **changes):
    made = JudgedTest(
        experiment=plan.name,
        family="parts",
        tests="equality",
        population="known",
        outcome="exit",
        horizon=horizon,
        arm="more",
        model="by_age",
        by="age",
        statistic=1.23456,
        df_numerator=2,
        df_denominator=1994.0,
        p_value=0.2912345,
        p_holm=0.5824690,
        p_benjamini_hochberg=0.4,
        p_step_down=None,
        family_size=2,
        n_total=2003,
        data_version="v1",
        plan_hash=plan.hash,
    )
    return replace(made, **changes)


def make_record(*, old_mean=0.5, by_month=BY_MONTH, **changes):
    outcomes = [*trial.PLAN["outcomes"], TALKS]
    plan = trial.make_plan(
        models=MODELS,
        analyses=ANALYSES,
        families=FAMILIES,
        outcomes=outcomes,
        tables=[*trial.PLAN["tables"], MONTHS],
    )
    means = {"old": old_mean}
    effects = [
        by_category(plan, category, horizon, mean=means.get(category, 0.5))
        for horizon in (6, 12)
        for category in SIZES
    ]
    main = replace(
        judged(plan, 12),
        family="main",
        tests="effects",
        population="all",
        model="plain",
        by="",
        p_value=0.04,
        p_holm=0.12,
        p_step_down=0.0876,
        family_size=3,
    )
    monthly = [
        trial.counted(
            plan,
            "talks_in_month",
            "all",
            arm,
            cells[0][side] if cells else 0,
            trial.SIZES[arm] if cells else 0,
            total=float(cells[1][side]) if cells else 0.0,
            horizon=month,
        )
        for month, cells in by_month.items()
        for side, arm in enumerate(trial.SIZES)
    ]
    parts = {
        "plan": plan,
        "plan_hash": plan.hash,
        "effects": (*trial.effects(plan), *effects),
        "tests": (judged(plan, 6), judged(plan, 12), main),
        "descriptives": (*trial.descriptives(plan), *monthly),
    }
    return trial.record(**(parts | changes))


FOUND = {
    "source": "A report",
    "findings": [
        {
            "about": "Leaving",
            "published": "significant",
            "is_significant": True,
            "effects": [
                {"population": "all", "outcome": "exit", "horizon": 12}
                | {"model": "plain", "arm": "more"},
                {"population": "all", "outcome": "exit", "horizon": 6}
                | {"model": "plain", "arm": "more"},
            ],
        },
        {"about": "Something else", "published": "not said"}
        | {"reason": "its table adds up to less"},
    ],
}
