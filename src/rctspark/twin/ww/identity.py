"""Made-up citizen service numbers (BSN): valid, and nobody's.

They start with 9 (none of those has been issued) and pass the 11-test. A few are
smaller than 100,000, for the trap of leading zeros that get lost on the way.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import ConfigError
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Ints

WEIGHTS = (9, 8, 7, 6, 5, 4, 3, 2)
MODULUS = 11
STEMS = 10_000_000
FIRST_STEM = 90_000_000
SMALLEST_ORDINARY = 900_000_000
SMALL_STEMS = 10_000
SMALL_PER_PARITY = 20


def check_digits(stems: Ints) -> Ints:
    """Return the ninth digit that makes eight digits a BSN; 10: there is none."""
    total = np.zeros_like(stems)
    for place, weight in enumerate(WEIGHTS):
        digit = stems // 10 ** (len(WEIGHTS) - 1 - place) % 10
        total += weight * digit
    digits: Ints = total % MODULUS
    return digits


def passes_11_test(numbers: Ints) -> Bools:
    """Return which numbers are BSNs: 9*d1 + ... + 2*d8 - 1*d9 divisible by 11.

    Zero passes the sum and is no BSN.
    """
    passes: Bools = (check_digits(numbers // 10) == numbers % 10) & (numbers > 0)
    return passes


def failing_bsns(count: int) -> tuple[str, ...]:
    """Return nine-digit texts that start with 9 and fail the 11-test."""
    numbers = np.arange(SMALLEST_ORDINARY, SMALLEST_ORDINARY + 2 * count)
    failing = numbers[~passes_11_test(numbers)][:count]
    return tuple(str(number) for number in failing)


@dataclass(frozen=True, slots=True)
class BsnPool:
    """Every BSN that a twin may use, each once, in random order, by parity.

    Attributes:
        even: Those that end in an even digit and start with 9.
        odd: Those that end in an odd digit and start with 9.
        small_even: Even ones under 100,000.
        small_odd: Odd ones under 100,000.
    """

    even: Ints
    odd: Ints
    small_even: Ints
    small_odd: Ints

    def share(self, part: int, even: int, odd: int) -> tuple[Ints, Ints]:
        """Return the numbers of one part of the twin; parts share none.

        Args:
            part: Number of the part, from 0.
            even: Even numbers that every part needs.
            odd: Odd numbers that every part needs.

        Returns:
            Even and odd numbers; the first 20 of each are small.

        Raises:
            ConfigError: There are not so many made-up numbers.
        """
        found = []
        for ordinary, small, count in (
            (self.even, self.small_even, even),
            (self.odd, self.small_odd, odd),
        ):
            n_ordinary = count - SMALL_PER_PARITY
            first = part * n_ordinary
            few = small[part * SMALL_PER_PARITY :][:SMALL_PER_PARITY]
            many = ordinary[first : first + n_ordinary]
            if few.size + many.size < count:
                raise ConfigError(
                    "A twin can't be that large: there are about 9 million BSNs that "
                    "are nobody's. Choose a scale of at most 100."
                )
            found.append(np.concatenate([few, many]))
        return found[0], found[1]


def draw_bsn_pool(seed: int, *, persons: int) -> BsnPool:
    """Put made-up BSNs in random order.

    Args:
        seed: Seed of the twin.
        persons: Persons in the whole twin.

    Returns:
        Enough numbers for them, half even and half odd; at most about 9.1 million.
    """
    rng = stream(seed, 0, "identity")
    # One stem in eleven gives no number, and parities come out unequal by chance.
    stems = rng.permutation(STEMS)[: int(1.2 * persons) + 1000]
    ordinary = _numbers(stems + FIRST_STEM)
    small = _numbers(rng.permutation(np.arange(1, SMALL_STEMS)))
    return BsnPool(
        even=ordinary[ordinary % 2 == 0],
        odd=ordinary[ordinary % 2 == 1],
        small_even=small[small % 2 == 0],
        small_odd=small[small % 2 == 1],
    )


def _numbers(stems: Ints) -> Ints:
    digits = check_digits(stems)
    exists = digits < MODULUS - 1
    return stems[exists] * 10 + digits[exists]
