"""Screen the results, write report and released tables, track the analysis.

Reads:   effects, tests, coefficients, descriptives, durations, funnel, assignment,
         person_outcome, population; deliveries; registrations
Writes:  out/report/<experiment>, out/released/<experiment>, the MLflow run
Run:     spark-submit jobs/publish_results.py --plan ww
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rctspark.contracts import (
    ASSIGNMENT,
    COEFFICIENTS,
    DESCRIPTIVES,
    DURATION_CURVES,
    DURATION_ESTIMATES,
    EFFECTS,
    FUNNEL,
    PERSON_OUTCOME,
    POPULATION,
    TESTS,
)
from rctspark.contracts.operation import TrackedResults
from rctspark.contracts.registration import Standing, worst_standing
from rctspark.estimators.randomised.planned_power import estimate_planned_power
from rctspark.estimators.randomised.sample_ratio import (
    estimate_sample_ratio,
    estimate_sample_ratio_by_site,
)
from rctspark.release.found import Found, make_record
from rctspark.release.page import write_report
from rctspark.release.publication.twin import (
    TITLES,
    compare_twin,
    findings_file,
)
from rctspark.release.publication.weights import weight_numbers
from rctspark.release.record_screening import screen_record
from rctspark.release.registration import standing_words
from rctspark.release.tables import (
    effects_table_text,
    released_tables,
    write_released,
)
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.registration import standing_of
from rctspark.runtime.releases import code_version
from rctspark.runtime.together import together
from rctspark.runtime.tracking import track_analysis
from rctspark.runtime.tracking_place import tracking_links
from rctspark.sample.outcomes import count_unobserved
from rctspark.sources.settle import LINKING
from rctspark.trial.assignment import count_arms

if TYPE_CHECKING:
    from rctspark.config import Plan
    from rctspark.release.record import ReportRecord
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.releases import Release
    from rctspark.runtime.run import Run

DURATIONS = (DURATION_CURVES, DURATION_ESTIMATES)
TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_OUTCOME, EFFECTS)


def publish_results(run: Run) -> None:
    """Everything that people read leaves through here, screened."""
    registers = open_registers(run, (), linking=LINKING)
    tables = (*TABLES, DESCRIPTIVES) if run.plan.tables else TABLES
    tables = (*tables, TESTS) if run.plan.has_tests else tables
    tables = (*tables, COEFFICIENTS) if run.plan.has_coefficients else tables
    version = registers.version.name
    results = run.uses(
        run.store.pin(run.experiment, tables, data_version=version), tables
    )
    record, compared = compare_twin(
        record_results(run, registers, results),
        run.root / "conf" / "published" / run.plan.name,
    )
    release = screen_record(record)
    extra = compared | findings_file(release)
    out, name = run.settings.out, run.plan.name
    page = write_report(out / "report" / name, record)
    written = write_released(
        out / "released" / name,
        released_tables(release, beside={file: TITLES[file] for file in extra}),
        extra=extra,
    )
    tracked = track_analysis(
        run.settings.tracking_uri,
        plan=run.plan,
        results=TrackedResults(
            effects=release.effects,
            durations={d.name: d.estimates for d in release.durations},
            n_withheld=release.n_withheld,
        ),
        record=run.analysed(
            results,
            release.n_per_arm,
            is_synthetic=record.is_synthetic,
            registration=record.standing.mark,
            not_estimated=release.not_estimated,
            weights=weight_numbers(release.tables),
        ),
        artifacts=sorted((page.parent / "figures").glob("*.png"))
        + [path for path in written if path.name not in extra],
        thresholds=run.settings.thresholds,
    )
    run.log.say(f"report: {page}; {len(written)} released tables")
    run.log.step(run.job, report=str(page), tracked=tracked)
    table = effects_table_text(
        release.effects, run.plan, is_synthetic=release.is_synthetic
    )
    links = tracking_links(run.settings.tracking_uri, tracked)
    sys.stdout.write(
        f"\n{run.plan.title}\n{table}\n\n"
        f"Plan:    {standing_words(record.standing)}\n"
        f"Report:  {page}\n"
        f"Quality: {out / 'quality' / 'index.html'}\n"
        f"Tables:  {out / 'released' / name}/\n"
        f"MLflow:  make ui, then {links.run}\n"
    )


def record_results(run: Run, registers: Registers, results: Release) -> ReportRecord:
    """Collect and put together what a report is made from, unscreened.

    Args:
        run: The run.
        registers: The registers at the results' data version.
        results: Release that the results are read from.

    Returns:
        The record.
    """
    found = find_results(run, registers, results)
    return make_record(
        found,
        run.plan,
        run.settings,
        sample_ratio_p=find_ratio_p(found, run.plan),
        data_version=results.data_version,
        run_id=results.run_id,
        code_version=code_version(),
        standing=find_standing(run, results),
        power=estimate_planned_power(run.plan),
    )


def find_ratio_p(found: Found, plan: Plan) -> float | None:
    """Test the arms' sizes against the shares that the plan, or its draw, intends."""
    shares = plan.assignment.shares
    if shares:
        counts = dict.fromkeys(plan.arms.all, 0) | found.n_per_arm
        return estimate_sample_ratio(counts, shares=shares).p_value
    if plan.draw is None:
        return None
    drawn, counted = plan.draw.shares, found.n_per_site(plan.draw.sites)
    if set(counted) != set(drawn):
        return None
    by_site = {
        site: dict.fromkeys(arms, 0) | {a: n for a, n in counted[site].items() if n}
        for site, arms in drawn.items()
    }
    return estimate_sample_ratio_by_site(by_site, shares=drawn)


def find_standing(run: Run, results: Release) -> Standing:
    """Say how the plan stood when effects and durations were estimated."""
    behind = [results]
    if run.plan.durations:
        version = results.data_version
        behind.append(run.store.pin(run.experiment, DURATIONS, data_version=version))
    return worst_standing([standing_of(run, one.registered_hash) for one in behind])


def find_results(run: Run, registers: Registers, results: Release) -> Found:
    """Collect what the report is made from: a few rows of each table."""
    ids = [d.delivery_id for d in registers.version.deliveries]
    frames = {
        "effects": run.store.read(results, EFFECTS),
        "funnel": run.store.read(results, FUNNEL),
        "arms": count_arms(run.store.read(results, ASSIGNMENT)),
        "unobserved": count_unobserved(run.store.read(results, PERSON_OUTCOME)),
        "deliveries": registers.deliveries.filter(
            registers.deliveries["delivery_id"].isin(*ids)
        ),
    }
    if run.plan.tables:
        frames["descriptives"] = run.store.read(results, DESCRIPTIVES)
    if run.plan.has_tests:
        frames["tests"] = run.store.read(results, TESTS)
    if run.plan.has_coefficients:
        frames["coefficients"] = run.store.read(results, COEFFICIENTS)
    if run.plan.durations:
        version = results.data_version
        made = run.uses(
            run.store.pin(run.experiment, DURATIONS, data_version=version), DURATIONS
        )
        frames |= {table.name: run.store.read(made, table) for table in DURATIONS}
    rows = together(lambda frame: frame.collect(), list(frames.values()))
    asked = zip(frames, rows, strict=True)
    return Found(**{name: [row.asDict() for row in found] for name, found in asked})


if __name__ == "__main__":
    sys.exit(run_job(publish_results, doc=__doc__))
