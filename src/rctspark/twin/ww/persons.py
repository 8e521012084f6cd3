"""Who there is: the persons enrolled, and those who for some reason are not."""

from __future__ import annotations

from dataclasses import dataclass, fields, replace
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np

from rctspark.twin.ww.calendar import (
    CLOCK_DAYS,
    FIRST_ENROLMENT,
    FOLLOW_UP_ENDS,
    LAST_ENROLMENT,
    NEVER,
    day,
    days,
    shifted,
)
from rctspark.twin.ww.identity import SMALL_PER_PARITY, passes_11_test
from rctspark.twin.ww.leaving import EARLY
from rctspark.twin.ww.streams import shuffled, stream
from rctspark.twin.ww.targets import ARMS, ENROLLED, OFFICES, Arm

if TYPE_CHECKING:
    from rctspark.twin.ww.calendar import Bools, Days, Floats, Ints
    from rctspark.twin.ww.identity import BsnPool


class Role(IntEnum):
    """Why a person is in the registers."""

    ENROLLED = 0
    OTHER_OFFICE = 1
    BEFORE_WINDOW = 2
    AFTER_WINDOW = 3
    LEFT_EARLY = 4
    WIA_35_MINUS = 5
    NETWORK_TRAINING = 6
    ESF_TRACK = 7
    START_UP_PERIOD = 8
    DISMISSED_BY_MSD = 9
    PAYROLL_ONLY = 10


class Living(IntEnum):
    """Living arrangement at benefit start."""

    SINGLE = 0
    SINGLE_WITH_CHILD = 1
    COHABITING = 2
    UNKNOWN = 3


class Precision(IntEnum):
    """How much of the day of birth the register knows."""

    DAY = 0
    MONTH = 1
    YEAR = 2
    NOTHING = 3


ROLE_SIZES: dict[Role, int] = {
    Role.ENROLLED: ENROLLED,
    Role.OTHER_OFFICE: 9_000,
    Role.BEFORE_WINDOW: 4_000,
    Role.AFTER_WINDOW: 4_000,
    Role.LEFT_EARLY: 2_500,
    Role.WIA_35_MINUS: 64,
    Role.NETWORK_TRAINING: 183,
    Role.ESF_TRACK: 47,
    Role.START_UP_PERIOD: 241,
    Role.DISMISSED_BY_MSD: 78,
    Role.PAYROLL_ONLY: 2_000,
}
"""Persons of each role in one part of the twin."""
EXCLUDED = (
    Role.WIA_35_MINUS,
    Role.NETWORK_TRAINING,
    Role.ESF_TRACK,
    Role.START_UP_PERIOD,
    Role.DISMISSED_BY_MSD,
)
PERSONS = sum(ROLE_SIZES.values())
EVEN_NEEDED = ARMS[0].persons + (PERSONS - ENROLLED + 1) // 2
ODD_NEEDED = ARMS[1].persons + (PERSONS - ENROLLED + 1) // 2

N_OTHER_OFFICES = 12
UNKNOWN_SEX, MALE, FEMALE = 0, 1, 2
SMALL_BSNS_ENROLLED = 6
FIRST_START = FIRST_ENROLMENT - np.timedelta64(CLOCK_DAYS, "D")
LAST_START = LAST_ENROLMENT - np.timedelta64(CLOCK_DAYS, "D")
LAST_START_FOR_15_MONTHS = day("2012-10-31")
EARLY_DAYS = (LAST_START_FOR_15_MONTHS - FIRST_START).astype(int) + 1
"""Days on which a benefit may start whose first 15 months lie in the follow-up."""
AGE_BOUNDS = ((18.0, 35.0), (35.0, 45.0), (45.0, 64.5), (25.0, 60.0))
# A birth of which only the year is known reads as 1 July: half a year off at most.
AGE_MARGIN, VAGUE_MARGIN = 0.06, 0.6
SHARE_VAGUE = (0.985, 0.009, 0.006)
MSD_OFFICE = OFFICES.index("maasland")
ONE_ARM_OFFICE = OFFICES.index("rotterdam_alexanderplein")
"""Where enrolled persons who don't speak Dutch are in the basic arm only."""
ESF_OFFICES = (OFFICES.index("maasland"), OFFICES.index("maastricht"))
OLDER_FROM, YOUNGER_UNTIL = 55.0, 27.0
YOUNGEST_BAND, OLDEST_BAND, UNKNOWN_BAND = 0, 2, 3
SHARE_SPEAKING_DUTCH = 0.94
DAYS_IN_YEAR = 365.2425
DAYS_IN_MONTH = 365.25 / 12
_IN_WINDOW = (FIRST_START, LAST_START)
START_RANGES = {
    Role.OTHER_OFFICE: (day("2011-01-01"), day("2013-12-20")),
    Role.BEFORE_WINDOW: (day("2011-01-01"), FIRST_START - np.timedelta64(8, "D")),
    Role.AFTER_WINDOW: (LAST_START + np.timedelta64(8, "D"), day("2013-12-20")),
    Role.LEFT_EARLY: _IN_WINDOW,
    **dict.fromkeys(EXCLUDED, _IN_WINDOW),
}
"""First and last day on which the benefit of each role starts."""


@dataclass(frozen=True, slots=True)
class Persons:
    """Persons, one value per person in every field.

    Attributes:
        bsn: Made-up citizen service number.
        role: Why the person is there (`Role`).
        sex: 0 unknown, 1 male, 2 female.
        age: Age in years at enrolment (or at any fixed day, for the others).
        birth_date: Day of birth.
        precision: How much of it the register knows (`Precision`).
        living: Living arrangement (`Living`).
        office: Office: 0-5 those of the experiment, 6-17 others.
        benefit_start: First day of the benefit; NaT: has none.
        speaks_dutch: Whether the person speaks Dutch.
    """

    bsn: Ints
    role: Ints
    sex: Ints
    age: Floats
    birth_date: Days
    precision: Ints
    living: Ints
    office: Ints
    benefit_start: Days
    speaks_dutch: Bools

    @property
    def size(self) -> int:
        """Number of persons."""
        return int(self.bsn.size)

    @property
    def is_enrolled(self) -> Bools:
        """Who is in the experiment."""
        enrolled: Bools = self.role == Role.ENROLLED
        return enrolled

    @property
    def is_intensive(self) -> Bools:
        """Whose BSN ends in an odd digit."""
        odd: Bools = self.bsn % 2 == 1
        return odd

    @property
    def enrolment(self) -> Days:
        """Day on which the clock of 13 weeks is full."""
        moved: Days = self.benefit_start + days(CLOCK_DAYS)
        return moved

    def of_role(self, *roles: Role) -> Bools:
        """Who has one of these roles."""
        chosen: Bools = np.isin(self.role, roles)
        return chosen

    def reordered(self, order: Ints) -> Persons:
        """Return the same persons in another order."""
        moved = {f.name: getattr(self, f.name)[order] for f in fields(self)}
        return replace(self, **moved)


def draw_persons(seed: int, part: int, pool: BsnPool) -> Persons:
    """Draw the persons of one part of the twin.

    The enrolled have the published counts of sex, age, living arrangement and office
    in each arm, exactly; the others have shares like theirs.

    Args:
        seed: Seed of the twin.
        part: Number of the part.
        pool: The BSNs.

    Returns:
        Persons in random order.
    """
    rng = stream(seed, part, "persons")
    role = np.repeat(
        np.array([*ROLE_SIZES], dtype=np.int64), np.array([*ROLE_SIZES.values()])
    )
    bsn = _share_bsns(rng, *pool.share(part, EVEN_NEEDED, ODD_NEEDED))
    drawn = [_draw_enrolled(rng, arm) for arm in ARMS]
    drawn.append(_draw_others(rng, role[ENROLLED:]))
    sex, band, living, office, start = (
        np.concatenate(column) for column in zip(*drawn, strict=True)
    )
    precision = _draw_precision(rng, band)
    age = _draw_age(rng, role, band, precision)
    enrolment = start + days(CLOCK_DAYS)
    reference = np.where(np.isnat(start), FIRST_ENROLMENT, enrolment)
    persons = Persons(
        bsn=bsn,
        role=role,
        sex=sex,
        age=age,
        birth_date=shifted(reference, -age * DAYS_IN_YEAR),
        precision=precision,
        living=living,
        office=office,
        benefit_start=start,
        speaks_dutch=_draw_language(rng, role, bsn, office),
    )
    assert passes_11_test(bsn).all()  # noqa: S101 (what the pool promises)
    return persons.reordered(rng.permutation(role.size))


def _draw_language(
    rng: np.random.Generator, role: Ints, bsn: Ints, office: Ints
) -> Bools:
    """Draw who speaks Dutch: one office kept the others in the basic arm only."""
    speaks = rng.random(role.size) < SHARE_SPEAKING_DUTCH
    sent_away = (role == Role.ENROLLED) & (office == ONE_ARM_OFFICE) & (bsn % 2 == 1)
    known: Bools = speaks | sent_away
    return known


def _share_bsns(rng: np.random.Generator, even: Ints, odd: Ints) -> Ints:
    """Give each arm its parity, with a few small numbers, and the others the rest."""
    enrolled, others = [], []
    for arm, numbers in zip(ARMS, (even, odd), strict=True):
        # The small numbers come first: some stay in front, the others go to the end.
        spread = np.roll(numbers, SMALL_BSNS_ENROLLED - SMALL_PER_PARITY)
        enrolled.append(rng.permutation(spread[: arm.persons]))
        others.append(spread[arm.persons :])
    rest = rng.permutation(np.concatenate(others))
    return np.concatenate([*enrolled, rest[: PERSONS - ENROLLED]])


def _draw_enrolled(
    rng: np.random.Generator, arm: Arm
) -> tuple[Ints, Ints, Ints, Ints, Days]:
    """Draw sex, age band, living arrangement, office and benefit start of one arm."""
    sex = shuffled(rng, arm.sex)
    return (
        sex,
        shuffled(rng, arm.age),
        shuffled(rng, arm.living),
        shuffled(rng, arm.offices),
        FIRST_START + days(_draw_places(rng, arm, sex)),
    )


def _draw_places(rng: np.random.Generator, arm: Arm, sex: Ints) -> Floats:
    """Draw days between the first possible start of benefit and each person's.

    Each sex has its number of persons observed for 15 months, and the arm its mean
    observation: late starts are spread evenly, early ones as far as that asks.
    """
    n_early = int(EARLY[:, ARMS.index(arm)].sum())
    span = (LAST_ENROLMENT - FIRST_ENROLMENT).astype(int) + 1
    longest = (FOLLOW_UP_ENDS - FIRST_ENROLMENT).astype(int)
    # Half a day is lost where days are cut off to whole ones.
    total = (longest + 0.5 - arm.observed_months * DAYS_IN_MONTH) * arm.persons
    late_mean = (EARLY_DAYS + span) / 2
    early_mean = (total - (arm.persons - n_early) * late_mean) / n_early
    # A power of an evenly spread number has mean 1 / (power + 1).
    power = EARLY_DAYS / early_mean - 1
    place = np.zeros(sex.size)
    for row, code in enumerate((MALE, FEMALE, UNKNOWN_SEX)):
        among = rng.permutation(np.flatnonzero(sex == code))
        n_first = int(EARLY[row, ARMS.index(arm)])
        first, second = among[:n_first], among[n_first:]
        place[first] = EARLY_DAYS * _evenly(first.size) ** power
        place[second] = EARLY_DAYS + (span - EARLY_DAYS) * _evenly(second.size)
    return place


def _evenly(size: int) -> Floats:
    spread: Floats = (np.arange(size) + 0.5) / max(size, 1)
    return spread


def _draw_others(
    rng: np.random.Generator, role: Ints
) -> tuple[Ints, Ints, Ints, Ints, Days]:
    """Draw the same of those who are not enrolled."""
    n = role.size
    sex = rng.choice(3, size=n, p=[0.0005, 0.5995, 0.4])
    band = rng.choice(4, size=n, p=[0.35, 0.2595, 0.39, 0.0005])
    band[role == Role.NETWORK_TRAINING] = OLDEST_BAND
    band[role == Role.ESF_TRACK] = YOUNGEST_BAND
    living = rng.choice(4, size=n, p=[0.34, 0.04, 0.618, 0.002])
    office = rng.choice(len(OFFICES), size=n, p=_office_shares())
    elsewhere = role == Role.OTHER_OFFICE
    office[elsewhere] = len(OFFICES) + rng.integers(N_OTHER_OFFICES, size=n)[elsewhere]
    office[role == Role.DISMISSED_BY_MSD] = MSD_OFFICE
    in_track = role == Role.ESF_TRACK
    office[in_track] = rng.choice(ESF_OFFICES, size=n)[in_track]
    start = np.full(n, NEVER)
    for this, (first, last) in START_RANGES.items():
        among = role == this
        width = (last - first).astype(int) + 1
        start[among] = first + days(rng.integers(width, size=n)[among])
    return sex, band, living, office, start


def _office_shares() -> Floats:
    counts = np.array([arm.offices for arm in ARMS]).sum(axis=0)
    shares: Floats = counts / counts.sum()
    return shares


def _draw_precision(rng: np.random.Generator, band: Ints) -> Ints:
    precision = rng.choice(3, size=band.size, p=SHARE_VAGUE)
    precision[band == UNKNOWN_BAND] = Precision.NOTHING
    return precision


def _draw_age(
    rng: np.random.Generator, role: Ints, band: Ints, precision: Ints
) -> Floats:
    """Draw ages inside their band, far enough from its ends for vague births."""
    bounds = np.array(AGE_BOUNDS)
    low, high = bounds[band, 0], bounds[band, 1]
    low = np.where(role == Role.NETWORK_TRAINING, OLDER_FROM, low)
    high = np.where(role == Role.ESF_TRACK, YOUNGER_UNTIL, high)
    margin = np.where(precision == Precision.DAY, AGE_MARGIN, VAGUE_MARGIN)
    width = high - low - 2 * margin
    ages: Floats = low + margin + rng.random(role.size) * width
    return ages
