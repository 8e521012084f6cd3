"""Weekly lists: who is in the tenth week of benefit, and in which arm."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import day, days
from rctspark.twin.ww.persons import EXCLUDED, Role
from rctspark.twin.ww.streams import exactly, stream
from rctspark.twin.ww.targets import RECORDED_ARM_ERRORS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons

TENTH_WEEK = 63
"""Days since benefit start at which the tenth week begins."""
FIRST_LIST = day("2012-07-02")
"""The Monday after the first person of the experiment came into the tenth week."""


@dataclass(frozen=True, slots=True)
class Listings:
    """Entries on the lists, one value per person listed.

    Attributes:
        person: Place of the person.
        listed_on: Monday of the list.
        is_intensive: Arm as the office recorded it.
        is_error: Whether that is not the arm that the last digit gives.
    """

    person: Ints
    listed_on: Days
    is_intensive: Bools
    is_error: Bools

    @property
    def size(self) -> int:
        """Number of entries."""
        return int(self.person.size)


def draw_listings(seed: int, part: int, persons: Persons, course: Course) -> Listings:
    """Write everyone in the tenth week at the six offices on the list of that week.

    WIA 35-minus is filtered out before; the other grounds for exclusion are known at
    the office only, so those persons are listed. Thirty arms are recorded wrongly.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.

    Returns:
        One entry per person listed, in the order of lists and persons.
    """
    rng = stream(seed, part, "lists")
    at_offices = [Role.ENROLLED, Role.LEFT_EARLY, *EXCLUDED]
    at_offices.remove(Role.WIA_35_MINUS)
    in_tenth_week = persons.benefit_start + days(TENTH_WEEK)
    is_listed = persons.of_role(*at_offices) & (course.end >= in_tenth_week)
    wrong = exactly(rng, persons.is_enrolled, RECORDED_ARM_ERRORS)
    who = np.flatnonzero(is_listed)
    weeks = (in_tenth_week[who] - FIRST_LIST).astype(np.int64) // 7 + 1
    listed_on = FIRST_LIST + days(7 * weeks)
    order = np.lexsort((who, listed_on))
    who = who[order]
    return Listings(
        person=who,
        listed_on=listed_on[order],
        is_intensive=persons.is_intensive[who] ^ wrong[who],
        is_error=wrong[who],
    )
