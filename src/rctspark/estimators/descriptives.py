"""Counts and tests that describe an experiment: arms, balance, rounds, contacts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.config.plan import (
    ArmSizesTable,
    BalanceTable,
    BoundsTable,
    ContactsTable,
    CourseTable,
    FitTable,
    GroupsTable,
    ReliabilityTable,
    RoundsTable,
)
from rctspark.contracts.descriptives import (
    ENROLLED,
    EVERY,
    FUNNEL,
    LEAVING,
    Descriptive,
)
from rctspark.estimators.attrition.counted_bounds import count_bounds
from rctspark.estimators.balance.arms import ExactTest, estimate_category_balance
from rctspark.estimators.balance.counted_fit import count_fit
from rctspark.estimators.described import MISSING, Count, category_of, count_values
from rctspark.estimators.groups import count_lines, count_reliability

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from rctspark.config.plan import Covariate, Plan, ReleasedTable
    from rctspark.contracts.sample import AnalysisSample

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

PEARSON = ExactTest(when="never")


def describe_tables(
    sample: AnalysisSample, plan: Plan, *, population: str, data_version: str
) -> tuple[Descriptive, ...]:
    """Count what the plan's tables show besides effects.

    Args:
        sample: Everyone described, with the outcomes that the tables count.
        plan: The analysis plan.
        population: Label of those described.
        data_version: Named set of deliveries.

    Returns:
        One row per subject, category, horizon and arm; a row that two tables share
        stands once.

    Raises:
        EstimationError: An arm has too few persons for a test of balance.
    """
    counts = [
        count for table in plan.tables for count in count_table(table, sample, plan)
    ]
    return _filed(counts, plan, population=population, data_version=data_version)


def describe_amounts(
    sample: AnalysisSample, plan: Plan, *, population: str, data_version: str
) -> tuple[Descriptive, ...]:
    """Say how much single persons contribute to the sums behind means of amounts.

    Args:
        sample: The sample of an analysis.
        plan: The analysis plan.
        population: Label of those analysed, or of a category of them.
        data_version: Named set of deliveries.

    Returns:
        One row per outcome that is no share, horizon and arm.
    """
    shares = {o.name for o in plan.outcomes if o.unit == "share"}
    counts = [
        count_values(sample, name, horizon, arm)
        for name, horizon in sample.outcomes
        for arm in dict.fromkeys(sample.arm.tolist())
        if name not in shares
    ]
    return _filed(counts, plan, population=population, data_version=data_version)


def _filed(
    counts: Sequence[Count], plan: Plan, *, population: str, data_version: str
) -> tuple[Descriptive, ...]:
    by_key = {c[:4]: c for c in counts}
    return tuple(
        Descriptive(
            experiment=plan.name,
            population=population,
            data_version=data_version,
            plan_hash=plan.hash,
            **count._asdict(),
        )
        for count in by_key.values()
    )


def count_table(
    table: ReleasedTable, sample: AnalysisSample, plan: Plan
) -> list[Count]:
    """Count what one table shows.

    Args:
        table: A table of the plan.
        sample: Everyone described.
        plan: The analysis plan.

    Returns:
        Its counts and tests; none for a table of effects.
    """
    arms = plan.arms.all
    counts: list[Count] = []
    match table:  # a table of effects or models counts nobody
        case ArmSizesTable():
            sizes = {arm: int((sample.arm == arm).sum()) for arm in arms}
            counts = [Count(ENROLLED, EVERY, 0, arm, n, n) for arm, n in sizes.items()]
        case ContactsTable():
            named = table.lines.values()
            counts = [count_values(sample, name, 0, a) for name in named for a in arms]
        case CourseTable():
            counts = [
                count_values(sample, name, horizon, arm)
                for name, horizon in sample.outcomes
                if name in table.lines.values()
                for arm in arms
            ]
        case RoundsTable():
            counts = _rounds(table, sample, arms)
        case BalanceTable():
            counts = _characteristics(table, sample, plan)
        case GroupsTable():
            counts = count_lines(table, sample, plan)
        case FitTable() | BoundsTable() | ReliabilityTable():
            counts = _count_check(table, sample, plan)
    return counts


def _count_check(
    table: FitTable | BoundsTable | ReliabilityTable,
    sample: AnalysisSample,
    plan: Plan,
) -> list[Count]:
    if isinstance(table, FitTable):
        return count_fit(table, sample, plan)
    if isinstance(table, BoundsTable):
        return count_bounds(table, sample, plan)
    return count_reliability(table, sample)


def describe_funnel(
    steps: Iterable[Mapping[str, Any]],
    sizes: Iterable[Mapping[str, Any]],
    plan: Plan,
    *,
    data_version: str,
) -> list[Descriptive]:
    """File the steps of a funnel and the sizes of the arms by site.

    Args:
        steps: `site`, `stage`, `n_left` and `n_leaving`.
        sizes: `site`, `group` and `persons`.
        plan: The analysis plan.
        data_version: Named set of deliveries.

    Returns:
        Per step and site those left and those who leave, and the arms per site; the
        site stands in place of the arm.
    """
    counts = []
    for step in steps:
        for subject, column in ((FUNNEL, "n_left"), (LEAVING, "n_leaving")):
            n = step[column]
            counts.append(Count(subject, step["stage"], 0, step["site"], n, n))
    counts += [
        Count(ENROLLED, row["group"], 0, row["site"], row["persons"], row["persons"])
        for row in sizes
        if row["group"] in plan.arms.all
    ]
    everyone = plan.analyses[0].population
    return list(_filed(counts, plan, population=everyone, data_version=data_version))


def _rounds(
    table: RoundsTable, sample: AnalysisSample, arms: Sequence[str]
) -> list[Count]:
    return [
        Count(
            table.among,
            form,
            number,
            arm,
            int(((forms == form) & (sample.arm == arm)).sum()),
            int(((forms != MISSING) & (sample.arm == arm)).sum()),
        )
        for number, named in table.lines.items()
        for forms in [sort_forms(sample, table, number)]
        for form in (table.none, *named)
        for arm in arms
    ]


def _characteristics(
    table: BalanceTable, sample: AnalysisSample, plan: Plan
) -> list[Count]:
    covariates = {c.name: c for c in plan.covariates}
    found: list[Count] = []
    for line in table.lines.values():
        covariate = covariates[line.covariate]
        values = category_of(sample, covariate)
        # A missing value that is shown is a category of the test too.
        if line.missing is not None and line.missing not in line.categories.values():
            values = np.where(values == line.missing, MISSING, values)
        found += _balance(sample, plan, covariate, values)
    return found


def sort_forms(sample: AnalysisSample, table: RoundsTable, number: int) -> Texts:
    """Say of everyone in benefit in which form they had the interview of a round.

    Args:
        sample: The sample.
        table: The table; who had several forms stands in the first that it names.
        number: Number of the round.

    Returns:
        Shape (n,), form of each person; empty: not in benefit then, or not known.
    """
    named = table.lines[number]
    had = [sample.outcomes[outcome, number] for outcome in named.values()]
    is_due = sample.outcomes[table.among, number] == 1
    is_known = is_due & ~np.isnan(np.column_stack(had)).any(axis=1)
    forms = np.select([one == 1 for one in had], list(named), default=table.none)
    return np.where(is_known, forms, MISSING)


def _balance(
    sample: AnalysisSample, plan: Plan, covariate: Covariate, values: Texts
) -> Iterator[Count]:
    arms = plan.arms.all
    found = [c for c in covariate.categories if (values == c).any()]
    tested = estimate_category_balance(
        sample.arm,
        values,
        arms=arms,
        characteristic=covariate.name,
        categories=found,
        exact=PEARSON,
    )
    for i, arm in enumerate(arms):
        base, missing = tested.n[i], tested.n_missing[i]
        for category, persons in zip(found, tested.counts[i], strict=True):
            yield Count(covariate.name, category, 0, arm, persons, base)
        yield Count(covariate.name, MISSING, 0, arm, missing, base + missing)
    yield Count(
        covariate.name,
        EVERY,
        0,
        EVERY,
        sum(tested.n),
        sum(tested.n),
        statistic=tested.statistic,
        df=tested.df,
        p_value=tested.p_value,
        method=tested.method,
    )
