"""Compare a plan's results on two data versions, figure by figure.

Reads:   what the plan's jobs made on both versions; makes it where it is not there
Writes:  out/comparison/<experiment>/<from>--<to>/: index.html, tables/*.csv
Run:     spark-submit jobs/compare_versions.py --plan ww --compare 2013-12-31 2014-03-31
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from typing import TYPE_CHECKING

from build_panel import build_panel
from build_population import build_population
from described_persons import describe_persons, read_amounts
from estimate_durations import estimate_durations
from estimate_effects import estimate_effects
from publish_results import DURATIONS, TABLES, record_results
from rctspark.contracts import (
    ASSIGNMENT,
    DESCRIPTIVES,
    PERSON_MONTH,
    PERSON_OUTCOME,
    PERSONS,
)
from rctspark.contracts.comparison import Move, OutcomeChange, ValueChange
from rctspark.errors import ConfigError
from rctspark.release.comparison import write_comparison
from rctspark.release.record_screening import screen_record
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.together import together
from rctspark.sample.changes import (
    count_changed_persons,
    count_moves,
    measured_values,
    sum_changes,
)
from rctspark.sources.settle import LINKING

if TYPE_CHECKING:
    from pyspark.sql import DataFrame

    from rctspark.runtime.registers import Registers
    from rctspark.runtime.releases import Release
    from rctspark.runtime.run import Run

JOBS = (build_population, build_panel, estimate_effects, estimate_durations)


@dataclass(frozen=True, slots=True)
class Results:
    """What the plan's jobs made on one data version."""

    run: Run
    registers: Registers
    release: Release

    @property
    def assignment(self) -> DataFrame:
        """ASSIGNMENT."""
        return self.run.store.read(self.release, ASSIGNMENT)

    @property
    def values(self) -> DataFrame:
        """Every value of the plan's outcomes."""
        described = describe_persons(
            self.run, self.registers, self.release, read_amounts(self.run)
        )
        return measured_values(
            self.run.plan,
            population=described.population,
            panel=described.panel,
            outcomes=self.run.store.read(self.release, PERSON_OUTCOME),
        )


def compare_versions(run: Run) -> None:
    """Find or make the results on both versions, compare, write the page."""
    if run.compared is None:
        raise ConfigError("Say two data versions with --compare, by name or by day.")
    before, after = (results_on(run, version) for version in run.compared)
    arms = {"arms_before": before.assignment, "arms_after": after.assignment}
    values = (before.values, after.values)
    frames = [
        sum_changes(*values, **arms),
        count_changed_persons(*values, **arms),
        count_moves(before.assignment, after.assignment),
    ]
    changes, overall, moves = together(
        lambda frame: [row.asDict() for row in frame.collect()], frames
    )
    screened = [
        screen_record(record_results(one.run, one.registers, one.release))
        for one in (before, after)
    ]
    name = "--".join(one.data_version for one in screened)
    page = write_comparison(
        run.settings.out / "comparison" / run.plan.name / name,
        *screened,
        changes=[ValueChange(**row) for row in changes],
        overall=[OutcomeChange(**row) for row in overall],
        moves=[Move(**row) for row in moves],
    )
    run.log.say(f"comparison: {page}")


def results_on(run: Run, version: str) -> Results:
    """Find what the plan's jobs made on a data version, or have them make it.

    Args:
        run: The run.
        version: The data version, by name or by day.

    Returns:
        The results, pinned.
    """
    on = run.on(version)
    registers = open_registers(on, (PERSONS,), linking=LINKING)
    name = registers.version.name
    sets = [(*TABLES, PERSON_MONTH, *([DESCRIPTIVES] if run.plan.tables else []))]
    sets += [DURATIONS] if run.plan.durations else []

    def find() -> list[Release | None]:
        return [
            run.store.find(
                run.experiment, tables, data_version=name, plan_hash=run.plan.hash
            )
            for tables in sets
        ]

    found = find()
    if run.is_rebuild or None in found:
        run.log.say(f"making the results on data version {name}")
        for job in JOBS:
            job(on.part(job.__name__))
        found = find()
    release = found[0] or run.store.pin(run.experiment, sets[0], data_version=name)
    return Results(on, registers, release)


if __name__ == "__main__":
    sys.exit(run_job(compare_versions, doc=__doc__))
