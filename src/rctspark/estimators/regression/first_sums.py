"""The first pass: sums of products, from which coefficients follow.

Stable on any scale: within a block, columns and outcomes are centred before they are
multiplied, and the sums of two parts are merged by the distance of their means (Chan,
Golub and LeVeque 1983, doi:10.2307/2683386). So a wage in cents loses no digits to
the square of its mean. Centring is within strata, where there are any: that absorbs
the constant, or a constant per stratum.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Self

import numpy as np

from rctspark.estimators.regression.cluster_sums import (
    ClusterSums,
    averager,
    merged_weights,
    sum_by_cluster,
    sum_powers,
    summed,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.contracts.sums import Block
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

OF_OUTCOMES = ("y_means", "term_y", "y_squares", "arm_y")


@dataclass(slots=True, eq=False)
class GroupSums:
    """Sums over the persons of whom the same outcomes are observed.

    Shapes: k terms, j outcomes, s strata (1 where there are none), a arms. Where sums
    are kept by cluster, s counts clusters, and `products`, `term_y` and `y_squares`
    have s as first axis.

    Attributes:
        outcomes: Shape (j,), places of the outcomes.
        persons: Persons, not weighted.
        weight: Shape (s,), sum of weights.
        means: Shape (s, k), weighted means of the terms.
        products: Shape (k, k), weighted sums of products about `means`.
        y_means: Shape (s, j), weighted means of the outcomes.
        term_y: Shape (k, j), weighted sums of term times outcome about the means.
        y_squares: Shape (j,), weighted sums of squared outcomes about the means.
        arm_persons: Shape (a,), persons by arm.
        arm_weight: Shape (a,), weight by arm.
        arm_y: Shape (a, j), weighted mean outcome by arm.
        largest: Shape (k,), largest absolute value of each term.
        powers: Where weighted persons are summed by cluster: the same with weights to
            the powers 0 and 2. Else empty.
    """

    outcomes: Ints
    persons: float
    weight: Floats
    means: Floats
    products: Floats
    y_means: Floats
    term_y: Floats
    y_squares: Floats
    arm_persons: Floats
    arm_weight: Floats
    arm_y: Floats
    largest: Floats
    powers: tuple[ClusterSums, ...] = ()

    @property
    def n(self) -> int:
        """Persons."""
        return round(self.persons)

    def of(self, outcomes: Ints) -> GroupSums:
        """Return the sums of some of the outcomes."""
        if len(outcomes) == len(self.outcomes):
            return self
        chosen = np.isin(self.outcomes, outcomes)
        parts = {f.name: getattr(self, f.name) for f in fields(self)}
        parts["outcomes"] = self.outcomes[chosen]
        for name in OF_OUTCOMES:
            parts[name] = parts[name][..., chosen]
        parts["powers"] = tuple(power.of(chosen) for power in self.powers)
        return GroupSums(**parts)

    def with_other(self, other: GroupSums) -> GroupSums:
        """Return the sums over both sets of persons, for the same outcomes."""
        share, reduced = merged_weights(self.weight, other.weight)
        apart, y_apart = other.means - self.means, other.y_means - self.y_means
        pulled = apart * reduced[:, None]
        by_cluster = self.products.ndim > 2  # noqa: PLR2004 (a matrix per cluster)
        if by_cluster:
            products = pulled[:, :, None] * apart[:, None, :]
            term_y = pulled[:, :, None] * y_apart[:, None, :]
            y_squares = reduced[:, None] * y_apart**2
        else:
            products, term_y = pulled.T @ apart, pulled.T @ y_apart
            y_squares = reduced @ y_apart**2
        arm_share, _ = merged_weights(self.arm_weight, other.arm_weight)
        return GroupSums(
            outcomes=self.outcomes,
            persons=self.persons + other.persons,
            weight=self.weight + other.weight,
            means=self.means + apart * share[:, None],
            products=self.products + other.products + products,
            y_means=self.y_means + y_apart * share[:, None],
            term_y=self.term_y + other.term_y + term_y,
            y_squares=self.y_squares + other.y_squares + y_squares,
            arm_persons=self.arm_persons + other.arm_persons,
            arm_weight=self.arm_weight + other.arm_weight,
            arm_y=self.arm_y + (other.arm_y - self.arm_y) * arm_share[:, None],
            largest=np.maximum(self.largest, other.largest),
            powers=tuple(
                one.with_other(two)
                for one, two in zip(self.powers, other.powers, strict=True)
            ),
        )


@dataclass(frozen=True, slots=True)
class Within:
    """What sums are kept within: the constant alone, strata, or clusters.

    Attributes:
        columns: Places among a block's columns of a categorical covariate.
        is_cluster: Whether products are kept per category.
    """

    columns: tuple[int, ...] = ()
    is_cluster: bool = False

    @property
    def categories(self) -> int:
        """Number of strata or clusters; 1 where there are none."""
        return len(self.columns) + 1

    def codes(self, block: Block) -> Ints:
        """Return the stratum or cluster of each row."""
        places = np.arange(1.0, len(self.columns) + 1)
        codes = block.columns[:, list(self.columns)] @ places
        return np.nan_to_num(codes).astype(np.int64)


class FirstSums:
    """Sums of products for all outcomes, by who is observed.

    Outcomes begin together and part as soon as someone is observed for one and not
    for the other, so in the end a group holds the outcomes observed for exactly the
    same persons, and each group has one decomposition.

    Attributes:
        groups: The groups.
        missing: Persons for whom a term is missing or infinite, by term.
        infinite: Persons whose outcome is infinite, by outcome.
        elsewhere: Persons in another arm.
    """

    def __init__(
        self, terms: Terms, *, outcomes: int, arms: int, within: Within
    ) -> None:
        """Begin with no rows."""
        self.terms = terms
        self.arms = arms
        self.within = within
        self.groups: list[GroupSums] = []
        self.missing = np.zeros(len(terms.names))
        self.infinite = np.zeros(outcomes)
        self.elsewhere = 0.0

    def add(self, block: Block) -> None:
        """Add the rows of a block."""
        if not len(block.arm):
            return
        persons = _persons(block)
        terms = self.terms.values(block)
        strata = block.columns[:, list(self.within.columns)]
        unknown: NDArray[np.bool_] = ~np.isfinite(terms)
        self.missing += persons @ unknown
        self.elsewhere += float(persons[block.arm < 0].sum())
        self.infinite += np.isinf(block.means).sum(axis=0)
        known = np.logical_and.reduce(np.isfinite(np.column_stack([terms, strata])), 1)
        self._refine([self._group(block, terms, *p, known) for p in patterns(block)])

    def merge(self, other: Self) -> None:
        """Add sums over other rows."""
        self.missing += other.missing
        self.infinite += other.infinite
        self.elsewhere += other.elsewhere
        self._refine(other.groups)

    def _refine(self, others: list[GroupSums]) -> None:
        if not self.groups:
            self.groups = list(others)
            return
        refined = []
        for one in self.groups:
            for other in others:
                both = np.intersect1d(one.outcomes, other.outcomes)
                if both.size:
                    refined.append(one.of(both).with_other(other.of(both)))
        if others:
            self.groups = refined

    def _group(
        self,
        block: Block,
        terms: Floats,
        outcomes: Ints,
        counts: Floats,
        known: NDArray[np.bool_],
    ) -> GroupSums:
        rows = (counts > 0) & known
        weights = counts[rows]
        if block.weights is not None:
            weights = weights * block.weights[rows]
        z, y = part_of(terms, rows), part_of(block.means, rows, outcomes)
        if self.infinite.any():
            # Whoever is infinite is counted, and the sums are not used.
            y = np.where(np.isinf(y), 0.0, y)
        s = self.within.categories
        codes = self.within.codes(block)[rows]
        strata, total = averager(codes, weights, s)
        z_means, y_means = strata @ z, strata @ y
        z_apart, y_apart = z - by_code(z_means, codes), y - by_code(y_means, codes)
        inner = None
        if block.squares is not None:
            inner = part_of(block.squares, rows, outcomes)
            if block.weights is not None:
                inner = inner * block.weights[rows, None]
        arm = block.arm[rows]
        arms, arm_weight = averager(np.maximum(arm, 0), weights, self.arms)
        powers: tuple[ClusterSums, ...] = ()
        if self.within.is_cluster:
            powers = _powers(block, rows, counts[rows], (z, y), codes, s)
            products, term_y, y_squares = sum_by_cluster(
                z_apart, y_apart, weights, inner, codes, s
            )
        else:
            pulled = z_apart * weights[:, None]
            products, term_y = pulled.T @ z_apart, pulled.T @ y_apart
            y_squares = np.einsum("i,ij,ij->j", weights, y_apart, y_apart)
            if inner is not None:
                y_squares = y_squares + inner.sum(axis=0)
        return GroupSums(
            outcomes=outcomes,
            persons=float(counts[rows].sum()),
            weight=total,
            means=z_means,
            products=products,
            y_means=y_means,
            term_y=term_y,
            y_squares=y_squares,
            arm_persons=summed(np.maximum(arm, 0), counts[rows], self.arms),
            arm_weight=arm_weight,
            arm_y=arms @ y,
            largest=np.abs(z).max(axis=0, initial=0.0),
            powers=powers,
        )


def _powers(
    block: Block,
    rows: NDArray[np.bool_],
    counts: Floats,
    values: tuple[Floats, Floats],
    codes: Ints,
    clusters: int,
) -> tuple[ClusterSums, ...]:
    """Sums by cluster with weights to the powers 0 and 2; none without weights."""
    if block.weights is None:
        return ()
    own = block.weights[rows]
    zeroth, second = (own > 0).astype(np.float64), own**2
    return tuple(
        sum_powers(*values, counts * power, codes, clusters)
        for power in (zeroth, second)
    )


def patterns(block: Block) -> list[tuple[Ints, Floats]]:
    """Put the outcomes of a block together that are observed for the same persons.

    Returns:
        Places of the outcomes, and the persons of each row that are observed.
    """
    counts = block.counts
    n, outcomes = block.means.shape
    if counts is None:
        unobserved = np.isnan(block.means)
        if not unobserved.any():
            return [(np.arange(outcomes), np.ones(n))] if outcomes else []
        counts = (~unobserved).astype(np.float64)
    found: dict[bytes, list[int]] = {}
    by_outcome = np.ascontiguousarray(counts.T)
    for place, column in enumerate(by_outcome):
        found.setdefault(column.tobytes(), []).append(place)
    return [(np.array(places), by_outcome[places[0]]) for places in found.values()]


def part_of(
    values: Floats, rows: NDArray[np.bool_], columns: Ints | None = None
) -> Floats:
    """Return some rows and columns; the array itself where that is all of it."""
    if columns is not None and not np.array_equal(columns, np.arange(values.shape[1])):
        values = values[:, columns]
    return values if rows.all() else values[rows]


def by_code(means: Floats, codes: Ints) -> Floats:
    """Return the mean of each row's stratum; one row where there is one stratum."""
    return means if len(means) == 1 else means[codes]


def _persons(block: Block) -> Floats:
    """Persons per row: the most that are observed for an outcome."""
    if block.counts is None:
        return np.ones(len(block.arm))
    most: Floats = block.counts.max(axis=1, initial=0.0)
    return most
