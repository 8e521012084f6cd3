"""Random numbers: one stream per part of the twin and subject."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Ints


def stream(seed: int, part: int, subject: str) -> np.random.Generator:
    """Return the random numbers of one subject in one part of the twin.

    Args:
        seed: Seed of the whole twin.
        part: Number of the part, from 0.
        subject: Name of the subject: what other subjects draw leaves it as it is.

    Returns:
        A generator that depends on nothing but the three.
    """
    return np.random.default_rng([seed, part, zlib.crc32(subject.encode())])


def dealt(rng: np.random.Generator, counts: Sequence[int]) -> Ints:
    """Return the numbers 0, 1, ... as often as `counts` says, in random order."""
    values = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    rng.shuffle(values)
    return values


def persons_of(shares: Sequence[float], total: int) -> tuple[int, ...]:
    """Turn shares (of any sum) into whole persons that add up to a total.

    Args:
        shares: Share of each category.
        total: Persons.

    Returns:
        Persons by category, the largest remainders rounded up.
    """
    exact = np.asarray(shares) / sum(shares) * total
    counts = np.floor(exact).astype(int)
    first = np.argsort(counts - exact, kind="stable")[: total - counts.sum()]
    counts[first] += 1
    return tuple(int(n) for n in counts)
