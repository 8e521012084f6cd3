"""Covariances for persons assigned together, from sums kept by cluster.

All that CR1 and CR2 need of a cluster is its sums of products: with B the cluster's
rows times a root of the inverse, and G = B'B, the adjusted score of CR2 is
(I - G)^(-1/2) B'u, since B' (I - BB')^(-1/2) = (I - G)^(-1/2) B'. So the cost goes
with the number of clusters and columns, not of persons.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.normal_equations import Equations

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FEWEST_CLUSTERS = 3
EXACT = 1e-10


def cluster_covariance(
    group: GroupSums,
    equations: Equations,
    coefficients: Floats,
    *,
    interest: Floats,
    covariance: str,
    rank: int,
) -> tuple[Floats, Floats]:
    """Return the covariance and degrees of freedom of some combinations.

    Args:
        group: Sums kept by cluster: c clusters, j outcomes.
        equations: The normal equations: k columns kept.
        coefficients: Shape (k, j).
        interest: Shape (k, d), the combinations wanted.
        covariance: `CR0`, `CR1` or `CR2`.
        rank: Rank of the design.

    Returns:
        Shape (j, d, d) and (j, d). CR1: clusters minus one. CR2: Satterthwaite's, for
        independent persons with equal variance as the working model.

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
    products, scores = _with_constant(group, equations.kept, coefficients, present)
    root = _root_with_constant(group, equations)
    within = root.T @ products @ root
    pulled = np.einsum("ka,ckj->caj", root, scores)
    wanted = root.T @ np.vstack([np.zeros((1, interest.shape[1])), interest])
    if covariance == "CR2":
        adjust, df = _adjustments(within, wanted)
        pulled = adjust @ pulled
    else:
        df = np.full(interest.shape[1], clusters - 1.0)
    pulls = np.einsum("ad,caj->cdj", wanted, pulled)
    total = np.einsum("cdj,cej->jde", pulls, pulls)
    if covariance == "CR1":
        n = group.persons
        total = total * (clusters / (clusters - 1) * (n - 1) / (n - rank))
    return total, np.broadcast_to(df, (total.shape[0], df.size))


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
    _, scores = _with_constant(group, places, coefficients, group.weight > 0)
    pulls = np.einsum("kd,ckj->cdj", directions, scores[:, 1:])
    total: Floats = np.einsum("cdj,cej->jde", pulls, pulls)
    return total


def _with_constant(
    group: GroupSums,
    kept: Ints,
    coefficients: Floats,
    present: NDArray[np.bool_],
) -> tuple[Floats, Floats]:
    """Sums of products and scores by cluster, the constant in front."""
    weight = group.weight[present]
    share = weight / weight.sum()
    means, y_means = group.means[present][:, kept], group.y_means[present]
    apart, y_apart = means - share @ means, y_means - share @ y_means
    ones = np.ones((len(weight), 1))
    about = np.concatenate([ones, apart], axis=1)
    k, j = len(kept) + 1, coefficients.shape[1]
    products = weight[:, None, None] * about[:, :, None] * about[:, None, :]
    products[:, 1:, 1:] += group.products[present][:, kept][:, :, kept]
    term_y = weight[:, None, None] * about[:, :, None] * y_apart[:, None, :]
    term_y[:, 1:] += group.term_y[present][:, kept]
    every = np.concatenate([np.zeros((1, j)), coefficients])
    scores: Floats = term_y - products @ every
    return products.reshape(-1, k, k), scores


def _root_with_constant(group: GroupSums, equations: Equations) -> Floats:
    k = len(equations.kept)
    root = np.zeros((k + 1, k + 1))
    root[0, 0] = 1 / np.sqrt(group.weight.sum())
    root[1:, 1:] = equations.root
    return root


def _adjustments(within: Floats, wanted: Floats) -> tuple[Floats, Floats]:
    """CR2's adjustment of each cluster, and degrees of freedom by combination.

    Where a cluster's rows say a direction by themselves, nothing is known about its
    error: a pseudo-inverse leaves that direction out (Pustejovsky and Tipton 2018).
    """
    values, vectors = np.linalg.eigh(within)
    left = 1 - np.clip(values, 0, 1)
    known = left > EXACT
    power = np.where(known, left, 1.0) ** -0.5 * known
    adjust = (vectors * power[:, None, :]) @ vectors.transpose(0, 2, 1)
    # B'p for the cluster's vector p = (I - H)^(-1/2) B a, and the length of p.
    adjusted = adjust @ wanted
    carried = within @ adjusted
    lengths = (adjusted * carried).sum(axis=1)
    df = np.empty(wanted.shape[1])
    for d in range(len(df)):
        between = carried[:, :, d]
        matrix = np.diag(lengths[:, d]) - between @ between.T
        df[d] = np.trace(matrix) ** 2 / (matrix**2).sum()
    return adjust, df
