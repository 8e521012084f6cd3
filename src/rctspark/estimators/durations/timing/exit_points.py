"""What an interview changes in the share that has left: points, by the delta method."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.duration_results import ExitPoints
from rctspark.estimators.durations.normal import normal_interval
from rctspark.estimators.durations.timing.likelihood import split_coefficients

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.estimators.durations.timing.exposure import Exposure, Risk
    from rctspark.estimators.durations.timing.likelihood import Parameters

    Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Request:
    """Which shares are asked for.

    Attributes:
        within: Horizons, from the start.
        interview_at: When everyone still in is interviewed.
        breaks: Where a new piece of the exits' baseline begins, after 0.
        level: Level of the intervals.
    """

    within: Sequence[float]
    interview_at: float
    breaks: Sequence[float]
    level: float


@dataclass(frozen=True, slots=True, eq=False)
class _Stretch:
    """Time over which all hazards stay the same."""

    piece: int
    length: float
    is_after: bool


def find_exit_points(
    exposure: Exposure, parameters: Parameters, covariance: Floats, request: Request
) -> tuple[ExitPoints, ...]:
    """Turn the effects on hazards into points of exit within horizons.

    Two populations with the covariates of the one observed and its kinds: nobody is
    interviewed, and everyone still in at a given time is. Shares of competing exits
    follow from the hazards in closed form, stretch by stretch; their derivatives in
    all parameters give the standard error.

    Args:
        exposure: The data, whose covariates are averaged over.
        parameters: The estimate.
        covariance: Of the parameters' vector.
        request: Horizons, time of the interview, level.

    Returns:
        One record per kind of exit and horizon.
    """
    exits = exposure.risks[:-1]
    found = []
    for target, risk in enumerate(exits):
        for within in request.within:
            without, slope_without = _share(
                exposure, parameters, target, _stretches(request, within, np.inf)
            )
            interviewed, slope_with = _share(
                exposure,
                parameters,
                target,
                _stretches(request, within, request.interview_at),
            )
            slope = slope_with - slope_without
            estimate = interviewed - without
            error = max(float(slope @ covariance @ slope), 0.0) ** 0.5
            lower, upper, p_value = normal_interval(
                estimate, error, level=request.level
            )
            found.append(
                ExitPoints(
                    cause=risk.name,
                    within=float(within),
                    interview_at=float(request.interview_at),
                    share_without=without,
                    share_with=interviewed,
                    estimate=estimate,
                    std_error=error,
                    ci_lower=lower,
                    ci_upper=upper,
                    p_value=p_value,
                    n=int(exposure.count.sum()),
                )
            )
    return tuple(found)


def _stretches(request: Request, within: float, interview: float) -> list[_Stretch]:
    """Cut the time up to a horizon where a hazard may change."""
    starts = np.array([0.0, *request.breaks])
    moments = [*starts[starts < within].tolist(), min(interview, within), within]
    cuts = np.unique(np.array(moments))
    return [
        _Stretch(
            piece=int(np.searchsorted(starts, begin, side="right")) - 1,
            length=float(end - begin),
            is_after=bool(begin >= interview),
        )
        for begin, end in pairwise(cuts.tolist())
    ]


def _share(
    exposure: Exposure, parameters: Parameters, target: int, path: list[_Stretch]
) -> tuple[float, Floats]:
    """Return the share that leaves in one way by the end of a path, and its slope."""
    exits = exposure.risks[:-1]
    rows, count = np.unique(exits[0].covariates, axis=0, return_inverse=True)
    total = np.bincount(count.reshape(-1), weights=exposure.count)
    weight = total / total.sum()
    hazards = [
        _hazards(risk, parameters, j, rows, path) for j, risk in enumerate(exits)
    ]
    value, slopes = _leave(hazards, target, path)
    mass = weight[:, None] * parameters.shares
    share = float((mass * value).sum())
    moves = [[mass * part for part in slope] for slope in slopes]
    own = [_in_coefficients(risk, rows, moves[j], path) for j, risk in enumerate(exits)]
    own.append(np.zeros(exposure.risks[-1].size))
    in_hazards = np.zeros(parameters.log_hazards.shape)
    for j, parts in enumerate(moves):
        in_hazards[:, j] = np.sum(parts, axis=(0, 1))
    by_kind = weight @ value
    odds = parameters.shares * (by_kind - share)
    slope = np.concatenate([*own, in_hazards[parameters.is_free], odds[1:]])
    return share, slope


def _hazards(
    risk: Risk, parameters: Parameters, j: int, rows: Floats, path: list[_Stretch]
) -> list[Floats]:
    """Return the hazard in every stretch, shape (rows, kinds)."""
    pieces, slopes, effect = split_coefficients(risk, parameters.coefficients[j])
    level = np.exp((rows @ slopes)[:, None] + parameters.log_hazards[:, j])
    return [level * np.exp(pieces[s.piece] + effect * s.is_after) for s in path]


def _leave(
    hazards: list[list[Floats]], target: int, path: list[_Stretch]
) -> tuple[Floats, list[list[Floats]]]:
    """Return the share that leaves in one way, and its slopes in log hazards.

    Backwards: a share is what leaves in this stretch plus what stays times the share
    of what comes after.
    """
    total = [np.sum(parts, axis=0) for parts in zip(*hazards, strict=True)]
    stay = [np.exp(-h * s.length) for h, s in zip(total, path, strict=True)]
    later = np.zeros_like(total[0])
    slopes: list[list[Floats]] = [[later] * len(path) for _ in hazards]
    for i in range(len(path) - 1, -1, -1):
        part = hazards[target][i] / total[i]
        for j, each in enumerate(hazards):
            own = float(j == target)
            leaves = (own - part) / total[i] * (1 - stay[i])
            lasts = path[i].length * stay[i] * (part - later)
            slopes[j][i] = each[i] * (leaves + lasts)
        later = part * (1 - stay[i]) + stay[i] * later
    reached = np.ones_like(later)
    for i in range(len(path)):
        for slope in slopes:
            slope[i] = slope[i] * reached
        reached = reached * stay[i]
    return later, slopes


def _in_coefficients(
    risk: Risk, rows: Floats, moves: list[Floats], path: list[_Stretch]
) -> Floats:
    """Chain slopes in log hazards to slopes in one hazard's coefficients."""
    pieces = np.zeros(risk.pieces)
    for part, stretch in zip(moves, path, strict=True):
        pieces[stretch.piece] += part.sum()
    by_row = np.sum(moves, axis=(0, 2))
    effect = sum(
        float(part.sum())
        for part, stretch in zip(moves, path, strict=True)
        if stretch.is_after
    )
    return np.concatenate([pieces[1:], by_row @ rows, [effect]])
