"""How much each person moved each effect of a regression."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.refusals import covariance_faults, missing_faults, refuse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.intp]

WHAT = "The influence of persons"
COVARIANCES = ("HC0", "HC1", "HC2", "HC3")
LEVERAGE_OF_ONE = 1 - 1e-9


@dataclass(frozen=True, slots=True, eq=False)
class Influence:
    """Estimates, and how much each person moved them.

    Attributes:
        keys: Outcome, horizon and arm of each of the m effects.
        estimate: Shape (m,).
        influence: Shape (n, m): a person's part; the sum of their squares over
            persons (over clusters, of sums within them) is the estimate's variance.
    """

    keys: tuple[tuple[str, int, str], ...]
    estimate: Floats
    influence: Floats

    def std_error(self, cluster: Ints | None = None) -> Floats:
        """Return the standard errors, shape (m,)."""
        parts = sum_by_cluster(self.influence, cluster)
        found: Floats = np.sqrt((parts**2).sum(axis=0))
        return found


def make_influence(
    outcomes: Mapping[tuple[str, int], Floats],
    design: Floats,
    *,
    treatments: Mapping[str, int],
    covariance: str = "HC1",
) -> Influence:
    """Work out the influence of every person on every effect of a regression.

    Each outcome is regressed on the design among those who have it; a person's
    influence on an effect is the residual times the person's row of the
    pseudo-inverse, scaled so that the squares add up to the robust variance.

    Args:
        outcomes: Outcome and horizon to shape (n,); NaN: not observed, influence 0.
        design: Shape (n, k): constant, arms, covariates; nothing missing, full rank.
        treatments: Arm to its column of the design.
        covariance: `HC0` to `HC3`.

    Returns:
        Estimates and influence, outcomes first, then arms.

    Raises:
        EstimationError: The design has a missing value, or is not of full rank for
            the persons observed; an outcome is infinite; or the covariance is none
            of HC0 to HC3.
    """
    infinite = [k for k, v in outcomes.items() if np.isinf(v).any()]
    refuse(
        WHAT,
        missing_faults({"the design": design})
        + [f"{o} at horizon {h} is infinite" for o, h in infinite]
        + covariance_faults(covariance, COVARIANCES),
    )
    columns = list(treatments.values())
    solved: dict[bytes, tuple[Floats, Floats]] = {}
    estimates, parts = [], []
    for (outcome, horizon), values in outcomes.items():
        seen = ~np.isnan(values)
        if seen.tobytes() not in solved:
            solved[seen.tobytes()] = _solve(
                design[seen], covariance, f"{outcome} at horizon {horizon}"
            )
        inverse, scale = solved[seen.tobytes()]
        beta = inverse @ values[seen]
        residual = (values[seen] - design[seen] @ beta) * scale
        part = np.zeros((len(values), len(columns)))
        part[seen] = residual[:, None] * inverse[columns].T
        estimates.append(beta[columns])
        parts.append(part)
    return Influence(
        keys=tuple((o, h, arm) for o, h in outcomes for arm in treatments),
        estimate=np.concatenate(estimates),
        influence=np.concatenate(parts, axis=1),
    )


def _solve(design: Floats, covariance: str, what: str) -> tuple[Floats, Floats]:
    n, rank = design.shape
    if n <= rank or np.linalg.matrix_rank(design) < rank:
        refuse(WHAT, [f"{what}: {n} persons and {rank} columns have no full rank"])
    basis, triangle = np.linalg.qr(design)
    left = 1 - np.minimum((basis**2).sum(axis=1), LEVERAGE_OF_ONE)
    scale = {
        "HC0": np.ones(n),
        "HC1": np.full(n, np.sqrt(n / (n - rank))),
        "HC2": 1 / np.sqrt(left),
        "HC3": 1 / left,
    }[covariance]
    return np.linalg.solve(triangle, basis.T), scale


def sum_by_cluster(influence: Floats, cluster: Ints | None) -> Floats:
    """Add up influences within clusters.

    Args:
        influence: Shape (n, m).
        cluster: Shape (n,), cluster of each person; None: persons by themselves.

    Returns:
        Shape (clusters, m).
    """
    if cluster is None:
        return influence
    names, code = np.unique(cluster, return_inverse=True)
    summed = np.zeros((len(names), influence.shape[1]))
    np.add.at(summed, code, influence)
    return summed
