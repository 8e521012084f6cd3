"""Where one more kind of person would raise the likelihood most.

The directional derivative towards a single kind (see `mixing`) is looked at on a fixed
grid, and climbed from the grid's highest points.
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from rctspark.estimators.durations.timing.likelihood import (
    NEVER,
    Evaluation,
    Parameters,
    log_densities,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.estimators.durations.timing.exposure import Exposure

    Floats = NDArray[np.float64]

LEVELS = {2: 41, 3: 25, 4: 13}
"""Levels per hazard of the grid, by number of hazards."""
LOWEST, HIGHEST = -8.0, 5.0
"""Ends of the grid, in log hazard from that of a population of one kind."""
STARTS = 12
"""Highest points of the grid from which the derivative is climbed."""
POLISH_STEPS = 15
POLISHED = 1e-9
RIDGE = 1e-8
SHORTEST = 1e-6


def find_kinds(
    exposure: Exposure, parameters: Parameters, at: Evaluation, centre: Floats
) -> list[tuple[float, Floats]]:
    """Find the peaks of the directional derivative.

    On a fixed grid (never, and levels from far below to far above the hazards of a
    population of one kind), then by Newton's method from the grid's highest points
    and from the kinds there are.

    Args:
        exposure: The data.
        parameters: Where.
        at: The likelihood there.
        centre: Shape (hazards,): middle of the grid.

    Returns:
        The value at every peak and the log hazards at which it is.
    """
    levels = np.linspace(LOWEST, HIGHEST, LEVELS[centre.size] - 1)
    grid = [np.concatenate([[NEVER], c + levels]) for c in centre]
    peaks = _peaks(_derivative_on_grid(exposure, at, grid))[:STARTS]
    starts = [np.array([g[i] for g, i in zip(grid, p, strict=True)]) for p in peaks]
    return [
        _polish(exposure, at, start) for start in [*starts, *parameters.log_hazards]
    ]


def _derivative_on_grid(
    exposure: Exposure, at: Evaluation, grid: list[Floats]
) -> Floats:
    """Return D on the product of the grids, one matrix product per outer level."""
    integrated = at.integrated
    factors = [
        np.exp(
            integrated.happened[:, j, None] * levels
            - integrated.total[:, j, None] * np.exp(levels)
        )
        for j, levels in enumerate(grid)
    ]
    weight = exposure.count / (at.density * np.exp(at.log_scale))
    *outer, last, first = factors
    values = np.empty([g.size for g in grid])
    for index in product(*(range(f.shape[1]) for f in outer)):
        part = weight
        for factor, i in zip(outer, index, strict=True):
            part = part * factor[:, i]
        values[index] = (last * part[:, None]).T @ first
    found: Floats = values - exposure.count.sum()
    return found


def _peaks(values: Floats) -> list[tuple[int, ...]]:
    """Return the points of a grid that no neighbour tops, the highest first."""
    padded = np.pad(values, 1, constant_values=-np.inf)
    is_peak = np.ones(values.shape, dtype=np.bool_)
    for shift in product((0, 1, 2), repeat=values.ndim):
        window = tuple(
            slice(s, s + n) for s, n in zip(shift, values.shape, strict=True)
        )
        is_peak &= values >= padded[window]
    places = np.argwhere(is_peak)
    order = np.argsort(-values[is_peak], kind="stable")
    return [tuple(int(i) for i in places[o]) for o in order]


def _polish(exposure: Exposure, at: Evaluation, start: Floats) -> tuple[float, Floats]:
    """Climb log(D + n) from a point; what is never stays never."""
    integrated = at.integrated
    weight = exposure.count / at.density

    def terms(where: Floats) -> Floats:
        logs = log_densities(integrated, where[None])[:, 0] - at.log_scale
        each: Floats = weight * np.exp(logs)
        return each

    place, each = start, terms(start)
    value = float(each.sum())
    for _ in range(POLISH_STEPS):
        step, promise = _polish_step(at, place, each / value)
        size = 1.0
        while size > SHORTEST:
            following = terms(place + size * step)
            if following.sum() >= value:
                break
            size /= 2
        else:
            break
        place, each, value = place + size * step, following, float(following.sum())
        if promise < POLISHED:
            break
    return value - float(exposure.count.sum()), place


def _polish_step(at: Evaluation, place: Floats, share: Floats) -> tuple[Floats, float]:
    """Return Newton's step for log(D + n) and what it promises."""
    integrated, free = at.integrated, place > NEVER
    score = integrated.happened - integrated.total * np.exp(place)
    gradient = (share @ score)[free]
    bend = (score.T @ (share[:, None] * score))[np.ix_(free, free)]
    bend -= np.diag((share @ integrated.total * np.exp(place))[free])
    bend -= np.outer(gradient, gradient)
    curvature, axes = np.linalg.eigh(-bend)
    along = axes @ ((axes.T @ gradient) / np.maximum(np.abs(curvature), RIDGE))
    step = np.zeros(place.size)
    step[free] = along * min(1.0, 0.5 / max(np.abs(along).max(initial=0.0), RIDGE))
    return step, float(step[free] @ gradient)
