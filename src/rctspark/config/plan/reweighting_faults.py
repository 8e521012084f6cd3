"""What is wrong with the effects that a plan wants weighted to its target."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.check_tables import (
    HETEROSKEDASTIC,
    WeightedEffectsTable,
    WeightsTable,
)

if TYPE_CHECKING:
    from collections.abc import Collection

    from rctspark.config.plan.models import Analysis, Covariate, Model
    from rctspark.config.plan.plan import Plan
    from rctspark.config.plan.reweighting import Reweighting

Faults = list[tuple[str, str]]
TARGET = "target"


def reweighting_faults(plan: Plan) -> Faults:
    """Find what reweightings name and the plan does not have, or can't be weighted.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault.
    """
    faults: Faults = []
    analyses = {a.population: a for a in plan.analyses}
    told = {t.of for t in plan.tables if isinstance(t, WeightsTable)}
    for i, one in enumerate(plan.reweighted):
        key = f"reweighted.{i}"
        faults += _place_faults(plan, one, analyses, key)
        if one.of in analyses:
            faults += _analysis_faults(one, analyses[one.of], key)
        faults += _margin_faults(plan, one, key)
        faults += _model_faults(plan, one, key)
        if one.population not in told:
            words = (
                "weighted effects are read beside their weights: give a table of kind "
                f"weights of {one.population}"
            )
            faults.append((key, words))
    return faults


def weights_table_faults(
    plan: Plan, table: WeightsTable | WeightedEffectsTable, key: str
) -> Faults:
    """Find what a table about weighted persons names and the plan does not have.

    Args:
        plan: The plan.
        table: The table.
        key: Its key.

    Returns:
        Key in the file and the fault.
    """
    found = next((one for one in plan.reweighted if one.population == table.of), None)
    if found is None:
        return [(f"{key}.of", f"nothing that is reweighted is called {table.of}")]
    if isinstance(table, WeightsTable):
        return []
    faults: Faults = []
    if table.model not in found.models:
        words = f"{table.of} is not estimated by model {table.model}"
        faults.append((f"{key}.model", words))
    analysis = next((a for a in plan.analyses if a.population == found.of), None)
    own = found.outcomes or (analysis.outcomes if analysis else ())
    known = own or tuple(o.name for o in plan.outcomes)
    return faults + [
        (f"{key}.lines.{heading}", f"{table.of} does not have outcome {outcome}")
        for heading, outcome in table.lines.items()
        if outcome not in known
    ]


def _place_faults(
    plan: Plan, one: Reweighting, analyses: Collection[str], key: str
) -> Faults:
    faults: Faults = []
    if one.population in analyses:
        words = f"{one.population} is an analysis; its effects would be taken for those"
        faults.append((f"{key}.population", words))
    if one.of not in analyses:
        faults.append((f"{key}.of", f"no analysis is called {one.of}"))
    if TARGET not in plan.population.groups:
        words = "there is no target population: say population.groups: [target]"
        faults.append((key, words))
    inference = plan.inference
    if inference.covariance not in HETEROSKEDASTIC:
        words = f"weighted effects have no covariance {inference.covariance}, only HC"
        faults.append((key, words))
    return faults


def _analysis_faults(one: Reweighting, analysis: Analysis, key: str) -> Faults:
    faults = [
        (f"{key}.outcomes", f"analysis {one.of} does not have outcome {name}")
        for name in one.outcomes
        if analysis.outcomes and name not in analysis.outcomes
    ]
    faults += [
        (f"{key}.horizons", f"analysis {one.of} does not have horizon {horizon}")
        for horizon in one.horizons
        if analysis.horizons and horizon not in analysis.horizons
    ]
    if analysis.groups:
        words = f"{one.of} holds groups that are not enrolled; only arms are weighted"
        faults.append((f"{key}.of", words))
    return faults


def _margin_faults(plan: Plan, one: Reweighting, key: str) -> Faults:
    covariates = {c.name: c for c in plan.covariates}
    at = f"{key}.margins"
    faults = [
        (at, f"{name} stands here twice")
        for name in sorted({n for n in one.margins if one.margins.count(n) > 1})
    ]
    for name in dict.fromkeys(one.margins):
        known = covariates.get(name)
        words = "" if known is None else _margin_fault(known, one)
        if known is None:
            words = f"no covariate is called {name}"
        faults += [(at, words)] if words else []
    faults += [
        (f"{key}.missing", f"{name} is no margin with a category {category}")
        for name, category in one.missing.items()
        if name not in one.margins
        or name not in covariates
        or category not in covariates[name].categories
    ]
    outcomes = {o.name for o in plan.outcomes}
    return faults + [
        (f"{key}.outcomes", f"no outcome is called {name}")
        for name in one.outcomes
        if name not in outcomes
    ]


def _margin_fault(covariate: Covariate, one: Reweighting) -> str:
    if covariate.missing == "dummy":
        return f"{covariate.name} may be unknown: a margin is known of everyone"
    if one.method == "raking" and not covariate.categories:
        return f"{covariate.name} is a number: raking has categories; say entropy"
    return ""


def _model_faults(plan: Plan, one: Reweighting, key: str) -> Faults:
    models = {m.name: m for m in plan.models}
    faults: Faults = []
    for name in one.models:
        model = models.get(name)
        words = f"no model is called {name}" if model is None else _model_fault(model)
        faults += [(f"{key}.models", words)] if words else []
    return faults


def _model_fault(model: Model) -> str:
    is_plain = model.estimator == "ols" and not (
        model.by or model.strata or model.baseline
    )
    if is_plain:
        return ""
    return (
        f"model {model.name}: persons are weighted in least squares alone, without "
        "by, strata and baseline"
    )
