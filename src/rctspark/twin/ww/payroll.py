"""Income statements: what a payroll register holds of each job, period by period."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import (
    DAY,
    FOLLOW_UP_ENDS,
    day,
    days,
    first_of,
    month_of,
    year_of,
)

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.jobs import Jobs

EXTRACT_BEGINS = day("2011-01-01")
FOUR_WEEKS = 28
FIRST_FOUR_WEEKS = day("2010-12-06")
"""A Monday from which periods of four weeks are counted, before the extract begins."""
HOURS_PER_FULL_WEEK = 38
SHARE_CORRECTED = 0.005
SHARE_OUTWEIGHED = 0.15
OUTWEIGHED_BEFORE = day("2012-01-01")
"""Start of jobs in which a correction may be larger than what it corrects: long ones,
so that what a job pays per hour stays a wage."""


@dataclass(frozen=True, slots=True)
class Statements:
    """Income statements, one value per row in every field.

    Attributes:
        job: Place of the job.
        start: First day of the period.
        end: Last day of the period.
        pay_cents: Basic pay; negative in corrections.
        hours_hundredths: Paid hours, in hundredths.
        job_days: Days of the job in the period; 0 in corrections.
        full_time_hundredths: Days as if worked full time, in hundredths.
        is_correction: Whether the row corrects another one of the same job and start.
    """

    job: Ints
    start: Days
    end: Days
    pay_cents: Ints
    hours_hundredths: Ints
    job_days: Ints
    full_time_hundredths: Ints
    is_correction: Bools

    @property
    def size(self) -> int:
        """Number of rows."""
        return int(self.job.size)

    def taken(self, rows: Ints | Bools) -> Statements:
        """Return some of the rows."""
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )


def pay_statements(rng: np.random.Generator, jobs: Jobs) -> Statements:
    """Write the statements of every job from 2011 to the end of the follow-up.

    Monthly periods end with the month. Periods of four weeks cross the end of a month,
    as in an agency's own extract; the turn of the year and the last day of the extract
    cut them, because a statement belongs to one year and one delivery.

    Args:
        rng: Source of the corrections.
        jobs: The jobs.

    Returns:
        Statements in the order of jobs and periods, corrections after what they
        correct.
    """
    monthly = _monthly(jobs, np.flatnonzero(~jobs.is_four_weekly))
    four_weekly = _four_weekly(jobs, np.flatnonzero(jobs.is_four_weekly))
    job, start, end = (
        np.concatenate(pair) for pair in zip(monthly, four_weekly, strict=True)
    )
    ordinary = _with_amounts(jobs, job, start, end)
    corrections = _corrections(rng, jobs, ordinary)
    everything = Statements(
        **{
            f.name: np.concatenate(
                [getattr(ordinary, f.name), getattr(corrections, f.name)]
            )
            for f in fields(Statements)
        }
    )
    order = np.lexsort((everything.is_correction, everything.start, everything.job))
    return everything.taken(order)


def _monthly(jobs: Jobs, which: Ints) -> tuple[Ints, Days, Days]:
    begin = np.maximum(jobs.start[which], EXTRACT_BEGINS)
    finish = np.minimum(jobs.end[which], FOLLOW_UP_ENDS)
    first = month_of(begin)
    count = np.where(finish < begin, 0, (month_of(finish) - first).astype(int) + 1)
    place, number = _repeated(count)
    month = first[place] + number
    start = np.maximum(first_of(month), begin[place])
    end = np.minimum(first_of(month + 1) - DAY, finish[place])
    return which[place], start, end


def _four_weekly(jobs: Jobs, which: Ints) -> tuple[Ints, Days, Days]:
    begin = np.maximum(jobs.start[which], EXTRACT_BEGINS)
    finish = np.minimum(jobs.end[which], FOLLOW_UP_ENDS)
    first = (begin - FIRST_FOUR_WEEKS).astype(int) // FOUR_WEEKS
    last = (finish - FIRST_FOUR_WEEKS).astype(int) // FOUR_WEEKS
    place, number = _repeated(np.where(finish < begin, 0, last - first + 1))
    opens = FIRST_FOUR_WEEKS + days((first[place] + number) * FOUR_WEEKS)
    start = np.maximum(opens, begin[place])
    end = np.minimum(opens + days(FOUR_WEEKS - 1), finish[place])
    crosses = year_of(start) != year_of(end)
    new_year = end.astype("datetime64[Y]").astype("datetime64[D]")
    return (
        np.concatenate([which[place], which[place][crosses]]),
        np.concatenate([start, new_year[crosses]]),
        np.concatenate([np.where(crosses, new_year - DAY, end), end[crosses]]),
    )


def _repeated(count: Ints) -> tuple[Ints, Ints]:
    """Return each place as often as counted, and the running number within it."""
    place = np.repeat(np.arange(count.size), count)
    before = np.cumsum(count) - count
    return place, np.arange(place.size) - before[place]


def _with_amounts(jobs: Jobs, job: Ints, start: Days, end: Days) -> Statements:
    length = (end - start).astype(np.int64) + 1
    part_time = jobs.part_time_pct[job]
    hours = np.rint(length * HOURS_PER_FULL_WEEK / 7 * part_time).astype(np.int64)
    pay = np.rint(hours * jobs.wage_cents[job] / 100).astype(np.int64)
    return Statements(
        job=job,
        start=start,
        end=end,
        pay_cents=pay,
        hours_hundredths=hours,
        job_days=length,
        full_time_hundredths=length * part_time,
        is_correction=np.zeros(job.size, dtype=np.bool_),
    )


def _corrections(
    rng: np.random.Generator, jobs: Jobs, ordinary: Statements
) -> Statements:
    """Take back a part of some statements, and more than all of a few."""
    chosen = ordinary.taken(rng.random(ordinary.size) < SHARE_CORRECTED)
    share = rng.uniform(0.02, 0.4, size=chosen.size)
    outweighs = rng.random(chosen.size) < SHARE_OUTWEIGHED
    outweighs &= jobs.start[chosen.job] < OUTWEIGHED_BEFORE
    share = np.where(outweighs, 1.5, share)
    nothing = np.zeros(chosen.size, dtype=np.int64)
    return replace(
        chosen,
        # A cent more than nothing, so that no correction equals another row.
        pay_cents=-np.rint(chosen.pay_cents * share).astype(np.int64) - 1,
        hours_hundredths=nothing,
        job_days=nothing,
        full_time_hundredths=nothing,
        is_correction=np.ones(chosen.size, dtype=np.bool_),
    )
