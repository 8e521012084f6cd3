"""Least squares of all outcomes of a source at once, by sums.

Two passes: sums of products give coefficients, for one decomposition per set of
outcomes observed for the same persons; the second pass gives the robust covariance
and corrects the coefficients by one step of iterative refinement, so the condition of
the normal equations costs no digits.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.errors import EstimationError, listed
from rctspark.estimators import design
from rctspark.estimators.regression.clustered import cluster_covariance
from rctspark.estimators.regression.first_sums import FirstSums, GroupSums, Within
from rctspark.estimators.regression.middle_sums import (
    LEVERAGE_POWER,
    Middle,
    MiddleSums,
)
from rctspark.estimators.regression.normal_equations import Equations, solve
from rctspark.estimators.regression.terms import make_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.middle_sums import MiddleTotals
    from rctspark.estimators.regression.terms import Terms
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


def fit_regressions(
    source: SourceOfSums,
    regressions: Sequence[Regression],
    *,
    covariance: str,
    check: Callable[[GroupSums, int], list[str]] | None = None,
) -> list[Fit]:
    """Fit every regression on every outcome of a source, in two passes.

    Covariances: `classical`; `HC0` to `HC3` (MacKinnon and White 1985,
    doi:10.1016/0304-4076(85)90158-7; HC1 uses n minus rank); `CR1` (n clusters and
    rank as in Stata) and `CR2` (Bell and McCaffrey 2002; degrees of freedom by
    Pustejovsky and Tipton 2018, doi:10.1080/07350015.2016.1247004). In the leverages
    of HC2 and HC3 weights are analytic, as in R's `sandwich`: a person's residual
    variance goes with one over the weight. CR2 holds weights for those of a sample,
    as `clubSandwich` does: residual variance does not go with them. Absorbing strata
    gives what a column per stratum gives (Frisch, Waugh and Lovell), leverages and
    rank included.

    Args:
        source: Persons, cells, or a table.
        regressions: The regressions; all absorb the same strata, or none do.
        covariance: Kind of covariance.
        check: Says what is wrong with a group of persons, given the rank.

    Returns:
        One fit per regression and group of outcomes.

    Raises:
        EstimationError: A column is missing for someone, an outcome is infinite,
            someone is in another arm, arms can't be told from covariates, someone
            has a column to himself where the covariance divides by one minus the
            leverage; all at once, with counts.
    """
    # On designs of this size threads wait for one another, and one thread gives the
    # same digits on every machine.
    with threadpool_limits(limits=1, user_api="blas"):
        within = within_of(source, regressions, covariance)
        wanted = [t for regression in regressions for t in regression.terms]
        terms, place = make_terms(source, wanted)
        sums = add_first(source, terms, within)
        faults: list[str] = []
        steps: list[Step] = []
        for regression in regressions:
            for group in sums.groups:
                try:
                    steps.append(_solved(regression, group, terms, place, check))
                except EstimationError as refused:
                    faults.append(
                        f"{in_words(source, group.outcomes)}: model "
                        f"{regression.name}: {refused}"
                    )
        refuse(faults)
        if within.is_cluster:
            fits = [_clustered(step, terms, covariance) for step in steps]
            refuse(redundancy_faults(source, steps, terms))
            return fits
        middles = [middle_of(step, covariance) for step in steps]
        found = source.add_up(MiddleSums(terms, middles, within=within))
        faults = [
            fault
            for step, total in zip(steps, found.totals, strict=True)
            for fault in middle_faults(source, step, total, terms, covariance)
        ]
        refuse(list(dict.fromkeys(faults)))
        return [
            _finished(step, total, terms, covariance)
            for step, total in zip(steps, found.totals, strict=True)
        ]


def add_first(source: SourceOfSums, terms: Terms, within: Within) -> FirstSums:
    """Make the first pass, and refuse what no regression may drop.

    Args:
        source: The source.
        terms: The terms.
        within: Strata or clusters.

    Returns:
        The sums.

    Raises:
        EstimationError: A column is missing or infinite for someone, an outcome is
            infinite, someone is in another arm.
    """
    sums = source.add_up(
        FirstSums(
            terms,
            outcomes=len(source.outcomes),
            arms=len(source.arms),
            within=within,
        )
    )
    faults = [
        f"missing or infinite covariate {name} for {count:.0f} person(s)"
        for name, count in zip(terms.names, sums.missing, strict=True)
        if count
    ]
    faults += [
        f"{in_words(source, [place])} is infinite for {count:.0f} person(s)"
        for place, count in enumerate(sums.infinite)
        if count
    ]
    if sums.elsewhere:
        faults.append(
            f"{sums.elsewhere:.0f} person(s) are in an arm that is not in the "
            "regression; the estimator drops nobody"
        )
    refuse(faults)
    return sums


def in_words(source: SourceOfSums, outcomes: Sequence[int] | Ints) -> str:
    """Name outcomes and horizons."""
    horizons: dict[str, list[str]] = {}
    for place in outcomes:
        outcome, horizon = source.outcomes[int(place)]
        horizons.setdefault(outcome, []).append(str(horizon))
    return ", ".join(f"{o} at horizon {', '.join(h)}" for o, h in horizons.items())


def placeswithin_of(source: SourceOfSums, covariate: str) -> tuple[int, ...]:
    """Return the places among a block's columns of a categorical covariate."""
    before = 0
    for name, names in source.columns.items():
        if name == covariate:
            return tuple(range(before, before + len(names)))
        before += len(names)
    raise EstimationError(f"no covariate is called {covariate}")


def within_of(
    source: SourceOfSums, regressions: Sequence[Regression], covariance: str
) -> Within:
    """Return the strata or clusters that regressions share.

    Raises:
        EstimationError: They don't share them, or clusters are asked and not named.
    """
    names = {regression.within for regression in regressions}
    if len(names) > 1:
        raise EstimationError("regressions of one pass absorb the same strata")
    (name,) = names
    clustered = covariance in CLUSTERED
    if clustered and any(r.crossed for r in regressions):
        raise EstimationError(
            "the fully interacted estimator has no clustered covariance here"
        )
    if clustered and name is None:
        raise EstimationError(
            f"{covariance} needs the covariate that says who go together"
        )
    columns = () if name is None else placeswithin_of(source, name)
    return Within(columns=columns, is_cluster=clustered)


def _solved(
    regression: Regression,
    group: GroupSums,
    terms: Terms,
    place: Mapping[Term, int],
    check: Callable[[GroupSums, int], list[str]] | None,
) -> Step:
    faults = check(group, 0) if check else []
    if faults:
        raise EstimationError("; ".join(faults))
    whole = about_the_mean(group)
    fixed = [place[t] for t in regression.fixed]
    free = [place[t] for t in regression.free]
    solved = partial(
        solve,
        whole.products,
        weight=float(group.weight.sum()),
        largest=group.largest,
        names=terms.names,
    )
    equations = solved(fixed=fixed, free=free)
    crossed = {
        place[t]: [place[p] for p in products]
        for t, products in regression.crossed.items()
    }
    kept_free = [i for i in equations.kept if i in crossed]
    if crossed:
        products = [p for i in kept_free for p in crossed[i]]
        equations = solved(
            fixed=[*fixed, *kept_free, *products],
            free=[i for i in free if i not in kept_free],
        )
    faults = check(group, _rank(group, equations)) if check else []
    if faults:
        raise EstimationError("; ".join(faults))
    kept = {int(i): row for row, i in enumerate(equations.kept)}
    interest = np.zeros((len(kept), len(fixed)))
    interest[range(len(fixed)), range(len(fixed))] = 1.0
    for i in kept_free:
        for column, product in enumerate(crossed[i]):
            interest[kept[product], column] = whole.means[0, i]
    term_y = whole.term_y[equations.kept]
    return Step(regression, group, equations, equations.inverse @ term_y, interest)


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


def _rank(group: GroupSums, equations: Equations) -> int:
    by_cluster = group.products.ndim > 2  # noqa: PLR2004
    strata = 1 if by_cluster else int((group.weight > 0).sum())
    return strata + len(equations.kept)


def middle_of(step: Step, covariance: str) -> Middle:
    """Return what the second pass is asked for one regression."""
    group, equations = step.group, step.equations
    return Middle(
        outcomes=group.outcomes,
        terms=equations.kept,
        means=group.means[:, equations.kept],
        y_means=group.y_means,
        coefficients=step.coefficients,
        directions=equations.inverse @ step.interest,
        root=equations.root,
        weight=np.where(group.weight > 0, group.weight, 1.0),
        power=LEVERAGE_POWER.get(covariance, 0),
        redundant=equations.redundant,
        redundant_means=group.means[:, equations.redundant],
        explained=equations.explained,
    )


def middle_faults(
    source: SourceOfSums,
    step: Step,
    total: MiddleTotals,
    terms: Terms,
    covariance: str,
) -> list[str]:
    """Say what the second pass found wrong with one regression.

    Args:
        source: The source, for the names of outcomes.
        step: The regression between the passes.
        total: What the second pass found.
        terms: The terms.
        covariance: Kind of covariance.

    Returns:
        Faults: columns left out that are not wholly redundant, persons with a column
        to themselves where that matters.
    """
    faults = _redundancy_faults(step, total, terms)
    if total.exact:
        faults.append(
            f"{total.exact:.0f} person(s) have a covariate column to themselves, for "
            f"which {covariance} does not exist; use HC1 or join categories"
        )
    where = f"{in_words(source, step.group.outcomes)}: model {step.regression.name}"
    return [f"{where}: {fault}" for fault in faults]


def _redundancy_faults(step: Step, total: MiddleTotals, terms: Terms) -> list[str]:
    """Hold what was left out to the rule of `design`, person by person."""
    left = step.equations.redundant
    weight = float(step.group.weight.sum())
    squares = np.diag(about_the_mean(step.group).products)[left]
    deviation = np.sqrt(np.maximum(squares, 0) / weight)
    varies = deviation > design.NOISE * step.group.largest[left]
    apart = np.sqrt(total.redundant_squares / weight)
    stands = varies & (apart > design.TOLERANCE * deviation)
    return [
        f"{terms.names[i]} is nearly, but not wholly, said by the other columns; sums "
        "can't tell its effect from theirs. Leave it out of the model"
        for i in left[stands]
    ]


def redundancy_faults(
    source: SourceOfSums, steps: Sequence[Step], terms: Terms
) -> list[str]:
    """Look at columns left out, person by person; no pass where there are none.

    Args:
        source: The source.
        steps: Regressions without a second pass of their own; none absorbs strata.
        terms: The terms.

    Returns:
        Names of columns left out that are not wholly said by the others.
    """
    doubtful = [step for step in steps if len(step.equations.redundant)]
    if not doubtful:
        return []
    middles = [middle_of(_of_all(step), "HC0") for step in doubtful]
    found = source.add_up(
        MiddleSums(terms, middles, within=Within())  # one constant
    )
    return [
        fault
        for step, total in zip(doubtful, found.totals, strict=True)
        for fault in middle_faults(source, step, total, terms, "HC0")
    ]


def _of_all(step: Step) -> Step:
    whole = about_the_mean(step.group)
    whole.weight = np.array([whole.weight.sum()])
    return Step(
        step.regression, whole, step.equations, step.coefficients, step.interest
    )


def _clustered(step: Step, terms: Terms, covariance: str) -> Fit:
    rank = _rank(step.group, step.equations)
    found = cluster_covariance(
        step.group,
        step.equations,
        step.coefficients,
        interest=step.interest,
        covariance=covariance,
        rank=rank,
    )
    whole = about_the_mean(step.group)
    explained = (step.coefficients * whole.term_y[step.equations.kept]).sum(axis=0)
    fit = _fit(
        step,
        terms,
        found.covariance,
        found.df,
        step.coefficients,
        whole.y_squares - explained,
    )
    return replace(fit, working=found.working)


def _finished(step: Step, total: MiddleTotals, terms: Terms, covariance: str) -> Fit:
    refined = step.coefficients + step.equations.inverse @ total.slope
    rank, n = _rank(step.group, step.equations), step.group.persons
    if covariance == "classical":
        bread = step.interest.T @ step.equations.inverse @ step.interest
        scale = total.residual_squares / (n - rank)
        covariances = scale[:, None, None] * bread
    else:
        covariances = total.matrices()
        if covariance == "HC1":
            covariances = covariances * (n / (n - rank))
    if step.regression.crossed:
        covariances = covariances + _from_means(step, refined)
    return _fit(step, terms, covariances, n - rank, refined, total.residual_squares)


def _from_means(step: Step, coefficients: Floats) -> Floats:
    """Variance that comes from estimating the means of the covariates.

    The effect at the mean is evaluated at the sample's mean, not the population's:
    Negi and Wooldridge (2021, doi:10.1080/07474938.2020.1824732). To it belong the
    products' coefficients and the covariance of the covariates over n; it does not
    covary with the rest, since residuals are orthogonal to every covariate in every
    arm.
    """
    group = step.group
    kept = step.equations.kept.tolist()
    whole = about_the_mean(group)
    fixed = len(step.regression.fixed)
    products = sum(len(p) > 0 for p in step.regression.crossed.values())
    free_count = (len(kept) - fixed) // (fixed + 1) if products else 0
    free = kept[fixed : fixed + free_count]
    slopes = coefficients[fixed + free_count :].reshape(free_count, fixed, -1)
    spread = whole.products[np.ix_(free, free)] / float(group.weight.sum())
    covariance: Floats = (
        np.einsum("fdj,fg,gej->jde", slopes, spread, slopes) / group.persons
    )
    return covariance


def _fit(
    step: Step,
    terms: Terms,
    covariance: Floats,
    df: float | Floats,
    coefficients: Floats,
    residual_squares: Floats,
) -> Fit:
    estimates = (step.interest.T @ coefficients).T
    return Fit(
        regression=step.regression,
        outcomes=step.group.outcomes,
        estimates=estimates,
        covariance=covariance,
        df=np.broadcast_to(np.asarray(df, dtype=np.float64), estimates.shape),
        rank=_rank(step.group, step.equations),
        redundant=tuple(terms.names[i] for i in step.equations.redundant),
        group=step.group,
        names=tuple(terms.names[i] for i in step.equations.kept),
        coefficients=coefficients,
        residual_squares=residual_squares,
    )


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
