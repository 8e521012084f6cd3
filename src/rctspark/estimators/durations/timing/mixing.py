"""Kinds of person found by nonparametric maximum likelihood, and the proof of it.

The likelihood is concave in the distribution of kinds. So at given coefficients a
distribution is the best of all, whatever their number of kinds, if and only if no
single kind mixed in would raise the likelihood: if the directional derivative

    D(v) = sum over persons of f(person | v) / f(person) - n

is nowhere above 0; and what the best distribution could add to the log likelihood is
at most the largest D (Lindsay 1983, doi:10.1214/aos/1176346059). Kinds are added where
D is largest, all parameters are fitted again, until it is nowhere above a tolerance
(Heckman and Singer 1984, doi:10.2307/1911491; Gaure, Roed and Zhang 2007,
doi:10.1016/j.jeconom.2007.01.015).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg, optimize

from rctspark.estimators.durations.timing.climbing import climb
from rctspark.estimators.durations.timing.likelihood import (
    Evaluation,
    Parameters,
    evaluate,
    log_densities,
)
from rctspark.estimators.durations.timing.peaks import RIDGE, SHORTEST, find_kinds

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.estimators.durations.timing.exposure import Exposure

    Floats = NDArray[np.float64]

MOST_ROUNDS = 20
FEWER_STEPS = 40
MOST_MIXING_ROUNDS = 5
MOST_SHARE_STEPS = 50
SAME_PLACE = 0.1
NO_SHARE = 1e-9
ADDING_UP = 1e4
SHARE_CONVERGED = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """Fitted parameters, and how much any other distribution of kinds could add.

    Attributes:
        parameters: Coefficients and kinds.
        at: The likelihood there.
        gain_left: Largest directional derivative found.
        is_proved: Whether it is below the tolerance.
        alone: The likelihood with everyone alike.
        parameters_alone: Its parameters.
    """

    parameters: Parameters
    at: Evaluation
    gain_left: float
    is_proved: bool
    alone: Evaluation
    parameters_alone: Parameters


def fit_alike(exposure: Exposure) -> tuple[Parameters, Evaluation]:
    """Fit the model with everyone of one kind.

    Args:
        exposure: The data.

    Returns:
        Its parameters and likelihood.
    """
    count = exposure.count
    rates = [
        (count @ risk.happened) / (count @ (risk.before + risk.after).sum(axis=1))
        for risk in exposure.risks
    ]
    start = Parameters(
        coefficients=tuple(np.zeros(risk.size) for risk in exposure.risks),
        log_hazards=np.log(np.array([rates])),
        shares=np.ones(1),
    )
    return climb(exposure, start)


def fit_alone(exposure: Exposure) -> Mixture:
    """Fit the model with everyone alike, and say what kinds could add.

    Args:
        exposure: The data.

    Returns:
        The fit, never proved.
    """
    parameters, at = fit_alike(exposure)
    return Mixture(
        parameters=parameters,
        at=at,
        gain_left=_largest(exposure, parameters, at, parameters.log_hazards[0]),
        is_proved=False,
        alone=at,
        parameters_alone=parameters,
    )


def fit_mixture(
    exposure: Exposure, *, tolerance: float, starts: Sequence[float] = (0.0,)
) -> Mixture:
    """Add kinds until none improves the likelihood, from every start of a grid.

    In turns: at given coefficients, the best distribution of kinds, whatever their
    number, which is a concave problem; then all parameters together by Newton's
    method, which need not be. Every step is a function of the data alone, so the same
    data give the same digits.

    Args:
        exposure: The data.
        tolerance: Gain in log likelihood that may be left.
        starts: Where to begin: effects that are by so much larger than with everyone
            alike. The likeliest proved end is taken.

    Returns:
        The fit.
    """
    parameters, alone = fit_alike(exposure)
    ends = [
        _fit_from(
            exposure, _shifted(exposure, parameters, shift), parameters, tolerance
        )
        for shift in starts
    ]
    at, end, gain = max(ends, key=lambda e: (e[2] <= tolerance, e[0].log_likelihood))
    return Mixture(
        parameters=end,
        at=at,
        gain_left=gain,
        is_proved=gain <= tolerance,
        alone=alone,
        parameters_alone=parameters,
    )


def _shifted(exposure: Exposure, parameters: Parameters, shift: float) -> Parameters:
    """Return parameters with larger effects."""
    coefficients = [own.copy() for own in parameters.coefficients]
    for risk, own in zip(exposure.risks, coefficients, strict=True):
        if risk.has_effect:
            own[-1] += shift
    return replace(parameters, coefficients=tuple(coefficients))


def _fit_from(
    exposure: Exposure, parameters: Parameters, alike: Parameters, tolerance: float
) -> tuple[Evaluation, Parameters, float]:
    """Add kinds, beginning at some parameters."""
    centre = alike.log_hazards[0]
    at, gain = evaluate(exposure, parameters), np.inf
    for _ in range(MOST_ROUNDS):
        mixed = fit_kinds(exposure, parameters, at, centre, tolerance=tolerance / 2)
        larger, reached = climb(
            exposure, mixed, converged=tolerance / 10, most_steps=FEWER_STEPS
        )
        before = at.log_likelihood
        if reached.log_likelihood > before:
            parameters, at = larger, reached
        gain = _largest(exposure, parameters, at, centre)
        if gain > tolerance and at.log_likelihood > before + tolerance:
            continue
        # Near the top: go all the way up before looking again.
        parameters, at = climb(exposure, parameters)
        gain = _largest(exposure, parameters, at, centre)
        if gain <= tolerance or at.log_likelihood <= before + SHARE_CONVERGED:
            break
    return at, parameters, gain


def _largest(
    exposure: Exposure, parameters: Parameters, at: Evaluation, centre: Floats
) -> float:
    return max(gain for gain, _ in find_kinds(exposure, parameters, at, centre))


def fit_kinds(
    exposure: Exposure,
    parameters: Parameters,
    at: Evaluation,
    centre: Floats,
    *,
    tolerance: float,
) -> Parameters:
    """Find the best distribution of kinds at given coefficients.

    The constrained Newton method of Wang (2007, doi:10.1111/j.1467-9868.2007.00583.x):
    every peak of the directional derivative becomes a kind, the shares are fitted,
    kinds without a share are left out, and again.

    Args:
        exposure: The data.
        parameters: Coefficients, and kinds to begin with.
        at: The likelihood there.
        centre: Shape (hazards,): middle of the grid.
        tolerance: Gain in log likelihood that may be left.

    Returns:
        The same coefficients with other kinds.
    """
    for _ in range(MOST_MIXING_ROUNDS):
        found = find_kinds(exposure, parameters, at, centre)
        better = [place for gain, place in found if gain > tolerance]
        if not better:
            break
        log_hazards = _with_new(parameters.log_hazards, better)
        known = parameters.shares.size
        start = np.append(parameters.shares, np.zeros(len(log_hazards) - known))
        shares = _fit_shares(exposure, at, log_hazards, start)
        keep = shares > 0
        parameters = Parameters(
            coefficients=parameters.coefficients,
            log_hazards=log_hazards[keep],
            shares=shares[keep] / shares[keep].sum(),
        )
        before, at = at, evaluate(exposure, parameters)
        if at.log_likelihood - before.log_likelihood < tolerance:
            break
    return parameters


def _with_new(log_hazards: Floats, found: list[Floats]) -> Floats:
    """Return the kinds there are and those found that are not near one of them."""
    kinds = list(log_hazards)
    for place in found:
        if not any(np.abs(place - other).max() < SAME_PLACE for other in kinds):
            kinds.append(place)
    return np.array(kinds)


def _fit_shares(
    exposure: Exposure, at: Evaluation, log_hazards: Floats, shares: Floats
) -> Floats:
    """Fit the shares of given kinds: Newton's method within the simplex."""
    logs = log_densities(at.integrated, log_hazards)
    densities = np.exp(logs - logs.max(axis=1, keepdims=True))
    count = exposure.count
    value = float(count @ np.log(densities @ shares))
    for _ in range(MOST_SHARE_STEPS):
        ratio = densities / (densities @ shares)[:, None]
        gradient = count @ ratio
        root: Floats = linalg.qr(
            np.vstack([ratio * np.sqrt(count)[:, None], RIDGE * np.eye(shares.size)]),
            mode="r",
        )[0][: shares.size]
        target = np.linalg.solve(root.T, 2 * gradient)
        # Shares add up to 1: a row of such weight that nothing else matters.
        weight = ADDING_UP * np.abs(root).max()
        system = np.vstack([root, np.full(shares.size, weight)])
        following, _ = optimize.nnls(system, np.append(target, weight))
        following /= following.sum()
        step = following - shares
        promise = float(gradient @ step)
        size = 1.0
        while size > SHORTEST:
            trial = shares + size * step
            reached = float(count @ np.log(densities @ trial))
            if reached >= value + promise * size / 3:
                break
            size /= 2
        else:
            break
        shares, value = trial, reached
        if promise < SHARE_CONVERGED:
            break
    return np.where(shares > NO_SHARE, shares, 0.0)
