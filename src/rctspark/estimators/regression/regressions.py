"""A regression asked for, between the two passes, and fitted."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rctspark.errors import EstimationError, listed
from rctspark.estimators.regression.first_sums import GroupSums

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.normal_equations import Equations
    from rctspark.estimators.regression.working_errors import WorkingErrors

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Term = tuple[str, ...]
CLUSTERED = ("CR0", "CR1", "CR2")


@dataclass(frozen=True, slots=True)
class Regression:
    """What is regressed on; a constant, or one per stratum, is always there.

    Attributes:
        name: Name of the model, for errors.
        fixed: Terms whose coefficients are wanted.
        free: Other terms; some may be redundant.
        crossed: For the fully interacted estimator: free term to its products with
            the fixed ones, in their order. The coefficients wanted are then those
            at the mean of the free terms.
        within: Covariate whose categories are absorbed, or are clusters.
    """

    name: str
    fixed: tuple[Term, ...]
    free: tuple[Term, ...] = ()
    crossed: Mapping[Term, tuple[Term, ...]] = field(default_factory=dict)
    within: str | None = None

    @property
    def terms(self) -> tuple[Term, ...]:
        """Every term."""
        products = [term for terms in self.crossed.values() for term in terms]
        return (*self.fixed, *self.free, *products)


@dataclass(frozen=True, slots=True, eq=False)
class Fit:
    """One regression on the outcomes observed for the same persons.

    Shapes: j outcomes, d coefficients wanted.

    Attributes:
        regression: What is regressed on.
        outcomes: Shape (j,), places of the outcomes.
        estimates: Shape (j, d), the coefficients wanted, in the outcome's unit.
        covariance: Shape (j, d, d), their covariance.
        df: Shape (j, d), degrees of freedom of each.
        rank: Rank of the design, the constant or strata included.
        redundant: Names of the terms left out.
        group: The first sums it rests on.
        names: Names of the terms kept.
        coefficients: Shape (k, j), all coefficients but the constant's.
        residual_squares: Shape (j,), weighted sum of squared residuals.
        working: With CR2, what its working model expects, for joint tests.
    """

    regression: Regression
    outcomes: Ints
    estimates: Floats
    covariance: Floats
    df: Floats
    rank: int
    redundant: tuple[str, ...]
    group: GroupSums
    names: tuple[str, ...]
    coefficients: Floats
    residual_squares: Floats
    working: WorkingErrors | None = None

    @property
    def columns(self) -> int:
        """Columns of the design before redundant ones were left out."""
        return self.rank + len(self.redundant)


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """One regression on one group, between the passes.

    Attributes:
        regression: What is regressed on.
        group: First sums of the group.
        equations: Its normal equations.
        coefficients: Shape (kept, outcomes).
        interest: Shape (kept, wanted): combinations of coefficients wanted.
    """

    regression: Regression
    group: GroupSums
    equations: Equations
    coefficients: Floats
    interest: Floats


def about_the_mean(group: GroupSums) -> GroupSums:
    """Return sums that are kept by cluster as sums over all persons.

    Sums within strata stay so, but for `means`, which are then of all persons.
    """
    weight = group.weight
    share = weight / weight.sum()
    mean, y_mean = share @ group.means, share @ group.y_means
    products, term_y, y_squares = group.products, group.term_y, group.y_squares
    if products.ndim > 2:  # noqa: PLR2004 (a matrix per cluster)
        apart, y_apart = group.means - mean, group.y_means - y_mean
        pulled = apart * weight[:, None]
        products = products.sum(axis=0) + pulled.T @ apart
        term_y = term_y.sum(axis=0) + pulled.T @ y_apart
        y_squares = y_squares.sum(axis=0) + weight @ y_apart**2
    return GroupSums(
        outcomes=group.outcomes,
        persons=group.persons,
        weight=weight,
        means=mean[None, :],
        products=products,
        y_means=y_mean[None, :],
        term_y=term_y,
        y_squares=y_squares,
        arm_persons=group.arm_persons,
        arm_weight=group.arm_weight,
        arm_y=group.arm_y,
        largest=group.largest,
    )


def rank_of(group: GroupSums, equations: Equations) -> int:
    """Return the rank of a design, the constant or its strata included."""
    by_cluster = group.products.ndim > 2  # noqa: PLR2004
    strata = 1 if by_cluster else int((group.weight > 0).sum())
    return strata + len(equations.kept)


def in_words(source: SourceOfSums, outcomes: Sequence[int] | Ints) -> str:
    """Name outcomes and horizons."""
    horizons: dict[str, list[str]] = {}
    for place in outcomes:
        outcome, horizon = source.outcomes[int(place)]
        horizons.setdefault(outcome, []).append(str(horizon))
    return ", ".join(f"{o} at horizon {', '.join(h)}" for o, h in horizons.items())


def refuse(faults: Sequence[str]) -> None:
    """Raise all faults at once, each told once.

    Raises:
        EstimationError: There are faults.
    """
    if faults:
        raise EstimationError(
            f"Nothing is estimated, since the plan's models can't all be:\n"
            f"{listed(dict.fromkeys(faults))}"
        )
