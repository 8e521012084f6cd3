"""Sums of a logit over persons or cells: slope, curvature, margins."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Self

import numpy as np
from scipy.special import expit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import Block
    from rctspark.estimators.regression.first_sums import Within
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

BINARY = 1e-9
"""Share of a cell's persons by which its squares may differ from a share's."""


@dataclass(frozen=True, slots=True, eq=False)
class LogitAt:
    """Coefficients at which sums are wanted, for outcomes of the same persons.

    Attributes:
        outcomes: Shape (j,), places of the outcomes.
        terms: Shape (k - 1,), places of the terms; the constant comes in front.
        coefficients: Shape (k, j).
    """

    outcomes: Ints
    terms: Ints
    coefficients: Floats


class LogitSums:
    """Slope and curvature of the log likelihood, for Newton's step.

    Attributes:
        slopes: Per group, shape (k, j).
        curvatures: Per group, shape (pairs, j), as `numpy.triu_indices` lists them.
        not_binary: Per group, shape (j,): persons whose outcome is not 0 or 1.
        persons: Per group, shape (2, j): persons observed; of them, with the outcome.
    """

    def __init__(self, terms: Terms, wanted: Sequence[LogitAt]) -> None:
        """Begin with no rows."""
        self.terms = terms
        self.wanted = tuple(wanted)
        shapes = [at.coefficients.shape for at in self.wanted]
        self.slopes = [np.zeros(shape) for shape in shapes]
        self.curvatures = [np.zeros((k * (k + 1) // 2, j)) for k, j in shapes]
        self.not_binary = [np.zeros(j) for _, j in shapes]
        self.persons = [np.zeros((2, j)) for _, j in shapes]

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        terms = self.terms.values(block)
        for i, at in enumerate(self.wanted):
            z = with_constant(terms, at)
            counts, means, squares = observed(block, at)
            chance = expit(z @ at.coefficients)
            weights = _weights(block)
            self.slopes[i] += (z * weights).T @ (counts * (means - chance))
            bend = weights * counts * chance * (1 - chance)
            first, second = np.triu_indices(z.shape[1])
            self.curvatures[i] += (z[:, first] * z[:, second]).T @ bend
            wrong = np.abs(squares - counts * means * (1 - means)) > BINARY * counts
            if block.squares is None:
                wrong = (counts > 0) & (means != 0) & (means != 1)
            self.not_binary[i] += (counts * wrong).sum(axis=0)
            self.persons[i][0] += counts.sum(axis=0)
            self.persons[i][1] += (counts * means).sum(axis=0)

    def merge(self, other: Self) -> None:
        """Add sums over other rows."""
        for mine, others in (
            (self.slopes, other.slopes),
            (self.curvatures, other.curvatures),
            (self.not_binary, other.not_binary),
            (self.persons, other.persons),
        ):
            for one, more in zip(mine, others, strict=True):
                np.add(one, more, out=one)


class LogitMargins:
    """What average marginal effects and their covariance need.

    Attributes:
        persons: Per group, shape (j,), weight observed.
        effects: Per group, shape (treatments, j): summed over persons, the chance in
            the arm minus the chance in control, all else as it is.
        gradients: Per group, shape (treatments, k, j), of `effects`.
        middles: Per group, shape (pairs, j), sums of products of scores; where there
            are clusters, of none.
        scores: Per group, shape (clusters, k, j), summed scores.
    """

    def __init__(
        self, terms: Terms, wanted: Sequence[LogitAt], *, arms: int, within: Within
    ) -> None:
        """Begin with no rows."""
        self.terms = terms
        self.wanted = tuple(wanted)
        self.arms = arms
        self.within = within
        shapes = [at.coefficients.shape for at in self.wanted]
        self.persons = [np.zeros(j) for _, j in shapes]
        self.effects = [np.zeros((arms - 1, j)) for _, j in shapes]
        self.gradients = [np.zeros((arms - 1, k, j)) for k, j in shapes]
        self.middles = [np.zeros((k * (k + 1) // 2, j)) for k, j in shapes]
        self.scores = [np.zeros((within.categories, k, j)) for k, j in shapes]

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        terms = self.terms.values(block)
        in_arm = [
            self.terms.values(replace(block, arm=np.full_like(block.arm, arm)))
            for arm in range(self.arms)
        ]
        codes = self.within.codes(block)
        weights = _weights(block)
        for i, at in enumerate(self.wanted):
            counts, means, squares = observed(block, at)
            self.persons[i] += (weights * counts).sum(axis=0)
            self._add_margins(i, at, in_arm, weights * counts)
            z = with_constant(terms, at)
            apart = means - expit(z @ at.coefficients)
            pulled = weights * counts * apart
            if self.within.is_cluster:
                for cluster in np.unique(codes):
                    rows = codes == cluster
                    self.scores[i][cluster] += z[rows].T @ pulled[rows]
            else:
                first, second = np.triu_indices(z.shape[1])
                spread = weights**2 * (squares + counts * apart**2)
                self.middles[i] += (z[:, first] * z[:, second]).T @ spread

    def _add_margins(
        self, i: int, at: LogitAt, in_arm: list[Floats], weights: Floats
    ) -> None:
        rows = [with_constant(terms, at) for terms in in_arm]
        chances = [expit(z @ at.coefficients) for z in rows]
        bends = [weights * p * (1 - p) for p in chances]
        for arm in range(1, self.arms):
            apart = chances[arm] - chances[0]
            self.effects[i][arm - 1] += (weights * apart).sum(axis=0)
            self.gradients[i][arm - 1] += (
                rows[arm].T @ bends[arm] - rows[0].T @ bends[0]
            )

    def merge(self, other: Self) -> None:
        """Add sums over other rows."""
        for name in ("persons", "effects", "gradients", "middles", "scores"):
            for one, more in zip(
                getattr(self, name), getattr(other, name), strict=True
            ):
                np.add(one, more, out=one)


def with_constant(terms: Floats, at: LogitAt) -> Floats:
    """Return the columns of one logit, the constant in front."""
    columns: Floats = np.column_stack([np.ones(len(terms)), terms[:, at.terms]])
    return columns


def observed(block: Block, at: LogitAt) -> tuple[Floats, Floats, Floats]:
    """Return persons observed, mean (0 where nobody is) and squares of a block."""
    means = block.means[:, at.outcomes]
    if block.counts is None:
        counts = (~np.isnan(means)).astype(np.float64)
    else:
        counts = block.counts[:, at.outcomes]
    squares = np.zeros_like(means)
    if block.squares is not None:
        squares = block.squares[:, at.outcomes]
    return counts, np.where(counts > 0, means, 0.0), squares


def _weights(block: Block) -> Floats:
    if block.weights is None:
        return np.ones((len(block.arm), 1))
    return block.weights[:, None]
