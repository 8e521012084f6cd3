"""Interviews that took place: the four rounds, and those before, between and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, shifted
from rctspark.twin.ww.contact_kinds import Contacts, Form, Subject, joined, made
from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.streams import shuffled
from rctspark.twin.ww.targets import AFTER_TEN_WEEKS, ARMS, ROUND_DAYS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons
    from rctspark.twin.ww.targets import Round

KINDS = (
    (Form.APPOINTMENT, Subject.EVALUATION),
    (Form.WORKSHOP, Subject.EVALUATION),
    (Form.NOT_SAID, Subject.EVALUATION),
    (Form.APPOINTMENT, Subject.SUITABLE_WORK),
)
"""Form and subject of interviews: individual, group, unclear, suitable work."""
SHARE_HELD_BEFORE_LEAVING = 0.5
"""Of those who leave before the first round is due, how many had its interview."""
BETWEEN = ((141, 209), (246, 293), (330, 377))
AFTER = (397, 460)
"""Days since benefit start on which further interviews are held: in no round."""
KINDS_BETWEEN = ((0.3, 0.4, 0.3), (0.95, 0.0, 0.05))
"""Shares of individual, group and unclear, by arm; after month 12: suitable work."""
SPREAD = (2.0, 3.0)
"""Interviews of a round come rather in the first half of its days (beta)."""


def draw_interviews(
    rng: np.random.Generator, persons: Persons, course: Course
) -> Contacts:
    """Draw the interviews that took place, as many as published.

    Args:
        rng: Random numbers.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Interviews of the enrolled, all inside the benefit.
    """
    last = np.minimum(course.end, FOLLOW_UP_ENDS) - persons.benefit_start
    lasts = np.where(persons.is_enrolled, last.astype(np.int64), -1)
    parts = []
    for number, arm in enumerate(ARMS):
        who = np.flatnonzero(in_arm(persons, number))
        mine = [_round(rng, persons, who, lasts, one) for one in arm.rounds]
        missing = arm.services.interview - sum(part.size for part in mine)
        mine += _outside_rounds(rng, persons, who, lasts, number, missing)
        parts += mine
    return joined(parts)


def _round(
    rng: np.random.Generator, persons: Persons, who: Ints, lasts: Ints, one: Round
) -> Contacts:
    """Hold one round: of those still in benefit, as many have it as published."""
    due = who[lasts[who] >= one.days.due_on]
    assert due.size == one.due  # noqa: S101 (as leaving was planned)
    kind = shuffled(rng, (*one.held, one.none))
    has_one = kind < len(one.held)
    held, kind = due[has_one], kind[has_one]
    most = np.minimum(lasts[held], one.days.last_day)
    place = rng.beta(*SPREAD, size=held.size)
    return _on_days(persons, held, kind, one.days.first_day, most, place)


def _outside_rounds(
    rng: np.random.Generator,
    persons: Persons,
    who: Ints,
    lasts: Ints,
    arm: int,
    missing: int,
) -> list[Contacts]:
    """Hold interviews that belong to no round of those still in benefit then."""
    gone = who[lasts[who] < ROUND_DAYS["4"].due_on]
    early = gone[rng.random(gone.size) < SHARE_HELD_BEFORE_LEAVING]
    usual = np.full(early.size, 0 if arm else 1)
    parts = [
        _on_days(
            persons, early, usual, AFTER_TEN_WEEKS, lasts[early], rng.random(early.size)
        )
    ]
    candidates = rng.choice(who, size=8 * missing)
    spans = np.array([*BETWEEN, AFTER])
    span = rng.integers(len(spans), size=candidates.size)
    first, most = spans[span].T
    most = np.minimum(most, lasts[candidates])
    fits = np.flatnonzero(most >= first)[: missing - early.size]
    assert fits.size == missing - early.size  # noqa: S101 (many more than asked for)
    kind = rng.choice(3, size=candidates.size, p=KINDS_BETWEEN[arm])
    kind = np.where(span == len(BETWEEN), 3, kind)
    place = rng.random(candidates.size)
    parts.append(
        _on_days(
            persons, candidates[fits], kind[fits], first[fits], most[fits], place[fits]
        )
    )
    return parts


def _on_days(
    persons: Persons,
    who: Ints,
    kind: Ints,
    first: Ints | int,
    most: Ints,
    place: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> Contacts:
    offset = first + np.floor(place * (most - first + 1)).astype(np.int64)
    forms, subjects = np.array(KINDS, dtype=np.int64).T
    date = shifted(persons.benefit_start[who], offset)
    return made(who, date, forms[kind], subjects[kind])
