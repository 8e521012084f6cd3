"""The person-month panel: what the registers say of each person and period.

Stored is the sparse form, `sum_active_periods`: only the periods in which something
happened. `expand_panel` is the one way from there to the dense panel.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import (
    BENEFIT_SPELLS,
    CONTACTS,
    PAYROLL,
    PERSON_MONTH,
    PERSON_MONTH_KEY,
)
from rctspark.panel.benefit import expand_benefit
from rctspark.panel.contacts import attach_contacts, count_contacts
from rctspark.panel.dates import each_period, is_covered, periods_between
from rctspark.panel.payroll import (
    contract_of,
    expand_pay,
    source_of,
    sums_of_pay,
)
from rctspark.panel.span import attach_span
from rctspark.periods import Coverage

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pyspark.sql import Column, DataFrame

    from rctspark.panel.span import PanelSpan

NOTHING = Coverage(())
NO_CONTACTS = "CAST(map() AS map<string,int>)"


def assemble_person_month(
    population: DataFrame,
    *,
    spells: DataFrame,
    payroll: DataFrame,
    contacts: DataFrame,
    span: PanelSpan,
    coverage: Mapping[str, Coverage],
) -> DataFrame:
    """Make the dense panel in one go.

    Args:
        population: POPULATION; everyone in it gets a panel, enrolled or not.
        spells: BENEFIT_SPELLS of one data version, without overlaps in a scheme.
        payroll: PAYROLL of one data version.
        contacts: CONTACTS of one data version.
        span: What the panel holds.
        coverage: Table name to the days that the register speaks for; a register
            that is absent here covers nothing.

    Returns:
        PERSON_MONTH: one row per person and period of the person's window. Null
        where the register does not cover the whole period, zero (or `none`, or an
        empty map) where it does and nothing was there.
    """
    active = sum_active_periods(
        population,
        spells=spells,
        payroll=payroll,
        contacts=contacts,
        span=span,
        coverage=coverage,
    )
    return expand_panel(population, active, span=span, coverage=coverage)


def sum_active_periods(
    population: DataFrame,
    *,
    spells: DataFrame,
    payroll: DataFrame,
    contacts: DataFrame,
    span: PanelSpan,
    coverage: Mapping[str, Coverage],
) -> DataFrame:
    """Make the sparse panel: the periods in which something happened.

    Args:
        population: As for `assemble_person_month`, like the other arguments.
        spells: BENEFIT_SPELLS.
        payroll: PAYROLL.
        contacts: CONTACTS.
        span: What the panel holds.
        coverage: Table name to the days that the register speaks for.

    Returns:
        PERSON_MONTH without the periods that would hold nothing but zeros and
        nulls.
    """
    spine = attach_span(population, span=span)
    benefit = expand_benefit(
        spells, spine, span=span, coverage=coverage.get(BENEFIT_SPELLS.name, NOTHING)
    )
    pay = expand_pay(
        payroll, spine, span=span, coverage=coverage.get(PAYROLL.name, NOTHING)
    )
    counts = count_contacts(
        contacts, spine, span=span, coverage=coverage.get(CONTACTS.name, NOTHING)
    )
    touched = counts.select(*PERSON_MONTH_KEY).distinct()
    happened = (
        pay.unionByName(benefit, allowMissingColumns=True)
        .unionByName(touched, allowMissingColumns=True)
        # Moved once, by person: everything below stays where it is.
        .repartition("person_id")
    )
    return (
        happened.transform(_sum_periods)
        .transform(_name_codes, sources=span.earnings_sources)
        .transform(attach_contacts, counts)
        .join(F.broadcast(spine), on="person_id", how="inner")
        .transform(_attach_horizon, span=span)
        .transform(_fill_covered, span=span, coverage=coverage)
        .transform(PERSON_MONTH.shape)
    )


def expand_panel(
    population: DataFrame,
    active: DataFrame,
    *,
    span: PanelSpan,
    coverage: Mapping[str, Coverage],
) -> DataFrame:
    """Make the dense panel from the sparse one: the documented way for every reader.

    Args:
        population: The POPULATION, or a part of it: only its persons are returned.
        active: See `sum_active_periods`; made with the same span and coverage.
        span: What the panel holds.
        coverage: Table name to the days that the register speaks for.

    Returns:
        PERSON_MONTH: one row per person and period of the person's window.
    """
    spine = attach_span(population, span=span)
    every = each_period(F.col("first_day"), F.col("last_day"), span.kind)
    return (
        spine.withColumn("period_start", F.explode(every))
        .transform(_attach_horizon, span=span)
        .join(active.drop("horizon"), on=list(PERSON_MONTH_KEY), how="left")
        .transform(_fill_covered, span=span, coverage=coverage)
        .transform(PERSON_MONTH.shape)
    )


def _sum_periods(happened: DataFrame) -> DataFrame:
    # A job paid in several rows is one job: first per job, then over jobs. Rows
    # that are not of a job (benefit, contacts) have no job_id, which isn't counted.
    benefit = [
        F.sum("benefit_days").alias("benefit_days"),
        F.bool_or("is_in_benefit").alias("is_in_benefit"),
    ]
    jobs = happened.groupBy(*PERSON_MONTH_KEY, "job_id").agg(*sums_of_pay(), *benefit)
    return jobs.groupBy(*PERSON_MONTH_KEY).agg(
        F.count("job_id").alias("jobs"), *sums_of_pay(), *benefit
    )


def _name_codes(periods: DataFrame, *, sources: tuple[str, ...]) -> DataFrame:
    hundredth = "CAST({} * 0.01BD AS {}) AS {}"
    return periods.select(
        *PERSON_MONTH_KEY,
        F.col("benefit_days").cast("int").alias("benefit_days"),
        "is_in_benefit",
        F.col("jobs").cast("int").alias("jobs"),
        F.expr(hundredth.format("wage_cents", "decimal(14,2)", "wage_eur")),
        F.expr(hundredth.format("hours_hundredths", "decimal(12,2)", "hours")),
        contract_of(F.col("contract_rank")).alias("contract"),
        source_of(F.col("source_bit"), sources).alias("earnings_source"),
    )


def _attach_horizon(periods: DataFrame, *, span: PanelSpan) -> DataFrame:
    between = periods_between(F.col("origin_period"), F.col("period_start"), span.kind)
    return periods.withColumn("horizon", between)


def _fill_covered(
    periods: DataFrame, *, span: PanelSpan, coverage: Mapping[str, Coverage]
) -> DataFrame:
    """Say zero where a register speaks and holds nothing, null where it is silent."""
    period = F.col("period_start")

    def covered(table: str, column: str, nothing: Column | str | int) -> Column:
        days = coverage.get(table, NOTHING)
        filled = F.coalesce(column, F.lit(nothing))
        return F.when(is_covered(period, span.kind, days), filled).alias(column)

    spells, pay = BENEFIT_SPELLS.name, PAYROLL.name
    # Hours stay null where there is pay and no source that paid knows hours.
    no_hours = F.when(F.coalesce("jobs", F.lit(0)) == 0, F.lit(0))
    return periods.select(
        *PERSON_MONTH_KEY,
        "horizon",
        covered(spells, "benefit_days", 0),
        covered(spells, "is_in_benefit", F.lit(False)),  # noqa: FBT003
        covered(pay, "jobs", 0),
        covered(pay, "wage_eur", F.lit(0).cast("decimal(14,2)")),
        covered(pay, "hours", no_hours.cast("decimal(12,2)")),
        covered(pay, "contract", "none"),
        covered(pay, "earnings_source", "none"),
        covered(CONTACTS.name, "contacts", F.expr(NO_CONTACTS)),
    )
