"""The second pass: given coefficients, the middle of a robust covariance.

A direction turns a person's terms into that person's pull on one estimate; the middle
is the sum of products of pulls, times the squared residual. Memory is that of a block
and of the sums, whatever the number of persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

from rctspark.estimators.regression.first_sums import by_code, part_of, patterns

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import Block
    from rctspark.estimators.regression.first_sums import Within
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

LEVERAGE_OF_ONE = 1 - 1e-9
LEVERAGE_POWER = {"HC2": 1, "HC3": 2}


@dataclass(frozen=True, slots=True, eq=False)
class Middle:
    """What is asked for outcomes observed for the same persons.

    Shapes: k terms, j outcomes, s strata, d directions, r redundant terms.

    Attributes:
        outcomes: Shape (j,), places of the outcomes.
        terms: Shape (k,), places of the terms.
        means: Shape (s, k), what is taken from the terms.
        y_means: Shape (s, j), what is taken from the outcomes.
        coefficients: Shape (k, j): a residual is the outcome minus terms times these.
        directions: Shape (k, d).
        root: Shape (k, k): a person's leverage is the weight times one over the
            stratum's weight plus the squared length of the terms times this.
        weight: Shape (s,), sum of weights.
        power: Power of one minus the leverage that squared residuals are divided
            by: 0, 1 (HC2) or 2 (HC3).
        redundant: Shape (r,), places of terms that were left out.
        redundant_means: Shape (s, r), their means.
        explained: Shape (k, r): a term left out, as the others say it.
    """

    outcomes: Ints
    terms: Ints
    means: Floats
    y_means: Floats
    coefficients: Floats
    directions: Floats
    root: Floats
    weight: Floats
    power: int
    redundant: Ints
    redundant_means: Floats
    explained: Floats


@dataclass(slots=True, eq=False)
class MiddleTotals:
    """What one `Middle` adds up to.

    Attributes:
        pulls: Shape (pairs of directions, j), sums of products of pulls times squared
            residuals; pairs as `numpy.triu_indices` lists them.
        slope: Shape (k, j), sums of term times residual: zero but for rounding.
        residual_squares: Shape (j,), weighted.
        redundant_squares: Shape (r,), what the others do not say of terms left out.
        exact: Persons whose leverage is one.
    """

    pulls: Floats
    slope: Floats
    residual_squares: Floats
    redundant_squares: Floats
    exact: float = 0.0

    def matrices(self) -> Floats:
        """Return the middles, shape (j, d, d)."""
        pairs, j = self.pulls.shape
        d = round((np.sqrt(8 * pairs + 1) - 1) / 2)
        first, second = np.triu_indices(d)
        full = np.zeros((j, d, d))
        full[:, first, second] = self.pulls.T
        full[:, second, first] = self.pulls.T
        return full


class MiddleSums:
    """The middles of several regressions, in one pass.

    Attributes:
        wanted: What is asked.
        totals: What was found, in the same order.
    """

    def __init__(
        self, terms: Terms, wanted: Sequence[Middle], *, within: Within
    ) -> None:
        """Begin with no rows."""
        self.terms = terms
        self.wanted = tuple(wanted)
        self.within = within
        self.totals = [_nothing(one) for one in self.wanted]

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        if not len(block.arm):
            return
        terms = self.terms.values(block)
        codes = self.within.codes(block)
        counts = {int(o): p for found, p in patterns(block) for o in found}
        for one, total in zip(self.wanted, self.totals, strict=True):
            _add(one, total, block, terms, codes, counts[int(one.outcomes[0])])

    def merge(self, other: Self) -> None:
        """Add sums over other rows."""
        for mine, others in zip(self.totals, other.totals, strict=True):
            mine.pulls += others.pulls
            mine.slope += others.slope
            mine.residual_squares += others.residual_squares
            mine.redundant_squares += others.redundant_squares
            mine.exact += others.exact


def _nothing(one: Middle) -> MiddleTotals:
    d, j = one.directions.shape[1], len(one.outcomes)
    return MiddleTotals(
        pulls=np.zeros((d * (d + 1) // 2, j)),
        slope=np.zeros((len(one.terms), j)),
        residual_squares=np.zeros(j),
        redundant_squares=np.zeros(len(one.redundant)),
    )


def _add(
    one: Middle,
    total: MiddleTotals,
    block: Block,
    terms: Floats,
    codes: Ints,
    counts: Floats,
) -> None:
    rows = counts > 0
    persons, codes = counts[rows], codes[rows]
    weights = np.ones(len(persons)) if block.weights is None else block.weights[rows]
    seen = part_of(terms, rows)
    z = seen[:, one.terms] - by_code(one.means, codes)
    # Outcomes lie column by column, and so does what is taken from them.
    residuals = (one.coefficients.T @ z.T).T
    np.subtract(part_of(block.means, rows, one.outcomes), residuals, out=residuals)
    residuals -= by_code(one.y_means, codes)
    total.slope += (z * (weights * persons)[:, None]).T @ residuals
    squares = np.square(residuals, out=residuals)
    if block.counts is not None:
        squares *= persons[:, None]
    if block.squares is not None:
        squares += part_of(block.squares, rows, one.outcomes)
    factor = weights**2
    if one.power:
        leverage = weights / one.weight[codes] + weights * ((z @ one.root) ** 2).sum(
            axis=1
        )
        total.exact += float(persons[leverage > LEVERAGE_OF_ONE].sum())
        factor = factor / np.maximum(1 - leverage, 1 - LEVERAGE_OF_ONE) ** one.power
    pulls = z @ one.directions
    first, second = np.triu_indices(pulls.shape[1])
    pairs = pulls[:, first] * pulls[:, second] * factor[:, None]
    found = np.column_stack([pairs, weights]).T @ squares
    total.pulls += found[:-1]
    total.residual_squares += found[-1]
    if len(one.redundant):
        left_out = seen[:, one.redundant] - one.redundant_means[codes]
        apart = left_out - z @ one.explained
        total.redundant_squares += (weights * persons) @ apart**2
