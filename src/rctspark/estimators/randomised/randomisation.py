"""Randomisation inference: what the draw, repeated, would have given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.contracts.design import RedrawnDifference
from rctspark.estimators.randomised.inversion import Parabolas, invert, p_values
from rctspark.estimators.refusals import (
    MINIMUM_PERSONS,
    arm_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.estimators.randomised.draw import Draw

    Floats = NDArray[np.float64]
    Codes = NDArray[np.int8]
    Ints = NDArray[np.integer[Any]]

Key = tuple[str, int]
WHAT = "The test by repeated draws"
OUTCOMES_AT_ONCE = 32
DRAWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Redraw:
    """How often the draw is repeated, and what is asked of it.

    Attributes:
        draws: B, how many draws.
        level: Level of the intervals.
        minimum_persons: Fewest persons per arm whose outcome is observed.
    """

    draws: int = 9999
    level: float = 0.90
    minimum_persons: int = MINIMUM_PERSONS


MANY = Redraw()


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Some outcomes side by side: zero where not observed, centred otherwise."""

    keys: tuple[Key, ...]
    values: Floats
    squares: Floats
    observed: Floats


@dataclass(frozen=True, slots=True, eq=False)
class _Task:
    """What stays the same over the outcomes."""

    arm: Codes
    drawn: Codes
    arms: tuple[str, ...]
    level: float


def estimate_by_draws(
    outcomes: Mapping[Key, Floats],
    arm: Ints,
    draw: Draw,
    random: np.random.Generator,
    *,
    arms: Sequence[str],
    redraw: Redraw = MANY,
) -> tuple[RedrawnDifference, ...]:
    """Test each arm against control by repeating the draw that was made.

    The difference in means is divided by Neyman's standard error in every draw, so
    that the test is exact where nobody's outcome depends on the arms, and right in
    large samples where only the mean difference of this pair of arms is none (Wu
    and Ding 2021, doi:10.1080/01621459.2020.1750415). p is (b + 1) / (B + 1). The
    interval holds the constant effects of this arm that the same draws do not
    reject; with more than two arms, outcomes in the others are taken as they are.

    Who is observed is taken as not depending on the arms: persons without an
    outcome keep having none in every draw.

    Args:
        outcomes: Outcome and horizon to shape (n,); NaN: not observed.
        arm: Shape (n,): position in `arms` of each person.
        draw: The draw that was made; gives shape (times, n) of positions in `arms`.
        random: Source of randomness.
        arms: The arms, control first.
        redraw: How many draws, level, fewest persons.

    Returns:
        One difference per outcome, horizon and arm other than control.

    Raises:
        EstimationError: An outcome is infinite, or observed for too few in an arm;
            arms differ on it and nobody within them does; lengths differ.
    """
    codes = np.asarray(arm, dtype=np.int8)
    refuse(WHAT, _faults(outcomes, codes, arms, redraw.minimum_persons))
    drawn = draw(random, redraw.draws)
    refuse(WHAT, shape_faults(len(arm), {"the draw": drawn[0]}))
    task = _Task(arm=codes, drawn=drawn, arms=tuple(arms), level=redraw.level)
    found: list[RedrawnDifference] = []
    with threadpool_limits(limits=1, user_api="blas"):
        for block in _blocks(outcomes):
            per_arm = [_estimate_arm(task, block, p) for p in _parabolas(task, block)]
            found += [one for of_key in zip(*per_arm, strict=True) for one in of_key]
    return tuple(found)


def redraw_statistics(
    outcomes: Mapping[Key, Floats],
    arm: Ints,
    drawn: Codes,
    *,
    arms: Sequence[str],
) -> tuple[Floats, Floats]:
    """Return studentised differences as observed, and in every draw.

    Args:
        outcomes: Outcome and horizon to shape (n,); NaN: not observed.
        arm: Shape (n,): position in `arms` of each person.
        drawn: Shape (B, n): positions in every draw.
        arms: The arms, control first.

    Returns:
        Shape (m,) and (B, m), m counting outcomes and, within them, arms other than
        control. Where neither of two arms varies and they are the same: 0; where
        they differ: infinite.

    Raises:
        EstimationError: An outcome is infinite, or an arm has fewer than 2 persons.
    """
    codes = np.asarray(arm, dtype=np.int8)
    refuse(WHAT, _faults(outcomes, codes, arms, 2))
    task = _Task(arm=codes, drawn=drawn, arms=tuple(arms), level=np.nan)
    observed, redrawn = [], []
    with threadpool_limits(limits=1, user_api="blas"):
        for block in _blocks(outcomes):
            columns = _parabolas(task, block, inverted=False)
            observed.append(np.stack([c.observed for c in columns], axis=1).ravel())
            stacked = np.stack([c.statistics(0.0) for c in columns], axis=2)
            redrawn.append(stacked.reshape(len(drawn), -1))
    return np.concatenate(observed), np.concatenate(redrawn, axis=1)


def _faults(
    outcomes: Mapping[Key, Floats], arm: Codes, arms: Sequence[str], minimum: int
) -> list[str]:
    faults = shape_faults(
        len(arm), {f"{o} at {h}": v for (o, h), v in outcomes.items()}
    )
    if faults:
        return faults
    names = np.array([*arms, "an arm without a name"])
    named = names[np.where((arm < 0) | (arm >= len(arms)), len(arms), arm)]
    for (outcome, horizon), values in outcomes.items():
        observed = ~np.isnan(values)
        words = f" with {outcome} at horizon {horizon}"
        faults += arm_faults(named[observed], arms, minimum_persons=minimum, what=words)
        infinite = int(np.isinf(values).sum())
        if infinite:
            faults.append(
                f"{outcome} at horizon {horizon} is infinite for {infinite} person(s)"
            )
    return faults


def _blocks(outcomes: Mapping[Key, Floats]) -> Iterator[_Block]:
    keys = list(outcomes)
    for first in range(0, len(keys), OUTCOMES_AT_ONCE):
        some = tuple(keys[first : first + OUTCOMES_AT_ONCE])
        values = np.column_stack([outcomes[key] for key in some]).astype(np.float64)
        centred = values - np.nanmean(values, axis=0)
        filled = np.nan_to_num(centred, nan=0.0)
        yield _Block(
            keys=some,
            values=filled,
            squares=filled**2,
            observed=(~np.isnan(values)).astype(np.float64),
        )


def _estimate_arm(
    task: _Task, block: _Block, found: Parabolas
) -> list[RedrawnDifference]:
    pair = (task.arms[found.arm], task.arms[0])
    refuse(
        WHAT,
        [
            f"{o} at horizon {h}: arms {pair[0]} and {pair[1]} differ and nobody "
            "within them does, so there is no standard error"
            for (o, h), d, se in zip(
                block.keys, found.estimate, found.std_error, strict=True
            )
            if se == 0 and d != 0
        ],
    )
    p_value = p_values(found, np.zeros(len(block.keys)))
    lower, upper = invert(found, level=task.level)
    counts = [block.observed[task.arm == k].sum(axis=0) for k in (found.arm, 0)]
    return [
        RedrawnDifference(
            outcome=outcome,
            horizon=horizon,
            arm=pair[0],
            against=pair[1],
            estimate=float(found.estimate[i]),
            std_error=float(found.std_error[i]),
            ci_lower=float(lower[i]),
            ci_upper=float(upper[i]),
            level=task.level,
            p_value=float(p_value[i]),
            draws=len(task.drawn),
            n_arm=int(counts[0][i]),
            n_against=int(counts[1][i]),
        )
        for i, (outcome, horizon) in enumerate(block.keys)
    ]


def _parabolas(task: _Task, block: _Block, *, inverted: bool = True) -> list[Parabolas]:
    """Difference (a line) and variance (a parabola) of every draw by the effect."""
    actual = _sums(task, block, task.arm[None], inverted=inverted)
    parts = [
        _sums(task, block, task.drawn[first : first + DRAWS_AT_ONCE], inverted=inverted)
        for first in range(0, len(task.drawn), DRAWS_AT_ONCE)
    ]
    scale = np.sqrt((block.values**2).sum(axis=0) / block.observed.sum(axis=0))
    found = []
    for j in range(1, len(task.arms)):
        here = actual[j - 1]
        line, slope, level, cross, square = (
            np.concatenate([part[j - 1][i] for part in parts]) for i in range(5)
        )
        found.append(
            Parabolas(
                arm=j,
                estimate=here[0][0],
                variance=here[2][0],
                scale=scale,
                difference=line,
                shift=slope,
                constant=level,
                linear=-2 * cross,
                quadratic=square,
            )
        )
    return found


def _sums(
    task: _Task, block: _Block, codes: Codes, *, inverted: bool
) -> list[tuple[Floats, ...]]:
    """Return, for each arm against control, what difference and variance are made of.

    With the effect t taken out of those who had the arm, y - t d, the difference in
    a draw is line - t slope, and its variance level - 2 t cross + t^2 square.
    """
    members = [(codes == k).astype(np.float64) for k in range(len(task.arms))]
    means = [_means(member, block) for member in members]
    found = []
    for j in range(1, len(task.arms)):
        had = np.flatnonzero(task.arm == j)
        parts = [np.zeros_like(means[0][1]) for _ in range(5)]
        for k, sign in ((j, 1.0), (0, -1.0)):
            n, mean, variance = means[k]
            parts[0] += sign * mean
            parts[2] += variance
            if inverted:
                # Only those who had the arm have d = 1: the others need no product.
                member = members[k][:, had]
                mean_d = member @ block.observed[had] / n
                mean_dy = member @ block.values[had] / n
                parts[1] += sign * mean_d
                parts[3] += (mean_dy - mean * mean_d) / (n - 1)
                parts[4] += (mean_d - mean_d**2) / (n - 1)
        found.append(tuple(parts))
    return found


def _means(member: Floats, block: _Block) -> tuple[Floats, Floats, Floats]:
    """Persons, means and variances of the means of one arm in every draw."""
    if bool(block.observed.all()):
        n = np.tile(member.sum(axis=1)[:, None], (1, block.values.shape[1]))
    else:
        n = member @ block.observed
    # Fewer than two persons have no variance; such a draw counts as extreme.
    n = np.where(n > 1, n, np.nan)
    mean = member @ block.values / n
    square = member @ block.squares / n
    return n, mean, np.maximum(square - mean**2, 0) / (n - 1)
