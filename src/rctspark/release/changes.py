"""Changes of persons' values between two data versions, as they may leave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config import Plan, Thresholds
    from rctspark.contracts.comparison import Move, OutcomeChange, ValueChange

HIDDEN = "x"
COUNTS = ("changed", "appeared", "gone")
TENS = -1
DIGITS = 4


def changes_table(
    changes: Sequence[ValueChange], plan: Plan, thresholds: Thresholds
) -> pd.DataFrame:
    """Lay changes out as they may leave.

    Args:
        changes: Changes by outcome, horizon and arm.
        plan: The analysis plan: gives outcomes and arms their order.
        thresholds: The data owner's.

    Returns:
        One row each. A count below the fewest persons stands as `<10`; one that
        leaves fewer than that out of the arm, as `x`, and so do sum and mean where
        too few changed or one person's change dominates (rules 1 and 4).
    """
    outcomes = {o.name: place for place, o in enumerate(plan.outcomes)}
    arms = {arm: place for place, arm in enumerate(plan.arms.all)}
    ordered = sorted(
        changes,
        key=lambda c: (outcomes.get(c.outcome, -1), c.horizon, arms.get(c.arm, -1)),
    )
    columns = [
        *("outcome", "horizon", "arm", "persons", "changed", "appeared", "gone"),
        *("sum_of_change", "mean_change"),
    ]
    return pd.DataFrame([_row(c, thresholds) for c in ordered], columns=columns)


def persons_table(
    overall: Sequence[OutcomeChange],
    changes: Sequence[ValueChange],
    plan: Plan,
    thresholds: Thresholds,
) -> pd.DataFrame:
    """Lay out how many persons' values of each outcome changed, as it may leave.

    Counts are rounded to tens. One is hidden where fewer persons are behind it than
    may be, or not behind it, and where it would tell of cells of `changes_table` that
    are hidden: those have to hold enough together.

    Args:
        overall: Persons by outcome, over all horizons and arms.
        changes: The cells: changes by outcome, horizon and arm.
        plan: The analysis plan: gives outcomes their order.
        thresholds: The data owner's.

    Returns:
        One row per outcome: `persons`, `changed`, `appeared`, `gone`, and of the values
        known in both versions (`values`) those that differ (`values_changed`).
    """
    places = {o.name: place for place, o in enumerate(plan.outcomes)}
    fewest = thresholds.minimum_persons
    rows = []
    for one in sorted(overall, key=lambda o: places.get(o.outcome, -1)):
        cells = [c for c in changes if c.outcome == one.outcome]
        counts = {
            name: _tens(getattr(one, name), one.persons, fewest)
            if _covers(cells, name, fewest)
            else HIDDEN
            for name in COUNTS
        }
        is_shown = counts["changed"].isdigit()
        rows.append(
            {
                "outcome": one.outcome,
                "persons": str(one.persons) if one.persons >= fewest else HIDDEN,
                **counts,
                "values": str(round(one.values, TENS)),
                "values_changed": str(round(one.values_changed, TENS))
                if is_shown
                else counts["changed"],
            }
        )
    columns = ["outcome", "persons", *COUNTS, "values", "values_changed"]
    return pd.DataFrame(rows, columns=columns)


def _covers(cells: Sequence[ValueChange], name: str, fewest: int) -> bool:
    """Say whether a sum may be shown beside cells of which some are hidden."""
    hidden = [
        n
        for c in cells
        if (n := getattr(c, name)) and not _count(n, c.persons, fewest).isdigit()
    ]
    return not hidden or sum(hidden) >= fewest


def _tens(count: int, persons: int, fewest: int) -> str:
    shown = _count(count, persons, fewest)
    return str(round(count, TENS)) if shown.isdigit() else shown


def moves_table(moves: Sequence[Move], *, minimum_persons: int) -> pd.DataFrame:
    """Lay out persons by arm in both versions, small counts hidden.

    Where one pair of arms is hidden, so are all in which an arm changed: with the
    sizes of the arms, two of three would give the third.

    Args:
        moves: Persons by pair of arms.
        minimum_persons: Fewest persons behind a number.

    Returns:
        One row per pair of arms; an empty arm: not enrolled in that version.
    """
    moved = [m for m in moves if m.arm_from != m.arm_to]
    has_few = any(m.persons < minimum_persons for m in moves)
    rows = [
        {
            "arm_from": m.arm_from,
            "arm_to": m.arm_to,
            "persons": HIDDEN if has_few and moved else str(m.persons),
        }
        for m in sorted(moves, key=lambda m: (m.arm_from, m.arm_to))
    ]
    return pd.DataFrame(rows, columns=["arm_from", "arm_to", "persons"])


def _row(change: ValueChange, thresholds: Thresholds) -> dict[str, object]:
    fewest = thresholds.minimum_persons
    counts = {
        name: _count(getattr(change, name), change.persons, fewest) for name in COUNTS
    }
    is_shown = counts["changed"].isdigit() and not _is_dominated(change, thresholds)
    mean = change.total / change.changed if change.changed else 0.0
    return {
        "outcome": change.outcome,
        "horizon": change.horizon,
        "arm": change.arm,
        "persons": str(change.persons) if change.persons >= fewest else HIDDEN,
        **counts,
        "sum_of_change": _rounded(change.total) if is_shown else HIDDEN,
        "mean_change": _rounded(mean) if is_shown else HIDDEN,
    }


def _count(count: int, persons: int, fewest: int) -> str:
    if persons < fewest or 0 < persons - count < fewest:
        return HIDDEN
    return f"<{fewest}" if 0 < count < fewest else str(count)


def _is_dominated(change: ValueChange, thresholds: Thresholds) -> bool:
    if change.absolute == 0:
        return False
    rest = change.absolute - change.largest - change.second
    return (
        change.largest > thresholds.largest_contribution * change.absolute
        or rest < thresholds.p_percent * change.largest
    )


def _rounded(value: float) -> str:
    return f"{float(f'{value:.{DIGITS}g}'):.10g}"
