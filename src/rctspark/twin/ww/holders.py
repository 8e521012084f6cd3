"""Who of the enrolled has a job after enrolment, and what the jobs must come to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.exit_days import COLUMNS, benefit_shares
from rctspark.twin.ww.leaving import sizes_by_sex
from rctspark.twin.ww.published import JOBS, TIME
from rctspark.twin.ww.rounding import choose_counts, choose_means, printed

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Floats, Ints

HOLDERS = np.array([[1761, 1680], [930, 1058], [0, 0]])
"""Men, women, unknown of each arm with a job after enrolment. The report does not say
how many; figures of all between those of men and women leave little choice."""
JOB_COLUMNS = ("basic", "intensive", "net_effect")
PERCENT = 100


@dataclass(frozen=True, slots=True)
class JobAims:
    """What the jobs after enrolment of one sex in one arm come to.

    Attributes:
        holders: Persons with such a job.
        permanent: Persons whose first one is permanent.
        first_days: Mean days of the first one.
        jobs_each: Mean number of jobs.
        part_time: Mean part-time factor in per cent.
        wage_cents: Mean hourly wage.
        share_beside: Mean share of time in benefit and in a job at once.
        share_only: Mean share of time in a job and not in benefit.
    """

    holders: int
    permanent: int
    first_days: float
    jobs_each: float
    part_time: float
    wage_cents: float
    share_beside: float
    share_only: float


@cache
def job_aims() -> dict[tuple[int, int], JobAims]:
    """Choose what is behind the published figures on time and jobs.

    Returns:
        Place of the arm and place of the sex (0 men, 1 women) to what is aimed at.
    """
    weights = (HOLDERS / HOLDERS.sum(axis=0))[:2]

    def mean(measure: str, unit: float) -> Floats:
        wanted = printed(JOBS, JOB_COLUMNS, measure=measure)
        return choose_means(weights, wanted, unit=unit)

    permanent: Ints = choose_counts(
        HOLDERS, printed(JOBS, JOB_COLUMNS, measure="first_job_permanent")
    )
    first_days, jobs_each = mean("first_job_duration", 1.0), mean("number_of_jobs", 0.1)
    # Printed with two digits, as parts of one: 0.75.
    part_time, wage = mean("part_time_factor", 1.0), mean("hourly_wage", 0.01)
    sizes = sizes_by_sex()
    shares = (sizes / sizes.sum(axis=0))[:2]
    benefit = benefit_shares() / PERCENT
    job, other = (
        choose_means(shares, printed(TIME, COLUMNS, state=state), unit=0.1) / PERCENT
        for state in ("job", "other")
    )
    return {
        (arm, sex): JobAims(
            holders=int(HOLDERS[sex, arm]),
            permanent=int(permanent[sex, arm]),
            first_days=float(first_days[sex, arm]),
            jobs_each=float(jobs_each[sex, arm]),
            part_time=float(part_time[sex, arm]),
            wage_cents=float(wage[sex, arm]) * PERCENT,
            share_beside=float((benefit + job + other - 1)[sex, arm]),
            share_only=float((1 - benefit - other)[sex, arm]),
        )
        for arm in range(2)
        for sex in range(2)
    }
