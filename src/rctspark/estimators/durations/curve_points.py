"""Curves of a duration as points for tables and figures."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.duration_tables import CurvePoint
from rctspark.estimators.durations.incidence import estimate_incidence
from rctspark.estimators.durations.periods import (
    estimate_period_hazards,
    expand_person_periods,
)
from rctspark.estimators.durations.survival import estimate_survival

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rctspark.contracts.duration_results import IncidenceCurve, SurvivalCurve
    from rctspark.contracts.durations import Durations

EVERYONE = "all"


def curve_points(
    durations: Durations,
    *,
    curves: Sequence[str],
    level: float,
    minimum_persons: int,
) -> tuple[CurvePoint, ...]:
    """Estimate curves, and lay them out time by time.

    Args:
        durations: The durations, in whole units.
        curves: `survival`, `incidence`, `hazard`.
        level: Level of the pointwise intervals.
        minimum_persons: Fewest persons per arm.

    Returns:
        Survival and incidence by arm, the hazard by arm and of everyone.

    Raises:
        EstimationError: As the estimators of the curves.
    """
    found: list[CurvePoint] = []
    if "survival" in curves:
        kept = estimate_survival(
            durations, level=level, minimum_persons=minimum_persons
        )
        for one in kept:
            found += _points(one, one.survival, kind="survival", cause="any")
    if "incidence" in curves:
        left = estimate_incidence(
            durations, level=level, minimum_persons=minimum_persons
        )
        for way in left:
            found += _points(way, way.incidence, kind="incidence", cause=way.cause)
    if "hazard" in curves:
        for arm in (EVERYONE, *np.unique(durations.arm).tolist()):
            found += _hazard(durations, arm, level)
    return tuple(found)


def _points(
    curve: SurvivalCurve | IncidenceCurve,
    values: Sequence[float],
    *,
    kind: str,
    cause: str,
) -> list[CurvePoint]:
    return [
        CurvePoint(
            curve=kind,
            arm=curve.arm,
            cause=cause,
            unit=curve.unit,
            time=round(curve.time[i]),
            n_at_risk=curve.n_at_risk[i],
            n_exits=curve.n_exits[i],
            value=values[i],
            std_error=curve.std_error[i],
            ci_lower=_known(curve.ci_lower[i]),
            ci_upper=_known(curve.ci_upper[i]),
            level=curve.level,
        )
        for i in range(len(curve.time))
    ]


def _hazard(durations: Durations, arm: str, level: float) -> list[CurvePoint]:
    is_in = np.ones(durations.arm.size, dtype=np.bool_)
    if arm != EVERYONE:
        is_in = durations.arm == arm
    rows = expand_person_periods(
        durations.time[is_in].astype(np.int64),
        durations.cause[is_in] > 0,
        covariates=np.empty((int(is_in.sum()), 0)),
        names=(),
        unit=durations.unit,
    )
    return [
        CurvePoint(
            curve="hazard",
            arm=arm,
            cause="any",
            unit=durations.unit,
            time=one.period,
            n_at_risk=one.n_at_risk,
            n_exits=one.n_exits,
            value=one.hazard,
            std_error=one.std_error,
            ci_lower=None,
            ci_upper=None,
            level=level,
        )
        for one in estimate_period_hazards(rows)
    ]


def _known(bound: float) -> float | None:
    return None if math.isnan(bound) else bound
