"""Sums of products by cluster, and means and sums by category."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import sparse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

FEW = 16
"""Up to so many categories most of a matrix of categories by rows is worth filling."""


@dataclass(slots=True, eq=False)
class ClusterSums:
    """Sums by cluster with weights to another power than one.

    Attributes:
        weight: Shape (s,), sum of the powers of the weights.
        means: Shape (s, k), means of the terms by these.
        products: Shape (s, k, k), sums of products about `means`.
        y_means: Shape (s, j), means of the outcomes.
        term_y: Shape (s, k, j), sums of term times outcome about the means.
    """

    weight: Floats
    means: Floats
    products: Floats
    y_means: Floats
    term_y: Floats

    def of(self, chosen: NDArray[np.bool_]) -> ClusterSums:
        """Return the sums of some of the outcomes."""
        return ClusterSums(
            self.weight,
            self.means,
            self.products,
            self.y_means[:, chosen],
            self.term_y[:, :, chosen],
        )

    def with_other(self, other: ClusterSums) -> ClusterSums:
        """Return the sums over both sets of persons."""
        share, reduced = merged_weights(self.weight, other.weight)
        apart, y_apart = other.means - self.means, other.y_means - self.y_means
        pulled = (apart * reduced[:, None])[:, :, None]
        return ClusterSums(
            weight=self.weight + other.weight,
            means=self.means + apart * share[:, None],
            products=self.products + other.products + pulled * apart[:, None, :],
            y_means=self.y_means + y_apart * share[:, None],
            term_y=self.term_y + other.term_y + pulled * y_apart[:, None, :],
        )


def merged_weights(one: Floats, other: Floats) -> tuple[Floats, Floats]:
    """Return the other's share in both, and the weight of the distance of means."""
    both = one + other
    share = np.divide(other, both, out=np.zeros_like(both), where=both > 0)
    return share, one * share


def averager(
    codes: Ints, weights: Floats, categories: int
) -> tuple[Floats | sparse.csr_array, Floats]:
    """Return a matrix that takes weighted means by category, and the weights."""
    total = summed(codes, weights, categories)
    share = np.divide(
        weights, total[codes], out=np.zeros_like(weights), where=total[codes] > 0
    )
    if categories <= FEW:
        # A sparse matrix would copy the outcomes, which lie column by column.
        is_in = codes == np.arange(categories)[:, None]
        return is_in * share, total
    matrix = sparse.csr_array(
        (share, (codes, np.arange(len(codes)))), shape=(categories, len(codes))
    )
    return matrix, total


def summed(codes: Ints, weights: Floats, categories: int) -> Floats:
    """Sum of weights by category; also of nobody, which bincount counts in ints."""
    found = np.bincount(codes, weights=weights, minlength=categories)
    return found.astype(np.float64)


def sum_by_cluster(
    z: Floats,
    y: Floats,
    weights: Floats,
    inner: Floats | None,
    codes: Ints,
    clusters: int,
) -> tuple[Floats, Floats, Floats]:
    """Return products of terms, terms times outcomes and squares, by cluster."""
    k, j = z.shape[1], y.shape[1]
    products = np.zeros((clusters, k, k))
    term_y, y_squares = np.zeros((clusters, k, j)), np.zeros((clusters, j))
    if not codes.size:
        return products, term_y, y_squares
    order = np.argsort(codes, kind="stable")
    found, starts = np.unique(codes[order], return_index=True)
    for cluster, rows in zip(found, np.split(order, starts[1:]), strict=True):
        pulled = z[rows] * weights[rows, None]
        products[cluster] = pulled.T @ z[rows]
        term_y[cluster] = pulled.T @ y[rows]
        y_squares[cluster] = weights[rows] @ y[rows] ** 2
        if inner is not None:
            y_squares[cluster] += inner[rows].sum(axis=0)
    return products, term_y, y_squares


def sum_powers(
    z: Floats, y: Floats, weights: Floats, codes: Ints, clusters: int
) -> ClusterSums:
    """Return sums by cluster with weights given, about means by these weights."""
    average, total = averager(codes, weights, clusters)
    means, y_means = average @ z, average @ y
    products, term_y, _ = sum_by_cluster(
        z - means[codes], y - y_means[codes], weights, None, codes, clusters
    )
    return ClusterSums(total, means, products, y_means, term_y)
