"""Estimate the effects that the plan registers.

Reads:   population, assignment, person_month, person_outcome; persons; registrations
Writes:  effects; descriptives, where the plan declares tables; tests, where it declares
         effects by category or families of tests; coefficients, where it shows models
Run:     spark-submit jobs/estimate_effects.py --plan ww
"""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

from rctspark.config.plan import FunnelTable
from rctspark.config.reference import read_reference
from rctspark.contracts import (
    ANSWERS,
    ASSIGNMENT,
    COEFFICIENTS,
    DESCRIPTIVES,
    EFFECTS,
    FUNNEL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
    POPULATION,
    STATUSES,
    STUDY_LISTS,
    TESTS,
)
from rctspark.contracts.registration import mark_of
from rctspark.estimators.categories import keep_category, keep_found_categories
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
from rctspark.estimators.models import estimate_model
from rctspark.estimators.observed import keep_observed
from rctspark.panel.assemble import expand_panel
from rctspark.panel.reference import attach_reference
from rctspark.panel.span import span_of
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.registration import require_registration
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
    from collections.abc import Mapping, Sequence

    from pyspark.sql import DataFrame

    from rctspark.config.plan import Analysis, Model, Plan
    from rctspark.config.reference import ReferenceAmounts
    from rctspark.contracts import Descriptive, Effect, Table
    from rctspark.contracts.sample import AnalysisSample
    from rctspark.runtime.job import Run
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.store import Release

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_MONTH, PERSON_OUTCOME)


@dataclass(frozen=True, slots=True)
class Described:
    """Population, persons and dense panel, with all that a plan may name of them."""

    population: DataFrame
    persons: DataFrame
    panel: DataFrame


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
    analyses = plan.analyses + tables_analyses(plan)
    samples = collect_samples(
        make_samples(
            plan,
            population=described.population,
            assignment=run.store.read(panel, ASSIGNMENT),
            persons=described.persons,
            panel=described.panel,
            outcomes=run.store.read(panel, PERSON_OUTCOME),
            analyses=analyses,
        ),
        plan,
        analyses=analyses,
        largest_sample_rows=run.settings.largest_sample_rows,
    )
    made = estimate_tables(
        run, samples, version=version, registered=provenance.registered_hash
    )
    if plan.tables:
        counts = describe(plan, samples, data_version=version)
        counts += describe_sites(plan, registers, described.population)
        made.append((DESCRIPTIVES, [asdict(count) for count in counts]))
    candidates = run.candidates(
        *((table, run.store.rows(table, rows)) for table, rows in made)
    )
    run.publish(run.experiment, candidates, provenance=provenance, gate=gate)


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
    persons = keep_newest_persons(registers.rows(PERSONS), registers.deliveries)
    dense = expand_panel(
        population,
        read(made, PERSON_MONTH),
        span=span_of(run.plan),
        coverage=registers.coverage,
    ).transform(attach_reference, amounts=amounts)
    if registers.version.of(STUDY_LISTS.name):
        dense, persons = with_study(run, registers, dense, persons, population)
    return Described(population, persons, dense)


def estimate_tables(
    run: Run, samples: Sequence[AnalysisSample], *, version: str, registered: str | None
) -> list[tuple[Table, list[dict[str, Any]]]]:
    """Estimate what the plan registers.

    Args:
        run: The run.
        samples: Those of the plan's analyses, in order.
        version: Named set of deliveries.
        registered: Hash of the plan that was registered last; None: none was.

    Returns:
        EFFECTS and, where the plan has them, TESTS and COEFFICIENTS, as rows.
    """
    plan = run.plan
    named = zip(plan.analyses, samples, strict=False)
    by_name = {analysis.population: sample for analysis, sample in named}
    effects, tests = estimate_analyses(run, samples, data_version=version)
    mark = mark_of(plan.hash, registered)
    made = [(EFFECTS, [asdict(e) | {"registration": mark} for e in effects])]
    if plan.has_tests:
        judged = adjust_families(
            plan,
            effects,
            tests,
            data_version=version,
            stepped=step_down_families(plan, samples),
        )
        judged += judge_joint(plan, by_name, data_version=version)
        made.append((TESTS, [asdict(test) for test in judged]))
    if plan.has_coefficients:
        terms = estimate_full_models(
            plan, by_name, thresholds=run.settings.thresholds, data_version=version
        )
        made.append((COEFFICIENTS, [asdict(term) for term in terms]))
    return made


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


def estimate_analyses(
    run: Run, samples: Sequence[AnalysisSample], *, data_version: str
) -> tuple[list[Effect], list[FoundTest]]:
    """Estimate every analysis of the plan on what was observed of it."""
    effects: list[Effect] = []
    tests: list[FoundTest] = []
    for analysis, sample in zip(run.plan.analyses, samples, strict=False):
        run.log.say(f"analysis {analysis.population}: {sample.n:,} persons")
        observed, unknown = keep_observed(sample)
        for outcome, horizon in unknown:
            run.log.say(f"{outcome} at horizon {horizon} is not observed for anyone")
        found = estimate_analysis(run, observed, analysis, data_version=data_version)
        effects += found[0]
        tests += found[1]
    return effects, tests


def step_down_families(
    plan: Plan, samples: Sequence[AnalysisSample]
) -> dict[str, Mapping[tuple[str, int, str], float]]:
    """Draw the step-down p-values of the families that ask for them."""
    analyses = {
        a.population: (a, s) for a, s in zip(plan.analyses, samples, strict=False)
    }
    models = {m.name: m for m in plan.models}
    found = {}
    for family in plan.families:
        if family.seed is None or family.tests != "effects":
            continue
        analysis, sample = analyses[family.populations[0]]
        found[family.name] = step_down_family(
            keep_observed(sample)[0],
            family=family,
            arms=analysis.arms or plan.arms.all,
            model=models[family.models[0]],
            inference=plan.inference,
        )
    return found


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
        for population, part in parts_of(plan, analysis, sample):
            counts += describe_amounts(
                part, plan, population=population, data_version=data_version
            )
    everyone = plan.analyses[0].population
    tables = describe_tables(
        samples[-1], plan, population=everyone, data_version=data_version
    )
    return counts + list(tables)


def parts_of(
    plan: Plan, analysis: Analysis, sample: AnalysisSample
) -> list[tuple[str, AnalysisSample]]:
    """Take a sample whole, and by the categories that models have effects by.

    Args:
        plan: The analysis plan.
        analysis: One of its analyses.
        sample: Its sample.

    Returns:
        Population as in EFFECTS, and its persons.
    """
    parts = [(analysis.population, sample)]
    categories = plan.categories
    for by in dict.fromkeys(m.by for m in models_of(plan, analysis) if m.by):
        kept, _, found = keep_found_categories(
            sample, covariate=by, categories=categories[by]
        )
        parts += [
            (
                f"{analysis.population}:{by}={category}",
                keep_category(kept, covariate=by, category=category, categories=found),
            )
            for category in found
        ]
    return parts


def models_of(plan: Plan, analysis: Analysis) -> list[Model]:
    """Return the models of an analysis: those it names, or all of the plan's."""
    return [m for m in plan.models if not analysis.models or m.name in analysis.models]


def estimate_analysis(
    run: Run, sample: AnalysisSample, analysis: Analysis, *, data_version: str
) -> tuple[list[Effect], list[FoundTest]]:
    """Estimate every model of one analysis.

    Args:
        run: The run.
        sample: Its sample.
        analysis: The analysis.
        data_version: Named set of deliveries.

    Returns:
        The effects, and the tests that effects by category are the same.
    """
    plan = run.plan
    if plan.inference.cluster:
        require_clusters(
            sample,
            cluster=plan.inference.cluster,
            arms=analysis.arms or plan.arms.all,
            is_drawn=plan.assignment.drawn_by is not None,
        )
    effects: list[Effect] = []
    tests: list[FoundTest] = []
    for model in models_of(plan, analysis):
        found = estimate_model(
            sample,
            arms=arms_of(plan, analysis),
            model=model,
            inference=plan.inference,
            thresholds=run.settings.thresholds,
            categories=plan.categories,
        )
        effects += as_effects(
            found.contrasts,
            plan,
            population=analysis.population,
            data_version=data_version,
        )
        tests += [FoundTest(analysis.population, test) for test in found.tests]
    return effects, tests


if __name__ == "__main__":
    sys.exit(run_job(estimate_effects, doc=__doc__))
