"""One part of the twin: everything that happened to some seventy thousand persons."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rctspark.twin.ww.contacts import draw_agenda, draw_services
from rctspark.twin.ww.course import Course, draw_course
from rctspark.twin.ww.jobs import Jobs, draw_jobs
from rctspark.twin.ww.lists import Listings, draw_listings
from rctspark.twin.ww.payroll import Statements, pay_statements
from rctspark.twin.ww.persons import Persons, draw_persons
from rctspark.twin.ww.schemes import Schemes, draw_schemes
from rctspark.twin.ww.spells import Spells, draw_spells
from rctspark.twin.ww.streams import stream
from rctspark.twin.ww.terms import tune_wages
from rctspark.twin.ww.tuning import OutOfReachError

if TYPE_CHECKING:
    from rctspark.twin.ww.contact_kinds import Contacts
    from rctspark.twin.ww.identity import BsnPool

DRAWS = 8
NEXT_DRAW = 2**40  # larger than any seed that people choose


@dataclass(frozen=True, slots=True)
class World:
    """What happened, before anybody wrote it down.

    Attributes:
        seed: Seed of what was drawn: that of the twin, or of a later draw.
        part: Number of the part, from 0.
        persons: Who there is.
        course: What became of each person's main benefit.
        schemes: What a benefit carries besides.
        spells: Benefits.
        jobs: Jobs.
        statements: What payroll holds of them.
        agenda: Appointments.
        services: Services.
        listings: Entries on the weekly lists.
    """

    seed: int
    part: int
    persons: Persons
    course: Course
    schemes: Schemes
    spells: Spells
    jobs: Jobs
    statements: Statements
    agenda: Contacts
    services: Contacts
    listings: Listings


def make_world(seed: int, part: int, pool: BsnPool) -> World:
    """Let everything happen to the persons of one part.

    In one part of some fifteen, those drawn can't be brought to a published figure
    whatever their jobs last: then the whole part is drawn again.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        pool: The BSNs of the whole twin.

    Returns:
        The part; the same for the same seed, number and size of the twin.

    Raises:
        OutOfReachError: No draw could be brought to the published figures.
    """
    for draw in range(DRAWS - 1):
        with suppress(OutOfReachError):
            return _draw_world(seed + draw * NEXT_DRAW, part, pool)
    return _draw_world(seed + (DRAWS - 1) * NEXT_DRAW, part, pool)


def _draw_world(seed: int, part: int, pool: BsnPool) -> World:
    persons = draw_persons(seed, part, pool)
    course = draw_course(seed, part, persons)
    jobs = draw_jobs(seed, part, persons, course)
    agreed = pay_statements(stream(seed, part, "pay"), jobs)
    jobs = tune_wages(stream(seed, part, "wages"), persons, jobs, agreed)
    services = draw_services(seed, part, persons, course)
    return World(
        seed=seed,
        part=part,
        persons=persons,
        course=course,
        schemes=draw_schemes(seed, part, persons, jobs),
        spells=draw_spells(seed, part, persons, course),
        jobs=jobs,
        # The same random numbers as before: the same statements, with other wages.
        statements=pay_statements(stream(seed, part, "pay"), jobs),
        agenda=draw_agenda(seed, part, persons, course, services),
        services=services,
        listings=draw_listings(seed, part, persons, course),
    )
