"""One part of the twin: everyone, their work, and how rows name persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww import cells
from rctspark.twin.ww.faults import Fault
from rctspark.twin.www.people import People, Stage, make_people
from rctspark.twin.www.work import Work, make_work

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Ints

DIGITS = 9
NAMES_NOBODY = (
    Fault("kind_names_nobody", 6, {"RINPERSOONS": ("A", "O")}),
    Fault("zeros_got_lost", 4, {"RINPERSOON": ("12345", "9")}),
)


@dataclass(frozen=True, slots=True)
class World:
    """What happened, before anybody wrote it down.

    Attributes:
        seed: Seed of the twin.
        part: Number of the part, from 0.
        people: Everyone.
        work: Their pay.
    """

    seed: int
    part: int
    people: People
    work: Work

    def named(self, who: Ints) -> dict[str, cells.Cells]:
        """Return the two columns that name persons."""
        kind = cells.codes(np.zeros(who.size, dtype=np.int64), ("R",))
        number = cells.padded(self.people.number[who], DIGITS)
        return {"RINPERSOONS": kind, "RINPERSOON": number}

    def harmless(self, who: Ints) -> Ints:
        """Return the rows about persons who were neither drawn nor of the reference."""
        asked = np.isin(self.people.stage[who], (Stage.RANDOMISED, Stage.REFERENCE))
        return np.flatnonzero(~asked)


def make_world(seed: int, part: int) -> World:
    """Let everything happen to the persons of one part.

    Args:
        seed: Seed of the twin.
        part: Number of the part.

    Returns:
        The part; the same for the same seed and number.
    """
    people = make_people(seed, part)
    return World(seed, part, people, make_work(seed, part, people))


def yes_no(flag: Bools) -> cells.Cells:
    """Write J or N."""
    return cells.codes(flag.astype(np.int64), ("N", "J"))
