"""Effects at several horizons tested together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import stats

from rctspark.estimators.design import independent_columns

if TYPE_CHECKING:
    from rctspark.estimators.families.influence import Influence

DISTINCT = 1e-8
"""An effect that persons move by less than this share of another is rounding."""


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
