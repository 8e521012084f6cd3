"""The first pass: sums of products, and the coefficients that they give."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rctspark.errors import EstimationError
from rctspark.estimators.regression.first_sums import FirstSums, GroupSums, Within
from rctspark.estimators.regression.normal_equations import solve
from rctspark.estimators.regression.regressions import (
    CLUSTERED,
    Regression,
    Step,
    Term,
    about_the_mean,
    in_words,
    rank_of,
    refuse,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.terms import Terms


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
    columns = () if name is None else places_of(source, name)
    return Within(columns=columns, is_cluster=clustered)


def places_of(source: SourceOfSums, covariate: str) -> tuple[int, ...]:
    """Return the places among a block's columns of a categorical covariate."""
    before = 0
    for name, names in source.columns.items():
        if name == covariate:
            return tuple(range(before, before + len(names)))
        before += len(names)
    raise EstimationError(f"no covariate is called {covariate}")


def solve_first(
    regression: Regression,
    group: GroupSums,
    terms: Terms,
    place: Mapping[Term, int],
    check: Callable[[GroupSums, int], list[str]] | None,
) -> Step:
    """Solve the normal equations of one regression on one group.

    Args:
        regression: What is regressed on.
        group: First sums of the group.
        terms: The terms.
        place: Term to its place among them.
        check: Says what is wrong with the group, given the rank.

    Returns:
        The regression between the passes.

    Raises:
        EstimationError: What `check` says; arms can't be told from covariates.
    """
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
    faults = check(group, rank_of(group, equations)) if check else []
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
