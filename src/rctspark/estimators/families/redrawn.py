"""Effects held against what drawing the arms again would have given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.estimators.design import independent_columns
from rctspark.estimators.families.influence import COVARIANCES
from rctspark.estimators.refusals import (
    covariance_faults,
    missing_faults,
    refuse,
    shape_faults,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]
    Places = NDArray[np.intp]

WHAT = "Effects drawn again"
DISTINCT = 1e-8
RIDGE = 1e-10
"""Added to variances of 1, so that no direction is without any."""


@dataclass(frozen=True, slots=True)
class Redrawn:
    """Effects of a draw beside those of drawing again.

    Attributes:
        found: Single effects with a p-value below `below`.
        effects: Effects looked at.
        below: The p-value.
        expected: Mean number over the draws.
        p_value: (b + 1) / (B + 1), where b of B draws give at least as many.
        joint: Outcome and arm (its place among the treatments) to the share of draws,
            likewise, in which the statistic over all its horizons is at least as
            large; 1 where nothing can be tested.
        draws: B.
    """

    found: int
    effects: int
    below: float
    expected: float
    p_value: float
    joint: Mapping[tuple[str, int], float]
    draws: int


@dataclass(frozen=True, slots=True)
class Again:
    """How arms are drawn again.

    Attributes:
        draws: How many draws.
        below: p-value below which a single effect counts.
        covariance: Kind of covariance of its test.
    """

    draws: int = 9999
    below: float = 0.10
    covariance: str = "HC1"


@dataclass(frozen=True, slots=True, eq=False)
class _Fixed:
    """What stays the same over the draws.

    Attributes:
        basis: Shape (n, k), spans constant and covariates.
        apart: Shape (n, m), outcomes with those taken out.
        groups: Shape (outcomes, most horizons), the places of each outcome's horizons
            that the others do not say; -1: no more of them.
        critical: What a single effect's squared t, without the factor of HC1, must
            exceed to count.
    """

    basis: Floats
    apart: Floats
    groups: Places
    critical: float


def draw_again(
    outcomes: Mapping[tuple[str, int], Floats],
    design: Floats,
    *,
    treatments: int,
    strata: Texts,
    random: np.random.Generator,
    again: Again,
) -> Redrawn:
    """Hold effects against what drawing the arms again would have given.

    Arms change places within strata, as many persons in each as before: what a draw
    that deals every stratum by itself would have given. If no outcome depends on the
    arms (as before the start), the shares are exact p-values, whatever moves together
    with what (months, outcomes, arms that share control) and however few persons have
    an outcome.

    Args:
        outcomes: Outcome and horizon to shape (n,), observed for everyone.
        design: Shape (n, k): constant, `treatments` columns of arms, covariates.
        treatments: Columns of arms.
        strata: Shape (n,), stratum of each person.
        random: Source of randomness.
        again: Draws, p-value, covariance.

    Returns:
        The count of small p-values and the joint statistics, with their p-values.

    Raises:
        EstimationError: An outcome or a column is missing for someone, or the
            covariance is not HC0 or HC1.
    """
    named = {f"{outcome} at {horizon}": v for (outcome, horizon), v in outcomes.items()}
    faults = missing_faults({**named, "the design": design})
    faults += covariance_faults(again.covariance, COVARIANCES[:2])
    faults += shape_faults(len(design), {**named, "the strata": strata})
    refuse(WHAT, faults)
    arms = design[:, 1 : treatments + 1]
    places = [np.flatnonzero(strata == name) for name in np.unique(strata)]
    names = list(dict.fromkeys(outcome for outcome, _ in outcomes))
    with threadpool_limits(limits=1, user_api="blas"):
        fixed = _fix(outcomes, design, treatments, again)
        found, wald = _look(arms, fixed)
        counts = np.empty(again.draws, dtype=np.int64)
        as_large = np.zeros_like(wald, dtype=np.int64)
        for i in range(again.draws):
            order = np.arange(len(design))
            for own in places:
                order[own] = random.permutation(own)
            counts[i], drawn = _look(arms[order], fixed)
            as_large += drawn >= wald - DISTINCT * (1 + wald)
    shares = (as_large + 1) / (again.draws + 1)
    return Redrawn(
        found=found,
        effects=len(outcomes) * treatments,
        below=again.below,
        expected=float(counts.mean()),
        p_value=float((counts >= found).sum() + 1) / (again.draws + 1),
        joint={
            (name, a): float(shares[i, a])
            for i, name in enumerate(names)
            for a in range(treatments)
        },
        draws=again.draws,
    )


def _fix(
    outcomes: Mapping[tuple[str, int], Floats],
    design: Floats,
    treatments: int,
    again: Again,
) -> _Fixed:
    values = np.column_stack(list(outcomes.values()))
    others = np.delete(design, np.s_[1 : treatments + 1], axis=1)
    basis, _ = np.linalg.qr(others)
    n, rank = design.shape
    scale = n / (n - rank) if again.covariance == "HC1" else 1.0
    apart = values - basis @ (basis.T @ values)
    names = np.array([outcome for outcome, _ in outcomes])
    groups = []
    for name in dict.fromkeys(names.tolist()):
        own = np.flatnonzero(names == name)
        # A month in which nobody has the outcome has no effect, and no rounding of
        # one; one that repeats others is no further difference.
        apart[:, own[np.ptp(values[:, own], axis=0) == 0]] = 0.0
        size = np.sqrt((apart[:, own] ** 2).mean(axis=0))
        varies = own[size > 0]
        kept = independent_columns(apart[:, varies] / size[size > 0])
        groups.append([int(place) for place in varies[kept]])
    most = max(1, *map(len, groups))
    padded = np.array([own + [-1] * (most - len(own)) for own in groups])
    critical = float(special.stdtrit(n - rank, 1 - again.below / 2)) ** 2 * scale
    return _Fixed(basis, apart, padded, critical)


def _look(arms: Floats, fixed: _Fixed) -> tuple[int, Floats]:
    """Count small p-values, and return Wald statistics, shape (outcomes, arms)."""
    own = arms - fixed.basis @ (fixed.basis.T @ arms)
    pseudo = np.linalg.solve(own.T @ own, own.T)
    effects = pseudo @ fixed.apart
    left = fixed.apart - own @ effects
    variances = pseudo**2 @ left**2
    found = int((effects**2 > fixed.critical * variances).sum())
    wald = np.column_stack(
        [
            _wald(effects[a], pseudo[a][:, None] * left, fixed.groups)
            for a in range(arms.shape[1])
        ]
    )
    return found, wald


def _wald(estimate: Floats, parts: Floats, groups: Places) -> Floats:
    """Return Wald's statistic of every group of estimates of one arm.

    Args:
        estimate: Shape (m,).
        parts: Shape (n, m), influences of persons on them.
        groups: Shape (outcomes, most horizons), places of estimates; -1: none.

    Returns:
        Shape (outcomes,).
    """
    size = np.sqrt((parts**2).sum(axis=0))
    is_told = (groups >= 0) & (size[groups] > 0)
    divisor = np.where(is_told, size[groups], 1.0)
    scaled = np.where(is_told, estimate[groups], 0.0) / divisor
    unit = np.where(is_told, parts[:, groups], 0.0) / divisor
    unit = unit.transpose(1, 2, 0)
    spread = unit @ unit.transpose(0, 2, 1)
    # What is not told stands apart with variance 1 and difference 0.
    places = np.arange(groups.shape[1])
    spread[:, places, places] += np.where(is_told, RIDGE, 1.0)
    solved = np.linalg.solve(spread, scaled[:, :, None])[:, :, 0]
    return np.asarray((scaled * solved).sum(axis=1), dtype=np.float64)
