"""What estimators return where outcomes are missing for some persons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rctspark.contracts.design import Difference


@dataclass(frozen=True, slots=True)
class DifferentialAttrition:
    """Whether outcomes are missing more often in one arm than in another.

    Attributes:
        arms: The arms, control first.
        n: Persons drawn into each.
        n_observed: Persons of each whose outcome is observed.
        differences: Share observed in each arm less the share in control.
        statistic: Pearson's chi-square over all arms.
        p_value: Its p-value, or the exact one by `method`.
        method: `Pearson chi-square` or `exact`.
    """

    arms: tuple[str, ...]
    n: tuple[int, ...]
    n_observed: tuple[int, ...]
    differences: tuple[Difference, ...]
    statistic: float
    p_value: float
    method: str


@dataclass(frozen=True, slots=True)
class EffectBounds:
    """The effect can't be told exactly, but it lies between bounds.

    Attributes:
        arm: Arm whose effect this is.
        against: Arm that it is compared with.
        lower: Lower bound of the effect.
        upper: Upper bound of the effect.
        std_error_lower: Standard error of the lower bound.
        std_error_upper: Standard error of the upper bound.
        ci_lower: Lower end of the interval of the effect (Imbens and Manski).
        ci_upper: Upper end of it.
        level: Level of the interval: it holds the effect, not the whole set.
        n_arm: Persons drawn into the arm.
        n_against: Persons drawn into the other.
        n_arm_observed: Those of them whose outcome is observed.
        n_against_observed: Those of the other whose outcome is observed.
        trimmed_share: Share trimmed from the arm with more outcomes; 0 for Manski's.
        cells: Cells of covariates that bounds were made in; 1: none.
        cells_turned: Cells in which the other arm has more outcomes than over all.
        method: `Lee` or `Manski`.
    """

    arm: str
    against: str
    lower: float
    upper: float
    std_error_lower: float
    std_error_upper: float
    ci_lower: float
    ci_upper: float
    level: float
    n_arm: int
    n_against: int
    n_arm_observed: int
    n_against_observed: int
    trimmed_share: float
    cells: int
    cells_turned: int
    method: str
