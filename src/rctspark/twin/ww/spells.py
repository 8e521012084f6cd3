"""Benefit spells: each person's course, with interruptions and other benefits."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import FOLLOW_UP_ENDS, day, days, shifted
from rctspark.twin.ww.course import Destination
from rctspark.twin.ww.persons import LAST_START
from rctspark.twin.ww.streams import exactly, stream

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Ints
    from rctspark.twin.ww.course import Course
    from rctspark.twin.ww.persons import Persons


@dataclass(frozen=True, slots=True)
class Spells:
    """Benefit spells, one value per spell in every field.

    Attributes:
        person: Place of the person.
        start: First day.
        end: Last day; `FOREVER`: has not ended.
        destination: Registered destination (`Destination`).
        is_main: Whether the spell belongs to the person's main benefit.
    """

    person: Ints
    start: Days
    end: Days
    destination: Ints
    is_main: Bools

    @property
    def size(self) -> int:
        """Number of spells."""
        return int(self.person.size)

    def taken(self, rows: Ints | Bools) -> Spells:
        """Return some of the spells."""
        return replace(
            self, **{f.name: getattr(self, f.name)[rows] for f in fields(self)}
        )


REVIVED = 400
CAME_BACK_TOO_LATE = 450
EARLIER_BENEFIT = 350
LATE_GAP = (30, 60)
SHARE_OF_OTHERS_BACK = 0.12
FIRST_REENTRY = LAST_START + np.timedelta64(8, "D")
LAST_REENTRY = FOLLOW_UP_ENDS - np.timedelta64(12, "D")


def draw_spells(seed: int, part: int, persons: Persons, course: Course) -> Spells:
    """Write each person's course as spells, and add earlier and later benefits.

    Of the enrolled some were interrupted for less than four weeks before the clock
    was full (it went on counting), some had a benefit that ended more than four weeks
    before (it does not count), and some came back after they had left.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        persons: The persons.
        course: Their main benefits.

    Returns:
        Spells in the order of persons and start; those of one person don't overlap.
    """
    rng = stream(seed, part, "spells")
    main = _main_spells(persons, course)
    enrolled = persons.is_enrolled
    revived = exactly(rng, enrolled, REVIVED)
    too_late = exactly(rng, enrolled & ~revived, CAME_BACK_TOO_LATE)
    earlier = exactly(rng, enrolled & ~revived & ~too_late, EARLIER_BENEFIT)
    parts = [
        *_interrupted(rng, main, revived),
        _short_before(rng, persons, too_late),
        _long_before(rng, persons, earlier),
        _came_back(rng, persons, course),
    ]
    everything = Spells(
        **{
            f.name: np.concatenate([getattr(part, f.name) for part in parts])
            for f in fields(Spells)
        }
    )
    return everything.taken(np.lexsort((everything.start, everything.person)))


def _main_spells(persons: Persons, course: Course) -> Spells:
    has_one = np.flatnonzero(~np.isnat(persons.benefit_start))
    return Spells(
        person=has_one,
        start=persons.benefit_start[has_one],
        end=course.end[has_one],
        destination=course.destination[has_one],
        is_main=np.ones(has_one.size, dtype=np.bool_),
    )


def _interrupted(
    rng: np.random.Generator, main: Spells, revived: Bools
) -> tuple[Spells, Spells]:
    """Cut a gap of 3 to 26 days out of some benefits, before day 85."""
    is_cut = revived[main.person]
    n = main.size
    first_end = main.start + days(rng.integers(20, 56, size=n))
    back = first_end + days(1 + rng.integers(3, 27, size=n))
    before = replace(
        main,
        end=np.where(is_cut, first_end, main.end),
        destination=np.where(is_cut, Destination.WORK, main.destination),
    )
    after = replace(main, start=back).taken(is_cut)
    return before, after


def _short_before(rng: np.random.Generator, persons: Persons, chosen: Bools) -> Spells:
    """Add a short benefit that ended more than four weeks before the main one."""
    places = np.flatnonzero(chosen)
    gap = rng.integers(LATE_GAP[0], LATE_GAP[1], size=places.size)
    end = shifted(persons.benefit_start[places], -gap - 1)
    length = rng.integers(25, 80, size=places.size)
    return _side_spells(places, shifted(end, -length), end)


def _long_before(rng: np.random.Generator, persons: Persons, chosen: Bools) -> Spells:
    """Add a benefit of some length that began and ended in 2011."""
    places = np.flatnonzero(chosen & persons.is_enrolled)
    start = shifted(day("2011-01-03"), rng.integers(0, 180, size=places.size))
    length = rng.integers(20, 170, size=places.size)
    return _side_spells(places, start, shifted(start, length))


def _came_back(rng: np.random.Generator, persons: Persons, course: Course) -> Spells:
    """Add new benefits after the main one, too late to be enrolled with it."""
    mine = np.flatnonzero(~np.isnat(course.back_on))
    earliest = np.maximum(course.end + days(36), FIRST_REENTRY)
    room = (LAST_REENTRY - earliest).astype("int64")
    returns = course.has_left & (room > 0) & ~persons.is_enrolled
    returns &= rng.random(persons.size) < SHARE_OF_OTHERS_BACK
    places = np.flatnonzero(returns)
    place = rng.random(places.size) * room[places]
    start = shifted(earliest[places], place)
    end = shifted(start, 20 + rng.exponential(150, size=places.size))
    return _side_spells(
        np.concatenate([mine, places]),
        np.concatenate([course.back_on[mine], start]),
        np.concatenate([course.back_until[mine], end]),
    )


def _side_spells(places: Ints, start: Days, end: Days) -> Spells:
    left = Destination.WORK if places.size else Destination.NOT_KNOWN
    return Spells(
        person=places,
        start=start,
        end=end,
        destination=np.where(end <= FOLLOW_UP_ENDS, left, Destination.NOT_KNOWN),
        is_main=np.zeros(places.size, dtype=np.bool_),
    )
