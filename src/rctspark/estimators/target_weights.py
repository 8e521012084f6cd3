"""Weights that bring a sample to its target, and effects with them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.contracts.balance import WeightSummary
from rctspark.contracts.design import Difference
from rctspark.errors import EstimationError
from rctspark.estimators.intervals import t_interval
from rctspark.estimators.refusals import (
    arm_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

WHAT = "Weights to the target"
NEAR = 1e-10
MOST_ROUNDS = 5000
MOST_STEPS = 200
HALVINGS = 40
TOLERANCE = 1e-8


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
        gap = max(
            float(np.abs(np.bincount(c, weight, minlength=g.size) - g).max())
            for c, g in zip(codes, goals, strict=True)
        )
        if gap <= NEAR:
            return _weights(weight, "raking", gap, rounds)
    raise EstimationError(
        f"{WHAT} can't be found: after {MOST_ROUNDS} rounds a margin is still "
        f"{gap:.1e} off; join categories, or rake over fewer characteristics."
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
        raise EstimationError(
            f"{WHAT} can't be found: a mean stays {gap:.1e} standard deviations off; "
            "the target lies outside what these persons can be weighted to."
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


def estimate_reweighted(
    outcome: Floats,
    arm: Texts,
    weight: Floats,
    *,
    arms: Sequence[str],
    covariates: Floats | None = None,
    inference: Inference,
) -> tuple[Difference, ...]:
    """Estimate each arm against control, persons weighted to a target.

    Weighted least squares of the outcome on the arms and centred covariates, with
    the robust covariance that takes the weights as given: residuals and leverages
    are those of the weighted regression (as in Stata's and R's robust errors with
    weights). Without covariates it is the difference of weighted means.

    Args:
        outcome: Shape (n,), nothing missing.
        arm: Shape (n,), arm of each person.
        weight: Shape (n,), positive; only their proportions matter.
        arms: Arms that are compared, control first.
        covariates: Shape (n, k), known before the draw; None: none.
        inference: Kind of covariance, level, fewest persons per arm.

    Returns:
        One difference per arm other than control, its means weighted.

    Raises:
        EstimationError: A value is missing, a weight is not positive, or an arm has
            too few persons.
    """
    what = "The weighted effect"
    columns = {"outcome": outcome, "weight": weight}
    if covariates is not None:
        columns["covariates"] = covariates
    refuse(what, shape_faults(len(outcome), {**columns, "arm": arm}))
    faults = missing_faults(columns)
    faults += arm_faults(arm, arms, minimum_persons=inference.minimum_persons)
    faults += ["a weight is not positive"] * bool((weight <= 0).any())
    refuse(what, faults)
    of_arm = np.column_stack([arm == a for a in arms]).astype(np.float64)
    share = weight / weight.sum()
    extra = np.empty((len(outcome), 0))
    if covariates is not None:
        extra = _independent(covariates - share @ covariates)
    design = np.column_stack([np.ones(len(outcome)), of_arm[:, 1:], extra])
    beta, cov, df = _weighted_fit(
        design, outcome, weight, covariance=inference.covariance
    )
    level = inference.level
    means = (of_arm.T @ (weight * outcome)) / (of_arm.T @ weight)
    found = []
    for j, name in enumerate(arms[1:], start=1):
        estimate, error = float(beta[j]), float(np.sqrt(cov[j, j]))
        lower, upper, p_value = t_interval(estimate, error, df=df, level=level)
        found.append(
            Difference(
                arm=name,
                against=arms[0],
                estimate=estimate,
                std_error=error,
                df=df,
                ci_lower=lower,
                ci_upper=upper,
                level=level,
                p_value=p_value,
                n_arm=int(of_arm[:, j].sum()),
                n_against=int(of_arm[:, 0].sum()),
                mean_arm=float(means[j]),
                mean_against=float(means[0]),
                method=f"weighted least squares, {inference.covariance}",
            )
        )
    return tuple(found)


def _independent(columns: Floats) -> Floats:
    size = np.sqrt((columns**2).mean(axis=0))
    kept = columns[:, size > 0] / size[size > 0]
    _, triangle, order = linalg.qr(kept, mode="economic", pivoting=True)
    rank = int((np.abs(np.diag(triangle)) > TOLERANCE * np.sqrt(len(kept))).sum())
    chosen: Floats = kept[:, np.sort(order[:rank])]
    return chosen


def _weighted_fit(
    design: Floats, outcome: Floats, weight: Floats, *, covariance: str
) -> tuple[Floats, Floats, float]:
    root = np.sqrt(weight / weight.mean())
    basis, triangle = np.linalg.qr(design * root[:, None])
    beta = linalg.solve_triangular(triangle, basis.T @ (root * outcome))
    residual = root * (outcome - design @ beta)
    leverage = (basis**2).sum(axis=1)
    n, rank = design.shape
    scale = {
        "HC0": np.ones(n),
        "HC1": np.full(n, n / (n - rank)),
        "HC2": 1 / np.maximum(1 - leverage, TOLERANCE),
        "HC3": 1 / np.maximum(1 - leverage, TOLERANCE) ** 2,
    }[covariance]
    middle = basis.T @ ((residual**2 * scale)[:, None] * basis)
    inverse = linalg.solve_triangular(triangle, np.eye(rank))
    return beta, inverse @ middle @ inverse.T, float(n - rank)
