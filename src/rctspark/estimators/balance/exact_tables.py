"""The exact test of a table of counts, for when expected counts are small."""

from __future__ import annotations

from itertools import combinations_with_replacement
from math import comb
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import gammaln

from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

LARGEST = 4_000_000
"""Most tables that are gone through; beyond, draws must be asked for."""
TIE = 1e-7
"""Tables this close in probability are as likely; R's rule."""
DRAWS_AT_ONCE = 10_000


def exact_p_value(
    table: Ints, *, draws: int | None = None, random: np.random.Generator | None = None
) -> tuple[float, str]:
    """Return the p-value of independence given both margins.

    All tables with the margins of this one that are at most as likely as it:
    Fisher's test, for larger tables that of Freeman and Halton (1951,
    doi:10.1093/biomet/38.1-2.141).

    Args:
        table: Shape (rows, columns), counts.
        draws: Go through this many random tables instead: p = (b + 1) / (draws + 1).
        random: Source of randomness; needed with `draws`.

    Returns:
        The p-value, and the method in words: `exact` or `exact by N draws`.

    Raises:
        EstimationError: There are too many tables to go through, and no draws were
            asked for.
    """
    table = table[table.sum(axis=1) > 0][:, table.sum(axis=0) > 0]
    if min(table.shape) <= 1:
        return 1.0, "exact"
    if draws is not None and random is not None:
        return _by_draws(table, draws, random), f"exact by {draws} draws"
    # Fewer rows make fewer ways to divide a column; the largest column comes last,
    # where nothing is left to choose.
    table = table if table.shape[0] <= table.shape[1] else table.T
    table = table[:, np.argsort(table.sum(axis=0), kind="stable")]
    rows, columns = table.shape[0], [int(c) for c in table.sum(axis=0)]
    ways = np.prod([float(comb(c + rows - 1, rows - 1)) for c in columns[:-1]])
    if ways > LARGEST:
        raise EstimationError(
            f"A table of {table.sum()} persons in {table.shape[0]} by {table.shape[1]} "
            f"cells has up to {ways:.1e} others with its margins, more than {LARGEST}; "
            "ask for draws, or for Pearson's chi-square."
        )
    return _by_enumeration(table, columns), "exact"


def _by_enumeration(table: Ints, columns: list[int]) -> float:
    left = table.sum(axis=1)[None, :].astype(np.int64)
    log_p = np.zeros(1)
    for column in columns[:-1]:
        splits = _splits(column, table.shape[0])
        cost = -gammaln(splits + 1.0).sum(axis=1)
        remaining = left[:, None, :] - splits[None, :, :]
        possible = (remaining >= 0).all(axis=2)
        log_p = (log_p[:, None] + cost[None, :])[possible]
        left = remaining[possible]
    log_p = log_p - gammaln(left + 1.0).sum(axis=1)
    found = -float(gammaln(table + 1.0).sum())
    chance = np.exp(log_p - log_p.max())
    extreme = log_p <= found + TIE
    return min(float(chance[extreme].sum() / chance.sum()), 1.0)


def _splits(total: int, parts: int) -> Ints:
    """All ways to divide a number over parts, shape (ways, parts)."""
    if parts == 1:
        return np.array([[total]], dtype=np.int64)
    if parts == 2:  # noqa: PLR2004 (two arms, the common case, without a loop)
        first = np.arange(total + 1, dtype=np.int64)
        return np.column_stack([first, total - first])
    cuts = np.array(
        list(combinations_with_replacement(range(total + 1), parts - 1)), dtype=np.int64
    )
    edges = np.column_stack(
        [np.zeros(len(cuts), np.int64), cuts, np.full(len(cuts), total)]
    )
    return np.diff(edges, axis=1)


def _by_draws(table: Ints, draws: int, random: np.random.Generator) -> float:
    rows = np.repeat(np.arange(table.shape[0]), table.sum(axis=1))
    columns = np.repeat(np.arange(table.shape[1]), table.sum(axis=0))
    found = -float(gammaln(table + 1.0).sum())
    extreme = 0
    for first in range(0, draws, DRAWS_AT_ONCE):
        times = min(DRAWS_AT_ONCE, draws - first)
        shuffled = random.permuted(np.tile(columns, (times, 1)), axis=1)
        cell = rows * table.shape[1] + shuffled
        cell += np.arange(times)[:, None] * table.size
        counts = np.bincount(cell.ravel(), minlength=times * table.size)
        log_p = -gammaln(counts.reshape(times, -1) + 1.0).sum(axis=1)
        extreme += int((log_p <= found + TIE).sum())
    return (extreme + 1) / (draws + 1)


def exact_fit_p_value(
    counts: Ints,
    shares: Floats,
    *,
    draws: int | None = None,
    random: np.random.Generator | None = None,
) -> tuple[float, str]:
    """Return the exact p-value of counts against given shares (multinomial).

    Args:
        counts: Shape (k,), persons by category.
        shares: Shape (k,), shares of the target; they add up to 1.
        draws: Go through this many random samples instead.
        random: Source of randomness; needed with `draws`.

    Returns:
        The p-value, and the method in words.

    Raises:
        EstimationError: There are too many samples to go through, and no draws were
            asked for.
    """
    n = int(counts.sum())

    def log_chance(some: Ints) -> Floats:
        with np.errstate(divide="ignore"):
            rate = np.log(shares)
        terms = np.where(some > 0, some * np.where(some > 0, rate, 0.0), 0.0)
        chance: Floats = (terms - gammaln(some + 1.0)).sum(axis=-1)
        return chance

    found = float(log_chance(counts))
    if draws is not None and random is not None:
        drawn = log_chance(random.multinomial(n, shares, size=draws))
        p_value = (int((drawn <= found + TIE).sum()) + 1) / (draws + 1)
        return p_value, f"exact by {draws} draws"
    ways = comb(n + len(counts) - 1, len(counts) - 1)
    if ways > LARGEST:
        raise EstimationError(
            f"{n} persons in {len(counts)} categories can be divided in {ways:.1e} "
            f"ways, more than {LARGEST}; ask for draws, or for Pearson's chi-square."
        )
    log_p = log_chance(_splits(n, len(counts)))
    extreme = log_p <= found + TIE
    return min(float(np.exp(log_p[extreme] + gammaln(n + 1.0)).sum()), 1.0), "exact"
