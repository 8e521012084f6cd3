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
    values = _both_values(before, after, arms_before=arms_before, arms_after=arms_after)
    by = F.when(F.col("differs"), F.col("now_is") - F.col("was"))
    size = F.abs(by)
    largest = F.slice(F.sort_array(F.collect_list(size), asc=False), 1, 2)
    nothing = F.lit(0.0)
    return (
        values.groupBy("outcome", "horizon", "arm")
        .agg(
            F.count(F.lit(1)).alias("persons"),
            F.count_if("differs").alias("changed"),
            F.count_if("appears").alias("appeared"),
            F.count_if("goes").alias("gone"),
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


def count_changed_persons(
    before: DataFrame,
    after: DataFrame,
    *,
    arms_before: DataFrame,
    arms_after: DataFrame,
) -> DataFrame:
    """Count whose values changed, over all horizons and arms.

    Args:
        before: What `measured_values` returns of the earlier version.
        after: What it returns of the later one.
        arms_before: ASSIGNMENT of the earlier version.
        arms_after: ASSIGNMENT of the later one.

    Returns:
        One row per `outcome`, with the columns of `OutcomeChange`.
    """
    values = _both_values(before, after, arms_before=arms_before, arms_after=arms_after)
    is_known = F.col("was").isNotNull() & F.col("now_is").isNotNull()
    persons = values.groupBy("outcome", "person_id").agg(
        F.count_if("differs").alias("differing"),
        F.count_if("appears").alias("appearing"),
        F.count_if("goes").alias("going"),
        F.count_if(is_known).alias("known"),
    )
    return persons.groupBy("outcome").agg(
        F.count(F.lit(1)).alias("persons"),
        F.count_if(F.col("differing") > 0).alias("changed"),
        F.count_if(F.col("appearing") > 0).alias("appeared"),
        F.count_if(F.col("going") > 0).alias("gone"),
        F.sum("known").alias("values"),
        F.sum("differing").alias("values_changed"),
    )


def _both_values(
    before: DataFrame,
    after: DataFrame,
    *,
    arms_before: DataFrame,
    arms_after: DataFrame,
) -> DataFrame:
    """Put each value's two versions beside one another, with the person's arm."""
    arm = F.when(F.col("arm_to") != "", F.col("arm_to")).otherwise(F.col("arm_from"))
    arms = _both_arms(arms_before, arms_after).select("person_id", arm.alias("arm"))
    was, now_is = F.col("was"), F.col("now_is")
    return (
        before.withColumnRenamed("value", "was")
        .join(after.withColumnRenamed("value", "now_is"), on=list(KEY), how="full")
        .join(arms, on="person_id", how="inner")
        .withColumns(
            {
                "differs": was.isNotNull() & now_is.isNotNull() & (was != now_is),
                "appears": was.isNull() & now_is.isNotNull(),
                "goes": was.isNotNull() & now_is.isNull(),
            }
        )
    )


def _both_arms(before: DataFrame, after: DataFrame) -> DataFrame:
    """Put each person's arms beside one another; empty: not in that version."""
    was = before.select("person_id", F.col("arm").alias("arm_from"))
    now_is = after.select("person_id", F.col("arm").alias("arm_to"))
    return was.join(now_is, on="person_id", how="full").na.fill(
        "", subset=["arm_from", "arm_to"]
    )
