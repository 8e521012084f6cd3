"""The columns of a regression, made out of the columns of a source."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.sums import ARM

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import Block, SourceOfSums

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Terms:
    """Products of a source's columns; most have one factor.

    Attributes:
        names: Name of each term: `age`, `arm=zia`, `age*arm=zia`.
        factors: Places of the columns multiplied, in arms without control, then the
            source's columns.
        shift: What is taken from every column before it is multiplied.
        scale: What it is then divided by. With the columns themselves in the
            regression this changes no effect, and products stand further apart.
    """

    names: tuple[str, ...]
    factors: tuple[tuple[int, ...], ...]
    shift: Floats
    scale: Floats

    def values(self, block: Block) -> Floats:
        """Return the terms for the rows of a block, shape (n, terms)."""
        arms = len(self.shift) - block.columns.shape[1]
        indicators = block.arm[:, None] == np.arange(1, arms + 1)
        columns = np.column_stack([indicators, block.columns])
        columns = (columns - self.shift) / self.scale
        terms: Floats = np.empty((len(columns), len(self.factors)))
        for i, places in enumerate(self.factors):
            terms[:, i] = columns[:, places[0]]
            for place in places[1:]:
                terms[:, i] *= columns[:, place]
        return terms


def column_names(source: SourceOfSums) -> tuple[str, ...]:
    """Return the names that terms are made of: treatments, then columns."""
    treatments = [ARM + arm for arm in source.arms[1:]]
    return (*treatments, *(n for names in source.columns.values() for n in names))


def products_of(
    columns: Sequence[tuple[str, str]],
) -> list[tuple[str, ...]]:
    """Return every product of two columns of different covariates.

    Nobody is in two categories of one covariate.

    Args:
        columns: Covariate and column.
    """
    return [
        (first, second)
        for (owner, first), (other, second) in combinations(columns, 2)
        if owner != other
    ]


class Standards:
    """Mean and standard deviation of every column, to set products apart.

    They steady the arithmetic alone, so weights and who is observed don't matter.
    """

    def __init__(self, columns: int) -> None:
        """Begin with no rows."""
        self.persons = 0.0
        self.mean = np.zeros(columns)
        self.squares = np.zeros(columns)

    def add(self, block: Block) -> None:
        """Add the rows of a block, whatever their outcomes."""
        if not len(block.columns):
            return
        other = Standards(len(self.mean))
        other.persons = float(len(block.columns))
        other.mean = np.nan_to_num(block.columns.mean(axis=0), posinf=0, neginf=0)
        other.squares = ((block.columns - other.mean) ** 2).sum(axis=0)
        other.squares[~np.isfinite(other.squares)] = 0
        self.merge(other)

    def merge(self, other: Standards) -> None:
        """Add other rows: Chan, Golub and LeVeque (1983, doi:10.2307/2683386)."""
        total = self.persons + other.persons
        if not other.persons:
            return
        apart = other.mean - self.mean
        self.squares += other.squares + apart**2 * self.persons * other.persons / total
        self.mean = self.mean + apart * other.persons / total
        self.persons = total


def make_terms(
    source: SourceOfSums,
    wanted: Sequence[tuple[str, ...]],
    *,
    standardise: bool = False,
) -> tuple[Terms, dict[tuple[str, ...], int]]:
    """Make the terms of one or more regressions, each once.

    Where some of them are products, the source is gone through once more, to centre
    and scale the numbers that are multiplied. Categories and arms stay 0 and 1.

    Args:
        source: The source.
        wanted: Names of the columns multiplied in each term.
        standardise: Centre and scale numbers also where nothing is multiplied.

    Returns:
        The terms, and the place of each.
    """
    names = column_names(source)
    place = {name: i for i, name in enumerate(names)}
    order = list(dict.fromkeys(wanted))
    shift, scale = np.zeros(len(names)), np.ones(len(names))
    treatments = len(source.arms) - 1
    # Only columns of arms and categories have an `=` in their name.
    numbers = [i for i, name in enumerate(names) if "=" not in name]
    if numbers and (standardise or any(len(term) > 1 for term in order)):
        standards = source.add_up(Standards(len(names) - treatments), outcomes=())
        deviation = np.sqrt(standards.squares / max(standards.persons, 1.0))
        within = np.array(numbers) - treatments
        shift[numbers] = standards.mean[within]
        scale[numbers] = np.where(deviation[within] > 0, deviation[within], 1.0)
    terms = Terms(
        names=tuple("*".join(term) for term in order),
        factors=tuple(tuple(place[name] for name in term) for term in order),
        shift=shift,
        scale=scale,
    )
    return terms, {term: i for i, term in enumerate(order)}
