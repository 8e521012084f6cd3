"""Estimate the durations that the plan registers: curves, tests and hazards.

Reads:   population, assignment, person_month; persons, spells, jobs; registrations
Writes:  duration_estimates, duration_curves
Run:     spark-submit jobs/estimate_durations.py --plan rossi
"""

from __future__ import annotations

import sys
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from described_persons import describe_persons, digests_of, read_amounts
from rctspark.contracts import (
    ASSIGNMENT,
    BENEFIT_SPELLS,
    CONTACTS,
    DURATION_CURVES,
    DURATION_ESTIMATES,
    FUNNEL,
    PAYROLL,
    PERSON_MONTH,
    PERSONS,
    POPULATION,
)
from rctspark.contracts.sums import NEEDS_PERSONS
from rctspark.estimators.durations.planned import estimate_duration
from rctspark.panel.durations import measure_durations, registers_needed
from rctspark.panel.known import shorten_follow_up
from rctspark.quality.gate import make_gate
from rctspark.release.coarsening import coarse_persons
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.runtime.registration import require_registration
from rctspark.sample.durations import (
    collect_durations,
    make_duration_sample,
    make_varying,
)
from rctspark.sample.table import count_samples
from rctspark.sources.settle import (
    LINKING,
    attach_job_starts,
    flag_overruled,
    keep_newest,
    keep_persons,
    keep_standing,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from rctspark.config.reference import ReferenceAmounts
    from rctspark.contracts.duration_sample import DurationSample
    from rctspark.runtime.registers import Registers
    from rctspark.runtime.releases import Release
    from rctspark.runtime.run import Run

    Rows = list[dict[str, Any]]

TABLES = (POPULATION, ASSIGNMENT, FUNNEL, PERSON_MONTH)


def estimate_durations(run: Run) -> None:
    """Measure durations, make their sample, estimate, publish."""
    if not run.plan.durations:
        run.log.say("durations: the plan declares none")
        return
    registered = require_registration(run)
    registers = open_registers(run, (PERSONS, BENEFIT_SPELLS), linking=LINKING)
    made = run.uses(
        run.store.pin(run.experiment, TABLES, data_version=registers.version.name),
        TABLES,
    )
    amounts = read_amounts(run)
    provenance = run.provenance(
        data_version=registers.version.name,
        inputs=digests_of(amounts),
        registered=registered,
    )
    if run.is_current(run.experiment, provenance):
        run.log.say("durations: nothing has changed since the last release")
        return
    n = count_samples(run.store.read(made, POPULATION), analyses=())
    estimates: Rows = []
    points: Rows = []
    if n > run.settings.largest_sample_rows:
        run.log.say(f"durations: {NEEDS_PERSONS}")
    else:
        samples = collect(run, registers, made, amounts)
        estimates, points = estimate(run, samples, data_version=registers.version.name)
    run.publish(
        run.experiment,
        run.candidates(
            (DURATION_ESTIMATES, run.store.rows(DURATION_ESTIMATES, estimates)),
            (DURATION_CURVES, run.store.rows(DURATION_CURVES, points)),
        ),
        provenance=provenance,
        gate=make_gate(run.root / "expectations"),
    )


def estimate(
    run: Run, samples: Mapping[str, DurationSample], *, data_version: str
) -> tuple[Rows, Rows]:
    """Estimate every duration of the plan.

    Args:
        run: The run.
        samples: Duration of the plan to its sample.
        data_version: Named set of deliveries.

    Returns:
        Rows of DURATION_ESTIMATES and of DURATION_CURVES.
    """
    filed = {
        "experiment": run.plan.name,
        "data_version": data_version,
        "plan_hash": run.plan.hash,
    }
    estimates: Rows = []
    points: Rows = []
    for duration in run.plan.durations:
        found = estimate_duration(
            samples[duration.name],
            duration=duration,
            arms=run.plan.arms.all,
            level=run.plan.inference.level,
            minimum_persons=max(
                run.plan.inference.minimum_persons,
                run.settings.thresholds.minimum_persons,
            ),
        )
        of_this = {**filed, "duration": duration.name}
        estimates += [asdict(one) | of_this for one in found.estimates]
        points += [asdict(one) | of_this for one in found.points]
    return estimates, points


def collect(
    run: Run,
    registers: Registers,
    made: Release,
    amounts: Sequence[ReferenceAmounts],
) -> dict[str, DurationSample]:
    """Bring every duration of the plan to the driver.

    Args:
        run: The run.
        registers: The registers.
        made: Release that holds population and panel.
        amounts: Reference amounts of the plan.

    Returns:
        Duration of the plan to its sample.
    """
    plan, described = run.plan, describe_persons(run, registers, made, amounts)
    population = described.population
    spells, payroll, contacts = (
        keep_persons(registers.rows(table), population)
        for table in (BENEFIT_SPELLS, PAYROLL, CONTACTS)
    )
    measured = measure_durations(
        shorten_follow_up(
            population,
            tables=registers_needed(plan.durations),
            coverage=registers.coverage,
        ),
        spells=keep_standing(flag_overruled(spells, registers.deliveries)),
        payroll=attach_job_starts(payroll, registers.deliveries),
        contacts=keep_newest(contacts, registers.deliveries, of=CONTACTS),
        durations=plan.durations,
        followed=plan.population,
        earnings_sources=plan.earnings_sources,
        rounds=plan.rounds,
    )
    samples = collect_durations(
        make_duration_sample(
            plan,
            population=population,
            assignment=run.store.read(made, ASSIGNMENT),
            persons=described.persons,
            panel=described.panel,
            measured=measured,
        ),
        make_varying(plan, population=population, panel=described.panel),
        plan,
        largest_sample_rows=run.settings.largest_sample_rows,
    )
    for name, sample in samples.items():
        persons, left = (
            coarse_persons(n, run.settings.thresholds)
            for n in (sample.n, int((sample.cause > 0).sum()))
        )
        run.log.say(f"duration {name}: {persons} persons, {left} left")
    return samples


if __name__ == "__main__":
    sys.exit(run_job(estimate_durations, doc=__doc__))
