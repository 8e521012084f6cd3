"""Find who is in the experiment: clock, exclusions, arms.

Reads:   persons, benefit_spells, assignment_lists of the plan's data version
Writes:  population, assignment, funnel, data_versions, rejected_rows
Run:     spark-submit jobs/build_population.py --plan ww
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import partial, reduce
from typing import TYPE_CHECKING, Any

from pyspark.sql import DataFrame

from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT,
    ASSIGNMENT_LISTS,
    BENEFIT_SPELLS,
    CONTACTS,
    DATA_VERSIONS,
    FUNNEL,
    PERSONS,
    POPULATION,
    REJECTED_ROWS,
    STUDY_LISTS,
)
from rctspark.contracts.versions import version_rows
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.together import together
from rctspark.sources.aside import (
    keep_before_benefit,
    keep_late_answers,
    keep_other_answers,
    keep_other_arms,
    keep_overruled,
    keep_strangers,
)
from rctspark.sources.settle import (
    LINKING,
    flag_overruled,
    keep_newest,
    keep_persons,
    keep_standing,
)
from rctspark.trial.assignment import attach_arms
from rctspark.trial.eligibility import (
    attach_benefit_start,
    count_funnel,
    find_candidates,
    flag_leaving,
)
from rctspark.trial.places import Placed, count_places, require_places
from rctspark.trial.population import (
    assemble_population,
    attach_invitations,
    count_listed,
    find_listed,
    keep_enrolled,
)
from rctspark.trial.study import count_studied, find_groups

if TYPE_CHECKING:
    from collections.abc import Callable

    from rctspark.contracts import Table
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.run import Run

NEEDED = (PERSONS, BENEFIT_SPELLS, ASSIGNMENT_LISTS)


@dataclass(frozen=True, slots=True)
class People:
    """Who is in the trial, by the registers of one data version.

    Attributes:
        spells: Benefit spells, flagged where another overrules them.
        persons: PERSONS, one row per person.
        lists: ASSIGNMENT_LISTS, one row per person.
        studied: STUDY_LISTS, one row per person.
        enrolled: One row per enrolled person, with the day of the invitation.
        others: POPULATION of the groups that are followed and not enrolled; None:
            none are.
        funnel: FUNNEL.
    """

    spells: DataFrame
    persons: DataFrame
    lists: DataFrame
    studied: DataFrame
    enrolled: DataFrame
    funnel: DataFrame
    others: DataFrame | None = None


def build_population(run: Run) -> None:
    """Settle the registers, follow the clock, exclude, assign, publish."""
    registers = open_registers(run, NEEDED, linking=LINKING)
    version = registers.version
    provenance = run.provenance(data_version=version.name, inputs=())
    if run.is_current(run.experiment, provenance):
        run.log.say("population: nothing has changed since the last release")
        return
    gate = make_gate(run.root / "expectations")
    people = find_people(run, registers)
    assignment = run.candidate(
        ASSIGNMENT,
        attach_arms(people.enrolled, people.lists, assignment=run.plan.assignment),
    )
    population = assemble_population(people.enrolled, assignment.frame, plan=run.plan)
    if people.others is not None:
        population = population.unionByName(people.others)
    made: list[tuple[Table, DataFrame]] = [
        (POPULATION, population),
        (FUNNEL, people.funnel),
        (DATA_VERSIONS, run.store.rows(DATA_VERSIONS, version_rows(version))),
        (REJECTED_ROWS, find_set_aside(run, registers, people)),
    ]
    placed = count_places(people.enrolled, assignment.frame)
    at_once: list[Callable[[], Any]] = [placed.collect]
    at_once += [partial(run.candidate, *one) for one in made]
    counted, *written = together(lambda do: do(), at_once)
    require_places(
        [Placed(**row.asDict()) for row in counted],
        run.plan,
        files=version.files(ASSIGNMENT_LISTS.name, BENEFIT_SPELLS.name),
    )
    run.publish(
        run.experiment,
        [assignment, *written],
        provenance=provenance,
        gate=gate,
        slices={
            "data_version": [version.name],
            "delivery_id": [d.delivery_id for d in version.deliveries],
        },
    )


def find_set_aside(run: Run, registers: Registers, people: People) -> DataFrame:
    """Find rows, each sound by itself, that don't fit what else is known.

    Where a clock says who is in the trial, its benefit is the beginning: contacts of
    the enrolled before it are set aside. People on a list may be served earlier.
    """
    deliveries, version = registers.deliveries, registers.version
    aside = [keep_overruled(people.spells)]
    if run.plan.population.clock is not None:
        aside.append(keep_before_benefit(registers.rows(CONTACTS), people.enrolled))
    if len(version.of(ASSIGNMENT_LISTS.name)) > 1:
        lists = registers.rows(ASSIGNMENT_LISTS)
        aside.append(keep_other_arms(lists, deliveries))
    if version.of(ANSWERS.name):
        answers = registers.rows(ANSWERS)
        aside.append(keep_other_answers(answers, deliveries))
        newest = keep_newest(answers, deliveries, of=ANSWERS)
        followed = find_followed(people)
        aside.append(keep_strangers(newest, followed))
        aside.append(keep_late_answers(keep_persons(newest, followed), people.studied))
    return reduce(DataFrame.unionByName, aside)


def find_followed(people: People) -> DataFrame:
    """Name everyone whom the experiment follows, enrolled or not."""
    enrolled = people.enrolled.select("person_id")
    if people.others is None:
        return enrolled
    return enrolled.unionByName(people.others.select("person_id"))


def find_people(run: Run, registers: Registers) -> People:
    """Follow the plan from spells to those enrolled; nothing is published."""
    deliveries, plan = registers.deliveries, run.plan.population
    spells = run.stage(
        "spells", flag_overruled(registers.rows(BENEFIT_SPELLS), deliveries)
    )
    chained = keep_standing(spells).transform(
        attach_benefit_start, benefits=plan.benefits, revival_days=plan.revival_days
    )
    persons = keep_newest(registers.rows(PERSONS), deliveries, of=PERSONS)
    lists = keep_newest(
        registers.rows(ASSIGNMENT_LISTS), deliveries, of=ASSIGNMENT_LISTS
    )
    studied = keep_newest(registers.rows(STUDY_LISTS), deliveries, of=STUDY_LISTS)
    if plan.clock is None:
        listed = run.stage("enrolled", find_listed(lists, chained, persons, plan=plan))
        enrolled, funnel, others = listed, count_listed(listed), None
        if plan.groups:
            funnel = count_studied(studied, plan=plan)
            others = find_groups(studied, chained, plan=run.plan)
        invited = attach_invitations(enrolled, studied)
        return People(spells, persons, lists, studied, invited, funnel, others)
    candidates = find_candidates(chained, persons, population=plan)
    flagged = run.stage(
        "candidates",
        flag_leaving(candidates, sites=plan.sites, exclusions=plan.exclusions),
    )
    funnel = count_funnel(flagged, chained, exclusions=plan.exclusions)
    enrolled = attach_invitations(keep_enrolled(flagged), studied)
    return People(spells, persons, lists, studied, enrolled, funnel)


if __name__ == "__main__":
    sys.exit(run_job(build_population, doc=__doc__))
