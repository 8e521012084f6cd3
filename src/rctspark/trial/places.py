"""Whether everyone enrolled has a place in the plan: an arm, and a stratum."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.errors import PlanError, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Plan


@dataclass(frozen=True, slots=True)
class Placed:
    """Persons of one site, arm and state of the stratum.

    Attributes:
        site: Site; None: the lists name none.
        arm: Arm that the analysis follows; None: none.
        has_stratum: Whether the persons have a stratum of the draw.
        persons: How many they are.
    """

    site: str | None
    arm: str | None
    has_stratum: bool
    persons: int


def count_places(enrolled: DataFrame, assignment: DataFrame) -> DataFrame:
    """Count the enrolled by site, arm, and whether they have a stratum.

    Args:
        enrolled: One row per enrolled person, with `site`.
        assignment: ASSIGNMENT.

    Returns:
        Rows with the fields of `Placed`.
    """
    placed = enrolled.select("person_id", "site").join(
        assignment.select("person_id", "arm", "stratum"), on="person_id", how="left"
    )
    has_stratum = F.col("stratum").isNotNull().alias("has_stratum")
    return placed.groupBy("site", "arm", has_stratum).agg(
        F.count(F.lit(1)).alias("persons")
    )


def require_places(
    counted: Iterable[Placed], plan: Plan, *, files: Sequence[str]
) -> None:
    """Stop where somebody enrolled is in no arm of the plan, or in no stratum.

    Nobody who was drawn is set aside for it: an arm that is not known would take the
    persons out of one arm of the trial and leave the others whole.

    Args:
        counted: Rows of `count_places`.
        plan: The plan. Who needs a stratum are those of a site whose draw has strata.
        files: Files that the arms come from.

    Raises:
        PlanError: Says how many, and in which files.
    """
    counted = tuple(counted)
    lost = sum(p.persons for p in counted if p.arm is None)
    unknown = sum(
        p.persons for p in counted if p.arm is not None and p.arm not in plan.arms.all
    )
    faults = []
    if lost:
        faults.append(f"{lost} enrolled person(s) have no arm")
    if unknown:
        known = ", ".join(plan.arms.all)
        faults.append(
            f"{unknown} enrolled person(s) are in an arm that the plan does not know "
            f"(it knows {known})"
        )
    faults += _without_stratum(counted, plan)
    if faults:
        raise PlanError(
            f"Plan {plan.name} has no place for everyone enrolled:\n{listed(faults)}\n"
            f"The arms come from {', '.join(files) or 'the rule of the plan'}. Ask for "
            "a corrected delivery, or correct the plan (arms, assignment, draw) or the "
            "codes of the mapping; nobody is left out of a trial in silence."
        )


def _without_stratum(counted: Sequence[Placed], plan: Plan) -> list[str]:
    if plan.draw is None:
        return []
    rules = plan.draw.sites
    stratified = {site for site, rule in rules.items() if rule.strata}
    only = next(iter(rules)) if plan.draw.site is None else None
    without = sum(
        p.persons
        for p in counted
        if not p.has_stratum and (only or p.site) in stratified
    )
    words = "enrolled person(s) are in no stratum, at a site that was drawn by strata"
    return [f"{without} {words}"] if without else []
