"""Counts of persons that add up: the numbers of a table and what ties them together.

A reader of a table does not only see its cells, but also knows that they add up to its
margins. `Sums` holds both, so that disclosure control and its audit can reason about
every kind of table in one way: one-way, two-way, a chain of persons who leave.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    Equation = Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Line:
    """Numbers that are categories of one total.

    Attributes:
        parts: Names of the categories' numbers.
        total: Name of their sum.
    """

    parts: tuple[str, ...]
    total: str


@dataclass(frozen=True, slots=True)
class Sums:
    """Counts of persons by name, with what a reader knows about their sums.

    Attributes:
        counts: Name to count, in the order of the table.
        equations: Name to factor; each equation's terms add up to zero.
        lines: Rows and columns: where a category is compared with its total.
        margins: Names of totals, which are the last to be hidden.
        behind: Persons behind a number that does not count persons itself, but what
            happened to them. A number that is absent counts persons.
    """

    counts: Mapping[str, int]
    equations: tuple[Equation, ...] = ()
    lines: tuple[Line, ...] = ()
    margins: frozenset[str] = field(default_factory=frozenset)
    behind: Mapping[str, int] = field(default_factory=dict)

    def joined(self, other: Sums) -> Sums:
        """Put two tables in front of one reader; equal names are one number.

        Args:
            other: Another table; a name in both stands for the same count.

        Returns:
            The numbers, equations and lines of both.

        Raises:
            ValueError: One name stands for two counts.
        """
        torn = [
            name
            for name in self.counts.keys() & other.counts.keys()
            if self.counts[name] != other.counts[name]
        ]
        if torn:
            raise ValueError(f"{', '.join(sorted(torn))}: two tables disagree.")
        return Sums(
            {**self.counts, **other.counts},
            self.equations + other.equations,
            self.lines + other.lines,
            self.margins | other.margins,
            {**self.behind, **other.behind},
        )


def line_equation(line: Line) -> dict[str, int]:
    """Say that the parts of a line add up to its total."""
    return dict.fromkeys(line.parts, 1) | {line.total: -1}


def one_way(counts: Mapping[str, int], *, total: str) -> Sums:
    """Describe the categories of one characteristic and their total.

    Args:
        counts: Category to persons.
        total: Name of the sum.

    Returns:
        The categories and the total, tied by one equation.
    """
    line = Line(tuple(counts), total)
    return Sums(
        {**counts, total: sum(counts.values())},
        (line_equation(line),),
        (line,) if len(counts) > 1 else (),
        frozenset({total}),
    )


def cell(row: str, column: str) -> str:
    """Name the number of a row and a column of a two-way table."""
    return f"{row} | {column}"


def two_way(
    counts: Mapping[tuple[str, str], int],
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    total: str,
) -> Sums:
    """Describe a cross table with its margins.

    Args:
        counts: Row and column to persons; a pair that is absent has none.
        rows: Rows, in order.
        columns: Columns, in order.
        total: Name of the row and the column of totals.

    Returns:
        Cells, margins and grand total; every row and column adds up.
    """
    full = {(r, c): counts.get((r, c), 0) for r in rows for c in columns}
    full |= {(r, total): sum(full[r, c] for c in columns) for r in rows}
    full |= {(total, c): sum(full[r, c] for r in rows) for c in (*columns, total)}
    lines = [
        Line(tuple(cell(r, c) for c in columns), cell(r, total)) for r in (*rows, total)
    ] + [
        Line(tuple(cell(r, c) for r in rows), cell(total, c)) for c in (*columns, total)
    ]
    return Sums(
        {cell(r, c): full[r, c] for r in (*rows, total) for c in (*columns, total)},
        tuple(line_equation(line) for line in lines),
        # A row of one category only says nothing about who is in it.
        tuple(line for line in lines if len(line.parts) > 1),
        frozenset(cell(r, c) for r, c in full if total in {r, c}),
    )


def chain(leaving: Sequence[int], left: Sequence[int], *, last: str) -> Sums:
    """Describe persons who leave step by step.

    Args:
        leaving: Persons who leave at each step.
        left: Persons who are left after it; each step's are those of the step
            before without those who leave.
        last: Name of the number left at the end, so that other tables can share it.

    Returns:
        Numbers `leaving 1`, `left 1`, ..., the last of them called `last`.

    Raises:
        ValueError: The steps do not add up.
    """
    ends = [f"left {i + 1}" for i in range(len(left) - 1)] + [last]
    counts: dict[str, int] = {}
    equations: list[dict[str, int]] = []
    for i, (n_leaving, n_left) in enumerate(zip(leaving, left, strict=True)):
        name = f"leaving {i + 1}"
        counts |= {name: n_leaving, ends[i]: n_left}
        if i == 0:
            continue
        if left[i - 1] - n_leaving != n_left:
            raise ValueError(f"Step {i + 1} does not follow from the step before it.")
        equations.append({ends[i - 1]: 1, name: -1, ends[i]: -1})
    return Sums(counts, tuple(equations), (), frozenset(ends))
