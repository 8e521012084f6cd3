"""Outcomes defined in days: from spells and jobs, never from months rounded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

from rctspark.config.plan import (
    BenefitDurationOutcome,
    ContactCountOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    JobQualityOutcome,
    OfPanel,
    PerRoundOutcome,
    RoundContactOutcome,
    TimeShareOutcome,
)
from rctspark.contracts import BENEFIT_SPELLS, CONTACTS, PAYROLL, PERSON_OUTCOME
from rctspark.errors import PlanError
from rctspark.panel.chain import attach_benefit_end
from rctspark.panel.finds import attach_first_jobs
from rctspark.panel.known import observed_by, shorten_follow_up
from rctspark.panel.lives import attach_jobs, attach_meetings, attach_spells
from rctspark.panel.resumption import resumption_traits
from rctspark.panel.shares import attach_days_in_states
from rctspark.panel.values import (
    MET_UNTIL,
    PAID_UNTIL,
    values_of,
    values_per_round,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Outcome, Round
    from rctspark.periods import Coverage

NO_ROWS = "CAST(array() AS array<struct<outcome: string, horizon: int, value: double>>)"
WITH_JOBS = (ExitToJobOutcome, TimeShareOutcome, FirstJobOutcome, JobQualityOutcome)
WITH_MEETINGS = (RoundContactOutcome, ContactCountOutcome)


def assemble_person_outcome(  # noqa: PLR0913 (what the plan says, word by word)
    population: DataFrame,
    *,
    spells: DataFrame,
    payroll: DataFrame,
    outcomes: Sequence[Outcome],
    revival_days: int | None,
    benefits: tuple[str, ...],
    earnings_sources: tuple[str, ...],
    contacts: DataFrame | None = None,
    rounds: Sequence[Round] = (),
    coverage: Mapping[str, Coverage] | None = None,
) -> DataFrame:
    """Measure the plan's outcomes that are defined in days.

    The benefit is the chain of spells that begins on `benefit_start_date`, see
    `chain.attach_benefit_end`; it ends on the first day without benefit. A window
    that does not lie wholly on or before `observed_until` gives no value, also for
    those whose outcome was already settled: everyone is followed equally long. Where
    a register ends before that day, what it is needed for is observed to its end.

    Args:
        population: POPULATION; only the enrolled have outcomes.
        spells: BENEFIT_SPELLS of one data version, without overlaps in a scheme.
        payroll: PAYROLL of one data version.
        outcomes: The plan's outcomes; those of the panel are passed over.
        revival_days: Longest interruption that does not end a benefit, in days.
        benefits: Schemes whose spells count.
        earnings_sources: Sources of earnings that count.
        contacts: CONTACTS of one data version, one row per person and contact; None
            where no outcome asks for them.
        rounds: The plan's rounds of interviews.
        coverage: Table name to the days that the register speaks for. None: for all.

    Returns:
        PERSON_OUTCOME: one row per enrolled person, outcome and horizon.

    Raises:
        PlanError: The SQL of an outcome can't be used.
    """
    wanted = [o for o in outcomes if not isinstance(o, OfPanel)]
    enrolled = population.where("is_enrolled").select(
        "person_id", "benefit_start_date", "enrolment_date", "observed_until"
    )
    seen = enrolled.transform(
        shorten_follow_up, tables=(BENEFIT_SPELLS.name,), coverage=coverage
    ).withColumns(
        {
            PAID_UNTIL: observed_by((PAYROLL.name,), coverage),
            MET_UNTIL: observed_by((CONTACTS.name,), coverage),
        }
    )
    lives = seen.transform(
        attach_spells, spells, benefits=benefits, traits=resumption_traits(wanted)
    )
    measured = lives.transform(attach_benefit_end, revival_days=revival_days)
    if any(isinstance(o, WITH_JOBS) for o in wanted):
        apart = {o.apart_months for o in wanted if isinstance(o, ExitToJobOutcome)}
        measured = (
            measured.transform(attach_jobs, payroll, sources=earnings_sources)
            .transform(attach_first_jobs, apart_months=tuple(sorted(apart)))
            .transform(attach_days_in_states)
        )
    if contacts is not None and any(isinstance(o, WITH_MEETINGS) for o in wanted):
        measured = measured.transform(attach_meetings, contacts)
    measured = measured.withColumn("days", F.col("benefit_length_days"))
    _require_sql(measured, wanted)
    return _expand_outcomes(measured, wanted, rounds)


def _expand_outcomes(
    measured: DataFrame, outcomes: Sequence[Outcome], rounds: Sequence[Round]
) -> DataFrame:
    """Turn one row per person into one per person, outcome and horizon."""
    rows = [
        F.struct(
            F.lit(outcome.name).alias("outcome"),
            F.lit(horizon).alias("horizon"),
            value.cast("double").alias("value"),
        )
        for outcome in outcomes
        for horizon, value in _values(outcome, rounds).items()
    ]
    table = F.array(*rows) if rows else F.expr(NO_ROWS)
    long = measured.select("person_id", F.inline(table))
    return PERSON_OUTCOME.shape(
        long.withColumn("is_observed", F.col("value").isNotNull())
    )


def _values(outcome: Outcome, rounds: Sequence[Round]) -> dict[int, Column]:
    if isinstance(outcome, PerRoundOutcome):
        return values_per_round(outcome, rounds)
    return values_of(outcome)


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
