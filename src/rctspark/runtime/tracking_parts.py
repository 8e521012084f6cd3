"""The runs below the parent of a tracked analysis: what each is of, and its numbers."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.runtime.tracking_note import describe_duration, describe_outcome
from rctspark.runtime.tracking_numbers import NUMBERS, arm_metrics

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.config import Plan
    from rctspark.contracts import Effect
    from rctspark.contracts.duration_tables import DurationEstimate
    from rctspark.contracts.operation import AnalysisRecord, TrackedResults

OF_CATEGORY = ":"
"""In the population of an effect that is about one category."""
OF_EFFECTS = ("outcome", "model", "population", "site", "estimand")
OF_DURATIONS = ("outcome", "method", "model")
NOT_IN_NAMES = re.compile(r"[^\w\-./: ]")
"""What MLflow takes in no name of a metric."""


@dataclass(frozen=True, slots=True)
class Part:
    """One run below the parent.

    Attributes:
        name: What the list of runs calls it.
        note: What it is, as Markdown.
        params: What it is of.
        metrics: Name, value and step, each once.
    """

    name: str
    note: str
    params: Mapping[str, object]
    metrics: tuple[tuple[str, float, int], ...]


def parts_of(plan: Plan, results: TrackedResults, record: AnalysisRecord) -> list[Part]:
    """Lay results out: effects by outcome, model and population, durations by method.

    Args:
        plan: The analysis plan.
        results: Results that may be shown.
        record: What the analysis rests on.

    Returns:
        One part per outcome, model, population, site and estimand, with horizons as
        steps and arms in the names of its metrics; and one per duration, method and
        model, with way of leaving and term in their names. Effects by category stand
        in the table of effects: a part for each would bury those that are compared
        over horizons.
    """
    effects: dict[tuple[str, ...], list[Effect]] = {}
    for e in results.effects:
        if OF_CATEGORY not in e.population:
            key = (e.outcome, e.model, e.population, e.site, e.estimand)
            effects.setdefault(key, []).append(e)
    durations: dict[tuple[str, ...], list[DurationEstimate]] = {}
    for name, estimates in results.durations.items():
        for d in estimates:
            durations.setdefault((name, d.method, d.model), []).append(d)
    return [_of_effects(plan, key, group, record) for key, group in effects.items()] + [
        _of_durations(plan, key, group, record) for key, group in durations.items()
    ]


def _of_effects(
    plan: Plan, key: tuple[str, ...], effects: Sequence[Effect], record: AnalysisRecord
) -> Part:
    first = effects[0]
    metrics = [m for e in effects for m in arm_metrics(e, plan.arms.control)]
    return Part(
        name=", ".join(key[:3]),
        note=describe_outcome(plan, first, record=record),
        params=dict(zip(OF_EFFECTS, key, strict=True))
        | {"covariance": first.covariance, "level": first.level},
        metrics=tuple(dict.fromkeys(metrics)),
    )


def _of_durations(
    plan: Plan,
    key: tuple[str, ...],
    estimates: Sequence[DurationEstimate],
    record: AnalysisRecord,
) -> Part:
    first = estimates[0]
    name, method, _ = key
    return Part(
        name=", ".join(word for word in key if word),
        note=describe_duration(plan, name, method, record=record),
        params=dict(zip(OF_DURATIONS, key, strict=True))
        | {"covariance": first.covariance or "of the method", "level": first.level},
        metrics=tuple(metric for d in estimates for metric in duration_metrics(d)),
    )


def duration_metrics(d: DurationEstimate) -> list[tuple[str, float, int]]:
    """Return the numbers of a duration's test, contrast or coefficient.

    Args:
        d: The estimate.

    Returns:
        Name (`estimate_<cause>_<term>`), value and horizon, of those that there are.
    """
    of = NOT_IN_NAMES.sub("_", f"{d.cause}_{d.term}")
    named = {number: getattr(d, number) for number in (*NUMBERS, "statistic")}
    named |= {"n_persons": d.n_persons, "n_exits": d.n_exits}
    return [
        (f"{number}_{of}", float(value), d.horizon)
        for number, value in named.items()
        if value is not None and not math.isnan(value)
    ]
