"""Contacts: appointments in the agenda, and services."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, days
from rctspark.twin.ww.persons import Role
from rctspark.twin.ww.streams import stream
from rctspark.twin.ww.targets import ARMS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.targets import Round


class Form(IntEnum):
    """Appointment type in the agenda."""

    APPOINTMENT = 0
    WORKSHOP = 1
    NOT_SAID = 2


class Subject(IntEnum):
    """Subject in the agenda."""

    EVALUATION = 0
    WORKSHOP = 1
    SUITABLE_WORK = 2
    INTAKE = 3
    OTHER = 4


class Outcome(IntEnum):
    """What became of a contact: status and end reason together."""

    HELD = 0
    CANCELLED = 1
    NO_SHOW = 2
    PLANNED = 3
    SUCCESSFUL = 4
    NOT_SUCCESSFUL = 5


class Service(IntEnum):
    """Service on the services tab."""

    WORKSHOP = 0
    COMPETENCE_TEST = 1
    COACHING = 2
    SELF_EMPLOYMENT = 3
    TRIAL_PLACEMENT = 4
    OTHER = 5


@dataclass(frozen=True, slots=True)
class Contacts:
    """Contacts, one value per contact in every field.

    Attributes:
        person: Place of the person.
        date: Day of the contact.
        form: Appointment type (`Form`); of a service: 0.
        what: Subject (`Subject`), or service (`Service`).
        outcome: What became of it (`Outcome`).
    """

    person: Ints
    date: Days
    form: Ints
    what: Ints
    outcome: Ints

    @property
    def size(self) -> int:
        """Number of contacts."""
        return int(self.person.size)

    def taken(self, rows: Ints | Bools) -> Contacts:
        """Return some of the contacts."""
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )


WEEK_11 = 77
AFTER_FIRST_ROUND = 120
LAST_DAY_IN_PROTOCOL = 390
SHARE_INTAKE = 0.35
SHARE_CANCELLED, SHARE_NO_SHOW = 0.08, 0.06
PLANNED_AHEAD = 250
SHARE_SUCCESSFUL = 0.8
SHARE_COACHING = 0.7
"""Of the services that table 4.2 counts as other in the intensive arm."""


def draw_agenda(
    seed: int, part: int, persons: Persons, course: Course, services: Contacts
) -> Contacts:
    """Draw the appointments: intakes, the four rounds, what lay between, workshops.

    Every contact lies inside the benefit. Workshops stand in the agenda and on the
    services tab. Appointments that were cancelled or missed stand there besides.

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
    last = _last_day(course)
    parts = [_intakes(rng, persons, last)]
    for number, arm in enumerate(ARMS):
        who = np.flatnonzero(
            persons.is_enrolled & (persons.is_intensive == bool(number))
        )
        for one in arm.rounds:
            parts += _round(rng, who, persons.benefit_start, last, one)
        rate = arm.services.more_interviews / arm.persons
        between = _scattered(
            rng, who, persons.benefit_start + days(AFTER_FIRST_ROUND), last, rate
        )
        parts.append(_made(*between, Form.APPOINTMENT, Subject.EVALUATION))
    held = joined([*parts, _as_appointments(services)])
    failed = _failed(rng, held, persons)
    ahead = _planned(rng, persons, course)
    return _in_order(joined([held, failed, ahead]))


def draw_services(seed: int, part: int, persons: Persons, course: Course) -> Contacts:
    """Draw workshops, tests, coaching and other services after ten weeks of benefit.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Services in the order of persons and days, all inside the benefit.
    """
    rng = stream(seed, part, "services")
    last = _last_day(course)
    parts = []
    for number, arm in enumerate(ARMS):
        who = np.flatnonzero(
            persons.is_enrolled & (persons.is_intensive == bool(number))
        )
        wanted = arm.services
        coaching = wanted.other * SHARE_COACHING if number else 0
        for service, count in (
            (Service.WORKSHOP, wanted.workshop),
            (Service.COMPETENCE_TEST, wanted.competence_test),
            (Service.COACHING, coaching),
            (Service.SELF_EMPLOYMENT, wanted.self_employment_preparation),
            (Service.TRIAL_PLACEMENT, wanted.trial_placement),
            (Service.OTHER, wanted.other - coaching),
        ):
            rate = count / arm.persons
            begins = persons.benefit_start + days(WEEK_11)
            parts.append(
                _made(
                    *_scattered(rng, who, begins, last, rate), Form.APPOINTMENT, service
                )
            )
    made = joined(parts)
    went_well = rng.random(made.size) < SHARE_SUCCESSFUL
    outcome = np.where(went_well, Outcome.SUCCESSFUL, Outcome.NOT_SUCCESSFUL)
    return _in_order(replace(made, outcome=outcome))


def joined(parts: Sequence[Contacts]) -> Contacts:
    """Put contacts under one another."""
    return Contacts(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Contacts)
        }
    )


def _last_day(course: Course) -> Days:
    last: Days = np.minimum(course.end, FOLLOW_UP_ENDS)
    return last


def _made(person: Ints, date: Days, form: int, what: int) -> Contacts:
    same = np.ones(person.size, dtype=np.int64)
    return Contacts(person, date, form * same, what * same, Outcome.HELD * same)


def _intakes(rng: np.random.Generator, persons: Persons, last: Days) -> Contacts:
    """Draw first talks in the weeks before the experiment."""
    served = ~persons.of_role(Role.PAYROLL_ONLY, Role.OTHER_OFFICE)
    who = np.flatnonzero(served & (rng.random(persons.size) < SHARE_INTAKE))
    date = persons.benefit_start[who] + days(rng.integers(7, 60, size=who.size))
    inside = date <= last[who]
    return _made(who[inside], date[inside], Form.APPOINTMENT, Subject.INTAKE)


def _round(
    rng: np.random.Generator, who: Ints, starts: Days, last: Days, one: Round
) -> list[Contacts]:
    """Draw one round: who is still in benefit has the interview or has not."""
    date = starts[who] + days(rng.integers(one.first_day, one.last_day, size=who.size))
    held = (one.individual, one.group, one.unclear, one.suitable_work)
    due = sum(held) + one.none
    shares = np.array([*held, one.none]) / due
    drawn = rng.choice(5, size=who.size, p=shares)
    drawn[date > last[who]] = len(held)
    forms = (
        (Form.APPOINTMENT, Subject.EVALUATION),
        (Form.WORKSHOP, Subject.EVALUATION),
        (Form.NOT_SAID, Subject.EVALUATION),
        (Form.APPOINTMENT, Subject.SUITABLE_WORK),
    )
    return [
        _made(who[drawn == kind], date[drawn == kind], form, subject)
        for kind, (form, subject) in enumerate(forms)
    ]


def _scattered(
    rng: np.random.Generator, who: Ints, begins: Days, last: Days, rate: float
) -> tuple[Ints, Days]:
    """Scatter a number of contacts over those who are in benefit long enough."""
    ends = np.minimum(last[who], begins[who] + days(LAST_DAY_IN_PROTOCOL - WEEK_11))
    room = np.maximum((ends - begins[who]).astype(np.int64), 0)
    chance = room / max(room.mean(), 1.0)
    place = np.repeat(np.arange(who.size), rng.poisson(rate * chance))
    offset = np.floor(rng.random(place.size) * room[place])
    return who[place], begins[who][place] + days(offset)


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
    made = _made(who, date, Form.APPOINTMENT, Subject.EVALUATION)
    return replace(made, outcome=np.full(who.size, Outcome.PLANNED, dtype=np.int64))


def _in_order(contacts: Contacts) -> Contacts:
    return contacts.taken(np.lexsort((contacts.date, contacts.person)))
