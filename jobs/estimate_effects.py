"""Estimate the effects that the plan registers.

Reads:   population, assignment, person_month, person_outcome; persons; registrations
Writes:  effects; descriptives, where the plan declares tables; tests, where it declares
         effects by category or families of tests; coefficients, where it shows models
Run:     spark-submit jobs/estimate_effects.py --plan ww
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import asdict
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from described_persons import describe_persons, digests_of, read_amounts
from rctspark.config.plan import BoundsTable, FitTable, FunnelTable
from rctspark.contracts import (
    ASSIGNMENT,
    COEFFICIENTS,
    DESCRIPTIVES,
    EFFECTS,
    FUNNEL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
    POPULATION,
    STUDY_LISTS,
    TESTS,
)
from rctspark.contracts.registration import mark_of
from rctspark.contracts.sums import NEEDS_PERSONS
from rctspark.estimators.clusters import require_clusters
from rctspark.estimators.contrast import as_effects
from rctspark.estimators.descriptives import (
    describe_amounts,
    describe_funnel,
    describe_tables,
)
from rctspark.estimators.families.declared import FoundTest, adjust_families
from rctspark.estimators.families.declared_joint import judge_joint
from rctspark.estimators.families.stepped import step_down_family
from rctspark.estimators.full_models import estimate_full_models
from rctspark.estimators.models import estimate_models
from rctspark.estimators.observed import keep_observed
from rctspark.estimators.regression.sources import PersonSums
from rctspark.quality.gate import make_gate
from rctspark.release.coarsening import coarse_persons
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.registration import require_registration
from rctspark.runtime.together import together
from rctspark.sample.assemble import count_groups, make_samples
from rctspark.sample.collect import collect_samples
from rctspark.sample.columns import arms_of, tables_analyses, target_analyses
from rctspark.sample.table import count_samples, table_samples
from rctspark.sources.settle import (
    LINKING,
    keep_newest,
)
from rctspark.trial.study import count_studied_by_site
from reweighted_effects import estimate_reweighted_effects

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Model, Plan
    from rctspark.contracts import Descriptive, Effect, Table
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.contracts.sums import Analysed
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.run import Run

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_MONTH, PERSON_OUTCOME)


def estimate_effects(run: Run) -> None:
    """Make the sample of each analysis, estimate each model, publish."""
    registered = require_registration(run)
    registers = open_registers(run, (PERSONS,), linking=LINKING)
    version = registers.version.name
    panel = run.uses(
        run.store.pin(run.experiment, TABLES, data_version=version), TABLES
    )
    amounts = read_amounts(run)
    provenance = run.provenance(
        data_version=version, inputs=digests_of(amounts), registered=registered
    )
    if run.is_current(run.experiment, provenance):
        run.log.say("effects: nothing has changed since the last release")
        return
    gate = make_gate(run.root / "expectations")
    described = describe_persons(run, registers, panel, amounts)
    plan = run.plan
    own = plan.analyses + tables_analyses(plan)
    analyses = own + target_analyses(plan)
    samples = make_samples(
        plan,
        population=described.population,
        assignment=run.store.read(panel, ASSIGNMENT),
        persons=described.persons,
        panel=described.panel,
        outcomes=run.store.read(panel, PERSON_OUTCOME),
        analyses=analyses,
    )
    n = count_samples(described.population, analyses=analyses)
    with find_analysed(run, samples, analyses, n=n) as everyone:
        people = everyone[: len(own)]
        weighted, weights = estimate_reweighted_effects(
            run, people, everyone[len(people) :], data_version=version
        )
        made = estimate_tables(
            run,
            people,
            weighted,
            version=version,
            registered=provenance.registered_hash,
        )
        if plan.tables:
            counts = describe(plan, people, data_version=version)
            say_tables_without_persons(run, people[-1])
            counts += describe_sites(plan, registers, described.population)
            made.append((DESCRIPTIVES, [asdict(c) for c in (*counts, *weights)]))
    candidates = run.candidates(
        *((table, run.store.rows(table, rows)) for table, rows in made)
    )
    run.publish(run.experiment, candidates, provenance=provenance, gate=gate)


@contextmanager
def find_analysed(
    run: Run, samples: DataFrame, analyses: Sequence[Analysis], *, n: int
) -> Iterator[Sequence[Analysed]]:
    """Bring persons to the driver; where they are too many, leave them in Spark.

    Spark then keeps them at hand as long as the block runs.

    Args:
        run: The run.
        samples: What `make_samples` returns.
        analyses: The analyses that they were made for.
        n: Their rows.

    Yields:
        Whom each analysis speaks of.
    """
    largest = run.settings.largest_sample_rows
    if n > largest:
        persons = coarse_persons(n, run.settings.thresholds)
        run.log.say(
            f"{persons} persons, above largest_sample_rows ({largest:,}): they stay in "
            "Spark and sums over them are estimated from"
        )
        kept = samples.persist()
        try:
            yield table_samples(kept, run.plan, analyses=analyses)
        finally:
            kept.unpersist()
        return
    collected = collect_samples(
        samples, run.plan, analyses=analyses, largest_sample_rows=largest
    )
    yield [
        PersonSums(sample, arms_of(run.plan, analysis))
        for sample, analysis in zip(collected, analyses, strict=True)
    ]


def estimate_tables(
    run: Run,
    people: Sequence[Analysed],
    weighted: Sequence[Effect],
    *,
    version: str,
    registered: str | None,
) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Estimate what the plan registers.

    Args:
        run: The run.
        people: Whom each of the plan's analyses speaks of, in order.
        weighted: Effects on persons weighted to the target.
        version: Named set of deliveries.
        registered: Hash of the plan that was registered last; None: none was.

    Returns:
        EFFECTS and, where the plan has them, TESTS and COEFFICIENTS, as rows.
    """
    plan = run.plan
    effects, tests = estimate_analyses(run, people, data_version=version)
    persons = persons_of(run, people)
    mark = mark_of(plan.hash, registered)
    every = (*effects, *weighted)
    made = [(EFFECTS, [asdict(e) | {"registration": mark} for e in every])]
    if plan.has_tests:
        judged = adjust_families(
            plan,
            effects,
            tests,
            data_version=version,
            stepped=step_down_families(run, people),
        )
        judged += judge_joint(plan, persons, data_version=version)
        made.append((TESTS, [asdict(test) for test in judged]))
    if plan.has_coefficients:
        terms = estimate_full_models(
            plan, persons, thresholds=run.settings.thresholds, data_version=version
        )
        made.append((COEFFICIENTS, [asdict(term) for term in terms]))
    return made


def persons_of(run: Run, people: Sequence[Analysed]) -> dict[str, AnalysisSample]:
    """Find the populations whose persons are on the driver.

    Models in full and joint tests need persons: where there are only sums, a
    population is left out, and that is said.
    """
    plan = run.plan
    named = list(zip((a.population for a in plan.analyses), people, strict=False))
    found = {name: one.persons for name, one in named if one.persons is not None}
    if len(found) < len(named) and (plan.has_coefficients or plan.has_joint_tests):
        run.log.say(f"models in full and joint tests: {NEEDS_PERSONS}")
    return found


def describe_sites(
    plan: Plan, registers: Registers, population: DataFrame
) -> list[Descriptive]:
    """Count the steps of the funnel by site, where a table shows them."""
    if not any(isinstance(table, FunnelTable) for table in plan.tables):
        return []
    studied = keep_newest(
        registers.rows(STUDY_LISTS), registers.deliveries, of=STUDY_LISTS
    )
    by_site = count_studied_by_site(studied, plan=plan.population)
    steps, sizes = together(
        lambda frame: [row.asDict() for row in frame.collect()],
        [by_site, count_groups(population)],
    )
    return describe_funnel(steps, sizes, plan, data_version=registers.version.name)


def estimate_analyses(
    run: Run, people: Sequence[Analysed], *, data_version: str
) -> tuple[list[Effect], list[FoundTest]]:
    """Estimate every analysis of the plan on what was observed of it."""
    effects: list[Effect] = []
    tests: list[FoundTest] = []
    for analysis, source in zip(run.plan.analyses, people, strict=False):
        persons = coarse_persons(source.n, run.settings.thresholds)
        run.log.say(f"analysis {analysis.population}: {persons} persons")
        observed, unknown = keep_observed(source)
        for outcome, horizon in unknown:
            run.log.say(f"{outcome} at horizon {horizon} is not observed for anyone")
        found = estimate_analysis(run, observed, analysis, data_version=data_version)
        effects += found[0]
        tests += found[1]
    return effects, tests


def step_down_families(
    run: Run, people: Sequence[Analysed]
) -> dict[str, Mapping[tuple[str, int, str], float]]:
    """Draw the step-down p-values of the families that ask for them.

    Draws need persons: where there are only sums, a family has none, and that is said.
    """
    plan = run.plan
    analyses = {
        a.population: (a, s) for a, s in zip(plan.analyses, people, strict=False)
    }
    models = {m.name: m for m in plan.models}
    found = {}
    for family in plan.families:
        if family.seed is None or family.tests != "effects":
            continue
        analysis, source = analyses[family.populations[0]]
        persons = keep_observed(source)[0].persons
        if persons is None:
            run.log.say(f"family {family.name}, step-down p-values: {NEEDS_PERSONS}")
            continue
        found[family.name] = step_down_family(
            persons,
            family=family,
            arms=analysis.arms or plan.arms.all,
            model=models[family.models[0]],
            inference=plan.inference,
        )
    return found


def describe(
    plan: Plan, people: Sequence[Analysed], *, data_version: str
) -> list[Descriptive]:
    """Count what the plan's tables show besides effects.

    Args:
        plan: The analysis plan.
        people: Whom each of its analyses speaks of, and last whom its tables do.
        data_version: Named set of deliveries.

    Returns:
        Counts and tests.
    """
    counts: list[Descriptive] = []
    for analysis, source in zip(plan.analyses, people[:-1], strict=True):
        by = dict.fromkeys(m.by for m in models_of(plan, analysis) if m.by)
        counts += describe_amounts(
            source,
            plan,
            population=analysis.population,
            data_version=data_version,
            by=tuple(by),
        )
    everyone = plan.analyses[0].population
    tables = describe_tables(
        people[-1], plan, population=everyone, data_version=data_version
    )
    # A table that shows an amount has the row that disclosure asks for, and its test.
    key = attrgetter(*DESCRIPTIVES.key)
    return list({key(count): count for count in (*counts, *tables)}.values())


def say_tables_without_persons(run: Run, described: Analysed) -> None:
    """Say which tables have no rows because they need persons one by one."""
    if described.persons is None:
        for table in run.plan.tables:
            if isinstance(table, FitTable | BoundsTable):
                run.log.say(f"table {table.name}: {NEEDS_PERSONS}")


def models_of(plan: Plan, analysis: Analysis) -> list[Model]:
    """Return the models of an analysis: those it names, or all of the plan's."""
    return [m for m in plan.models if not analysis.models or m.name in analysis.models]


def estimate_analysis(
    run: Run, source: Analysed, analysis: Analysis, *, data_version: str
) -> tuple[list[Effect], list[FoundTest]]:
    """Estimate every model of one analysis.

    Args:
        run: The run.
        source: Whom it speaks of.
        analysis: The analysis.
        data_version: Named set of deliveries.

    Returns:
        The effects, and the tests that effects by category are the same.
    """
    plan = run.plan
    if plan.inference.cluster:
        require_clusters(
            source,
            cluster=plan.inference.cluster,
            arms=analysis.arms or plan.arms.all,
            is_drawn=plan.assignment.drawn_by is not None,
        )
    found = estimate_models(
        source,
        models=models_of(plan, analysis),
        inference=plan.inference,
        thresholds=run.settings.thresholds,
        categories=plan.categories,
    )
    effects = as_effects(
        (contrast for one in found for contrast in one.contrasts),
        plan,
        population=analysis.population,
        data_version=data_version,
    )
    tests = [FoundTest(analysis.population, t) for one in found for t in one.tests]
    return list(effects), tests


if __name__ == "__main__":
    sys.exit(run_job(estimate_effects, doc=__doc__))
