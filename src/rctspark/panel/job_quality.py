"""What the jobs are like that a person found after enrolment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pyspark.sql import functions as F

from rctspark.panel.dates import days_in

if TYPE_CHECKING:
    from pyspark.sql import Column


def job_measures() -> dict[str, Column]:
    """Measure a person's new jobs.

    New are jobs that started after the day of enrolment and by `observed_until`; the
    first is the one that started first, of several the one that ended first.

    Returns:
        Measure to value, over the columns of `lives.attach_jobs`; null: no new job,
        or none of them knows the number.
    """
    new = F.filter(
        "jobs",
        lambda job: (
            (job["start_date"] > F.col("enrolment_date"))
            & (job["start_date"] <= F.col("observed_until"))
        ),
    )
    first = F.get(new, 0)
    end = F.least(first["end_date"], F.col("observed_until"))
    length = days_in(first["start_date"], end)
    return {
        "first_job_permanent": first["is_permanent"].cast("double"),
        # A job that is registered to end before it starts has no length.
        "first_job_days": F.when(length > 0, length),
        "number_of_jobs": F.when(F.size(new) > 0, F.size(new)),
        "part_time_factor": _mean_of(new, "part_time_factor"),
        "hourly_wage": _mean_of(new, "hourly_wage"),
    }


def _mean_of(jobs: Column, number: str) -> Column:
    known = F.filter(F.transform(jobs, lambda job: job[number]), F.isnotnull)
    total = F.aggregate(known, F.lit(0.0), lambda seen, value: seen + value)
    return F.when(F.size(known) > 0, total / F.size(known))
