"""What an estimator returns: one contrast of two arms, before it is filed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rctspark.contracts.results import Effect

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config.plan import Plan


@dataclass(frozen=True, slots=True)
class Contrast:
    """One arm against another on one outcome, in the outcome's own unit.

    Attributes:
        outcome: Outcome of the plan.
        horizon: Horizon of the outcome; 0 where it has none.
        arm: Arm whose effect this is.
        against: Arm that it is compared with.
        estimand: `itt`: effect of assignment.
        model: Model of the plan.
        estimate: Arm minus `against`, adjusted as the model says.
        std_error: Standard error by `covariance`.
        df: Degrees of freedom of the t distribution: persons minus rank.
        ci_lower: Lower end of the interval.
        ci_upper: Upper end of the interval.
        level: Level of the interval.
        p_value: Two-sided p-value of no effect.
        n_arm: Persons of the arm whose outcome is observed.
        n_against: Persons of the other arm whose outcome is observed.
        n_total: Persons in the whole regression.
        mean_against: Unadjusted mean of `against`.
        covariance: Kind of covariance.
        rank: Rank of the design.
        columns: Columns of the design.
        subgroup: Category whose effect it is (`education=low`), where a model has an
            effect per category; counts and mean are then the category's.
    """

    outcome: str
    horizon: int
    arm: str
    against: str
    estimand: str
    model: str
    estimate: float
    std_error: float
    df: float
    ci_lower: float
    ci_upper: float
    level: float
    p_value: float
    n_arm: int
    n_against: int
    n_total: int
    mean_against: float
    covariance: str
    rank: int
    columns: int
    subgroup: str = ""


def as_effects(
    contrasts: Iterable[Contrast],
    plan: Plan,
    *,
    population: str,
    data_version: str,
    site: str = "all",
) -> tuple[Effect, ...]:
    """File contrasts under the experiment, the population and the data they rest on.

    Args:
        contrasts: What an estimator returned.
        plan: The analysis plan.
        population: Label of those analysed.
        data_version: Named set of deliveries that the sample was made from.
        site: Site, or `all`.

    Returns:
        One effect per contrast, in the same order. That of a category has the
        population `<population>:<covariate>=<category>`.
    """

    def filed(contrast: Contrast) -> Effect:
        numbers = asdict(contrast)
        subgroup = numbers.pop("subgroup")
        return Effect(
            experiment=plan.name,
            site=site,
            population=f"{population}:{subgroup}" if subgroup else population,
            data_version=data_version,
            plan_hash=plan.hash,
            **numbers,
        )

    return tuple(filed(contrast) for contrast in contrasts)
