"""Samples too large to be collected: they stay in Spark, as sources of sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import PySparkException
from pyspark.sql import functions as F

from rctspark.errors import EstimationError
from rctspark.sample.collect import (
    FOLLOWED,
    refuse_sample,
    say_row_faults,
    say_value_faults,
)
from rctspark.sample.columns import (
    NO_MODEL,
    arms_of,
    covariates_used,
    estimated_horizons,
    flag_column,
    outcome_column,
    outcomes_of,
)
from rctspark.sample.sums import TableSums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Analysis, Covariate, Plan


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
        condition = broken.getCondition() or type(broken).__name__
        raise EstimationError(
            f"Spark stopped while it made the sample: {condition}. If the SQL of a "
            "covariate or outcome meets values that it can't use, write it with "
            "try_cast or try_divide."
        ) from None
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
    arm = _arm(analysis)
    return samples.where(_is_analysed(plan, analysis, place)).withColumn("arm", arm)


def _arm(analysis: Analysis) -> Column:
    return F.col("arm" if analysis.follows is None else FOLLOWED[analysis.follows])


def _is_analysed(plan: Plan, analysis: Analysis, place: int) -> Column:
    every = (*plan.arms.all, *plan.population.groups)
    left_out = [a for a in every if a not in arms_of(plan, analysis)]
    is_in = ~F.coalesce(_arm(analysis).isin(left_out), F.lit(False))  # noqa: FBT003
    if analysis.where is not None:
        is_in &= F.col(flag_column(place))
    if analysis.among is not None:
        among = outcome_column(analysis.among.outcome, analysis.among.horizon)
        is_in &= F.coalesce(F.col(f"`{among}`") == 1, F.lit(False))  # noqa: FBT003
    if analysis.follows is not None:
        is_in &= _arm(analysis).isNotNull()
    return is_in


def _counts(plan: Plan, analyses: Sequence[Analysis]) -> list[Column]:
    """Count, for each analysis, its persons and those who can't be used."""
    counts: list[Column] = []
    for place, analysis in enumerate(analyses):
        is_in = _is_analysed(plan, analysis, place)
        arm = _arm(analysis)
        is_known = arm.isin(list(arms_of(plan, analysis)))
        asked = {
            "n": is_in,
            "unassigned": is_in & arm.isNull(),
            "unknown": is_in & arm.isNotNull() & ~is_known,
        }
        for covariate in _used(plan, analysis):
            value = F.col(covariate.name)
            asked[f"missing {covariate.name}"] = is_in & value.isNull()
            if covariate.categories:
                is_listed = value.isin(list(covariate.categories))
                asked[f"unlisted {covariate.name}"] = is_in & ~is_listed
        counts += [F.count_if(test).alias(f"{place} {k}") for k, test in asked.items()]
    return counts


def _used(plan: Plan, analysis: Analysis) -> tuple[Covariate, ...]:
    used = covariates_used(plan, analysis)
    return tuple(c for c in plan.covariates if c.name in used)


def _source(
    samples: DataFrame,
    plan: Plan,
    analysis: Analysis,
    place: int,
    counted: Mapping[str, int],
    repeated: int,
) -> TableSums:
    faults = say_row_faults(
        repeated=repeated,
        unassigned=counted[f"{place} unassigned"],
        unknown=counted[f"{place} unknown"],
    )
    used = _used(plan, analysis)
    for covariate in used:
        faults += say_value_faults(
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
        outcomes=tuple(
            (o.name, horizon)
            for o in outcomes_of(plan, analysis)
            for horizon in estimated_horizons(plan, analysis, o)
        ),
        n=counted[f"{place} n"],
    )
