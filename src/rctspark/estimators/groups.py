"""Arms and groups side by side: counts, sums, and tests of each arm against control."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import (
    ALPHA,
    ENROLLED,
    EVERY,
    HIGH,
    LOW,
    TARGET,
)
from rctspark.contracts.questionnaires import Index, Item
from rctspark.estimators.balance.arms import (
    ExactTest,
    estimate_category_balance,
    estimate_mean_balance,
)
from rctspark.estimators.described import MISSING, Count, category_of, sum_values
from rctspark.estimators.questionnaires import estimate_reliability
from rctspark.estimators.refusals import MINIMUM_PERSONS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from rctspark.config.plan import (
        Covariate,
        GroupLine,
        GroupsTable,
        Plan,
        ReliabilityTable,
    )
    from rctspark.contracts.sample import AnalysisSample

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Texts = NDArray[np.str_]

PEARSON = ExactTest(when="never")


def count_lines(table: GroupsTable, sample: AnalysisSample, plan: Plan) -> list[Count]:
    """Count what a table of groups shows.

    A test stands in the row of the arm that is held against control: of categories in
    the row of all categories, of other values in the row of their sum.

    Args:
        table: A table of the plan.
        sample: Everyone described, groups that are not enrolled included.
        plan: The analysis plan.

    Returns:
        Counts by arm, group, and everyone of the target population.

    Raises:
        EstimationError: An arm has too few persons for a test.
    """
    groups = groups_of(sample, plan)
    sizes = {name: int(members.sum()) for name, members in groups.items()}
    found = [Count(ENROLLED, EVERY, 0, name, n, n) for name, n in sizes.items()]
    covariates = {c.name: c for c in plan.covariates}
    for line in table.lines.values():
        covariate = covariates.get(line.covariate or "")
        if covariate is not None and covariate.categories:
            found += _categories(line, covariate, sample, groups, plan)
        else:
            found += _numbers(line, table, sample, groups, plan)
    return found


def groups_of(sample: AnalysisSample, plan: Plan) -> dict[str, Bools]:
    """Say who is in each arm and group; `target` is everyone.

    Args:
        sample: Everyone described.
        plan: The analysis plan.

    Returns:
        Arm or group to shape (n,).
    """
    groups = {arm: sample.arm == arm for arm in plan.arms.all}
    groups |= {name: sample.arm == name for name in plan.population.groups}
    if TARGET in groups:
        groups[TARGET] = np.ones(sample.n, dtype=np.bool_)
    return groups


def _categories(
    line: GroupLine,
    covariate: Covariate,
    sample: AnalysisSample,
    groups: Mapping[str, Bools],
    plan: Plan,
) -> list[Count]:
    values = category_of(sample, covariate)
    if line.missing is not None and line.missing not in line.categories.values():
        values = np.where(values == line.missing, MISSING, values)
    found = []
    for name, members in groups.items():
        here = values[members]
        base = int((here != MISSING).sum())
        found += [
            Count(covariate.name, c, 0, name, int((here == c).sum()), base)
            for c in covariate.categories
        ]
        found.append(
            _tested(
                Count(covariate.name, EVERY, 0, name, base, base), sample, values, plan
            )
        )
    return found


def _tested(count: Count, sample: AnalysisSample, values: Texts, plan: Plan) -> Count:
    """Add the test of an arm against control; others are not tested."""
    control, *treatments = plan.arms.all
    known = values != MISSING
    if count.arm not in treatments:
        return count
    sizes = [int((known & (sample.arm == arm)).sum()) for arm in (count.arm, control)]
    if min(sizes) < MINIMUM_PERSONS:
        return count
    tested = estimate_category_balance(
        sample.arm,
        values,
        arms=(count.arm, control),
        characteristic=count.subject,
        exact=PEARSON,
    )
    return count._replace(
        statistic=tested.statistic,
        df=tested.df,
        p_value=tested.p_value,
        method=tested.method,
    )


def _numbers(
    line: GroupLine,
    table: GroupsTable,
    sample: AnalysisSample,
    groups: Mapping[str, Bools],
    plan: Plan,
) -> list[Count]:
    values, subject = _values(line, sample)
    if line.among is not None:
        is_among = sample.outcomes[line.among, line.among_horizon] == 1
        values = np.where(is_among, values, np.nan)
    found = []
    is_share = bool(np.isin(values[~np.isnan(values)], (0.0, 1.0)).all())
    for name, members in groups.items():
        count = sum_values(values[members], subject, line.base, line.horizon, name)
        if is_share:
            texts = np.where(np.isnan(values), MISSING, np.where(values == 1, "1", "0"))
            found.append(_tested(count, sample, texts, plan))
        else:
            found.append(_compared(count, table, sample, values, plan))
    return found


def _values(line: GroupLine, sample: AnalysisSample) -> tuple[Floats, str]:
    if line.outcome is not None:
        return sample.outcomes[line.outcome, line.horizon], line.outcome
    name = line.covariate or ""
    return sample.covariates[name][:, 0], name


def _compared(
    count: Count,
    table: GroupsTable,
    sample: AnalysisSample,
    values: Floats,
    plan: Plan,
) -> Count:
    control, *treatments = plan.arms.all
    if count.arm not in treatments:
        return count
    tested = estimate_mean_balance(
        sample.arm,
        values,
        arms=(count.arm, control),
        characteristic=count.subject,
        variance=table.variance,
    )
    return count._replace(
        statistic=tested.difference.estimate / tested.difference.std_error
        if tested.difference.std_error
        else 0.0,
        p_value=tested.difference.p_value,
        method=f"t-test, {table.variance}",
    )


def count_reliability(table: ReliabilityTable, sample: AnalysisSample) -> list[Count]:
    """Say how well the questions of indices agree (Cronbach's alpha).

    Args:
        table: A table of the plan.
        sample: Everyone described, with the answers as outcomes.

    Returns:
        Per index and horizon three rows, of alpha and the ends of its interval, with
        those who answered all questions. None for an index that too few answered.
    """
    found = []
    for name, line in table.lines.items():
        index = Index(
            name,
            tuple(
                Item(
                    question,
                    weight=1 / len(line.questions),
                    lowest=asked.lowest,
                    highest=asked.highest,
                    is_turned=asked.is_turned,
                )
                for question, asked in line.questions.items()
            ),
        )
        for horizon in line.horizons:
            answers = {q: sample.outcomes[q, horizon] for q in line.questions}
            whole = ~np.isnan(np.column_stack([*answers.values()])).any(axis=1)
            if int(whole.sum()) < MINIMUM_PERSONS:
                continue
            said = estimate_reliability(answers, index)
            for category, value in (
                (ALPHA, said.alpha),
                (LOW, said.ci_lower),
                (HIGH, said.ci_upper),
            ):
                count = Count(name, category, horizon, EVERY, said.n, said.n)
                found.append(count._replace(total=value, method="Cronbach's alpha"))
    return found
