"""The arm by the rule, the arm as recorded, and the one that the analysis follows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import ASSIGNMENT

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.config.plan import AssignmentPlan


def attach_arms(
    enrolled: DataFrame, lists: DataFrame, *, assignment: AssignmentPlan
) -> DataFrame:
    """Give every enrolled person the arms.

    Args:
        enrolled: One row per person: `person_id` and `id_parity`.
        lists: ASSIGNMENT_LISTS, one row per person.
        assignment: The plan's rule.

    Returns:
        ASSIGNMENT. By a list, the recorded arm is the draw's; by parity, the arm of
        the digit, whatever was recorded. Someone without an arm has null in `arm`:
        the contract stops the job and says how many.
    """
    recorded = lists.select("person_id", "arm_recorded", "stratum")
    both = enrolled.select("person_id", "id_parity").join(
        recorded, on="person_id", how="left"
    )
    by_rule = F.lit(None).cast("string")
    if assignment.rule == "parity":
        by_rule = F.when(F.col("id_parity") == "even", F.lit(assignment.even)).when(
            F.col("id_parity") == "odd", F.lit(assignment.odd)
        )
    follows_rule = assignment.rule == "parity" and assignment.analyse == "rule"
    arm = F.col("arm_by_rule") if follows_rule else F.col("arm_recorded")
    differ = F.coalesce(
        F.col("arm_by_rule") != F.col("arm_recorded"),
        F.lit(False),  # noqa: FBT003
    )
    return ASSIGNMENT.shape(
        both.withColumn("arm_by_rule", by_rule)
        .withColumn("arm", arm)
        .withColumn("is_discordant", differ)
    )


def count_arms(assignment: DataFrame) -> DataFrame:
    """Count the enrolled by the arm of the rule, as recorded and as analysed.

    Args:
        assignment: ASSIGNMENT.

    Returns:
        One row per combination: `arm_by_rule`, `arm_recorded`, `arm`, `persons`.
    """
    return assignment.groupBy("arm_by_rule", "arm_recorded", "arm").agg(
        F.count(F.lit(1)).alias("persons")
    )
