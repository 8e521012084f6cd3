"""Who is served by which office, and what happens to them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.identity import check_digits

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Floats = NDArray[np.float64]

OFFICES = 24
PER_OFFICE = (30, 56)
FIRST_START = np.datetime64("2015-09-01")
START_DAYS = 91
FOLLOW_UP_ENDS = np.datetime64("2016-12-31")
NEVER = np.datetime64("9999-12-31")
FIRST_STEM = 90_000_000
STEMS = 10_000_000
HAZARD = 0.075
"""Share of those still in benefit who leave it in a month, without guidance."""
EFFECT = 0.25
"""Guidance raises the log hazard by this."""
OFFICE_SPREAD = 0.20
"""Standard deviation of the offices' log hazards."""
TO_WORK = 0.8
MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True)
class People:
    """Everyone in the trial, one place each in every array.

    Attributes:
        bsn: Made-up citizen service number.
        office: Number of the office, from 0.
        is_guided: Whether the office was drawn into the guidance.
        is_woman: Sex.
        birth_year: Year of birth.
        start: First day of the benefit.
        listed: Day of the office's list.
        end: Last day of the benefit; 9999-12-31: it runs on.
        takes_job: Whether the person leaves for a job.
        wage_eur: Pay in a full month, before and after the benefit.
        has_contract: Whether the new job is permanent.
    """

    bsn: Ints
    office: Ints
    is_guided: NDArray[np.bool_]
    is_woman: NDArray[np.bool_]
    birth_year: Ints
    start: NDArray[np.datetime64]
    listed: NDArray[np.datetime64]
    end: NDArray[np.datetime64]
    takes_job: NDArray[np.bool_]
    wage_eur: Ints
    has_contract: NDArray[np.bool_]


def draw_people(seed: int, *, scale: int) -> People:
    """Draw offices into arms, and everything that happens to their clients.

    Args:
        seed: Seed of all random numbers.
        scale: How many times as many clients an office has.

    Returns:
        The persons, by office.
    """
    random = np.random.Generator(np.random.PCG64(seed))
    guided = random.permutation(OFFICES) < OFFICES // 2
    sizes = random.integers(*PER_OFFICE, size=OFFICES) * scale
    office = np.repeat(np.arange(OFFICES), sizes)
    n = office.size
    stems = random.choice(STEMS, size=n + n // 5 + 100, replace=False) + FIRST_STEM
    digits = check_digits(stems)
    # One stem in eleven has no check digit.
    bsn = (stems * 10 + digits)[digits < 10][:n]  # noqa: PLR2004 (a digit)
    own = random.normal(0, OFFICE_SPREAD, size=OFFICES)
    hazard = HAZARD * np.exp(own[office] + EFFECT * guided[office])
    start = FIRST_START + random.integers(0, START_DAYS, size=n)
    months = random.exponential(1, size=n) / hazard
    end = start + np.ceil(np.minimum(months, 1_000) * MONTH_DAYS).astype(int)
    runs = end > FOLLOW_UP_ENDS
    return People(
        bsn=bsn,
        office=office,
        is_guided=guided[office],
        is_woman=random.random(n) < 0.45,  # noqa: PLR2004
        birth_year=random.integers(1955, 1990, size=n),
        start=start,
        listed=start + random.integers(0, 7, size=n),
        end=np.where(runs, NEVER, end),
        takes_job=~runs & (random.random(n) < TO_WORK),
        wage_eur=random.integers(1_400, 3_200, size=n),
        has_contract=random.random(n) < 0.2,  # noqa: PLR2004
    )
