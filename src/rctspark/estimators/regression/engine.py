"""Least squares of all outcomes of a source at once, by sums.

Two passes: sums of products give coefficients, for one decomposition per set of
outcomes observed for the same persons; the second pass gives the robust covariance
and corrects the coefficients by one step of iterative refinement, so the condition of
the normal equations costs no digits.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from threadpoolctl import (  # type: ignore[import-untyped]  # it has no stubs
    threadpool_limits,
)

from rctspark.errors import EstimationError
from rctspark.estimators.regression.clustered import cluster_covariance
from rctspark.estimators.regression.first_pass import add_first, solve_first, within_of
from rctspark.estimators.regression.middle_sums import MiddleSums
from rctspark.estimators.regression.regressions import (
    Fit,
    Regression,
    Step,
    about_the_mean,
    in_words,
    rank_of,
    refuse,
)
from rctspark.estimators.regression.second_pass import (
    middle_faults,
    middle_of,
    redundancy_faults,
)
from rctspark.estimators.regression.terms import make_terms

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from rctspark.contracts.sums import SourceOfSums
    from rctspark.estimators.regression.first_sums import GroupSums
    from rctspark.estimators.regression.middle_sums import MiddleTotals
    from rctspark.estimators.regression.terms import Terms

    Floats = NDArray[np.float64]


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
                    steps.append(solve_first(regression, group, terms, place, check))
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


def _clustered(step: Step, terms: Terms, covariance: str) -> Fit:
    rank = rank_of(step.group, step.equations)
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
    rank, n = rank_of(step.group, step.equations), step.group.persons
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
        rank=rank_of(step.group, step.equations),
        redundant=tuple(terms.names[i] for i in step.equations.redundant),
        group=step.group,
        names=tuple(terms.names[i] for i in step.equations.kept),
        coefficients=coefficients,
        residual_squares=residual_squares,
    )
