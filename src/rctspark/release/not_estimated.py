"""What a plan asks for and its results do not have, because it needs persons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rctspark.contracts.sums import NEEDS_PERSONS

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from rctspark.config import Plan
    from rctspark.contracts import Coefficient
    from rctspark.contracts.families import JudgedTest
    from rctspark.release.durations import DurationResults


def name_not_estimated(
    plan: Plan,
    tests: Sequence[JudgedTest],
    durations: Sequence[DurationResults],
    coefficients: Sequence[Coefficient] = (),
    *,
    populations: Collection[str] = (),
) -> tuple[str, ...]:
    """Name what was not estimated, where the sample is too large to be collected.

    Draws of step-down p-values, joint tests, models in full, weights to the target and
    durations need persons one by one; effects, counts and tests of balance come from
    sums whatever the number of persons.

    Args:
        plan: The analysis plan.
        tests: Its tests of families.
        durations: What was found of its durations.
        coefficients: What was found of its models in full.
        populations: Whom its effects speak of.

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
    if plan.durations and not durations:
        asked.append("durations")
    return tuple(f"{what}: {NEEDS_PERSONS}" for what in asked)
