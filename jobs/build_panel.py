"""Join benefit, payroll and contacts into the panel, and measure outcomes in days.

Reads:   population; benefit_spells, payroll, contacts of the plan's data version
Writes:  person_month (only the periods in which something happened), person_outcome
Run:     spark-submit jobs/build_panel.py --plan ww
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from rctspark.contracts import (
    ASSIGNMENT,
    BENEFIT_SPELLS,
    CONTACTS,
    FUNNEL,
    PAYROLL,
    PERSON_MONTH,
    PERSON_OUTCOME,
    POPULATION,
)
from rctspark.panel.assemble import sum_active_periods
from rctspark.panel.outcomes import assemble_person_outcome
from rctspark.panel.span import span_of
from rctspark.quality.gate import make_gate
from rctspark.runtime.job import run_job
from rctspark.runtime.registers import open_registers
from rctspark.sources.early import keep_since_benefit
from rctspark.sources.settle import (
    LINKING,
    attach_job_starts,
    flag_overruled,
    keep_newest_contacts,
    keep_persons,
    keep_standing,
)

if TYPE_CHECKING:
    from rctspark.runtime.job import Run
    from rctspark.runtime.registers import Registers


PEOPLE = (POPULATION, ASSIGNMENT, FUNNEL)


def build_panel(run: Run) -> None:
    """Settle the registers of those who are followed, assemble, publish."""
    registers = open_registers(run, (BENEFIT_SPELLS,), linking=LINKING)
    people = run.uses(
        run.store.pin(run.experiment, PEOPLE, data_version=registers.version.name),
        PEOPLE,
    )
    provenance = run.provenance(data_version=registers.version.name, inputs=())
    if run.is_current(run.experiment, provenance):
        run.log.say("panel: nothing has changed since the last release")
        return
    gate = make_gate(run.root / "expectations")
    population, plan = run.store.read(people, POPULATION), run.plan
    spells, payroll, contacts = (
        keep_persons(registers.rows(table), population)
        for table in (BENEFIT_SPELLS, PAYROLL, CONTACTS)
    )
    standing = run.stage(
        "spells", keep_standing(flag_overruled(spells, registers.deliveries))
    )
    newest = keep_newest_contacts(contacts, registers.deliveries)
    if plan.population.clock is not None:
        newest = keep_since_benefit(newest, population)
    say_what_ends_early(run, registers)
    panel = sum_active_periods(
        population,
        spells=standing,
        payroll=payroll,
        contacts=newest,
        span=span_of(plan),
        coverage=registers.coverage,
    )
    outcomes = assemble_person_outcome(
        population,
        spells=standing,
        payroll=attach_job_starts(payroll, registers.deliveries),
        outcomes=plan.outcomes,
        revival_days=plan.population.revival_days,
        benefits=plan.population.benefits,
        earnings_sources=plan.earnings_sources,
        contacts=newest,
        rounds=plan.rounds,
        coverage=registers.coverage,
    )
    run.publish(
        run.experiment,
        run.candidates((PERSON_MONTH, panel), (PERSON_OUTCOME, outcomes)),
        provenance=provenance,
        gate=gate,
    )


def say_what_ends_early(run: Run, registers: Registers) -> None:
    """Say which registers end before the plan's follow-up does."""
    asked = run.plan.follow_up_until
    for table in (BENEFIT_SPELLS, PAYROLL, CONTACTS):
        known = registers.coverage.get(table.name)
        if known is None or not known.stretches or known.stretches[-1].last >= asked:
            continue
        run.log.say(
            f"{table.name} is known until {known.stretches[-1].last}, and the plan "
            f"follows until {asked}: what needs it later is not known (null), and is "
            "shown as not observed. Deliver the periods that are missing, or set "
            "follow_up_until."
        )


if __name__ == "__main__":
    sys.exit(run_job(build_panel, doc=__doc__))
