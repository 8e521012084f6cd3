"""CR2 under its working model: adjusted scores, and what the working model expects.

The working model is that of `clubSandwich` for least squares: persons independent,
with equal variance, whatever their weights. With Z the rows times a root of the
inverse (so that Z'WZ is the unit matrix), F = [Z, WZ] and Omega = Z'W^2 Z over all
clusters, a cluster's residuals vary like I + F C F', with C made of Omega and unit
matrices. The adjustment is its inverse root; in terms of K = F'F all that is needed
of a cluster is sums of products with weights to the powers 0, 1 and 2. Without
weights F is Z alone and C is minus the unit matrix.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

EXACT = 1e-10
"""Share of a direction's variance below which nothing is left to know of its error."""


@dataclass(frozen=True, slots=True, eq=False)
class WorkingErrors:
    """Covariances of the clusters' pulls on some combinations, by the working model.

    Between clusters i and j, and combinations s and t, the covariance is
    `lengths[i, s, t]` where i is j, plus `carried[i, s] @ middle @ carried[j, t]`.

    Attributes:
        lengths: Shape (c, d, d).
        carried: Shape (c, d, m).
        middle: Shape (m, m).
    """

    lengths: Floats
    carried: Floats
    middle: Floats

    def df(self) -> Floats:
        """Return Satterthwaite's degrees of freedom of each combination, shape (d,)."""
        found = np.empty(self.lengths.shape[1])
        for d in range(len(found)):
            between = self._between(self.lengths[:, d, d], *[self.carried[:, d]] * 2)
            found[d] = np.trace(between) ** 2 / (between**2).sum()
        return found

    def joint_df(self, contrast: Floats) -> float:
        """Return the degrees of freedom of Hotelling's T-squared of some contrasts.

        HTZ of Pustejovsky and Tipton (2018, doi:10.1080/07350015.2016.1247004): those
        of the Wishart distribution with the same total variance.

        Args:
            contrast: Shape (d, q), contrasts of the combinations.

        Returns:
            The degrees of freedom; of the F distribution they are these minus q plus
            one, where that is positive. Zero: clusters know nothing of a contrast.
        """
        expected = self._expected(contrast)
        values, vectors = np.linalg.eigh(expected)
        if values[0] <= EXACT * values[-1]:
            return 0.0
        contrast = contrast @ (vectors / np.sqrt(values)) @ vectors.T
        lengths = np.einsum("ds,cde,et->cst", contrast, self.lengths, contrast)
        carried = np.einsum("ds,cdm->csm", contrast, self.carried)
        q = int(contrast.shape[1])
        total = 0.0
        for s in range(q):
            own = self._between(lengths[:, s, s], carried[:, s], carried[:, s])
            for t in range(q):
                other = self._between(lengths[:, t, t], carried[:, t], carried[:, t])
                cross = self._between(lengths[:, s, t], carried[:, s], carried[:, t])
                total += float((own * other).sum() + (cross * cross.T).sum())
        return q * (q + 1) / total

    def _expected(self, contrast: Floats) -> Floats:
        ends = np.einsum("csm,mn,ctn->st", self.carried, self.middle, self.carried)
        expected: Floats = contrast.T @ (self.lengths.sum(axis=0) + ends) @ contrast
        return (expected + expected.T) / 2

    def _between(self, lengths: Floats, left: Floats, right: Floats) -> Floats:
        between: Floats = np.diag(lengths) + left @ self.middle @ right.T
        return between


def adjust_scores(
    powers: tuple[Floats, ...], scores: tuple[Floats, ...], wanted: Floats
) -> tuple[Floats, WorkingErrors]:
    """Return CR2's adjusted scores, and what the working model expects of them.

    Where a cluster's rows say a direction by themselves, nothing is known about its
    error: that direction is left out (Pustejovsky and Tipton 2018).

    Args:
        powers: Sums of products of Z by cluster, each of shape (c, k, k): with weights
            to the power 1 alone where all weigh the same, else 0, 1 and 2; weights
            have mean one.
        scores: Sums of Z times residual, shape (c, k, j): with weights to the power
            1 alone, or 0 and 1.
        wanted: Shape (k, d), the combinations wanted, in terms of Z.

    Returns:
        Adjusted scores with weights, shape (c, k, j), and the working model's part.
    """
    k = wanted.shape[0]
    if len(powers) == 1:
        within, middle = powers[0], -np.eye(k)
        residual = scores[0]
    else:
        none, once, twice = powers
        within = np.block([[none, once], [once.transpose(0, 2, 1), twice]])
        omega = twice.sum(axis=0)
        middle = np.block([[omega, -np.eye(k)], [-np.eye(k), np.zeros((k, k))]])
        residual = np.concatenate(scores, axis=1)
    values, vectors = np.linalg.eigh(within)
    # A root of K that keeps directions that are almost nothing: cutting them off
    # would cost half the digits.
    root = vectors * np.sqrt(np.maximum(values, 0))[:, None, :]
    shift, turn = np.linalg.eigh(root.transpose(0, 2, 1) @ middle @ root)
    root = root @ turn
    left = 1 + shift
    known = left > EXACT
    inverse = np.where(known, 1 / np.where(known, left, 1.0), 0.0)
    power = np.sqrt(inverse)
    # (power - 1) / shift, which is finite where there is no shift.
    gain = np.where(known, -inverse / (1 + power), -1 / np.where(known, 1.0, shift))
    pulled = middle @ residual
    back = root.transpose(0, 2, 1)
    adjusted = residual + (root * gain[:, None, :]) @ (back @ pulled)
    half = (root * power[:, None, :]) @ back
    whole = (root * inverse[:, None, :]) @ back
    carried = half[:, :, -k:] @ wanted
    working = WorkingErrors(
        lengths=wanted.T @ whole[:, -k:, -k:] @ wanted,
        carried=carried.transpose(0, 2, 1),
        middle=middle,
    )
    return adjusted[:, -k:], working
