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
)
from rctspark.twin.ww.careers import draw_careers
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.streams import stream
from rctspark.twin.ww.terms import draw_terms

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.stints import Stints

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
        is_later: Whether it began after enrolment, of the enrolled.
        is_beside: Whether it began beside a benefit that went on.
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
    is_later: Bools
    is_beside: Bools

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
    is_beside: Bools

    @classmethod
    def of(cls, person: Ints, start: Days, end: Days) -> _Stay:
        keep = (start <= end) & (start <= FOLLOW_UP_ENDS)
        nobody = np.zeros(int(keep.sum()), dtype=np.bool_)
        return cls(person[keep], start[keep], end[keep], nobody)


SHARE_WITH_JOB_BEFORE = 0.9
SHARE_OF_OTHERS_WITH_JOBS = 0.38
SHARE_NEXT_JOB = 0.4
SHARE_FOUR_WEEKLY = 0.2


def draw_jobs(seed: int, part: int, persons: Persons, course: Course) -> Jobs:
    """Draw the jobs of everyone.

    Who left for a job starts it within 24 days of the last day in benefit, before or
    after; nobody else of the enrolled starts one within 36 days of theirs.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Jobs in the order of persons and start. Wages of jobs after enrolment are not
        the published ones yet, see `terms.tune_wages`.
    """
    rng = stream(seed, part, "jobs")
    first = _out_of_benefit(rng, persons, course)
    stays = [
        _before_benefit(rng, persons),
        first,
        _next_jobs(rng, first),
        _without_benefit(rng, persons),
        _of_careers(draw_careers(stream(seed, part, "careers"), persons, course)),
    ]
    joined = _Stay(
        **{
            f.name: np.concatenate([getattr(stay, f.name) for stay in stays])
            for f in fields(_Stay)
        }
    )
    order = np.lexsort((joined.end, joined.start, joined.person))
    stay = _Stay(**{f.name: getattr(joined, f.name)[order] for f in fields(_Stay)})
    return _with_terms(rng, persons, stay)


def _of_careers(careers: Stints) -> _Stay:
    end = careers.end.astype("datetime64[D]")
    return _Stay(
        careers.person,
        careers.start.astype("datetime64[D]"),
        np.where(end >= FOLLOW_UP_ENDS, FOREVER, end),
        careers.is_beside,
    )


def _before_benefit(rng: np.random.Generator, persons: Persons) -> _Stay:
    """Draw the job that was lost, which ended in the days before the benefit."""
    share = np.where(
        persons.is_enrolled, SHARE_WITH_JOB_BEFORE, SHARE_OF_OTHERS_WITH_JOBS
    )
    had_one = ~np.isnat(persons.benefit_start) & (rng.random(persons.size) < share)
    who = np.flatnonzero(had_one)
    end = persons.benefit_start[who] - days(rng.integers(1, 12, size=who.size))
    length = np.exp(rng.uniform(np.log(150), np.log(3500), size=who.size))
    return _Stay.of(who, end - days(length), end)


def _out_of_benefit(
    rng: np.random.Generator, persons: Persons, course: Course
) -> _Stay:
    """Draw jobs of those who are not enrolled, a day after their benefit."""
    takes = course.has_left & ~persons.is_enrolled
    takes &= rng.random(persons.size) < SHARE_OF_OTHERS_WITH_JOBS / 2
    who = np.flatnonzero(takes)
    start = course.end[who] + days(1)
    return _Stay.of(who, start, _job_end(rng, start, mean=330))


def _next_jobs(rng: np.random.Generator, first: _Stay) -> _Stay:
    """Draw a further job for some of those whose first one ended."""
    takes = (first.end < FOLLOW_UP_ENDS) & (
        rng.random(first.person.size) < SHARE_NEXT_JOB
    )
    start = first.end[takes] + days(rng.integers(1, 45, size=int(takes.sum())))
    return _Stay.of(first.person[takes], start, _job_end(rng, start, mean=250))


def _without_benefit(rng: np.random.Generator, persons: Persons) -> _Stay:
    """Draw jobs of persons who never had a benefit."""
    who = np.flatnonzero(persons.role == Role.PAYROLL_ONLY)
    start = day("2008-01-01") + days(rng.integers(0, 1900, size=who.size))
    end = start + days(rng.exponential(1500, size=who.size))
    return _Stay.of(who, start, np.maximum(end, day("2011-06-30")))


def _job_end(rng: np.random.Generator, start: Days, *, mean: int) -> Days:
    length = 6 + rng.exponential(mean, size=start.size)
    end = start + days(length)
    goes_on: Days = np.where(end > FOLLOW_UP_ENDS + days(60), FOREVER, end)
    return goes_on


def _with_terms(rng: np.random.Generator, persons: Persons, stay: _Stay) -> Jobs:
    """Draw employer, terms and kind of each job."""
    n = stay.person.size
    began_after = stay.start > persons.enrolment[stay.person]
    is_later = persons.is_enrolled[stay.person] & began_after
    terms = draw_terms(rng, persons, stay.person, is_later)
    return Jobs(
        person=stay.person,
        start=stay.start,
        end=stay.end,
        wage_cents=terms.wage_cents,
        part_time_pct=terms.part_time_pct,
        contract=terms.contract,
        kind=rng.choice(5, size=n, p=[0.66, 0.24, 0.09, 0.008, 0.002]),
        employer=rng.integers(10_000_000, 99_999_999, size=n),
        is_four_weekly=rng.random(n) < SHARE_FOUR_WEEKLY,
        is_later=is_later,
        is_beside=stay.is_beside,
    )
