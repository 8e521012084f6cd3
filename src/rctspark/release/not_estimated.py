"""What a plan asks for and its results do not have, because it needs persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.config.plan import BoundsTable, FitTable
from rctspark.contracts.descriptives import BOUNDS, FIT
from rctspark.contracts.sums import NEEDS_PERSONS
from rctspark.release.publication.checks import METHODS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rctspark.config import Plan
    from rctspark.config.plan import ReleasedTable
    from rctspark.contracts import Coefficient, Descriptive
    from rctspark.contracts.families import JudgedTest
    from rctspark.release.durations import DurationResults

KINDS = {"fit": "fit to the target", "bounds": "bounds"}
"""Kind of table that needs persons to what it shows."""


def name_not_estimated(
    plan: Plan,
    tests: Sequence[JudgedTest],
    durations: Sequence[DurationResults],
    coefficients: Sequence[Coefficient] = (),
    *,
    populations: Collection[str] = (),
    descriptives: Sequence[Descriptive] = (),
) -> tuple[str, ...]:
    """Name what was not estimated, where the sample is too large to be collected.

    Draws of step-down p-values, joint tests, models in full, weights to the target, fit
    to the target, bounds and durations need persons one by one; effects, counts and
    tests of balance come from sums whatever the number of persons.

    Args:
        plan: The analysis plan.
        tests: Its tests of families.
        durations: What was found of its durations.
        coefficients: What was found of its models in full.
        populations: Whom its effects speak of.
        descriptives: What was counted for its tables.

    Returns:
        One sentence each, with the reason.
    """
    stepped = {t.family for t in tests if t.p_step_down is not None}
    judged = {t.family for t in tests}
    asked = [
        f"step-down p-values of family {family.name}"
        for family in plan.families
        if family.tests == "effects"
        and family.seed is not None
        and family.name in judged - stepped
    ]
    asked += [
        f"joint tests of family {family.name}"
        for family in plan.families
        if family.tests == "joint" and family.name not in judged
    ]
    if plan.has_coefficients and not coefficients:
        asked.append("models in full")
    asked += [
        f"effects of {one.population}, reweighted"
        for one in plan.reweighted
        if one.population not in populations
    ]
    told = {(d.subject, d.category) for d in descriptives}
    asked += [
        f"{KINDS[table.kind]} of table {table.name}"
        for table in plan.tables
        if table.kind in KINDS and not told & _rows_of(table)
    ]
    if plan.durations and not durations:
        asked.append("durations")
    return tuple(f"{what}: {NEEDS_PERSONS}" for what in asked)


def _rows_of(table: ReleasedTable) -> set[tuple[str, str]]:
    """Subjects and categories of which a table that needs persons shows any."""
    if isinstance(table, FitTable):
        return {(line.covariate or "", FIT) for line in table.lines.values()}
    if isinstance(table, BoundsTable):
        return {
            (outcome, f"{method} {word}")
            for outcome in table.outcomes
            for method in METHODS
            for word in BOUNDS
        }
    return set()
