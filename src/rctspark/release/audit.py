"""What a reader can compute from a table in which numbers are hidden.

The reader knows what is shown, that counts are whole and not negative, and that the
table adds up. Which values each hidden number can have then follows by linear
programming. The constraints of tables and chains are those of flows in a network, so
the ends of the ranges are whole numbers by themselves, without integer programming.

Source: M. Fischetti and J.J. Salazar (2000), Models and algorithms for optimizing cell
suppression in tabular data with linear constraints, JASA 95(451), 916-928.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rctspark.config import Thresholds
    from rctspark.release.sums import Sums

TOLERANCE = 1e-6
UNBOUNDED = 3
"""Status of scipy's linprog: the objective has no limit."""


class Mark(StrEnum):
    """How a number stands in a table."""

    SHOWN = "shown"
    BELOW = "below the minimum"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True)
class Sensitive:
    """Something that must not follow from what is shown.

    Attributes:
        about: Name of the number that is hidden on its account.
        terms: Name to factor: the quantity that is sensitive.
        low: The reader must deem this value, or a lower one, possible.
        high: And this one, or a higher one.
        rule: Why, in words.
    """

    about: str
    terms: Mapping[str, float]
    low: float
    high: float
    rule: str

    def value(self, counts: Mapping[str, int]) -> float:
        """Return the quantity's true value."""
        return sum(factor * counts[name] for name, factor in self.terms.items())


@dataclass(frozen=True, slots=True)
class Exposure:
    """A sensitive quantity of which the reader learns too much.

    Attributes:
        sensitive: The quantity.
        lowest: Lowest value that it can have as far as the reader knows.
        highest: Highest value.
    """

    sensitive: Sensitive
    lowest: float
    highest: float


def find_sensitive(sums: Sums, thresholds: Thresholds) -> tuple[Sensitive, ...]:
    """Say what must not follow from a table (rules 1 and 3).

    A zero is not sensitive by itself: there is nobody behind it. It becomes so where
    it says that nearly everybody is in the other categories.

    Args:
        sums: The true numbers.
        thresholds: Thresholds of the data owner.

    Returns:
        Counts below the minimum, complements below it, and categories that hold more
        than the largest share of their row or column.
    """
    fewest, largest = thresholds.minimum_persons, thresholds.maximum_share
    # A reader may be left with 'fewer than 10', but never with one value.
    high = max(fewest - 1, 2)
    found = [
        # Few persons may be behind a large number: the reader must deem more possible.
        Sensitive(
            name,
            {name: 1},
            1,
            high if count < fewest else count + 1,
            f"fewer than {fewest} persons",
        )
        for name, count in sums.counts.items()
        if 0 < sums.behind.get(name, count) < fewest
    ]
    for line in sums.lines:
        total = sums.counts[line.total]
        for part in line.parts:
            if 0 < total - sums.counts[part] < fewest:
                words = f"all but fewer than {fewest} persons"
                terms = {line.total: 1, part: -1}
                found.append(Sensitive(part, terms, 1, high, words))
            if sums.counts[part] > largest * total:
                words = f"more than {largest:.0%} of its row or column"
                share = {part: 1.0, line.total: -largest}
                found.append(Sensitive(part, share, 0, -np.inf, words))
    return tuple(found)


@dataclass(frozen=True, slots=True, eq=False)
class Reader:
    """Someone who sees a table and can compute.

    Attributes:
        names: Names of the numbers.
        equations: Shape (equations, numbers): what adds up to zero.
        bounds: Shape (numbers, 2): the least and most that each number can be.
    """

    names: tuple[str, ...]
    equations: NDArray[np.float64]
    bounds: NDArray[np.float64]

    @classmethod
    def of(cls, sums: Sums, marks: Mapping[str, Mark], minimum: int) -> Reader:
        """Tell a reader what is shown, and nothing else.

        Args:
            sums: The true numbers, of which only those shown are looked at.
            marks: Name to mark.
            minimum: `BELOW` says that the number is 1 or more and below this.

        Returns:
            The reader.
        """
        names = tuple(sums.counts)
        unshown = {Mark.BELOW: (1.0, minimum - 1.0), Mark.HIDDEN: (0.0, np.inf)}
        bounds = [
            unshown.get(marks[name], (sums.counts[name], sums.counts[name]))
            for name in names
        ]
        return cls(names, equation_matrix(sums), np.array(bounds, dtype=np.float64))

    def range_of(self, terms: Mapping[str, float]) -> tuple[float, float]:
        """Return the lowest and highest value that a sum of numbers can have.

        Args:
            terms: Name to factor.

        Returns:
            Both ends; infinite where nothing limits it.
        """
        aim = np.array([terms.get(name, 0.0) for name in self.names])
        low, high = self.bounds[aim != 0].T
        if np.array_equal(low, high):
            known = float(aim[aim != 0] @ low)
            return known, known
        return self._least(aim), -self._least(-aim)

    def _least(self, aim: NDArray[np.float64]) -> float:
        zeros = np.zeros(len(self.equations))
        solved = linprog(aim, A_eq=self.equations, b_eq=zeros, bounds=self.bounds)
        if solved.status == UNBOUNDED:
            return -np.inf
        if solved.x is None:
            raise RuntimeError(f"The audit of a table failed: {solved.message}")
        return float(solved.fun)


def equation_matrix(sums: Sums) -> NDArray[np.float64]:
    """Return the equations as a matrix, one column per number."""
    matrix = np.zeros((max(len(sums.equations), 1), len(sums.counts)))
    place = {name: i for i, name in enumerate(sums.counts)}
    for row, equation in enumerate(sums.equations):
        for name, factor in equation.items():
            matrix[row, place[name]] = factor
    return matrix


def find_exposures(
    sums: Sums,
    marks: Mapping[str, Mark],
    thresholds: Thresholds,
    *,
    exempt: frozenset[str] = frozenset(),
) -> tuple[Exposure, ...]:
    """Find everything that a reader of the table learns and must not (rule 6).

    Args:
        sums: The true numbers.
        marks: How each number is shown.
        thresholds: Thresholds of the data owner.
        exempt: Numbers that may be known.

    Returns:
        Sensitive quantities whose range is too narrow; empty: the table is safe
        with respect to itself.
    """
    reader = Reader.of(sums, marks, thresholds.minimum_persons)
    exposures = []
    for sensitive in find_sensitive(sums, thresholds):
        if sensitive.about in exempt:
            continue
        lowest, highest = reader.range_of(sensitive.terms)
        is_low_possible = lowest <= sensitive.low + TOLERANCE
        is_high_possible = highest >= sensitive.high - TOLERANCE
        if not (is_low_possible and is_high_possible):
            exposures.append(Exposure(sensitive, lowest, highest))
    return tuple(exposures)
