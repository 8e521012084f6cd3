"""Newton's method on the likelihood of timing of events, which is not concave."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.durations.timing.likelihood import (
    NEVER,
    Evaluation,
    Parameters,
    differentiate,
    evaluate,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.durations.timing.exposure import Exposure

    Floats = NDArray[np.float64]

MOST_STEPS = 200
CONVERGED = 1e-9
SMALLEST_UNIT = 1e-8
SMALLEST_CURVATURE = 1e-7
"""Curvatures below this share of the largest are taken for this share."""
LONGEST_STEP = 1.0
"""No parameter moves by more than this in one step: a factor e in a hazard."""
SHORTEST_STEP = 1e-8
SUFFICIENT = 1e-4
LOW = 2.0
"""A kind's hazard below exp(-2) of the mean over kinds is tried as never."""
MOST_LOST = 0.001
TINY = 1e-300
LARGEST = 700.0
"""A change of the log likelihood above this has no exponent in double precision."""
NEGLIGIBLE = 1e-7
"""A kind with less than this share is left out."""
SMALL_SHARE = 0.05
NEAR = 0.5
"""Kinds whose log hazards differ by less than this in all are tried as one."""
FREE = 1e-7


def climb(
    exposure: Exposure,
    parameters: Parameters,
    *,
    converged: float = CONVERGED,
    most_steps: int = MOST_STEPS,
) -> tuple[Parameters, Evaluation]:
    """Climb to where the likelihood is flat, keeping the number of kinds or fewer.

    Newton's method with curvatures of the wrong sign turned round, steps capped and
    halved until they climb. On the way, a kind that hardly anyone is of is left out,
    kinds that have become alike are made one, and a hazard that has all but vanished
    is set to never.

    Args:
        exposure: The data.
        parameters: Where to begin.
        converged: Stop when a Newton step promises less than this, in log likelihood.
        most_steps: Stop after so many steps.

    Returns:
        Where it ends, and the likelihood there.
    """
    at = evaluate(exposure, parameters)
    for _ in range(most_steps):
        simpler = simplify(exposure, parameters, at)
        if simpler is not None:
            parameters, at = simpler
        gradient, information = differentiate(exposure, parameters, at)
        step = _newton_step(gradient, information)
        promise = float(step @ gradient)
        following, reached = _climb_along(exposure, parameters, at, step, promise)
        if promise < converged or following is parameters:
            return following, reached
        parameters, at = following, reached
    return parameters, at


def _newton_step(gradient: Floats, information: Floats) -> Floats:
    """Return Newton's step, damped along flat directions until no part is too long."""
    # In units in which every parameter curves alike, flatness is flatness.
    unit = 1 / np.sqrt(np.maximum(np.abs(np.diag(information)), SMALLEST_UNIT))
    curvature, axes = np.linalg.eigh(information * np.outer(unit, unit))
    along = axes.T @ (unit * gradient)
    floor = SMALLEST_CURVATURE * np.abs(curvature).max()
    size = np.maximum(np.abs(curvature), floor)
    damping = 0.0
    while True:
        step: Floats = unit * (axes @ (along / (size + damping)))
        if np.abs(step).max(initial=0.0) <= LONGEST_STEP:
            return step
        damping = max(4 * damping, floor)


def _climb_along(
    exposure: Exposure,
    parameters: Parameters,
    at: Evaluation,
    step: Floats,
    promise: float,
) -> tuple[Parameters, Evaluation]:
    size = 1.0
    while size > SHORTEST_STEP:
        following = parameters.moved(size * step)
        reached = evaluate(exposure, following)
        if reached.log_likelihood >= at.log_likelihood + SUFFICIENT * size * promise:
            return following, reached
        size /= 2
    return parameters, at


def simplify(
    exposure: Exposure, parameters: Parameters, at: Evaluation
) -> tuple[Parameters, Evaluation] | None:
    """Return parameters with fewer, or vanished, kinds if that costs nothing.

    Climbing there would take a step per factor e of a share or a hazard.

    Args:
        exposure: The data.
        parameters: Where.
        at: The likelihood there.

    Returns:
        The simpler parameters and their likelihood; None where none are as good.
    """
    log_hazards, shares = parameters.log_hazards.copy(), parameters.shares.copy()
    keep = np.array(
        [not _may_leave(exposure, parameters, at, m) for m in range(shares.size)]
    )
    for m, j in _nearly_vanished(parameters):
        if keep[m] and _may_vanish(exposure, parameters, at, (m, j)):
            log_hazards[m, j] = NEVER
    if keep.all() and (log_hazards == parameters.log_hazards).all():
        return _join_two(exposure, parameters, at)
    candidate = Parameters(
        coefficients=parameters.coefficients,
        log_hazards=log_hazards[keep],
        shares=shares[keep] / shares[keep].sum(),
    )
    return _if_as_good(exposure, candidate, at, MOST_LOST)


def _if_as_good(
    exposure: Exposure, candidate: Parameters, at: Evaluation, loss: float
) -> tuple[Parameters, Evaluation] | None:
    reached = evaluate(exposure, candidate)
    if reached.log_likelihood < at.log_likelihood - loss:
        return None
    return candidate, reached


def _join_two(
    exposure: Exposure, parameters: Parameters, at: Evaluation
) -> tuple[Parameters, Evaluation] | None:
    """Make the two kinds that are most alike one, if they are near and it is free."""
    hazards, shares = parameters.log_hazards, parameters.shares
    apart = np.abs(hazards[:, None] - hazards[None]).max(axis=2)
    apart[np.tril_indices(shares.size)] = np.inf
    k, m = np.unravel_index(int(np.argmin(apart)), apart.shape)
    if not apart[k, m] < NEAR:
        return None
    joined, both = hazards.copy(), shares.copy()
    joined[k] = (shares[k] * hazards[k] + shares[m] * hazards[m]) / (
        shares[k] + shares[m]
    )
    both[k] += both[m]
    keep = np.arange(shares.size) != m
    candidate = Parameters(
        coefficients=parameters.coefficients,
        log_hazards=joined[keep],
        shares=both[keep],
    )
    return _if_as_good(exposure, candidate, at, FREE)


def _may_leave(
    exposure: Exposure, parameters: Parameters, at: Evaluation, m: int
) -> bool:
    """Say whether the likelihood is as high without a kind."""
    share = float(parameters.shares[m])
    if share > SMALL_SHARE or parameters.shares.size == 1:
        return False
    if share < NEGLIGIBLE:
        return True
    ratio = (1 - at.posterior[:, m]) / (1 - share)
    return float(exposure.count @ np.log(np.maximum(ratio, TINY))) >= -FREE


def _nearly_vanished(parameters: Parameters) -> list[tuple[int, int]]:
    hazards = parameters.log_hazards
    mean = np.log(parameters.shares @ np.exp(hazards))
    low = parameters.is_free & (hazards < mean - LOW)
    return [(int(m), int(j)) for m, j in np.argwhere(low)]


def _may_vanish(
    exposure: Exposure, parameters: Parameters, at: Evaluation, place: tuple[int, int]
) -> bool:
    """Say whether a hazard of a kind is as likely to be zero."""
    m, j = place
    integrated = at.integrated
    now = parameters.log_hazards[m, j]
    change = integrated.happened[:, j] * (NEVER - now)
    change = change + integrated.total[:, j] * (np.exp(now) - np.exp(NEVER))
    ratio = 1 + at.posterior[:, m] * np.expm1(np.minimum(change, LARGEST))
    return float(exposure.count @ np.log(np.maximum(ratio, TINY))) >= -FREE
