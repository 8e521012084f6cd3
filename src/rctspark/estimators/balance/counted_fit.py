"""The tests of a plan that groups are like the target population."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import EVERY, FIT, TARGET
from rctspark.estimators.balance.arms import ExactTest
from rctspark.estimators.balance.target import estimate_category_fit, estimate_mean_fit
from rctspark.estimators.described import Count, category_of
from rctspark.estimators.groups import groups_of
from rctspark.estimators.refusals import MINIMUM_PERSONS
from rctspark.estimators.tallies import MISSING

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rctspark.config.plan import Covariate, FitTable, GroupLine, Plan
    from rctspark.contracts.sample import AnalysisSample

    Bools = NDArray[np.bool_]

PEARSON = ExactTest(when="never")


def count_fit(table: FitTable, sample: AnalysisSample, plan: Plan) -> list[Count]:
    """Hold groups against the target population, line by line.

    The target is everyone described, the groups themselves included; its shares and
    means are taken as known. A category that means unknown is left out of both sides,
    unless the table shows it.

    Args:
        table: A table of the plan.
        sample: Everyone described, groups that are not enrolled included.
        plan: The analysis plan.

    Returns:
        One row per line and group, with persons whose value is known; none where
        fewer than ten are, or nobody varies.
    """
    groups = groups_of(sample, plan)
    groups[EVERY] = np.isin(sample.arm, plan.arms.all)
    covariates = {c.name: c for c in plan.covariates}
    found = []
    for line in table.lines.values():
        covariate = covariates[line.covariate or ""]
        for name in table.groups:
            count = (
                _categories(line, covariate, sample, groups, name)
                if covariate.categories
                else _number(covariate, sample, groups, name)
            )
            found += [count] if count else []
    return found


def _categories(
    line: GroupLine,
    covariate: Covariate,
    sample: AnalysisSample,
    groups: dict[str, Bools],
    name: str,
) -> Count | None:
    values = category_of(sample, covariate)
    if line.missing is not None and line.missing not in line.categories.values():
        values = np.where(values == line.missing, MISSING, values)
    target = values[groups[TARGET] & (values != MISSING)]
    n = int((values[groups[name]] != MISSING).sum())
    if n < MINIMUM_PERSONS:
        return None
    shares = {c: float((target == c).mean()) for c in covariate.categories}
    told = estimate_category_fit(
        values[groups[name]],
        target={c: share for c, share in shares.items() if share},
        characteristic=covariate.name,
        exact=PEARSON,
    )
    return Count(
        covariate.name,
        FIT,
        0,
        name,
        n,
        n,
        statistic=told.statistic,
        df=told.df,
        p_value=told.p_value,
        method=told.method,
    )


def _number(
    covariate: Covariate, sample: AnalysisSample, groups: dict[str, Bools], name: str
) -> Count | None:
    values = sample.covariates[covariate.name][:, 0]
    own, target = values[groups[name]], values[groups[TARGET]]
    n = int((~np.isnan(own)).sum())
    if n < MINIMUM_PERSONS or np.nanmax(own) == np.nanmin(own):
        return None
    told = estimate_mean_fit(
        own, target=float(np.nanmean(target)), characteristic=covariate.name
    ).difference
    return Count(
        covariate.name,
        FIT,
        0,
        name,
        n,
        n,
        statistic=told.estimate / told.std_error,
        df=n - 1,
        p_value=told.p_value,
        method=told.method,
    )
