"""Estimate the effects that the plan registers.

Reads:   population, assignment, person_month, person_outcome; persons
Writes:  effects; descriptives, where the plan declares tables
Run:     spark-submit jobs/estimate_effects.py --plan ww
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING

from rctspark.config.plan import FunnelTable
from rctspark.config.reference import read_reference
from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT,
    DESCRIPTIVES,
    EFFECTS,
    FUNNEL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
    POPULATION,
    STATUSES,
    STUDY_LISTS,
)
from rctspark.estimators.contrast import as_effects
from rctspark.estimators.descriptives import (
    describe_amounts,
    describe_funnel,
    describe_tables,
)
from rctspark.estimators.models import estimate_model
from rctspark.panel.assemble import expand_panel
from rctspark.panel.reference import attach_reference
from rctspark.panel.span import span_of
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.together import together
from rctspark.sample.assemble import count_groups, make_samples
from rctspark.sample.collect import collect_samples
from rctspark.sample.columns import arms_of, tables_analyses
from rctspark.sample.statuses import attach_statuses
from rctspark.sample.study import attach_baseline, attach_study
from rctspark.sources.settle import (
    LINKING,
    keep_newest_persons,
    keep_newest_studied,
)
from rctspark.trial.study import count_studied_by_site

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Plan
    from rctspark.config.reference import ReferenceAmounts
    from rctspark.contracts import Descriptive, Effect
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.runtime.job import Run
    from rctspark.runtime.registers import Registers

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_MONTH, PERSON_OUTCOME)


def estimate_effects(run: Run) -> None:
    """Make the sample of each analysis, estimate each model, publish."""
    registers = open_registers(run, (PERSONS,), linking=LINKING)
    panel = run.uses(run.store.pin(run.experiment, TABLES), TABLES)
    amounts = read_amounts(run)
    provenance = run.provenance(
        data_version=registers.version.name,
        inputs=[f"{one.name}={one.digest()}" for one in amounts],
    )
    if run.is_current(run.experiment, provenance):
        run.log.say("effects: nothing has changed since the last release")
        return
    gate = make_gate(run.root / "expectations")
    read = run.store.read
    population = read(panel, POPULATION)
    persons = keep_newest_persons(registers.rows(PERSONS), registers.deliveries)
    dense = expand_panel(
        population,
        read(panel, PERSON_MONTH),
        span=span_of(run.plan),
        coverage=registers.coverage,
    ).transform(attach_reference, amounts=amounts)
    if registers.version.of(STUDY_LISTS.name):
        dense, persons = with_study(run, registers, dense, persons, population)
    plan, version = run.plan, registers.version.name
    analyses = plan.analyses + tables_analyses(plan)
    samples = collect_samples(
        make_samples(
            plan,
            population=population,
            assignment=read(panel, ASSIGNMENT),
            persons=persons,
            panel=dense,
            outcomes=read(panel, PERSON_OUTCOME),
            analyses=analyses,
        ),
        plan,
        analyses=analyses,
        largest_sample_rows=run.settings.largest_sample_rows,
    )
    effects: list[Effect] = []
    for analysis, sample in zip(plan.analyses, samples, strict=False):
        run.log.say(f"analysis {analysis.population}: {sample.n:,} persons")
        effects += estimate_analysis(run, sample, analysis, data_version=version)
    made = [(EFFECTS, run.store.rows(EFFECTS, [asdict(e) for e in effects]))]
    if plan.tables:
        counts = describe(plan, samples, data_version=version)
        counts += describe_sites(plan, registers, population)
        rows = [asdict(count) for count in counts]
        made.append((DESCRIPTIVES, run.store.rows(DESCRIPTIVES, rows)))
    run.publish(run.experiment, run.candidates(*made), provenance=provenance, gate=gate)


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


def with_study(
    run: Run,
    registers: Registers,
    panel: DataFrame,
    persons: DataFrame,
    population: DataFrame,
) -> tuple[DataFrame, DataFrame]:
    """Add what study administration and questionnaires say to panel and persons."""
    studied = keep_newest_studied(registers.rows(STUDY_LISTS), registers.deliveries)
    statuses, answers = registers.rows(STATUSES), registers.rows(ANSWERS)
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


def describe_sites(
    plan: Plan, registers: Registers, population: DataFrame
) -> list[Descriptive]:
    """Count the steps of the funnel by site, where a table shows them."""
    if not any(isinstance(table, FunnelTable) for table in plan.tables):
        return []
    studied = keep_newest_studied(registers.rows(STUDY_LISTS), registers.deliveries)
    by_site = count_studied_by_site(studied, plan=plan.population)
    steps, sizes = together(
        lambda frame: [row.asDict() for row in frame.collect()],
        [by_site, count_groups(population)],
    )
    return describe_funnel(steps, sizes, plan, data_version=registers.version.name)


def describe(
    plan: Plan, samples: Sequence[AnalysisSample], *, data_version: str
) -> list[Descriptive]:
    """Count what the plan's tables show besides effects.

    Args:
        plan: The analysis plan.
        samples: Those of its analyses, and last that of its tables.
        data_version: Named set of deliveries.

    Returns:
        Counts and tests.
    """
    counts: list[Descriptive] = []
    for analysis, sample in zip(plan.analyses, samples[:-1], strict=True):
        counts += describe_amounts(
            sample, plan, population=analysis.population, data_version=data_version
        )
    everyone = plan.analyses[0].population
    tables = describe_tables(
        samples[-1], plan, population=everyone, data_version=data_version
    )
    return counts + list(tables)


def estimate_analysis(
    run: Run, sample: AnalysisSample, analysis: Analysis, *, data_version: str
) -> list[Effect]:
    """Estimate every model of one analysis.

    Args:
        run: The run.
        sample: Its sample.
        analysis: The analysis.
        data_version: Named set of deliveries.

    Returns:
        The effects.
    """
    plan = run.plan
    effects: list[Effect] = []
    for model in plan.models:
        if analysis.models and model.name not in analysis.models:
            continue
        contrasts = estimate_model(
            sample,
            arms=arms_of(plan, analysis),
            model=model,
            inference=plan.inference,
            thresholds=run.settings.thresholds,
            references={
                c.name: c.categories[0] for c in plan.covariates if c.categories
            },
        )
        effects += as_effects(
            contrasts, plan, population=analysis.population, data_version=data_version
        )
    return effects


if __name__ == "__main__":
    sys.exit(run_job(estimate_effects, doc=__doc__))
