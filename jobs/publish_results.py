"""Screen the results, write report and released tables, track the analysis.

Reads:   effects, funnel, assignment, person_outcome, population; deliveries
Writes:  out/report/<experiment>, out/released/<experiment>, the MLflow run
Run:     spark-submit jobs/publish_results.py --plan ww
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rctspark.contracts import (
    ASSIGNMENT,
    EFFECTS,
    FUNNEL,
    PERSON_OUTCOME,
    POPULATION,
    Effect,
)
from rctspark.contracts.operation import AnalysisRecord, TableVersion
from rctspark.estimators.sample_ratio import estimate_sample_ratio
from rctspark.release.design import ArmCount, FunnelStep
from rctspark.release.page import write_report
from rctspark.release.record import (
    DeliveryLine,
    ReportRecord,
    Unobserved,
    screen_record,
)
from rctspark.release.tables import (
    effects_table_text,
    released_tables,
    write_released,
)
from rctspark.runtime.job import code_version, run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.tracking import track_analysis, tracking_links
from rctspark.sample.outcomes import count_unobserved
from rctspark.trial.assignment import count_arms

if TYPE_CHECKING:
    from pathlib import Path

    from rctspark.runtime.job import Run
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.store import Release

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_OUTCOME, EFFECTS)


def publish_results(run: Run) -> None:
    """Everything that people read leaves through here, screened."""
    registers = open_registers(run, ())
    results = run.uses(run.store.pin(run.experiment, TABLES), TABLES)
    record = make_record(run, registers, results)
    release = screen_record(record)
    out, name = run.settings.out, run.plan.name
    page = write_report(out / "report" / name, record)
    tables = write_released(out / "released" / name, released_tables(release))
    run_id = track_analysis(
        run.settings.tracking_uri,
        plan=run.plan,
        effects=release.effects,
        record=tracked(run, record, results),
        artifacts=sorted((page.parent / "figures").glob("*.png")) + tables,
        thresholds=run.settings.thresholds,
    )
    links = tracking_links(run.settings.tracking_uri, run_id)
    run.log.say(f"report: {page}; {len(tables)} released tables")
    run.log.step(run.job, report=str(page), tracked=run_id)
    table = effects_table_text(
        release.effects, run.plan, is_synthetic=release.is_synthetic
    )
    show(run, page, table, links.run)


def make_record(run: Run, registers: Registers, results: Release) -> ReportRecord:
    """Gather what the report is made from, before screening."""
    read, plan = run.store.read, run.plan
    counted = count_arms(read(results, ASSIGNMENT)).collect()
    arms = [ArmCount(**row.asDict()) for row in counted]
    counts = dict.fromkeys(plan.arms.all, 0)
    for arm in arms:
        counts[arm.arm] += arm.persons
    shares = plan.assignment.shares
    ratio = estimate_sample_ratio(counts, shares=shares).p_value if shares else None
    unobserved = count_unobserved(read(results, PERSON_OUTCOME)).collect()
    deliveries = {d.delivery_id: d for d in registers.version.deliveries}
    known = registers.deliveries.select("delivery_id", "is_synthetic").collect()
    return ReportRecord(
        plan=plan,
        plan_hash=plan.hash,
        effects=tuple(
            Effect(**row.asDict()) for row in read(results, EFFECTS).collect()
        ),
        funnel=tuple(
            FunnelStep(**row.asDict())
            for row in sorted(read(results, FUNNEL).collect(), key=lambda r: r["step"])
        ),
        assignment=tuple(arms),
        sample_ratio_p=ratio,
        thresholds=run.settings.thresholds,
        data_version=results.data_version,
        deliveries=tuple(
            DeliveryLine(d.register, d.period, d.version, d.delivered_on)
            for d in registers.version.deliveries
        ),
        code_version=code_version(),
        run_id=results.run_id,
        is_synthetic=any(
            row["is_synthetic"] for row in known if row["delivery_id"] in deliveries
        ),
        unobserved=tuple(Unobserved(**row.asDict()) for row in unobserved),
        links={"Quality of the data": "../../quality/index.html"},
    )


def tracked(run: Run, record: ReportRecord, results: Release) -> AnalysisRecord:
    """Say what the tracked analysis rests on."""
    counts = dict.fromkeys(run.plan.arms.all, 0)
    for arm in record.assignment:
        counts[arm.arm] += arm.persons
    return AnalysisRecord(
        run_id=results.run_id,
        data_version=record.data_version,
        code_version=record.code_version,
        inputs=results.inputs,
        n_per_arm=counts,
        is_synthetic=record.is_synthetic,
        tables=tuple(
            TableVersion(name, f"{run.settings.lake}/{name}", version)
            for name, version in sorted(results.versions.items())
        ),
    )


def show(run: Run, page: Path, table: str, tracked_run: str) -> None:
    """Print where everything is, and the headline effects."""
    sys.stdout.write(f"\n{run.plan.title}\n{table}\n\nReport:  {page}\n")
    sys.stdout.write(
        f"Quality: {run.settings.out / 'quality' / 'index.html'}\n"
        f"Tables:  {run.settings.out / 'released' / run.plan.name}/\n"
        f"MLflow:  make ui, then {tracked_run}\n"
    )


if __name__ == "__main__":
    sys.exit(run_job(publish_results, doc=__doc__))
