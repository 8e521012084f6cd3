"""On which day each enrolled person leaves the benefit, and comes back into it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, cast

import numpy as np

from rctspark.twin.ww.calendar import (
    CLOCK_DAYS,
    FOLLOW_UP_ENDS,
    FOREVER,
    NEVER,
    add_months,
    days,
    shifted,
)
from rctspark.twin.ww.leaving import (
    EARLY,
    MARKS,
    OPEN_END,
    UNKNOWN_LEAVES,
    planned_leaving,
    sizes_by_sex,
)
from rctspark.twin.ww.persons import FEMALE, LAST_START, MALE, UNKNOWN_SEX
from rctspark.twin.ww.published import EXITS, TIME
from rctspark.twin.ww.rounding import choose_means, printed
from rctspark.twin.ww.streams import exactly
from rctspark.twin.ww.targets import ARMS, ROUND_DAYS
from rctspark.twin.ww.tuning import tuned

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Floats, Ints
    from rctspark.twin.ww.persons import Persons


@dataclass(frozen=True, slots=True)
class Exits:
    """What became of the enrolled, one value per person; others: stay, no job.

    Attributes:
        end: Last day in benefit; `FOREVER`: has not ended.
        to_job: Left for a job, or to set up in business.
        back_on: First day of a new benefit; NaT: none.
        back_until: Its last day.
    """

    end: Days
    to_job: Bools
    back_on: Days
    back_until: Days


@dataclass(frozen=True, slots=True)
class _Stretches:
    """The stretch in which each person leaves, in days since the start.

    Attributes:
        start: First day of the benefit.
        number: Number of the stretch; -1: stays.
        low: First day on which the person may leave.
        high: Last such day.
        months: Days of the whole months 4 to 22 since the start.
        length: Day of leaving of those who leave after the last mark.
    """

    start: Days
    number: Ints
    low: Ints
    high: Ints
    months: Ints
    length: Ints

    def taken(self, rows: Ints) -> _Stretches:
        """Return some of the persons."""
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )

    def end_at(self, place: Floats) -> Days:
        """Return the last day in benefit at places between 0 and 1 of the stretch."""
        width = self.high - self.low + 1
        offset = self.low + np.floor(place * width).astype(np.int64)
        is_last = self.number == OPEN_END
        offset = np.where(is_last, self.length, offset)
        high = np.where(is_last, self.length + 31, self.high)
        offset = _off_month_marks(self.months, offset, self.low, high)
        end = shifted(self.start, offset - 1)
        stays = (self.number < 0) | (end > FOLLOW_UP_ENDS - days(LEFT_BEFORE_END))
        return np.where(stays, FOREVER, end)


COLUMNS = ("basic_pct", "intensive_pct", "net_effect_pp")
FIRST_EXIT = 94
MONTH_MARGIN = 3
LEFT_BEFORE_END = 3
LEAVING_PER_DAY = 0.0014
"""Chance per day to leave after the last mark at which shares are published."""
TO_JOB_AT_LAST = 0.2
UNKNOWN_EXIT = 340
LATEST_TO_COME_BACK = 4
"""Last stretch of leaving from which persons come back into benefit."""
GAP_BEFORE_BACK = (30, 150)
FIRST_BACK = LAST_START + np.timedelta64(8, "D")
LAST_BACK = FOLLOW_UP_ENDS - np.timedelta64(12, "D")
MEAN_BACK = 100
BENDING = (0.15, 6.0)
NEAR_ENOUGH = 1e-4


def draw_exits(rng: np.random.Generator, persons: Persons) -> Exits:
    """Draw the days on which the enrolled leave and come back.

    How many leave in each stretch is planned (`leaving`). Within the stretches the
    days are bent together, earlier or later, until the mean share of time in benefit
    of each sex and arm is the one behind the published figures.

    Args:
        rng: Random numbers.
        persons: The persons.

    Returns:
        One value per person.
    """
    stretch, to_job = _draw_stretches(rng, persons)
    place = rng.random(persons.size)
    length = _days_after_last_mark(rng, persons)
    stretches = _stretches_of(persons, stretch, length)
    end = stretches.end_at(place)
    back_on, back_until = _come_back(rng, persons, stretch, end)
    again = _days_until_end(back_on, back_until)
    aims = benefit_shares()
    for arm in range(2):
        for sex, code in enumerate((MALE, FEMALE)):
            cell = np.flatnonzero(in_arm(persons, arm) & (persons.sex == code))
            # Who comes back does so a number of days after an end that stays.
            moves = np.isnat(back_on[cell])
            end[cell] = _bent(
                stretches.taken(cell),
                np.where(moves, place[cell], 0.0),
                np.where(moves, NEVER, end[cell]),
                again[cell],
                aims[sex, arm] / 100,
            )
    late = stretch == OPEN_END
    left = end <= FOLLOW_UP_ENDS
    to_job |= late & left & (rng.random(persons.size) < TO_JOB_AT_LAST)
    return Exits(end, to_job & left, back_on, back_until)


def _bent(
    stretches: _Stretches, place: Floats, fixed: Days, again: Ints, aim: float
) -> Days:
    """Bend the days of one sex in one arm until the mean share of time is right."""
    enrolment = stretches.start + days(CLOCK_DAYS)
    window = (FOLLOW_UP_ENDS - enrolment).astype(np.int64) + 1

    def ends(bend: float) -> Days:
        return np.where(np.isnat(fixed), stretches.end_at(place**bend), fixed)

    def share(bend: float) -> float:
        held = (np.minimum(ends(bend), FOLLOW_UP_ENDS) - enrolment).astype(np.int64)
        return float(((held + 1 + again) / window).mean())

    bend = tuned(
        share,
        aim,
        low=BENDING[0],
        high=BENDING[1],
        within=NEAR_ENOUGH,
        what="the share of time in benefit",
    )
    return ends(bend)


def in_arm(persons: Persons, arm: int) -> Bools:
    """Say who is enrolled in an arm."""
    inside: Bools = persons.is_enrolled & (persons.is_intensive == bool(arm))
    return inside


def benefit_shares() -> Floats:
    """Return the mean share of time in benefit of each sex and arm, in per cent."""
    sizes = sizes_by_sex()
    totals = sizes.sum(axis=0)
    # Who is of unknown sex stays all the time, but for one who leaves late.
    others = [
        100 * (sizes[2, arm] - 0.5 * UNKNOWN_LEAVES[arm]) / totals[arm]
        for arm in range(2)
    ]
    return choose_means(
        sizes[:2] / totals,
        printed(TIME, COLUMNS, state="benefit"),
        unit=0.1,
        others=others,
    )


def _draw_stretches(rng: np.random.Generator, persons: Persons) -> tuple[Ints, Bools]:
    """Give every enrolled person a stretch to leave in, as planned; -1: stays."""
    stretch = np.full(persons.size, -1)
    to_job = np.zeros(persons.size, dtype=np.bool_)
    is_early = add_months(_start_or_end(persons), 15) <= FOLLOW_UP_ENDS
    for (arm, sex, early), plan in planned_leaving().items():
        among = in_arm(persons, arm) & (persons.sex == (MALE, FEMALE)[sex])
        who = rng.permutation(np.flatnonzero(among & (is_early == early)))
        if early:
            assert who.size == EARLY[sex, arm]  # noqa: S101 (as persons were drawn)
        first = 0
        for number, (gone, found) in enumerate(
            zip(plan.exits, plan.to_job, strict=True)
        ):
            leaving = who[first : first + gone]
            stretch[leaving] = number
            to_job[leaving[:found]] = True
            first += gone
        stretch[who[first:]] = OPEN_END
    for arm, count in enumerate(UNKNOWN_LEAVES):
        unknown = np.flatnonzero(in_arm(persons, arm) & (persons.sex == UNKNOWN_SEX))
        stretch[unknown[:count]] = MARKS.index(12)
    return stretch, to_job


def _stretches_of(persons: Persons, stretch: Ints, length: Ints) -> _Stretches:
    start = _start_or_end(persons)
    edges = _edges(start)
    inside = np.clip(stretch, 0, len(MARKS) - 1)
    who = np.arange(persons.size)
    months = [(add_months(start, n) - start).astype(np.int64) for n in range(4, 23)]
    is_unknown = persons.sex == UNKNOWN_SEX
    low, high = edges[who, inside, 0], edges[who, inside, 1]
    return _Stretches(
        start=start,
        number=stretch,
        low=np.where(is_unknown, UNKNOWN_EXIT, low),
        high=np.where(is_unknown, UNKNOWN_EXIT, high),
        months=np.array(months).T,
        length=length,
    )


def _edges(start: Days) -> Ints:
    """Return the first and last exit day of each stretch, in days since the start."""
    edges = np.zeros((start.size, len(MARKS), 2), dtype=np.int64)
    first = np.full(start.size, FIRST_EXIT)
    for number, mark in enumerate(MARKS):
        if isinstance(mark, int):
            day = (add_months(start, mark) - start).astype(np.int64)
            last, next_first = day - MONTH_MARGIN, day + MONTH_MARGIN + 1
        else:
            day = np.full(start.size, ROUND_DAYS[mark.removeprefix("due")].due_on)
            last, next_first = day, day + 1
        edges[:, number, 0], edges[:, number, 1] = first, last
        first = next_first
    return edges


def _off_month_marks(months: Ints, offset: Ints, low: Ints, high: Ints) -> Ints:
    """Move exits off whole months, so that none is decided by a single day."""
    for mark in months.T:
        is_near = np.abs(offset - 1 - mark) < MONTH_MARGIN
        up, down = mark + MONTH_MARGIN + 1, mark - MONTH_MARGIN + 1
        moved = np.where(up <= high, up, np.maximum(down, low))
        offset = np.where(is_near, moved, offset)
    return offset


def _days_after_last_mark(rng: np.random.Generator, persons: Persons) -> Ints:
    """Return on which day those leave who are there at the last mark."""
    start = _start_or_end(persons)
    mark = add_months(start, 15)
    after = (mark - start).astype(np.int64) + MONTH_MARGIN + 1
    first = np.where(mark <= FOLLOW_UP_ENDS, after, ROUND_DAYS["12"].due_on + 1)
    more = rng.exponential(1 / LEAVING_PER_DAY, size=persons.size)
    length: Ints = first + more.astype(np.int64)
    return length


def _come_back(
    rng: np.random.Generator, persons: Persons, stretch: Ints, end: Days
) -> tuple[Days, Days]:
    """Let as many of each arm as published come back, more than 28 days after."""
    back_on = np.full(persons.size, NEVER)
    back_until = np.full(persons.size, NEVER)
    wanted = printed(EXITS, COLUMNS, outcome="reentry")["all"]
    gap = rng.integers(*GAP_BEFORE_BACK, size=persons.size)
    begins = np.maximum(end + days(gap), FIRST_BACK)
    more = np.minimum(20 + rng.exponential(MEAN_BACK, size=persons.size), 5000)
    for arm, share in enumerate(wanted.arms):
        fits = (stretch >= 0) & (stretch <= LATEST_TO_COME_BACK) & in_arm(persons, arm)
        fits &= (persons.sex != UNKNOWN_SEX) & (begins <= LAST_BACK)
        who = exactly(rng, fits, round(share * ARMS[arm].persons / 100))
        back_on[who] = begins[who]
        back_until[who] = cast("Days", begins + days(more))[who]
    return back_on, back_until


def _days_until_end(first: Days, last: Days) -> Ints:
    """Return days of a stretch in the follow-up; none: 0."""
    is_there = ~np.isnat(first)
    until = np.minimum(np.where(is_there, last, FOLLOW_UP_ENDS), FOLLOW_UP_ENDS)
    length = (until - np.where(is_there, first, FOLLOW_UP_ENDS)).astype(np.int64) + 1
    held: Ints = np.where(is_there, length, 0)
    return held


def _start_or_end(persons: Persons) -> Days:
    """Return each enrolled person's benefit start; others: the last possible."""
    start: Days = np.where(persons.is_enrolled, persons.benefit_start, LAST_START)
    return start
