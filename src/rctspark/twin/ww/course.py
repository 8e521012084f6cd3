"""What became of each benefit: when persons left it, and where they went."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, FOREVER, add_months, days
from rctspark.twin.ww.persons import EXCLUDED, FEMALE, Role
from rctspark.twin.ww.streams import exactly, stream
from rctspark.twin.ww.targets import ARMS, HORIZONS, ExitShares

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Floats, Ints
    from rctspark.twin.ww.persons import Persons


class Destination(IntEnum):
    """Where a person went at the end of a benefit, as the agency registers it."""

    NOT_KNOWN = 0
    WORK = 1
    SELF_EMPLOYED = 2
    MAXIMUM_DURATION = 3
    SOCIAL_ASSISTANCE = 4
    SICKNESS = 5
    INACTIVE = 6
    OTHER = 7


@dataclass(frozen=True, slots=True)
class Course:
    """What became of each person's main benefit, one value per person.

    Attributes:
        end: Last day in benefit; `FOREVER`: has not ended; NaT: had none.
        to_job: Left for a job that payroll will show.
        destination: Registered destination (`Destination`).
    """

    end: Days
    to_job: Bools
    destination: Ints

    @property
    def has_left(self) -> Bools:
        """Whose benefit ended by the end of the follow-up."""
        left: Bools = self.end <= FOLLOW_UP_ENDS
        return left


# Months since benefit start between which the published shares tell who left. The
# last month stands for the end of the longest benefit that the follow-up can see.
STEPS = (3, *HORIZONS, 23)
LEFT_AFTER_LAST_STEP = 8.0
MONTH_MARGIN = 3
LAST_PLACE_IN_MONTH = 27
EARLIEST_END = 93
SHARE_SELF_EMPLOYED = 0.05
SMALLEST_TO_JOB = 0.03
OTHER_DESTINATIONS = np.array([0.05, 0.0, 0.0, 0.35, 0.10, 0.15, 0.25, 0.10])
EARLY_DESTINATIONS = np.array([0.05, 0.55, 0.03, 0.02, 0.05, 0.10, 0.10, 0.10])
SHARE_STAYING = 0.1


def draw_course(seed: int, part: int, persons: Persons) -> Course:
    """Draw when and where to each person leaves the main benefit.

    Of the enrolled, the published share of each arm and sex leaves by each horizon,
    to one person, and the published share of those for a job.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.

    Returns:
        One course per person.
    """
    rng = stream(seed, part, "course")
    n = persons.size
    end, to_job = _leave_anytime(rng, persons), np.zeros(n, dtype=np.bool_)
    for number, arm in enumerate(ARMS):
        for is_female, shares in ((False, arm.male), (True, arm.female)):
            among = np.flatnonzero(
                persons.is_enrolled
                & (persons.is_intensive == bool(number))
                & ((persons.sex == FEMALE) == is_female)
            )
            start = persons.benefit_start[among]
            end[among], to_job[among] = _leave_as_published(rng, start, shares)
    enrolled_left = persons.is_enrolled & (end <= FOLLOW_UP_ENDS)
    destination = _draw_destinations(rng, persons, end, to_job)
    course = Course(end=end, to_job=to_job, destination=destination)
    # Who sets up in business leaves for work without an employer to show it.
    in_business = to_job & (rng.random(n) < SHARE_SELF_EMPLOYED) & enrolled_left
    return replace(
        course,
        to_job=to_job & ~in_business,
        destination=np.where(in_business, Destination.SELF_EMPLOYED, destination),
    )


def _leave_as_published(
    rng: np.random.Generator, start: Days, shares: ExitShares
) -> tuple[Days, Bools]:
    """Spread a group over the months so that the published shares come out."""
    n = start.size
    left = np.array([0.0, *shares.exit, shares.exit[-1] + LEFT_AFTER_LAST_STEP])
    place = 100 * (rng.permutation(n) + 0.5) / n
    step = np.searchsorted(left, place, side="right") - 1
    stays = step >= len(STEPS) - 1
    step = np.minimum(step, len(STEPS) - 2)
    within = (place - left[step]) / (left[step + 1] - left[step])
    months = np.array(STEPS)[step] + within * np.diff(STEPS)[step]
    end = _inside_month(start, np.where(stays, 0.0, months))
    to_jobs = np.array([0.0, *shares.to_job])
    of_those_leaving = np.maximum(
        np.diff(to_jobs) / np.diff(left[:-1]), SMALLEST_TO_JOB
    )
    to_job = np.zeros(n, dtype=np.bool_)
    for number, share in enumerate([*of_those_leaving, SMALLEST_TO_JOB]):
        among = (step == number) & ~stays
        to_job |= exactly(rng, among, round(share * int(among.sum())))
    end[stays] = FOREVER
    return end, to_job


def _inside_month(start: Days, months: Floats) -> Days:
    """Return a day so many months after the start, never near a whole month."""
    whole = np.floor(months)
    width = LAST_PLACE_IN_MONTH - MONTH_MARGIN
    inside = MONTH_MARGIN + (months - whole) * width
    end = add_months(start, whole.astype(np.int64)) + days(inside)
    latest: Days = np.maximum(end, start + days(EARLIEST_END))
    return latest


def _leave_anytime(rng: np.random.Generator, persons: Persons) -> Days:
    """Draw ends for those who are not enrolled; no share of theirs is published."""
    length = 14 + days(rng.exponential(260, size=persons.size)).astype("int64")
    early = persons.of_role(Role.LEFT_EARLY)
    length = np.where(early, rng.integers(10, 86, size=persons.size), length)
    inside = persons.of_role(*EXCLUDED)
    length = np.where(inside, np.maximum(length, EARLIEST_END + 7), length)
    end = persons.benefit_start + days(length)
    return np.where(rng.random(persons.size) < SHARE_STAYING, _stay(end, early), end)


def _stay(end: Days, early: Bools) -> Days:
    forever: Days = np.where(early | np.isnat(end), end, FOREVER)
    return forever


def _draw_destinations(
    rng: np.random.Generator, persons: Persons, end: Days, to_job: Bools
) -> Ints:
    """Draw registered destinations; nine in ten of those who left for a job have it."""
    n = persons.size
    anything = rng.choice(8, size=n, p=OTHER_DESTINATIONS)
    others = rng.choice(8, size=n, p=EARLY_DESTINATIONS)
    work = rng.choice(
        [Destination.WORK, Destination.OTHER, Destination.NOT_KNOWN],
        size=n,
        p=[0.9, 0.06, 0.04],
    )
    destination = np.where(persons.is_enrolled, anything, others)
    destination = np.where(to_job, work, destination)
    runs: Ints = np.where(end <= FOLLOW_UP_ENDS, destination, Destination.NOT_KNOWN)
    return runs
