"""Persons and panel with all that a plan may name of them, as several jobs need them.

Reads:   population, person_month; persons, study lists, statuses, answers
Writes:  nothing
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from rctspark.config.reference import read_reference
from rctspark.contracts import (
    ANSWERS,
    PERSON_MONTH,
    PERSONS,
    POPULATION,
    STATUSES,
    STUDY_LISTS,
)
from rctspark.panel.assemble import expand_panel
from rctspark.panel.reference import attach_reference
from rctspark.panel.span import span_of
from rctspark.sample.statuses import attach_statuses
from rctspark.sample.study import attach_baseline, attach_study
from rctspark.sources.settle import (
    keep_newest,
)
from rctspark.sources.withdrawn import keep_until_withdrawal

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.reference import ReferenceAmounts
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.releases import Release
    from rctspark.runtime.run import Run


@dataclass(frozen=True, slots=True)
class Described:
    """Population, persons and dense panel, with all that a plan may name of them."""

    population: DataFrame
    persons: DataFrame
    panel: DataFrame


def describe_persons(
    run: Run,
    registers: Registers,
    made: Release,
    amounts: Sequence[ReferenceAmounts],
) -> Described:
    """Put beside panel and persons what the plan's expressions may name.

    Args:
        run: The run.
        registers: The registers of the data version.
        made: Release that holds population and panel.
        amounts: What `read_amounts` returns.

    Returns:
        The population; persons with their statuses; the dense panel with reference
        amounts, statuses and answers.
    """
    read = run.store.read
    population = read(made, POPULATION)
    persons = keep_newest(registers.rows(PERSONS), registers.deliveries, of=PERSONS)
    dense = expand_panel(
        population,
        read(made, PERSON_MONTH),
        span=span_of(run.plan),
        coverage=registers.coverage,
    ).transform(attach_reference, amounts=amounts)
    if registers.version.of(STUDY_LISTS.name):
        dense, persons = with_study(run, registers, dense, persons, population)
    return Described(population, persons, dense)


def read_amounts(run: Run) -> list[ReferenceAmounts]:
    """Read the reference amounts that the plan names, known for its whole window."""
    folder, plan = run.root / "conf" / "reference", run.plan
    amounts = [read_reference(folder / f"{name}.yaml") for name in plan.reference]
    first = min((min(plan.horizons(o)) for o in plan.panel_outcomes), default=0)
    for one in amounts:
        if isinstance(plan.population.origin, date):
            start = plan.period.shift(plan.population.origin, first)
            one.require(start, plan.follow_up_until)
    return amounts


def digests_of(amounts: Sequence[ReferenceAmounts]) -> list[str]:
    """Name reference amounts as inputs of what is made from them."""
    return [f"{one.name}={one.digest()}" for one in amounts]


def with_study(
    run: Run,
    registers: Registers,
    panel: DataFrame,
    persons: DataFrame,
    population: DataFrame,
) -> tuple[DataFrame, DataFrame]:
    """Add what study administration and questionnaires say to panel and persons."""
    studied = keep_newest(
        registers.rows(STUDY_LISTS), registers.deliveries, of=STUDY_LISTS
    )
    statuses = registers.rows(STATUSES)
    answers = keep_newest(
        registers.rows(ANSWERS), registers.deliveries, of=ANSWERS
    ).transform(keep_until_withdrawal, studied)
    told = attach_study(
        panel,
        population=population,
        studied=studied,
        statuses=statuses,
        answers=answers,
        plan=run.plan,
    )
    described = attach_statuses(persons, statuses, population=population)
    return told, attach_baseline(described, answers)
