"""What is wrong with the tables that let a reader check."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.check_tables import (
    BoundsTable,
    FitTable,
    ModelsTable,
    has_coefficients,
)
from rctspark.config.plan.study_tables import GroupsTable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config.plan.plan import Plan

Faults = list[tuple[str, str]]
TARGET = "target"


def models_faults(plan: Plan, table: ModelsTable, key: str) -> Faults:
    """Find what a table of models names and the plan does not have."""
    models = {m.name: m for m in plan.models}
    analyses = {a.population: a for a in plan.analyses}
    faults = _unknown(plan, table.lines.values(), f"{key}.lines")
    for name, population in table.models.items():
        model, analysis = models.get(name), analyses.get(population)
        at = f"{key}.models.{name}"
        if model is None or analysis is None:
            what, which = ("model", name) if model is None else ("analysis", population)
            faults.append((at, f"no {what} is called {which}"))
            continue
        if not has_coefficients(model, plan.inference.covariance):
            words = "coefficients are shown of ols and logit alone, with "
            faults.append((at, words + "HC covariances, no by, products, baseline"))
        if analysis.models and name not in analysis.models:
            faults.append((at, f"analysis {population} does not have the model"))
        left_out = [
            outcome
            for outcome in table.lines.values()
            if analysis.outcomes and outcome not in analysis.outcomes
        ]
        faults += [(at, f"analysis {population} does not have {o}") for o in left_out]
    return faults


def fit_faults(plan: Plan, table: FitTable, key: str) -> Faults:
    """Find what a table of fit names and the plan does not have."""
    covariates = {c.name: c for c in plan.covariates}
    followed = (*plan.arms.all, *plan.population.groups, "all")
    faults: Faults = []
    if TARGET not in plan.population.groups:
        words = "there is no target population: say population.groups: [target]"
        faults.append((key, words))
    faults += [
        (f"{key}.groups", f"no group to hold against the target is called {group}")
        for group in table.groups
        if group not in followed or group == TARGET
    ]
    for heading, line in table.lines.items():
        known = covariates.get(line.covariate or "")
        at = f"{key}.lines.{heading}"
        if known is None:
            faults.append((at, f"no covariate is called {line.covariate}"))
            continue
        faults += [
            (at, f"no table of groups shows {line.covariate} of {group} and target")
            for group in table.groups
            if not _is_shown(plan, line.covariate or "", group)
        ]
        named = [*line.categories.values(), *([line.missing] if line.missing else [])]
        faults += [
            (at, f"{line.covariate} has no category {name}")
            for name in named
            if name not in known.categories
        ]
    return faults


def _is_shown(plan: Plan, covariate: str, group: str) -> bool:
    """Say whether a table of groups shows a covariate of a group and the target.

    The test is a statement about those numbers, and leaves only beside them.
    """
    return any(
        {group, TARGET} <= {*table.columns.values()}
        and covariate in {line.covariate for line in table.lines.values()}
        for table in plan.tables
        if isinstance(table, GroupsTable)
    )


def bounds_faults(plan: Plan, table: BoundsTable, key: str) -> Faults:
    """Find what a table of bounds names and the plan does not have."""
    models = {m.name: m for m in plan.models}
    faults = _unknown(plan, table.outcomes, f"{key}.lines")
    if table.of not in {a.population for a in plan.analyses}:
        faults.append((f"{key}.of", f"no analysis is called {table.of}"))
    model = models.get(table.model)
    if model is None:
        faults.append((f"{key}.model", f"no model is called {table.model}"))
    elif model.uses or model.estimator != "ols":
        words = f"{table.model} adjusts; bounds are of the difference in means"
        faults.append((f"{key}.model", words))
    return faults


def _unknown(plan: Plan, names: Iterable[str], key: str) -> Faults:
    known = {o.name for o in plan.outcomes}
    return [(key, f"no outcome is called {n}") for n in names if n not in known]
