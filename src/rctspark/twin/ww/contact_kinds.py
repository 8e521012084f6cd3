"""What a contact is: its form, its subject, and what became of it."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.twin.ww.calendar import Bools, Days, Ints


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


def made(person: Ints, date: Days, form: Ints | int, what: Ints | int) -> Contacts:
    """Make contacts that were held."""
    same = np.ones(person.size, dtype=np.int64)
    return Contacts(person, date, form * same, what * same, Outcome.HELD * same)


def joined(parts: Sequence[Contacts]) -> Contacts:
    """Put contacts under one another."""
    return Contacts(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Contacts)
        }
    )
