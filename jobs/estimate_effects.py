"""Estimate the effects that the plan registers.

Reads:   population, assignment, person_month, person_outcome; persons
Writes:  effects; descriptives, where the plan declares tables
Run:     spark-submit jobs/estimate_effects.py --plan ww
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING

from rctspark.contracts import (
    ASSIGNMENT,
    DESCRIPTIVES,
    EFFECTS,
    FUNNEL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
    POPULATION,
)
from rctspark.estimators.contrast import as_effects
from rctspark.estimators.descriptives import describe_amounts, describe_tables
from rctspark.estimators.models import estimate_model
from rctspark.panel.assemble import expand_panel
from rctspark.panel.span import span_of
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.sample.assemble import make_samples
from rctspark.sample.collect import collect_samples
from rctspark.sample.columns import tables_analyses
from rctspark.sources.settle import LINKING, keep_newest_persons

if TYPE_CHECKING:
    from rctspark.config.plan import Analysis
    from rctspark.contracts import Descriptive, Effect
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.runtime.job import Run

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_MONTH, PERSON_OUTCOME)


def estimate_effects(run: Run) -> None:
    """Make the sample of each analysis, estimate each model, publish."""
    registers = open_registers(run, (PERSONS,), linking=LINKING)
    panel = run.uses(run.store.pin(run.experiment, TABLES), TABLES)
    provenance = run.provenance(data_version=registers.version.name, inputs=())
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
    )
    analyses = run.plan.analyses + tables_analyses(run.plan)
    samples = collect_samples(
        make_samples(
            run.plan,
            population=population,
            assignment=read(panel, ASSIGNMENT),
            persons=persons,
            panel=dense,
            outcomes=read(panel, PERSON_OUTCOME),
            analyses=analyses,
        ),
        run.plan,
        analyses=analyses,
        largest_sample_rows=run.settings.largest_sample_rows,
    )
    version = registers.version.name
    effects: list[Effect] = []
    described: list[Descriptive] = []
    for analysis, sample in zip(run.plan.analyses, samples, strict=False):
        run.log.say(f"analysis {analysis.population}: {sample.n:,} persons")
        effects += estimate_analysis(run, sample, analysis, data_version=version)
        described += describe_amounts(
            sample, run.plan, population=analysis.population, data_version=version
        )
    for analysis, sample in zip(
        analyses[len(run.plan.analyses) :],
        samples[len(run.plan.analyses) :],
        strict=True,
    ):
        described += describe_tables(
            sample, run.plan, population=analysis.population, data_version=version
        )
    made = [(EFFECTS, run.store.rows(EFFECTS, [asdict(e) for e in effects]))]
    if run.plan.tables:
        rows = [asdict(d) for d in described]
        made.append((DESCRIPTIVES, run.store.rows(DESCRIPTIVES, rows)))
    run.publish(run.experiment, run.candidates(*made), provenance=provenance, gate=gate)


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
            arms=analysis.arms or plan.arms.all,
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
