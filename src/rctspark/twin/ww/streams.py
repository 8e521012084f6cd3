"""Random numbers: one stream per part of the twin and subject.

Every subject draws from a stream of its own, so that a change in how one kind of
event is made leaves all other events as they were.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Ints

SUBJECTS = (
    "identity",
    "persons",
    "course",
    "spells",
    "schemes",
    "jobs",
    "contacts",
    "services",
    "lists",
    "persons_file",
    "spells_file",
    "payroll_file",
    "agenda_file",
    "services_file",
    "lists_file",
    "careers",
    "pay",
    "wages",
    "missed_rounds",
    "interim_files",
)


def stream(seed: int, part: int, subject: str) -> np.random.Generator:
    """Return the random numbers of one subject in one part of the twin.

    Args:
        seed: Seed of the whole twin.
        part: Number of the part, from 0; a twin of scale 10 has ten parts.
        subject: One of `SUBJECTS`.

    Returns:
        A generator that depends on nothing but the three.
    """
    return np.random.default_rng([seed, part, SUBJECTS.index(subject)])


def shuffled(rng: np.random.Generator, counts: tuple[int, ...]) -> Ints:
    """Return the numbers 0, 1, ... as often as `counts` says, in random order."""
    values = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    rng.shuffle(values)
    return values


def exactly(rng: np.random.Generator, among: Bools, count: int) -> Bools:
    """Choose exactly `count` (or all, if fewer) of those marked."""
    places = np.flatnonzero(among)
    chosen = np.zeros(among.size, dtype=np.bool_)
    chosen[rng.permutation(places)[:count]] = True
    return chosen
