"""The effect of receipt between the passes: both stages, and what they ask."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.regression.clustered import FEWEST_CLUSTERS, cluster_middle
from rctspark.estimators.regression.first_pass import within_of
from rctspark.estimators.regression.middle_sums import MiddleSums
from rctspark.estimators.regression.normal_equations import solve
from rctspark.estimators.regression.regressions import (
    CLUSTERED,
    Step,
    about_the_mean,
    refuse,
)
from rctspark.estimators.regression.second_pass import middle_faults, middle_of
from rctspark.estimators.regression.two_stage import TwoStage

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Inference, Model
    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.middle_sums import Middle, MiddleTotals
    from rctspark.estimators.regression.regressions import Regression
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class ReceiptTask:
    """What stays the same over the groups of outcomes."""

    source: SourceOfSums
    model: Model
    inference: Inference
    regression: Regression
    terms: Terms
    receipts: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """One group's regressions and what the second pass is asked for them."""

    stages: TwoStage
    effects: Middle
    hausman: Middle | None
    reduced: Middle
    tried: list[Floats]
    redundancy: Middle | None
    step: Step


def ask_of(
    task: ReceiptTask, group: GroupSums, place: dict[tuple[str, ...], int]
) -> Asked:
    """Solve both stages of one group, and say what the second pass is asked.

    Args:
        task: What stays the same over the groups.
        group: First sums of the group; no outcome is a receipt.
        place: Term to its place among the terms.

    Returns:
        The stages, and what they ask.

    Raises:
        EstimationError: Too few clusters; more receipts than arms.
    """
    whole = about_the_mean(group)
    fixed = [place[t] for t in task.regression.fixed]
    equations = solve(
        whole.products,
        weight=float(group.weight.sum()),
        largest=group.largest,
        fixed=fixed,
        free=[place[t] for t in task.regression.free],
        names=task.terms.names,
    )
    places = np.concatenate([equations.kept, [place[r,] for r in task.receipts]])
    clustered = task.inference.covariance in CLUSTERED
    stages = TwoStage(
        group=group,
        equations=equations,
        places=places,
        products=whole.products[np.ix_(places, places)],
        term_y=whole.term_y[places],
        instruments=len(fixed),
        receipts=len(task.receipts),
        strata=1 if clustered else int((group.weight > 0).sum()),
    )
    if clustered and (group.weight > 0).sum() < FEWEST_CLUSTERS:
        raise EstimationError(f"fewer than {FEWEST_CLUSTERS} clusters")
    if stages.receipts > stages.instruments:
        raise EstimationError("there are more receipts than arms to instrument them")
    reduced, tried = stages.reduced_forms()
    interest = np.eye(len(equations.kept))[:, : len(fixed)]
    itt = equations.inverse @ whole.term_y[equations.kept]
    step = Step(task.regression, group, equations, itt, interest)
    return Asked(
        stages=stages,
        effects=stages.second_stage(),
        hausman=None if stages.is_exact else stages.hausman(),
        reduced=reduced,
        tried=tried,
        redundancy=middle_of(step, "HC0") if len(equations.redundant) else None,
        step=step,
    )


def ask_second_pass(
    task: ReceiptTask, asked: list[Asked]
) -> list[list[MiddleTotals | None]]:
    """Make the second pass; with clusters the first one said it all.

    Args:
        task: What stays the same over the groups.
        asked: What each group asks.

    Returns:
        Per group, totals of the effects, of Wu and Hausman's test (None: the model is
        exactly identified without one) and of the reduced forms; None with clusters.

    Raises:
        EstimationError: A column left out is not wholly said by the others.
    """
    if task.inference.covariance in CLUSTERED:
        return [[None, None, None] for _ in asked]
    middles = [
        m
        for one in asked
        for m in (one.effects, one.hausman, one.reduced, one.redundancy)
        if m is not None
    ]
    within = within_of(task.source, [task.regression], task.inference.covariance)
    totals = iter(
        task.source.add_up(MiddleSums(task.terms, middles, within=within)).totals
    )
    found: list[list[MiddleTotals | None]] = []
    faults: list[str] = []
    for one in asked:
        effects = next(totals)
        hausman = next(totals) if one.hausman is not None else None
        found.append([effects, hausman, next(totals)])
        if one.redundancy is not None:
            faults += middle_faults(
                task.source, one.step, next(totals), task.terms, "HC0"
            )
    refuse(faults)
    return found


def covariance_of(
    task: ReceiptTask, one: Asked, asked: Middle, total: MiddleTotals | None, rank: int
) -> Floats:
    """Covariance of what one `Middle` asks, shape (outcomes, d, d)."""
    group, kind = one.stages.group, task.inference.covariance
    n = group.persons
    if total is None:
        doubled = _doubled(group, asked)
        clusters = int((group.weight > 0).sum())
        middle = cluster_middle(
            doubled, asked.terms, asked.coefficients, asked.directions
        )
        return middle * (clusters / (clusters - 1) * (n - 1) / (n - rank))
    if kind == "classical":
        bread = asked.directions.T @ one.stages.products @ asked.directions
        return (total.residual_squares / (n - rank))[:, None, None] * bread
    return total.matrices() * (n / (n - rank) if kind == "HC1" else 1.0)


def _doubled(group: GroupSums, asked: Middle) -> GroupSums:
    """Return sums with each outcome as often as it is asked for."""
    times = len(asked.outcomes) // len(group.outcomes)
    if times == 1:
        return group
    doubled = group.of(group.outcomes)
    return type(group)(
        outcomes=asked.outcomes,
        persons=doubled.persons,
        weight=doubled.weight,
        means=doubled.means,
        products=doubled.products,
        y_means=np.tile(doubled.y_means, (1, times)),
        term_y=np.tile(doubled.term_y, (1, 1, times)),
        y_squares=np.tile(doubled.y_squares, (1, times)),
        arm_persons=doubled.arm_persons,
        arm_weight=doubled.arm_weight,
        arm_y=np.tile(doubled.arm_y, (1, times)),
        largest=doubled.largest,
    )
