"""Values of a plan's outcomes on two data versions, person by person, then summed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.sample.assemble import keep_enrolled

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.config.plan import Plan

KEY = ("person_id", "outcome", "horizon")


def measured_values(
    plan: Plan, *, population: DataFrame, panel: DataFrame, outcomes: DataFrame
) -> DataFrame:
    """Lay out every value of the plan's outcomes, one row each.

    Args:
        plan: The analysis plan.
        population: POPULATION.
        panel: PERSON_MONTH, dense.
        outcomes: PERSON_OUTCOME.

    Returns:
        One row per enrolled person, outcome and horizon of the plan: `person_id`,
        `outcome`, `horizon`, `value` (double; null: not observed).
    """
    enrolled = population.where("is_enrolled")
    measured = keep_enrolled(outcomes, enrolled).select(*KEY, "value")
    if not plan.panel_outcomes:
        return measured
    values = [
        F.struct(
            F.lit(o.name).alias("outcome"),
            F.expr(o.value).cast("double").alias("value"),
            F.col("horizon").isin(*plan.horizons(o)).alias("is_wanted"),
        )
        for o in plan.panel_outcomes
    ]
    of_periods = (
        keep_enrolled(panel, enrolled)
        .select("person_id", "horizon", F.explode(F.array(*values)).alias("one"))
        .where("one.is_wanted")
        .select("person_id", "one.outcome", "horizon", "one.value")
    )
    return of_periods.unionByName(measured)


def count_moves(before: DataFrame, after: DataFrame) -> DataFrame:
    """Count persons by their arms in two versions.

    Args:
        before: ASSIGNMENT of the earlier version.
        after: ASSIGNMENT of the later one.

    Returns:
        One row per pair of arms: `arm_from`, `arm_to` (empty: not there), `persons`.
    """
    return (
        _both_arms(before, after)
        .groupBy("arm_from", "arm_to")
        .agg(F.count(F.lit(1)).alias("persons"))
    )


def sum_changes(
    before: DataFrame,
    after: DataFrame,
    *,
    arms_before: DataFrame,
    arms_after: DataFrame,
) -> DataFrame:
    """Compare the values of two versions, and add up what changed.

    Args:
        before: What `measured_values` returns of the earlier version.
        after: What it returns of the later one.
        arms_before: ASSIGNMENT of the earlier version.
        arms_after: ASSIGNMENT of the later one.

    Returns:
        One row per `outcome`, `horizon` and `arm`, with the columns of
        `ValueChange`. A value that is null or has no row is not known.
    """
    arm = F.when(F.col("arm_to") != "", F.col("arm_to")).otherwise(F.col("arm_from"))
    arms = _both_arms(arms_before, arms_after).select("person_id", arm.alias("arm"))
    values = (
        before.withColumnRenamed("value", "was")
        .join(after.withColumnRenamed("value", "now_is"), on=list(KEY), how="full")
        .join(arms, on="person_id", how="inner")
    )
    was, now_is = F.col("was"), F.col("now_is")
    differs = was.isNotNull() & now_is.isNotNull() & (was != now_is)
    by = F.when(differs, now_is - was)
    size = F.abs(by)
    largest = F.slice(F.sort_array(F.collect_list(size), asc=False), 1, 2)
    nothing = F.lit(0.0)
    return (
        values.groupBy("outcome", "horizon", "arm")
        .agg(
            F.count(F.lit(1)).alias("persons"),
            F.count_if(differs).alias("changed"),
            F.count_if(was.isNull() & now_is.isNotNull()).alias("appeared"),
            F.count_if(was.isNotNull() & now_is.isNull()).alias("gone"),
            F.coalesce(F.sum(by), nothing).alias("total"),
            F.coalesce(F.sum(size), nothing).alias("absolute"),
            largest.alias("sizes"),
        )
        .withColumns(
            {
                "largest": F.coalesce(F.get("sizes", F.lit(0)), nothing),
                "second": F.coalesce(F.get("sizes", F.lit(1)), nothing),
            }
        )
        .drop("sizes")
    )


def _both_arms(before: DataFrame, after: DataFrame) -> DataFrame:
    """Put each person's arms beside one another; empty: not in that version."""
    was = before.select("person_id", F.col("arm").alias("arm_from"))
    now_is = after.select("person_id", F.col("arm").alias("arm_to"))
    return was.join(now_is, on="person_id", how="full").na.fill(
        "", subset=["arm_from", "arm_to"]
    )
