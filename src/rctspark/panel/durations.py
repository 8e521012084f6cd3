"""How long each person stayed, and how the stay ended."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.contracts import BENEFIT_SPELLS, CONTACTS, PAYROLL
from rctspark.contracts.contact import TOOK_PLACE
from rctspark.panel.chain import attach_benefit_end
from rctspark.panel.dates import shift_day
from rctspark.panel.finds import attach_first_jobs, near_exit
from rctspark.panel.lives import attach_jobs, attach_spells
from rctspark.periods import DAYS_IN_WEEK, MONTHS_IN_YEAR, PeriodKind

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pyspark.sql import Column, DataFrame

    from rctspark.config.plan import Departure, DurationPlan, PopulationPlan, Round
    from rctspark.config.plan.durations import Interview

ORIGINS = {"benefit_start": "benefit_start_date", "enrolment": "enrolment_date"}
NO_DATES = "CAST(array() AS array<struct<contact_date: date, kind: string>>)"


def registers_needed(durations: Sequence[DurationPlan]) -> tuple[str, ...]:
    """Name the registers that must speak for as long as durations are followed.

    Args:
        durations: The plan's durations.

    Returns:
        Names of tables: that of benefits; of payroll where a job is a way to leave;
        of contacts where an interview is looked at.
    """
    needs_pay = any(d.job_months or d.ends_at == "first_job" for d in durations)
    needs_contacts = any(d.interview for d in durations)
    return (
        BENEFIT_SPELLS.name,
        *([PAYROLL.name] if needs_pay else []),
        *([CONTACTS.name] if needs_contacts else []),
    )


def measure_durations(  # noqa: PLR0913 (what the plan says, word by word)
    population: DataFrame,
    *,
    spells: DataFrame,
    payroll: DataFrame,
    contacts: DataFrame,
    durations: Sequence[DurationPlan],
    followed: PopulationPlan,
    earnings_sources: tuple[str, ...],
    rounds: Sequence[Round] = (),
) -> DataFrame:
    """Measure the plan's durations of everyone enrolled.

    Time is a whole number of days, weeks of seven days or calendar months from the
    origin. Someone leaves at the smallest number of them within which the benefit
    ended (its first day without benefit lies on or before the origin plus so many) or
    the job began. Whoever has not left is last seen at the largest number that lies
    wholly on or before `observed_until`, and at most at `until`; what happens in a
    unit that is not seen in full counts for nobody.

    Args:
        population: POPULATION; only the enrolled have durations.
        spells: BENEFIT_SPELLS of one data version, without overlaps in a scheme.
        payroll: PAYROLL of one data version, jobs with their starts.
        contacts: CONTACTS of one data version, one row per contact.
        durations: The plan's durations.
        followed: Who is followed: schemes and revivals.
        earnings_sources: Sources of earnings that count.
        rounds: The plan's rounds, for interviews that count inside one alone.

    Returns:
        One row per enrolled person: `person_id` and per duration
        `<name>@time` (int; null: the origin or the benefit is not known),
        `<name>@cause` (text; null: not left when last seen), and `<name>@interview`
        (int, the unit, from 1, in which the first interview was held while the
        person was still in; null: none).
    """
    enrolled = population.where("is_enrolled").select(
        "person_id", "benefit_start_date", "enrolment_date", "observed_until"
    )
    apart = sorted({m for d in durations for m in d.job_months})
    lives = enrolled.transform(
        attach_spells, spells, benefits=followed.benefits
    ).transform(attach_benefit_end, revival_days=followed.revival_days)
    if apart or any(d.ends_at == "first_job" for d in durations):
        lives = lives.transform(
            attach_jobs, payroll, sources=earnings_sources
        ).transform(attach_first_jobs, apart_months=tuple(apart))
    kinds = sorted({k for d in durations if d.interview for k in d.interview.kinds})
    if kinds:
        lives = lives.transform(_attach_held, contacts, kinds=kinds)
    windows = {one.number: one for one in rounds}
    measured = [c for duration in durations for c in _columns(duration, windows)]
    return lives.select("person_id", *measured)


def _attach_held(
    lives: DataFrame, contacts: DataFrame, *, kinds: Sequence[str]
) -> DataFrame:
    """Add `held`: the contacts that took place, by date."""
    contact = F.struct("contact_date", "kind")
    held = (
        contacts.where(F.col("status") == TOOK_PLACE)
        .where(F.col("kind").isin(list(kinds)))
        .groupBy("person_id")
        .agg(F.sort_array(F.collect_list(contact)).alias("held"))
    )
    joined = lives.join(held, on="person_id", how="left")
    return joined.withColumn("held", F.coalesce("held", F.expr(NO_DATES)))


def _columns(duration: DurationPlan, windows: Mapping[int, Round]) -> list[Column]:
    origin = F.col(ORIGINS[duration.origin])
    is_benefit = duration.ends_at == "benefit_end"
    end = F.col("exit_day" if is_benefit else "first_job_start")
    seen = _units_within(origin, F.col("observed_until"), duration)
    last = F.least(F.lit(duration.until), seen)
    left = _units_until(origin, end, duration)
    has_left = F.coalesce(left <= last, F.lit(False))  # noqa: FBT003
    time = F.when(has_left, left).otherwise(last)
    if is_benefit:
        time = F.when(F.col("has_benefit"), time)
    columns = [
        time.cast("int").alias(f"{duration.name}@time"),
        F.when(has_left, _cause(duration)).alias(f"{duration.name}@cause"),
    ]
    if duration.interview is not None:
        first = _first_held(duration.interview, origin, windows)
        number = _units_until(origin, F.date_add(first, 1), duration)
        columns.append(
            F.when(number <= time, number)
            .cast("int")
            .alias(f"{duration.name}@interview")
        )
    return columns


def _units_until(origin: Column, day: Column, duration: DurationPlan) -> Column:
    """Return the smallest number of units from the origin that reaches the day."""
    if duration.unit != "month":
        length = DAYS_IN_WEEK if duration.unit == "week" else 1
        return F.ceil(F.date_diff(day, origin) / length)
    months = _months(origin, day)
    reached = shift_day(origin, months, PeriodKind.MONTH) >= day
    return F.when(reached, months).otherwise(months + 1)


def _units_within(origin: Column, day: Column, duration: DurationPlan) -> Column:
    """Return the largest number of units from the origin that does not pass the day."""
    if duration.unit != "month":
        length = DAYS_IN_WEEK if duration.unit == "week" else 1
        return F.floor(F.date_diff(day, origin) / length)
    months = _months(origin, day)
    passes = shift_day(origin, months, PeriodKind.MONTH) > day
    return F.when(passes, months - 1).otherwise(months)


def _months(origin: Column, day: Column) -> Column:
    years = F.year(day) - F.year(origin)
    return years * MONTHS_IN_YEAR + F.month(day) - F.month(origin)


def _cause(duration: DurationPlan) -> Column:
    """Name the first departure that fits; the last one takes the rest."""
    if not duration.departures:
        return F.lit(duration.ends_at)
    *others, rest = duration.departures
    return reduce(
        lambda chosen, one: F.when(_fits(one), one.name).otherwise(chosen),
        reversed(others),
        F.lit(rest.name),
    )


def _fits(departure: Departure) -> Column:
    fits = F.lit(False)  # noqa: FBT003 (Spark's own signature)
    if departure.destinations:
        wanted = F.array(*[F.lit(d) for d in departure.destinations])
        fits = fits | F.coalesce(
            F.arrays_overlap("exit_destinations", wanted),
            F.lit(False),  # noqa: FBT003
        )
    if departure.job_within_months is not None:
        fits = fits | F.col(near_exit(departure.job_within_months)).isNotNull()
    return fits


def _first_held(
    interview: Interview, origin: Column, windows: Mapping[int, Round]
) -> Column:
    """Return the day of the first interview since the origin, or inside its round."""

    def counts(one: Column) -> Column:
        day = one["contact_date"]
        is_wanted = (day >= origin) & one["kind"].isin(*interview.kinds)
        if interview.round is None:
            return is_wanted
        window, start = windows[interview.round], F.col("benefit_start_date")
        first, last = (
            F.date_add(start, number) for number in (window.first_day, window.last_day)
        )
        return is_wanted & day.between(first, last)

    return F.get(F.filter("held", counts), F.lit(0))["contact_date"]
