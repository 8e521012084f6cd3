"""Schemes and grounds that keep persons out of the experiment, and some that don't."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import NEVER, days
from rctspark.twin.ww.persons import ESF_OFFICES, MSD_OFFICE, Precision, Role
from rctspark.twin.ww.streams import exactly, stream

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days
    from rctspark.twin.ww.jobs import Jobs
    from rctspark.twin.ww.persons import Persons

# How many of the enrolled have something that looks like a ground for exclusion.
TRAINED_WHILE_YOUNG = 60
TRAINED_LATER = 40
IN_TRACK_ELSEWHERE = 30
IN_TRACK_LATER = 10
SET_UP_LATER = 50
DISMISSED_ELSEWHERE = 10
OLDER, YOUNGER = 55, 27


@dataclass(frozen=True, slots=True)
class Schemes:
    """What a person's benefit carries besides, one value per person.

    Attributes:
        wia_35_minus: Assessed as less than 35 per cent disabled.
        network_training_from: First day of the network training; NaT: none.
        esf_track_from: First day of the intensive ESF track; NaT: none.
        start_up_from: First day of the start-up period; NaT: none.
        dismissed_by_msd: Dismissed by the company MSD.
        partly_resumed_from: Day of partial resumption of work; NaT: none.
    """

    wia_35_minus: Bools
    network_training_from: Days
    esf_track_from: Days
    start_up_from: Days
    dismissed_by_msd: Bools
    partly_resumed_from: Days


def draw_schemes(seed: int, part: int, persons: Persons, jobs: Jobs) -> Schemes:
    """Draw the schemes of each person.

    Those excluded have theirs before the day of enrolment. Some of the enrolled have
    one that does not exclude: it began later, at another age, or at another office.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        jobs: Their jobs: one beside a benefit that goes on is partial resumption.

    Returns:
        One value per person.
    """
    rng = stream(seed, part, "schemes")
    enrolled = persons.is_enrolled & (persons.precision == Precision.DAY)
    in_esf_office = np.isin(persons.office, ESF_OFFICES)
    within = persons.benefit_start + days(rng.integers(20, 85, size=persons.size))
    later = persons.benefit_start + days(rng.integers(100, 300, size=persons.size))

    def begins(early: Bools, late: Bools) -> Days:
        dates: Days = np.where(early, within, np.where(late, later, NEVER))
        return dates

    trained_young = exactly(rng, enrolled & (persons.age < OLDER), TRAINED_WHILE_YOUNG)
    trained_later = exactly(rng, enrolled & (persons.age >= OLDER), TRAINED_LATER)
    young = enrolled & (persons.age < YOUNGER)
    track_elsewhere = exactly(rng, young & ~in_esf_office, IN_TRACK_ELSEWHERE)
    track_later = exactly(rng, young & in_esf_office, IN_TRACK_LATER)
    resumed = np.full(persons.size, NEVER)
    resumed[jobs.person[jobs.is_beside]] = jobs.start[jobs.is_beside]
    not_msd_office = enrolled & (persons.office != MSD_OFFICE)
    return Schemes(
        wia_35_minus=persons.of_role(Role.WIA_35_MINUS),
        network_training_from=begins(
            persons.of_role(Role.NETWORK_TRAINING) | trained_young, trained_later
        ),
        esf_track_from=begins(
            persons.of_role(Role.ESF_TRACK) | track_elsewhere, track_later
        ),
        start_up_from=begins(
            persons.of_role(Role.START_UP_PERIOD), exactly(rng, enrolled, SET_UP_LATER)
        ),
        dismissed_by_msd=persons.of_role(Role.DISMISSED_BY_MSD)
        | exactly(rng, not_msd_office, DISMISSED_ELSEWHERE),
        partly_resumed_from=resumed,
    )
