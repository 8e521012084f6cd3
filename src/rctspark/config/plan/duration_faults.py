"""What is wrong with durations of a plan, held against the rest of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan.durations import TimingModel

if TYPE_CHECKING:
    from rctspark.config.plan.durations import DurationPlan
    from rctspark.config.plan.plan import Plan


def duration_faults(plan: Plan) -> list[tuple[str, str]]:
    """Find what durations use and the plan does not declare, or does not reach.

    Args:
        plan: A plan whose parts are each right by themselves.

    Returns:
        Key in the file and the fault.
    """
    known = {c.name for c in plan.covariates}
    categorical = {c.name for c in plan.covariates if c.categories}
    faults: list[tuple[str, str]] = []
    for i, duration in enumerate(plan.durations):
        key = f"durations.{i}"
        faults += [
            (f"{key}.models", f"no covariate is called {name}")
            for name in duration.uses
            if name not in known
        ]
        if duration.strata and duration.strata not in categorical:
            faults.append(
                (f"{key}.strata", f"no categorical covariate is {duration.strata}")
            )
        faults += [
            (f"{key}.varying", f"{v.name} is a covariate of the plan")
            for v in duration.varying
            if v.name in known
        ]
        numbers = {r.number for r in plan.rounds}
        if duration.interview and duration.interview.round not in {None, *numbers}:
            faults.append((f"{key}.interview.round", "no round has this number"))
        if duration.varying:
            faults += [(f"{key}.varying", f) for f in _varying_faults(plan, duration)]
    return faults


def _varying_faults(plan: Plan, duration: DurationPlan) -> list[str]:
    """Find periods at risk that are not those of the panel."""
    faults = []
    if duration.unit != plan.period:
        faults.append(f"the unit is {duration.unit}, the panel's {plan.period}")
    if duration.origin != plan.population.origin:
        faults.append(f"time runs from {duration.origin}, the panel does not")
    if duration.until - 1 > plan.window.last:
        faults.append("the panel's window ends before until")
    lags = {v.name: v.lag for v in duration.varying}
    faults += [
        f"model {model.name}: {name} looks back before the panel's window; raise "
        "first_period"
        for model in duration.models
        if not isinstance(model, TimingModel)
        for name in model.varying
        if model.first_period - 1 - lags[name] < plan.window.first
    ]
    return faults
