"""Do all characteristics together tell the arms apart?"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, stats

from rctspark.contracts.balance import JointBalance
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

WHAT = "The joint test of balance"
TOLERANCE = 1e-8


def estimate_joint_balance(
    arm: Texts, columns: Mapping[str, Floats], *, arms: Sequence[str]
) -> JointBalance:
    """Test whether all characteristics together differ over two arms or more.

    Wilks' lambda of the multivariate analysis of variance, with the F of Rao (1951);
    for two arms that is the F of the regression of the arm on all characteristics,
    and Hotelling's T squared.

    Args:
        arm: Shape (n,), arm of each person; persons in other arms are left aside.
        columns: Characteristic to shape (n,) or (n, k), nothing missing: a number,
            or a column per category but the first.
        arms: Arms compared.

    Returns:
        Lambda, F and p-value.

    Raises:
        EstimationError: A value is missing, an arm has too few persons, a
            characteristic says alone who is in which arm, or persons are too few for
            the columns.
    """
    refuse(WHAT, shape_faults(len(arm), columns))
    here = np.isin(arm, list(arms))
    blocks = {k: np.asarray(v, dtype=np.float64)[here] for k, v in columns.items()}
    faults = missing_faults(blocks)
    faults += arm_faults(arm[here], arms, minimum_persons=MINIMUM_PERSONS)
    refuse(WHAT, faults + ["there are no characteristics"] * (not columns))
    n = np.array([int((arm == a).sum()) for a in arms])
    matrix = np.column_stack([v.reshape(int(n.sum()), -1) for v in blocks.values()])
    of_arm = np.column_stack([arm[here] == a for a in arms]).astype(np.float64)
    basis = _basis(matrix)
    rank, q = basis.shape[1], len(arms) - 1
    left = int(n.sum()) - q - 1
    if rank >= left:
        refuse(WHAT, [f"{rank} columns and {n.sum()} persons leave no freedom"])
    within = basis - of_arm @ ((of_arm.T @ basis) / n[:, None])
    wilks = float(linalg.det(within.T @ within))
    if rank and wilks <= TOLERANCE:
        refuse(WHAT, ["the characteristics together say who is in which arm"])
    f, d1, d2 = _rao(min(wilks, 1.0), rank, q, left)
    return JointBalance(
        arms=tuple(arms),
        n=tuple(int(k) for k in n),
        columns=matrix.shape[1],
        rank=rank,
        wilks=wilks,
        f_statistic=f,
        df_numerator=d1,
        df_denominator=d2,
        p_value=float(stats.f.sf(f, d1, d2)) if rank else 1.0,
    )


def _basis(matrix: Floats) -> Floats:
    """Return an orthonormal basis of the centred columns."""
    centred = matrix - matrix.mean(axis=0)
    size = np.sqrt((centred**2).sum(axis=0))
    varies = size > TOLERANCE * np.abs(matrix).max(axis=0)
    scaled = centred[:, varies] / size[varies]
    q, triangle, _ = linalg.qr(scaled, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > TOLERANCE).sum())
    basis: Floats = q[:, :rank]
    return basis


def _rao(wilks: float, p: int, q: int, left: int) -> tuple[float, float, float]:
    """Return Rao's F of Wilks' lambda and its degrees of freedom."""
    square = p * p + q * q - 5
    power = np.sqrt((p * p * q * q - 4) / square) if square > 0 else 1.0
    d1 = float(p * q)
    d2 = float((left - (p - q + 1) / 2) * power - (p * q - 2) / 2)
    root = wilks ** (1 / power)
    return float((1 - root) / root * d2 / max(d1, 1)), d1, d2
