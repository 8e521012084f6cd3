"""What the twin is built towards: figures of the published report (SEOR 2015).

Only code that builds a twin reads these. Counts are met exactly, shares of exit nearly
(the events are drawn so that each arm and sex has them to one person); what stands
under `Services` steers how often things happen and is met on average.
"""

from __future__ import annotations

from dataclasses import dataclass

HORIZONS = (6, 9, 12, 15)
"""Months since benefit start at which the published exit shares stand."""
OFFICES = (
    "utrecht_noord",
    "rotterdam_alexanderplein",
    "heerenveen",
    "maasland",
    "twente",
    "maastricht",
)
"""The six offices. The report numbers them 1 to 6 without saying which is which."""
RECORDED_ARM_ERRORS = 30


@dataclass(frozen=True, slots=True)
class ExitShares:
    """Shares of one sex in one arm that left, in per cent, at `HORIZONS`.

    Attributes:
        exit: Left the benefit, wherever they went (tables 5.2 and B.1).
        to_job: Left for a job.
    """

    exit: tuple[float, float, float, float]
    to_job: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of interviews in one arm (tables 4.3 to 4.6).

    Attributes:
        first_day: First day of the window, in days since benefit start.
        last_day: Last day of the window.
        individual: Persons who had an individual interview.
        group: Persons who had a group interview.
        unclear: Persons who had one whose form can't be told.
        suitable_work: Persons who had a suitable-work interview instead.
        none: Persons still in benefit who had none.
    """

    first_day: int
    last_day: int
    individual: int = 0
    group: int = 0
    unclear: int = 0
    suitable_work: int = 0
    none: int = 0


@dataclass(frozen=True, slots=True)
class Services:
    """Contacts after ten weeks of benefit in one arm (table 4.2), by kind."""

    more_interviews: int
    competence_test: int
    workshop: int
    self_employment_preparation: int
    trial_placement: int
    other: int


@dataclass(frozen=True, slots=True)
class Arm:
    """One arm as published.

    Attributes:
        name: Name of the arm.
        persons: Persons (table 4.1).
        sex: Unknown, male, female (table 5.1).
        age: Under 35, 35 to 44, 45 and over, unknown, at enrolment.
        living: Single without child, single with dependent child, cohabiting, unknown.
        offices: Persons per office, in the order of `OFFICES`.
        observed_months: Mean observation since enrolment, in months.
        male: Exit of men.
        female: Exit of women.
        reentry: Share that came back into benefit after exit, per cent.
        rounds: Interviews of month 4, 7, 10 and 12.
        services: Other contacts.
    """

    name: str
    persons: int
    sex: tuple[int, int, int]
    age: tuple[int, int, int, int]
    living: tuple[int, int, int, int]
    offices: tuple[int, int, int, int, int, int]
    observed_months: float
    male: ExitShares
    female: ExitShares
    reentry: float
    rounds: tuple[Round, Round, Round, Round]
    services: Services


# Interviews of all rounds together are fewer than the interviews of table 4.2; what
# is left over happened between the rounds.
BASIC = Arm(
    name="basic",
    persons=4617,
    sex=(2, 2841, 1774),
    age=(1612, 1194, 1809, 2),
    living=(1612, 168, 2830, 7),
    offices=(1308, 609, 448, 571, 1114, 567),
    observed_months=14.0,
    male=ExitShares(exit=(33.6, 50.8, 61.5, 64.8), to_job=(21.2, 30.4, 35.6, 35.1)),
    female=ExitShares(exit=(28.1, 46.2, 56.8, 64.4), to_job=(15.5, 23.0, 26.8, 29.8)),
    reentry=1.0,
    rounds=(
        Round(77, 112, group=3007, unclear=823, none=522),
        Round(213, 241, individual=108, none=2789),
        Round(297, 325, individual=132, none=2097),
        Round(400, 428, suitable_work=282, none=1431),
    ),
    services=Services(627, 54, 776, 282, 114, 105),
)
INTENSIVE = Arm(
    name="intensive",
    persons=4620,
    sex=(1, 2709, 1910),
    age=(1647, 1195, 1777, 1),
    living=(1544, 184, 2888, 4),
    offices=(1321, 649, 498, 566, 1034, 552),
    observed_months=13.9,
    male=ExitShares(exit=(34.1, 52.5, 64.1, 66.6), to_job=(22.1, 31.7, 37.7, 36.2)),
    female=ExitShares(exit=(28.8, 46.9, 59.7, 68.7), to_job=(16.2, 24.4, 30.2, 33.5)),
    reentry=0.9,
    rounds=(
        Round(77, 112, individual=3670, unclear=208, none=459),
        Round(213, 241, individual=1599, none=1362),
        Round(297, 325, individual=1127, none=1077),
        Round(400, 428, individual=764, none=850),
    ),
    services=Services(1385, 755, 1881, 342, 145, 277),
)
ARMS = (BASIC, INTENSIVE)
"""Even last digit of the BSN, odd last digit."""
ENROLLED = BASIC.persons + INTENSIVE.persons
PUBLISHED_EXIT = {
    "exit": {
        "basic": (31.5, 49.0, 59.6, 64.6),
        "intensive": (31.9, 50.2, 62.3, 67.6),
    },
    "exit_to_job": {
        "basic": (19.0, 27.6, 32.2, 32.8),
        "intensive": (19.7, 28.7, 34.6, 34.9),
    },
}
"""Men and women together, in per cent, at `HORIZONS` (table 5.2)."""
