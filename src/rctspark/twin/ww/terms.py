"""Wage, hours and contract of each job, such that published means come out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.holders import job_aims
from rctspark.twin.ww.persons import FEMALE, MALE
from rctspark.twin.ww.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.ww.holders import JobAims
    from rctspark.twin.ww.jobs import Jobs
    from rctspark.twin.ww.payroll import Statements
    from rctspark.twin.ww.persons import Persons

PERMANENT, FIXED_TERM, NOT_APPLICABLE = 0, 1, 2
CONTRACT_SHARES = (0.18, 0.77, 0.05)
SHARE_NOT_APPLICABLE = 0.06
"""Of first jobs that are not permanent."""
PART_TIME_PCT = np.array([100, 90, 80, 60, 50, 40])
PART_TIME_SHARE = (
    np.array([0.22, 0.11, 0.22, 0.20, 0.15, 0.10]),
    np.array([0.34, 0.11, 0.16, 0.17, 0.13, 0.09]),
)
SHARE_SAME_HOURS = 0.6
"""Of a person's jobs, how many have the hours that the person looks for."""
TILT = (0.3, 3.0)
FINE_PERCENT = 0.06
LOWEST_WAGE = 850
SPREAD_OF_PERSONS, SPREAD_OF_JOBS = 0.14, 0.10


@dataclass(frozen=True, slots=True)
class Terms:
    """What is agreed on each job.

    Attributes:
        wage_cents: Hourly wage.
        part_time_pct: Part-time factor in per cent.
        contract: 0 permanent, 1 fixed term, 2 not applicable.
    """

    wage_cents: Ints
    part_time_pct: Ints
    contract: Ints


def draw_terms(
    rng: np.random.Generator, persons: Persons, person: Ints, is_later: Bools
) -> Terms:
    """Draw the terms of each job.

    Args:
        rng: Random numbers.
        persons: The persons.
        person: Place of the person of each job, in order.
        is_later: Which jobs began after enrolment, of the enrolled.

    Returns:
        Terms. Contracts of first jobs and part-time factors of later jobs are as
        published; wages are so after `tune_wages` only.
    """
    n = person.size
    is_male = persons.sex[person] == MALE
    wanted, own = rng.random(persons.size)[person], rng.random(n)
    place = np.where(rng.random(n) < SHARE_SAME_HOURS, wanted, own)
    part_time = _part_time(place, is_male)
    contract = rng.choice(3, size=n, p=CONTRACT_SHARES)
    turn = rng.random(n)
    for cell, aims in _cells(persons):
        mine = np.flatnonzero(is_later & cell[person])
        part_time[mine] = _tilted(place[mine], is_male[mine], person[mine], aims)
        first = mine[np.diff(person[mine], prepend=-1) > 0]
        rank = np.argsort(np.argsort(turn[first], kind="stable"), kind="stable")
        other = np.where(own[first] < SHARE_NOT_APPLICABLE, NOT_APPLICABLE, FIXED_TERM)
        contract[first] = np.where(rank < aims.permanent, PERMANENT, other)
    middle = 1190 + 110 * is_male + 8 * (persons.age[person] - 40)
    of_person = rng.normal(0.02, SPREAD_OF_PERSONS, size=persons.size)[person]
    wage = middle * np.exp(of_person + rng.normal(0, SPREAD_OF_JOBS, size=n))
    return Terms(
        wage_cents=np.maximum(np.rint(wage), LOWEST_WAGE).astype(np.int64),
        part_time_pct=part_time,
        contract=contract,
    )


def tune_wages(
    rng: np.random.Generator, persons: Persons, jobs: Jobs, statements: Statements
) -> Jobs:
    """Move hourly wages so that what is paid per hour has the published means.

    Corrections take back a part of what was paid, so a job is paid less per hour than
    was agreed.

    Args:
        rng: Random numbers, for cents.
        persons: The persons.
        jobs: Their jobs.
        statements: What is paid for them.

    Returns:
        The jobs, with other wages of jobs that began after enrolment.
    """
    pay = np.bincount(statements.job, statements.pay_cents, minlength=jobs.size)
    hours = np.bincount(statements.job, statements.hours_hundredths, jobs.size)
    per_hour = np.divide(100 * pay, hours, out=np.zeros(jobs.size), where=hours > 0)
    kept = per_hour / jobs.wage_cents
    wage = jobs.wage_cents.copy()
    cents = rng.random(jobs.size)
    for cell, aims in _cells(persons):
        mine = np.flatnonzero(jobs.is_later & cell[jobs.person])
        each = _mean_of_persons(jobs.person[mine], per_hour[mine])
        weight = _mean_of_persons(jobs.person[mine], kept[mine])
        more = (aims.wage_cents - each) / weight
        wage[mine] = np.floor(wage[mine] + more + cents[mine]).astype(np.int64)
    return replace(jobs, wage_cents=wage)


def _cells(persons: Persons) -> Iterator[tuple[Bools, JobAims]]:
    for (arm, sex), aims in job_aims().items():
        yield in_arm(persons, arm) & (persons.sex == (MALE, FEMALE)[sex]), aims


def _part_time(place: Floats, is_male: Bools) -> Ints:
    found = [
        PART_TIME_PCT[np.searchsorted(np.cumsum(share)[:-1], place)]
        for share in PART_TIME_SHARE
    ]
    chosen: Ints = np.where(is_male, found[1], found[0])
    return chosen


def _tilted(place: Floats, is_male: Bools, person: Ints, aims: JobAims) -> Ints:
    """Let more or fewer jobs be full time, until the mean is right."""

    def mean(tilt: float) -> float:
        return _mean_of_persons(person, _part_time(place**tilt, is_male))

    tilt = tuned(
        mean,
        aims.part_time,
        low=TILT[0],
        high=TILT[1],
        within=FINE_PERCENT,
        what="part-time factors",
    )
    return _part_time(place**tilt, is_male)


def _mean_of_persons(person: Ints, values: Floats | Ints) -> float:
    """Return the mean over persons of the means over their jobs."""
    _, row, count = np.unique(person, return_inverse=True, return_counts=True)
    return float((np.bincount(row, values) / count).mean())
