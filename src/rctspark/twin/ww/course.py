"""What became of each benefit: when persons left it, where they went, who came back."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import (
    FOLLOW_UP_ENDS,
    FOREVER,
    NEVER,
    days,
)
from rctspark.twin.ww.exit_days import draw_exits
from rctspark.twin.ww.persons import EXCLUDED, Role
from rctspark.twin.ww.streams import stream

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
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
        back_on: First day of a new benefit of an enrolled person; NaT: none.
        back_until: Its last day; `FOREVER`: has not ended.
    """

    end: Days
    to_job: Bools
    destination: Ints
    back_on: Days
    back_until: Days

    @property
    def has_left(self) -> Bools:
        """Whose benefit ended by the end of the follow-up."""
        left: Bools = self.end <= FOLLOW_UP_ENDS
        return left


EARLIEST_END = 93
SHARE_SELF_EMPLOYED = 0.05
OTHER_DESTINATIONS = np.array([0.05, 0.06, 0.0, 0.31, 0.10, 0.15, 0.23, 0.10])
EARLY_DESTINATIONS = np.array([0.05, 0.55, 0.03, 0.02, 0.05, 0.10, 0.10, 0.10])
SHARE_STAYING = 0.1
ONE_YEAR = (364, 379)
SHARE_AT_MAXIMUM = 0.7


def draw_course(seed: int, part: int, persons: Persons) -> Course:
    """Draw when and where to each person leaves the main benefit.

    Of the enrolled, each arm and sex leaves as `leaving` and `exit_days` have it.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.

    Returns:
        One course per person.
    """
    rng = stream(seed, part, "course")
    exits = draw_exits(rng, persons)
    end = np.where(persons.is_enrolled, exits.end, _leave_anytime(rng, persons))
    # Who sets up in business leaves for work without an employer to show it.
    in_business = exits.to_job & (rng.random(persons.size) < SHARE_SELF_EMPLOYED)
    destination = _draw_destinations(rng, persons, end, exits.to_job)
    return Course(
        end=end,
        to_job=exits.to_job & ~in_business,
        destination=np.where(in_business, Destination.SELF_EMPLOYED, destination),
        back_on=exits.back_on,
        back_until=exits.back_until,
    )


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
    """Draw registered destinations.

    Nine in ten of those who left for a job have it, and a few who did not; most of
    those who leave just after a year are at the maximum of their benefit.
    """
    n = persons.size
    anything = rng.choice(8, size=n, p=OTHER_DESTINATIONS)
    others = rng.choice(8, size=n, p=EARLY_DESTINATIONS)
    work = rng.choice(
        [Destination.WORK, Destination.OTHER, Destination.NOT_KNOWN],
        size=n,
        p=[0.9, 0.06, 0.04],
    )
    lasted = (np.where(np.isnat(end), NEVER, end) - persons.benefit_start).astype(int)
    after_a_year = (lasted >= ONE_YEAR[0]) & (lasted <= ONE_YEAR[1])
    at_maximum = after_a_year & (rng.random(n) < SHARE_AT_MAXIMUM)
    anything = np.where(at_maximum, Destination.MAXIMUM_DURATION, anything)
    destination = np.where(persons.is_enrolled, anything, others)
    destination = np.where(to_job, work, destination)
    runs: Ints = np.where(end <= FOLLOW_UP_ENDS, destination, Destination.NOT_KNOWN)
    return runs
