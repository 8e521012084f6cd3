"""The spine: everyone whom the plan follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import FUNNEL, POPULATION
from rctspark.trial.eligibility import LEAVES

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Plan, PopulationPlan


def keep_enrolled(flagged: DataFrame) -> DataFrame:
    """Keep the candidates who leave at no step of the funnel.

    Args:
        flagged: Rows of `trial.eligibility.flag_leaving`.

    Returns:
        Those who are enrolled.
    """
    return flagged.filter(F.col(LEAVES).isNull()).drop(LEAVES, "is_in_benefit_then")


def find_listed(
    lists: DataFrame, chained: DataFrame, persons: DataFrame, *, plan: PopulationPlan
) -> DataFrame:
    """Find everyone on an assignment list, with the benefit that they were on.

    Args:
        lists: ASSIGNMENT_LISTS, one row per person.
        chained: Spells with `benefit_start_date`.
        persons: PERSONS, one row per person.
        plan: The plan's population; it has no clock.

    Returns:
        One row per person at the plan's sites: `person_id`, `site`, `enrolment_date`
        (day of the list), `benefit_start_date` (of the last benefit that began by
        then; null: none) and `id_parity`.
    """
    here = lists.filter(F.col("site").isin(*plan.sites)) if plan.sites else lists
    listed = here.select(
        "person_id", "site", F.col("listed_on").alias("enrolment_date")
    )
    begun = chained.select("person_id", "benefit_start_date").join(
        listed, on="person_id", how="inner"
    )
    by_then = begun.filter(F.col("benefit_start_date") <= F.col("enrolment_date"))
    starts = by_then.groupBy("person_id").agg(
        F.max("benefit_start_date").alias("benefit_start_date")
    )
    known = persons.select("person_id", "id_parity")
    return listed.join(starts, on="person_id", how="left").join(
        known, on="person_id", how="left"
    )


def count_listed(listed: DataFrame) -> DataFrame:
    """Count those on the lists, as a funnel of one step.

    Args:
        listed: Rows of `find_listed`.

    Returns:
        FUNNEL.
    """
    total = listed.agg(F.count(F.lit(1)).alias("n_left"))
    return FUNNEL.shape(
        total.withColumns(
            {
                "step": F.lit(1),
                "stage": F.lit("on an assignment list"),
                "reason": F.lit("Everyone on a delivered assignment list"),
                "n_leaving": F.lit(0).cast("bigint"),
            }
        )
    )


def attach_invitations(enrolled: DataFrame, studied: DataFrame) -> DataFrame:
    """Add the day of the invitation; null where no study administration gives one.

    Args:
        enrolled: One row per enrolled person.
        studied: STUDY_LISTS, one row per person.

    Returns:
        The same rows, with `invitation_date`.
    """
    invitations = studied.select("person_id", "invitation_date")
    return enrolled.join(invitations, on="person_id", how="left")


def assemble_population(
    enrolled: DataFrame, assignment: DataFrame, *, plan: Plan
) -> DataFrame:
    """Make the spine of the experiment.

    Args:
        enrolled: One row per enrolled person: `person_id`, `site`, `enrolment_date`,
            `benefit_start_date`, `invitation_date`.
        assignment: ASSIGNMENT.
        plan: The plan.

    Returns:
        POPULATION.
    """
    arms = assignment.select("person_id", F.col("arm").alias("group"), "stratum")
    return POPULATION.shape(
        enrolled.join(arms, on="person_id", how="left").withColumns(
            {
                "is_enrolled": F.lit(True),  # noqa: FBT003
                "origin_date": _origin(plan.population),
                "observed_until": F.lit(plan.follow_up_until),
            }
        )
    )


def _origin(population: PopulationPlan) -> Column:
    if population.origin == "benefit_start":
        return F.col("benefit_start_date")
    if population.origin == "enrolment":
        return F.col("enrolment_date")
    return F.lit(population.origin)
