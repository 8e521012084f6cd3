"""Outcomes defined in days: from spells and jobs, never from months rounded."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import Column
from pyspark.sql import functions as F

from rctspark.config.plan import (
    BenefitDurationOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    PanelOutcome,
    TimeShareOutcome,
)
from rctspark.contracts import PERSON_OUTCOME
from rctspark.errors import PlanError
from rctspark.panel.chain import attach_benefit_end
from rctspark.panel.dates import shift_day
from rctspark.panel.finds import attach_first_jobs, near_exit
from rctspark.panel.lives import attach_jobs, attach_spells
from rctspark.panel.shares import attach_days_in_states
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Outcome

NO_HORIZON = 0
NO_ROWS = "CAST(array() AS array<struct<outcome: string, horizon: int, value: double>>)"
WITH_JOBS = (ExitToJobOutcome, TimeShareOutcome, FirstJobOutcome)


def assemble_person_outcome(  # noqa: PLR0913 (what the plan says, word by word)
    population: DataFrame,
    *,
    spells: DataFrame,
    payroll: DataFrame,
    outcomes: Sequence[Outcome],
    revival_days: int | None,
    benefits: tuple[str, ...],
    earnings_sources: tuple[str, ...],
) -> DataFrame:
    """Measure the plan's outcomes that are defined in days.

    The benefit is the chain of spells that begins on `benefit_start_date`, see
    `chain.attach_benefit_end`; it ends on the first day without benefit. A window
    that does not lie wholly on or before `observed_until` gives no value, also for
    those whose outcome was already settled: everyone is followed equally long.

    Args:
        population: POPULATION; only the enrolled have outcomes.
        spells: BENEFIT_SPELLS of one data version, without overlaps in a scheme.
        payroll: PAYROLL of one data version.
        outcomes: The plan's outcomes; those of the panel are passed over.
        revival_days: Longest interruption that does not end a benefit, in days.
        benefits: Schemes whose spells count.
        earnings_sources: Sources of earnings that count.

    Returns:
        PERSON_OUTCOME: one row per enrolled person, outcome and horizon.

    Raises:
        PlanError: The SQL of an outcome can't be used.
    """
    wanted = [o for o in outcomes if not isinstance(o, PanelOutcome)]
    enrolled = population.where("is_enrolled").select(
        "person_id", "benefit_start_date", "enrolment_date", "observed_until"
    )
    lives = enrolled.transform(attach_spells, spells, benefits=benefits)
    measured = lives.transform(attach_benefit_end, revival_days=revival_days)
    if any(isinstance(o, WITH_JOBS) for o in wanted):
        apart = {o.apart_months for o in wanted if isinstance(o, ExitToJobOutcome)}
        measured = (
            measured.transform(attach_jobs, payroll, sources=earnings_sources)
            .transform(attach_first_jobs, apart_months=tuple(sorted(apart)))
            .transform(attach_days_in_states)
        )
    measured = measured.withColumn("days", F.col("benefit_length_days"))
    _require_sql(measured, wanted)
    return _expand_outcomes(measured, wanted)


def _expand_outcomes(measured: DataFrame, outcomes: Sequence[Outcome]) -> DataFrame:
    """Turn one row per person into one per person, outcome and horizon."""
    rows = [
        F.struct(
            F.lit(outcome.name).alias("outcome"),
            F.lit(horizon).alias("horizon"),
            value.cast("double").alias("value"),
        )
        for outcome in outcomes
        for horizon, value in values_of(outcome).items()
    ]
    table = F.array(*rows) if rows else F.expr(NO_ROWS)
    long = measured.select("person_id", F.inline(table))
    return PERSON_OUTCOME.shape(
        long.withColumn("is_observed", F.col("value").isNotNull())
    )


@singledispatch
def values_of(outcome: object) -> dict[int, Column]:
    """Return the value of an outcome at each of its horizons.

    Args:
        outcome: An outcome of the plan that is defined in days.

    Returns:
        Horizon to value, over the columns that `assemble_person_outcome` attaches;
        horizon 0 for an outcome without horizons. Null: not observed in full, or
        not defined for the person.
    """
    raise TypeError(f"{type(outcome).__name__} is not an outcome defined in days.")


@values_of.register
def _(outcome: ExitOutcome) -> dict[int, Column]:
    return {
        x: _observed(_end_of_window(x, outcome.per), _exit_by(x, outcome.per))
        for x in outcome.within
    }


@values_of.register
def _(outcome: ExitToJobOutcome) -> dict[int, Column]:
    job = F.col(near_exit(outcome.apart_months))
    destinations = F.array(*[F.lit(d) for d in outcome.destinations])
    went_there = (
        F.coalesce(
            F.arrays_overlap("exit_destinations", destinations),
            F.lit(False),  # noqa: FBT003
        )
        if outcome.destinations
        else F.lit(False)  # noqa: FBT003
    )
    values = {}
    for x in outcome.within:
        end = _end_of_window(x, PeriodKind.MONTH)
        found_job = F.coalesce(job <= end, F.lit(False))  # noqa: FBT003
        to_job = _exit_by(x, PeriodKind.MONTH) & (found_job | went_there)
        values[x] = _observed(end, to_job)
    return values


@values_of.register
def _(outcome: TimeShareOutcome) -> dict[int, Column]:
    whole = F.col("follow_up_days")
    days = {
        "benefit": F.col("benefit_days"),
        "job": F.col("job_days"),
        "other": F.col("other_days"),
    }
    return {NO_HORIZON: days[outcome.state] / whole}


@values_of.register
def _(outcome: BenefitDurationOutcome) -> dict[int, Column]:
    return {NO_HORIZON: F.when(F.col("days").isNotNull(), F.expr(outcome.value))}


@values_of.register
def _(outcome: FirstJobOutcome) -> dict[int, Column]:  # noqa: ARG001 (chosen by type)
    return {NO_HORIZON: F.date_diff("first_job_start", "enrolment_date")}


def _end_of_window(within: int, per: PeriodKind) -> Column:
    return shift_day(F.col("benefit_start_date"), within, per)


def _exit_by(within: int, per: PeriodKind) -> Column:
    is_by = F.col("exit_day") <= _end_of_window(within, per)
    return F.coalesce(is_by, F.lit(False))  # noqa: FBT003


def _observed(end: Column, value: Column) -> Column:
    is_whole = F.col("has_benefit") & (end <= F.col("observed_until"))
    return F.when(is_whole, value.cast("double"))


def _require_sql(measured: DataFrame, outcomes: Sequence[Outcome]) -> None:
    """Stop where the SQL of an outcome can't be used; no Spark job runs."""
    only_days = measured.select("days")
    faults = []
    for outcome in outcomes:
        if isinstance(outcome, BenefitDurationOutcome):
            try:
                only_days.select(F.expr(outcome.value).cast("double")).schema  # noqa: B018
            except AnalysisException:
                faults.append(outcome.name)
    if faults:
        raise PlanError(
            f"The value of {', '.join(faults)} is not Spark SQL over `days` that "
            "gives a number. Correct it in the plan."
        )
