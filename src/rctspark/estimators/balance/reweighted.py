"""Effects for a target population: persons weighted to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from scipy import linalg

from rctspark.contracts.design import Difference
from rctspark.estimators.design import independent_columns
from rctspark.estimators.intervals import t_interval
from rctspark.estimators.refusals import (
    arm_faults,
    covariance_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import Inference

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

TOLERANCE = 1e-8
COVARIANCES = ("HC0", "HC1", "HC2", "HC3")


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
        EstimationError: A value is missing, a weight is not positive, an arm has too
            few persons, or the covariance is none of HC0 to HC3.
    """
    what = "The weighted effect"
    columns = {"outcome": outcome, "weight": weight}
    if covariates is not None:
        columns["covariates"] = covariates
    refuse(what, shape_faults(len(outcome), {**columns, "arm": arm}))
    faults = missing_faults(columns)
    faults += arm_faults(arm, arms, minimum_persons=inference.minimum_persons)
    faults += ["a weight is not positive"] * bool((weight <= 0).any())
    faults += covariance_faults(inference.covariance, COVARIANCES)
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
    chosen: Floats = kept[:, independent_columns(kept)]
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
