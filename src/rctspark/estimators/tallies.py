"""Counts and moments by group, added up wherever the persons are.

A tally says what it takes from persons; `add_tallies` goes once through a source for
all tallies at once. Tallies of parts are merged, so what a description needs is the
same from persons on the driver and from a Spark table, and its size does not grow with
the number of persons.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Protocol, Self

import numpy as np

from rctspark.contracts.sample import AnalysisSample
from rctspark.errors import EstimationError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import Block, SourceOfSums

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]
    Members = Callable[[AnalysisSample], Mapping[str, Bools]]

MISSING = ""
"""In place of a category: not known."""


class Tally(Protocol):
    """What is counted of persons; it travels to where they are (pickled)."""

    def add(self, part: AnalysisSample) -> None:
        """Add some persons."""

    def merge(self, other: Self) -> None:
        """Add what was counted of other persons."""


class Tallies:
    """Several tallies as the sums of one pass.

    Attributes:
        tallies: The tallies.
    """

    def __init__(
        self,
        source: SourceOfSums,
        tallies: Sequence[Tally],
        outcomes: Sequence[tuple[str, int]],
    ) -> None:
        """Begin with nobody.

        Args:
            source: The source that will be gone through.
            tallies: The tallies.
            outcomes: Outcomes that its blocks will have.
        """
        self.tallies: list[Any] = list(tallies)
        self._arms = np.array([*source.arms, MISSING])
        self._columns = dict(source.columns)
        self._outcomes = tuple(outcomes)

    def add(self, block: Block) -> None:
        """Add the persons of a block."""
        if block.counts is not None or block.weights is not None:
            raise EstimationError(
                "persons are counted one by one: cells and weights can't be described"
            )
        ends = list(accumulate(len(names) for names in self._columns.values()))
        parts = np.split(block.columns, ends[:-1], axis=1)
        part = AnalysisSample(
            arm=self._arms[block.arm],
            covariates=dict(zip(self._columns, parts, strict=False)),
            columns=self._columns,
            outcomes={k: block.means[:, i] for i, k in enumerate(self._outcomes)},
        )
        for tally in self.tallies:
            tally.add(part)

    def merge(self, other: Self) -> None:
        """Add what was counted of other persons."""
        for one, two in zip(self.tallies, other.tallies, strict=True):
            one.merge(two)


def add_tallies(
    source: SourceOfSums,
    tallies: Sequence[Tally],
    *,
    outcomes: Sequence[int] | None = None,
) -> list[Any]:
    """Go once through a source for several tallies.

    Args:
        source: Persons or a table; not weighted.
        tallies: Tallies of nobody; they may be changed.
        outcomes: Places of the outcomes that tallies look at. None: all.

    Returns:
        The tallies over everyone, in the same order.
    """
    if not tallies:
        return []
    every = source.outcomes
    keys = every if outcomes is None else [every[i] for i in outcomes]
    empty = Tallies(source, tallies, keys)
    return source.add_up(empty, outcomes=outcomes).tallies


@dataclass(slots=True, eq=False)
class Amounts:
    """What is kept of k values of the persons of a group; each shape (k,).

    Attributes:
        persons: Persons of the group, whether or not their value is known.
        known: Persons whose value is known.
        filled: Of those, whose value is not zero.
        others: Of those, whose value is neither 0 nor 1.
        infinite: Of those, whose value is infinite.
        total: Sum of the values.
        size: Sum of the values without their signs.
        largest: Shape (2, k), the two largest of those; 0 where there are fewer.
        mean: Mean of the values; 0 where nobody's is known.
        squares: Sum of squared distances to it.
        lowest: Smallest value; with `highest` it tells who does not vary at all.
        highest: Largest value.
    """

    persons: int
    known: Floats
    filled: Floats
    others: Floats
    infinite: Floats
    total: Floats
    size: Floats
    largest: Floats
    mean: Floats
    squares: Floats
    lowest: Floats
    highest: Floats

    @classmethod
    def of(cls, values: Floats) -> Amounts:
        """Take what is kept of values, shape (n, k); NaN: not known."""
        is_known = ~np.isnan(values)
        known = is_known.sum(axis=0).astype(np.float64)
        filled = np.where(is_known, values, 0.0)
        sizes = np.abs(filled)
        padded = np.concatenate([np.zeros((2, values.shape[1])), sizes])
        total = filled.sum(axis=0)
        mean = total / np.maximum(known, 1)
        with np.errstate(invalid="ignore"):  # where a value is infinite: counted
            apart = np.where(is_known, values - mean, 0.0)
        return cls(
            persons=len(values),
            known=known,
            filled=(filled != 0).sum(axis=0).astype(np.float64),
            others=((filled != 0) & (filled != 1)).sum(axis=0).astype(np.float64),
            infinite=np.isinf(filled).sum(axis=0).astype(np.float64),
            total=total,
            size=sizes.sum(axis=0),
            largest=np.partition(padded, -2, axis=0)[-2:],
            mean=mean,
            squares=(apart**2).sum(axis=0),
            lowest=np.where(is_known, values, np.inf).min(axis=0, initial=np.inf),
            highest=np.where(is_known, values, -np.inf).max(axis=0, initial=-np.inf),
        )

    def with_other(self, other: Amounts) -> Amounts:
        """Merge: Chan, Golub and LeVeque (1983, doi:10.2307/2683386)."""
        known = self.known + other.known
        apart = other.mean - self.mean
        share = other.known / np.maximum(known, 1)
        four = np.concatenate([self.largest, other.largest])
        return Amounts(
            persons=self.persons + other.persons,
            known=known,
            filled=self.filled + other.filled,
            others=self.others + other.others,
            infinite=self.infinite + other.infinite,
            total=self.total + other.total,
            size=self.size + other.size,
            largest=np.partition(four, -2, axis=0)[-2:],
            mean=self.mean + apart * share,
            squares=self.squares + other.squares + apart**2 * self.known * share,
            lowest=np.minimum(self.lowest, other.lowest),
            highest=np.maximum(self.highest, other.highest),
        )

    def variance(self) -> Floats:
        """Variance with n minus one; exactly 0 where nobody varies."""
        spread: Floats = self.squares / np.maximum(self.known - 1, 1)
        return np.where(self.highest > self.lowest, spread, 0.0)


class AmountTally:
    """Amounts by group.

    Attributes:
        groups: Group to what is kept of its persons.
    """

    def __init__(
        self, values: Callable[[AnalysisSample], Floats], members: Members
    ) -> None:
        """Begin with nobody.

        Args:
            values: Gives the values of persons, shape (n, k).
            members: Says who is in which group; groups may overlap.
        """
        self.groups: dict[str, Amounts] = {}
        self._values, self._members = values, members

    def add(self, part: AnalysisSample) -> None:
        """Add some persons."""
        values = self._values(part)
        for name, rows in self._members(part).items():
            self._put(name, Amounts.of(values[rows]))

    def merge(self, other: AmountTally) -> None:
        """Add what was kept of other persons."""
        for name, amounts in other.groups.items():
            self._put(name, amounts)

    def _put(self, name: str, amounts: Amounts) -> None:
        before = self.groups.get(name)
        self.groups[name] = amounts if before is None else before.with_other(amounts)


class CategoryTally:
    """Persons by group and category.

    Attributes:
        categories: The categories; `MISSING` is counted besides.
        groups: Group to category to persons.
    """

    def __init__(
        self,
        categories: Sequence[str],
        values: Callable[[AnalysisSample], Texts],
        members: Members,
    ) -> None:
        """Begin with nobody.

        Args:
            categories: Categories that are counted.
            values: Gives the category of persons, shape (n,).
            members: Says who is in which group; groups may overlap.
        """
        self.categories = tuple(categories)
        self.groups: dict[str, dict[str, int]] = {}
        self._values, self._members = values, members

    def add(self, part: AnalysisSample) -> None:
        """Add some persons."""
        values = self._values(part)
        for name, rows in self._members(part).items():
            here = values[rows]
            counted = {c: int((here == c).sum()) for c in (*self.categories, MISSING)}
            self._put(name, counted)

    def merge(self, other: CategoryTally) -> None:
        """Add what was counted of other persons."""
        for name, counted in other.groups.items():
            self._put(name, counted)

    def _put(self, name: str, counted: Mapping[str, int]) -> None:
        before = self.groups.setdefault(name, dict.fromkeys(counted, 0))
        for category, persons in counted.items():
            before[category] += persons


def count_known(counted: Mapping[str, int]) -> int:
    """Return how many of those counted by category have a known one."""
    return sum(persons for category, persons in counted.items() if category != MISSING)
