"""Counts and tests that describe an experiment: arms, balance, rounds, contacts."""

from __future__ import annotations

from functools import partial
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
from rctspark.estimators.balance.counted_fit import count_fit
from rctspark.estimators.described import (
    Ask,
    Count,
    arm_members,
    ask_sizes,
    ask_values,
    category_of,
    count_amounts,
    outcome_values,
    say_all,
    shown_category,
)
from rctspark.estimators.groups import (
    ask_lines,
    ask_reliability,
    compare_counted,
    groups_of,
)
from rctspark.estimators.tallies import (
    MISSING,
    AmountTally,
    CategoryTally,
    add_tallies,
    count_known,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from typing import Any

    from numpy.typing import NDArray

    from rctspark.config.plan import Covariate, Plan, ReleasedTable
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.contracts.sums import Analysed

    Bools = NDArray[np.bool_]
    Texts = NDArray[np.str_]

OF_ARM = "|"
"""Between a part of the persons and an arm of it: no name of a plan has one."""


def describe_tables(
    source: Analysed, plan: Plan, *, population: str, data_version: str
) -> tuple[Descriptive, ...]:
    """Count what the plan's tables show besides effects, in one pass.

    Args:
        source: Everyone described, with the outcomes that the tables count. Fit and
            bounds need persons: from sums alone they are left out.
        plan: The analysis plan.
        population: Label of those described.
        data_version: Named set of deliveries.

    Returns:
        One row per subject, category, horizon and arm; a row that two tables share
        stands once.

    Raises:
        EstimationError: An arm has too few persons for a test of balance.
    """
    asks = [
        ask for table in plan.tables for ask in ask_table(table, plan, source.outcomes)
    ]
    counts = say_all(source, asks)
    if source.persons is not None:
        for table in plan.tables:
            counts += count_checks(table, source.persons, plan)
    return file_counts(counts, plan, population=population, data_version=data_version)


def describe_amounts(
    source: Analysed,
    plan: Plan,
    *,
    population: str,
    data_version: str,
    by: Sequence[str] = (),
) -> tuple[Descriptive, ...]:
    """Say how much single persons contribute to the sums behind means of amounts.

    Args:
        source: Everyone analysed, with the outcomes of the analysis.
        plan: The analysis plan.
        population: Label of those analysed.
        data_version: Named set of deliveries.
        by: Categorical covariates that models have effects by: their categories that
            somebody has are told too, each under `<population>:<covariate>=<category>`.

    Returns:
        One row per population, outcome that is no share, horizon and arm; all in one
        pass.
    """
    shares = {o.name for o in plan.outcomes if o.unit == "share"}
    keys = [key for key in source.outcomes if key[0] not in shares]
    if not keys:
        return ()
    covariates = {c.name: c for c in plan.covariates}
    parts = {"": None, **{name: covariates[name] for name in by}}
    members = partial(part_members, arms=source.arms, parts=tuple(parts.values()))
    tally = AmountTally(partial(outcome_values, keys=tuple(keys)), members)
    (told,) = add_tallies(source, [tally])
    found: list[Descriptive] = []
    for name, amounts in told.groups.items():
        part, _, arm = name.rpartition(OF_ARM)
        counts = [
            count_amounts(amounts, *(outcome, EVERY, horizon, arm), place=place)
            for place, (outcome, horizon) in enumerate(keys)
            if amounts.persons
        ]
        found += file_counts(
            counts, plan, population=population + part, data_version=data_version
        )
    return tuple(found)


def part_members(
    sample: AnalysisSample,
    *,
    arms: Sequence[str],
    parts: Sequence[Covariate | None],
) -> dict[str, Bools]:
    """Say who is in which arm, and in which arm and category.

    Args:
        sample: Some persons.
        arms: The arms.
        parts: Categorical covariates; None: everyone.

    Returns:
        `<arm>` or `:<covariate>=<category>` and the arm, to shape (n,).
    """
    found: dict[str, Bools] = {}
    for part in parts:
        sorted_by = {"": np.ones(sample.n, dtype=np.bool_)}
        if part is not None:
            values = category_of(sample, part)
            sorted_by = {f":{part.name}={c}": values == c for c in part.categories}
        for name, rows in sorted_by.items():
            for arm in arms:
                found[name + OF_ARM + arm] = rows & (sample.arm == arm)
    return found


def file_counts(
    counts: Iterable[Count], plan: Plan, *, population: str, data_version: str
) -> tuple[Descriptive, ...]:
    """File counts under the experiment, the population and the data they rest on.

    Args:
        counts: The counts; of those about the same thing the last one stays.
        plan: The analysis plan.
        population: Label of those who were counted.
        data_version: Named set of deliveries.

    Returns:
        One row per subject, category, horizon and arm.
    """
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


def ask_table(
    table: ReleasedTable, plan: Plan, outcomes: Sequence[tuple[str, int]]
) -> list[Ask]:
    """Ask for what one table shows.

    Args:
        table: A table of the plan.
        plan: The analysis plan.
        outcomes: Outcomes and horizons of the source.

    Returns:
        What gives its counts and tests; nothing for a table of effects.
    """
    arms = plan.arms.all
    asks: list[Ask] = []
    match table:
        case ArmSizesTable():
            asks = [ask_sizes(partial(arm_members, arms=arms))]
        case ContactsTable():
            asks = [ask_values([(name, 0) for name in table.lines.values()], arms)]
        case CourseTable():
            asks = [ask_course(table, outcomes, arms)]
        case RoundsTable():
            asks = _rounds(table, arms)
        case BalanceTable():
            asks = _characteristics(table, plan)
        case GroupsTable():
            asks = ask_lines(table, plan)
        case ReliabilityTable():
            asks = ask_reliability(table)
    return asks


def ask_course(
    table: CourseTable, outcomes: Sequence[tuple[str, int]], arms: Sequence[str]
) -> Ask:
    """Ask for the sums of each period's outcomes by arm.

    Args:
        table: A course of the plan.
        outcomes: Outcomes and horizons of the source.
        arms: Arms of the plan.

    Returns:
        What gives one count per outcome, horizon and arm: of everyone, or of those
        among whom the table counts.
    """
    named = set(table.lines.values())
    keys = [key for key in outcomes if key[0] in named]
    among = None if table.among is None else (table.among, table.among_horizon)
    return ask_values(keys, arms, among=among, base=table.base)


def count_checks(
    table: ReleasedTable, sample: AnalysisSample, plan: Plan
) -> list[Count]:
    """Count what a table shows that needs persons one by one.

    Args:
        table: A table of the plan.
        sample: Everyone described, groups that are not enrolled included.
        plan: The analysis plan.

    Returns:
        Tests of fit to the target, or bounds; nothing for another table.
    """
    if isinstance(table, FitTable):
        return count_fit(table, sample, plan)
    if isinstance(table, BoundsTable):
        return count_bounds(table, sample, plan)
    return []


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
    return list(
        file_counts(counts, plan, population=everyone, data_version=data_version)
    )


def _rounds(table: RoundsTable, arms: Sequence[str]) -> list[Ask]:
    def ask(number: int, forms: tuple[str, ...]) -> Ask:
        def say(tally: CategoryTally) -> Iterator[Count]:
            for form in forms:
                for arm in arms:
                    counted = tally.groups[arm]
                    n, base = counted[form], count_known(counted)
                    yield Count(table.among, form, number, arm, n, base)

        values = partial(sort_forms, table=table, number=number)
        members = partial(arm_members, arms=tuple(arms))
        return Ask(CategoryTally(forms, values, members), say)

    return [ask(n, (table.none, *named)) for n, named in table.lines.items()]


def _characteristics(table: BalanceTable, plan: Plan) -> list[Ask]:
    covariates = {c.name: c for c in plan.covariates}
    members = partial(groups_of, plan=plan)
    return [
        Ask(
            CategoryTally(
                covariate.categories,
                partial(shown_category, covariate=covariate, line=line),
                members,
            ),
            partial(_balance, plan=plan, covariate=covariate),
        )
        for line in table.lines.values()
        for covariate in [covariates[line.covariate]]
    ]


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
    tally: CategoryTally, *, plan: Plan, covariate: Covariate
) -> Iterator[Count]:
    arms = plan.arms.all
    tested = compare_counted(tally.groups, arms=arms, characteristic=covariate.name)
    for i, arm in enumerate(arms):
        base, missing = tested.n[i], tested.n_missing[i]
        for category, persons in zip(tested.categories, tested.counts[i], strict=True):
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
