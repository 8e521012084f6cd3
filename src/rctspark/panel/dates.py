"""Months and weeks as Spark sees them: the same rules as `rctspark.periods`."""

from __future__ import annotations

import datetime as dt
from functools import reduce
from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.periods import DAYS_IN_WEEK, MONTHS_IN_YEAR, PeriodKind

if TYPE_CHECKING:
    from pyspark.sql import Column

    from rctspark.periods import Coverage, Days

STEPS = {PeriodKind.MONTH: "INTERVAL 1 MONTH", PeriodKind.WEEK: "INTERVAL 7 DAY"}


def period_of(day: Column, kind: PeriodKind) -> Column:
    """Return the first day of the month, or the Monday of the week, of `day`."""
    return F.trunc(day, kind.value)


def last_day_of(period_start: Column, kind: PeriodKind) -> Column:
    """Return the last day of the period; for a month, any day of it will do."""
    if kind is PeriodKind.MONTH:
        return F.last_day(period_start)
    return F.date_add(period_start, DAYS_IN_WEEK - 1)


def shift_day(day: Column, periods: Column | int, kind: PeriodKind) -> Column:
    """Return the day that lies so many months or weeks after `day`.

    Args:
        day: Any day.
        periods: How many; may be negative.
        kind: Months or weeks.

    Returns:
        The same day of the month `periods` later, or the last day of that month
        where it is shorter; for weeks, the same day of the week.
    """
    if kind is PeriodKind.MONTH:
        return F.add_months(day, periods)
    days = periods * DAYS_IN_WEEK
    return F.date_add(day, days)


def periods_between(origin: Column, period_start: Column, kind: PeriodKind) -> Column:
    """Return the horizon of a period.

    Args:
        origin: First day of the period from which horizons are counted.
        period_start: First day of a period.
        kind: Months or weeks.

    Returns:
        Periods from the one to the other; negative for an earlier period.
    """
    if kind is PeriodKind.MONTH:
        years = F.year(period_start) - F.year(origin)
        return years * MONTHS_IN_YEAR + F.month(period_start) - F.month(origin)
    return (F.date_diff(period_start, origin) / DAYS_IN_WEEK).cast("int")


def each_period(first: Column, last: Column, kind: PeriodKind) -> Column:
    """List the periods that a stretch of days touches.

    Args:
        first: First day. A stretch that ends before it counts as this day alone:
            Spark would stop the job over it.
        last: Last day, included.
        kind: Months or weeks.

    Returns:
        First days of the periods, in order.
    """
    step = F.expr(STEPS[kind])
    begin = period_of(first, kind)
    many = F.sequence(begin, F.greatest(begin, last), step)
    # Most stretches lie in one period, and a sequence of dates is slow to make.
    return F.when(last_day_of(begin, kind) >= last, F.array(begin)).otherwise(many)


def days_in(first: Column, last: Column) -> Column:
    """Count the days of a stretch, both ends included."""
    return F.date_diff(last, first) + 1


def is_covered(period_start: Column, kind: PeriodKind, coverage: Coverage) -> Column:
    """Say whether a register speaks for every day of a period.

    Args:
        period_start: First day of a period.
        kind: Months or weeks.
        coverage: Days that the register speaks for.

    Returns:
        True or false, never null.
    """
    held = [whole_periods(stretch, kind) for stretch in coverage.stretches]
    tests = [period_start.between(*ends) for ends in held if ends is not None]
    return reduce(lambda one, other: one | other, tests, F.lit(False))  # noqa: FBT003


def whole_periods(stretch: Days, kind: PeriodKind) -> tuple[dt.date, dt.date] | None:
    """Find the periods that lie within a stretch of days.

    Args:
        stretch: Days, both ends included.
        kind: Months or weeks.

    Returns:
        First days of the first and of the last one; None where there is none.
    """
    first = kind.first_day(stretch.first)
    if first < stretch.first:
        first = kind.shift(first, 1)
    last = kind.first_day(stretch.last)
    is_cut = stretch.last.year < dt.MAXYEAR and (
        kind.shift(last, 1) - dt.timedelta(days=1) > stretch.last
    )
    if is_cut:
        last = kind.shift(last, -1)
    return (first, last) if first <= last else None
