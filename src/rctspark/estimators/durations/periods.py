"""Person-periods: made from persons, counted into cells, read as hazards."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.duration_results import PeriodHazard
from rctspark.contracts.durations import PersonPeriods
from rctspark.estimators.durations.risk_sets import refuse

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]
    Bools = NDArray[np.bool_]


def expand_person_periods(
    periods: Ints,
    has_left: Bools,
    *,
    covariates: Floats,
    names: tuple[str, ...],
    unit: str = "month",
) -> PersonPeriods:
    """Make a row for every period in which a person is at risk.

    Covariates that change from period to period are attached by `person` and
    `period` of the rows that come out.

    Args:
        periods: Shape (n,): periods at risk, 1 or more, the one of exit among them.
        has_left: Shape (n,): whether the last of them ends in an exit.
        covariates: Shape (n, k).
        names: Names of the k covariates.
        unit: Length of a period.

    Returns:
        `periods` summed rows, person by person, period by period; `person` is the
        place in the arguments.

    Raises:
        EstimationError: Someone has no period at risk.
    """
    without = int((periods < 1).sum())
    refuse(
        [f"{without} person(s) have no period at risk"] if without else [],
        "The periods",
    )
    person = np.repeat(np.arange(periods.size), periods)
    ends = np.cumsum(periods)
    period = np.arange(person.size) - np.repeat(ends - periods, periods) + 1
    exits = np.zeros(person.size)
    exits[ends[has_left] - 1] = 1.0
    return PersonPeriods(
        period=period,
        at_risk=np.ones(person.size),
        exits=exits,
        covariates=covariates[person],
        names=names,
        person=person,
        unit=unit,
    )


def count_cells(rows: PersonPeriods) -> PersonPeriods:
    """Put rows of equal period and covariates together and count them.

    Args:
        rows: Person-periods, or cells to be joined.

    Returns:
        Cells, ordered by period and covariates; who was in them is lost.
    """
    keys = np.column_stack([rows.period.astype(np.float64), rows.covariates])
    cells, place = np.unique(keys, axis=0, return_inverse=True)
    place = place.reshape(-1)
    return PersonPeriods(
        period=cells[:, 0].astype(np.int64),
        at_risk=np.bincount(place, weights=rows.at_risk).astype(np.float64),
        exits=np.bincount(place, weights=rows.exits).astype(np.float64),
        covariates=cells[:, 1:],
        names=rows.names,
        unit=rows.unit,
    )


def estimate_period_hazards(rows: PersonPeriods) -> tuple[PeriodHazard, ...]:
    """Estimate the share of those still in that leaves in each period.

    Args:
        rows: Person-periods, or their cells.

    Returns:
        One hazard per period at which someone was at risk, with its binomial error.

    Raises:
        EstimationError: Counts or periods can't be used.
    """
    require_person_periods(rows)
    at_risk = np.bincount(rows.period, weights=rows.at_risk)
    exits = np.bincount(rows.period, weights=rows.exits)
    return tuple(
        PeriodHazard(
            period=int(period),
            n_at_risk=int(n),
            n_exits=int(d),
            hazard=float(d / n),
            std_error=math.sqrt(d * (n - d) / n**3),
        )
        for period, (n, d) in enumerate(zip(at_risk, exits, strict=True))
        if n > 0
    )


def require_person_periods(rows: PersonPeriods) -> None:
    """Refuse person-periods on which an answer would be meaningless.

    Args:
        rows: Person-periods, or their cells.

    Raises:
        EstimationError: A covariate is missing, a period is below 1, or more leave
            than are at risk. All at once, with counts.
    """
    absent = (~np.isfinite(rows.covariates)).sum(axis=0)
    faults = [
        f"{name} is missing or infinite in {count} row(s)"
        for name, count in zip(rows.names, absent, strict=True)
        if count
    ]
    early = int((rows.period < 1).sum())
    if early:
        faults.append(f"period is below 1 in {early} row(s)")
    fits = (rows.at_risk > 0) & (rows.exits >= 0) & (rows.exits <= rows.at_risk)
    if not fits.all():
        faults.append(
            f"exits are not between 0 and at_risk in {int((~fits).sum())} row(s)"
        )
    refuse(faults, "The person-periods")
