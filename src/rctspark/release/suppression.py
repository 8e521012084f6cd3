"""Hide numbers of a table so that they can't be computed back from the others.

Numbers that the rules forbid are hidden first. For each of them the cheapest change of
the table is sought that a reader could not rule out and that would bring the number to
the ends of its required range; the numbers which that change touches are hidden too.
By construction the changed table then fits all that is shown.

Source: J.P. Kelly, B.L. Golden and A.A. Assad (1992), Cell suppression: disclosure
protection for sensitive tabular data, Networks 22(4), 397-417.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy.optimize import linprog

from rctspark.errors import DisclosureError
from rctspark.release.audit import (
    TOLERANCE,
    Mark,
    Reader,
    Sensitive,
    equation_matrix,
    find_exposures,
    find_sensitive,
)

if TYPE_CHECKING:
    from collections.abc import Set

    from numpy.typing import NDArray

    from rctspark.config import Thresholds
    from rctspark.release.sums import Sums

MARGIN_COST = 25.0
"""Totals are what readers look for first, and what other tables show again."""
ZERO_COST = 5.0
"""A zero may be known beforehand (nobody can be in that cell), so it hides little."""
HIDDEN_COST = 1e-4
"""What is hidden already costs nothing, but detours are not taken for nothing."""


def suppress(
    sums: Sums,
    thresholds: Thresholds,
    *,
    known: frozenset[str] = frozenset(),
    unprinted: frozenset[str] = frozenset(),
) -> dict[str, Mark]:
    """Decide how each number of a table is shown.

    Args:
        sums: The true numbers.
        thresholds: Thresholds of the data owner.
        known: Numbers that the reader has anyway, or that the data owner exempts;
            they stay shown and protect nothing.
        unprinted: Numbers that stand nowhere, so that to hide them costs nothing.

    Returns:
        Name to mark. Small counts stand as 'fewer than the minimum' where that
        range is safe itself (rule 8), otherwise as hidden. What a reader can compute
        all the same, and may, is shown.

    Raises:
        DisclosureError: What is known makes the table unsafe however much is hidden.
    """
    sensitives = [s for s in find_sensitive(sums, thresholds) if s.about not in known]
    named = {s.about for s in sensitives}
    touched: set[str] = set(unprinted)
    for sensitive in sensitives:
        for target in (sensitive.low, sensitive.high):
            if np.isfinite(target):
                hidden = named | touched
                touched |= _partners(sums, sensitive, target, hidden, known)
    hidden = named | touched
    marks = {n: Mark.HIDDEN if n in hidden else Mark.SHOWN for n in sums.counts}
    if find_exposures(sums, marks, thresholds, exempt=known):
        raise DisclosureError(
            "A table is not safe after suppression: leave it out, and report this."
        )
    marks |= _following(sums, marks, named - touched, thresholds)
    printed = marks.keys() - unprinted
    return _with_ranges(sums, marks, thresholds, known=known, printed=printed)


def _following(
    sums: Sums, marks: dict[str, Mark], untouched: set[str], thresholds: Thresholds
) -> dict[str, Mark]:
    """Show numbers that no change needed and that follow from those shown.

    A category may protect itself by its total alone: nobody learns anything from it
    that its own row does not say. A reader who can compute it learns nothing either
    when it stands there.
    """
    reader = Reader.of(sums, marks, thresholds.minimum_persons)
    ranges = {name: reader.range_of({name: 1}) for name in untouched}
    return {n: Mark.SHOWN for n, (low, high) in ranges.items() if not _is(high - low)}


def _partners(
    sums: Sums,
    sensitive: Sensitive,
    target: float,
    hidden: set[str],
    known: frozenset[str],
) -> set[str]:
    """Return the numbers touched by the cheapest change that reaches `target`."""
    needed = target - sensitive.value(sums.counts)
    names = list(sums.counts)
    equations = equation_matrix(sums)
    aim = np.array([[sensitive.terms.get(name, 0.0) for name in names]])
    downwards = target == sensitive.low
    sign = 1.0 if downwards else -1.0
    cost = _costs(sums, hidden)
    most_up = [0.0 if name in known else np.inf for name in names]
    most_down = [0.0 if name in known else float(sums.counts[name]) for name in names]
    solved = linprog(
        np.concatenate([cost, cost]),
        A_eq=np.hstack([equations, -equations]),
        b_eq=np.zeros(len(equations)),
        A_ub=sign * np.hstack([aim, -aim]),
        b_ub=[sign * needed],
        bounds=[(0.0, most) for most in (*most_up, *most_down)],
    )
    if solved.x is None:
        raise DisclosureError(
            f"A table can't be made safe: a number that stands for {sensitive.rule} "
            "follows from numbers that are known. Leave the table out, or ask the "
            "data owner for an exemption."
        )
    ups, downs = np.split(solved.x, 2)
    return {n for n, change in zip(names, ups - downs, strict=True) if _is(change)}


def _is(change: float) -> bool:
    return abs(change) > TOLERANCE


def _costs(sums: Sums, hidden: set[str]) -> NDArray[np.float64]:
    """Return what it costs to touch each number: large numbers and totals more."""
    costs = []
    for name, count in sums.counts.items():
        cost = ZERO_COST if count == 0 else 1.0 + np.log1p(count) / 10
        if name in sums.margins:
            cost *= MARGIN_COST
        costs.append(HIDDEN_COST if name in hidden else cost)
    return np.array(costs)


def _with_ranges(
    sums: Sums,
    marks: dict[str, Mark],
    thresholds: Thresholds,
    *,
    known: frozenset[str],
    printed: Set[str],
) -> dict[str, Mark]:
    """Show small counts as a range where a reader learns nothing more from it."""
    small = [
        name
        for name, mark in marks.items()
        if mark is Mark.HIDDEN
        and name in printed
        and 0 < sums.counts[name] < thresholds.minimum_persons
    ]

    def is_safe(trial: dict[str, Mark]) -> bool:
        return not find_exposures(sums, trial, thresholds, exempt=known)

    every = marks | dict.fromkeys(small, Mark.BELOW)
    if is_safe(every):
        return every
    for name in small:
        trial = marks | {name: Mark.BELOW}
        marks = trial if is_safe(trial) else marks
    return marks
