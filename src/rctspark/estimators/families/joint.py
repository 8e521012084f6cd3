"""Effects at several horizons tested together, and held against drawing again."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special, stats
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.estimators.design import independent_columns
from rctspark.estimators.families.influence import COVARIANCES, Influence
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

WHAT = "Effects drawn again"
DISTINCT = 1e-8


@dataclass(frozen=True, slots=True)
class JointNull:
    """Whether an outcome has no effect of an arm at any of several horizons.

    Attributes:
        outcome: Outcome.
        arm: Arm whose effects these are.
        horizons: Horizons tested together, those at which nobody varies left out.
        statistic: F: the Wald statistic over `df_numerator`.
        df_numerator: Differences tested: horizons that the others do not say.
        df_denominator: Persons minus columns of the regression.
        p_value: Of no effect at any of them; 1 where nothing can be tested.
    """

    outcome: str
    arm: str
    horizons: tuple[int, ...]
    statistic: float
    df_numerator: int
    df_denominator: float
    p_value: float


@dataclass(frozen=True, slots=True)
class RedrawnCount:
    """How many single effects look significant, beside what drawing again gives.

    Attributes:
        found: Effects with a p-value below `below`.
        effects: Effects looked at.
        below: The p-value.
        expected: Mean number over the draws.
        p_value: (b + 1) / (B + 1), where b of B draws give at least as many.
        draws: B.
    """

    found: int
    effects: int
    below: float
    expected: float
    p_value: float
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


def estimate_joint(found: Influence, *, df: float) -> tuple[JointNull, ...]:
    """Test all effects of an outcome and an arm together (Wald).

    Effects of one person's months move together; their covariance is that of the
    persons' influences, so the test knows it. It is the test of stacked regressions
    with errors clustered by person.

    Args:
        found: Effects and influences, over all outcomes, horizons and arms.
        df: Persons minus columns of the regression.

    Returns:
        One test per outcome and arm, in the order met.
    """
    members: dict[tuple[str, str], list[int]] = {}
    for i, (outcome, _, arm) in enumerate(found.keys):
        members.setdefault((outcome, arm), []).append(i)
    return tuple(
        _joint(found, outcome, arm, own, df) for (outcome, arm), own in members.items()
    )


def _joint(
    found: Influence, outcome: str, arm: str, own: list[int], df: float
) -> JointNull:
    parts = found.influence[:, own]
    size = np.sqrt((parts**2).sum(axis=0))
    varies = np.flatnonzero(size > DISTINCT * max(float(size.max()), DISTINCT))
    kept: list[int] = []
    if varies.size:
        scaled = parts[:, varies] / size[varies] * np.sqrt(len(parts))
        kept = [int(varies[i]) for i in independent_columns(scaled)]
    statistic, p_value = 0.0, 1.0
    if kept:
        estimate = found.estimate[[own[i] for i in kept]] / size[kept]
        unit = parts[:, kept] / size[kept]
        wald = float(estimate @ np.linalg.solve(unit.T @ unit, estimate))
        statistic = wald / len(kept)
        p_value = float(stats.f.sf(statistic, len(kept), df))
    return JointNull(
        outcome=outcome,
        arm=arm,
        horizons=tuple(found.keys[own[i]][1] for i in kept),
        statistic=statistic,
        df_numerator=len(kept),
        df_denominator=df,
        p_value=p_value,
    )


def count_again(
    outcomes: Mapping[tuple[str, int], Floats],
    design: Floats,
    *,
    treatments: int,
    strata: Texts,
    random: np.random.Generator,
    again: Again,
) -> RedrawnCount:
    """Count small p-values, and how often drawing the arms again gives as many.

    Arms change places within strata, as many persons in each as before: what a draw
    that deals every stratum by itself would have given. If no outcome depends on the
    arms (as before the start), the share is an exact p-value, whatever moves
    together with what: months, outcomes, arms that share control.

    Args:
        outcomes: Outcome and horizon to shape (n,), observed for everyone.
        design: Shape (n, k): constant, `treatments` columns of arms, covariates.
        treatments: Columns of arms.
        strata: Shape (n,), stratum of each person.
        random: Source of randomness.
        again: Draws, p-value, covariance.

    Returns:
        The count and its p-value.

    Raises:
        EstimationError: An outcome or a column is missing for someone, or the
            covariance is not HC0 or HC1.
    """
    named = {f"{outcome} at {horizon}": v for (outcome, horizon), v in outcomes.items()}
    faults = missing_faults({**named, "the design": design})
    faults += covariance_faults(again.covariance, COVARIANCES[:2])
    faults += shape_faults(len(design), {**named, "the strata": strata})
    refuse(WHAT, faults)
    values = np.column_stack(list(outcomes.values()))
    arms = design[:, 1 : treatments + 1]
    others = np.delete(design, np.s_[1 : treatments + 1], axis=1)
    basis, _ = np.linalg.qr(others)
    n, rank = design.shape
    scale = n / (n - rank) if again.covariance == "HC1" else 1.0
    critical = float(special.stdtrit(n - rank, 1 - again.below / 2)) ** 2 / scale
    apart = values - basis @ (basis.T @ values)
    # A month in which nobody has the outcome has no effect, and no rounding of one.
    apart[:, np.ptp(values, axis=0) == 0] = 0.0
    places = [np.flatnonzero(strata == name) for name in np.unique(strata)]
    counts = np.empty(again.draws + 1, dtype=np.int64)
    with threadpool_limits(limits=1, user_api="blas"):
        counts[0] = _count(arms, basis, apart, critical)
        for i in range(1, again.draws + 1):
            order = np.arange(n)
            for own in places:
                order[own] = random.permutation(own)
            counts[i] = _count(arms[order], basis, apart, critical)
    as_many = int((counts[1:] >= counts[0]).sum())
    return RedrawnCount(
        found=int(counts[0]),
        effects=values.shape[1] * treatments,
        below=again.below,
        expected=float(counts[1:].mean()),
        p_value=(as_many + 1) / (again.draws + 1),
        draws=again.draws,
    )


def _count(arms: Floats, basis: Floats, apart: Floats, critical: float) -> int:
    """Count the effects whose squared t exceeds a value, all outcomes at once."""
    own = arms - basis @ (basis.T @ arms)
    pseudo = np.linalg.solve(own.T @ own, own.T)
    effects = pseudo @ apart
    squares = (apart - own @ effects) ** 2
    variances = pseudo**2 @ squares
    return int((effects**2 > critical * variances).sum())
