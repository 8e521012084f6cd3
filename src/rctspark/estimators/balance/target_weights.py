"""Weights that bring a sample to its target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.balance import WeightSummary
from rctspark.errors import EstimationError
from rctspark.estimators.refusals import (
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

WHAT = "Weights to the target"
NEAR = 1e-10
MOST_ROUNDS = 5000
MOST_STEPS = 200
HALVINGS = 40


@dataclass(frozen=True, slots=True, eq=False)
class TargetWeights:
    """A weight for every person, and how far weights had to go.

    Attributes:
        weight: Shape (n,), positive, mean 1.
        summary: Effective sample size, extremes, distance left.
    """

    weight: Floats
    summary: WeightSummary


def rake(
    values: Mapping[str, Texts], *, target: Mapping[str, Mapping[str, float]]
) -> TargetWeights:
    """Weight persons so that every characteristic has the target's shares.

    Iterative proportional fitting (Deming and Stephan 1940,
    doi:10.1214/aoms/1177731829) from equal weights.

    Args:
        values: Characteristic to shape (n,), category of each person, none unknown.
        target: Characteristic to the share of each category in the target.

    Returns:
        The weights.

    Raises:
        EstimationError: A category is not in the target or nobody is in one that
            is; shares don't add up to 1; or no weights reach all margins.
    """
    codes, goals, faults = [], [], []
    for name, shares in target.items():
        categories = list(shares)
        goal = np.array([shares[c] for c in categories], dtype=np.float64)
        if name not in values:
            faults.append(f"the sample has no {name}")
            continue
        faults += _margin_faults(name, values[name], shares)
        match = values[name][:, None] == np.array(categories)
        codes.append(match.argmax(axis=1))
        goals.append(goal)
    n = len(next(iter(values.values())))
    refuse(WHAT, faults + shape_faults(n, values))
    weight = np.full(n, 1.0 / n)
    for rounds in range(1, MOST_ROUNDS + 1):
        for code, goal in zip(codes, goals, strict=True):
            now = np.bincount(code, weight, minlength=goal.size)
            weight = weight * (goal / np.where(now > 0, now, 1.0))[code]
        apart = [
            np.abs(np.bincount(c, weight, minlength=g.size) - g)
            for c, g in zip(codes, goals, strict=True)
        ]
        gap = max(float(one.max()) for one in apart)
        if gap <= NEAR:
            return _weights(weight, "raking", gap, rounds)
    worst = max(range(len(apart)), key=lambda i: float(apart[i].max()))
    place = int(apart[worst].argmax())
    name, shares = list(target.items())[worst]
    category, share = list(shares.items())[place]
    raise EstimationError(
        f"{WHAT} can't be found: after {MOST_ROUNDS} rounds {name} is still {gap:.1e} "
        f"off in {category}, where {int((codes[worst] == place).sum())} of {n} "
        f"person(s) are and {share:.1%} of the target; join categories, or rake over "
        "fewer characteristics."
    )


def _margin_faults(name: str, values: Texts, shares: Mapping[str, float]) -> list[str]:
    faults = []
    strange = int((~np.isin(values, list(shares))).sum())
    if strange:
        faults.append(f"{name} of {strange} person(s) is unknown or not in the target")
    if abs(sum(shares.values()) - 1) > NEAR or min(shares.values()) < 0:
        faults.append(f"{name}: shares of the target must add up to 1")
    faults += [
        f"{name}: nobody is in {category}, which the target has"
        for category, share in shares.items()
        if share > 0 and not (values == category).any()
    ]
    faults += [
        f"{name}: the target has nobody in {category}, and "
        f"{int((values == category).sum())} person(s) are"
        for category, share in shares.items()
        if share == 0 and (values == category).any()
    ]
    return faults


def balance_entropy(
    values: Mapping[str, Floats], *, target: Mapping[str, float]
) -> TargetWeights:
    """Weight persons so that every number has the target's mean.

    The weights nearest to equal ones by entropy (Hainmueller 2012,
    doi:10.1093/pan/mpr025), found by Newton's method on the dual. With a column per
    category, they are those of raking.

    Args:
        values: Name to shape (n,), nothing missing.
        target: Name to the target's mean.

    Returns:
        The weights.

    Raises:
        EstimationError: A value is missing, or a target lies outside of what
            positive weights can reach.
    """
    absent = [f"the sample has no {name}" for name in target if name not in values]
    refuse(WHAT, absent)
    used = {name: values[name] for name in target}
    n = len(next(iter(used.values())))
    refuse(WHAT, shape_faults(n, used) or missing_faults(used))
    matrix = np.column_stack(list(used.values())).astype(np.float64)
    goal = np.array(list(target.values()), dtype=np.float64)
    outside = (goal < matrix.min(axis=0)) | (goal > matrix.max(axis=0))
    refuse(
        WHAT,
        [
            f"the target's mean of {name} lies beyond everyone in the sample"
            for name, is_out in zip(target, outside, strict=True)
            if is_out
        ],
    )
    spread = matrix.std(axis=0)
    apart = (matrix - goal) / np.where(spread > 0, spread, 1.0)
    weight, gap, rounds = _tilt(apart)
    if gap > np.sqrt(NEAR):
        far = np.abs(weight @ apart)
        raise EstimationError(
            f"{WHAT} can't be found: the mean of {list(target)[int(far.argmax())]} "
            f"stays {gap:.1e} standard deviations off, weighting {n} persons; the "
            "target lies outside what they can be weighted to: join categories, or "
            "balance fewer characteristics."
        )
    return _weights(weight, "entropy balancing", gap, rounds)


def _tilt(apart: Floats) -> tuple[Floats, float, int]:
    """Find exponential weights under which all columns have mean zero."""
    slope = np.zeros(apart.shape[1])

    def at(s: Floats) -> tuple[Floats, float]:
        score = apart @ s
        top = float(score.max())
        raw = np.exp(score - top)
        return raw / raw.sum(), float(np.log(raw.sum()) + top)

    weight, value = at(slope)
    steps = 0
    while steps < MOST_STEPS:
        steps += 1
        mean = weight @ apart
        gap = float(np.abs(mean).max())
        if gap <= NEAR:
            break
        curvature = apart.T @ (weight[:, None] * apart) - np.outer(mean, mean)
        move = np.linalg.lstsq(curvature, -mean, rcond=1e-12)[0]
        length = 1.0
        for _ in range(HALVINGS):
            tried, reached = at(slope + length * move)
            if reached <= value + 1e-4 * length * float(mean @ move):
                break
            length /= 2
        slope, weight, value = slope + length * move, tried, reached
    return weight, float(np.abs(weight @ apart).max()), steps


def _weights(weight: Floats, method: str, gap: float, rounds: int) -> TargetWeights:
    scaled = weight / weight.mean()
    return TargetWeights(
        weight=scaled,
        summary=WeightSummary(
            method=method,
            n=scaled.size,
            effective_n=float(scaled.sum() ** 2 / (scaled**2).sum()),
            largest=float(scaled.max()),
            smallest=float(scaled.min()),
            largest_gap=gap,
            rounds=rounds,
        ),
    )
