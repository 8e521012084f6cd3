"""Durations as arrays: what goes into their estimators."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Texts = NDArray[np.str_]


@dataclass(frozen=True, slots=True, eq=False)
class Durations:
    """One row per person: how long it lasted, and how it ended.

    Attributes:
        time: Shape (n,), more than 0, in `unit`: until exit, or as long as observed.
        cause: Shape (n,): 0, not ended when last seen; 1, 2, ...: place in `causes`.
        causes: Names of the kinds of exit: `job`, `other`.
        arm: Shape (n,), name of the arm that the analysis follows.
        stratum: Shape (n,), or None where there are none.
        unit: Unit of time: `day`, `week`, `month`.
        outcome: Name under which effects are filed.
    """

    time: Floats
    cause: Ints
    causes: tuple[str, ...]
    arm: Texts
    stratum: Texts | None = None
    unit: str = "day"
    outcome: str = "duration"


@dataclass(frozen=True, slots=True, eq=False)
class RiskRows:
    """One row per person and stretch of time in which the covariates stay the same.

    A person is at risk from after `start` up to and including `stop`.

    Attributes:
        person: Shape (n,): rows of one person share a number; no order is needed.
        start: Shape (n,), in any unit of time.
        stop: Shape (n,), later than `start`.
        cause: Shape (n,): 0, no exit at `stop`; 1, 2, ...: place in `causes`.
        causes: Names of the kinds of exit.
        covariates: Shape (n, k).
        names: Names of the k covariates.
        stratum: Shape (n,): each has its own baseline hazard; None: one for all.
    """

    person: Ints
    start: Floats
    stop: Floats
    cause: Ints
    causes: tuple[str, ...]
    covariates: Floats
    names: tuple[str, ...]
    stratum: Texts | None = None


@dataclass(frozen=True, slots=True, eq=False)
class PersonPeriods:
    """One row per person and period at risk, or per cell of equal rows.

    Attributes:
        period: Shape (n,): 1 for the first period at risk, 2, ...
        at_risk: Shape (n,): rows that a cell stands for; 1 for a row.
        exits: Shape (n,): how many of them exit in the period.
        covariates: Shape (n, k).
        names: Names of the k covariates.
        person: Shape (n,): whose row it is; None for cells.
        unit: Length of a period: `week`, `month`.
    """

    period: Ints
    at_risk: Floats
    exits: Floats
    covariates: Floats
    names: tuple[str, ...]
    person: Ints | None = None
    unit: str = "month"


@dataclass(frozen=True, slots=True, eq=False)
class InterviewSpells:
    """One row per person: exit, interview, and what was known before either.

    Time is continuous. Where it is known in whole days, the estimators' package
    places events inside the day first (`centre_whole_units`).

    Attributes:
        time: Shape (n,), more than 0: until exit, or as long as observed.
        cause: Shape (n,): 0, no exit seen; 1, 2, ...: place in `causes`.
        causes: Names of the kinds of exit, the one that matters first.
        interview: Shape (n,): when the interview was held, after 0 and not after
            `time`; NaN: none held while observed.
        covariates: Shape (n, k), of the hazards of exit and of the interview.
        names: Names of the k covariates.
        interview_covariates: Shape (n, l), of the interview's hazard alone: the arm.
        interview_names: Names of the l covariates.
        unit: Unit of all times.
    """

    time: Floats
    cause: Ints
    causes: tuple[str, ...]
    interview: Floats
    covariates: Floats
    names: tuple[str, ...]
    interview_covariates: Floats
    interview_names: tuple[str, ...]
    unit: str = "month"
