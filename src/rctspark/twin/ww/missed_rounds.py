"""Appointments of a round that failed, of who then had no interview in it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, shifted
from rctspark.twin.ww.contact_kinds import (
    Contacts,
    Form,
    Outcome,
    Subject,
    joined,
    made,
)
from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.targets import ROUND_DAYS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.targets import RoundDays

FORMS = (Form.WORKSHOP, Form.APPOINTMENT)
"""Form of the interviews of a round, by arm: group, individual."""
ROUNDS = (("4",), tuple(ROUND_DAYS))
"""Rounds in which an arm is due the trial's own interview."""
SHARE_FAILED = 0.4
"""Of those who were due and had no interview, who had an appointment that failed."""
SHARE_CANCELLED = 0.6


def draw_missed_rounds(
    rng: np.random.Generator, persons: Persons, course: Course, held: Contacts
) -> Contacts:
    """Draw cancelled and missed appointments that no interview made up for.

    Args:
        rng: Random numbers, of these appointments alone.
        persons: The persons.
        course: Their main benefits.
        held: What was held.

    Returns:
        At most one per person and round, inside its days and the benefit.
    """
    last = np.minimum(course.end, FOLLOW_UP_ENDS) - persons.benefit_start
    lasts = np.where(persons.is_enrolled, last.astype(np.int64), -1)
    parts = []
    for arm, numbers in enumerate(ROUNDS):
        for number in numbers:
            one = ROUND_DAYS[number]
            due = in_arm(persons, arm) & (lasts >= one.due_on)
            without = np.flatnonzero(due & ~_had_one(persons, held, one))
            chosen = without[rng.random(without.size) < SHARE_FAILED]
            parts.append(_failed(rng, persons, chosen, lasts, one, FORMS[arm]))
    return joined(parts)


def _had_one(persons: Persons, held: Contacts, one: RoundDays) -> Bools:
    """Say who had an interview, of any form, in the days of a round."""
    day = (held.date - persons.benefit_start[held.person]).astype(np.int64)
    inside = (day >= one.first_day) & (day <= one.last_day)
    is_interview = held.what == Subject.EVALUATION
    had = np.zeros(persons.size, dtype=np.bool_)
    had[held.person[inside & is_interview]] = True
    return had


def _failed(
    rng: np.random.Generator,
    persons: Persons,
    who: Ints,
    lasts: Ints,
    one: RoundDays,
    form: Form,
) -> Contacts:
    most = np.minimum(lasts[who], one.last_day)
    room = most - one.first_day + 1
    day = one.first_day + np.floor(rng.random(who.size) * room).astype(np.int64)
    date = shifted(persons.benefit_start[who], day)
    was_cancelled = rng.random(who.size) < SHARE_CANCELLED
    outcome = np.where(was_cancelled, Outcome.CANCELLED, Outcome.NO_SHOW)
    planned = made(who, date, form, Subject.EVALUATION)
    return replace(planned, outcome=outcome.astype(np.int64))
