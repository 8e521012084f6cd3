"""Effects again on persons weighted to the target population, where the plan asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.sums import NEEDS_PERSONS
from rctspark.estimators.balance.planned_effects import estimate_for_target
from rctspark.estimators.contrast import as_effects
from rctspark.estimators.descriptives import file_counts
from rctspark.release.coarsening import coarse_persons

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts import Descriptive, Effect
    from rctspark.contracts.sums import Analysed
    from rctspark.runtime.run import Run


def estimate_reweighted_effects(
    run: Run,
    people: Sequence[Analysed],
    targets: Sequence[Analysed],
    *,
    data_version: str,
) -> tuple[list[Effect], list[Descriptive]]:
    """Estimate what the plan wants for its target population.

    Weights need persons: where there are only sums, there are none, and that is said.

    Args:
        run: The run.
        people: Whom each of the plan's analyses speaks of, in order.
        targets: Everyone of the target, for each reweighting of the plan.
        data_version: Named set of deliveries.

    Returns:
        The effects, and what is told of weights and margins.
    """
    plan = run.plan
    effects: list[Effect] = []
    counts: list[Descriptive] = []
    places = {a.population: i for i, a in enumerate(plan.analyses)}
    for one, target in zip(plan.reweighted, targets, strict=True):
        sample = people[places[one.of]].persons
        if sample is None or target.persons is None:
            run.log.say(f"effects of {one.population}, reweighted: {NEEDS_PERSONS}")
            continue
        contrasts, told = estimate_for_target(
            sample,
            target.persons,
            plan,
            reweighting=one,
            thresholds=run.settings.thresholds,
        )
        persons = coarse_persons(sample.n, run.settings.thresholds)
        run.log.say(f"{one.population}: {persons} persons weighted to the target")
        effects += as_effects(
            contrasts, plan, population=one.population, data_version=data_version
        )
        counts += file_counts(
            told, plan, population=one.population, data_version=data_version
        )
    return effects, counts
