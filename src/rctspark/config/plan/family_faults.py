"""What is wrong with the families of tests that a plan declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rctspark.config.plan.families import Family
    from rctspark.config.plan.models import Model
    from rctspark.config.plan.plan import Plan

Faults = list[tuple[str, str]]


def family_faults(plan: Plan) -> Faults:
    """Find what families name and the plan does not have.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault.
    """
    faults: Faults = []
    for i, family in enumerate(plan.families):
        key = f"families.{i}"
        faults += [
            (f"{key}.{part}", f"no {what} is called {name}")
            for part, what, used, known in _names(family, plan)
            for name in used
            if name not in known
        ]
        faults += [
            (f"{key}.models", f"model {model.name} has no effects by category to test")
            for model in plan.models
            if family.tests == "equality"
            and model.name in family.models
            and model.by is None
        ]
        faults += [
            (f"{key}.models", f"model {model.name} is not fitted row by row")
            for model in plan.models
            if (family.seed is not None or family.tests == "joint")
            and model.name in family.models
            and not _is_row_by_row(model, plan)
        ]
        faults += _redraw_faults(family, plan, key)
    return faults


def _redraw_faults(family: Family, plan: Plan, key: str) -> Faults:
    """Find what keeps arms from being drawn again as they were drawn."""
    faults: Faults = []
    categorical = {c.name for c in plan.covariates if c.categories}
    if family.strata is not None and family.strata not in categorical:
        words = f"no categorical covariate is called {family.strata}"
        faults.append((f"{key}.strata", words))
    if family.tests == "joint" and family.seed is not None and plan.inference.cluster:
        words = "persons were drawn together, and are drawn again one by one: no seed"
        faults.append((f"{key}.seed", words))
    return faults


def _is_row_by_row(model: Model, plan: Plan) -> bool:
    is_plain = model.estimator == "ols" and not (model.by or model.strata)
    return is_plain and plan.inference.covariance.startswith("HC")


def _names(
    family: Family, plan: Plan
) -> list[tuple[str, str, tuple[str, ...], frozenset[str]]]:
    populations = frozenset(a.population for a in plan.analyses)
    models = frozenset(m.name for m in plan.models)
    outcomes = frozenset(o.name for o in plan.outcomes)
    return [
        ("populations", "analysis", family.populations, populations),
        ("models", "model", family.models, models),
        ("outcomes", "outcome", family.outcomes, outcomes),
    ]
