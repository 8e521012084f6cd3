"""Who of the enrolled has a job after enrolment, of which kind, and from when.

Three kinds of persons have one. Some take a part-time job beside their benefit and keep
the benefit (partial resumption). Some leave for a job. Some find one long after they
left for something else. How long jobs last, and what follows them: `stints`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, add_months
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.holders import job_aims
from rctspark.twin.ww.persons import FEMALE, MALE
from rctspark.twin.ww.stints import (
    AFTER,
    BESIDE,
    LAST_DAY,
    MOST_NEXT,
    OUT,
    Holders,
    tuned_stints,
)
from rctspark.twin.ww.targets import HORIZONS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.holders import JobAims
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.stints import Stints

SHARE_BESIDE = (0.64, 0.70)
"""Of those with a job who did not leave for one: who have it beside the benefit, by
arm. More of the basic arm did not leave for theirs: with equal shares, services would
change the resumption of work less than leaving for a job, and the report finds the
same order for both."""
SHARE_OUT_AT_ONCE = 0.7
LARGEST_GAP = 24
FAR_FROM_EXIT = 37
"""Days from the exit at which nobody starts a job who did not leave for one."""
ROOM_FOR_JOB = 40
LATEST_BESIDE = 0.8
LATEST_AFTER = (0.8, 0.35)
"""Part of the days that are free for it in which the first job starts; of one long
after the exit, by arm: in the basic arm it lies later, for the same reason."""
AFTER_POWER = (0.9, 1.0)
"""Power of the places in that part, by arm: below 1, rather at its end."""
NEVER_LEAVES = np.iinfo(np.int64).max // 4


@dataclass(frozen=True, slots=True)
class _Cell:
    """One sex in one arm, one value per person; days are counted from 1970."""

    person: Ints
    enrolment: Ints
    leaves: Ints
    to_job: Bools
    may_wait: Bools

    @property
    def room_after(self) -> Ints:
        """Days left for a first job long after the exit."""
        return LAST_DAY - self.leaves - FAR_FROM_EXIT - ROOM_FOR_JOB

    @property
    def room_beside(self) -> Ints:
        """Days left for a first job beside the benefit, far from its end."""
        return np.minimum(self.leaves, LAST_DAY) - self.enrolment - FAR_FROM_EXIT - 2


def draw_careers(rng: np.random.Generator, persons: Persons, course: Course) -> Stints:
    """Draw the jobs after enrolment, such that published means come out.

    Args:
        rng: Random numbers.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Jobs of the enrolled that began after the day of enrolment, in the order of
        persons and days.
    """
    parts = []
    for (arm, sex), aims in job_aims().items():
        rows = in_arm(persons, arm) & (persons.sex == (MALE, FEMALE)[sex])
        cell = _cell_of(persons, course, np.flatnonzero(rows))
        kind = _draw_kinds(rng, cell, aims, SHARE_BESIDE[arm])
        start = _draw_starts(rng, persons, cell, kind, arm)
        holders = _holders(rng, course, cell, kind, start)
        parts.append(tuned_stints(holders, aims))
    joined = parts[0].joined(parts[1:])
    return joined.taken(np.lexsort((joined.start, joined.person)))


def _cell_of(persons: Persons, course: Course, rows: Ints) -> _Cell:
    end = course.end[rows].astype(np.int64)
    alone = course.destination[rows] == Destination.SELF_EMPLOYED
    returns = ~np.isnat(course.back_on[rows])
    to_job = course.to_job[rows]
    return _Cell(
        person=rows,
        enrolment=_number(persons.enrolment[rows]),
        leaves=np.where(course.has_left[rows], end + 1, NEVER_LEAVES),
        to_job=to_job,
        may_wait=~to_job & ~alone & ~returns,
    )


def _draw_kinds(
    rng: np.random.Generator, cell: _Cell, aims: JobAims, share_beside: float
) -> Ints:
    """Draw of which kind each person's first job is; -1: has none."""
    missing = aims.holders - int(cell.to_job.sum())
    n_after = round((1 - share_beside) * missing)
    after = _some(rng, cell.may_wait & (cell.room_after >= 0), n_after)
    fits = cell.may_wait & ~after & (cell.room_beside > ROOM_FOR_JOB)
    beside = _some(rng, fits, missing - n_after)
    kinds: Ints = np.select([cell.to_job, after, beside], [OUT, AFTER, BESIDE], -1)
    return kinds


def _draw_starts(
    rng: np.random.Generator,
    persons: Persons,
    cell: _Cell,
    kind: Ints,
    arm: int,
) -> Ints:
    """Draw on which day each first job starts."""
    place = rng.random(kind.size)
    part = LATEST_AFTER[arm] * place ** AFTER_POWER[arm]
    later = np.floor(part * np.maximum(cell.room_after, 1))
    soon = np.floor(place * LATEST_BESIDE * np.maximum(cell.room_beside, 1))
    after = cell.leaves + FAR_FROM_EXIT + later.astype(np.int64)
    beside = cell.enrolment + 2 + soon.astype(np.int64)
    out = _out_of_benefit(rng, persons, cell)
    starts: Ints = np.select([kind == OUT, kind == AFTER], [out, after], beside)
    return starts


def _out_of_benefit(rng: np.random.Generator, persons: Persons, cell: _Cell) -> Ints:
    """Draw when those who left for a job started it: at once, or about then.

    A job never lies on the other side of a published horizon than the exit.
    """
    gap = rng.integers(-LARGEST_GAP, LARGEST_GAP + 1, size=cell.person.size)
    gap[rng.random(cell.person.size) < SHARE_OUT_AT_ONCE] = 0
    start = cell.leaves + gap
    for months in HORIZONS:
        mark = _number(add_months(persons.benefit_start[cell.person], months))
        crosses = (start <= mark) != (cell.leaves <= mark)
        start = np.where(crosses | (np.abs(start - mark) <= 1), cell.leaves, start)
    start = np.maximum(start, cell.enrolment + 1)
    chosen: Ints = np.where(start > LAST_DAY, cell.leaves, start)
    return chosen


def _holders(
    rng: np.random.Generator, course: Course, cell: _Cell, kind: Ints, start: Ints
) -> Holders:
    """Gather those with a job, and what is drawn of their jobs."""
    rows = np.flatnonzero(kind >= 0)
    n = rows.size
    back_on = course.back_on[cell.person[rows]]
    returns = ~np.isnat(back_on)
    until = np.where(returns, course.back_until[cell.person[rows]], FOLLOW_UP_ENDS)
    return Holders(
        person=cell.person[rows],
        kind=kind[rows],
        enrolment=cell.enrolment[rows],
        leaves=cell.leaves[rows],
        back_on=np.where(returns, _number(back_on), LAST_DAY + 1),
        back_until=_number(np.minimum(until, FOLLOW_UP_ENDS)),
        start=start[rows],
        draw=rng.exponential(1.0, size=n),
        order=np.cumsum(rng.exponential(1.0, size=(n, MOST_NEXT)), axis=1),
        idle=rng.random(n),
        pieces=rng.random((n, 2 * MOST_NEXT + 1)) + 0.15,
        everyone=cell.person.size,
    )


def _some(rng: np.random.Generator, among: Bools, count: int) -> Bools:
    places = rng.permutation(np.flatnonzero(among))[:count]
    assert places.size == count  # noqa: S101 (there are far more than are asked for)
    chosen = np.zeros(among.size, dtype=np.bool_)
    chosen[places] = True
    return chosen


def _number(when: Days) -> Ints:
    """Return days as numbers since 1970."""
    number: Ints = when.astype("datetime64[D]").astype(np.int64)
    return number
