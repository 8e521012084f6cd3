"""Jobs: before the benefit, on the way out of it, beside it and after it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import (
    FOLLOW_UP_ENDS,
    FOREVER,
    day,
    days,
    days_to_month_mark,
)
from rctspark.twin.ww.persons import MALE, Role
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.schemes import Schemes

PERMANENT, FIXED_TERM, NOT_APPLICABLE = 0, 1, 2
ORDINARY, AGENCY, ON_CALL, INTERN, DIRECTOR = 0, 1, 2, 3, 4


@dataclass(frozen=True, slots=True)
class Jobs:
    """Jobs, one value per job in every field.

    Attributes:
        person: Place of the person.
        start: First day.
        end: Last day; `FOREVER`: goes on.
        wage_cents: Hourly wage.
        part_time_pct: Part-time factor in per cent.
        contract: 0 permanent, 1 fixed term, 2 not applicable.
        kind: 0 ordinary, 1 agency, 2 on call, 3 intern, 4 director.
        employer: Number of the employer.
        is_four_weekly: Whether it is paid every four weeks, else every month.
    """

    person: Ints
    start: Days
    end: Days
    wage_cents: Ints
    part_time_pct: Ints
    contract: Ints
    kind: Ints
    employer: Ints
    is_four_weekly: Bools

    @property
    def size(self) -> int:
        """Number of jobs."""
        return int(self.person.size)


@dataclass(frozen=True, slots=True)
class _Stay:
    """When somebody held a job."""

    person: Ints
    start: Days
    end: Days

    def longer_than_nothing(self) -> _Stay:
        keep = (self.start <= self.end) & (self.start <= FOLLOW_UP_ENDS)
        return _Stay(self.person[keep], self.start[keep], self.end[keep])


SHARE_WITH_JOB_BEFORE = 0.9
SHARE_OF_OTHERS_WITH_JOBS = 0.38
SHARE_OUT_AT_ONCE = 0.7
LARGEST_GAP = 24
SHARE_LATE_JOB = 0.55
SHARE_NEXT_JOB = 0.75
FAR_FROM_EXIT = 36
PART_TIME_PCT = np.array([100, 90, 80, 60, 50, 40])
PART_TIME_SHARE = (
    np.array([0.22, 0.11, 0.22, 0.20, 0.15, 0.10]),
    np.array([0.34, 0.11, 0.16, 0.17, 0.13, 0.09]),
)
LOWEST_WAGE = 850
SHARE_FOUR_WEEKLY = 0.2


def draw_jobs(
    seed: int, part: int, persons: Persons, course: Course, schemes: Schemes
) -> Jobs:
    """Draw the jobs of everyone.

    Who left for a job starts it within 24 days of the last day in benefit, before or
    after; nobody else starts one within 36 days of theirs.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.
        schemes: Days of partial resumption.

    Returns:
        Jobs in the order of persons and start.
    """
    rng = stream(seed, part, "jobs")
    first = _out_of_benefit(rng, persons, course)
    late = _after_benefit(rng, persons, course)
    second = [_next_jobs(rng, first), _next_jobs(rng, late)]
    stays = [
        _before_benefit(rng, persons),
        first,
        _beside_benefit(rng, persons, course, schemes),
        late,
        _without_benefit(rng, persons),
        *second,
        *[_next_jobs(rng, stay) for stay in second],
    ]
    joined = _Stay(
        **{
            f.name: np.concatenate([getattr(stay, f.name) for stay in stays])
            for f in fields(_Stay)
        }
    ).longer_than_nothing()
    order = np.lexsort((joined.end, joined.start, joined.person))
    sorted_stays = _Stay(joined.person[order], joined.start[order], joined.end[order])
    return _with_terms(rng, persons, sorted_stays)


def _before_benefit(rng: np.random.Generator, persons: Persons) -> _Stay:
    """Draw the job that was lost, which ended in the days before the benefit."""
    share = np.where(
        persons.is_enrolled, SHARE_WITH_JOB_BEFORE, SHARE_OF_OTHERS_WITH_JOBS
    )
    had_one = ~np.isnat(persons.benefit_start) & (rng.random(persons.size) < share)
    who = np.flatnonzero(had_one)
    end = persons.benefit_start[who] - days(rng.integers(1, 12, size=who.size))
    length = np.exp(rng.uniform(np.log(150), np.log(3500), size=who.size))
    return _Stay(who, end - days(length), end)


def _out_of_benefit(
    rng: np.random.Generator, persons: Persons, course: Course
) -> _Stay:
    """Draw the job for which somebody left, a day after the benefit or about then."""
    takes = course.to_job & course.has_left
    others = ~persons.is_enrolled & course.has_left
    takes |= others & (rng.random(persons.size) < SHARE_OF_OTHERS_WITH_JOBS / 2)
    who = np.flatnonzero(takes)
    gap = rng.integers(-LARGEST_GAP, LARGEST_GAP + 1, size=who.size)
    gap[rng.random(who.size) < SHARE_OUT_AT_ONCE] = 1
    start = np.maximum(course.end[who] + days(gap), persons.enrolment[who] + days(1))
    begin = persons.benefit_start[who]
    at_mark = days_to_month_mark(begin, start) <= 1
    start = np.where(at_mark, course.end[who] + days(1), start)
    return _Stay(who, start, _job_end(rng, start, mean=330))


def _beside_benefit(
    rng: np.random.Generator, persons: Persons, course: Course, schemes: Schemes
) -> _Stay:
    """Draw the part-time job of those who resumed in part and kept their benefit."""
    resumed = schemes.partly_resumed_from
    far = course.end - resumed > days(FAR_FROM_EXIT)
    who = np.flatnonzero(persons.is_enrolled & ~np.isnat(resumed) & far)
    start = resumed[who]
    return _Stay(who, start, _job_end(rng, start, mean=120))


def _after_benefit(rng: np.random.Generator, persons: Persons, course: Course) -> _Stay:
    """Draw jobs that come too late to be what somebody left the benefit for."""
    left = course.has_left & ~course.to_job & persons.is_enrolled
    who = np.flatnonzero(left & (rng.random(persons.size) < SHARE_LATE_JOB))
    start = course.end[who] + days(FAR_FROM_EXIT + rng.exponential(90, size=who.size))
    return _Stay(who, start, _job_end(rng, start, mean=250))


def _next_jobs(rng: np.random.Generator, first: _Stay) -> _Stay:
    """Draw a further job for some of those whose first one ended."""
    takes = (first.end < FOLLOW_UP_ENDS) & (
        rng.random(first.person.size) < SHARE_NEXT_JOB
    )
    start = first.end[takes] + days(rng.integers(1, 45, size=int(takes.sum())))
    return _Stay(first.person[takes], start, _job_end(rng, start, mean=250))


def _without_benefit(rng: np.random.Generator, persons: Persons) -> _Stay:
    """Draw jobs of persons who never had a benefit."""
    who = np.flatnonzero(persons.role == Role.PAYROLL_ONLY)
    start = day("2008-01-01") + days(rng.integers(0, 1900, size=who.size))
    end = start + days(rng.exponential(1500, size=who.size))
    return _Stay(who, start, np.maximum(end, day("2011-06-30")))


def _job_end(rng: np.random.Generator, start: Days, *, mean: int) -> Days:
    length = 6 + rng.exponential(mean, size=start.size)
    end = start + days(length)
    goes_on: Days = np.where(end > FOLLOW_UP_ENDS + days(60), FOREVER, end)
    return goes_on


def _with_terms(rng: np.random.Generator, persons: Persons, stay: _Stay) -> Jobs:
    """Draw wage, hours and contract of each job."""
    n = stay.person.size
    is_male = persons.sex[stay.person] == MALE
    age = persons.age[stay.person]
    drawn = np.stack([rng.choice(PART_TIME_PCT, size=n, p=p) for p in PART_TIME_SHARE])
    middle = 1190 + 110 * is_male + 8 * (age - 40)
    wage = middle * np.exp(rng.normal(0.02, 0.24, size=n))
    return Jobs(
        person=stay.person,
        start=stay.start,
        end=stay.end,
        wage_cents=np.maximum(np.rint(wage), LOWEST_WAGE).astype(np.int64),
        part_time_pct=np.where(is_male, drawn[1], drawn[0]),
        contract=rng.choice(3, size=n, p=[0.18, 0.77, 0.05]),
        kind=rng.choice(5, size=n, p=[0.66, 0.24, 0.09, 0.008, 0.002]),
        employer=rng.integers(10_000_000, 99_999_999, size=n),
        is_four_weekly=rng.random(n) < SHARE_FOUR_WEEKLY,
    )
