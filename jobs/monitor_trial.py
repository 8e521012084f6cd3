"""Watch a trial while it runs, from the data as they were known on a day.

Reads:   persons, benefit_spells, assignment_lists, contacts as known on the day
Writes:  out/monitoring/<experiment>/<day>/index.html; publishes nothing
Run:     spark-submit jobs/monitor_trial.py --plan ww --as-known-on 2013-02-15
"""

from __future__ import annotations

import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from build_population import NEEDED, find_people
from rctspark.contracts import ASSIGNMENT_LISTS, CONTACTS, POPULATION
from rctspark.contracts.monitoring import Agreement, Inflow, Service, TrialState
from rctspark.errors import ConfigError
from rctspark.estimators.balance.counted import estimate_counted_balance
from rctspark.estimators.randomised.sample_ratio import estimate_sample_ratio
from rctspark.estimators.refusals import MINIMUM_PERSONS
from rctspark.panel.chain import attach_benefit_end
from rctspark.panel.lives import attach_meetings, attach_spells
from rctspark.release.monitoring import write_monitoring
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.together import together
from rctspark.sample.assemble import attach_arm, attach_person
from rctspark.sample.covariates import attach_covariates
from rctspark.sources.settle import LINKING, keep_newest, keep_standing
from rctspark.trial.assignment import attach_arms
from rctspark.trial.monitoring import (
    count_agreement,
    count_categories,
    count_inflow,
    count_services,
)
from rctspark.trial.population import assemble_population

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from pyspark.sql import DataFrame

    from rctspark.config import Plan
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.run import Run


def monitor_trial(run: Run) -> None:
    """Find who is in the trial by then, count, write the page."""
    if run.as_known_on is None:
        raise ConfigError("Say the day with --as-known-on: 2013-02-15, for example.")
    registers = open_registers(run, (*NEEDED, CONTACTS), linking=LINKING)
    until = registers.known_until("benefit_spells", "contacts")
    state = find_state(run, registers, until=min(until, run.as_known_on))
    folder = run.settings.out / "monitoring" / run.plan.name / f"{run.as_known_on}"
    page = write_monitoring(folder, state, run.plan)
    run.store.discard(run.id)
    run.log.say(f"monitoring: what was known until {state.known_until}: {page}")


def find_state(run: Run, registers: Registers, *, until: date) -> TrialState:
    """Count everything that the page shows; a few rows of each are collected."""
    plan = run.plan.until(until)
    people = find_people(replace(run, plan=plan), registers)
    arms = attach_arms(people.enrolled, people.lists, assignment=plan.assignment)
    assignment = run.stage("assignment", arms)
    population = run.stage(
        POPULATION.name, assemble_population(people.enrolled, assignment, plan=plan)
    )
    covariates = [c for c in plan.covariates if c.categories and not c.panel]
    described = population.transform(attach_person, people.persons).transform(
        attach_covariates, covariates=covariates
    )
    contacts = keep_newest(registers.rows(CONTACTS), registers.deliveries, of=CONTACTS)
    lives = (
        population.transform(
            attach_spells,
            keep_standing(people.spells),
            benefits=plan.population.benefits,
        )
        .transform(attach_benefit_end, revival_days=plan.population.revival_days)
        .transform(attach_meetings, contacts)
    )
    names = [c.name for c in covariates]
    frames = [
        count_inflow(population, assignment, until=plan.follow_up_until),
        count_agreement(population, assignment, registers.rows(ASSIGNMENT_LISTS)),
        count_categories(attach_arm(described, assignment), covariates=names),
    ]
    if plan.monitoring.due:
        frames.append(count_services(attach_arm(lives, assignment), plan=plan))
    inflow, agreement, categories, *services = together(_collect, frames)
    balance, too_few = estimate_counted_balance(
        {(r["covariate"], r["category"], r["arm"]): r["persons"] for r in categories},
        characteristics={c.name: c.categories for c in covariates},
        arms=plan.arms.all,
        missing=plan.missing_categories,
    )
    return TrialState(
        as_known_on=registers.version.as_known_on,
        known_until=plan.follow_up_until,
        data_version=registers.version.name,
        is_synthetic=any(d.is_synthetic for d in registers.version.deliveries),
        inflow=tuple(Inflow(**row) for row in inflow),
        sample_ratio_p=find_ratio_p(inflow, plan),
        agreement=tuple(Agreement(**row) for row in agreement),
        balance=balance,
        too_few=too_few,
        services=tuple(Service(**row) for rows in services for row in rows),
    )


def find_ratio_p(inflow: Sequence[Mapping[str, Any]], plan: Plan) -> float | None:
    """Test that arms have the shares that the plan intends, where it intends any."""
    shares = plan.assignment.shares
    counts = dict.fromkeys(plan.arms.all, 0)
    for row in inflow:
        if row["arm"] in counts:
            counts[row["arm"]] += row["persons"]
    if not shares or min(counts.values()) < MINIMUM_PERSONS:
        return None
    return estimate_sample_ratio(counts, shares=shares).p_value


def _collect(frame: DataFrame) -> list[dict[str, Any]]:
    return [row.asDict() for row in frame.collect()]


if __name__ == "__main__":
    sys.exit(run_job(monitor_trial, doc=__doc__))
