"""What came of everyone, counted from the events themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import (
    FIRST_ENROLMENT,
    FOLLOW_UP_ENDS,
    add_months,
    shifted,
)
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.targets import HORIZONS
from rctspark.twin.ww.terms import PERMANENT

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Floats, Ints
    from rctspark.twin.ww.world import World


def outcomes_of(world: World) -> dict[tuple[str, int], Floats]:
    """Count the outcomes of everyone from the events themselves.

    Args:
        world: One part of the twin.

    Returns:
        Outcome and horizon to one value per person; NaN: not enrolled, or not observed
        for so long. `exit` and `exit_to_job` within so many calendar months of benefit
        start; shares of the days from enrolment to the end of the follow-up, in
        benefit, in a job that started after enrolment, in neither; `reentry`; what
        those jobs were like (NaN besides: had none).
    """
    persons, course = world.persons, world.course
    found: dict[tuple[str, int], Floats] = {}
    start = np.where(persons.is_enrolled, persons.benefit_start, FOLLOW_UP_ENDS)
    for months in HORIZONS:
        until = add_months(start, months)
        unknown = ~persons.is_enrolled | (until > FOLLOW_UP_ENDS)
        has_left = course.end < until
        found["exit", months] = np.where(unknown, np.nan, has_left)
        took_job = has_left & (_found_job(world, until) | _set_up(world))
        found["exit_to_job", months] = np.where(unknown, np.nan, took_job)
    spells = world.spells
    found["share_in_benefit", 0] = _share_of_window(
        world, spells.start, spells.end, spells.person
    )
    found["share_in_job", 0] = _share_of_window(world, *_later_jobs(world))
    start, end, person = _later_jobs(world)
    found["share_in_neither", 0] = 1 - _share_of_window(
        world,
        np.concatenate([spells.start, start]),
        np.concatenate([spells.end, end]),
        np.concatenate([spells.person, person]),
    )
    found["reentry", 0] = _came_back(world)
    for name, values in _quality(world).items():
        found[name, 0] = values
    return found


def _found_job(world: World, until: Days) -> Bools:
    """Who started a job by `until`, at most a month before or after the exit."""
    jobs = world.jobs
    start, who = jobs.start, jobs.person
    left = world.course.has_left[who]
    last = np.where(left, world.course.end[who], FOLLOW_UP_ENDS)
    leaves = shifted(last, 1)
    near = (start <= add_months(leaves, 1)) & (leaves <= add_months(start, 1))
    counts = (
        left & near & (start <= until[who]) & (start > world.persons.benefit_start[who])
    )
    found = np.zeros(world.persons.size, dtype=np.bool_)
    found[who[counts]] = True
    return found


def _set_up(world: World) -> Bools:
    alone: Bools = world.course.destination == Destination.SELF_EMPLOYED
    return alone


def _later_jobs(world: World) -> tuple[Days, Days, Ints]:
    later = world.jobs.is_later
    jobs = world.jobs
    return jobs.start[later], jobs.end[later], jobs.person[later]


def _came_back(world: World) -> Floats:
    """Say who has a new benefit after the exit, by the end of the follow-up."""
    persons, spells = world.persons, world.spells
    after = spells.start > world.course.end[spells.person]
    back = np.zeros(persons.size)
    back[spells.person[after & (spells.start <= FOLLOW_UP_ENDS)]] = 1.0
    return np.where(persons.is_enrolled, back, np.nan)


def _quality(world: World) -> dict[str, Floats]:
    """Return what the jobs after enrolment were like; NaN: had none."""
    jobs, paid = world.jobs, world.statements
    later = np.flatnonzero(jobs.is_later)
    person = jobs.person[later]
    first = later[np.diff(person, prepend=-1) > 0]
    until = np.minimum(jobs.end[first], FOLLOW_UP_ENDS)

    def sums(values: Ints) -> Floats:
        total = np.bincount(paid.job, values, jobs.size)[later]
        found: Floats = total.astype(np.float64)
        return found

    worked = sums(paid.full_time_hundredths) / 100 / sums(paid.job_days)
    per_hour = sums(paid.pay_cents) / sums(paid.hours_hundredths)
    n = world.persons.size
    count = np.bincount(person, minlength=n).astype(float)
    has_one = count > 0

    def mean(values: Floats) -> Floats:
        total = np.bincount(person, values, minlength=n)
        each: Floats = np.divide(total, count, out=np.full(n, np.nan), where=has_one)
        return each

    def of_first(values: Floats) -> Floats:
        found = np.full(n, np.nan)
        found[jobs.person[first]] = values
        return found

    return {
        "first_job_permanent": of_first((jobs.contract[first] == PERMANENT) * 1.0),
        "first_job_days": of_first((until - jobs.start[first]).astype(float) + 1),
        "number_of_jobs": np.where(has_one, count, np.nan),
        "part_time_factor": mean(worked),
        "hourly_wage_eur": mean(per_hour),
    }


def _share_of_window(world: World, start: Days, end: Days, person: Ints) -> Floats:
    """Return the share of days from enrolment on that any of the stretches holds."""
    persons = world.persons
    enrolled = np.flatnonzero(persons.is_enrolled)
    row = np.full(persons.size, -1)
    row[enrolled] = np.arange(enrolled.size)
    begins = np.maximum(start, persons.enrolment[person])
    ends = np.minimum(end, FOLLOW_UP_ENDS)
    counts = (row[person] >= 0) & (begins <= ends)
    held = _days_held(
        row[person[counts]], begins[counts], ends[counts], rows=enrolled.size
    )
    window = (FOLLOW_UP_ENDS - persons.enrolment[enrolled]).astype(np.int64) + 1
    share = np.full(persons.size, np.nan)
    share[enrolled] = held / window
    return share


def _days_held(row: Ints, begins: Days, ends: Days, *, rows: int) -> Ints:
    """Count the days that at least one of the stretches of each row holds."""
    n_days = int((FOLLOW_UP_ENDS - FIRST_ENROLMENT).astype(np.int64)) + 1
    change = np.zeros((rows, n_days + 1), dtype=np.int16)
    np.add.at(change, (row, (begins - FIRST_ENROLMENT).astype(np.int64)), 1)
    np.add.at(change, (row, (ends - FIRST_ENROLMENT).astype(np.int64) + 1), -1)
    held: Ints = (np.cumsum(change, axis=1)[:, :n_days] > 0).sum(axis=1)
    return held
