"""Coefficients from sums of products, and which columns are redundant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.errors import EstimationError
from rctspark.estimators.design import NOISE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

TOLERANCE = 1e-12
"""A column adds to the others if this share of its squared length stands apart.

Sums of squares hold no more: the share of 1e-16 that `design` decides by (1e-8 of the
length) is rounding in them. So what is left out here is looked at again person by
person in the second pass, and must be redundant by the rule of `design` too.
"""
TIE = 1e-6
"""Columns whose squared lengths differ by a smaller share are equally far apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Equations:
    """Normal equations of full rank, in the columns' own units.

    Attributes:
        kept: Shape (k,), places of the columns that are kept.
        redundant: Shape (r,), places of those left out.
        inverse: Shape (k, k), inverse of the sums of products of the kept.
        root: Shape (k, k), a root of `inverse`: root times its transpose.
        explained: Shape (k, r), coefficients of a column left out on the kept.
    """

    kept: Ints
    redundant: Ints
    inverse: Floats
    root: Floats
    explained: Floats


def solve(
    products: Floats,
    *,
    weight: float,
    largest: Floats,
    fixed: Sequence[int],
    free: Sequence[int],
    names: Sequence[str],
) -> Equations:
    """Decide which columns are kept, and invert their sums of products.

    Columns are brought to standard deviation one first, so wages and ages can stand
    side by side. As in `design`, free columns are chosen by how far they stand apart
    from one another within the fixed ones, largest first (a pivoted Cholesky
    decomposition: the squares of the diagonal of a pivoted QR).

    Args:
        products: Shape (p, p), sums of products about the means.
        weight: Sum of weights.
        largest: Shape (p,), largest absolute value of each column.
        fixed: Places of the columns whose effect is wanted.
        free: Places of the others; of these, some may be redundant.
        names: Names of all columns.

    Returns:
        The equations.

    Raises:
        EstimationError: The fixed columns can't be told from one another or from the
            free ones.
    """
    deviation = np.sqrt(np.maximum(np.diag(products), 0) / weight)
    varies = deviation > NOISE * largest
    scale = np.where(varies, deviation * np.sqrt(weight), 1.0)
    ratio = products / np.outer(scale, scale)
    first = np.array(fixed, dtype=np.int64)
    second = np.array([i for i in free if varies[i]], dtype=np.int64)
    _refuse_dependent(ratio, first, varies, names)
    remaining = ratio[np.ix_(second, second)]
    rank = len(_independent(remaining))
    if len(first):
        across = ratio[np.ix_(first, second)]
        inner = linalg.solve(ratio[np.ix_(first, first)], across, assume_a="pos")
        remaining = remaining - across.T @ inner
    chosen = _independent(remaining)
    if len(chosen) < rank:
        raise EstimationError(
            "its covariates together say which arm a person is in, so an effect of "
            "the arm can't be told from theirs"
        )
    kept = np.concatenate([first, second[chosen]]).astype(np.int64)
    left = np.array([i for i in free if i not in set(kept.tolist())], dtype=np.int64)
    # numpy's Cholesky and a triangular inverse: a root whose rows give leverages.
    lower = np.linalg.cholesky(ratio[np.ix_(kept, kept)])
    unscaled = linalg.solve_triangular(lower, np.eye(len(kept)), lower=True).T
    root = unscaled / scale[kept, None]
    return Equations(
        kept=kept,
        redundant=left,
        inverse=root @ root.T,
        root=root,
        explained=root @ (root.T @ products[np.ix_(kept, left)]),
    )


def _refuse_dependent(
    ratio: Floats, fixed: Ints, varies: NDArray[np.bool_], names: Sequence[str]
) -> None:
    constant = [names[i] for i in fixed if not varies[i]]
    chosen = set() if constant else set(_independent(ratio[np.ix_(fixed, fixed)]))
    doubled = [names[i] for place, i in enumerate(fixed) if place not in chosen]
    if constant or doubled:
        raise EstimationError(
            f"{', '.join(constant or doubled)} can't be told from the other columns "
            "whose effect is wanted"
        )


def _independent(ratio: Floats) -> list[int]:
    """Return columns, in their order, that span all: Cholesky with pivoting."""
    left = np.array(ratio, dtype=np.float64)
    chosen: list[int] = []
    for _ in range(len(left)):
        free = np.diag(left).copy()
        free[chosen] = 0.0
        if free.max() <= TOLERANCE:
            break
        # Of columns equally far apart the first, so rounding does not choose.
        pivot = int(np.argmax(free >= free.max() * (1 - TIE)))
        chosen.append(pivot)
        column = left[:, pivot] / free[pivot]
        left -= np.outer(column, left[pivot])
    return sorted(chosen)
