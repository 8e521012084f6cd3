"""Arms and groups side by side: counts, sums, and tests of each arm against control."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from rctspark.contracts.descriptives import ALPHA, EVERY, HIGH, LOW, TARGET
from rctspark.contracts.questionnaires import Index, Item
from rctspark.estimators.balance.arms import ExactTest, compare_counts, compare_means
from rctspark.estimators.described import (
    Ask,
    Count,
    ask_sizes,
    count_amounts,
    shown_category,
)
from rctspark.estimators.questionnaires import AnswerTally, reliability_of
from rctspark.estimators.refusals import MINIMUM_PERSONS, refuse
from rctspark.estimators.tallies import (
    MISSING,
    AmountTally,
    CategoryTally,
    count_known,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from rctspark.config.plan import (
        Covariate,
        GroupLine,
        GroupsTable,
        Plan,
        ReliabilityLine,
        ReliabilityTable,
    )
    from rctspark.contracts.balance import CategoryBalance
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.estimators.tallies import Amounts

    Bools = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Counted = Mapping[str, Mapping[str, int]]

PEARSON = ExactTest(when="never")


def ask_lines(table: GroupsTable, plan: Plan) -> list[Ask]:
    """Ask for what a table of groups shows.

    A test stands in the row of the arm that is held against control: of categories in
    the row of all categories, of other values in the row of their sum.

    Args:
        table: A table of the plan.
        plan: The analysis plan.

    Returns:
        What gives counts by arm, group, and everyone of the target population.
    """
    asks = [ask_sizes(partial(groups_of, plan=plan))]
    covariates = {c.name: c for c in plan.covariates}
    for line in table.lines.values():
        covariate = covariates.get(line.covariate or "")
        if covariate is not None and covariate.categories:
            asks.append(_categories(line, covariate, plan))
        else:
            asks.append(_numbers(line, table, plan))
    return asks


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


def compare_counted(
    counted: Counted, *, arms: Sequence[str], characteristic: str
) -> CategoryBalance:
    """Compare arms by Pearson's chi-square on what was counted of them.

    Args:
        counted: Group to category to persons.
        arms: Arms compared; of two, the first is compared against the second.
        characteristic: Name of what the categories are of; in the result are those
            that somebody of any group has.

    Returns:
        Counts, differences and test.

    Raises:
        EstimationError: An arm has fewer than 10 persons with a known category.
    """
    known = {arm: count_known(counted[arm]) for arm in arms}
    refuse(
        "Balance",
        [
            f"{n} person(s) with known {characteristic} in arm {arm}, needed are "
            f"{MINIMUM_PERSONS}"
            for arm, n in known.items()
            if n < MINIMUM_PERSONS
        ],
    )
    found = [
        category
        for category in counted[arms[0]]
        if category != MISSING and any(group[category] for group in counted.values())
    ]
    return compare_counts(
        np.array([[counted[arm][c] for c in found] for arm in arms], dtype=np.int64),
        arms=arms,
        categories=found,
        characteristic=characteristic,
        n_missing=[counted[arm][MISSING] for arm in arms],
        exact=PEARSON,
    )


def _categories(line: GroupLine, covariate: Covariate, plan: Plan) -> Ask:
    def say(tally: CategoryTally) -> Iterator[Count]:
        for name, counted in tally.groups.items():
            base = count_known(counted)
            for c in covariate.categories:
                yield Count(covariate.name, c, 0, name, counted[c], base)
            count = Count(covariate.name, EVERY, 0, name, base, base)
            yield _tested(count, tally.groups, plan)

    values = partial(shown_category, covariate=covariate, line=line)
    members = partial(groups_of, plan=plan)
    return Ask(CategoryTally(covariate.categories, values, members), say)


def _tested(count: Count, counted: Counted, plan: Plan) -> Count:
    """Add the test of an arm against control; others are not tested."""
    control, *treatments = plan.arms.all
    if count.arm not in treatments:
        return count
    arms = (count.arm, control)
    if min(count_known(counted[arm]) for arm in arms) < MINIMUM_PERSONS:
        return count
    tested = compare_counted(counted, arms=arms, characteristic=count.subject)
    return count._replace(
        statistic=tested.statistic,
        df=tested.df,
        p_value=tested.p_value,
        method=tested.method,
    )


def _numbers(line: GroupLine, table: GroupsTable, plan: Plan) -> Ask:
    subject = line.outcome or line.covariate or ""

    def say(tally: AmountTally) -> Iterator[Count]:
        shares = not any(group.others[0] for group in tally.groups.values())
        for name, amounts in tally.groups.items():
            count = count_amounts(amounts, subject, line.base, line.horizon, name)
            if shares:
                yield _tested(count, _halves(tally), plan)
            else:
                yield _compared(count, table, tally, plan)

    members = partial(groups_of, plan=plan)
    return Ask(AmountTally(partial(line_values, line=line), members), say)


def line_values(sample: AnalysisSample, *, line: GroupLine) -> Floats:
    """Return the values that a line of numbers is about.

    Args:
        sample: The sample.
        line: A line of a table of groups.

    Returns:
        Shape (n, 1); NaN: not known, or not among those the line is about.
    """
    if line.outcome is not None:
        values = sample.outcomes[line.outcome, line.horizon]
    else:
        number, *is_missing = sample.covariates[line.covariate or ""].T
        # A number that may be missing is 0 where it is, and a column says so.
        values = np.where(is_missing[0] == 1, np.nan, number) if is_missing else number
    if line.among is not None:
        is_among = sample.outcomes[line.among, line.among_horizon] == 1
        values = np.where(is_among, values, np.nan)
    return values[:, None]


def _halves(tally: AmountTally) -> Counted:
    """Read zeros and ones as two categories."""
    return {
        name: {
            "0": int(amounts.known[0] - amounts.filled[0]),
            "1": int(amounts.filled[0]),
            MISSING: amounts.persons - int(amounts.known[0]),
        }
        for name, amounts in tally.groups.items()
    }


def _compared(
    count: Count, table: GroupsTable, tally: AmountTally, plan: Plan
) -> Count:
    control, *treatments = plan.arms.all
    if count.arm not in treatments:
        return count
    arms = (count.arm, control)
    groups = [tally.groups[arm] for arm in arms]
    refuse("Balance", _mean_faults(groups, arms, count.subject))
    tested = compare_means(
        [float(group.mean[0]) for group in groups],
        [float(group.variance()[0]) for group in groups],
        [int(group.known[0]) for group in groups],
        arms=arms,
        characteristic=count.subject,
        n_missing=[group.persons - int(group.known[0]) for group in groups],
        variance=table.variance,
    )
    return count._replace(
        statistic=tested.difference.estimate / tested.difference.std_error
        if tested.difference.std_error
        else 0.0,
        p_value=tested.difference.p_value,
        method=f"t-test, {table.variance}",
    )


def _mean_faults(
    groups: Sequence[Amounts], arms: Sequence[str], subject: str
) -> list[str]:
    infinite = sum(int(group.infinite[0]) for group in groups)
    faults = [f"{subject} is missing or infinite for {infinite} person(s)"]
    return faults[: bool(infinite)] + [
        f"{group.known[0]:.0f} person(s) with known {subject} in arm {arm}, needed "
        f"are {MINIMUM_PERSONS}"
        for group, arm in zip(groups, arms, strict=True)
        if group.known[0] < MINIMUM_PERSONS
    ]


def ask_reliability(table: ReliabilityTable) -> list[Ask]:
    """Ask how well the questions of indices agree (Cronbach's alpha).

    Args:
        table: A table of the plan.

    Returns:
        What gives per index and horizon three rows, of alpha and the ends of its
        interval, with those who answered all questions; none for an index that too
        few answered.
    """
    return [
        Ask(AnswerTally(index, horizon), partial(_reliability, horizon=horizon))
        for name, line in table.lines.items()
        for index in [_index(name, line)]
        for horizon in line.horizons
    ]


def _index(name: str, line: ReliabilityLine) -> Index:
    return Index(
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


def _reliability(tally: AnswerTally, *, horizon: int) -> Iterator[Count]:
    if tally.n < MINIMUM_PERSONS:
        return
    said = reliability_of(tally)
    for category, value in zip((ALPHA, LOW, HIGH), said, strict=True):
        count = Count(tally.index.name, category, horizon, EVERY, tally.n, tally.n)
        yield count._replace(total=value, method="Cronbach's alpha")
