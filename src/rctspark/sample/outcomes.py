"""Outcomes side by side: one column per outcome and horizon."""

from __future__ import annotations

from functools import reduce
from operator import add
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.config.plan import OfPanel, PanelOutcome
from rctspark.sample.columns import NUMBERS, outcome_column, outcome_horizons, sql_fault

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Outcome, Plan


def outcome_faults(panel: DataFrame, *, outcomes: Iterable[Outcome]) -> list[str]:
    """Find outcomes of the panel whose SQL can't be used. No Spark job runs.

    Args:
        panel: PERSON_MONTH.
        outcomes: Outcomes of the plan.

    Returns:
        One sentence per fault.
    """
    faults = []
    for outcome in outcomes:
        if isinstance(outcome, OfPanel):
            fault = sql_fault(panel, outcome.value, types=NUMBERS)
            if fault:
                faults.append(f"outcome {outcome.name} {fault}")
    return faults


def attach_panel_outcomes(
    persons: DataFrame, panel: DataFrame, *, plan: Plan, outcomes: Iterable[Outcome]
) -> DataFrame:
    """Add the outcomes of the panel, all in one pass over it.

    Args:
        persons: One row per person analysed.
        panel: PERSON_MONTH, dense.
        plan: The analysis plan.
        outcomes: Outcomes wanted; those that are not of the panel are passed over.

    Returns:
        The same rows, with a double per outcome and horizon; null: not observed.
    """
    wanted = [o for o in outcomes if isinstance(o, OfPanel)]
    if not wanted:
        return persons
    horizons = sorted({h for o in wanted for h in _periods(plan, o)})
    values = [F.expr(o.value).cast("double").alias(o.name) for o in wanted]
    named = [outcome_column(o.name, h) for h in horizons for o in wanted]
    wide = (
        panel.where(F.col("horizon").isin(horizons))
        .select("person_id", "horizon", *values)
        .groupBy("person_id")
        .pivot("horizon", [*horizons])
        .agg(*(F.max(o.name) for o in wanted))
        # Spark names the columns of a pivot in two ways; their order is one.
        .toDF("person_id", *named)
    )
    columns = [
        outcome_column(o.name, horizon)
        for o in wanted
        if isinstance(o, PanelOutcome)
        for horizon in outcome_horizons(plan, o)
    ]
    totals = [
        reduce(add, [F.col(f"`{outcome_column(o.name, h)}`") for h in periods]).alias(
            outcome_column(o.name, 0)
        )
        for o in wanted
        if not isinstance(o, PanelOutcome)
        for periods in [_periods(plan, o)]
    ]
    measured = wide.select("person_id", *columns, *totals)
    return persons.join(measured, on="person_id", how="left")


def _periods(plan: Plan, outcome: OfPanel) -> Sequence[int]:
    if isinstance(outcome, PanelOutcome):
        return plan.horizons(outcome)
    first, last = outcome.periods
    return range(first, last + 1)


def attach_person_outcomes(
    persons: DataFrame, measured: DataFrame, *, plan: Plan, outcomes: Iterable[Outcome]
) -> DataFrame:
    """Add the outcomes defined in days, all in one pass over them.

    Args:
        persons: One row per person analysed.
        measured: PERSON_OUTCOME.
        plan: The analysis plan.
        outcomes: Outcomes wanted; those of the panel are passed over.

    Returns:
        The same rows, with a double per outcome and horizon; null: not observed, or
        not defined for the person.
    """
    columns = [
        outcome_column(outcome.name, horizon)
        for outcome in outcomes
        if not isinstance(outcome, OfPanel)
        for horizon in outcome_horizons(plan, outcome)
    ]
    if not columns:
        return persons
    name = F.concat("outcome", F.lit("@"), F.col("horizon").cast("string"))
    wide = (
        measured.withColumn("column", name)
        .where(F.col("column").isin(columns))
        .groupBy("person_id")
        .pivot("column", [*columns])
        .agg(F.max("value"))
    )
    return persons.join(wide, on="person_id", how="left")


def count_unobserved(outcomes: DataFrame) -> DataFrame:
    """Count the persons whose outcome is not known.

    Args:
        outcomes: PERSON_OUTCOME.

    Returns:
        Per outcome and horizon that is not known for everyone: `outcome`, `horizon`,
        `persons`.
    """
    unknown = outcomes.where(~F.col("is_observed"))
    return (
        unknown.groupBy("outcome", "horizon")
        .agg(F.count(F.lit(1)).alias("persons"))
        .orderBy("outcome", "horizon")
    )


def count_effects(effects: DataFrame) -> DataFrame:
    """Count published effects by what they rest on.

    Args:
        effects: EFFECTS.

    Returns:
        Per `experiment`, `data_version` and `plan_hash`: `effects`.
    """
    return effects.groupBy("experiment", "data_version", "plan_hash").agg(
        F.count(F.lit(1)).alias("effects")
    )
