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
        has_benefit: Whether a benefit of theirs had begun by enrolment.
        persons: How many they are.
    """

    site: str | None
    arm: str | None
    has_stratum: bool
    persons: int
    has_benefit: bool = True


def count_places(enrolled: DataFrame, assignment: DataFrame) -> DataFrame:
    """Count the enrolled by site, arm, and whether they have stratum and benefit.

    Args:
        enrolled: One row per enrolled person, with `site`, `benefit_start_date`.
        assignment: ASSIGNMENT.

    Returns:
        Rows with the fields of `Placed`.
    """
    arms = assignment.select("person_id", "arm", "stratum")
    placed = enrolled.select("person_id", "site", "benefit_start_date").join(
        arms, on="person_id", how="left"
    )
    has_stratum = F.col("stratum").isNotNull().alias("has_stratum")
    has_benefit = F.col("benefit_start_date").isNotNull().alias("has_benefit")
    return placed.groupBy("site", "arm", has_stratum, has_benefit).agg(
        F.count(F.lit(1)).alias("persons")
    )


def require_places(
    counted: Iterable[Placed], plan: Plan, *, files: Sequence[str]
) -> None:
    """Stop where somebody enrolled has no arm of the plan, no stratum, or no origin.

    Nobody who was drawn is set aside for it: an arm that is not known would take the
    persons out of one arm of the trial and leave the others whole.

    Args:
        counted: Rows of `count_places`.
        plan: The plan. Who needs a stratum are those of a site whose draw has strata;
            where horizons are counted from the benefit's start, everyone needs one.
        files: Files that arms and benefits come from.

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
    without = sum(p.persons for p in counted if not p.has_benefit)
    if without and plan.population.origin == "benefit_start":
        faults.append(
            f"{without} enrolled person(s) have no benefit that had begun by "
            "enrolment, and the plan counts from its start"
        )
    if faults:
        raise PlanError(
            f"Plan {plan.name} has no place for everyone enrolled:\n{listed(faults)}\n"
            f"Arms and benefits come from {', '.join(files)}; the quality site says "
            "what was set aside of them. Ask for a corrected delivery, or correct the "
            "plan or the codes of the mapping; nobody leaves a trial in silence."
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
