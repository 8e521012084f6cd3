"""What an estimator returns: one contrast of two arms, before it is filed."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from rctspark.contracts.results import Effect, Estimate

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rctspark.config.plan import Plan


@dataclass(frozen=True, slots=True, kw_only=True)
class Contrast(Estimate):
    """One estimate, and the category whose it is.

    Attributes:
        subgroup: Category whose effect it is (`education=low`), where a model has an
            effect per category; counts and mean are then the category's.
    """

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
