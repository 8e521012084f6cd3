"""Effects where persons stand in for those like them whose outcome is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.errors import EstimationError
from rctspark.estimators.intervals import make_difference
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.design import Difference

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Texts = NDArray[np.str_]

WHAT = "The effect with inverse-probability weights"
STEPS = 50
NEAR = 1e-10
LOWEST_CHANCE = 1e-4
TOLERANCE = 1e-8


def estimate_inverse_probability(
    outcome: Floats,
    arm: Texts,
    covariates: Floats,
    *,
    arms: Sequence[str],
    level: float = 0.90,
) -> tuple[Difference, ...]:
    """Estimate each effect, observed persons weighted by one over their chance.

    In every arm the chance to be observed is a logit in the covariates, and the mean
    that of the observed weighted by one over it (Hajek). The standard error comes
    from the stacked estimating equations of logit and mean, so that it knows that
    the weights were estimated (Lunceford and Davidian 2004, doi:10.1002/sim.1903).
    Right if, among persons of an arm alike in the covariates, being observed does
    not depend on the outcome.

    Args:
        outcome: Shape (n,); NaN: missing. Everyone who was drawn.
        arm: Shape (n,), arm of each person.
        covariates: Shape (n, k), known before the draw, nothing missing.
        arms: The arms, control first.
        level: Level of the intervals, of the normal distribution.

    Returns:
        One difference per arm other than control; its means are weighted and its
        n the observed persons.

    Raises:
        EstimationError: A covariate is missing; an arm has fewer than 10 observed;
            covariates say exactly who is observed; or someone observed had a chance
            below 1 in 10,000.
    """
    given = {"the covariates": covariates, "the arm": arm}
    refuse(WHAT, shape_faults(len(outcome), given))
    seen = ~np.isnan(outcome)
    faults = missing_faults({"a covariate": covariates, "the outcome": outcome[seen]})
    faults += arm_faults(
        arm[seen], arms, minimum_persons=MINIMUM_PERSONS, what=" observed"
    )
    refuse(WHAT, faults)
    found = {}
    for name in arms:
        here = arm == name
        found[name] = _mean_of_arm(outcome[here], covariates[here], name)
    mean_0, variance_0, n_0 = found[arms[0]]
    return tuple(
        make_difference(
            (name, arms[0]),
            (found[name][0], mean_0),
            (found[name][2], n_0),
            std_error=float(np.sqrt(found[name][1] + variance_0)),
            df=float("inf"),
            settings={"level": level, "method": "inverse-probability weights"},
        )
        for name in arms[1:]
    )


def _mean_of_arm(
    outcome: Floats, covariates: Floats, name: str
) -> tuple[float, float, int]:
    """Return the weighted mean of one arm, its variance, and persons observed."""
    seen = ~np.isnan(outcome)
    values = np.where(seen, outcome, 0.0)
    design = _design(covariates)
    if seen.all():
        design = design[:, :0]
        chance = np.ones(seen.size)
    else:
        chance = _chances(design, seen, name)
    weight = seen / chance
    mean = float(weight @ values / weight.sum())
    # Solved for the mean, the stacked equations are each person's part below: their
    # own, and what they change in the weights of others.
    own = weight * (values - mean)
    moved = -(design * (own * (1 - chance))[:, None]).sum(axis=0)
    information = design.T @ ((chance * (1 - chance))[:, None] * design)
    score = design * (seen - chance)[:, None]
    part = own
    if design.shape[1]:
        part = own + score @ linalg.solve(information, moved, assume_a="pos")
    variance = float((part**2).sum()) / float(weight.sum()) ** 2
    n = seen.size
    return mean, variance * n / (n - 1), int(seen.sum())


def _design(covariates: Floats) -> Floats:
    """Constant and covariates that add to it, in standard deviations."""
    block = covariates.reshape(len(covariates), -1)
    centred = block - block.mean(axis=0)
    size = np.sqrt((centred**2).mean(axis=0))
    varies = size > TOLERANCE * np.abs(block).max(axis=0)
    scaled = centred[:, varies] / size[varies]
    if scaled.shape[1]:
        _, triangle, order = linalg.qr(scaled, mode="economic", pivoting=True)
        independent = np.abs(np.diag(triangle)) > TOLERANCE * np.sqrt(len(scaled))
        scaled = scaled[:, np.sort(order[: int(independent.sum())])]
    return np.column_stack([np.ones(len(block)), scaled])


def _chances(design: Floats, seen: Bools, name: str) -> Floats:
    """Fit the logit of being observed by Newton's method."""
    beta = np.zeros(design.shape[1])
    for _ in range(STEPS):
        chance = 1 / (1 + np.exp(-np.clip(design @ beta, -40, 40)))
        spread = chance * (1 - chance)
        score = design.T @ (seen - chance)
        if spread.max() < NEAR:
            break
        try:
            move = linalg.solve(
                design.T @ (spread[:, None] * design), score, assume_a="pos"
            )
        except linalg.LinAlgError:
            break
        beta = beta + move
        if float(np.abs(move).max()) < NEAR:
            chance = np.asarray(1 / (1 + np.exp(-design @ beta)), dtype=np.float64)
            rare = int((chance[seen] < LOWEST_CHANCE).sum())
            refuse(
                WHAT,
                [f"{rare} observed person(s) of arm {name} had almost no chance of it"]
                * (rare > 0),
            )
            return chance
    raise EstimationError(
        f"{WHAT} can't be estimated: in arm {name} the covariates say for some persons "
        "exactly whether they are observed (separation); use fewer of them."
    )
