"""The numbers and names under which a tracked analysis is kept."""

from __future__ import annotations

import math
from dataclasses import asdict
from typing import TYPE_CHECKING

from rctspark.runtime.tracking_note import headline_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts import Effect
    from rctspark.contracts.operation import AnalysisRecord

NUMBERS = ("estimate", "std_error", "ci_lower", "ci_upper", "p_value")
READ_FIRST = (
    *("outcome", "horizon", "arm", "estimate", "std_error", "ci_lower", "ci_upper"),
    *("p_value", "n_arm", "n_against", "mean_against", "model", "population"),
)


def may_be_shown(effect: Effect, thresholds: Thresholds) -> bool:
    """Say whether enough persons and degrees of freedom stand behind an effect."""
    fewest = min(effect.n_arm, effect.n_against)
    return fewest >= thresholds.minimum_persons and effect.df >= thresholds.minimum_df


def analysis_tags(plan: Plan, record: AnalysisRecord) -> dict[str, str]:
    """Return what every run of an analysis is found by."""
    return {
        "experiment": plan.name,
        "plan_hash": plan.hash,
        "data_version": record.data_version,
        "code_version": record.code_version,
        "run_id": record.run_id,
        "inputs": record.inputs,
        "registration": record.registration,
        "synthetic": str(record.is_synthetic).lower(),
    }


def parent_metrics(
    plan: Plan,
    effects: Sequence[Effect],
    record: AnalysisRecord,
    thresholds: Thresholds,
) -> dict[str, float]:
    """Return persons per arm, headline effects and what is told of weights, by name.

    Args:
        plan: The analysis plan.
        effects: Effects that may be shown.
        record: What the analysis rests on.
        thresholds: The data owner's; a smaller arm is left out.

    Returns:
        `n_<arm>`, and `<number>_<outcome>_<horizon>_<arm>_<model>`, with the
        population where it is not the plan's first; and numbers about weights.
    """
    metrics = {
        f"n_{arm}": float(n)
        for arm, n in record.n_per_arm.items()
        if n >= thresholds.minimum_persons
    }
    for effect in effects:
        if headline_of(plan, effect):
            name = f"{effect.outcome}_{effect.horizon}_{effect.arm}_{effect.model}"
            if effect.population != plan.analyses[0].population:
                name += f"_{effect.population}"
            metrics |= {f"{n}_{name}": getattr(effect, n) for n in NUMBERS}
    return metrics | dict(record.weights)


def effects_table(effects: Sequence[Effect]) -> dict[str, list[object]]:
    """Return effects by column, in the order in which a person reads them."""
    rows = [asdict(effect) for effect in effects]
    for row in rows:
        mean = row["mean_against"]
        row["mean_against"] = None if math.isnan(mean) else mean
    rest = [name for name in rows[0] if name not in READ_FIRST]
    return {name: [row[name] for row in rows] for name in (*READ_FIRST, *rest)}


def arm_metrics(effect: Effect, control: str) -> list[tuple[str, float, int]]:
    """Return the numbers of one effect: name, value, horizon."""
    arm, against = effect.arm, effect.against
    pair = arm if against == control else f"{arm}_against_{against}"
    numbers = {f"{name}_{pair}": getattr(effect, name) for name in NUMBERS} | {
        f"n_{arm}": effect.n_arm,
        f"n_{against}": effect.n_against,
        f"mean_{against}": effect.mean_against,
    }
    # A mean that may not be shown is not a number.
    return [
        (name, float(value), effect.horizon)
        for name, value in numbers.items()
        if not math.isnan(value)
    ]
