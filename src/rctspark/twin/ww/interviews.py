"""Interviews that took place: the four rounds, and those before, between and after."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, shifted
from rctspark.twin.ww.contact_kinds import Contacts, Form, Subject, joined, made
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.exit_days import in_arm
from rctspark.twin.ww.streams import shuffled
from rctspark.twin.ww.targets import AFTER_TEN_WEEKS, ARMS, ROUND_DAYS

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Floats, Ints
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
KINDS_BETWEEN = ((1.0, 0.0, 0.0), (0.95, 0.0, 0.05))
"""Shares of individual, group and unclear, by arm; after month 12: suitable work.

Those of the basic arm between the rounds are individual, with persons who had none:
what an individual interview does to exit is published as about 4 points, so about a
sixth of the basic arm must have had one (2.7 points over the difference between the
arms)."""
SPANS = (len(BETWEEN), len(BETWEEN) + 1)
"""Spans of days for interviews in no round, by arm: the basic arm has none after."""
ABOUT_TO_START = 150
"""Days after the day due within which who leaves for a job may be excused."""
EXCUSED = ((0.28, 0.0), (0.38, 0.45))
"""How many of them are, by arm, in the first round and in the others: so the two
forms of the first interview are followed by about as many exits."""
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
    takes_job = course.to_job | (course.destination == Destination.SELF_EMPLOYED)
    parts = []
    for number, arm in enumerate(ARMS):
        arm_parts: list[Contacts] = []
        who = np.flatnonzero(in_arm(persons, number))
        for place, one in enumerate(arm.rounds):
            due = who[lasts[who] >= one.days.due_on]
            soon = takes_job & (lasts < one.days.due_on + ABOUT_TO_START)
            excused = rng.random(due.size) < EXCUSED[number][min(place, 1)]
            # Who came to the intensive arm's first rounds comes to the next ones.
            stays_away = ~_have_individual(persons, arm_parts) & (number * place > 0)
            turn = stays_away[due] + 2.0 * (excused & soon[due])
            arm_parts.append(_round(rng, persons, due, lasts, one, turn))
        missing = arm.services.interview - sum(part.size for part in arm_parts)
        regular = _have_individual(persons, arm_parts) == bool(number)
        arm_parts += _outside_rounds(
            rng, persons, (who, regular), lasts, number, missing
        )
        parts += arm_parts
    return joined(parts)


def _have_individual(persons: Persons, held: list[Contacts]) -> Bools:
    """Say who had an individual interview of the trial."""
    had = np.zeros(persons.size, dtype=np.bool_)
    for part in held:
        is_own = (part.form == Form.APPOINTMENT) & (part.what == Subject.EVALUATION)
        had[part.person[is_own]] = True
    return had


def _round(
    rng: np.random.Generator,
    persons: Persons,
    due: Ints,
    lasts: Ints,
    one: Round,
    turn: Floats,
) -> Contacts:
    """Hold one round: of those still in benefit, as many have it as published.

    Whoever has a lower turn has it first; at equal turns chance decides.
    """
    assert due.size == one.due  # noqa: S101 (as leaving was planned)
    kind = shuffled(rng, one.held)
    first = np.lexsort((rng.random(due.size), turn))
    held = due[first[: kind.size]]
    most = np.minimum(lasts[held], one.days.last_day)
    place = rng.beta(*SPREAD, size=held.size)
    return _on_days(persons, held, kind, one.days.first_day, most, place)


def _outside_rounds(
    rng: np.random.Generator,
    persons: Persons,
    among: tuple[Ints, Bools],
    lasts: Ints,
    arm: int,
    missing: int,
) -> list[Contacts]:
    """Hold interviews that belong to no round of those still in benefit then.

    Of the intensive arm those have them who had others; of the basic arm those who
    had no individual one, each at most one.
    """
    who, regular = among
    gone = who[lasts[who] < ROUND_DAYS["4"].due_on]
    early = gone[rng.random(gone.size) < SHARE_HELD_BEFORE_LEAVING]
    usual = np.full(early.size, 0 if arm else 1)
    parts = [
        _on_days(
            persons, early, usual, AFTER_TEN_WEEKS, lasts[early], rng.random(early.size)
        )
    ]
    chosen = rng.permutation(who[regular[who]])
    candidates = np.tile(chosen, 4) if arm else chosen
    spans = np.array([*BETWEEN, AFTER])
    span = rng.integers(SPANS[arm], size=candidates.size)
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
    place: Floats,
) -> Contacts:
    offset = first + np.floor(place * (most - first + 1)).astype(np.int64)
    forms, subjects = np.array(KINDS, dtype=np.int64).T
    date = shifted(persons.benefit_start[who], offset)
    return made(who, date, forms[kind], subjects[kind])
