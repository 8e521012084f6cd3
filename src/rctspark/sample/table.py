"""Samples too large to be collected: they stay in Spark, as sources of sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from rctspark.sample.columns import (
    NO_MODEL,
    arm_column,
    arms_left_out,
    arms_of,
    covariates_known,
    flag_column,
    outcome_column,
    outcome_keys,
)
from rctspark.sample.refusals import (
    refuse_sample,
    row_faults,
    spark_stopped,
    value_faults,
)
from rctspark.sample.sums import TableSums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Analysis, Plan


def count_samples(population: DataFrame, *, analyses: Sequence[Analysis]) -> int:
    """Count the rows that `make_samples` will give. One small Spark job.

    Args:
        population: POPULATION.
        analyses: The analyses that samples are made for.

    Returns:
        Persons enrolled, and those of the groups that are compared with them.
    """
    groups = sorted({g for analysis in analyses for g in analysis.groups})
    return population.where(F.col("is_enrolled") | F.col("group").isin(groups)).count()


def table_samples(
    samples: DataFrame, plan: Plan, *, analyses: Sequence[Analysis]
) -> tuple[TableSums, ...]:
    """Take each analysis's sample as a source of sums; persons stay in Spark.

    Two Spark jobs look for the faults that `collect_samples` looks for; every sum
    that is asked for later is one more. Keep `samples` at hand (`persist`).

    Args:
        samples: What `make_samples` returns.
        plan: The analysis plan.
        analyses: The analyses that they were made for, in the same order.

    Returns:
        One source per analysis.

    Raises:
        EstimationError: As `collect_samples`, but that there may be any number of
            persons.
    """
    try:
        counted = samples.agg(*_counts(plan, analyses)).collect()[0].asDict()
        repeats = samples.groupBy("person_id").count().agg(F.sum(F.col("count") - 1))
        repeated = int(repeats.collect()[0][0] or 0)
    except PySparkException as broken:
        raise spark_stopped(broken) from None
    return tuple(
        _source(samples, plan, analysis, place, counted, repeated)
        for place, analysis in enumerate(analyses)
    )


def keep_analysed(
    samples: DataFrame, plan: Plan, analysis: Analysis, place: int
) -> DataFrame:
    """Keep those of whom an analysis speaks, in the arm that it follows.

    Whoever has no arm, or one that the plan does not know, stays to be counted.

    Args:
        samples: What `make_samples` returns.
        plan: The analysis plan.
        analysis: One of the analyses that they were made for.
        place: Its place among them.

    Returns:
        Rows of `samples`; `arm` is the one that the analysis follows.
    """
    arm = F.col(arm_column(analysis))
    return samples.where(_is_analysed(plan, analysis, place)).withColumn("arm", arm)


def _is_analysed(plan: Plan, analysis: Analysis, place: int) -> Column:
    arm = F.col(arm_column(analysis))
    is_left_out = arm.isin(list(arms_left_out(plan, analysis)))
    is_in = ~F.coalesce(is_left_out, F.lit(False))  # noqa: FBT003 (Spark's own)
    if analysis.where is not None:
        is_in &= F.col(flag_column(place))
    if analysis.among is not None:
        among = outcome_column(analysis.among.outcome, analysis.among.horizon)
        is_in &= F.coalesce(F.col(f"`{among}`") == 1, F.lit(False))  # noqa: FBT003
    if analysis.follows is not None:
        is_in &= arm.isNotNull()
    return is_in


def _counts(plan: Plan, analyses: Sequence[Analysis]) -> list[Column]:
    """Count, for each analysis, its persons and those who can't be used."""
    counts: list[Column] = []
    for place, analysis in enumerate(analyses):
        is_in = _is_analysed(plan, analysis, place)
        arm = F.col(arm_column(analysis))
        is_known = arm.isin(list(arms_of(plan, analysis)))
        asked = {
            "n": is_in,
            "unassigned": is_in & arm.isNull(),
            "unknown": is_in & arm.isNotNull() & ~is_known,
        }
        for covariate in covariates_known(plan, analysis):
            value = F.col(covariate.name)
            asked[f"missing {covariate.name}"] = is_in & value.isNull()
            if covariate.categories:
                is_listed = value.isin(list(covariate.categories))
                asked[f"unlisted {covariate.name}"] = is_in & ~is_listed
        counts += [F.count_if(test).alias(f"{place} {k}") for k, test in asked.items()]
    return counts


def _source(
    samples: DataFrame,
    plan: Plan,
    analysis: Analysis,
    place: int,
    counted: Mapping[str, int],
    repeated: int,
) -> TableSums:
    faults = row_faults(
        repeated=repeated,
        unassigned=counted[f"{place} unassigned"],
        unknown=counted[f"{place} unknown"],
    )
    used = covariates_known(plan, analysis)
    for covariate in used:
        faults += value_faults(
            covariate,
            missing=counted[f"{place} missing {covariate.name}"],
            unlisted=counted.get(f"{place} unlisted {covariate.name}", 0),
        )
    refuse_sample(analysis, faults)
    # What only describes persons uses no model, and may show any covariate.
    return TableSums(
        keep_analysed(samples, plan, analysis, place),
        arms=arms_of(plan, analysis),
        covariates=plan.covariates if analysis.models == (NO_MODEL,) else used,
        outcomes=outcome_keys(plan, analysis),
        n=counted[f"{place} n"],
    )
