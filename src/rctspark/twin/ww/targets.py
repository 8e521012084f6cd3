"""What the twin is built towards, by arm, and what is not published.

The figures come from `conf/published/ww`; here stands what the report does not say:
days, offices' names, errors.
"""

from __future__ import annotations

from dataclasses import dataclass

from rctspark.twin.ww.published import (
    ARM_SIZES,
    BALANCE,
    CONTACTS,
    EXITS,
    ROUNDS,
    counts_of,
    rows_of,
)

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
OBSERVED_MONTHS = {"basic": 14.0, "intensive": 13.9}
"""Mean observation since enrolment, which the report says in words (table 4.1)."""
AFTER_TEN_WEEKS = 70
"""Days since benefit start from which contacts count: week 11 begins."""


@dataclass(frozen=True, slots=True)
class RoundDays:
    """When a round of interviews takes place, in days since benefit start.

    Attributes:
        due_on: Day on which somebody must still be in benefit to be due.
        first_day: First day on which an interview counts for the round.
        last_day: Last such day; every enrolled person's lies in the follow-up.
    """

    due_on: int
    first_day: int
    last_day: int


ROUND_DAYS = {
    "4": RoundDays(due_on=105, first_day=AFTER_TEN_WEEKS, last_day=140),
    "7": RoundDays(due_on=210, first_day=210, last_day=245),
    "10": RoundDays(due_on=294, first_day=294, last_day=329),
    "12": RoundDays(due_on=378, first_day=378, last_day=396),
}
"""Rounds by the report's month. Days due are whole weeks (15, 30, 42, 54) at which the
shares that have left agree with the published shares of exit."""


@dataclass(frozen=True, slots=True)
class ExitShares:
    """Shares of one sex in one arm that left, in per cent, at `HORIZONS`.

    Attributes:
        exit: Left the benefit, wherever they went (table B.1).
        to_job: Left for a job.
    """

    exit: tuple[float, ...]
    to_job: tuple[float, ...]


@dataclass(frozen=True, slots=True)
class Round:
    """One round of interviews in one arm (tables 4.3 to 4.6).

    Attributes:
        days: When it takes place.
        individual: Persons who had an individual interview.
        group: Persons who had a group interview.
        unclear: Persons who had one whose form can't be told.
        suitable_work: Persons who had a suitable-work interview instead.
        none: Persons still in benefit who had none.
    """

    days: RoundDays
    individual: int
    group: int
    unclear: int
    suitable_work: int
    none: int

    @property
    def held(self) -> tuple[int, int, int, int]:
        """Persons who had an interview, by kind."""
        return self.individual, self.group, self.unclear, self.suitable_work

    @property
    def due(self) -> int:
        """Persons still in benefit."""
        return sum(self.held) + self.none


@dataclass(frozen=True, slots=True)
class Services:
    """Contacts after ten weeks of benefit in one arm (table 4.2), by kind."""

    interview: int
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
        services: Contacts after ten weeks.
    """

    name: str
    persons: int
    sex: tuple[int, ...]
    age: tuple[int, ...]
    living: tuple[int, ...]
    offices: tuple[int, ...]
    observed_months: float
    male: ExitShares
    female: ExitShares
    reentry: float
    rounds: tuple[Round, ...]
    services: Services


def _arm(number: int, name: str) -> Arm:
    persons = int(rows_of(ARM_SIZES)[number]["persons"])
    balance = counts_of(BALANCE, "characteristic", "category")

    def of(characteristic: str, *categories: str) -> tuple[int, ...]:
        return tuple(
            balance[characteristic, category][number] for category in categories
        )

    age = of("age", "under_35", "35_to_44", "45_and_over")
    living = of(
        "living_arrangement",
        "single_no_child",
        "single_dependent_child",
        "cohabiting",
    )
    contacts = counts_of(CONTACTS, "contact_type")
    return Arm(
        name=name,
        persons=persons,
        sex=of("sex", "unknown", "male", "female"),
        # Who is missing from a characteristic is in no category of it.
        age=(*age, persons - sum(age)),
        living=(*living, persons - sum(living)),
        offices=of("office", *[f"office_{n}" for n in range(1, len(OFFICES) + 1)]),
        observed_months=OBSERVED_MONTHS[name],
        male=_exit_shares("male", name),
        female=_exit_shares("female", name),
        reentry=_share("all", "reentry", "", name),
        rounds=tuple(_round(number, month) for month in ROUND_DAYS),
        services=Services(
            **{kind[0]: n[number] for kind, n in contacts.items() if kind != ("total",)}
        ),
    )


def _share(population: str, outcome: str, months: str, arm: str) -> float:
    return next(
        float(row[f"{arm}_pct"])
        for row in rows_of(EXITS)
        if (row["population"], row["outcome"], row["horizon_months"])
        == (population, outcome, months)
    )


def _exit_shares(sex: str, arm: str) -> ExitShares:
    exits, to_jobs = (
        tuple(_share(sex, outcome, str(months), arm) for months in HORIZONS)
        for outcome in ("exit", "exit_to_job")
    )
    return ExitShares(exits, to_jobs)


def _round(number: int, month: str) -> Round:
    counts = counts_of(ROUNDS, "round_month", "interview")

    def of(interview: str) -> int:
        return counts.get((month, interview), (0, 0))[number]

    # The report says of the basic arm's interviews of month 12 that they were about
    # suitable work; all other rounds were evaluation interviews, one by one.
    is_suitable_work = month == "12" and number == 0
    return Round(
        days=ROUND_DAYS[month],
        individual=of("individual") + (0 if is_suitable_work else of("any")),
        group=of("group"),
        unclear=of("form_unclear"),
        suitable_work=of("any") if is_suitable_work else 0,
        none=of("none"),
    )


BASIC, INTENSIVE = _arm(0, "basic"), _arm(1, "intensive")
ARMS = (BASIC, INTENSIVE)
"""Even last digit of the BSN, odd last digit."""
ENROLLED = BASIC.persons + INTENSIVE.persons
