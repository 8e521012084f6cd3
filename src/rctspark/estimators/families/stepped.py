"""Step-down p-values of the families that a plan declares."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.design import make_design
from rctspark.estimators.families.influence import make_influence
from rctspark.estimators.families.multiplicity import estimate_family

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.config.plan import Family, Inference, Model
    from rctspark.contracts.sample import AnalysisSample

Key = tuple[str, int, str]


def step_down_family(
    sample: AnalysisSample,
    *,
    family: Family,
    arms: Sequence[str],
    model: Model,
    inference: Inference,
) -> Mapping[Key, float]:
    """Adjust the effects of a family by how persons move them together.

    Args:
        sample: The sample of the family's one analysis, with what was observed.
        family: A family of effects with a seed.
        arms: Arms in the regression, control first.
        model: Its one model, fitted row by row.
        inference: Covariance and level.

    Returns:
        Outcome, horizon and arm to Romano and Wolf's p-value; the same for the same
        seed and persons.

    Raises:
        EstimationError: An effect has standard error zero, or the design is not of
            full rank among those observed.
    """
    (population,) = family.populations
    outcomes = {
        (outcome, horizon): values
        for (outcome, horizon), values in sample.outcomes.items()
        if family.holds(population, outcome, horizon, model.name)
    }
    everyone = np.ones(sample.n, dtype=np.bool_)
    design = make_design(sample, everyone, arms=arms, model=model)
    found = make_influence(
        outcomes,
        design.matrix,
        treatments={arm: i for i, arm in enumerate(design.treatments, start=1)},
        covariance=inference.covariance,
    )
    random = np.random.default_rng(family.seed)
    members = estimate_family(found, random, draws=family.draws, level=inference.level)
    return {(m.outcome, m.horizon, m.arm): m.p_step_down for m in members}
