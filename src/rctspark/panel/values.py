"""The value of each outcome that is defined in days, as the plan words it."""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING

from pyspark.sql import Column
from pyspark.sql import functions as F

from rctspark.config.plan import (
    BenefitDurationOutcome,
    ContactCountOutcome,
    ExitOutcome,
    ExitToJobOutcome,
    FirstJobOutcome,
    FollowUpOutcome,
    JobQualityOutcome,
    ReentryOutcome,
    RoundBenefitOutcome,
    TimeShareOutcome,
)
from rctspark.panel.dates import days_in, shift_day
from rctspark.panel.finds import near_exit
from rctspark.panel.job_quality import job_measures
from rctspark.panel.meetings import (
    count_meetings,
    had_meeting,
    is_in_benefit_on,
    is_round_known,
)
from rctspark.panel.resumption import resumption_days
from rctspark.periods import PeriodKind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.config.plan import PerRoundOutcome, Round

NO_HORIZON = 0
PAID_UNTIL, MET_UNTIL = "paid_until", "met_until"
"""Columns with the last day that payroll, and contacts, speak for; `observed_until` at
the latest."""
MEAN_MONTH_DAYS = 365.25 / 12


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
    near = F.col(near_exit(outcome.apart_months))
    job = near if outcome.payroll else F.lit(None).cast("date")
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
        for resumed in resumption_days(outcome):
            to_job = to_job | F.coalesce(resumed <= end, F.lit(False))  # noqa: FBT003
        looks_at_pay = outcome.payroll or outcome.or_any_job
        values[x] = _observed(
            end, to_job, until=PAID_UNTIL if looks_at_pay else "observed_until"
        )
    return values


@values_of.register
def _(outcome: TimeShareOutcome) -> dict[int, Column]:
    whole = F.col("follow_up_days")
    days = {
        "benefit": F.col("benefit_days"),
        "job": F.col("job_days"),
        "other": F.col("other_days"),
    }
    share = days[outcome.state] / whole
    if outcome.state == "benefit":
        return {NO_HORIZON: share}
    return {NO_HORIZON: F.when(_is_whole(PAID_UNTIL), share)}


@values_of.register
def _(outcome: BenefitDurationOutcome) -> dict[int, Column]:
    return {NO_HORIZON: F.when(F.col("days").isNotNull(), F.expr(outcome.value))}


@values_of.register
def _(outcome: FirstJobOutcome) -> dict[int, Column]:  # noqa: ARG001 (chosen by type)
    waited = F.date_diff("first_job_start", "enrolment_date")
    return {NO_HORIZON: F.when(_is_whole(PAID_UNTIL), waited)}


@values_of.register
def _(outcome: FollowUpOutcome) -> dict[int, Column]:  # noqa: ARG001 (chosen by type)
    length = days_in(F.col("enrolment_date"), F.col("observed_until"))
    return {NO_HORIZON: F.when(length > 0, length / MEAN_MONTH_DAYS)}


@values_of.register
def _(outcome: ReentryOutcome) -> dict[int, Column]:  # noqa: ARG001 (chosen by type)
    # Whatever starts after the chain's last day and did not carry it on is new.
    is_back = F.exists("spells", lambda s: s["start_date"] >= F.col("exit_day"))
    came_back = F.coalesce(is_back, F.lit(False))  # noqa: FBT003
    return {NO_HORIZON: F.when(F.col("has_benefit"), came_back.cast("double"))}


@values_of.register
def _(outcome: JobQualityOutcome) -> dict[int, Column]:
    measure = job_measures()[outcome.measure]
    return {NO_HORIZON: F.when(_is_whole(PAID_UNTIL), measure)}


@values_of.register
def _(outcome: ContactCountOutcome) -> dict[int, Column]:
    return {NO_HORIZON: F.when(_is_whole(MET_UNTIL), count_meetings(outcome))}


def values_per_round(
    outcome: PerRoundOutcome, rounds: Sequence[Round]
) -> dict[int, Column]:
    """Return the value of an outcome at each of the plan's rounds.

    Args:
        outcome: An outcome of the plan that is measured per round.
        rounds: The rounds.

    Returns:
        Number of the round to value; null: not observed, see `meetings`.
    """
    if isinstance(outcome, RoundBenefitOutcome):
        return {r.number: is_in_benefit_on(r.due_day) for r in rounds}
    return {
        r.number: F.when(
            is_round_known(r, until=MET_UNTIL), had_meeting(r, outcome.kinds)
        )
        for r in rounds
    }


def _end_of_window(within: int, per: PeriodKind) -> Column:
    return shift_day(F.col("benefit_start_date"), within, per)


def _exit_by(within: int, per: PeriodKind) -> Column:
    is_by = F.col("exit_day") <= _end_of_window(within, per)
    return F.coalesce(is_by, F.lit(False))  # noqa: FBT003


def _is_whole(until: str) -> Column:
    """Say whether a register speaks for the whole follow-up."""
    return F.col(until) >= F.col("observed_until")


def _observed(end: Column, value: Column, until: str = "observed_until") -> Column:
    is_whole = F.col("has_benefit") & (end <= F.col(until))
    return F.when(is_whole, value.cast("double"))
