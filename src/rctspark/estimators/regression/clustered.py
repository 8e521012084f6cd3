"""Covariances for persons assigned together, from sums kept by cluster.

All that CR1 and CR2 need of a cluster is its sums of products, so the cost goes with
the number of clusters and columns, not of persons. CR2's adjustment stands in
`working_errors`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.regression.working_errors import WorkingErrors, adjust_scores

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.regression.cluster_sums import ClusterSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.normal_equations import Equations

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FEWEST_CLUSTERS = 3


@dataclass(frozen=True, slots=True, eq=False)
class ClusterCovariance:
    """Covariance of some combinations, j outcomes and d combinations.

    Attributes:
        covariance: Shape (j, d, d).
        df: Shape (j, d). CR1: clusters minus one. CR2: Satterthwaite's, for
            independent persons with equal variance as the working model.
        working: CR2: what the working model expects, for joint tests. None: not CR2.
    """

    covariance: Floats
    df: Floats
    working: WorkingErrors | None


def cluster_covariance(
    group: GroupSums,
    equations: Equations,
    coefficients: Floats,
    *,
    interest: Floats,
    covariance: str,
    rank: int,
) -> ClusterCovariance:
    """Return the covariance and degrees of freedom of some combinations.

    Args:
        group: Sums kept by cluster: c clusters, j outcomes.
        equations: The normal equations: k columns kept.
        coefficients: Shape (k, j).
        interest: Shape (k, d), the combinations wanted.
        covariance: `CR0`, `CR1` or `CR2`.
        rank: Rank of the design.

    Returns:
        The covariance; with CR2 that of `clubSandwich` for least squares.

    Raises:
        EstimationError: There are fewer than three clusters.
    """
    present = group.weight > 0
    clusters = int(present.sum())
    if clusters < FEWEST_CLUSTERS:
        raise EstimationError(
            f"{clusters} cluster(s) are too few for {covariance}: needed are "
            f"{FEWEST_CLUSTERS}"
        )
    root = _root_with_constant(group, equations)
    wanted = root.T @ np.vstack([np.zeros((1, interest.shape[1])), interest])
    working = None
    if covariance == "CR2":
        pulled, working = _adjusted(group, equations.kept, coefficients, root, wanted)
        df = working.df()
    else:
        _, scores = _with_constant(group, equations.kept, coefficients)
        pulled = root.T @ scores
        df = np.full(interest.shape[1], clusters - 1.0)
    pulls = np.einsum("ad,caj->cdj", wanted, pulled)
    total = np.einsum("cdj,cej->jde", pulls, pulls)
    if covariance == "CR1":
        n = group.persons
        total = total * (clusters / (clusters - 1) * (n - 1) / (n - rank))
    return ClusterCovariance(
        total, np.broadcast_to(df, (total.shape[0], df.size)), working
    )


def _adjusted(
    group: GroupSums, kept: Ints, coefficients: Floats, root: Floats, wanted: Floats
) -> tuple[Floats, WorkingErrors]:
    """CR2's adjusted scores; weights are brought to mean one and back."""
    mean = group.weight.sum() / group.persons if group.powers else 1.0
    unit = root * np.sqrt(mean)
    order = (group.powers[0], group, group.powers[1]) if group.powers else (group,)
    scales = (1.0, mean, mean**2) if group.powers else (1.0,)
    sums = [_with_constant(group, kept, coefficients, part) for part in order]
    products = tuple(
        unit.T @ (p / scale) @ unit for (p, _), scale in zip(sums, scales, strict=True)
    )
    scores = tuple(
        unit.T @ (s / scale) for (_, s), scale in zip(sums, scales, strict=True)
    )
    pulled, working = adjust_scores(products, scores[:2], wanted)
    return pulled * np.sqrt(mean), working


def cluster_middle(
    group: GroupSums, places: Ints, coefficients: Floats, directions: Floats
) -> Floats:
    """Return sums over clusters of products of summed pulls times residuals (CR0).

    Args:
        group: Sums kept by cluster.
        places: Shape (k,), places of the columns.
        coefficients: Shape (k, j): a residual is the outcome minus columns times
            these.
        directions: Shape (k, d), as in `Middle`.

    Returns:
        Shape (j, d, d).
    """
    _, scores = _with_constant(group, places, coefficients)
    pulls = np.einsum("kd,ckj->cdj", directions, scores[:, 1:])
    total: Floats = np.einsum("cdj,cej->jde", pulls, pulls)
    return total


def _with_constant(
    group: GroupSums,
    kept: Ints,
    coefficients: Floats,
    part: GroupSums | ClusterSums | None = None,
) -> tuple[Floats, Floats]:
    """Sums of products and scores by cluster, the constant in front.

    Of `part`, sums with another power of the weights; columns stand about the weighted
    means of `group` all the same.
    """
    present = group.weight > 0
    share = group.weight[present] / group.weight.sum()
    centre = share @ group.means[present][:, kept]
    y_centre = share @ group.y_means[present]
    part = part or group
    weight = part.weight[present]
    apart = part.means[present][:, kept] - centre
    y_apart = part.y_means[present] - y_centre
    ones = np.ones((len(weight), 1))
    about = np.concatenate([ones, apart], axis=1)
    k, j = len(kept) + 1, coefficients.shape[1]
    products = weight[:, None, None] * about[:, :, None] * about[:, None, :]
    products[:, 1:, 1:] += part.products[present][:, kept][:, :, kept]
    term_y = weight[:, None, None] * about[:, :, None] * y_apart[:, None, :]
    term_y[:, 1:] += part.term_y[present][:, kept]
    every = np.concatenate([np.zeros((1, j)), coefficients])
    scores: Floats = term_y - products @ every
    return products.reshape(-1, k, k), scores


def _root_with_constant(group: GroupSums, equations: Equations) -> Floats:
    k = len(equations.kept)
    root = np.zeros((k + 1, k + 1))
    root[0, 0] = 1 / np.sqrt(group.weight.sum())
    root[1:, 1:] = equations.root
    return root
