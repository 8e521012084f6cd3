"""How long the jobs after enrolment last, and which follow one another."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS
from rctspark.twin.ww.tuning import tuned

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Bools, Floats, Ints
    from rctspark.twin.ww.holders import JobAims

BESIDE, OUT, AFTER = 0, 1, 2
"""Kinds of first jobs: beside the benefit, out of it, long after it."""
LAST_DAY = int(FOLLOW_UP_ENDS.astype(np.int64))
ROOM_FOR_NEXT = 26
MOST_NEXT = 5
SHORTEST = 5
ROUNDS_OF_TUNING = 3
FINE_SHARE, FINE_DAYS = 5e-5, 0.01
AT_FIRST = {"beside": 150.0, "first": 150.0, "idle": 0.0}
SEARCH = {"beside": (1.0, 4000.0), "first": (1.0, 4000.0), "idle": (-4.0, 4.0)}
"""Mean days of jobs beside the benefit, of other first jobs; how much of the time after
the first job is left free (a power)."""


@dataclass(frozen=True, slots=True)
class Stints:
    """Jobs after enrolment, one value per job.

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

    def taken(self, rows: Ints) -> Stints:
        """Return some of the jobs."""
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )

    def joined(self, others: Sequence[Stints]) -> Stints:
        """Return these jobs and others."""
        return Stints(
            **{
                f.name: np.concatenate([getattr(s, f.name) for s in (self, *others)])
                for f in fields(Stints)
            }
        )


@dataclass(frozen=True, slots=True)
class Holders:
    """Those with a job of one sex in one arm, one value per person.

    Attributes:
        person: Place of the person, in order.
        kind: Kind of the first job.
        enrolment: Day of enrolment, in days since 1970 like all days here.
        leaves: First day without benefit.
        back_on: First day of a new benefit; the day after the last one: none.
        back_until: Its last day.
        start: First day of the first job.
        draw: Length of the first job, with mean 1.
        order: Turn of each further job when they are handed out, rising by person.
        idle: How much of the time after the first job is left free, between 0 and 1.
        pieces: In what proportions free days and further jobs are shared out.
        everyone: Persons of that sex in the arm, with a job or without.
    """

    person: Ints
    kind: Ints
    enrolment: Ints
    leaves: Ints
    back_on: Ints
    back_until: Ints
    start: Ints
    draw: Floats
    order: Floats
    idle: Floats
    pieces: Floats
    everyone: int


def tuned_stints(holders: Holders, aims: JobAims) -> Stints:
    """Stretch the jobs until days beside the benefit, alone, and of the first fit.

    Args:
        holders: Those with a job.
        aims: What their jobs come to.

    Returns:
        Their jobs; those of one person don't overlap.
    """
    extra = round((aims.jobs_each - 1) * aims.holders)
    wanted = {
        "beside": (0, aims.share_beside, FINE_SHARE),
        "first": (1, aims.first_days, FINE_DAYS),
        "idle": (2, aims.share_only, FINE_SHARE),
    }
    stretch = dict(AT_FIRST)
    for _ in range(ROUNDS_OF_TUNING):
        for name, (place, aim, within) in wanted.items():

            def measure(value: float, name: str = name, place: int = place) -> float:
                stints = _stints_of(holders, {**stretch, name: value}, extra)
                return _measures(holders, stints)[place]

            low, high = SEARCH[name]
            stretch[name] = tuned(
                measure, aim, low=low, high=high, within=within, what=f"jobs ({name})"
            )
    return _stints_of(holders, stretch, extra)


def _stints_of(holders: Holders, stretch: dict[str, float], extra: int) -> Stints:
    """Lay every job on its days."""
    is_beside = holders.kind == BESIDE
    scale = np.where(is_beside, stretch["beside"], stretch["first"])
    length = SHORTEST + np.floor(scale * holders.draw).astype(np.int64)
    end = np.minimum(holders.start + length - 1, LAST_DAY)
    count = _hand_out(holders, LAST_DAY - end, extra)
    starts, ends = [holders.start], [end]
    owner = [np.arange(holders.person.size)]
    for n in range(1, MOST_NEXT + 1):
        rows = np.flatnonzero(count == n)
        first, last = _in_a_row(holders, rows, end[rows], n, stretch["idle"])
        starts.append(first.ravel())
        ends.append(last.ravel())
        owner.append(np.repeat(rows, n))
    row = np.concatenate(owner)
    return Stints(
        person=holders.person[row],
        start=np.concatenate(starts),
        end=np.concatenate(ends),
        is_first=np.arange(row.size) < holders.person.size,
        is_beside=is_beside[row],
    )


def _hand_out(holders: Holders, left: Ints, extra: int) -> Ints:
    """Return how many further jobs each person has: rather those with much time."""
    most = np.clip(left // ROOM_FOR_NEXT, 0, MOST_NEXT)
    most = np.where(holders.kind == BESIDE, 0, most)
    turns = holders.order / (left[:, None] + 1)
    slots = np.where(np.arange(MOST_NEXT) < most[:, None], turns, np.inf).ravel()
    chosen = np.zeros(slots.size, dtype=np.bool_)
    chosen[np.argsort(slots, kind="stable")[:extra]] = True
    chosen &= np.isfinite(slots)
    count: Ints = chosen.reshape(-1, MOST_NEXT).sum(axis=1)
    return count


def _in_a_row(
    holders: Holders, rows: Ints, end: Ints, count: int, idle: float
) -> tuple[Ints, Ints]:
    """Lay `count` jobs one after another between a first job and the follow-up's end.

    Free days lie between the jobs and after the last one.
    """
    room = LAST_DAY - end
    free = holders.idle[rows] ** np.exp(idle)
    least = count * (SHORTEST + 1)
    days_free = np.floor(free * (room - least)).astype(np.int64)
    pieces = holders.pieces[rows]
    gaps = _shared_out(pieces[:, : count + 1], days_free)
    gaps += np.arange(count + 1) < count
    work = room - gaps.sum(axis=1) - count * SHORTEST
    lengths = _shared_out(pieces[:, count + 1 : 2 * count + 1], work) + SHORTEST
    done = np.cumsum(lengths, axis=1)
    start = end[:, None] + np.cumsum(gaps[:, :count], axis=1) + done - lengths + 1
    return start, start + lengths - 1


def _shared_out(pieces: Floats, total: Ints) -> Ints:
    """Share whole days out in the proportions of the pieces."""
    upto = np.cumsum(pieces, axis=1) / pieces.sum(axis=1, keepdims=True)
    marks = np.rint(upto * total[:, None]).astype(np.int64)
    shared: Ints = np.diff(marks, axis=1, prepend=0)
    return shared


def _measures(holders: Holders, stints: Stints) -> tuple[float, float, float]:
    """Return the share of time beside benefit, first job's days, share without it."""
    row = np.searchsorted(holders.person, stints.person)
    start, end = stints.start, stints.end
    length = end - start + 1
    paid = np.maximum(np.minimum(end, holders.leaves[row] - 1) - start + 1, 0)
    again = np.minimum(end, holders.back_until[row])
    again = again - np.maximum(start, holders.back_on[row]) + 1
    paid = paid + np.maximum(again, 0)
    window = (LAST_DAY - holders.enrolment + 1)[row]
    return (
        float((paid / window).sum() / holders.everyone),
        float(length[stints.is_first].mean()),
        float(((length - paid) / window).sum() / holders.everyone),
    )
