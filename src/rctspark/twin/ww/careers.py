"""Jobs of the enrolled after enrolment: beside the benefit, out of it, after it.

Three kinds of persons have one. Some take a part-time job beside their benefit and keep
the benefit (partial resumption). Some leave for a job. Some find one long after they
left for something else. Those who left may have further jobs, one after another.
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
from rctspark.twin.ww.targets import HORIZONS
from rctspark.twin.ww.tuning import tuned

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.holders import JobAims
    from rctspark.twin.ww.persons import Persons

BESIDE, OUT, AFTER = 0, 1, 2
SHARE_BESIDE = 0.7
"""Of those with a job who did not leave for one: who have it beside the benefit."""
SHARE_OUT_AT_ONCE = 0.7
LARGEST_GAP = 24
FAR_FROM_EXIT = 37
ROOM_FOR_JOB = 40
ROOM_FOR_NEXT = 26
MOST_NEXT = 5
SHORTEST = 5
ROUNDS_OF_TUNING = 3
FINE = 5e-5
FINE_DAYS = 0.01


@dataclass(frozen=True, slots=True)
class Careers:
    """Jobs after enrolment, one value per job, in the order of persons and days.

    Attributes:
        person: Place of the person.
        start: First day, in days since 1970.
        end: Last day in the follow-up.
        is_first: Whether it is the person's first one.
        is_beside: Whether it began beside a benefit that went on.
    """

    person: Ints
    start: Ints
    end: Ints
    is_first: Bools
    is_beside: Bools


@dataclass(slots=True)
class _Group:
    """Those with a job of one sex in one arm, one value per person."""

    person: Ints
    kind: Ints
    enrolment: Ints
    leaves: Ints
    back_on: Ints
    back_until: Ints
    start: Ints
    draw: Ints
    order: Ints
    gaps: Ints
    parts: Ints
    extra: int
    everyone: int

    @property
    def room(self) -> Ints:
        return _LAST - self.start + 1

    @property
    def window(self) -> Ints:
        return _LAST - self.enrolment + 1


_LAST = int(FOLLOW_UP_ENDS.astype(np.int64))
_NEVER = np.iinfo(np.int64).max // 4


def draw_careers(rng: np.random.Generator, persons: Persons, course: Course) -> Careers:
    """Draw the jobs after enrolment, such that published means come out.

    Args:
        rng: Random numbers.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Jobs of the enrolled that began after the day of enrolment.
    """
    parts = []
    for (arm, sex), aims in job_aims().items():
        cell = in_arm(persons, arm) & (persons.sex == (MALE, FEMALE)[sex])
        group = _draw_group(rng, persons, course, np.flatnonzero(cell), aims)
        parts.append(_tuned_jobs(group, aims))
    person, start, end, is_first, is_beside = (
        np.concatenate(column) for column in zip(*parts, strict=True)
    )
    order = np.lexsort((start, person))
    return Careers(
        person[order], start[order], end[order], is_first[order], is_beside[order]
    )


def _draw_group(
    rng: np.random.Generator,
    persons: Persons,
    course: Course,
    cell: Ints,
    aims: JobAims,
) -> _Group:
    """Choose who has a job, of which kind, and when the first one starts."""
    enrolment = persons.enrolment[cell].astype("datetime64[D]").astype(np.int64)
    end = course.end[cell].astype(np.int64)
    has_left = course.has_left[cell]
    leaves = np.where(has_left, end + 1, _NEVER)
    to_job = course.to_job[cell]
    missing = aims.holders - int(to_job.sum())
    alone = course.destination[cell] == Destination.SELF_EMPLOYED
    returns = ~np.isnat(course.back_on[cell])
    can_wait = ~to_job & ~alone & ~returns
    after = _some(
        rng,
        can_wait & has_left & (leaves + FAR_FROM_EXIT + ROOM_FOR_JOB <= _LAST),
        round((1 - SHARE_BESIDE) * missing),
    )
    stays = np.minimum(leaves, _LAST) - enrolment
    beside = _some(
        rng,
        can_wait & ~after & (stays > FAR_FROM_EXIT + ROOM_FOR_JOB),
        missing - int(after.sum()),
    )
    kind = np.select([to_job, after, beside], [OUT, AFTER, BESIDE], -1)
    holds = np.flatnonzero(kind >= 0)
    n = holds.size
    start = np.select(
        [kind[holds] == OUT, kind[holds] == AFTER],
        [
            _out_of_benefit(rng, persons, cell[holds], leaves[holds]),
            leaves[holds]
            + FAR_FROM_EXIT
            + np.floor(
                rng.random(n)
                * np.maximum(_LAST - leaves[holds] - FAR_FROM_EXIT - ROOM_FOR_JOB, 1)
                * 0.35
            ),
        ],
        enrolment[holds]
        + 2
        + np.floor(rng.random(n) * (stays[holds] - FAR_FROM_EXIT - 2) * 0.8),
    ).astype(np.int64)
    back_on = course.back_on[cell][holds]
    here = ~np.isnat(back_on)
    until = np.where(here, course.back_until[cell][holds], FOLLOW_UP_ENDS)
    return _Group(
        person=cell[holds],
        kind=kind[holds],
        enrolment=enrolment[holds],
        leaves=leaves[holds],
        back_on=np.where(here, back_on, FOLLOW_UP_ENDS).astype(np.int64) + ~here,
        back_until=np.minimum(until, FOLLOW_UP_ENDS).astype(np.int64),
        start=start,
        draw=rng.exponential(1.0, size=n),
        order=np.cumsum(rng.exponential(1.0, size=(n, MOST_NEXT)), axis=1),
        gaps=rng.random(n),
        parts=rng.random((n, 2 * MOST_NEXT + 1)) + 0.15,
        extra=round((aims.jobs_each - 1) * aims.holders),
        everyone=cell.size,
    )


def _out_of_benefit(
    rng: np.random.Generator, persons: Persons, who: Ints, leaves: Ints
) -> Ints:
    """Draw when those who left for a job started it: at once, or about then.

    A job never lies on the other side of a published horizon than the exit.
    """
    gap = rng.integers(-LARGEST_GAP, LARGEST_GAP + 1, size=who.size)
    gap[rng.random(who.size) < SHARE_OUT_AT_ONCE] = 0
    start = leaves + gap
    for months in HORIZONS:
        mark = add_months(persons.benefit_start[who], months).astype(np.int64)
        crosses = ((start <= mark) != (leaves <= mark)) | (np.abs(start - mark) <= 1)
        start = np.where(crosses, leaves, start)
    enrolment = persons.enrolment[who].astype("datetime64[D]").astype(np.int64)
    start = np.maximum(start, enrolment + 1)
    is_late = start > _LAST
    chosen: Ints = np.where(is_late, leaves, start)
    return chosen


def _some(rng: np.random.Generator, among: Bools, count: int) -> Bools:
    places = rng.permutation(np.flatnonzero(among))[:count]
    assert places.size == count  # noqa: S101 (there are far more than are asked for)
    chosen = np.zeros(among.size, dtype=np.bool_)
    chosen[places] = True
    return chosen


def _tuned_jobs(group: _Group, aims: JobAims) -> tuple[Ints, ...]:
    """Stretch the jobs until days beside the benefit, alone, and of the first fit."""
    stretch = {"beside": 150.0, "first": 150.0, "cover": 0.0}

    def tune(name: str, measure: int, aim: float, ends: tuple[float, float]) -> None:
        def value(x: float) -> float:
            return _measures(group, {**stretch, name: x})[measure]

        stretch[name] = tuned(
            value,
            aim,
            low=ends[0],
            high=ends[1],
            within=FINE_DAYS if name == "first" else FINE,
            what=f"jobs ({name})",
        )

    for _ in range(ROUNDS_OF_TUNING):
        tune("beside", 0, aims.share_beside, (1.0, 4000.0))
        tune("first", 1, aims.first_days, (1.0, 4000.0))
        tune("cover", 2, aims.share_only, (-4.0, 4.0))
    return _jobs_of(group, stretch)


def _jobs_of(group: _Group, stretch: dict[str, float]) -> tuple[Ints, ...]:
    """Return person, start, end, is_first and is_beside of every job."""
    is_beside = group.kind == BESIDE
    scale = np.where(is_beside, stretch["beside"], stretch["first"])
    length = np.minimum(SHORTEST + np.floor(scale * group.draw), group.room)
    end = group.start + length.astype(np.int64) - 1
    left = _LAST - end
    most = np.where(is_beside, 0, np.clip(left // ROOM_FOR_NEXT, 0, MOST_NEXT))
    slots = np.where(
        np.arange(MOST_NEXT) < most[:, None], group.order / (left[:, None] + 1), np.inf
    ).ravel()
    chosen = np.zeros(slots.size, dtype=np.bool_)
    chosen[np.argsort(slots, kind="stable")[: group.extra]] = True
    chosen &= np.isfinite(slots)
    count = chosen.reshape(-1, MOST_NEXT).sum(axis=1)
    starts, ends, owner = [group.start], [end], [np.arange(group.person.size)]
    for n in range(1, MOST_NEXT + 1):
        rows = np.flatnonzero(count == n)
        first, last = _in_a_row(group, rows, end[rows], n, stretch["cover"])
        starts.append(first.ravel())
        ends.append(last.ravel())
        owner.append(np.repeat(rows, n))
    row = np.concatenate(owner)
    is_first = np.arange(row.size) < group.person.size
    return (
        group.person[row],
        np.concatenate(starts),
        np.concatenate(ends),
        is_first,
        is_beside[row],
    )


def _in_a_row(
    group: _Group, rows: Ints, end: Ints, count: int, cover: float
) -> tuple[Ints, Ints]:
    """Lay `count` jobs one after another between a first job and the follow-up's end.

    `cover` says how much of the time is left free between and after them.
    """
    room = _LAST - end
    free = group.gaps[rows] ** np.exp(cover)
    least = count * (SHORTEST + 1)
    idle = np.floor(free * (room - least)).astype(np.int64)
    pieces = group.parts[rows]
    gaps = _shared_out(pieces[:, : count + 1], idle) + (np.arange(count + 1) < count)
    work = room - gaps.sum(axis=1) - count * SHORTEST
    lengths = _shared_out(pieces[:, count + 1 : 2 * count + 1], work) + SHORTEST
    before = np.cumsum(gaps[:, :count], axis=1)
    done = np.cumsum(lengths, axis=1)
    start = end[:, None] + before + done - lengths + 1
    return start, start + lengths - 1


def _shared_out(pieces: Ints, total: Ints) -> Ints:
    """Share whole days out in the proportions of the pieces."""
    upto = np.cumsum(pieces, axis=1) / pieces.sum(axis=1, keepdims=True)
    marks = np.rint(upto * total[:, None]).astype(np.int64)
    shared: Ints = np.diff(marks, axis=1, prepend=0)
    return shared


def _measures(group: _Group, stretch: dict[str, float]) -> tuple[float, float, float]:
    """Return the shares of time beside benefit, first job's days, share without."""
    person, start, end, is_first, _ = _jobs_of(group, stretch)
    row = np.searchsorted(group.person, person)
    begins = np.maximum(start, group.enrolment[row])
    length = np.maximum(end - begins + 1, 0)
    paid = np.maximum(np.minimum(end, group.leaves[row] - 1) - begins + 1, 0)
    again = np.minimum(end, group.back_until[row]) - np.maximum(
        begins, group.back_on[row]
    )
    paid = paid + np.maximum(again + 1, 0)
    window = group.window[row]
    return (
        float((paid / window).sum() / group.everyone),
        float((end - start + 1)[is_first].mean()),
        float(((length - paid) / window).sum() / group.everyone),
    )
