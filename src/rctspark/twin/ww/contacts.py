"""Contacts: appointments in the agenda, and services."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, days
from rctspark.twin.ww.contact_kinds import (
    Contacts,
    Form,
    Outcome,
    Service,
    Subject,
    joined,
    made,
)
from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.interviews import draw_interviews
from rctspark.twin.ww.missed_rounds import draw_missed_rounds
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.streams import stream
from rctspark.twin.ww.targets import AFTER_TEN_WEEKS, ARMS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons

LAST_DAY_OF_SERVICES = 390
SHARE_INTAKE = 0.35
SHARE_CANCELLED, SHARE_NO_SHOW = 0.08, 0.06
PLANNED_AHEAD = 250
SHARE_SUCCESSFUL = 0.8
SHARE_COACHING = 0.7
"""Of the services that table 4.2 counts as other in the intensive arm."""


def draw_agenda(
    seed: int, part: int, persons: Persons, course: Course, services: Contacts
) -> Contacts:
    """Draw the appointments: intakes, interviews, workshops.

    Every contact lies inside the benefit. Workshops stand in the agenda and on the
    services tab. Appointments that were cancelled or missed stand there besides: some
    before one that was held, some of who then had no interview in the round.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.
        services: The services, of which the workshops are taken over.

    Returns:
        Contacts in the order of persons and days.
    """
    rng = stream(seed, part, "contacts")
    held = joined(
        [
            _intakes(rng, persons, _last_day(course)),
            draw_interviews(rng, persons, course),
            _as_appointments(services),
        ]
    )
    failed = _failed(rng, held, persons)
    ahead = _planned(rng, persons, course)
    never = draw_missed_rounds(
        stream(seed, part, "missed_rounds"), persons, course, held
    )
    return _in_order(joined([held, failed, never, ahead]))


def draw_services(seed: int, part: int, persons: Persons, course: Course) -> Contacts:
    """Draw workshops, tests, coaching and other services after ten weeks of benefit.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Services in the order of persons and days, all inside the benefit: as many of
        each kind as published, and some besides to which nobody came.
    """
    rng = stream(seed, part, "services")
    last = _last_day(course)
    parts = []
    for number, arm in enumerate(ARMS):
        who = np.flatnonzero(in_arm(persons, number))
        wanted = arm.services
        coaching = round(wanted.other * SHARE_COACHING) if number else 0
        for service, count in (
            (Service.WORKSHOP, wanted.workshop),
            (Service.COMPETENCE_TEST, wanted.competence_test),
            (Service.COACHING, coaching),
            (Service.SELF_EMPLOYMENT, wanted.self_employment_preparation),
            (Service.TRIAL_PLACEMENT, wanted.trial_placement),
            (Service.OTHER, wanted.other - coaching),
        ):
            person, date = _scattered(rng, who, persons.benefit_start, last, count)
            parts.append(made(person, date, Form.APPOINTMENT, service))
    taken = joined(parts)
    went_well = rng.random(taken.size) < SHARE_SUCCESSFUL
    outcome = np.where(went_well, Outcome.SUCCESSFUL, Outcome.NOT_SUCCESSFUL)
    held = replace(taken, outcome=outcome.astype(np.int64))
    others = held.taken(held.what != Service.WORKSHOP)
    missed = others.taken(rng.random(others.size) < SHARE_NO_SHOW)
    nobody = np.full(missed.size, Outcome.NO_SHOW, dtype=np.int64)
    return _in_order(joined([held, replace(missed, outcome=nobody)]))


def _last_day(course: Course) -> Days:
    last: Days = np.minimum(course.end, FOLLOW_UP_ENDS)
    return last


def _intakes(rng: np.random.Generator, persons: Persons, last: Days) -> Contacts:
    """Draw first talks in the weeks before the experiment."""
    served = ~persons.of_role(Role.PAYROLL_ONLY, Role.OTHER_OFFICE)
    who = np.flatnonzero(served & (rng.random(persons.size) < SHARE_INTAKE))
    date = persons.benefit_start[who] + days(rng.integers(7, 60, size=who.size))
    inside = date <= last[who]
    return made(who[inside], date[inside], Form.APPOINTMENT, Subject.INTAKE)


def _scattered(
    rng: np.random.Generator, who: Ints, start: Days, last: Days, count: int
) -> tuple[Ints, Days]:
    """Scatter so many services over the days in benefit after ten weeks."""
    begins = start[who] + days(AFTER_TEN_WEEKS)
    ends = np.minimum(last[who], start[who] + days(LAST_DAY_OF_SERVICES))
    room = (ends - begins).astype(np.int64) + 1
    place = rng.choice(who.size, size=count, p=room / room.sum())
    offset = np.floor(rng.random(count) * room[place])
    return who[place], begins[place] + days(offset)


def _as_appointments(services: Contacts) -> Contacts:
    """Take the workshops over into the agenda, on the same day."""
    workshops = services.taken(services.what == Service.WORKSHOP)
    same = np.ones(workshops.size, dtype=np.int64)
    return replace(workshops, form=Form.WORKSHOP * same, what=Subject.WORKSHOP * same)


def _failed(rng: np.random.Generator, held: Contacts, persons: Persons) -> Contacts:
    """Add appointments that were cancelled or missed, a week before what was held."""
    draw = rng.random(held.size)
    before = held.date - days(7)
    fits = before >= persons.benefit_start[held.person]
    failed = held.taken(fits & (draw < SHARE_CANCELLED + SHARE_NO_SHOW))
    was_cancelled = draw[fits & (draw < SHARE_CANCELLED + SHARE_NO_SHOW)]
    return replace(
        failed,
        date=failed.date - days(7),
        outcome=np.where(
            was_cancelled < SHARE_CANCELLED, Outcome.CANCELLED, Outcome.NO_SHOW
        ).astype(np.int64),
    )


def _planned(rng: np.random.Generator, persons: Persons, course: Course) -> Contacts:
    """Add appointments that lie ahead when the register is delivered."""
    in_benefit = np.flatnonzero(persons.is_enrolled & ~course.has_left)
    who = rng.permutation(in_benefit)[:PLANNED_AHEAD]
    date = FOLLOW_UP_ENDS + days(rng.integers(1, 30, size=who.size))
    date = np.minimum(date, course.end[who])
    made_ahead = made(who, date, Form.APPOINTMENT, Subject.EVALUATION)
    return replace(
        made_ahead, outcome=np.full(who.size, Outcome.PLANNED, dtype=np.int64)
    )


def _in_order(contacts: Contacts) -> Contacts:
    return contacts.taken(np.lexsort((contacts.date, contacts.person)))
